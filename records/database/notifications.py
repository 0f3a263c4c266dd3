"""The bell of the outbox: it rings in every process when one of them has written events (LISTEN and NOTIFY).

It says only that it is worth looking. What happened stands in the outbox: a ring that is lost costs time,
never an event, and whoever waits for one looks now and then without it.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from records.core import events
from records.core.errors import DatabaseUnavailable
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import connect

CHANNEL: Final = "ketnoi_outbox"
APPLICATION_NAME: Final = "ketnoi bell"

_RECONNECT_SECONDS: Final = 1
_KEEPALIVE_SECONDS: Final = 15
_TIMEOUT_SECONDS: Final = 10


class OutboxNotifications:
    """Heard by all who wait in this process, over one connection."""

    def __init__(self) -> None:
        # The newest transaction that rang; a replica may not know of it yet.
        self.last_txid = 0
        self._rung = asyncio.Event()

    def next_notification(self) -> asyncio.Event:
        """Set by the next ring. Who takes it before they look misses none that comes while they do."""
        return self._rung

    def notify(self, txid: int = 0) -> None:
        """Wakes everybody."""
        self.last_txid = max(self.last_txid, txid)
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def listen(self, url: str) -> None:
        """Hears the rings of the database at `url`, for ever; a lost connection is opened again."""
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
        """Hears them until the connection is lost, which it raises."""
        arguments = connection_arguments(url, DatabaseRole.APP)
        arguments["server_settings"]["application_name"] = APPLICATION_NAME
        connection = await connect(**arguments)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, self._hear)
            # Nobody knows what rang while there was no connection.
            self.notify()
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _KEEPALIVE_SECONDS)
                # A connection that a network dropped in silence shows only when it is used.
                await connection.execute("SELECT 1", timeout=_TIMEOUT_SECONDS)
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self.notify(int(payload))
