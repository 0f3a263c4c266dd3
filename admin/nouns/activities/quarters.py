"""Quarters in the pages of activities: their names, and the four of a group's year."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from admin.kit.request import PageRequest
from records.core.dates import today
from records.core.language import format_date
from records.core.rights import Right, has_right
from records.nouns import activities
from records.nouns.activities import Quarter, QuarterState, quarter_of
from records.tables import Group

_NUMERALS: Final = ("I", "II", "III", "IV")
_EARLIER_YEARS: Final = 3


@dataclass(frozen=True)
class QuarterMark:
    """A quarter as `ui.quarters` shows it: what is said of it, and the link below."""

    name: str
    state: str
    remark: str = ""
    text: str = ""
    href: str = ""


def quarter_name(request: PageRequest, day: date) -> str:
    """The name of the quarter that holds `day`, such as "Quarter IV/2026"."""
    return request._("Quarter {quarter}/{year}", quarter=numeral(day), year=str(day.year))


def numeral(day: date) -> str:
    """The number of the quarter that holds `day`, as Vietnamese writes it: I to IV."""
    return _NUMERALS[(day.month - 1) // 3]


def numeral_and_year(day: date) -> str:
    """The number and the year of the quarter that holds `day`, such as "IV/2026"."""
    return f"{numeral(day)}/{day.year}"


def meeting_text(request: PageRequest, day: date, *, with_year: bool = False) -> str:
    """What recording the meeting of the quarter that holds `day` is called."""
    quarter = numeral_and_year(day) if with_year else numeral(day)
    return request._("Record the meeting of quarter {quarter}", quarter=quarter)


def record_text(request: PageRequest, day: date) -> str:
    """The text of the link to record the meeting of the quarter that holds `day`."""
    is_past = quarter_of(day)[1] < today()
    return request._("Record late") if is_past else request._("Record a meeting")


@dataclass(frozen=True)
class GroupQuarters:
    """The quarters of a group: those of this year, and of earlier years with how many of them it met in."""

    this_year: list[QuarterMark]
    earlier: list[tuple[int, list[QuarterMark]]]
    held: int
    count: int


async def group_quarters(request: PageRequest, group: Group) -> GroupQuarters:
    """The quarters of a group: of this year, and of the last years since the first recorded meeting."""
    may_record = has_right(request.actor, Right.ACTIVITIES_RECORD) and group.deleted_at is None
    year = today().year
    quarters = await activities.quarters_of(group, year, earlier=_EARLIER_YEARS, by=request.actor)
    first = next((one.start.year for one in quarters if one.meetings), year)
    # Of a meeting in an area where the group was before, the day alone is shown.
    ids = [meeting.id for one in quarters for meeting in one.meetings]
    visible = set(await activities.visible_to(request.actor).filter(id__in=ids).values_list("id", flat=True))
    marks: dict[int, list[QuarterMark]] = {one: [] for one in range(year, first - 1, -1)}
    for one in quarters:
        if one.start.year >= first:
            marks[one.start.year].append(_mark(request, group, one, visible, may_record=may_record))
    this_year = marks.pop(year)
    states = Counter(mark.state for earlier in marks.values() for mark in earlier)
    held, missing = states[QuarterState.HELD.value], states[QuarterState.MISSING.value]
    return GroupQuarters(this_year, list(marks.items()), held, held + missing)


def _mark(
    request: PageRequest, group: Group, quarter: Quarter, visible: Collection[object], *, may_record: bool
) -> QuarterMark:
    name = request._("Quarter {quarter}", quarter=numeral(quarter.start))
    if quarter.meetings:
        meeting = next((one for one in reversed(quarter.meetings) if one.id in visible), quarter.meetings[-1])
        present = meeting.households_present
        text = (
            ""
            if present is None
            else request._("{count} households", count=_of_all(present, group, meeting.held_on))
        )
        href = f"/admin/activities/{meeting.id}" if meeting.id in visible else ""
        return QuarterMark(name, quarter.state.value, text, format_date(meeting.held_on), href)
    due = quarter.state is QuarterState.DUE
    remark = request._("until {day}", day=format_date(quarter.end)) if due else ""
    if not may_record or quarter.state is QuarterState.NONE:
        return QuarterMark(name, quarter.state.value, remark)
    href = f"/admin/groups/{group.id}/meeting?quarter={quarter.start}"
    return QuarterMark(name, quarter.state.value, remark, record_text(request, quarter.start), href)


def _of_all(present: int, group: Group, day: date) -> str:
    """How many households came, of how many there are; of earlier years nobody knows how many there were."""
    is_known = group.households is not None and present <= group.households and day.year == today().year
    return f"{present}/{group.households}" if is_known else str(present)
