"""A group rests, wakes, merges and ends as the table of statuses says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest

from records.core.actor import Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.metrics import cells
from records.nouns import groups, members
from records.tables import AuditEntry, Group, OutboxEvent
from records.tables.groups import GroupKind, GroupStatus
from tests.records.nouns.group_support import DAY, WHY, MakeActor, draft, found, in_status, untouched


async def test_group_is_paused_resumed_and_dissolved_with_history(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row = await found(commander)
    row = await groups.pause(row.id, expected_version=1, on=DAY, reason=WHY, by=commander)
    assert (row.status, row.inactive_on, row.version) == (GroupStatus.PAUSED, DAY, 2)
    row = await groups.resume(row.id, expected_version=2, by=commander)
    assert (row.status, row.inactive_on, row.version) == (GroupStatus.ACTIVE, None, 3)
    row = await groups.dissolve(
        row.id, expected_version=3, on=DAY + timedelta(days=1), reason=WHY, by=commander
    )
    assert (row.status, row.inactive_on) == (GroupStatus.DISSOLVED, DAY + timedelta(days=1))
    audit = await AuditEntry.filter(row_id=row.id).order_by("seq")
    assert [(entry.action, entry.motive) for entry in audit] == [
        ("groups.create", ""),
        ("groups.dissolve", WHY),
        ("groups.dissolve", ""),
        ("groups.dissolve", WHY),
    ]
    assert (audit[1].before, audit[1].after) == (
        {"status": "ACTIVE", "inactive_on": None},
        {"status": "PAUSED", "inactive_on": "2025-09-01"},
    )
    assert [event.row_version for event in await OutboxEvent.filter(row_id=row.id).order_by("seq")] == [
        *(1, 2, 3, 4)
    ]
    assert await cells.matches_rows()


async def test_group_is_inactive_since_pause_when_it_ends_paused(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    into = await found(commander, "MAU-02")
    for code, end in (("MAU-03", GroupStatus.DISSOLVED), ("MAU-04", GroupStatus.MERGED)):
        row = await found(commander, code)
        row = await groups.pause(row.id, expected_version=1, on=DAY, reason=WHY, by=commander)
        later = DAY + timedelta(days=90)
        if end is GroupStatus.DISSOLVED:
            row = await groups.dissolve(row.id, expected_version=2, on=later, reason=WHY, by=commander)
        else:
            row = await groups.merge(
                row.id, expected_version=2, into=into.id, on=later, reason=WHY, by=commander
            )
        assert (row.status, row.inactive_on) == (end, DAY)
    assert await cells.matches_rows()


async def test_group_merges_into_active_group_of_its_kind(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row, into = await found(commander), await found(commander, "MAU-02")
    zalo = await found(commander, "MAU-03", kind=GroupKind.ZALO)
    ended = await in_status(GroupStatus.DISSOLVED, commander, "MAU-04")
    before = await untouched()
    for target in (zalo.id, ended.id, row.id, uuid4()):
        with pytest.raises(ValidationFailed) as wrong:
            await groups.merge(row.id, expected_version=1, into=target, on=DAY, reason=WHY, by=commander)
        assert set(wrong.value.problems) == {"into"}
    assert await untouched() == before
    row = await groups.merge(row.id, expected_version=1, into=into.id, on=DAY, reason=WHY, by=commander)
    assert (row.status, row.merged_into_id, row.inactive_on) == (GroupStatus.MERGED, into.id, DAY)
    assert (await Group.get(id=into.id)).version == 1


async def test_groups_do_not_both_merge_when_merged_into_each_other(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    for round_ in range(5):
        one, other = [await found(commander, f"MAU-{round_}{side}") for side in "AB"]
        results = await asyncio.gather(
            groups.merge(one.id, expected_version=1, into=other.id, on=DAY, reason=WHY, by=commander),
            groups.merge(other.id, expected_version=1, into=one.id, on=DAY, reason=WHY, by=commander),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["Group", "ValidationFailed"]


@pytest.mark.parametrize("status", GroupStatus)
async def test_group_allows_only_transitions_of_table(staff_actor: MakeActor, status: GroupStatus) -> None:
    commander = await staff_actor(Role.COMMANDER)
    into = await found(commander, "MAU-ĐÍCH")
    moves: dict[GroupStatus, Callable[[Group], Awaitable[Group]]] = {
        GroupStatus.ACTIVE: lambda row: groups.resume(row.id, expected_version=row.version, by=commander),
        GroupStatus.PAUSED: lambda row: groups.pause(
            row.id, expected_version=row.version, on=DAY, reason=WHY, by=commander
        ),
        GroupStatus.DISSOLVED: lambda row: groups.dissolve(
            row.id, expected_version=row.version, on=DAY, reason=WHY, by=commander
        ),
        GroupStatus.MERGED: lambda row: groups.merge(
            row.id, expected_version=row.version, into=into.id, on=DAY, reason=WHY, by=commander
        ),
    }
    assert set(moves) == set(GroupStatus)
    for to, move in moves.items():
        row = await in_status(status, commander, f"MAU-{to}")
        assert row.status is status
        (way,) = [one for one in groups.NOUN.transitions if one.target is to]
        allowed = to in groups.NOUN.following(status)
        assert way.can(commander, row) is allowed
        if allowed:
            assert (await move(row)).status is to
        else:
            before = await untouched()
            with pytest.raises(Conflict):
                await move(row)
            assert await untouched() == before
    assert await cells.matches_rows()


@pytest.mark.parametrize("on", [date(2025, 7, 31), today() + timedelta(days=1), date(202, 1, 1)])
async def test_group_stops_between_founding_and_today(staff_actor: MakeActor, on: date) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row = await found(commander)
    undated = await found(commander, "MAU-02", founded_on=None)
    before = await untouched()
    with pytest.raises(ValidationFailed) as wrong:
        await groups.pause(row.id, expected_version=1, on=on, reason=WHY, by=commander)
    assert set(wrong.value.problems) == {"on"}
    if on != date(2025, 7, 31):
        with pytest.raises(ValidationFailed):
            await groups.dissolve(undated.id, expected_version=1, on=on, reason=WHY, by=commander)
    assert await untouched() == before


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
async def test_group_end_needs_reason(staff_actor: MakeActor, reason: str) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row, into = await found(commander), await found(commander, "MAU-02")
    before = await untouched()
    for attempt in (
        groups.pause(row.id, expected_version=1, on=DAY, reason=reason, by=commander),
        groups.dissolve(row.id, expected_version=1, on=DAY, reason=reason, by=commander),
        groups.merge(row.id, expected_version=1, into=into.id, on=DAY, reason=reason, by=commander),
        groups.remove(row.id, expected_version=1, reason=reason, by=commander),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await attempt
        assert set(wrong.value.problems) == {"reason"}
    assert await untouched() == before


async def test_removed_group_is_hidden_until_restored(
    staff_actor: MakeActor,
) -> None:
    commander, officer = await staff_actor(Role.COMMANDER), await staff_actor(Role.OFFICER, "29905")
    row = await found(officer)
    with pytest.raises(PermissionDenied):
        await groups.remove(row.id, expected_version=1, reason=WHY, by=officer)
    row = await groups.remove(row.id, expected_version=1, reason=WHY, by=commander)
    assert row.deleted_at is not None
    assert await groups.visible_to(commander).count() == 0
    assert await groups.visible_to(commander, removed=True).count() == 1
    assert await cells.matches_rows()
    for gone in (
        groups.edit(row.id, await draft(name="Khác"), expected_version=2, by=officer),
        groups.pause(row.id, expected_version=2, on=DAY, reason=WHY, by=officer),
        groups.remove(row.id, expected_version=2, reason=WHY, by=commander),
        members.of_group(officer, row.id),
    ):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(Conflict):
        await groups.restore(row.id, expected_version=1, by=commander)
    row = await groups.restore(row.id, expected_version=2, by=commander)
    assert (row.deleted_at, row.version) == (None, 3)
    assert await groups.visible_to(officer).count() == 1
    with pytest.raises(NotFound):
        await groups.restore(row.id, expected_version=3, by=commander)
    assert await cells.matches_rows()
