"""Taking a tip on, and working on several at once."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import tips
from records.tables import AuditEntry, Tip, TipEvent
from records.tables.tips import TipEventKind, TipStatus
from tests.admin.forms import some_tip

MakeActor = Callable[..., Awaitable[Actor]]


async def test_take_on_assigns_and_verifies_in_one_transaction(staff_actor: MakeActor) -> None:
    officer, tip = await staff_actor(Role.OFFICER, "29905"), await some_tip()
    assert tips.can_take_on(officer, tip)
    row = await tips.take_on(tip.id, expected_version=tip.version, by=officer)
    assert (row.status, row.assignee_id, row.version) == (TipStatus.VERIFYING, officer.id, tip.version + 2)
    assert row.first_response_at is not None
    kinds = [event.kind for event in await tips.events(officer, tip.id)]
    assert kinds == [TipEventKind.SUBMITTED, TipEventKind.ASSIGNED, TipEventKind.VERIFYING]
    assert await AuditEntry.filter(row_id=tip.id).count() == 3
    assert not tips.can_take_on(officer, row)


async def test_take_on_changes_nothing_when_refused(staff_actor: MakeActor) -> None:
    officer, tip = await staff_actor(Role.OFFICER, "29905"), await some_tip()
    with pytest.raises(Conflict):
        await tips.take_on(tip.id, expected_version=tip.version + 1, by=officer)
    with pytest.raises(ValidationFailed):
        await tips.take_on(tip.id, expected_version=tip.version, by=system_actor("test"))
    elsewhere = await staff_actor(Role.OFFICER, "30244")
    with pytest.raises(NotFound):
        await tips.take_on(tip.id, expected_version=tip.version, by=elsewhere)
    kept = await Tip.get(id=tip.id)
    assert (kept.version, kept.assignee_id, kept.status) == (tip.version, None, TipStatus.RECEIVED)


async def test_bulk_assigns_all_tips_to_one_person(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER, "82"), await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    rows = [await some_tip(f"Tin {index} (minh họa)") for index in range(3)]
    await tips.assign_all({row.id: row.version for row in rows}, assignee=officer.id, by=commander)
    assert {row.assignee_id for row in await Tip.all()} == {officer.id}
    assert await TipEvent.filter(kind=TipEventKind.ASSIGNED).count() == 3


async def test_bulk_changes_nothing_when_one_tip_changed_meanwhile(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER, "82"), await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    rows = [await some_tip(f"Tin {index} (minh họa)") for index in range(3)]
    seen = {row.id: row.version for row in rows}
    await tips.start_verifying(rows[2].id, expected_version=1, by=officer)
    for act in (
        tips.assign_all(seen, assignee=officer.id, by=commander),
        tips.note_all(seen, "Chuyển tổ", by=commander),
    ):
        with pytest.raises(Conflict):
            await act
    assert not await Tip.filter(assignee_id__isnull=False).exists()
    assert not await TipEvent.filter(kind=TipEventKind.NOTED).exists()


async def test_bulk_changes_nothing_when_one_tip_lies_elsewhere(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    assert officer.id
    here, elsewhere = await some_tip(), await some_tip(area="30244")
    with pytest.raises(NotFound):
        await tips.assign_all({here.id: 1, elsewhere.id: 1}, assignee=officer.id, by=officer)
    assert not await Tip.filter(assignee_id__isnull=False).exists()


async def test_bulk_notes_all_tips(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    rows = [await some_tip(f"Tin {index} (minh họa)") for index in range(2)]
    await tips.note_all({row.id: row.version for row in rows}, "Đã báo tổ trưởng", by=officer)
    notes = await TipEvent.filter(kind=TipEventKind.NOTED).values_list("tip_id", "note")
    assert set(notes) == {(row.id, "Đã báo tổ trưởng") for row in rows}


@pytest.mark.parametrize("count", [0, tips.MAX_AT_ONCE + 1])
async def test_bulk_is_refused_when_too_few_or_many(staff_actor: MakeActor, count: int) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    chosen = {uuid4(): 1 for _ in range(count)}
    for act in (
        tips.assign_all(chosen, assignee=uuid4(), by=officer),
        tips.note_all(chosen, "Ghi", by=officer),
    ):
        with pytest.raises(ValidationFailed) as refused:
            await act
        assert list(refused.value.problems) == ["tip"]
