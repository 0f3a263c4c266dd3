"""Demonstration education cases, without any person in them."""

from typing import Final

from records.core.actor import Actor, Role
from records.demo.timeline import day_at
from records.tables import EducationCase, EducationSupervisor, Group
from records.tables.activities import EducationReason, EducationResult

# code, group, reason, opened, closed, result
_CASES: Final = (
    ("GD-MAU-001", "MAU-SD-01", EducationReason.GAMBLING, 0.05, 0.4, EducationResult.IMPROVED),
    ("GD-MAU-002", "MAU-SD-03", EducationReason.DISORDER, 0.2, 0.6, EducationResult.IMPROVED),
    ("GD-MAU-003", "MAU-TP-01", EducationReason.AFTER_REHABILITATION, 0.3, 0.7, EducationResult.MOVED_AWAY),
    ("GD-MAU-004", "MAU-PH-01", EducationReason.DOMESTIC_VIOLENCE, 0.55, None, None),
    ("GD-MAU-005", "MAU-SD-05", EducationReason.DISORDER, 0.8, None, None),
)


async def load_education(groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor]) -> None:
    """The cases and who guides them; whom they are about stays empty."""
    for code, group, reason, opened, closed, result in _CASES:
        case = await EducationCase.create(
            code=code,
            group_id=groups_by_code[group].id,
            area_id=groups_by_code[group].area_id,
            reason=reason,
            opened_on=day_at(opened),
            closed_on=None if closed is None else day_at(closed),
            result=result,
        )
        if group.startswith("MAU-SD"):
            await EducationSupervisor.create(case_id=case.id, staff_id=actors_by_role[Role.OFFICER].id)
