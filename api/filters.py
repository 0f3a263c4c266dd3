"""The filter fields that several nouns share, so that each means the same everywhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from api.node import parse_id
from api.reads.declared import LinkedBy, linked, where
from records.core.days import LOCAL

_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def ids(type_name: str) -> Any:
    """An input field of global ids of the records themselves."""
    return where(
        "{t}.id = ANY({0}::uuid[])",
        "Only these ids; what is no id of such a record finds nothing.",
        convert=_rows(type_name),
    )


def codes() -> Any:
    """An input field of codes of the records themselves."""
    return where("{t}.code = ANY({0}::text[])", "Only these codes.")


def by_code(key: str, type_name: str, description: str) -> Any:
    """An input field of codes of the records to which the column `key` links."""
    return linked(key, type_name, description, by=LinkedBy.CODE)


def by_id(key: str, type_name: str, description: str) -> Any:
    """An input field of global ids of the records to which the column `key` links."""
    return linked(key, type_name, description, convert=_rows(type_name))


def updated_since() -> Any:
    """An input field of the moment from which on the records changed."""
    return where(
        "{t}.updated_at >= {0}::timestamptz",
        "Only those whose record last changed at this moment or later, in the time of Viet Nam where it "
        "names no other. What is removed is not told: the change feed tells it.",
        convert=_moment,
    )


def _rows(type_name: str) -> Callable[[list[str]], list[UUID]]:
    return lambda given: [found[1] for id_ in given if (found := parse_id(id_, type_name))]


def _moment(given: datetime) -> datetime:
    """`given` in UTC, which at either end of time has no moment for it: no record changed there."""
    aware = given if given.tzinfo else given.replace(tzinfo=LOCAL)
    return min(max(aware, _FIRST), _LAST).astimezone(UTC)
