"""Supervisors: who guides the person of an education case, and therefore sees it."""

from uuid import UUID

from tortoise.expressions import Subquery

from records.areas.assignees import staff_with
from records.changes.rows import check_visible
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.errors import ProblemCode, ValidationFailed
from records.core.rights import Right, check_right, has_right
from records.nouns.education import cases as education
from records.tables import EducationCase, EducationSupervisor, Staff


async def supervisors_of(actor: Actor, case_id: UUID) -> list[Staff]:
    """The supervisors of a case, by name. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(education.NOUN, education.visible_to(actor), case_id)
    guiding = EducationSupervisor.filter(case_id=case_id).values("staff_id")
    return await Staff.filter(id__in=Subquery(guiding)).order_by("name_key", "id")


async def assignable(actor: Actor, case: EducationCase) -> list[Staff]:
    """The active staff who may guide `case` and do not yet, by name; nobody where `actor` may not assign."""
    if not has_right(actor, Right.EDUCATION_OVERSEE):
        return []
    guiding = EducationSupervisor.filter(case_id=case.id).values("staff_id")
    return await staff_with(Right.EDUCATION_RECORD, case.area_id).exclude(id__in=Subquery(guiding))


async def assign(case_id: UUID, staff_id: UUID, *, by: Actor) -> None:
    """Makes a member of staff who works there a supervisor of the case, who sees it from then on."""
    check_right(by, Right.EDUCATION_OVERSEE)
    async with transaction():
        row = await education.load(case_id, by)
        if staff_id not in {staff.id for staff in await assignable(by, row)}:
            raise ValidationFailed.of("staff", "Choose one.", ProblemCode.REQUIRED)
        await EducationSupervisor.create(case_id=row.id, staff_id=staff_id)
        await _record_change(row, None, staff_id, by=by)


async def unassign(case_id: UUID, staff_id: UUID, *, by: Actor) -> None:
    """Removes a supervisor of a case, who no longer sees it."""
    check_right(by, Right.EDUCATION_OVERSEE)
    async with transaction():
        row = await education.load(case_id, by)
        if not await EducationSupervisor.filter(case_id=row.id, staff_id=staff_id).delete():
            raise ValidationFailed.of("staff", "Choose one.", ProblemCode.REQUIRED)
        await _record_change(row, staff_id, None, by=by)


async def _record_change(row: EducationCase, before: UUID | None, after: UUID | None, *, by: Actor) -> None:
    was, now_is = ({"supervisor_id": str(who) if who else None} for who in (before, after))
    await record_change(education.NOUN, row, by=by, action=Right.EDUCATION_OVERSEE, before=was, after=now_is)
