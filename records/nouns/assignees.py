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
    roles = [role for role in Role if right in ROLE_RIGHTS[role]]
    above = AreaReach.filter(area_id=area_id).values("ancestor_id")
    there = StaffArea.filter(area_id__in=Subquery(above)).values("staff_id")
    staff = Staff.filter(id__in=Subquery(there), role__in=roles, active=True, deleted_at__isnull=True)
    return staff.order_by("name", "id")


def named(ids: Collection[UUID]) -> QuerySet[Staff]:
    """The staff with these ids, by name."""
    return Staff.filter(id__in=list(ids)).order_by("name_key", "id")
