"""The deliveries of a webhook, as administrators see them and have them sent again."""

from typing import Final
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.queryset import QuerySet

from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.errors import Conflict, NotFound
from records.core.language import gettext_noop as _
from records.delivery.webhooks import endpoints
from records.tables import Webhook, WebhookDelivery
from records.tables.delivery import WebhookState

_AGAIN: Final = (
    "UPDATE webhook_deliveries SET state = 'WAITING', attempts = 0, due_at = now()"
    " WHERE id = $1 AND state <> 'WAITING'"
)


async def deliveries_of(actor: Actor, webhook_id: UUID) -> QuerySet[WebhookDelivery]:
    """The deliveries of a webhook. Raises `PermissionDenied` or `NotFound`."""
    await endpoints.webhook(actor, webhook_id)
    return WebhookDelivery.filter(webhook_id=webhook_id)


async def delivery(actor: Actor, delivery_id: UUID) -> tuple[WebhookDelivery, Webhook]:
    """A delivery and its webhook. Raises `PermissionDenied` or `NotFound`."""
    row = await WebhookDelivery.get_or_none(
        id=delivery_id, webhook_id__in=await endpoints.visible_to(actor).values_list("id", flat=True)
    )
    if row is None:
        raise NotFound("There is no such delivery.")
    return row, await Webhook.get(id=row.webhook_id)


async def send_again(delivery_id: UUID, *, by: Actor) -> None:
    """Sends a delivery once more, under the id that it had.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with transaction():
        row, to = await delivery(by, delivery_id)
        _check_active(to)
        await get_connection("default").execute_query(_AGAIN, [row.id])
        await endpoints.mention(to.id, "sent again", {"sent_again": str(row.id)}, by=by)


async def send_test(webhook_id: UUID, *, by: Actor) -> None:
    """Sends something that tells of no record. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    async with transaction():
        to, _partner = await endpoints.webhook(by, webhook_id)
        _check_active(to)
        await WebhookDelivery.create(webhook_id=to.id, due_at=now())
        await endpoints.mention(to.id, "tested", {"tested": True}, by=by)


def _check_active(to: Webhook) -> None:
    if to.state is not WebhookState.ACTIVE:
        raise Conflict(_("This webhook is paused. Resume it first."))
