"""Lists without paging: one that exceeds its maximum is an error and never truncated."""

from collections.abc import Sized
from typing import ClassVar

from records.core.errors import DomainError
from records.core.language import _


class ListTooLong(DomainError):
    """The list holds more than its field gives."""

    code: ClassVar[str] = "LIST_TOO_LONG"

    def __init__(self, field: str, most: int) -> None:
        text = _(
            "{field} has more than {most} entries. Narrow it with a filter, leave it out, or start an export."
        )
        super().__init__(text, field=field, most=most)


def check_complete(rows: Sized, most: int, field: str) -> None:
    """Raises `ListTooLong` if there are more than `most` rows."""
    if len(rows) > most:
        raise ListTooLong(field, most)
