"""The geographic scope of an actor: its areas and every area within them."""

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
    """The condition that the `area` of a noun is within one of `areas`."""
    reached = AreaReach.filter(ancestor_id__in=list(areas)).values("area_id")
    return Q(area_id__in=Subquery(reached))


def within(actor: Actor) -> Q:
    """The condition that the `area` of a noun is within the scope of `actor`."""
    return Q() if actor.areas is None else in_areas(actor.areas)


def areas_within(actor: Actor) -> Q:
    """The condition that an area, past or present, lies in those of `actor`."""
    if actor.areas is None:
        return Q()
    return Q(id__in=Subquery(AreaReach.filter(ancestor_id__in=list(actor.areas)).values("area_id")))


async def check_area(check: Validator, actor: Actor, area_id: UUID | None) -> None:
    """Adds a problem to the field `area` if the area does not exist or is outside the scope of the actor."""
    if area_id is not None and await actor_can_reach(actor, area_id):
        return
    code = ProblemCode.OUTSIDE_AREAS
    if area_id is None:
        code = ProblemCode.REQUIRED
    elif not await AreaReach.filter(area_id=area_id).exists():
        code = ProblemCode.UNKNOWN_CODE
    check.add("area", "Choose an area that you work in.", code)


async def are_all_within(areas: Collection[UUID], around: Collection[UUID]) -> bool:
    """Whether each of `areas` lies within one of `around`."""
    reached = AreaReach.filter(ancestor_id__in=list(around), area_id__in=list(areas))
    return set(areas) <= set(await reached.values_list("area_id", flat=True))


async def actor_can_reach(actor: Actor, area_id: UUID) -> bool:
    """Whether `area_id` lies in one of the actor's areas."""
    if actor.areas is None:
        return True
    return await AreaReach.filter(ancestor_id__in=list(actor.areas), area_id=area_id).exists()
