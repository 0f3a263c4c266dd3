"""The work that every process does for webhooks: each takes those that no other holds.

Who holds a webhook makes and sends its deliveries, one after the other, and no row is locked meanwhile. Where
a process dies, another goes on when the lease is over, with the same deliveries under the same ids.
"""

import asyncio
from typing import Final
from uuid import UUID, uuid4

from tortoise.connection import get_connection

from records.core import events
from records.core.days import now
from records.core.errors import Unavailable
from records.database.fetch import fetch
from records.delivery.feed import HORIZON
from records.delivery.webhooks import payloads, results, signing
from records.delivery.webhooks.requests import NotSent, post
from records.tables import OutboxEvent, Webhook, WebhookDelivery

# So many receivers are served at a time: one that is slow holds up none but itself.
_AT_ONCE: Final = 16
# So many deliveries in a row, then another receiver has its turn.
_IN_A_ROW: Final = 50
_LOOK_EVERY: Final = 1.0
# Four times as long as an attempt takes at most.
LEASE_SECONDS: Final = 60

# The database's clock alone counts: those of several machines differ.
_CLAIM: Final = f"""
WITH next AS (
  SELECT w.id FROM webhooks w JOIN partners p ON p.id = w.partner_id AND p.active AND p.deleted_at IS NULL
  WHERE w.state = 'ACTIVE' AND w.deleted_at IS NULL AND w.due_at <= now()
    AND (EXISTS (SELECT FROM webhook_deliveries d
                 WHERE d.webhook_id = w.id AND d.state = 'WAITING' AND d.due_at <= now())
      OR EXISTS (SELECT FROM outbox_events e WHERE (e.txid, e.seq) > (w.txid, w.seq) AND e.txid < {HORIZON}))
  ORDER BY w.due_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
UPDATE webhooks w SET lease = $1, due_at = now() + make_interval(secs => $2)
FROM next WHERE w.id = next.id RETURNING w.id"""
_KEEP: Final = """
UPDATE webhooks SET due_at = now() + make_interval(secs => $3)
WHERE id = $1 AND lease = $2 AND state = 'ACTIVE' AND deleted_at IS NULL"""
_NEXT: Final = """
SELECT d.id FROM webhook_deliveries d LEFT JOIN outbox_events e ON e.seq = d.event_id
WHERE d.webhook_id = $1 AND d.state = 'WAITING' AND d.due_at <= now()
ORDER BY e.txid NULLS FIRST, e.seq, d.id LIMIT 1"""
_RELEASE: Final = """
UPDATE webhooks SET lease = NULL, due_at = now() + make_interval(secs => $3) WHERE id = $1 AND lease = $2"""


async def work() -> None:
    """Serves webhooks until it is cancelled."""
    free = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as serving:
        while True:
            await free.acquire()
            lease = uuid4()
            webhook_id = await _noted(lease)
            if webhook_id is None:
                free.release()
                await asyncio.sleep(_LOOK_EVERY)
            else:
                serving.create_task(_served(webhook_id, lease)).add_done_callback(
                    lambda _task: free.release()
                )


async def serve_all() -> int:
    """Serves each webhook that has something to do, once; gives how many had."""
    served = 0
    while (webhook_id := await claim(lease := uuid4())) is not None:
        await serve(webhook_id, lease)
        served += 1
    return served


async def claim(lease: UUID) -> UUID | None:
    """A webhook that has something to do, held under `lease` from now on; None where there is none."""
    rows = await fetch(_CLAIM, [lease, LEASE_SECONDS])
    return rows[0]["id"] if rows else None


async def serve(webhook_id: UUID, lease: UUID) -> None:
    """Makes and sends the deliveries of a webhook that is held, and lets it go."""
    rest: float = _LOOK_EVERY
    try:
        await payloads.make(webhook_id, lease)
        for _ in range(_IN_A_ROW):
            row = await _next(webhook_id, lease)
            if row is None:
                break
            failed = await _attempt(row)
            if failed is not None:
                rest = failed
                break
        else:
            rest = 0
    except Exception:
        # A fault of ours is not repeated every second.
        rest = LEASE_SECONDS
        raise
    finally:
        await get_connection("default").execute_query(_RELEASE, [webhook_id, lease, rest])


async def _next(webhook_id: UUID, lease: UUID) -> WebhookDelivery | None:
    """The delivery whose turn it is, while this process still holds its webhook."""
    held, _rows = await get_connection("default").execute_query(_KEEP, [webhook_id, lease, LEASE_SECONDS])
    if not held:
        return None
    rows = await fetch(_NEXT, [webhook_id])
    return await WebhookDelivery.get(id=rows[0]["id"]) if rows else None


async def _attempt(row: WebhookDelivery) -> float | None:
    """Sends a delivery, if the partner may have it: None, or for how many seconds to rest after a failure."""
    to = await Webhook.get(id=row.webhook_id)
    by = await payloads.receiver(to)
    if by is None:
        return _LOOK_EVERY
    event = await OutboxEvent.get(seq=row.event_id) if row.event_id is not None else None
    body = await payloads.body(to, event, by)
    if body is None:
        await results.withhold(row)
        return None
    headers = signing.headers(f"msg_{row.id.hex}", now(), body, await signing.secrets_of(to.id))
    headers |= {"Content-Type": "application/json", "User-Agent": "Ketnoi-Webhooks"}
    try:
        answer = await post(to.address, body, headers)
    except NotSent as no:
        return await results.note(row, no.problem)
    return await results.note(row, answer)


async def _noted(lease: UUID) -> UUID | None:
    try:
        return await claim(lease)
    except Unavailable:
        return None
    except Exception as error:  # noqa: BLE001 - the next look may work
        events.unexpected(error)
        return None


async def _served(webhook_id: UUID, lease: UUID) -> None:
    try:
        await serve(webhook_id, lease)
    except Unavailable:
        # The lease ends by itself.
        pass
    except Exception as error:  # noqa: BLE001 - the lease ends by itself, and others go on
        events.unexpected(error)
