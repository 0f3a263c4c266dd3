"""What lies in areas and who works there, where they came from, and what they became."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import in_areas
from records.core.actor import Actor
from records.core.rights import Right, check_right
from records.nouns import groups
from records.nouns.assignments import current
from records.tables import Area, AreaSuccession, Assignment, Group, StaffArea


@dataclass(frozen=True)
class Contents:
    """How much a change of hamlets concerns: open groups, assignments, and accounts of staff."""

    hamlets: int
    groups: int
    assignments: int
    accounts: int


@dataclass(frozen=True)
class Origin:
    """An area from which another came, or that it became: wholly or in part, since when and why."""

    area: Area
    whole: bool
    effective_on: date
    legal_basis: str


def open_groups_in(area_ids: Collection[UUID], *, by: Actor) -> QuerySet[Group]:
    """The groups in these areas that have not ended. Raises `PermissionDenied`."""
    return groups.visible_to(by).filter(in_areas(area_ids), status__in=list(groups.OPEN))


def assignments_in(area_ids: Collection[UUID], *, by: Actor) -> QuerySet[Assignment]:
    """Who looks after these areas, and what became of them, today. Raises `PermissionDenied`."""
    check_right(by, Right.ASSIGNMENTS_READ)
    return current(Assignment.filter(in_areas(area_ids)))


async def contents_of(area_ids: Collection[UUID], *, by: Actor) -> Contents:
    """What a change of these hamlets concerns. Raises `PermissionDenied`."""
    check_right(by, Right.AREAS_MANAGE)
    return Contents(
        hamlets=len(area_ids),
        groups=await open_groups_in(area_ids, by=by).count(),
        assignments=await assignments_in(area_ids, by=by).count(),
        accounts=await StaffArea.filter(area_id__in=list(area_ids)).count(),
    )


async def origins_of(area: Area) -> list[Origin]:
    """The areas from which `area` came."""
    links = AreaSuccession.filter(new_id=area.id).order_by("old__name_key").select_related("old")
    return [Origin(one.old, one.whole, one.effective_on, one.legal_basis) for one in await links]


async def successors_of(area: Area) -> list[Origin]:
    """The areas that `area` became."""
    links = AreaSuccession.filter(old_id=area.id).order_by("new__name_key").select_related("new")
    return [Origin(one.new, one.whole, one.effective_on, one.legal_basis) for one in await links]


async def names_of(area: Area) -> list[Area]:
    """The versions of the same place, oldest first: those that were wholly succeeded by one, of one alone."""
    versions = [area]
    while len(before := await origins_of(versions[0])) == 1 and before[0].whole:
        versions.insert(0, before[0].area)
    while len(after := await successors_of(versions[-1])) == 1 and len(await origins_of(after[0].area)) == 1:
        versions.append(after[0].area)
    return versions
