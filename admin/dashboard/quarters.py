"""How many groups met in each quarter of this year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from admin.kit.request import PageRequest
from admin.kit.values import MAX_COUNT
from admin.nouns.activities.quarters import numeral
from records.core.dates import add_months, today
from records.nouns import activities, groups
from records.nouns.activities import quarter_of
from records.tables.groups import GroupKind, GroupStatus


@dataclass(frozen=True)
class QuarterShare:
    """How many of the groups met in a quarter: `state` is a class of the style sheet."""

    name: str
    met: int
    state: str


@dataclass(frozen=True)
class YearOfMeetings:
    """The quarters of this year, the number of groups, and the days that are left of the current one."""

    quarters: Sequence[QuarterShare]
    groups: int
    days_left: int

    @property
    def met(self) -> int:
        """How many of the groups met in the current quarter."""
        return self.quarters[(today().month - 1) // 3].met


async def year_of_meetings(request: PageRequest, missing: int) -> YearOfMeetings | None:
    """The quarters of this year of the groups here, of which `missing` have not met in the current one.

    None where there are more groups than are counted.
    """
    active = groups.visible_to(request.actor).filter(kind=GroupKind.SELF_GOVERNING, status=GroupStatus.ACTIVE)
    ids = await active.limit(MAX_COUNT + 1).values_list("id", flat=True)
    if not 0 < len(ids) <= MAX_COUNT:
        return None
    first, current = date(today().year, 1, 1), quarter_of(today())
    met = await activities.met_by_quarter(active, first.year, by=request.actor)
    met[current[0]] = len(ids) - missing
    shares = [
        QuarterShare(numeral(start), met.get(start, 0), _state(met.get(start, 0), start))
        for start in (add_months(first, 3 * index) for index in range(4))
    ]
    return YearOfMeetings(shares, len(ids), (current[1] - today()).days)


def _state(met: int, start: date) -> str:
    if start > today():
        return "none"
    return "some" if met else "missing"
