"""Notifications of the outbox: every process hears when one of them has written events (LISTEN and NOTIFY).

It says only that it is worth looking. What happened is in the outbox: a notification that is lost costs
time, never an event, and whoever waits for one also polls.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from records.core import events
from records.core.errors import DatabaseUnavailable
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import connect

CHANNEL: Final = "ketnoi_outbox"
APPLICATION_NAME: Final = "ketnoi notifications"

_RECONNECT_SECONDS: Final = 1
_KEEPALIVE_SECONDS: Final = 15
_TIMEOUT_SECONDS: Final = 10


class OutboxNotifications:
    """Wakes all who wait in this process; one connection listens for them."""

    def __init__(self) -> None:
        # The newest transaction that notified; a replica may not know of it yet.
        self.last_txid = 0
        self._next = asyncio.Event()

    def next_notification(self) -> asyncio.Event:
        """Set by the next notification. Take it before you read, so that none is missed meanwhile."""
        return self._next

    def notify(self, txid: int = 0) -> None:
        """Wakes everybody."""
        self.last_txid = max(self.last_txid, txid)
        event, self._next = self._next, asyncio.Event()
        event.set()

    async def listen(self, url: str) -> None:
        """Receives the notifications of the database at `url` for ever, and reconnects when it has to."""
        while True:
            try:
                await self._listen(url)
            except DatabaseUnavailable:
                # It is logged where it arose.
                pass
            except Exception as error:  # noqa: BLE001 - whoever follows changes depends on this loop
                events.log_exception(error)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, url: str) -> None:
        """Receives them until the connection is lost, which it raises."""
        arguments = connection_arguments(url, DatabaseRole.APP)
        arguments["server_settings"]["application_name"] = APPLICATION_NAME
        connection = await connect(**arguments)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, self._receive)
            # Nobody knows what was missed while there was no connection.
            self.notify()
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _KEEPALIVE_SECONDS)
                # A connection that a network dropped in silence shows only when it is used.
                await connection.execute("SELECT 1", timeout=_TIMEOUT_SECONDS)
        finally:
            connection.terminate()

    def _receive(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self.notify(int(payload))
