"""Quarters: which of them a group met in, and which groups did not meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.core.actor import Actor
from records.core.dates import add_months, today
from records.core.errors import Conflict
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.metrics.periods import Period, first_day, last_day
from records.nouns import groups
from records.nouns.activities.noun import ActivityDraft
from records.tables import Activity, Group
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind, GroupStatus

_ALREADY_MET: Final = _("The group already met on {day}, in the same quarter.")
_MEETINGS: Final = Q(kind=ActivityKind.QUARTERLY_MEETING, deleted_at__isnull=True)


class AlreadyMet(Conflict):
    """The group held another meeting in the quarter, which the caller has not confirmed."""

    def __init__(self, meeting: Activity) -> None:
        super().__init__(_ALREADY_MET, day=format_date(meeting.held_on))
        self.meeting = meeting


class QuarterState(Enum):
    """Whether a group met in a quarter; the values are the classes of the style sheet."""

    HELD = "held"
    MISSING = "missing"
    # The quarter has begun and has not ended.
    DUE = "due"
    # The quarter has not begun, or the group was not active in it.
    NONE = "none"


@dataclass(frozen=True)
class Quarter:
    """A quarter of a group's year: its first and last day, and the meetings held in it."""

    start: date
    end: date
    state: QuarterState
    meetings: Sequence[Activity] = ()


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter that holds `day`."""
    start = first_day(day, Period.QUARTER)
    return start, last_day(start, Period.QUARTER)


def missing(actor: Actor, quarter: date) -> QuerySet[Group]:
    """The active self-governing groups without a meeting in the quarter that holds the day `quarter`.

    Raises `PermissionDenied`.
    """
    condition = has_not_met(actor, quarter)
    return groups.visible_to(actor).filter(condition)


def has_not_met(actor: Actor, quarter: date) -> Q:
    """The condition that a group is an active self-governing one without a meeting in a quarter.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.ACTIVITIES_READ)
    start, end = quarter_of(quarter)
    # Meetings in any area count: the group may have moved since.
    met = Activity.filter(_MEETINGS, held_on__range=(start, end), group_id__isnull=False)
    return Q(
        Q(founded_on__isnull=True) | Q(founded_on__lte=end),
        kind=GroupKind.SELF_GOVERNING,
        status=GroupStatus.ACTIVE,
        id__not_in=Subquery(met.values("group_id")),
    )


async def quarters_of(group: Group, year: int, *, earlier: int = 0, by: Actor) -> list[Quarter]:
    """The quarters of a year of `group`, after those of `earlier` years before it.

    Raises `PermissionDenied`.
    """
    first, last = date(year - earlier, 1, 1), date(year, 12, 31)
    meetings = await _meetings(group.id, first, last, by).order_by("held_on", "id")
    return [_quarter(group, add_months(first, 3 * index), meetings) for index in range(4 * (earlier + 1))]


async def met_by_quarter(rows: QuerySet[Group], year: int, *, by: Actor) -> dict[date, int]:
    """How many of the groups `rows` met in each quarter of a year, by its first day.

    Raises `PermissionDenied`.
    """
    check_right(by, Right.ACTIVITIES_READ)
    days = (date(year, 1, 1), date(year, 12, 31))
    held = Activity.filter(_MEETINGS, held_on__range=days, group_id__in=Subquery(rows.values("id")))
    counted = held.annotate(
        start=RawSQL("date_trunc('quarter', held_on)::date"), groups=Count("group_id", distinct=True)
    )
    return dict(await counted.group_by("start").values_list("start", "groups"))


async def other_meetings(
    draft: ActivityDraft, *, before: Activity | None = None, by: Actor
) -> list[Activity]:
    """The group's other meetings in the quarter of a quarterly meeting, without the known ones.

    There are none if `before` is one of the group in that quarter. Raises `PermissionDenied`.
    """
    check_right(by, Right.ACTIVITIES_READ)
    quarter = quarter_of(draft.held_on)
    if draft.kind is not ActivityKind.QUARTERLY_MEETING or draft.group_id is None:
        return []
    unchanged = before is not None and (before.kind, before.group_id) == (draft.kind, draft.group_id)
    if unchanged and before is not None and quarter_of(before.held_on) == quarter:
        return []
    held = _meetings(draft.group_id, *quarter, by)
    return await held.exclude(id__in=list(draft.known_meetings or ())).order_by("held_on", "id")


def _meetings(group_id: UUID, first: date, last: date, by: Actor) -> QuerySet[Activity]:
    """The meetings of a group from one day to another. Raises `PermissionDenied`.

    Whoever sees the group sees that it met in any area: it may have moved since.
    """
    check_right(by, Right.ACTIVITIES_READ)
    theirs = Subquery(Group.filter(within(by)).values("id"))
    is_visible = within(by) | Q(group_id__in=theirs)
    return Activity.filter(_MEETINGS, is_visible, group_id=group_id, held_on__range=(first, last))


def _quarter(group: Group, day: date, meetings: Sequence[Activity]) -> Quarter:
    start, end = quarter_of(day)
    inside = [one for one in meetings if start <= one.held_on <= end]
    absent = (group.founded_on and group.founded_on > end) or (
        group.inactive_on and group.inactive_on < start
    )
    if inside:
        state = QuarterState.HELD
    elif absent or start > today():
        state = QuarterState.NONE
    else:
        state = QuarterState.DUE if end >= today() else QuarterState.MISSING
    return Quarter(start, end, state, inside)
