"""Notifications of the outbox: whatever goes wrong, it listens again."""

import asyncio

import pytest

from records.database.notifications import OutboxNotifications
from tests.outage.test_log import told


async def test_listener_continues_when_error_is_unexpected(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    separator = "&" if "?" in database else "?"
    listening = asyncio.create_task(
        OutboxNotifications().listen(f"{database}{separator}sslmode=no-such-mode")
    )
    # It tries again after a second, so that it is told twice.
    async with asyncio.timeout(20):
        while len(told(caplog)) < 2:
            await asyncio.wait([listening], timeout=0.01)
            assert not listening.done()
    listening.cancel()
    assert [(line["event"], line["kind"]) for line in told(caplog)] == [
        ("fault", "asyncpg.exceptions._base.ClientConfigurationError")
    ] * 2
