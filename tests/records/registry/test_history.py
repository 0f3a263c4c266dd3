from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from records.access import partners
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.errors import PermissionDenied
from records.metrics.catalogue import category_id
from records.nouns import (
    groups,
    tips,
)
from records.nouns.groups import GroupDraft
from records.nouns.tips import TipDraft
from records.registry import history
from records.tables.groups import GroupKind
from records.tables.tips import Channel
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


async def test_history_is_newest_first_and_limited(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    draft = GroupDraft("MAU-01", "Tên 1", GroupKind.ZALO, area_id)
    row = await groups.create(draft, by=officer)
    for version in (1, 2, 3):
        draft = GroupDraft("MAU-01", f"Tên {version + 1}", GroupKind.ZALO, area_id)
        await groups.edit(row.id, draft, expected_version=version, by=officer)
    entries = await history.entries_of(officer, row.id)
    assert [entry.after and entry.after["name"] for entry in entries] == ["Tên 4", "Tên 3", "Tên 2", "Tên 1"]
    assert [entry.before and entry.before["name"] for entry in entries] == ["Tên 3", "Tên 2", "Tên 1", None]
    assert {(entry.actor_id, entry.actor_name) for entry in entries} == {(officer.id, officer.name)}
    assert [entry.seq for entry in await history.entries_of(officer, row.id, limit=2)] == [
        entry.seq for entry in entries[:2]
    ]
    assert await history.entries_of(officer, uuid4()) == []


async def test_history_is_for_those_who_may_see_record(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    row = await groups.create(GroupDraft("MAU-01", "Tên", GroupKind.ZALO, area_id), by=officer)
    assert len(await history.entries_of(await staff_actor(Role.AUDITOR, "82"), row.id)) == 1
    assert await history.entries_of(await staff_actor(Role.AUDITOR, "30244"), row.id) == []
    with pytest.raises(PermissionDenied):
        await history.entries_of(await staff_actor(Role.FRONT, "29905"), row.id)


async def test_history_hides_tips_when_right_is_missing(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, area_id)
    tip = await tips.submit(draft, by=officer)
    await tips.add_note(tip.id, "Ghi chú mẫu", by=officer)
    assert await history.entries_of(await staff_actor(Role.ADMINISTRATOR), tip.id) == []
    for reader in (officer, await staff_actor(Role.AUDITOR)):
        actions = [entry.action for entry in await history.entries_of(reader, tip.id)]
        assert actions == ["tips.note", "tips.submit"]


async def test_partner_history_is_for_managers_and_auditors(
    staff_actor: MakeActor,
) -> None:
    row = await partners.create(
        name="Đối tác mẫu",
        scopes={Scope.GROUPS_READ},
        areas=await area_ids("29905", "30244"),
        by=system_actor("test"),
    )
    await partners.issue_key(row.id, by=system_actor("test"))
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        told = [entry.action for entry in await history.entries_of(await staff_actor(role), row.id)]
        assert told == ["partners.manage"] * 3
    # Beyond the areas of the one, and beyond the rights of the others.
    for no in (
        await staff_actor(Role.ADMINISTRATOR, "29905"),
        await staff_actor(Role.AUDITOR, "29905"),
        await staff_actor(Role.COMMANDER),
    ):
        assert await history.entries_of(no, row.id) == []
