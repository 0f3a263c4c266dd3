"""Filter fields shared by several types."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from api.cost.directives import MAX_SEARCH_WORDS, SEARCH_WORD
from api.reads.declared import LinkedBy, between, linked, where
from api.reads.node import parse_id
from api.reads.scalars import MomentRange
from records.core.dates import LOCAL
from records.core.errors import ProblemCode, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.language import _
from records.core.search import tsquery
from records.core.text import split_words

_SEARCH: Final = "{t}.search @@ to_tsquery('simple', {0})"
_MAX_SEARCH_LENGTH: Final = 200
# A prefix of one letter matches nearly every record.
_MIN_PREFIX_LENGTH: Final = 2
_SEARCH_DESCRIPTION: Final = (
    f"Only records whose text contains all of these words (at most {MAX_SEARCH_WORDS}), or words that begin "
    f"with them; a word of fewer than {_MIN_PREFIX_LENGTH} letters matches whole words only. Accents and "
    "case are ignored."
)

_TOO_LONG: Final = _("Use at most {most} characters.")
_TOO_MANY: Final = _("Search for at most {most} words.")

_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def ids(type_name: str) -> Any:
    """An input field of global ids of the listed records."""
    return where(
        "{t}.id = ANY({0}::uuid[])", "Only these ids; other ids match nothing.", convert=_parse_ids(type_name)
    )


def codes(column: str = "code", *, capitals: bool = True) -> Any:
    """An input field of codes of the listed records, most of which are in upper case."""
    sql = f"{{t}}.{column} = ANY({{0}}::text[])"
    return where(sql, "Only these codes.", convert=_capitals if capitals else None)


def by_code(key: str, type_name: str, description: str) -> Any:
    """An input field of codes of linked records."""
    convert = None if type_name == "Indicator" else _capitals
    return linked(key, type_name, description, by=LinkedBy.CODE, convert=convert)


def by_id(key: str, type_name: str, description: str) -> Any:
    """An input field of global ids of linked records."""
    return linked(key, type_name, description, convert=_parse_ids(type_name))


def updated_since() -> Any:
    """An input field for records changed since a moment."""
    return where(
        "{t}.updated_at >= {0}::timestamptz",
        "Only records last changed at this time or later; without a time zone, in the time of Viet "
        "Nam. Removed records are not included: the change feed reports them.",
        convert=_parse_moment,
    )


def search_filter() -> Any:
    """An input field for full-text search."""
    return where(_SEARCH, _SEARCH_DESCRIPTION, convert=_search_query, directives=[SEARCH_WORD])


def _capitals(value: list[str]) -> list[str]:
    return [lookup_code(code) for code in value]


def _parse_ids(type_name: str) -> Callable[[list[str]], list[UUID]]:
    return lambda value: [parsed[1] for id_ in value if (parsed := parse_id(id_, type_name))]


def _parse_moment(value: datetime) -> datetime:
    """`value` in UTC, clamped to the range in which the conversion cannot overflow."""
    aware = value if value.tzinfo else value.replace(tzinfo=LOCAL)
    return min(max(aware, _FIRST), _LAST).astimezone(UTC)


def _search_query(text: str) -> str | None:
    """A search text for `_SEARCH`; None, that is no filter, where it is empty. Raises `ValidationFailed`."""
    if len(text) > _MAX_SEARCH_LENGTH:
        raise ValidationFailed.of("search", _TOO_LONG, ProblemCode.TOO_LONG, most=_MAX_SEARCH_LENGTH)
    if len(split_words(text)) > MAX_SEARCH_WORDS:
        raise ValidationFailed.of("search", _TOO_MANY, ProblemCode.TOO_MANY, most=MAX_SEARCH_WORDS)
    # Signs alone find nothing.
    return tsquery(text, prefix=_MIN_PREFIX_LENGTH) if text.strip() else None


@strawberry.input
class ByUpdate:
    """Filters of records by when they last changed."""

    updated_at: MomentRange | None = between("updated_at", "Only records last changed within these bounds.")
    updated_since: datetime | None = updated_since()
