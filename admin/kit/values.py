"""Formats values for display."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from records.core.labels import Labelled
from records.core.language import Language, format_date, format_datetime, format_number, label, translate

_EMPTY: Final = "–"
# The first type that fits counts: a bool is also an int, a datetime a date, and an enum member a str.
_FORMATTERS: Final[tuple[tuple[type, Callable[[Language, Any], str]], ...]] = (
    (Labelled, label),
    (bool, lambda language, value: translate(language, "Yes" if value else "No")),
    (int, format_number),
    (datetime, lambda _language, value: format_datetime(value)),
    (date, lambda _language, value: format_date(value)),
    (list, lambda _language, value: ", ".join(map(str, value))),
)


def display_value(language: Language, value: object) -> str:
    """A value of a record, formatted in `language`; a dash for an empty one."""
    if value is None:
        return _EMPTY
    write = next((write for kind, write in _FORMATTERS if isinstance(value, kind)), None)
    if write is None:
        # Markup stays markup.
        return (value if isinstance(value, str) else str(value)) or _EMPTY
    return write(language, value) or _EMPTY
