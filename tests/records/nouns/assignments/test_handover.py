"""Everything that one person looks after goes to another, or nothing does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import assignments, groups, tips
from records.nouns.assignments import AssignmentDraft, handover
from records.nouns.assignments.handover import Workload
from records.tables import Assignment, AuditEntry, Staff, Tip
from records.tables.groups import AssignmentKind
from tests.admin.forms import some_tip
from tests.conftest import area_ids
from tests.nouns.activities import group

pytestmark = pytest.mark.usefixtures("database")
MakeActor = Callable[..., Awaitable[Actor]]
BEGIN, ON = date(2025, 8, 1), date(2025, 9, 1)
BY = system_actor("test")
OFFICER = AssignmentDraft(AssignmentKind.AREA_OFFICER, BEGIN)


async def loaded(person: Actor, area: str = "29905") -> tuple[Assignment, Assignment, Tip]:
    """An area, a group of another area officer's and an open tip, in the hands of a person."""
    assert person.id
    (area_id,) = await area_ids(area)
    here = await assignments.assign(replace(OFFICER, staff_id=person.id, area_id=area_id), by=BY)
    about = await group(area)
    theirs = await assignments.assign(replace(OFFICER, staff_id=person.id, group_id=about.id), by=BY)
    tip = await some_tip(area=area)
    return here, theirs, await tips.assign(tip.id, expected_version=1, assignee=person.id, by=BY)


@dataclass(frozen=True)
class Transfer:
    """An officer with an area, a group and a tip, who is to succeed, and the commander of both."""

    commander: Actor
    officer: UUID
    successor: UUID
    theirs: Assignment
    tip: Tip


@pytest.fixture
async def transfer(staff_actor: MakeActor) -> Transfer:
    """A handover that can be carried out."""
    commander = await staff_actor(Role.COMMANDER, "82")
    officer, successor = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    assert successor.id
    _here, theirs, tip = await loaded(officer)
    return Transfer(commander, officer.id, successor.id, theirs, tip)


async def hand_over(person_id: UUID, *, to: UUID, on: date, by: Actor) -> Workload:
    """The handover of what the person looks after now."""
    seen = (await handover.workload_of(person_id, by=by)).digest
    return await handover.hand_over(person_id, to=to, on=on, expected_digest=seen, by=by)


async def holders() -> list[tuple[object, ...]]:
    rows = await Assignment.filter(ends_on__isnull=True).order_by("id")
    return [(row.staff_id, row.starts_on) for row in rows]


async def test_handover_moves_everything_in_one_step(transfer: Transfer) -> None:
    closed = await some_tip()
    await tips.assign(closed.id, expected_version=1, assignee=transfer.officer, by=BY)
    await Tip.filter(id=closed.id).update(status="REJECTED", closed_at=closed.received_at)
    workload = await hand_over(transfer.officer, to=transfer.successor, on=ON, by=transfer.commander)
    assert (len(workload.areas), len(workload.groups), len(workload.tips)) == (1, 1, 1)
    assert await holders() == [(transfer.successor, ON)] * 2
    assert await Tip.filter(assignee_id=transfer.successor).count() == 1
    assert (await Tip.get(id=closed.id)).assignee_id == transfer.officer
    with pytest.raises(NotFound):
        await handover.workload_of(transfer.officer, by=transfer.commander)


async def test_handover_moves_nothing_when_successor_works_elsewhere(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER, "82")
    officer, next_ = (
        await staff_actor(Role.OFFICER, "29905", "30244"),
        await staff_actor(Role.OFFICER, "29905"),
    )
    assert officer.id
    assert next_.id
    await loaded(officer)
    await loaded(officer, "30244")
    before = (await holders(), await AuditEntry.all().count())
    workload = await handover.workload_of(officer.id, by=commander)
    assert [one.id async for one in handover.successors(workload)] == [commander.id, next_.id]
    with pytest.raises(ValidationFailed) as wrong:
        await hand_over(officer.id, to=next_.id, on=ON, by=commander)
    assert wrong.value.problems["to"].values == {"count": 3}
    assert (await holders(), await AuditEntry.all().count()) == before


async def test_handover_moves_nothing_when_day_precedes_one_assignment(transfer: Transfer) -> None:
    before = await holders()
    with pytest.raises(ValidationFailed) as wrong:
        await hand_over(transfer.officer, to=transfer.successor, on=date(2025, 7, 15), by=transfer.commander)
    assert set(wrong.value.problems) == {"on"}
    assert await holders() == before
    assert await Tip.filter(assignee_id=transfer.officer).count() == 1


async def test_handover_moves_nothing_when_preview_is_outdated(transfer: Transfer) -> None:
    seen = (await handover.workload_of(transfer.officer, by=transfer.commander)).digest
    more = await some_tip()
    await tips.assign(more.id, expected_version=1, assignee=transfer.officer, by=BY)
    with pytest.raises(Conflict):
        await handover.hand_over(
            transfer.officer, to=transfer.successor, on=ON, expected_digest=seen, by=transfer.commander
        )
    # As many as before, but not the same.
    await assignments.end(transfer.theirs.id, expected_version=transfer.theirs.version, on=ON, by=BY)
    with pytest.raises(Conflict):
        await handover.hand_over(
            transfer.officer, to=transfer.successor, on=ON, expected_digest=seen, by=transfer.commander
        )
    assert {row.assignee_id for row in await Tip.filter(id__in=[transfer.tip.id, more.id])} == {
        transfer.officer
    }


async def test_handover_leaves_what_lies_outside_areas(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER, "29905")
    officer, next_ = (
        await staff_actor(Role.OFFICER, "29905", "30244"),
        await staff_actor(Role.OFFICER, "29905"),
    )
    assert officer.id
    assert next_.id
    await loaded(officer)
    await loaded(officer, "30244")
    await hand_over(officer.id, to=next_.id, on=ON, by=commander)
    assert sorted(str(staff) for staff, _on in await holders()) == sorted(
        [str(officer.id), str(next_.id)] * 2
    )


async def test_handover_ends_assignment_when_group_is_closed(transfer: Transfer) -> None:
    assert transfer.theirs.group_id
    await groups.dissolve(transfer.theirs.group_id, expected_version=1, on=today(), reason="Hết hộ", by=BY)
    await hand_over(transfer.officer, to=transfer.successor, on=ON, by=transfer.commander)
    assert await holders() == [(transfer.successor, ON)]


async def test_handover_ends_assignment_when_successor_has_it(staff_actor: MakeActor) -> None:
    front, other = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.FRONT, "29905")
    assert front.id
    assert other.id
    about = await group()
    draft = replace(OFFICER, kind=AssignmentKind.FRONT_CONTACT, group_id=about.id)
    for person in (front, other):
        await assignments.assign(replace(draft, staff_id=person.id), by=BY)
    await hand_over(front.id, to=other.id, on=ON, by=front)
    assert await holders() == [(other.id, BEGIN)]


async def test_front_hands_over_no_work_of_officers(staff_actor: MakeActor) -> None:
    front, officer = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    await loaded(officer)
    assert await handover.people(front).count() == 0
    with pytest.raises(NotFound):
        await hand_over(officer.id, to=officer.id, on=ON, by=front)


async def test_tips_are_handed_over_when_account_was_deactivated(transfer: Transfer) -> None:
    await Staff.filter(id=transfer.officer).update(active=False)
    await hand_over(transfer.officer, to=transfer.successor, on=ON, by=transfer.commander)
    assert await Tip.filter(assignee_id=transfer.successor).count() == 1
