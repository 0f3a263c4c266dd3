"""The outbox as partners follow it: what they may follow, and how one reads on without a gap.

Both the change feed of the API and the webhooks read it here. A writer's events come out only when no older
writer is still at work, so whoever goes on from a place never misses one that was written earlier and
committed later.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise.transactions import in_transaction

from records.database.fetch import Fetch, Row, fetch
from records.registry.nouns import NOUNS

# The oldest writer that is still at work, in the whole server.
HORIZON: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# No writer has this number yet.
_AHEAD: Final = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
RETENTION: Final = timedelta(days=31)
"""For how long events are kept: a day more than partners are promised."""

# A floor ahead of every writer is that of another server: numbers begin anew where a dump is restored.
_HORIZON: Final = f"""
SELECT {HORIZON} AS oldest, pg_is_in_recovery() AS replica,
  coalesce((SELECT txid FROM outbox_floor WHERE txid < {_AHEAD}), 0) AS floor"""
# Of the oldest events beyond the floor, up to which transaction all are old.
_OLD: Final = """
SELECT max(txid) AS txid FROM (
  SELECT txid, bool_and(at < now() - $2::interval) OVER (ORDER BY txid) AS old FROM (
    SELECT txid, at FROM outbox_events WHERE txid > $1 ORDER BY txid, seq LIMIT $3) AS oldest) AS judged
WHERE old"""
_RAISE: Final = """
INSERT INTO outbox_floor (id, txid) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET txid = excluded.txid"""
# What a webhook still has to tell stays for its deliveries.
_REMOVE: Final = """
DELETE FROM outbox_events WHERE seq = ANY(ARRAY(
  SELECT e.seq FROM outbox_events e WHERE e.txid <= $1
    AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.seq) LIMIT $2))"""

_EVENTS: Final = """
SELECT txid, seq, at, type, noun, row_id FROM outbox_events
WHERE (txid, seq) > ($1, $2) AND txid < $3 AND noun = ANY($4::text[])
  AND type <> ALL($6::text[])
  AND (noun = ANY($7::text[]) OR area_id = ANY($5::uuid[]) OR left_area_id = ANY($5::uuid[]))
ORDER BY txid, seq LIMIT {most:d}"""


FOLLOWED_NOUNS: Final = NOUNS.followed
_HIDDEN: Final = sorted(right.value for followed in FOLLOWED_NOUNS.values() for right in followed.hidden)


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """Read so far: every event up to this one."""

    txid: int
    seq: int

    @property
    def horizon(self) -> int:
        """The oldest writer that may have been at work then."""
        return self.txid


@dataclass(frozen=True, slots=True)
class Horizon:
    """The oldest writer that is still at work: what younger ones wrote is not to be read yet.

    A `replica` may not know of all writers yet. Events of transactions up to `floor` may be removed.
    """

    oldest: int
    replica: bool
    floor: int


async def horizon(fetch: Fetch) -> Horizon:
    """The horizon of the database that is read."""
    (row,) = await fetch(_HORIZON, [])
    return Horizon(row["oldest"], row["replica"], row["floor"])


async def read_changes(
    fetch: Fetch,
    position: FeedPosition,
    *,
    before_txid: int,
    nouns: Collection[str],
    areas: Collection[UUID] | None,
    limit: int,
) -> tuple[Sequence[Row], FeedPosition, bool]:
    """The events after `position` and below the horizon, the place behind them, and whether there are more.

    Those of `nouns` in `areas`, or that left them; but of what is seen everywhere, all.
    """
    everywhere = [noun for noun in nouns if not FOLLOWED_NOUNS[noun].scoped]
    values = [position.txid, position.seq, before_txid, list(nouns), areas, _HIDDEN, everywhere]
    rows = await fetch(_EVENTS.format(most=limit + 1), values)
    if len(rows) > limit:
        return rows[:limit], FeedPosition(rows[limit - 1]["txid"], rows[limit - 1]["seq"]), True
    # Everything older than the horizon was looked at, whether or not it was for this reader.
    return rows, max(position, FeedPosition(before_txid, -1)), False


async def remove_old(most: int) -> int:
    """Removes some of the events that are older than `RETENTION`, the oldest first; gives how many.

    The floor rises in the same transaction, so nobody reads on across a gap without learning of it.
    """
    async with in_transaction("default") as connection:
        floor = (await horizon(fetch)).floor
        (old,) = await fetch(_OLD, [floor, RETENTION, most])
        if old["txid"] is not None:
            floor = old["txid"]
            await connection.execute_query(_RAISE, [floor])
        removed, _rows = await connection.execute_query(_REMOVE, [floor, most])
    return removed
