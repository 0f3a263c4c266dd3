"""Whose hands the open tips are in."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.functions import Count

from admin.dashboard.sections import percent
from admin.kit.request import PageRequest
from records.areas import assignees
from records.core.actor import Actor, Role
from records.nouns import assignments, tips
from records.tables import Area, Staff

_LEADS: Final = Role.COMMANDER
_MOST_SHOWN: Final = 20


@dataclass(frozen=True)
class Load:
    """The open tips of one person, how many of them are overdue or due soon, and where the person works.

    Each segment of `bar` is a class of the style sheet, and where it ends in a hundred, the longest first.
    """

    staff: Staff
    places: Sequence[Area]
    unfinished: int
    overdue: int
    soon: int
    bar: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Workload:
    """Those with the most open tips, and how many others have some."""

    loads: Sequence[Load]
    others: int


async def workload(request: PageRequest) -> Workload | None:
    """Whose hands the open tips are in, in the order of their hamlets; None for those who do not lead."""
    actor = request.actor
    if actor.role is not _LEADS:
        return None
    counted: list[dict[UUID, int]] = []
    for queue in (tips.unfinished, tips.overdue, tips.due_soon):
        rows = queue(tips.visible_to(actor)).filter(assignee_id__isnull=False)
        grouped = rows.annotate(tips=Count("id")).group_by("assignee_id")
        counted.append(dict(await grouped.values_list("assignee_id", "tips")))
    unfinished, overdue, soon = counted
    numbers = sorted(unfinished.values(), reverse=True)[:_MOST_SHOWN]
    people = await assignees.named([id_ for id_, number in unfinished.items() if number >= numbers[-1]])
    # Of those who have equally many the order of their names decides.
    people = sorted(people, key=lambda one: -unfinished[one.id])[:_MOST_SHOWN]
    places = await _places(actor, [one.id for one in people])
    loads = []
    for one in people:
        late, near = overdue.get(one.id, 0), soon.get(one.id, 0)
        ends = {"open": unfinished[one.id], "soon": late + near, "late": late}
        bar = [(name, percent(end, numbers[0])) for name, end in ends.items()]
        loads.append(Load(one, places[one.id], unfinished[one.id], late, near, bar))
    # Ordered by area, so as not to rank people.
    loads.sort(key=lambda load: (not load.places, *map(_natural, load.places[:1]), load.staff.name_key))
    return Workload(loads, max(0, len(unfinished) - _MOST_SHOWN))


async def _places(actor: Actor, staff_ids: Collection[UUID]) -> dict[UUID, list[Area]]:
    """The areas that each of these people looks after."""
    rows = assignments.current(assignments.visible_to(actor)).filter(area_id__isnull=False)
    places: dict[UUID, list[Area]] = defaultdict(list)
    for row in await rows.filter(staff_id__in=list(staff_ids)).select_related("area"):
        if row.staff_id and row.area:
            places[row.staff_id].append(row.area)
    for areas in places.values():
        areas.sort(key=_natural)
    return places


def _natural(area: Area) -> str:
    """The order of areas by name: hamlet 2 comes before hamlet 10."""
    return re.sub("[0-9]+", lambda digits: digits[0].zfill(4), area.name_key)
