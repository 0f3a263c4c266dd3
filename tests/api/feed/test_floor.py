"""Cursors of the feed once old events were removed: nobody reads on across a gap."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from records.core.actor import Actor
from records.delivery import feed
from records.tables import OutboxEvent, OutboxFloor
from tests.api.feed.support import FEED, Subscriber, tip
from tests.api.support import Ask, error

StaffActor = Callable[..., Awaitable[Actor]]


@pytest.fixture
def all_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "RETENTION", timedelta())


@pytest.mark.parametrize("first", [1, 50])
async def test_cursor_is_stale_when_events_after_it_are_gone(
    ask: Ask, staff_actor: StaffActor, all_is_old: None, first: int
) -> None:
    officer = await staff_actor()
    await tip(officer)
    # A page of one record is in the midst of how things stand, one of fifty has begun with the changes.
    follower = Subscriber(ask, types=["TIP"])
    await follower.page(first)
    await tip(officer)
    await tip(officer)
    assert await feed.remove_old(1000) > 0
    refused = error(await ask(FEED, after=follower.after, types=["TIP"]))
    assert refused["extensions"]["code"] == "STALE_CURSOR"
    assert "older than the changes that are kept" in refused["message"]


async def test_cursor_reads_on_when_only_told_events_are_gone(
    ask: Ask, staff_actor: StaffActor, all_is_old: None
) -> None:
    officer = await staff_actor()
    follower = Subscriber(ask, types=["TIP"])
    await tip(officer)
    await follower.catch_up()
    await feed.remove_old(1000)
    assert not await OutboxEvent.exists()
    await tip(officer)
    await follower.catch_up()
    assert len(follower.copy) == 2


async def test_cursor_is_stale_when_a_part_of_the_events_is_gone(
    ask: Ask, staff_actor: StaffActor, all_is_old: None
) -> None:
    officer = await staff_actor()
    follower = Subscriber(ask, types=["TIP"])
    await follower.catch_up()
    before = await OutboxEvent.all().count()
    for _ in range(3):
        await tip(officer)
    await feed.remove_old(before + 1)
    assert await OutboxEvent.exists()
    refused = error(await ask(FEED, after=follower.after, types=["TIP"]))
    assert refused["extensions"]["code"] == "STALE_CURSOR"


async def test_cursor_reads_on_when_the_floor_is_of_another_server(ask: Ask, staff_actor: StaffActor) -> None:
    officer = await staff_actor()
    await OutboxFloor.create(id=1, txid=2**62)
    follower = Subscriber(ask, types=["TIP"])
    await follower.catch_up()
    await tip(officer)
    await follower.catch_up()
    assert len(follower.copy) == 1
