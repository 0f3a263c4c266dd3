"""The job of a webhook: its deliveries are made and sent, one after the other, without a lock meanwhile.

Where a worker dies, another goes on with the same deliveries under the same ids.
"""

from typing import Final
from uuid import UUID

from records.changes import jobs
from records.changes.jobs import Kind, Lease
from records.core.dates import now
from records.database.fetch import fetch
from records.delivery.feed import HORIZON
from records.delivery.webhooks import endpoints, payloads, results, signing
from records.delivery.webhooks.requests import NotSent, post
from records.tables import OutboxEvent, Webhook, WebhookDelivery

JOB: Final = "webhook"

# So many receivers are served at a time: one that is slow holds up none but itself.
_AT_ONCE: Final = 16
# So many deliveries in a row, then another receiver has its turn.
_IN_A_ROW: Final = 50

# For so many seconds after its job is done a webhook is left alone.
_REST: Final = 1
_DUE: Final = f"""
SELECT w.id FROM webhooks w JOIN partners p ON p.id = w.partner_id AND p.active AND p.deleted_at IS NULL
WHERE w.state = 'ACTIVE' AND w.deleted_at IS NULL
  AND NOT EXISTS (
    SELECT FROM jobs j WHERE j.key = 'webhook:' || w.id
      AND (j.state IN ('WAITING', 'RUNNING') OR j.finished_at > now() - interval '{_REST} seconds'))
  AND (EXISTS (SELECT FROM webhook_deliveries d
               WHERE d.webhook_id = w.id AND d.state = 'WAITING' AND d.due_at <= now())
    OR EXISTS (SELECT FROM outbox_events e WHERE (e.txid, e.seq) > (w.txid, w.seq) AND e.txid < {HORIZON}))"""
_NEXT: Final = """
SELECT d.id FROM webhook_deliveries d LEFT JOIN outbox_events e ON e.seq = d.event_id
  JOIN webhooks w ON w.id = d.webhook_id AND w.state = 'ACTIVE' AND w.deleted_at IS NULL
  JOIN partners p ON p.id = w.partner_id AND p.active AND p.deleted_at IS NULL
WHERE d.webhook_id = $1 AND d.state = 'WAITING' AND d.due_at <= now()
ORDER BY e.txid NULLS FIRST, e.seq, d.id LIMIT 1"""


async def enqueue_due() -> None:
    """Enqueues a job for each webhook that has something to send and no job yet."""
    for row in await fetch(_DUE, []):
        await jobs.enqueue_once(JOB, {"webhook": str(row["id"])}, key=endpoints.job_key(row["id"]))


async def serve(lease: Lease) -> None:
    """Makes and sends the deliveries of the webhook that the job names. Raises `LeaseLost`."""
    webhook_id = UUID(lease.job.arguments["webhook"])
    await payloads.make(webhook_id, lease)
    for sent in range(_IN_A_ROW):
        await lease.report(sent)
        row = await _next(webhook_id)
        if row is None:
            return
        rest = await _attempt(row, lease)
        if rest is not None:
            await lease.postpone(rest)
            return
    await lease.postpone(0)


KIND: Final = Kind(serve, at_once=_AT_ONCE, find=enqueue_due)


async def _next(webhook_id: UUID) -> WebhookDelivery | None:
    """The delivery whose turn it is."""
    rows = await fetch(_NEXT, [webhook_id])
    return await WebhookDelivery.get(id=rows[0]["id"]) if rows else None


async def _attempt(row: WebhookDelivery, lease: Lease) -> float | None:
    """Sends a delivery, if the partner may have it: None, or for how many seconds to rest after a failure."""
    to = await Webhook.get(id=row.webhook_id)
    by = await payloads.receiver(to)
    if by is None:
        # Deactivated just now: the next run finds nothing to send and ends.
        return _REST
    event = await OutboxEvent.get(seq=row.event_id) if row.event_id is not None else None
    body = await payloads.body(to, event, by)
    if body is None:
        await results.withhold(row)
        return None
    headers = signing.headers(f"msg_{row.id.hex}", now(), body, await signing.secrets_of(to.id))
    headers |= {"Content-Type": "application/json", "User-Agent": "Ketnoi-Webhooks"}
    try:
        answer = await post(to.address, body, headers)
    except NotSent as error:
        return await results.note(row, error.problem, lease)
    return await results.note(row, answer, lease)
