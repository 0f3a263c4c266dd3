"""The filter fields that several nouns share, so that each means the same everywhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from api.cost.sizes import MOST_WORDS, SEARCH_WORD
from api.reads.declared import LinkedBy, between, linked, where
from api.reads.node import parse_id
from api.reads.scalars import MomentRange
from records.core.days import LOCAL
from records.core.errors import Invalid, ProblemCode
from records.core.identifiers.codes import looked_up
from records.core.language import _
from records.core.search import tsquery
from records.core.text import words

_SEARCH: Final = "{t}.search @@ to_tsquery('simple', {0})"
_MOST_LETTERS: Final = 200
# What begins with one letter is nearly every record.
_LEAST_PREFIX: Final = 2
_SEARCH_HELP: Final = (
    f"Only records whose text contains all of these words (at most {MOST_WORDS}), or words that begin "
    f"with them; a word of fewer than {_LEAST_PREFIX} letters matches whole words only. Accents and "
    "case are ignored."
)

_TOO_LONG: Final = _("Use at most {most} characters.")
_TOO_MANY: Final = _("Search for at most {most} words.")

_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def ids(type_name: str) -> Any:
    """An input field of global ids of the records themselves."""
    return where(
        "{t}.id = ANY({0}::uuid[])", "Only these ids; other ids match nothing.", convert=_rows(type_name)
    )


def codes(column: str = "code", *, capitals: bool = True) -> Any:
    """An input field of codes of the records themselves; those of most nouns are in capitals."""
    sql = f"{{t}}.{column} = ANY({{0}}::text[])"
    return where(sql, "Only these codes.", convert=_capitals if capitals else None)


def by_code(key: str, type_name: str, description: str) -> Any:
    """An input field of codes of the records to which the column `key` links."""
    convert = None if type_name == "Indicator" else _capitals
    return linked(key, type_name, description, by=LinkedBy.CODE, convert=convert)


def by_id(key: str, type_name: str, description: str) -> Any:
    """An input field of global ids of the records to which the column `key` links."""
    return linked(key, type_name, description, convert=_rows(type_name))


def updated_since() -> Any:
    """An input field of the moment from which on the records changed."""
    return where(
        "{t}.updated_at >= {0}::timestamptz",
        "Only records last changed at this time or later; without a time zone, in the time of Viet "
        "Nam. Removed records are not included: the change feed reports them.",
        convert=_moment,
    )


def searched() -> Any:
    """An input field of words that the records' texts hold."""
    return where(_SEARCH, _SEARCH_HELP, convert=_search_query, directives=[SEARCH_WORD])


def _capitals(given: list[str]) -> list[str]:
    return [looked_up(code) for code in given]


def _rows(type_name: str) -> Callable[[list[str]], list[UUID]]:
    return lambda given: [found[1] for id_ in given if (found := parse_id(id_, type_name))]


def _moment(given: datetime) -> datetime:
    """`given` in UTC, which at either end of time has no moment for it: no record changed there."""
    aware = given if given.tzinfo else given.replace(tzinfo=LOCAL)
    return min(max(aware, _FIRST), _LAST).astimezone(UTC)


def _search_query(text: str) -> str | None:
    """A search text for `_SEARCH`; None, that is no filter, where it is empty. Raises `Invalid`."""
    if len(text) > _MOST_LETTERS:
        raise Invalid.of("search", _TOO_LONG, ProblemCode.TOO_LONG, most=_MOST_LETTERS)
    if len(words(text)) > MOST_WORDS:
        raise Invalid.of("search", _TOO_MANY, ProblemCode.TOO_MANY, most=MOST_WORDS)
    # Signs alone find nothing.
    return tsquery(text, prefix=_LEAST_PREFIX) if text.strip() else None


@strawberry.input
class ByUpdate:
    """Filters of records by when they last changed."""

    updated_at: MomentRange | None = between("updated_at", "Only records last changed within these bounds.")
    updated_since: datetime | None = updated_since()
