"""Assignments and their handover in the tables of the tests."""

from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.rights import Right
from records.nouns import assignments
from records.nouns.assignments import AssignmentDraft, handover
from records.tables import Assignment, Group
from records.tables.groups import AssignmentKind
from tests.nouns import Tables
from tests.nouns.activities import group

NO_ONE, DAY = uuid4(), date(2025, 1, 1)
OFFICER: Final = AssignmentDraft(AssignmentKind.AREA_OFFICER, today())
CONTACT: Final = replace(OFFICER, kind=AssignmentKind.FRONT_CONTACT)
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.FRONT}
LEADERS: Final = {Role.COMMANDER, Role.FRONT}


async def assigned(area: str = "29905", **given: Any) -> Assignment:
    """A Front contact of a group in an area."""
    values: dict[str, Any] = {"officer_name": "Người mẫu"} | given
    if "area_id" not in values and "group_id" not in values:
        values["group_id"] = (await group(area)).id
    return await assignments.assign(replace(CONTACT, **values), by=system_actor("test"))


async def make(area: str) -> UUID:
    """The id of an assignment in an area."""
    return (await assigned(area)).id


TABLES: Final = Tables(
    name="assignment",
    make=make,
    pages={
        "GET /admin/assignments": (READERS, None),
        "POST /admin/assignments": (KEEPERS, None),
        "GET /admin/assignments/new": (KEEPERS, None),
        "GET /admin/assignments/hamlets": (READERS, None),
        "GET POST /admin/assignments/handover": (LEADERS, None),
        "GET /admin/assignments/{id:uuid}": (READERS, "assignment"),
        "GET POST /admin/assignments/{id:uuid}/end": (KEEPERS, "assignment"),
        "GET POST /admin/assignments/{id:uuid}/replacement": (KEEPERS, "assignment"),
    },
    verbs=[
        (Right.ASSIGNMENTS_READ, "see", lambda by: assignments.visible_to(by).count()),
        (Right.ASSIGNMENTS_READ, "hamlets", lambda by: assignments.hamlets(by).count()),
        (
            Right.ASSIGNMENTS_READ,
            "is_vacant_hamlet",
            lambda by: assignments.hamlets(by).filter(assignments.is_vacant_hamlet(by)).count(),
        ),
        (
            Right.ASSIGNMENTS_READ,
            "is_vacant_group",
            lambda by: Group.filter(assignments.is_vacant_group(by)).count(),
        ),
        (
            Right.ASSIGNMENTS_READ,
            "in_charge_of",
            lambda by: assignments.in_charge_of(Group(id=NO_ONE, area_id=NO_ONE), by=by),
        ),
        (Right.ASSIGNMENTS_MANAGE, "assign", lambda by: assignments.assign(CONTACT, by=by)),
        (
            Right.ASSIGNMENTS_MANAGE,
            "end",
            lambda by: assignments.end(NO_ONE, expected_version=1, on=DAY, by=by),
        ),
        (
            Right.ASSIGNMENTS_MANAGE,
            "replace",
            lambda by: assignments.replace(
                NO_ONE, expected_version=1, staff=None, officer_name="Mẫu", on=DAY, by=by
            ),
        ),
        (Right.ASSIGNMENTS_OFFICERS, "assign", lambda by: assignments.assign(OFFICER, by=by)),
        (Right.ASSIGNMENTS_HAND_OVER, "people", lambda by: handover.people(by).count()),
        (Right.ASSIGNMENTS_HAND_OVER, "workload_of", lambda by: handover.workload_of(NO_ONE, by=by)),
        (
            Right.ASSIGNMENTS_HAND_OVER,
            "hand_over",
            lambda by: handover.hand_over(NO_ONE, to=NO_ONE, on=DAY, expected_digest="", by=by),
        ),
    ],
)
