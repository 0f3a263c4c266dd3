"""Payloads: deliveries are created from the events of the feed, and their bodies when they are sent."""

from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from tortoise.connection import get_connection

from records.access.partners.keys import refresh_actor
from records.areas.scope import actor_can_reach
from records.changes.jobs import Lease
from records.core.actor import Actor, Scope
from records.core.dates import now
from records.core.identifiers.ids import global_id, uuid7
from records.core.rights import Right, has_right
from records.database.fetch import fetch
from records.delivery import feed
from records.registry.nouns import NOUNS
from records.tables import AreaReach, OutboxEvent, Webhook, WebhookDelivery
from records.tables.delivery import DeliveryState, WebhookState

# So many wait at most. The others are safe where they are: in the feed, behind the webhook's place there.
MOST_WAITING: Final = 1000
_AT_ONCE: Final = 200

# Where it was told already, somebody wants it told again.
_ADD: Final = """
INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, attempts, created_at, due_at)
SELECT given.id, $1, given.event_id, 'WAITING', 0, now(), now()
FROM unnest($2::uuid[], $3::bigint[]) AS given (id, event_id)
ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = 'WAITING', attempts = 0, due_at = now()
WHERE webhook_deliveries.state <> 'WAITING'"""


async def make(webhook_id: UUID, lease: Lease) -> None:
    """Makes deliveries of what the feed holds beyond the webhook's place, and moves that on, in one go.

    Raises `LeaseLost`.
    """
    async with lease.storing():
        row = await Webhook.filter(id=webhook_id).select_for_update().first()
        if row is None or row.deleted_at or row.state is not WebhookState.ACTIVE:
            return
        by = await receiver(row)
        if by is None:
            return
        waiting = await WebhookDelivery.filter(webhook_id=row.id, state=DeliveryState.WAITING).count()
        if waiting >= MOST_WAITING:
            return
        reached = AreaReach.filter(ancestor_id__in=list(by.areas or ())).distinct()
        events, place, _more = await feed.read_changes(
            fetch,
            feed.FeedPosition(row.txid, row.seq),
            before_txid=(await feed.horizon(fetch)).oldest,
            nouns=[noun for noun in row.types if _may_follow(by, noun)],
            areas=[area["area_id"] for area in await reached.values("area_id")],
            limit=_AT_ONCE,
        )
        if events:
            ids = [uuid7() for _event in events]
            numbers = [event["seq"] for event in events]
            await get_connection("default").execute_query(_ADD, [row.id, ids, numbers])
        await Webhook.filter(id=row.id).update(txid=place.txid, seq=place.seq)


async def receiver(to: Webhook) -> Actor | None:
    """The partner of a webhook as the actor that it is now; None when it is deactivated."""
    return await refresh_actor(to.partner_id, set(Scope))


async def body(to: Webhook, event: OutboxEvent | None, by: Actor) -> bytes | None:
    """The payload of an event; None if the partner may not know of it now.

    Never what a record says: who is told asks for it, with a key, within its scopes and areas.
    """
    if event is None:
        return orjson.dumps({"type": "webhook.test", "timestamp": _iso(now()), "data": {}})
    if event.noun not in to.types or not _may_follow(by, event.noun):
        return None
    followed = feed.FOLLOWED_NOUNS[event.noun]
    areas = [area for area in (event.area_id, event.left_area_id) if area is not None]
    if followed.scoped and not any([await actor_can_reach(by, area) for area in areas]):
        return None
    there = await NOUNS[event.noun].visible_to(by).filter(id=event.row_id).exists()
    data = {
        "id": global_id(followed.type, event.row_id),
        "action": event.type,
        "gone": not there,
        "sequence": f"{event.txid:016x}{event.seq:016x}",
    }
    return orjson.dumps({"type": f"{event.noun}.changed", "timestamp": _iso(event.at), "data": data})


def _may_follow(by: Actor, noun: str) -> bool:
    return (
        noun in feed.FOLLOWED_NOUNS and has_right(by, Right.CHANGES_READ) and has_right(by, NOUNS[noun].right)
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
