"""Where an actor's rights reach: its areas, and every area that lies in them."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery

from records.core.actor import Actor
from records.core.errors import ProblemCode
from records.core.validation import Validator
from records.tables.areas import AreaReach

# The same rule for hand-written SQL; `param` is the array of the actor's areas.
SCOPE_SQL: Final = (
    "{alias}.area_id IN (SELECT area_id FROM area_reach WHERE ancestor_id = ANY({param}::uuid[]))"
)


def in_areas(areas: Collection[UUID]) -> Q:
    """The condition, for a noun with an `area`, that it lies in one of `areas`."""
    reached = AreaReach.filter(ancestor_id__in=list(areas)).values("area_id")
    return Q(area_id__in=Subquery(reached))


def within(actor: Actor) -> Q:
    """The condition, for a noun with an `area`, that `actor` reaches it."""
    return Q() if actor.areas is None else in_areas(actor.areas)


async def check_area(check: Validator, actor: Actor, area_id: UUID | None) -> None:
    """Notes on the field `area` that there is no such area, or none that the actor reaches."""
    if area_id is not None and await actor_can_reach(actor, area_id):
        return
    code = ProblemCode.OUTSIDE_AREAS
    if area_id is None:
        code = ProblemCode.REQUIRED
    elif not await AreaReach.filter(area_id=area_id).exists():
        code = ProblemCode.UNKNOWN_CODE
    check.add("area", "Choose an area that you work in.", code)


async def are_all_within(areas: Collection[UUID], around: Collection[UUID]) -> bool:
    """Whether every one of `areas` lies in one of those in `around`."""
    reached = AreaReach.filter(ancestor_id__in=list(around), area_id__in=list(areas))
    return set(areas) <= set(await reached.values_list("area_id", flat=True))


async def actor_can_reach(actor: Actor, area_id: UUID) -> bool:
    """Whether `area_id` lies in one of the actor's areas."""
    if actor.areas is None:
        return True
    return await AreaReach.filter(ancestor_id__in=list(actor.areas), area_id=area_id).exists()
