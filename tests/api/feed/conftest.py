"""What the tests of the change feed share."""

from collections.abc import Awaitable, Callable

import pytest

from records.core.actor import Actor, Role


@pytest.fixture
async def officer(staff_actor: Callable[..., Awaitable[Actor]]) -> Actor:
    """A commander in both provinces."""
    return await staff_actor(Role.COMMANDER, "82", "01")
