"""The plan of a generation, and the moments that follow from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from records.core.dates import add_months, midnight, today
from records.core.errors import ProblemCode
from records.core.validation import Validator


@dataclass(frozen=True)
class Plan:
    """Numbers of rows over the `years` before the day `until`; the same plan gives the same rows."""

    groups: int
    tips: int
    years: int
    until: date
    seed: int = 1

    @property
    def start(self) -> date:
        """The first day."""
        # The 29th of February has no twin in most years; the 28th has.
        day = min(self.until.day, 28) if self.until.month == 2 else self.until.day
        return self.until.replace(year=self.until.year - self.years, day=day)

    @property
    def opens(self) -> int:
        """The second since 1970 at which the first day begins."""
        return int(midnight(self.start).timestamp())

    @property
    def ends(self) -> int:
        """The second since 1970 at which `until` begins: nothing generated is later."""
        return int(midnight(self.until).timestamp())


def check_plan(plan: Plan) -> None:
    """Raises `ValidationFailed` with every number that is out of bounds."""
    check = Validator()
    check.number("groups", plan.groups, minimum=0, maximum=2_000_000)
    check.number("tips", plan.tips, minimum=0, maximum=20_000_000)
    check.number("years", plan.years, minimum=1, maximum=50)
    if not date(2000, 1, 1) <= plan.until <= today():
        check.add("until", "Enter a date that is not in the future.", ProblemCode.IN_FUTURE)
    check.raise_if_invalid()


def quarters(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The quarters from one day to another, each as its first and last day, cut to those two."""
    while first <= last:
        following = add_months(first, 3 - (first.month - 1) % 3)
        yield first, min(last, following - timedelta(days=1))
        first = following
