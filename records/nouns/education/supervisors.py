"""Supervisors: who guides the person of an education case, and therefore sees it."""

from uuid import UUID

from tortoise.expressions import Subquery

from records.changes.rows import check_visible
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor, Role
from records.core.errors import ProblemCode, ValidationFailed
from records.core.rights import ROLE_RIGHTS, Right, check_right, has_right
from records.nouns.education import cases as education
from records.tables import AreaReach, EducationCase, EducationSupervisor, Staff, StaffArea


async def supervisors_of(actor: Actor, case_id: UUID) -> list[Staff]:
    """Who guides a case, by name. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(education.NOUN, education.visible_to(actor), case_id)
    guiding = EducationSupervisor.filter(case_id=case_id).values("staff_id")
    return await Staff.filter(id__in=Subquery(guiding)).order_by("name", "id")


async def assignable(actor: Actor, case: EducationCase) -> list[Staff]:
    """The active staff who work where `case` is, may guide it and do not yet; nobody for who may not ask."""
    if not has_right(actor, Right.EDUCATION_OVERSEE):
        return []
    roles = [role for role in Role if Right.EDUCATION_RECORD in ROLE_RIGHTS[role]]
    above = AreaReach.filter(area_id=case.area_id).values("ancestor_id")
    there = StaffArea.filter(area_id__in=Subquery(above)).values("staff_id")
    guiding = EducationSupervisor.filter(case_id=case.id).values("staff_id")
    staff = Staff.filter(id__in=Subquery(there), role__in=roles, active=True, deleted_at__isnull=True)
    return await staff.exclude(id__in=Subquery(guiding)).order_by("name", "id")


async def assign(case_id: UUID, staff_id: UUID, *, by: Actor) -> None:
    """Makes somebody who works there one of those who guide, and so see, a case."""
    check_right(by, Right.EDUCATION_OVERSEE)
    async with transaction():
        row = await education.load(case_id, by)
        if staff_id not in {staff.id for staff in await assignable(by, row)}:
            raise ValidationFailed.of("staff", "Choose one.", ProblemCode.REQUIRED)
        await EducationSupervisor.create(case_id=row.id, staff_id=staff_id)
        await _record_change(row, None, staff_id, by=by)


async def unassign(case_id: UUID, staff_id: UUID, *, by: Actor) -> None:
    """Takes somebody out of those who guide a case; from then on they do not see it."""
    check_right(by, Right.EDUCATION_OVERSEE)
    async with transaction():
        row = await education.load(case_id, by)
        if not await EducationSupervisor.filter(case_id=row.id, staff_id=staff_id).delete():
            raise ValidationFailed.of("staff", "Choose one.", ProblemCode.REQUIRED)
        await _record_change(row, staff_id, None, by=by)


async def _record_change(row: EducationCase, before: UUID | None, after: UUID | None, *, by: Actor) -> None:
    was, now_is = ({"supervisor_id": str(who) if who else None} for who in (before, after))
    await record_change(education.NOUN, row, by=by, action=Right.EDUCATION_OVERSEE, before=was, after=now_is)
