"""Who looks after which area or group, one day after another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import assignments, groups
from records.nouns.assignments import AssignmentDraft
from records.registry import history
from records.tables import Assignment, AuditEntry, Group, OutboxEvent, Staff
from records.tables.groups import AssignmentKind
from tests.conftest import area_ids
from tests.nouns.activities import group

pytestmark = pytest.mark.usefixtures("database")
MakeActor = Callable[..., Awaitable[Actor]]
BEGIN, LATER = date(2025, 8, 1), date(2025, 9, 1)
BY = system_actor("test")
OFFICER = AssignmentDraft(AssignmentKind.AREA_OFFICER, BEGIN)
CONTACT = replace(OFFICER, kind=AssignmentKind.FRONT_CONTACT)


async def officer_of(person: Actor, area: str = "29905", **given: Any) -> Assignment:
    """The area officer of an area."""
    (area_id,) = await area_ids(area)
    return await assignments.assign(replace(OFFICER, staff_id=person.id, area_id=area_id, **given), by=BY)


async def problems(attempt: Awaitable[object]) -> set[str]:
    with pytest.raises(ValidationFailed) as wrong:
        await attempt
    return set(wrong.value.problems)


async def test_assignment_is_recorded_and_ended(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER, "29905"), await staff_actor(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    draft = replace(OFFICER, staff_id=officer.id, area_id=area_id)
    row = await assignments.assign(draft, by=commander)
    row = await assignments.end(row.id, expected_version=1, on=LATER, by=commander)
    assert (row.starts_on, row.ends_on, row.version) == (BEGIN, LATER, 2)
    with pytest.raises(Conflict):
        await assignments.end(row.id, expected_version=2, on=LATER, by=commander)


async def test_assignment_of_group_is_audited_in_its_area(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    about = await group()
    row = await assignments.assign(replace(OFFICER, staff_id=officer.id, group_id=about.id), by=BY)
    assert {one.area_id for one in await AuditEntry.filter(row_id=row.id)} == {about.area_id}
    assert {one.area_id for one in await OutboxEvent.filter(row_id=row.id)} == {about.area_id}
    assert len(await history.entries_of(officer, row.id)) == 1
    assert await history.entries_of(await staff_actor(Role.OFFICER, "30244"), row.id) == []


async def test_area_has_one_area_officer_on_a_day(staff_actor: MakeActor) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    row = await officer_of(officer)
    assert await problems(officer_of(other, starts_on=LATER)) == {"staff"}
    await assignments.end(row.id, expected_version=1, on=LATER, by=BY)
    assert await problems(officer_of(other, starts_on=LATER - timedelta(days=1))) == {"staff"}
    assert (await officer_of(other, starts_on=LATER)).starts_on == LATER


async def test_area_gets_one_officer_when_many_are_assigned_at_once(staff_actor: MakeActor) -> None:
    people = [await staff_actor(Role.OFFICER, "29905") for _ in range(4)]
    results = await asyncio.gather(*(officer_of(one) for one in people), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Assignment", *["ValidationFailed"] * 3]


async def test_group_may_have_several_contacts_but_each_once() -> None:
    about = await group()
    draft = replace(CONTACT, group_id=about.id, officer_name="Người mẫu 1")
    await assignments.assign(draft, by=BY)
    await assignments.assign(replace(draft, officer_name="Người mẫu 2"), by=BY)
    assert await problems(assignments.assign(draft, by=BY)) == {"staff"}


async def test_assignment_goes_to_next_person_in_one_step(staff_actor: MakeActor) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    row = await officer_of(officer)
    new = await assignments.replace(
        row.id, expected_version=1, staff=other.id, officer_name="", on=LATER, by=BY
    )
    assert ((await Assignment.get(id=row.id)).ends_on, new.starts_on, new.staff_id) == (
        LATER,
        LATER,
        other.id,
    )


async def test_assignment_stays_when_next_person_cannot_take_it(staff_actor: MakeActor) -> None:
    row = await officer_of(await staff_actor(Role.OFFICER, "29905"))
    elsewhere = await staff_actor(Role.OFFICER, "30244")
    attempt = assignments.replace(
        row.id, expected_version=1, staff=elsewhere.id, officer_name="", on=LATER, by=BY
    )
    assert await problems(attempt) == {"staff"}
    assert (await Assignment.get(id=row.id)).ends_on is None


@pytest.mark.parametrize("role", [Role.FRONT, Role.ANALYST])
async def test_officer_needs_fitting_role_and_area(staff_actor: MakeActor, role: Role) -> None:
    assert await problems(officer_of(await staff_actor(role, "29905"))) == {"staff"}
    assert await problems(officer_of(await staff_actor(Role.OFFICER, "30244"))) == {"staff"}


async def test_assignment_reports_problems_when_incomplete() -> None:
    about, (area_id,) = await group(founded_on=LATER), await area_ids("29905")
    named = replace(CONTACT, officer_name="Người mẫu")
    (province,) = await area_ids("82")
    for draft, fields in (
        (named, {"area"}),
        (replace(named, area_id=area_id, group_id=about.id), {"group"}),
        (replace(named, area_id=uuid4()), {"area"}),
        (replace(named, area_id=province), {"area"}),
        (replace(CONTACT, area_id=area_id), {"staff"}),
        (replace(named, area_id=area_id, staff_id=uuid4()), {"officer_name"}),
        (replace(named, group_id=about.id), {"starts_on"}),
        (replace(named, area_id=area_id, starts_on=today() + timedelta(days=1)), {"starts_on"}),
    ):
        assert await problems(assignments.assign(draft, by=BY)) == fields, draft


async def test_front_assigns_its_contacts_but_no_officers(staff_actor: MakeActor) -> None:
    front, officer = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    await assignments.assign(replace(CONTACT, staff_id=front.id, area_id=area_id), by=front)
    with pytest.raises(PermissionDenied):
        await assignments.assign(replace(OFFICER, staff_id=officer.id, area_id=area_id), by=front)
    row = await officer_of(officer)
    with pytest.raises(PermissionDenied):
        await assignments.end(row.id, expected_version=1, on=LATER, by=front)


async def test_assignment_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    elsewhere = await staff_actor(Role.COMMANDER, "30244")
    about, (area_id,) = await group(), await area_ids("29905")
    row = await assignments.assign(replace(CONTACT, officer_name="Người mẫu", group_id=about.id), by=BY)
    assert await assignments.visible_to(elsewhere).count() == 0
    with pytest.raises(NotFound):
        await assignments.end(row.id, expected_version=1, on=LATER, by=elsewhere)
    with pytest.raises(NotFound):
        await assignments.assign(replace(CONTACT, officer_name="Mẫu", group_id=about.id), by=elsewhere)
    draft = replace(CONTACT, officer_name="Mẫu", area_id=area_id)
    assert await problems(assignments.assign(draft, by=elsewhere)) == {"area"}


async def test_ended_group_takes_no_assignment() -> None:
    about = await group()
    await groups.dissolve(about.id, expected_version=1, on=today(), reason="Hết hộ", by=BY)
    with pytest.raises(Conflict):
        await assignments.assign(replace(CONTACT, officer_name="Mẫu", group_id=about.id), by=BY)


async def test_group_is_looked_after_by_officer_of_its_area_or_own(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER, "29905")
    officer, own = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    about = await group()
    assert [row.id for row in await Group.filter(assignments.is_vacant_group(commander))] == [about.id]
    area_wide = await officer_of(officer)
    assert await assignments.in_charge_of(about, by=commander) == [area_wide]
    assert await Group.filter(assignments.is_vacant_group(commander)).count() == 0
    row = await assignments.assign(replace(OFFICER, staff_id=own.id, group_id=about.id), by=BY)
    assert await assignments.in_charge_of(about, by=commander) == [row]


async def test_group_is_vacant_when_account_was_deactivated(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER, "29905"), await staff_actor(Role.OFFICER, "29905")
    about = await group()
    await officer_of(officer)
    await Staff.filter(id=officer.id).update(active=False)
    assert [row.id for row in await Group.filter(assignments.is_vacant_group(commander))] == [about.id]
