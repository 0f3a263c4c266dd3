"""The webhooks that fail, whose they are, and why their last delivery failed."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.access import partners
from records.core.actor import Actor
from records.database.fetch import fetch
from records.delivery.webhooks.endpoints import visible_to
from records.tables import Partner, Webhook
from records.tables.delivery import DeliveryProblem, WebhookState

_FAILING: Final = Q(failing_since__isnull=False) | Q(state=WebhookState.FAILING)
_LAST_PROBLEMS: Final = """
SELECT w.id, d.problem, d.status FROM unnest($1::uuid[]) w (id) CROSS JOIN LATERAL (
    SELECT problem, status FROM webhook_deliveries
    WHERE webhook_id = w.id AND problem IS NOT NULL ORDER BY created_at DESC LIMIT 1) d"""


def failing(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks that fail or were stopped for that, the longest first. Raises `PermissionDenied`."""
    return visible_to(actor).filter(_FAILING).select_related("partner").order_by("failing_since", "id")


def with_failing_webhook(actor: Actor) -> QuerySet[Partner]:
    """The partners of which a webhook fails or was stopped for that. Raises `PermissionDenied`."""
    rows = Webhook.filter(_FAILING, deleted_at__isnull=True)
    return partners.visible_to(actor).filter(id__in=Subquery(rows.values("partner_id")))


async def last_problems(webhook_ids: Collection[UUID]) -> dict[UUID, tuple[DeliveryProblem, int | None]]:
    """Why the last delivery of each that failed did so, and the HTTP status that came back."""
    found = await fetch(_LAST_PROBLEMS, [list(webhook_ids)])
    return {row["id"]: (DeliveryProblem(row["problem"]), row["status"]) for row in found}
