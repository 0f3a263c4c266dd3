"""The areas that staff work in, and the actors that they are."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from records.access.assigned_areas import AssignedAreas
from records.core.actor import Actor, ActorKind
from records.tables import Staff, StaffArea

AREAS: Final = AssignedAreas(StaffArea, "staff_id")
areas_of: Final = AREAS.areas_of


async def area_names(staff_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The names of the areas of each of these, in alphabetical order."""
    names: dict[UUID, list[str]] = {staff_id: [] for staff_id in staff_ids}
    assigned = StaffArea.filter(staff_id__in=list(staff_ids)).order_by("area__name_key")
    for staff_id, name in await assigned.values_list("staff_id", "area__name"):
        names[staff_id].append(name)
    return names


async def actor_of(row: Staff) -> Actor:
    """The actor that a staff member is now, with their role and areas."""
    areas = frozenset(await AREAS.ids_of(row.id))
    return Actor(ActorKind.STAFF, row.id, row.name, role=row.role, areas=areas)
