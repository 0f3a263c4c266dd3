"""What the records say about a group's year, beside the criteria that it helps to score."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tortoise.expressions import Q, Subquery

from records.core.actor import Actor
from records.core.dates import add_months, midnight, today
from records.core.rights import Right, check_right, has_right
from records.nouns import activities, groups, hand_downs, members, tips
from records.nouns.activities import QuarterState
from records.tables import Group, TipOutcome
from records.tables.groups import MemberRole
from records.tables.reviews import Measure
from records.tables.tips import OutcomeKind, TipStatus

_LEADERS: Final = (MemberRole.HEAD, MemberRole.DEPUTY, MemberRole.SECRETARY)


@dataclass(frozen=True)
class Evidence:
    """How many `of` so many; what they are follows from the measure."""

    done: int
    of: int


async def evidence(group: Group, year: int, *, by: Actor) -> dict[Measure, Evidence | None]:
    """What the records say of a group's year by the measures that `by` may read; None where they say nothing.

    Of a group that has moved away `by` may read none. Raises `PermissionDenied`.
    """
    check_right(by, Right.REVIEWS_READ)
    if not has_right(by, Right.GROUPS_READ) or not await groups.visible_to(by).filter(id=group.id).exists():
        return {}
    readable = {measure: count for measure, (right, count) in _COUNTS.items() if has_right(by, right)}
    return {measure: await count(group, year, by) for measure, count in readable.items()}


async def _meetings(group: Group, year: int, by: Actor) -> Evidence:
    quarters = await activities.quarters_of(group, year, by=by)
    return Evidence(sum(one.state is QuarterState.HELD for one in quarters), len(quarters))


async def _households(group: Group, year: int, by: Actor) -> Evidence | None:
    """The average number of households at the meetings, of all."""
    quarters = await activities.quarters_of(group, year, by=by)
    meetings = [meeting for quarter in quarters for meeting in quarter.meetings]
    present = [one.households_present for one in meetings if one.households_present is not None]
    if not present or not group.households:
        return None
    return Evidence(round(sum(present) / len(present)), group.households)


async def _outlines(group: Group, year: int, by: Actor) -> Evidence | None:
    """The outlines handed down that were discussed, of all that were."""
    start, end = (midnight(date(one, 1, 1)) for one in (year, year + 1))
    rows = hand_downs.visible_to(by).filter(group_id=group.id, sent_at__gte=start, sent_at__lt=end)
    sent = await rows.count()
    return Evidence(await rows.filter(activity_id__isnull=False).count(), sent) if sent else None


async def _tips(group: Group, year: int, by: Actor) -> Evidence:
    """The tips that proved true, of all that the group passed on."""
    start, end = (midnight(date(one, 1, 1)) for one in (year, year + 1))
    rows = tips.visible_to(by).filter(
        ~Q(status=TipStatus.DUPLICATE), group_id=group.id, received_at__gte=start, received_at__lt=end
    )
    # Of the group alone: there are far too many to hash all.
    unfounded = TipOutcome.filter(kind=OutcomeKind.UNFOUNDED, tip__group_id=group.id).values("tip_id")
    true = rows.filter(status=TipStatus.CLOSED, id__not_in=Subquery(unfounded))
    return Evidence(await true.count(), await rows.count())


async def _leaders(group: Group, year: int, by: Actor) -> Evidence:
    """How many of the three roles were filled at the end of the year, or are today."""
    day = min(add_months(date(year, 12, 1), 1), today())
    rows = await members.of_group(by, group.id)
    there = rows.filter(Q(left_on__isnull=True) | Q(left_on__gte=day), joined_on__lte=day)
    roles = set(await there.filter(role__in=list(_LEADERS)).values_list("role", flat=True))
    return Evidence(len(roles), len(_LEADERS))


_Count = Callable[[Group, int, Actor], Awaitable[Evidence | None]]
# The right to what is counted, besides that to read reviews.
_COUNTS: Final[Mapping[Measure, tuple[Right, _Count]]] = {
    Measure.MEETINGS: (Right.ACTIVITIES_READ, _meetings),
    Measure.HOUSEHOLDS: (Right.ACTIVITIES_READ, _households),
    Measure.OUTLINES: (Right.OUTLINES_READ, _outlines),
    Measure.TIPS: (Right.TIPS_READ, _tips),
    Measure.LEADERS: (Right.MEMBERS_READ, _leaders),
}
