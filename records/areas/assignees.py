"""Staff to whom work is given, and those to whom work in an area can be."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records.core.actor import Role
from records.core.rights import ROLE_RIGHTS, Right
from records.tables import AreaReach, Staff, StaffArea


def staff_with(right: Right, area_id: UUID) -> QuerySet[Staff]:
    """The active staff who have `right` where `area_id` is, by name."""
    return staff_in([area_id], [role for role in Role if right in ROLE_RIGHTS[role]])


def staff_in(areas: Collection[UUID], roles: Collection[Role]) -> QuerySet[Staff]:
    """The active staff of `roles` who work where one of `areas` is, by name."""
    above = AreaReach.filter(area_id__in=list(areas)).values("ancestor_id")
    return _staff(StaffArea.filter(area_id__in=Subquery(above)), roles)


def staff_below(areas: Collection[UUID], roles: Collection[Role]) -> QuerySet[Staff]:
    """The active staff of `roles` who work in one of `areas`, or in a part of it, by name."""
    below = AreaReach.filter(ancestor_id__in=list(areas)).values("area_id")
    return _staff(StaffArea.filter(area_id__in=Subquery(below)), roles)


def _staff(working: QuerySet[StaffArea], roles: Collection[Role]) -> QuerySet[Staff]:
    there = Subquery(working.values("staff_id"))
    staff = Staff.filter(id__in=there, role__in=list(roles), active=True, deleted_at__isnull=True)
    return staff.order_by("name_key", "id")


def named(ids: Collection[UUID]) -> QuerySet[Staff]:
    """The staff with these ids, by name."""
    return Staff.filter(id__in=list(ids)).order_by("name_key", "id")
