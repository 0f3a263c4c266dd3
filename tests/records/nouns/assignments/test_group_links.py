"""Links between online groups and self-governing ones, from one day to another."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import groups
from records.nouns.assignments import group_links
from records.tables import AuditEntry, GroupLink
from tests.nouns.activities import group
from tests.nouns.group_links import online_group

pytestmark = pytest.mark.usefixtures("database")
MakeActor = Callable[..., Awaitable[Actor]]
ON = date(2025, 8, 1)
BY = system_actor("test")


async def test_link_is_same_from_either_end() -> None:
    pairs = [(await group(), await online_group()), (await group(), await online_group())]
    rows = [
        await group_links.link(pairs[0][0].id, group=pairs[0][1].id, on=ON, by=BY),
        await group_links.link(pairs[1][1].id, group=pairs[1][0].id, on=ON, by=BY),
    ]
    assert [(row.group_id, row.online_id) for row in rows] == [(one.id, other.id) for one, other in pairs]
    for row in rows:
        for end in (row.group_id, row.online_id):
            assert await group_links.of_group(end, by=BY) == [row]
        assert await AuditEntry.filter(row_id=row.id, area_id=pairs[0][0].area_id).count() == 1


async def test_link_is_refused_between_groups_of_one_kind() -> None:
    for make in (group, online_group):
        one, other = await make(), await make()
        with pytest.raises(ValidationFailed) as wrong:
            await group_links.link(one.id, group=other.id, on=ON, by=BY)
        assert set(wrong.value.problems) == {"group"}
        with pytest.raises(ValidationFailed):
            await group_links.link(one.id, group=one.id, on=ON, by=BY)


async def test_groups_are_linked_once_when_linked_twice_at_once() -> None:
    one, other = await group(), await online_group()
    results = await asyncio.gather(
        group_links.link(one.id, group=other.id, on=ON, by=BY),
        group_links.link(other.id, group=one.id, on=ON, by=BY),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["GroupLink", "ValidationFailed"]
    (refusal,) = (result for result in results if isinstance(result, ValidationFailed))
    assert set(refusal.problems) == {"group"}


async def test_groups_are_linked_anew_when_link_has_ended() -> None:
    one, other = await group(), await online_group()
    row = await group_links.link(one.id, group=other.id, on=ON, by=BY)
    with pytest.raises(ValidationFailed):
        await group_links.unlink(row.id, expected_version=1, on=ON - timedelta(days=1), by=BY)
    row = await group_links.unlink(row.id, expected_version=1, on=today(), by=BY)
    with pytest.raises(Conflict):
        await group_links.unlink(row.id, expected_version=row.version, on=today(), by=BY)
    await group_links.link(one.id, group=other.id, on=today(), by=BY)
    assert await GroupLink.all().count() == 2


async def test_link_is_refused_when_day_does_not_fit() -> None:
    one, other = await group(founded_on=ON), await online_group()
    for on in (ON - timedelta(days=1), today() + timedelta(days=1)):
        with pytest.raises(ValidationFailed) as wrong:
            await group_links.link(one.id, group=other.id, on=on, by=BY)
        assert set(wrong.value.problems) == {"on"}


async def test_ended_group_takes_no_link() -> None:
    one, other = await group(), await online_group()
    await groups.dissolve(one.id, expected_version=1, on=today(), reason="Hết hộ", by=BY)
    with pytest.raises(Conflict):
        await group_links.link(other.id, group=one.id, on=today(), by=BY)


async def test_link_is_hidden_when_one_end_lies_elsewhere(staff_actor: MakeActor) -> None:
    here, both = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.FRONT, "29905", "30244")
    one, other = await group(), await online_group("30244")
    with pytest.raises(NotFound):
        await group_links.link(one.id, group=other.id, on=ON, by=here)
    row = await group_links.link(one.id, group=other.id, on=ON, by=both)
    assert await group_links.of_group(one.id, by=here) == []
    with pytest.raises(NotFound):
        await group_links.unlink(row.id, expected_version=1, on=today(), by=here)
