"""Tips that are merged into each other at the same time: whatever the order, one of them stays."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, DomainError, ValidationFailed
from records.metrics import cells
from records.metrics.catalogue import category_id
from records.nouns import groups, tips
from records.nouns.tips import TipDraft
from records.tables import AuditEntry, Group, OutboxEvent, Tip
from records.tables.groups import GroupKind, GroupStatus
from records.tables.tips import Channel, TipEventKind, TipStatus
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


async def submitted(by: Actor, count: int, *, area: str = "29905") -> list[Tip]:
    (area_id,) = await area_ids(area)
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, area_id)
    return [await tips.submit(draft, by=by) for _ in range(count)]


async def merge_all(pairs: list[tuple[UUID, UUID]], by: Actor) -> list[Any]:
    """What became of each merge, all begun at once; fails on anything but an expected "no"."""
    merges = [tips.merge(tip, expected_version=1, into=into, by=by) for tip, into in pairs]
    results = await asyncio.gather(*merges, return_exceptions=True)
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)] == []
    return results


async def no_duplicate_of_a_duplicate() -> bool:
    return not await Tip.filter(duplicate_of__status=TipStatus.DUPLICATE).exists()


@pytest.mark.parametrize("size", [2, 8])
async def test_merge_leaves_original_when_run_in_ring(staff_actor: MakeActor, size: int) -> None:
    officer, chance = await staff_actor(Role.OFFICER, "29905"), Random(size)  # noqa: S311 - an order to repeat
    for _ in range(12):
        ids = [tip.id for tip in await submitted(officer, size)]
        ring = [(tip, ids[index - 1]) for index, tip in enumerate(ids)]
        chance.shuffle(ring)
        await merge_all(ring, officer)
        statuses = [tip.status for tip in await Tip.filter(id__in=ids)]
        assert 1 <= statuses.count(TipStatus.RECEIVED) < size
        assert await no_duplicate_of_a_duplicate()
    assert await cells.matches_rows()


async def test_merge_keeps_rule_when_pairs_are_random(staff_actor: MakeActor) -> None:
    officer, chance = await staff_actor(Role.OFFICER, "29905"), Random(11)  # noqa: S311 - pairs to repeat
    for _ in range(6):
        ids = [tip.id for tip in await submitted(officer, 5)]
        await merge_all([(chance.choice(ids), chance.choice(ids)) for _ in range(8)], officer)
        assert await no_duplicate_of_a_duplicate()


async def test_merge_takes_duplicates_along_when_merged_on(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER), await staff_actor(Role.OFFICER, "29905")
    (elsewhere,) = await submitted(commander, 1, area="30244")
    first, last = await submitted(officer, 2)
    await tips.merge(elsewhere.id, expected_version=1, into=first.id, by=commander)
    await tips.merge(first.id, expected_version=1, into=last.id, by=officer)
    moved = await Tip.get(id=elsewhere.id)
    assert (moved.duplicate_of_id, moved.status, moved.version) == (last.id, TipStatus.DUPLICATE, 3)
    story = await tips.events(commander, elsewhere.id)
    assert [(event.kind, event.note) for event in story[-2:]] == [
        (TipEventKind.MERGED, first.code),
        (TipEventKind.MERGED, last.code),
    ]
    audit = await AuditEntry.filter(row_id=elsewhere.id).order_by("-at").first()
    assert audit is not None
    assert audit.after == {"duplicate_of_id": str(last.id)}
    assert await OutboxEvent.filter(row_id=elsewhere.id).count() == 3
    assert await cells.matches_rows()


async def test_merge_names_original_when_target_is_duplicate(staff_actor: MakeActor) -> None:
    commander, officer = await staff_actor(Role.COMMANDER), await staff_actor(Role.OFFICER, "29905")
    original, duplicate, tip = await submitted(officer, 3)
    await tips.merge(duplicate.id, expected_version=1, into=original.id, by=officer)
    with pytest.raises(ValidationFailed) as refused:
        await tips.merge(tip.id, expected_version=1, into=duplicate.id, by=officer)
    assert refused.value.problems["into"].values == {"code": original.code}
    with pytest.raises(ValidationFailed) as refused:
        await tips.merge(original.id, expected_version=1, into=duplicate.id, by=officer)
    assert refused.value.problems["into"].values == {}
    (elsewhere,) = await submitted(commander, 1, area="30244")
    await tips.merge(original.id, expected_version=1, into=elsewhere.id, by=commander)
    with pytest.raises(ValidationFailed) as refused:
        await tips.merge(tip.id, expected_version=1, into=duplicate.id, by=officer)
    assert refused.value.problems["into"].values == {}


async def test_database_refuses_duplicate_of_duplicate(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    original, duplicate, tip = await submitted(officer, 3)
    await tips.merge(duplicate.id, expected_version=1, into=original.id, by=officer)
    connection = get_connection("default")
    mark = "UPDATE tips SET status = 'DUPLICATE', closed_at = now(), duplicate_of_id = $2 WHERE id = $1"
    with pytest.raises(IntegrityError, match="tips_duplicate_of_original_fkey"):
        await connection.execute_query(mark, [tip.id, duplicate.id])
    with pytest.raises(IntegrityError, match="tips_duplicate_of_original_fkey"):
        await connection.execute_query(mark, [original.id, tip.id])


async def test_groups_keep_active_one_when_merged_in_ring(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    (area_id,) = await area_ids("29905")
    for round_ in range(6):
        made = [
            await groups.create(
                groups.GroupDraft(f"M-{round_}-{n}", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id),
                by=commander,
            )
            for n in range(4)
        ]
        merges = [
            groups.merge(
                row.id, expected_version=1, into=made[n - 1].id, on=today(), reason="Mẫu", by=commander
            )
            for n, row in enumerate(made)
        ]
        results = await asyncio.gather(*merges, return_exceptions=True)
        assert all(isinstance(one, Group | ValidationFailed | Conflict) for one in results)
        left = await Group.filter(id__in=[row.id for row in made], status=GroupStatus.ACTIVE).count()
        assert left >= 1
