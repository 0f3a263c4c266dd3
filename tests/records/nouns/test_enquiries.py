from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import LOCAL, now
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.metrics import cells
from records.nouns import enquiries, groups
from records.nouns.groups import GroupDraft
from records.tables import AuditEntry, Enquiry, MetricDelta, OutboxEvent
from records.tables.groups import GroupKind
from tests.nouns.enquiries import draft

MakeActor = Callable[..., Awaitable[Actor]]


async def untouched() -> tuple[int, ...]:
    versions = sum(row.version for row in await Enquiry.all())
    told = [await model.filter(noun="enquiry").count() for model in (AuditEntry, OutboxEvent)]
    return (versions, *told, await MetricDelta.all().count())


async def test_enquiry_is_asked_answered_and_published(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    assert (row.version, row.answer, row.published) == (1, "", False)
    with pytest.raises(Conflict):
        await enquiries.publish(row.id, expected_version=1, published=True, by=officer)
    row = await enquiries.answer(row.id, " Tại công an phường ", expected_version=1, by=officer)
    assert (row.answer, row.answered_by_id) == ("Tại công an phường", officer.id)
    assert row.folded == "cu tru dang ky tam tru o dau tai cong an phuong"
    answered_at = row.answered_at
    assert answered_at is not None
    row = await enquiries.publish(row.id, expected_version=2, published=True, by=officer)
    row = await enquiries.answer(row.id, "Tại nhà văn hóa", expected_version=3, by=officer)
    assert (row.answered_at, row.published, row.version) == (answered_at, True, 4)
    row = await enquiries.publish(row.id, expected_version=4, published=False, by=officer)
    assert not row.published
    assert [entry.action for entry in await AuditEntry.filter(row_id=row.id).order_by("seq")] == [
        "enquiries.ask",
        *["enquiries.answer"] * 4,
    ]
    assert await cells.matches_rows()


async def test_enquiry_may_name_visible_group_and_own_moment(
    staff_actor: MakeActor,
) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    given = await draft()
    group = await groups.create(GroupDraft("MAU-01", "Nhóm mẫu", GroupKind.ZALO, given.area_id), by=officer)
    asked_at = datetime(2025, 9, 1, 8, tzinfo=LOCAL)
    row = await enquiries.ask(await draft(group_id=group.id, asked_at=asked_at), by=officer)
    assert (row.group_id, row.asked_at) == (group.id, asked_at)
    with pytest.raises(ValidationFailed) as wrong:
        await enquiries.ask(await draft("30244", group_id=group.id), by=other)
    assert set(wrong.value.problems) == {"group"}


async def test_enquiry_reports_all_problems_and_stores_nothing(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    before = await untouched()
    bad = await draft(
        "30244", topic="x" * 61, question=" ", asked_at=now() + timedelta(hours=1), group_id=uuid4()
    )
    with pytest.raises(ValidationFailed) as wrong:
        await enquiries.ask(bad, by=officer)
    assert set(wrong.value.problems) == {"topic", "question", "asked_at", "area", "group"}
    for text in (" ", "x" * 20_001):
        with pytest.raises(ValidationFailed) as wrong:
            await enquiries.answer(row.id, text, expected_version=1, by=officer)
        assert set(wrong.value.problems) == {"answer"}
    assert await untouched() == before


async def test_enquiry_answer_conflicts_when_answered_before(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    await enquiries.answer(row.id, "Trước", expected_version=1, by=officer)
    before = await untouched()
    with pytest.raises(Conflict):
        await enquiries.answer(row.id, "Sau", expected_version=1, by=officer)
    with pytest.raises(Conflict):
        await enquiries.publish(row.id, expected_version=1, published=True, by=officer)
    assert await untouched() == before


async def test_enquiry_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    row = await enquiries.ask(await draft(), by=here)
    assert await enquiries.visible_to(elsewhere).count() == 0
    for attempt in (
        enquiries.answer(row.id, "Có", expected_version=1, by=elsewhere),
        enquiries.publish(row.id, expected_version=1, published=True, by=elsewhere),
        enquiries.answer(uuid4(), "Có", expected_version=1, by=here),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_enquiry_is_found_by_new_words_when_edited(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    asked_at = row.asked_at
    row = await enquiries.answer(row.id, "Tại phường", expected_version=1, by=officer)
    row = await enquiries.edit(row.id, await draft(topic="Hộ tịch"), expected_version=2, by=officer)
    assert row.folded.startswith("ho tich")
    assert row.folded.endswith("tai phuong")
    assert (row.asked_at, row.version) == (asked_at, 3)


async def test_edit_keeps_group_when_editor_cannot_see_it(staff_actor: MakeActor) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    given = await draft()
    group = await groups.create(GroupDraft("MAU-01", "Nhóm mẫu", GroupKind.ZALO, given.area_id), by=officer)
    row = await enquiries.ask(await draft("30244"), by=other)
    await Enquiry.filter(id=row.id).update(group_id=group.id)
    changed = await draft("30244", topic="Hộ tịch", group_id=group.id)
    assert (await enquiries.edit(row.id, changed, expected_version=1, by=other)).topic == "Hộ tịch"


async def test_enquiry_is_restored_when_it_was_removed(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    with pytest.raises(ValidationFailed):
        await enquiries.remove(row.id, expected_version=1, reason=" ", by=officer)
    await enquiries.remove(row.id, expected_version=1, reason="Nhập nhầm (mẫu)", by=officer)
    assert await enquiries.unanswered(officer).count() == 0
    assert await cells.matches_rows()
    with pytest.raises(NotFound):
        await enquiries.answer(row.id, "Có", expected_version=2, by=officer)
    await enquiries.restore(row.id, expected_version=2, by=officer)
    assert [one.id for one in await enquiries.unanswered(officer)] == [row.id]
    assert (await AuditEntry.get(row_id=row.id, motive="Nhập nhầm (mẫu)")).action == "enquiries.ask"
    assert await OutboxEvent.filter(row_id=row.id).count() == 3
    assert await cells.matches_rows()


async def test_published_lists_answers_that_everybody_may_read(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await enquiries.ask(await draft(), by=officer)
    await enquiries.answer(row.id, "Tại phường", expected_version=1, by=officer)
    assert await enquiries.published(officer).count() == 0
    await enquiries.publish(row.id, expected_version=2, published=True, by=officer)
    assert [one.id for one in await enquiries.published(officer)] == [row.id]
    await enquiries.publish(row.id, expected_version=3, published=False, by=officer)
    assert await enquiries.published(officer).count() == 0
