"""Whose hands the open tips are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.functions import Count

from admin.kit.request import PageRequest
from records.areas import assignees
from records.core.actor import Role
from records.nouns import tips
from records.tables import Staff

_LEADS: Final = Role.COMMANDER
_MOST_SHOWN: Final = 20


@dataclass(frozen=True)
class Load:
    """The open tips of one person, and how many of them are overdue or due soon."""

    staff: Staff
    unfinished: int
    overdue: int
    soon: int


@dataclass(frozen=True)
class Workload:
    """Those with the most open tips, and how many others have some."""

    loads: Sequence[Load]
    others: int


async def workload(request: PageRequest) -> Workload | None:
    """Whose hands the open tips are in, most tips first; None for those who do not lead."""
    actor = request.actor
    if actor.role is not _LEADS:
        return None
    counted: list[dict[UUID, int]] = []
    for queue in (tips.unfinished, tips.overdue, tips.due_soon):
        rows = queue(tips.visible_to(actor)).filter(assignee_id__isnull=False)
        grouped = rows.annotate(tips=Count("id")).group_by("assignee_id")
        counted.append(dict(await grouped.values_list("assignee_id", "tips")))
    unfinished, overdue, soon = counted
    most = sorted(unfinished.values(), reverse=True)[:_MOST_SHOWN]
    people = await assignees.named([id_ for id_, number in unfinished.items() if number >= most[-1]])
    loads = [Load(one, unfinished[one.id], overdue.get(one.id, 0), soon.get(one.id, 0)) for one in people]
    # Of those who have equally many the order of their names decides.
    loads.sort(key=lambda load: -load.unfinished)
    return Workload(loads[:_MOST_SHOWN], max(0, len(unfinished) - _MOST_SHOWN))
