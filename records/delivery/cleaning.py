"""Removal of rows whose retention is over, in batches that lock little."""

from datetime import timedelta
from typing import Final

from tortoise.connection import get_connection

from records.access import partners
from records.changes import idempotency
from records.core.actor import system_actor
from records.delivery import exports, feed, webhooks
from records.privacy import retention
from records.security import throttling

EVERY: Final = 300
"""In seconds."""
JOB_RETENTION: Final = timedelta(days=7)

_BATCH: Final = 1000
# By table: which rows are over, and for how long they are kept then.
_OVER: Final[dict[str, tuple[str, timedelta]]] = {
    "access_tokens": ("expires_at < now() - $1::interval", timedelta()),
    "challenges": ("expires_at < now() - $1::interval", timedelta()),
    "idempotency_keys": ("created_at < now() - $1::interval", idempotency.RETENTION),
    "jobs": (
        "finished_at < now() - $1::interval AND NOT EXISTS (SELECT FROM exports e WHERE e.job_id = jobs.id)",
        JOB_RETENTION,
    ),
    "partner_deprecations": ("day < (now() - $1::interval)::date", timedelta(days=partners.DAYS + 1)),
    "partner_usage": ("day < (now() - $1::interval)::date", timedelta(days=partners.DAYS + 1)),
    "throttles": ("since < now() - $1::interval", throttling.FORGOTTEN),
    "used_assertions": ("expires_at < now() - $1::interval", timedelta()),
    "webhook_deliveries": (
        "state <> 'WAITING' AND created_at < now() - $1::interval",
        timedelta(days=webhooks.RETENTION_DAYS),
    ),
}
_REMOVE: Final = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {over} LIMIT {most}))"""


async def clean() -> int:
    """Removes whatever is over; gives how many rows that were."""
    removed = await exports.clear()
    for table, (over, lifetime) in _OVER.items():
        statement = _REMOVE.format(table=table, over=over, most=_BATCH)
        while batch := (await get_connection("default").execute_query(statement, [lifetime]))[0]:
            removed += batch
    while batch := await feed.remove_old(_BATCH):
        removed += batch
    while batch := await retention.remove_sessions(_BATCH, by=system_actor("cleaning")):
        removed += batch
    return removed
