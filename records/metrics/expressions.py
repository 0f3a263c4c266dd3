"""Values of a row that are stated once: read from one row in Python, and from a whole table in SQL."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from records.core import dates


@dataclass(frozen=True)
class Expression:
    """A value of a row: `of` reads it from one, and `sql` from the table under the alias `row`."""

    of: Callable[[Any], Any]
    sql: str


def column(name: str) -> Expression:
    """The value of a column."""
    return Expression(attrgetter(name), f"row.{name}")


def constant(value: int) -> Expression:
    """The same number for every row."""
    return Expression(lambda _row: value, str(value))


def local_day(moment: Expression) -> Expression:
    """The day of Viet Nam on which a moment falls."""
    sql = f"({moment.sql} AT TIME ZONE '{dates.LOCAL}')::date"
    return Expression(lambda row: dates.to_local_date(moment.of(row)), sql)


def first_of(one: Expression, other: Expression) -> Expression:
    """`other` where `one` is null."""

    def of(row: Any) -> Any:
        found = one.of(row)
        return other.of(row) if found is None else found

    return Expression(of, f"coalesce({one.sql}, {other.sql})")


def later_of(one: Expression, other: Expression) -> Expression:
    """The later of two days."""
    return Expression(lambda row: max(one.of(row), other.of(row)), f"greatest({one.sql}, {other.sql})")


def present(one: Expression) -> Expression:
    """Whether there is a value."""
    return Expression(lambda row: one.of(row) is not None, f"{one.sql} IS NOT NULL")


def equals(one: Expression, member: StrEnum) -> Expression:
    """Whether a column holds a member of an enum."""
    return Expression(lambda row: one.of(row) is member, f"{one.sql} = '{member.value}'")


def differs(one: Expression, member: StrEnum) -> Expression:
    """Whether a column holds another member of an enum."""
    return Expression(lambda row: one.of(row) is not member, f"{one.sql} <> '{member.value}'")


ONE: Final = constant(1)
ALWAYS: Final = Expression(lambda _row: True, "TRUE")
