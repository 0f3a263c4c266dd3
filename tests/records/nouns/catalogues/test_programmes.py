"""Programmes: entering, editing and ending them, and what is refused."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.nouns import groups
from records.nouns.catalogues import programmes
from records.nouns.groups import GroupDraft
from records.tables import AuditEntry, Programme
from records.tables.groups import GroupKind
from tests.conftest import area_ids
from tests.nouns.programmes import DAY, draft

MakeActor = Callable[..., Awaitable[Actor]]
WHY = "Đã kết thúc (minh họa)"


@pytest.fixture
async def front(staff_actor: MakeActor) -> Actor:
    return await staff_actor(Role.FRONT, "29905")


async def test_programme_is_stored_and_audited_when_created(front: Actor) -> None:
    row = await programmes.create(await draft(code=" mh-01 ", name="Mô hình số 1"), by=front)
    stored = await Programme.get(id=row.id)
    assert (stored.code, stored.folded, stored.ended_on) == ("MH-01", "mh 01 mo hinh so 1", None)
    assert await AuditEntry.filter(row_id=row.id, action="programmes.manage").count() == 1


async def test_create_names_each_problem_of_a_draft(front: Actor) -> None:
    tomorrow = today() + timedelta(days=1)
    wrong = await draft("30244", code="", name="", host_id=uuid4(), partner_id=uuid4(), started_on=tomorrow)
    with pytest.raises(ValidationFailed) as refusal:
        await programmes.create(wrong, by=front)
    assert set(refusal.value.problems) == {"code", "name", "host", "partner", "area", "started_on"}


async def test_create_refuses_a_code_that_is_taken(front: Actor) -> None:
    await programmes.create(await draft(code="MH-01"), by=front)
    with pytest.raises(ValidationFailed) as refusal:
        await programmes.create(await draft(code="MH-01"), by=front)
    assert set(refusal.value.problems) == {"code"}


async def test_end_sets_the_last_day(front: Actor) -> None:
    row = await programmes.create(await draft(), by=front)
    ended = await programmes.end(row.id, expected_version=1, on=DAY, reason=WHY, by=front)
    assert (ended.ended_on, ended.version) == (DAY, 2)
    assert await AuditEntry.filter(row_id=row.id, motive=WHY).count() == 1
    assert not programmes.can_end(front, ended)
    with pytest.raises(Conflict):
        await programmes.end(row.id, expected_version=2, on=DAY, reason=WHY, by=front)


@pytest.mark.parametrize("on", [DAY - timedelta(days=1), date(2999, 1, 1)])
async def test_end_refuses_a_day_outside_its_life(front: Actor, on: date) -> None:
    row = await programmes.create(await draft(), by=front)
    with pytest.raises(ValidationFailed) as refusal:
        await programmes.end(row.id, expected_version=1, on=on, reason=WHY, by=front)
    assert set(refusal.value.problems) == {"on"}


async def test_edit_refuses_a_start_after_the_end(front: Actor) -> None:
    given = await draft()
    row = await programmes.create(given, by=front)
    await programmes.end(row.id, expected_version=1, on=DAY, reason=WHY, by=front)
    with pytest.raises(ValidationFailed) as refusal:
        await programmes.edit(row.id, replace(given, started_on=today()), expected_version=2, by=front)
    assert set(refusal.value.problems) == {"started_on"}


async def test_programme_is_read_but_not_kept_elsewhere(front: Actor, staff_actor: MakeActor) -> None:
    given = await draft()
    row = await programmes.create(given, by=front)
    elsewhere = await staff_actor(Role.COMMANDER, "30244")
    assert await programmes.visible_to(elsewhere).filter(id=row.id).exists()
    assert not programmes.can_manage(elsewhere, await programmes.find(row.id, by=elsewhere))
    for attempt in (
        programmes.edit(row.id, given, expected_version=1, by=elsewhere),
        programmes.end(row.id, expected_version=1, on=DAY, reason=WHY, by=elsewhere),
    ):
        with pytest.raises(PermissionDenied):
            await attempt


async def test_end_needs_reason(front: Actor) -> None:
    row = await programmes.create(await draft(), by=front)
    with pytest.raises(ValidationFailed) as refusal:
        await programmes.end(row.id, expected_version=1, on=DAY, reason=" ", by=front)
    assert set(refusal.value.problems) == {"reason"}


async def test_programme_continues_when_reopened(front: Actor) -> None:
    row = await programmes.create(await draft(), by=front)
    await programmes.end(row.id, expected_version=1, on=DAY, reason=WHY, by=front)
    reopened = await programmes.reopen(row.id, expected_version=2, reason="Nhập nhầm", by=front)
    assert (reopened.ended_on, programmes.can_end(front, reopened)) == (None, True)
    assert not programmes.can_reopen(front, reopened)
    assert await AuditEntry.filter(row_id=row.id, motive="Nhập nhầm").count() == 1


async def test_ended_programme_is_kept_but_not_chosen_anew(front: Actor) -> None:
    (area_id,) = await area_ids("29905")
    row = await programmes.create(await draft(), by=front)
    given = GroupDraft("MAU-01", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id, programme_id=row.id)
    group = await groups.create(given, by=front)
    await programmes.end(row.id, expected_version=1, on=DAY, reason=WHY, by=front)
    edited = await groups.edit(group.id, replace(given, name="Tổ mẫu 1"), expected_version=1, by=front)
    assert (edited.name, edited.programme_id) == ("Tổ mẫu 1", row.id)
    with pytest.raises(ValidationFailed) as refusal:
        await groups.create(replace(given, code="MAU-02"), by=front)
    assert set(refusal.value.problems) == {"programme"}
