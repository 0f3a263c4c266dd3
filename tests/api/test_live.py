"""Subscriptions: what is told, in which order, and where one goes on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from records import tips
from records.core.actor import Actor, Role
from tests.api.streaming import opened, streamed
from tests.api.test_changes import tip

MakeKey = Callable[..., Awaitable[str]]


@pytest.fixture
async def officer(staff_actor: Callable[..., Awaitable[Actor]]) -> Actor:
    """A commander in both provinces."""
    return await staff_actor(Role.COMMANDER, "82", "01")


def told(feed: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(change["action"], change["record"]["code"]) for change in feed["changes"]]


async def test_a_socket_tells_how_things_stand_and_then_each_change(
    served: str, partner_key: MakeKey, officer: Actor
) -> None:
    first = await tip(officer)
    async with opened(served, await partner_key()) as socket:
        await socket.subscribe()
        assert told(await socket.feed()) == [(None, first.code)]
        second = await tip(officer)
        assert told(await socket.feed()) == [("tips.submit", second.code)]
        await tips.start_verifying(first.id, seen=1, by=officer)
        assert told(await socket.feed()) == [("tips.verify", first.code)]
