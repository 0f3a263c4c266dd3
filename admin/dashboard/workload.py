"""Whose hands the open tips are in."""

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


@dataclass(frozen=True)
class Load:
    """The open tips of one person, and how many of them are overdue or due soon."""

    staff: Staff
    unfinished: int
    overdue: int
    soon: int


async def workload(request: PageRequest) -> list[Load] | None:
    """Those who work on open tips, in the order of their names; None for those who do not lead."""
    actor = request.actor
    if actor.role is not _LEADS:
        return None
    counted: list[dict[UUID, int]] = []
    for queue in (tips.unfinished, tips.overdue, tips.due_soon):
        rows = queue(tips.visible_to(actor)).filter(assignee_id__isnull=False)
        grouped = rows.annotate(tips=Count("id")).group_by("assignee_id")
        counted.append(dict(await grouped.values_list("assignee_id", "tips")))
    unfinished, overdue, soon = counted
    people = await assignees.named(unfinished)
    return [Load(one, unfinished[one.id], overdue.get(one.id, 0), soon.get(one.id, 0)) for one in people]
