"""Appending committed entries to the chain: one process at a time, and no writer ever waits for it."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from tortoise.transactions import in_transaction

from records.audit.chain import ENTRY_COLUMNS, Purpose, audit_key, chain_hmac, is_signed
from records.audit.last_link import InvalidLinkError, last_link
from records.core import events
from records.core.events import Event
from records.database.fetch import Row, fetch
from records.security.sealing import keyring

_BATCH: Final = 500
# Any fixed number: the key of the advisory lock under which entries are linked.
_LOCK: Final = 0x6175646974

# The plan depends on how far the linker has come, so none is kept.
_BEGIN: Final = """
SELECT set_config('plan_cache_mode', 'force_custom_plan', TRUE), pg_try_advisory_xact_lock($1) AS held,
  pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest"""
# A visible row of a transaction that has not begun yet comes from a server of before a restore.
_COMMITTED: Final = f"""
SELECT {ENTRY_COLUMNS} FROM audit_entries e
WHERE (e.txid, e.seq) > ($1, $2)
  AND (e.txid < $3 OR ($4 AND e.txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint))
  AND NOT EXISTS (SELECT FROM audit_links l WHERE l.entry = e.seq)
ORDER BY e.txid, e.seq LIMIT {_BATCH}"""
_APPEND: Final = """
INSERT INTO audit_links (position, entry, chain)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])"""


class ChainWriter:
    """Appends committed entries to the chain; remembers how far it has looked."""

    def __init__(self) -> None:
        # Every entry of an older transaction is in the chain or was refused.
        self._below = 0

    async def append_pending(self) -> int:
        """Appends the entries below the oldest running writer to the chain; returns how many.

        None are while another process links, or where the last link is not right.
        """
        linked, position, oldest = 0, (-1, -1), 0
        while True:
            async with in_transaction("default") as connection:
                (begun,) = await fetch(_BEGIN, [_LOCK])
                if not begun["held"]:
                    return linked
                if position == (-1, -1):
                    oldest = begun["oldest"]
                    # Transaction numbers only grow: smaller ones are those of another server.
                    self._below = self._below if self._below <= oldest else 0
                    position = (self._below, -1)
                rows = await fetch(_COMMITTED, [*position, oldest, self._below == 0])
                try:
                    links = await self._links(rows)
                except InvalidLinkError:
                    return linked
                await connection.execute_query(_APPEND, [list(column) for column in links])
            linked += len(links[0])
            if len(rows) < _BATCH:
                self._below = oldest
                return linked
            position = (rows[-1]["txid"], rows[-1]["seq"])

    async def _links(self, rows: Sequence[Row]) -> tuple[list[int], list[int], list[bytes]]:
        """Positions, entries and chains to append, of rows with their MAC. Raises `InvalidLinkError`."""
        if not rows:
            return [], [], []
        position, chain = await last_link()
        # In a thread: the service answers meanwhile.
        links = await asyncio.to_thread(lambda: list(_chained(position, chain, rows)))
        if len(links) < len(rows):
            events.log(Event.AUDIT_FORGED, entries=str(len(rows) - len(links)))
        return [p for p, _, _ in links], [entry for _, entry, _ in links], [c for _, _, c in links]


def _chained(position: int, chain: bytes, rows: Sequence[Row]) -> Iterator[tuple[int, int, bytes]]:
    """Position, entry and chain of each signed row, after `position`, whose chain is `chain`."""
    entry_key, link_key = audit_key(keyring(), Purpose.ENTRY), audit_key(keyring(), Purpose.LINK)
    for row in rows:
        # What bears no MAC of ours was put in by somebody else: it stays out, and `verify` names it.
        if is_signed(entry_key, row):
            position += 1
            chain = chain_hmac(link_key, chain, position, row["mac"])
            yield position, row["seq"], chain
