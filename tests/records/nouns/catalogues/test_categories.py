"""Tip categories: entering, editing, retiring and removing them, and what they ask of tips."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.nouns import tips
from records.nouns.catalogues import categories
from records.nouns.tips import TipDraft
from records.tables import AuditEntry
from records.tables.tips import Channel, LegalKind
from tests.conftest import area_ids
from tests.nouns.categories import draft

MakeActor = Callable[..., Awaitable[Actor]]
BY = system_actor("test")


@pytest.fixture
async def administrator(staff_actor: MakeActor) -> Actor:
    return await staff_actor(Role.ADMINISTRATOR)


async def tip_draft(category_id: UUID, legal_kind: LegalKind = LegalKind.SOURCE) -> TipDraft:
    (area_id,) = await area_ids("29905")
    return TipDraft("Tin mẫu", category_id, Channel.ZALO, area_id, legal_kind=legal_kind)


async def test_category_is_last_in_lists_when_created(administrator: Actor) -> None:
    row = await categories.create(draft(code="mau-01", sensitive=True), by=administrator)
    assert (row.code, row.active, row.sensitive) == ("MAU-01", True, True)
    assert (await tips.categories())[-1].id == row.id
    assert await AuditEntry.filter(row_id=row.id, action="categories.manage").count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_create_is_refused_when_not_administrator(staff_actor: MakeActor, role: Role) -> None:
    with pytest.raises(PermissionDenied):
        await categories.create(draft(), by=await staff_actor(role))


async def test_create_names_each_problem_of_a_draft(administrator: Actor) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        await categories.create(draft(code="", name_vi="", name_en="", parent_id=uuid4()), by=administrator)
    assert set(refusal.value.problems) == {"code", "name_vi", "name_en", "parent"}
    await categories.create(draft(code="MAU-01"), by=administrator)
    with pytest.raises(ValidationFailed) as refusal:
        await categories.create(draft(code="MAU-01"), by=administrator)
    assert set(refusal.value.problems) == {"code"}


async def test_edit_keeps_code_and_order(administrator: Actor) -> None:
    given = draft()
    row = await categories.create(given, by=administrator)
    renamed = replace(given, name_vi="Tên mới")
    edited = await categories.edit(row.id, renamed, expected_version=1, by=administrator)
    assert (edited.name_vi, edited.position) == ("Tên mới", row.position)
    for wrong, field in (
        (replace(given, code="MAU-X"), "code"),
        (replace(given, parent_id=row.id), "parent"),
    ):
        with pytest.raises(ValidationFailed) as refusal:
            await categories.edit(row.id, wrong, expected_version=2, by=administrator)
        assert set(refusal.value.problems) == {field}


async def test_retired_category_is_kept_by_its_tips_only(administrator: Actor) -> None:
    row = await categories.create(draft(), by=administrator)
    given = await tip_draft(row.id)
    tip = await tips.submit(given, by=BY)
    retired = await categories.retire(row.id, expected_version=1, by=administrator)
    assert not categories.can_retire(administrator, retired)
    await tips.edit(tip.id, replace(given, title="Tin khác"), expected_version=tip.version, by=BY)
    with pytest.raises(ValidationFailed) as refusal:
        await tips.submit(given, by=BY)
    assert set(refusal.value.problems) == {"category"}
    await categories.reinstate(row.id, expected_version=2, by=administrator)
    await tips.submit(given, by=BY)


async def test_remove_is_refused_when_category_is_used(administrator: Actor) -> None:
    used, above = [await categories.create(draft(), by=administrator) for _ in range(2)]
    await tips.submit(await tip_draft(used.id), by=BY)
    await categories.create(draft(parent_id=above.id), by=administrator)
    for row in (used, above):
        with pytest.raises(Conflict):
            await categories.remove(row.id, expected_version=1, reason="Nhập nhầm", by=administrator)


async def test_removed_category_is_not_chosen_until_restored(administrator: Actor) -> None:
    row = await categories.create(draft(), by=administrator)
    await categories.remove(row.id, expected_version=1, reason="Nhập nhầm", by=administrator)
    with pytest.raises(ValidationFailed) as refusal:
        await tips.submit(await tip_draft(row.id), by=BY)
    assert set(refusal.value.problems) == {"category"}
    await categories.restore(row.id, expected_version=2, by=administrator)
    await tips.submit(await tip_draft(row.id), by=BY)


async def test_tip_of_formal_category_needs_a_formal_kind(administrator: Actor) -> None:
    given = draft(formal=True)
    row = await categories.create(given, by=administrator)
    with pytest.raises(ValidationFailed) as refusal:
        await tips.submit(await tip_draft(row.id), by=BY)
    assert set(refusal.value.problems) == {"legal_kind"}
    formal = await tip_draft(row.id, LegalKind.REPORT)
    tip = await tips.submit(formal, by=BY)
    informal = replace(formal, legal_kind=LegalKind.SOURCE)
    with pytest.raises(ValidationFailed) as refusal:
        await tips.edit(tip.id, informal, expected_version=tip.version, by=BY)
    assert set(refusal.value.problems) == {"legal_kind"}


async def test_tip_stays_informal_when_its_category_becomes_formal(administrator: Actor) -> None:
    given = draft()
    row = await categories.create(given, by=administrator)
    told = await tip_draft(row.id)
    tip = await tips.submit(told, by=BY)
    await categories.edit(row.id, replace(given, formal=True), expected_version=1, by=administrator)
    edited = await tips.edit(tip.id, replace(told, title="Tin khác"), expected_version=tip.version, by=BY)
    assert edited.legal_kind is LegalKind.SOURCE
