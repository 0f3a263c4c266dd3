"""Expected errors of the domain. Each interface presents them in its own form and in the caller's language.

None of them carries personal data: a message is a fixed text, with limits, codes and field names put in.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, Self

from records.core.labels import Described


class ProblemCode(Described):
    """What is wrong with a field of an input, or with an argument."""

    REQUIRED = "REQUIRED", "It must not be empty."
    TOO_LONG = "TOO_LONG", "It exceeds its maximum length."
    TOO_MANY = "TOO_MANY", "It contains or requests more than is allowed at once."
    OUT_OF_RANGE = "OUT_OF_RANGE", "It is outside the range given in the message."
    IN_FUTURE = "IN_FUTURE", "It is in the future."
    MALFORMED = "MALFORMED", "It is malformed."
    INCONSISTENT = "INCONSISTENT", "It is inconsistent with another field."
    UNKNOWN_CODE = "UNKNOWN_CODE", "There is no such code."
    OUTSIDE_AREAS = "OUTSIDE_AREAS", "It is outside the areas of the key."
    NOT_FOUND = "NOT_FOUND", "There is no such record, or the caller cannot see it."
    CONFLICT = (
        "CONFLICT",
        (
            "Someone else changed the record first, or its state does not allow this: read it again and "
            "decide again."
        ),
    )
    IDEMPOTENCY_KEY_REUSED = (
        "IDEMPOTENCY_KEY_REUSED",
        "The key was already used for another request: use a new one.",
    )
    EXTERNAL_REF_REUSED = (
        "EXTERNAL_REF_REUSED",
        "The reference was already used for another input: use a new one.",
    )
    INVALID = "INVALID", "It breaks another rule, given in the message."


@dataclass(frozen=True)
class Message:
    """A text to translate (English, also the gettext id), the values to put into it, and its code."""

    text: str
    values: dict[str, str | int] = field(default_factory=dict)
    code: ProblemCode = ProblemCode.INVALID


class DomainError(Exception):
    """The base of every expected error: `code` is for programs, `message` for people.

    `message_code` is the code of the message, for where it is reported as a problem of an input.
    """

    code: ClassVar[str] = "REFUSED"
    message_code: ClassVar[ProblemCode] = ProblemCode.INVALID

    def __init__(self, text: str, **values: str | int) -> None:
        super().__init__(self.code)
        self.message = Message(text, values, self.message_code)


class NotFound(DomainError):
    """There is no such record, or it is not visible to this actor."""

    code = message_code = ProblemCode.NOT_FOUND


class PermissionDenied(DomainError):
    """The actor lacks the right."""

    code = "FORBIDDEN"


class Conflict(DomainError):
    """Somebody else changed the record first, or its state does not allow this."""

    code = message_code = ProblemCode.CONFLICT


class AlreadyRequested(Conflict):
    """The actor's own request for the same thing waits for a decision, or is approved."""

    def __init__(self) -> None:
        super().__init__(_ALREADY_REQUESTED.text)


class ValidationFailed(DomainError):
    """The input breaks rules: `problems` says which, by field."""

    code = "INVALID"

    def __init__(self, problems: dict[str, Message]) -> None:
        super().__init__("Please check what was entered.")
        self.problems = problems

    @classmethod
    def of(cls, field: str, text: str, code: ProblemCode, /, **values: str | int) -> Self:
        """The error for one field."""
        return cls({field: Message(text, values, code)})


class Outage(StrEnum):
    """Why the database cannot serve."""

    # It cannot be reached, is starting or stopping, or refuses the connection.
    AWAY = "away"
    READ_ONLY = "read-only"
    # Its disk or its memory is full, or fails.
    FULL = "full"
    CONNECTIONS = "connections"
    # It did not answer in time.
    SLOW = "slow"


_RETRY_SECONDS: Final = {
    Outage.AWAY: 5,
    Outage.READ_ONLY: 30,
    Outage.FULL: 30,
    Outage.CONNECTIONS: 2,
    Outage.SLOW: 5,
}


class DatabaseUnavailable(DomainError):
    """The database cannot serve now; `retry_after` says in how many seconds to try again.

    `connection_lost` says that the connection was lost with a statement under way, `outcome_unknown` that
    this statement was the COMMIT of a change.
    """

    code = "UNAVAILABLE"

    def __init__(
        self, outage: Outage, *, connection_lost: bool = False, outcome_unknown: bool = False
    ) -> None:
        super().__init__(_UNKNOWN.text if outcome_unknown else _NOT_NOW.text)
        self.outage, self.connection_lost, self.outcome_unknown = outage, connection_lost, outcome_unknown
        self.retry_after = _RETRY_SECONDS[outage]

    def with_unknown_outcome(self) -> "DatabaseUnavailable":
        """The same error, when it is unknown whether the change was committed."""
        return DatabaseUnavailable(self.outage, connection_lost=self.connection_lost, outcome_unknown=True)


_ALREADY_REQUESTED: Final = Message("You have already requested this.", code=ProblemCode.CONFLICT)
_NOT_NOW: Final = Message("The service cannot reach its records at the moment. Try again shortly.")
_UNKNOWN: Final = Message(
    "The service lost its database while saving this change, so it may or may not have been saved. "
    "Check before you send it again."
)
