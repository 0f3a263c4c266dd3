"""The expected ways to say no. Each door says them in its own way and in the caller's language.

None of them carries personal data: a message is a fixed text, with limits, codes and field names put in.
"""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Message:
    """A text to translate (English, also the gettext id) and the values to put into it."""

    text: str
    values: dict[str, str | int] = field(default_factory=dict)


class Refused(Exception):
    """The base of every expected "no"; `code` is what programs read, `message` what people read."""

    code: ClassVar[str] = "REFUSED"

    def __init__(self, text: str, **values: str | int) -> None:
        super().__init__(self.code)
        self.message = Message(text, values)


class NotFound(Refused):
    """There is no such record, or none that this actor may know of."""

    code = "NOT_FOUND"


class Denied(Refused):
    """The actor lacks the right."""

    code = "FORBIDDEN"


class Conflict(Refused):
    """Somebody else changed the record first, or its state does not allow this."""

    code = "CONFLICT"


class Invalid(Refused):
    """The input breaks rules: `problems` says which, by field."""

    code = "INVALID"

    def __init__(self, problems: dict[str, Message]) -> None:
        super().__init__("Please check what was entered.")
        self.problems = problems
