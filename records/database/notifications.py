"""The bell of the outbox: it rings in every process when one of them has written events (LISTEN and NOTIFY).

It says only that it is worth looking. What happened stands in the outbox: a ring that is lost costs time,
never an event, and whoever waits for one looks now and then without it.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from records.core import events
from records.core.errors import Unavailable
from records.database.connect import DatabaseRole, credentials
from records.database.connection import connect

CHANNEL: Final = "ketnoi_outbox"
NAME: Final = "ketnoi bell"

_AGAIN_SECONDS: Final = 1
_ALIVE_SECONDS: Final = 15
_PATIENCE_SECONDS: Final = 10


class Bell:
    """Heard by all who wait in this process, over one connection."""

    def __init__(self) -> None:
        # The newest transaction that rang; a replica may not know of it yet.
        self.heard = 0
        self._rung = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Set by the next ring. Who takes it before they look misses none that comes while they do."""
        return self._rung

    def ring(self, txid: int = 0) -> None:
        """Wakes everybody."""
        self.heard = max(self.heard, txid)
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def listen(self, url: str) -> None:
        """Hears the rings of the database at `url`, for ever; a lost connection is opened again."""
        while True:
            try:
                await self._listen(url)
            except Unavailable:
                # It is logged where it arose.
                pass
            except Exception as error:  # noqa: BLE001 - whoever follows changes depends on this loop
                events.unexpected(error)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen(self, url: str) -> None:
        """Hears them until the connection is lost, which it raises."""
        given = credentials(url, DatabaseRole.APP)
        given["server_settings"]["application_name"] = NAME
        connection = await connect(**given)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, self._hear)
            # Nobody knows what rang while there was no connection.
            self.ring()
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _ALIVE_SECONDS)
                # A connection that a network dropped in silence shows only when it is used.
                await connection.execute("SELECT 1", timeout=_PATIENCE_SECONDS)
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self.ring(int(payload))
