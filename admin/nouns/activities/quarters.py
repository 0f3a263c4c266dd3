"""Quarters in the pages of activities: their names, and the four of a group's year."""

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


def record_text(request: PageRequest, day: date) -> str:
    """The text of the link to record the meeting of the quarter that holds `day`."""
    is_past = quarter_of(day)[1] < today()
    return request._("Record late") if is_past else request._("Record a meeting")


async def quarter_marks(request: PageRequest, group: Group) -> list[QuarterMark]:
    """The quarters of this year of a group."""
    may_record = has_right(request.actor, Right.ACTIVITIES_RECORD) and group.deleted_at is None
    quarters = await activities.quarters_of(group, today().year, by=request.actor)
    return [_mark(request, group, one, may_record=may_record) for one in quarters]


def _mark(request: PageRequest, group: Group, quarter: Quarter, *, may_record: bool) -> QuarterMark:
    name = request._("Quarter {quarter}", quarter=numeral(quarter.start))
    if quarter.meetings:
        meeting = quarter.meetings[-1]
        present = meeting.households_present
        text = "" if present is None else request._("{count} households", count=present)
        href = f"/admin/activities/{meeting.id}"
        return QuarterMark(name, quarter.state.value, text, format_date(meeting.held_on), href)
    due = quarter.state is QuarterState.DUE
    remark = request._("until {day}", day=format_date(quarter.end)) if due else ""
    if not may_record or quarter.state is QuarterState.NONE:
        return QuarterMark(name, quarter.state.value, remark)
    href = f"/admin/groups/{group.id}/meeting?quarter={quarter.start}"
    return QuarterMark(name, quarter.state.value, remark, record_text(request, quarter.start), href)
