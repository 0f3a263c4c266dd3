"""Keys of partners: a prefix that may be seen, and a secret of which only a hash is kept."""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.access.partners.partner import (
    AREAS,
    NOUN,
    check_manages,
    load,
    require_activation_approval,
    visible_to,
)
from records.changes.unit_of_work import record_change, to_json_value, transaction
from records.core import events
from records.core.actor import Actor, ActorKind, Allowance, Credential, CredentialKind, Scope
from records.core.dates import now
from records.core.errors import NotFound, ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.rights import Right, check_right
from records.core.text import normalize_text
from records.security.tokens import hash_token
from records.tables import Partner, PartnerKey
from records.tables.approvals import ApprovalAction

OVERLAP_DAYS: Final = 90
EXPIRES_SOON: Final = timedelta(days=14)

_PREFIX: Final = re.compile(r"[0-9a-f]{12}")
_FORM: Final = re.compile(rf"ktn_({_PREFIX.pattern})_([A-Za-z0-9_-]{{43}})")
_USED_AT_INTERVAL: Final = timedelta(minutes=1)


async def keys_of(actor: Actor, partner_id: UUID) -> list[PartnerKey]:
    """Every key that a partner has or had, newest first. Raises `PermissionDenied` or `NotFound`."""
    await check_manages(actor, partner_id)
    return await PartnerKey.filter(partner_id=partner_id).order_by("-created_at", "-id")


def with_expiring_key(actor: Actor) -> QuerySet[Partner]:
    """The active partners of which a key expires within `EXPIRES_SOON`. Raises `PermissionDenied`."""
    return visible_to(actor).filter(active=True, id__in=Subquery(_expiring().values("partner_id")))


def expiring_keys(actor: Actor) -> QuerySet[PartnerKey]:
    """The keys of active partners that expire within `EXPIRES_SOON`, the next first.

    Raises `PermissionDenied`.
    """
    active = Subquery(visible_to(actor).filter(active=True).values("id"))
    return _expiring().filter(partner_id__in=active).select_related("partner").order_by("expires_at", "id")


def _expiring() -> QuerySet[PartnerKey]:
    moment = now()
    return PartnerKey.filter(
        revoked_at__isnull=True, expires_at__gt=moment, expires_at__lt=moment + EXPIRES_SOON
    )


async def live_keys(partner_id: UUID) -> int:
    """The number of keys of a partner that work now."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    return await PartnerKey.filter(lasting, partner_id=partner_id, revoked_at__isnull=True).count()


async def load_key(actor: Actor, key_id: UUID) -> tuple[PartnerKey, Partner]:
    """A key, live or over, and the partner that it is of. Raises `PermissionDenied` or `NotFound`."""
    check_right(actor, Right.PARTNERS_MANAGE)
    key = await PartnerKey.get_or_none(id=key_id)
    partner = await visible_to(actor).get_or_none(id=key.partner_id) if key else None
    if key is None or partner is None:
        raise NotFound("There is no such key.")
    return key, partner


async def issue_key(partner_id: UUID, *, by: Actor, expires_at: datetime | None = None) -> str:
    """A new key, shown this once.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `NeedsApproval`.
    """
    async with transaction():
        partner = await load(partner_id, by)
        key = await _issue(partner, expires_at, by)
        request = {"expires_at": to_json_value(expires_at)}
        await require_activation_approval(ApprovalAction.PARTNER_KEY, partner, request, by=by)
        return key


async def rotate_key(prefix: str, *, overlap_days: int, by: Actor) -> str:
    """A new key in place of one that goes on for `overlap_days` more, told this once.

    The new one lasts as long as the old one was to last.
    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `NeedsApproval`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    if not 0 <= overlap_days <= OVERLAP_DAYS:
        text = "Enter a number from {least} to {most}."
        raise ValidationFailed.of("overlap_days", text, ProblemCode.OUT_OF_RANGE, least=0, most=OVERLAP_DAYS)
    async with transaction():
        old, partner = await _live_key(prefix, by)
        moment = now()
        new = await _issue(
            partner, moment + (old.expires_at - old.created_at) if old.expires_at else None, by
        )
        ends = moment + timedelta(days=overlap_days)
        if old.expires_at is None or ends < old.expires_at:
            await PartnerKey.filter(id=old.id).update(expires_at=ends)
        await _record_change(partner, old.prefix, "rotated", by)
        request = {"prefix": old.prefix, "overlap_days": overlap_days}
        await require_activation_approval(ApprovalAction.PARTNER_KEY_ROTATION, partner, request, by=by)
        return new


async def revoke_key(prefix: str, *, by: Actor) -> None:
    """Ends a key, known by its visible prefix, and every token got with it.

    Raises `PermissionDenied` or `NotFound`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    async with transaction():
        key, partner = await _live_key(prefix, by, expired=True)
        await PartnerKey.filter(id=key.id).update(revoked_at=now())
        await _record_change(partner, key.prefix, "revoked", by)


async def actor_of_key(key: str) -> Actor | None:
    """The actor that calls with `key`; None when it is unknown, expired or revoked."""
    form = _FORM.fullmatch(key)
    row = await authenticate_key(*form.groups()) if form else None
    partner = await active(row.partner_id) if row else None
    if row is None or partner is None:
        return None
    return await build_actor(partner, set(Scope), Credential(CredentialKind.KEY, row.prefix, row.expires_at))


async def authenticate_key(prefix: str, secret: str) -> PartnerKey | None:
    """The live key with this prefix and this secret; that it was used is noted."""
    if not _PREFIX.fullmatch(prefix):
        return None
    row = await PartnerKey.get_or_none(prefix=prefix, revoked_at__isnull=True)
    if row is None or not hmac.compare_digest(row.secret_hash, hash_token(secret)):
        return None
    moment = now()
    if row.expires_at is not None and row.expires_at <= moment:
        return None
    if row.used_at is None or moment - row.used_at > _USED_AT_INTERVAL:
        await PartnerKey.filter(id=row.id).update(used_at=moment)
    return row


async def active(partner_id: UUID) -> Partner | None:
    """The partner, when it is one that may call."""
    return await Partner.get_or_none(id=partner_id, active=True, deleted_at__isnull=True)


async def refresh_actor(partner_id: UUID, scopes: set[Scope]) -> Actor | None:
    """A partner that asked for something earlier, as it may act now; None when it may not call any more."""
    partner = await active(partner_id)
    return await build_actor(partner, scopes) if partner else None


async def build_actor(partner: Partner, scopes: set[Scope], credential: Credential | None = None) -> Actor:
    """The partner as an actor that calls with `credential`, with its scopes that are among `scopes`."""
    return Actor(
        kind=ActorKind.PARTNER,
        id=partner.id,
        name=partner.name,
        scopes=frozenset(Scope(scope) for scope in partner.scopes) & scopes,
        areas=frozenset(await AREAS.ids_of(partner.id)),
        documents_only=partner.documents_only,
        credential=credential,
        allowance=Allowance(partner.budget_limit, partner.budget_restore),
    )


async def _issue(partner: Partner, expires_at: datetime | None, by: Actor) -> str:
    if expires_at is not None and expires_at <= now():
        raise ValidationFailed.of("expires", "Enter a date in the future.", ProblemCode.OUT_OF_RANGE)
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    await PartnerKey.create(
        partner_id=partner.id, prefix=prefix, secret_hash=hash_token(secret), expires_at=expires_at
    )
    await _record_change(partner, prefix, "issued", by)
    return f"ktn_{prefix}_{secret}"


async def _live_key(prefix: str, by: Actor, *, expired: bool = False) -> tuple[PartnerKey, Partner]:
    """The key that is not revoked yet (nor, unless `expired`, expired), locked, and its partner."""
    key = (
        await PartnerKey.filter(prefix=normalize_text(prefix), revoked_at__isnull=True)
        .select_for_update()
        .first()
    )
    over = key is not None and key.expires_at is not None and key.expires_at <= now()
    partner = await visible_to(by).filter(id=key.partner_id).first() if key else None
    if key is None or partner is None or (over and not expired):
        raise NotFound("There is no such key.")
    return key, partner


async def _record_change(partner: Partner, prefix: str, change: str, by: Actor) -> None:
    """The audit and outbox rows of a key, by the part of it that may be seen."""
    await record_change(
        NOUN, partner, by=by, action=Right.PARTNERS_MANAGE, before={}, after={f"key_{change}": prefix}
    )
    events.log(Event.PARTNER_KEY_CHANGED, actor=by.id, what=change, partner=partner.id, key=prefix)
