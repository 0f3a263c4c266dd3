"""The webhooks of partners, as administrators keep them."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import F, Subquery
from tortoise.queryset import QuerySet

from records.access import partners
from records.access.partners.partner import load
from records.changes import jobs
from records.changes.unit_of_work import record_change, to_json_value, transaction
from records.core import events
from records.core.actor import Actor, Scope
from records.core.dates import now
from records.core.declarations.fields import Field
from records.core.errors import Conflict, NotFound, ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import SCOPE_RIGHTS, Right, check_right
from records.core.validation import Validator
from records.database.fetch import fetch
from records.delivery import feed
from records.delivery.webhooks import addresses, signing
from records.registry.nouns import NOUNS
from records.tables import Partner, Webhook, WebhookDelivery
from records.tables.delivery import DeliveryState, WebhookState

MOST: Final = 10
# For how long deliveries are kept once they are settled, and how far back they can be sent again.
RETENTION_DAYS: Final = 30

# Events carry the moment of their writing, and writers take a while to be done.
_MARGIN: Final = timedelta(minutes=1)
_BEFORE: Final = "SELECT txid, seq FROM outbox_events WHERE at < $1 ORDER BY txid DESC, seq DESC LIMIT 1"


@dataclass(frozen=True)
class WebhookDraft:
    """The values that an administrator enters for a webhook."""

    address: Annotated[str, Field(_("Address"), max_length=addresses.LENGTH)]
    types: Collection[str]
    description: Annotated[str, Field(_("Description"), max_length=200)] = ""


def job_key(webhook_id: UUID) -> str:
    """The key of the one job that serves a webhook."""
    return f"webhook:{webhook_id}"


def visible_to(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks of the partners that `actor` may manage. Raises `PermissionDenied`."""
    owners = partners.visible_to(actor).values("id")
    return Webhook.filter(deleted_at__isnull=True, partner_id__in=Subquery(owners))


async def webhook(actor: Actor, webhook_id: UUID) -> tuple[Webhook, Partner]:
    """A webhook and its partner. Raises `PermissionDenied` or `NotFound`."""
    row = await visible_to(actor).get_or_none(id=webhook_id)
    if row is None:
        raise NotFound("There is no such webhook.")
    return row, await Partner.get(id=row.partner_id)


def followable(partner: Partner) -> list[str]:
    """The nouns of which a partner may be told, by the scopes that it has."""
    rights = {right for scope in partner.scopes for right in SCOPE_RIGHTS[Scope(scope)]}
    if Right.CHANGES_READ not in rights:
        return []
    return [noun for noun in feed.FOLLOWED_NOUNS if NOUNS[noun].right in rights]


async def create(partner_id: UUID, draft: WebhookDraft, *, by: Actor) -> tuple[Webhook, str]:
    """A new webhook, which is told what changes from now on, and its secret, told this once.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    async with transaction():
        partner = await load(partner_id, by)
        values = _checked(draft, partner)
        if await Webhook.filter(partner_id=partner.id, deleted_at__isnull=True).count() >= MOST:
            raise ValidationFailed.of(
                "address", _("A partner has at most {most} webhooks."), ProblemCode.TOO_MANY, most=MOST
            )
        place = feed.FeedPosition((await feed.horizon(fetch)).oldest, -1)
        row = await Webhook.create(partner_id=partner.id, txid=place.txid, seq=place.seq, **values)
        secret = await signing.new_secret(row.id)
        await _tell(partner, row, "added", after=values, by=by)
        return row, secret


async def edit(webhook_id: UUID, draft: WebhookDraft, *, expected_version: int, by: Actor) -> Webhook:
    """The webhook, changed; what waits goes to where it leads now.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _locked(webhook_id, by) as (row, partner):
        values = _checked(draft, partner)
        return await _update(partner, row, "edited", expected_version=expected_version, by=by, **values)


async def pause(webhook_id: UUID, *, expected_version: int, by: Actor) -> Webhook:
    """Nothing is sent from now on; its place in the feed is kept.

    Raises `PermissionDenied`, `NotFound`, `Conflict`.
    """
    async with _locked(webhook_id, by) as (row, partner):
        return await _update(
            partner, row, "paused", expected_version=expected_version, by=by, state=WebhookState.PAUSED
        )


async def resume(webhook_id: UUID, *, expected_version: int, by: Actor) -> Webhook:
    """It goes on where it stood. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    async with _locked(webhook_id, by) as (row, partner):
        await _update(
            partner, row, "resumed", expected_version=expected_version, by=by, state=WebhookState.ACTIVE
        )
        await Webhook.filter(id=row.id).update(failures=0, failing_since=None)
        await jobs.hasten(job_key(row.id))
        return row


async def stop(webhook_id: UUID, why: WebhookState, *, by: Actor) -> None:
    """Ends deliveries to a receiver that wants none or takes none, until somebody resumes them."""
    async with _locked(webhook_id, by) as (row, partner):
        if row.state is WebhookState.ACTIVE:
            await _update(partner, row, why.value.lower(), expected_version=row.version, by=by, state=why)


async def remove(webhook_id: UUID, *, expected_version: int, by: Actor) -> Webhook:
    """Ends a webhook for good, with its secrets and what still waits. Raises as `pause` does."""
    async with _locked(webhook_id, by) as (row, partner):
        await _update(partner, row, "removed", expected_version=expected_version, by=by, deleted_at=now())
        await signing.forget_secrets(row.id)
        await WebhookDelivery.filter(webhook_id=row.id, state=DeliveryState.WAITING).delete()
        return row


async def change_secret(webhook_id: UUID, *, overlap_days: int, by: Actor) -> str:
    """A new secret, told this once; the one before signs along for some days.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check = Validator()
    check.number("overlap_days", overlap_days, minimum=0, maximum=partners.OVERLAP_DAYS)
    check.raise_if_invalid()
    async with _locked(webhook_id, by) as (row, partner):
        secret = await signing.new_secret(row.id, overlap=timedelta(days=overlap_days))
        await _tell(partner, row, "secret", after={"secret": True}, by=by)
        return secret


async def replay(webhook_id: UUID, since: datetime, *, by: Actor) -> None:
    """Tells a webhook once more of everything since a moment, in the order of the feed.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check = Validator()
    if not now() - timedelta(days=RETENTION_DAYS) <= since <= now():
        text = _("Enter a time within the last {days} days.")
        check.add("since", text, ProblemCode.OUT_OF_RANGE, days=RETENTION_DAYS)
    check.raise_if_invalid()
    async with _locked(webhook_id, by) as (row, partner):
        found = await fetch(_BEFORE, [since - _MARGIN])
        before = feed.FeedPosition(*found[0].values()) if found else feed.FeedPosition(0, 0)
        place = min(before, feed.FeedPosition(row.txid, row.seq))
        await Webhook.filter(id=row.id).update(txid=place.txid, seq=place.seq)
        await jobs.hasten(job_key(row.id))
        await _tell(partner, row, "replayed", after={"replayed": to_json_value(since)}, by=by)


async def mention(webhook_id: UUID, what: str, after: Mapping[str, Any], *, by: Actor) -> None:
    """Tells in the history what an administrator had sent. Raises `PermissionDenied` or `NotFound`."""
    row, partner = await webhook(by, webhook_id)
    await _tell(partner, row, what, after=after, by=by)


@asynccontextmanager
async def _locked(webhook_id: UUID, by: Actor) -> AsyncIterator[tuple[Webhook, Partner]]:
    """A transaction with the webhook and its partner locked. Raises `PermissionDenied` or `NotFound`."""
    async with transaction():
        row, partner = await webhook(by, webhook_id)
        partner = await load(partner.id, by)
        locked = await Webhook.filter(id=row.id, deleted_at__isnull=True).select_for_update().first()
        if locked is None:
            raise NotFound("There is no such webhook.")
        yield locked, partner


def _checked(draft: WebhookDraft, partner: Partner) -> dict[str, Any]:
    """The columns of a webhook as they are stored. Raises `ValidationFailed`."""
    check = Validator()
    values = check.values(draft)
    if "address" not in check.problems and (error := addresses.problem(values["address"])):
        check.problems["address"] = error
    offered = followable(partner)
    if not draft.types:
        check.add("types", _("Choose at least one kind of record."), ProblemCode.REQUIRED)
    elif not set(draft.types) <= set(offered):
        check.add("types", _("The partner lacks a scope that this needs."), ProblemCode.INVALID)
    check.raise_if_invalid()
    return values | {"types": [noun for noun in offered if noun in draft.types]}


async def _update(
    partner: Partner, row: Webhook, what: str, *, expected_version: int, by: Actor, **values: Any
) -> Webhook:
    """Changes the locked `row` where it is still at version `expected_version`. Raises `Conflict`."""
    if row.version != expected_version:
        raise Conflict("Someone else has changed this. View the current state and try again.")
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        before = {name: getattr(row, name) for name in changed}
        await Webhook.filter(id=row.id).update(**changed, version=F("version") + 1, updated_at=now())
        await row.refresh_from_db()
        await _tell(partner, row, what, before=before, after=changed, by=by)
    return row


async def _tell(
    partner: Partner,
    row: Webhook,
    what: str,
    *,
    by: Actor,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    """The audit and outbox rows: webhooks stand in the history of their partner."""
    await record_change(
        partners.NOUN,
        partner,
        by=by,
        action=Right.PARTNERS_MANAGE,
        before={f"webhook_{name}": to_json_value(value) for name, value in (before or {}).items()},
        after={"webhook": row.address}
        | {f"webhook_{name}": to_json_value(value) for name, value in after.items()},
    )
    events.log(Event.WEBHOOK_CHANGED, actor=by.id, what=what, partner=partner.id, webhook=row.id)
