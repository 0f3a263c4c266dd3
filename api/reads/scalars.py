"""Scalars and range inputs: days, moments, months and numbers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, NewType

import strawberry
from strawberry.schema.types.base_scalars import DateDefinition, DateTimeDefinition

from records.core.dates import LOCAL, midnight

DayOrMoment = NewType("DayOrMoment", object)
Month = NewType("Month", date)
Representation = NewType("Representation", object)

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPERATORS: Final = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_MONTH: Final = re.compile(r"(1[89]|2\d)\d\d-\d\d")

# The range that both Python and PostgreSQL support.
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def _day_or_moment(value: Any) -> date | datetime:
    if not isinstance(value, str):
        raise TypeError('expected a day ("2024-01-31") or a moment ("2024-01-31T08:00:00+07:00")')
    moment = date.fromisoformat(value) if _DAY.fullmatch(value) else datetime.fromisoformat(value)
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=LOCAL)
    return moment


def _month(value: Any) -> date:
    if not isinstance(value, str) or not _MONTH.fullmatch(value):
        raise ValueError('expected a month such as "2024-01"')
    return date.fromisoformat(f"{value}-01")


SCALARS: Final[dict[object, Any]] = {
    date: replace(DateDefinition, description='A day in ISO 8601, such as "2024-01-31".'),
    datetime: replace(
        DateTimeDefinition,
        description=(
            'A moment in ISO 8601, such as "2024-01-31T01:00:00+00:00". Responses are in UTC; input '
            "without a time zone is in the time of Viet Nam."
        ),
    ),
    DayOrMoment: strawberry.scalar(
        name="DayOrMoment",
        description=(
            'A day ("2024-01-31": that whole day in Viet Nam) or a moment ("2024-01-31T08:00:00+07:00"; '
            "in the time of Viet Nam if it names no other)."
        ),
        parse_value=_day_or_moment,
        serialize=str,
    ),
    Month: strawberry.scalar(
        name="Month",
        description='A month, such as "2024-01", from 1800 to 2999.',
        parse_value=_month,
        serialize=lambda day: f"{day:%Y-%m}",
    ),
    Representation: strawberry.scalar(
        name="_Any",
        description='What a record is found by: its type and its id, {__typename: "Tip", id: "…"}.',
        parse_value=lambda value: value,
    ),
}


@strawberry.input(
    description=(
        "Bounds on a time. A plain day means the whole day, in the time of Viet Nam: `gte` from its "
        "midnight, `lte` to its end, `gt` after it, `lt` before it."
    )
)
class MomentRange:
    """A range of moments."""

    cast: ClassVar[str] = "timestamptz"

    gte: DayOrMoment | None = strawberry.field(default=None, description="On or after this day or time.")
    gt: DayOrMoment | None = strawberry.field(default=None, description="After this day or time.")
    lte: DayOrMoment | None = strawberry.field(default=None, description="On or before this day or time.")
    lt: DayOrMoment | None = strawberry.field(default=None, description="Before this day or time.")

    def bounds(self) -> Iterator[tuple[str, datetime]]:
        """Pairs of an operator and a moment."""
        yield from _parse_bound(self.gte, ">=", ">=", days=0)
        yield from _parse_bound(self.gt, ">", ">=", days=1)
        yield from _parse_bound(self.lte, "<=", "<", days=1)
        yield from _parse_bound(self.lt, "<", "<", days=0)


def _parse_bound(
    value: object, operator: str, day_operator: str, *, days: int
) -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield operator, _utc(value, lambda: value)
    elif isinstance(value, date):
        yield day_operator, _utc(value, lambda: midnight(value + timedelta(days=days)))


@strawberry.input(description="Bounds on a day, in the calendar of Viet Nam.")
class DayRange:
    """Bounds as given."""

    cast: ClassVar[str] = "date"

    gte: date | None = strawberry.field(default=None, description="On or after this day.")
    gt: date | None = strawberry.field(default=None, description="After this day.")
    lte: date | None = strawberry.field(default=None, description="On or before this day.")
    lt: date | None = strawberry.field(default=None, description="Before this day.")

    def bounds(self) -> Iterator[tuple[str, date]]:
        """Pairs of an operator and a day."""
        return _bounds_of(self)


@strawberry.input(description="Bounds on a whole number.")
class IntRange:
    """Bounds as given."""

    cast: ClassVar[str] = "integer"

    gte: int | None = strawberry.field(default=None, description="This number or more.")
    gt: int | None = strawberry.field(default=None, description="More than this number.")
    lte: int | None = strawberry.field(default=None, description="This number or less.")
    lt: int | None = strawberry.field(default=None, description="Less than this number.")

    def bounds(self) -> Iterator[tuple[str, int]]:
        """Pairs of an operator and a number."""
        return _bounds_of(self)


def _bounds_of(bounds: DayRange | IntRange) -> Iterator[tuple[str, Any]]:
    for name, operator in _OPERATORS.items():
        if (bound := getattr(bounds, name)) is not None:
            yield operator, bound


def _utc(value: date, moment: Callable[[], datetime]) -> datetime:
    """`moment` in UTC, clamped to the supported range: some clients send the year 9999 for "no end"."""
    try:
        return moment().astimezone(UTC)
    except OverflowError:
        return _FIRST if value.year == 1 else _LAST
