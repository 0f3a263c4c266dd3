"""The areas that staff work in, and the actors that they are."""

from collections.abc import Collection
from uuid import UUID

from records.core.actor import Actor, ActorKind
from records.tables import Area, Staff, StaffArea


async def areas_of(staff_id: UUID) -> list[Area]:
    """The areas that somebody works in, each with its parent, in alphabetical order."""
    ids = await StaffArea.filter(staff_id=staff_id).values_list("area_id", flat=True)
    return await Area.filter(id__in=ids).order_by("name_key", "id").prefetch_related("parent")


async def area_ids_of(staff_id: UUID) -> set[UUID]:
    """The ids of the areas that somebody works in."""
    return {assigned.area_id async for assigned in StaffArea.filter(staff_id=staff_id)}


async def area_names(staff_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The names of the areas of each of these, in alphabetical order."""
    names: dict[UUID, list[str]] = {staff_id: [] for staff_id in staff_ids}
    assigned = StaffArea.filter(staff_id__in=list(staff_ids)).order_by("area__name_key")
    for staff_id, name in await assigned.values_list("staff_id", "area__name"):
        names[staff_id].append(name)
    return names


async def actor_of(row: Staff) -> Actor:
    """The actor that a staff member is now, with their role and areas."""
    areas = frozenset(await area_ids_of(row.id))
    return Actor(ActorKind.STAFF, row.id, row.name, role=row.role, areas=areas)
