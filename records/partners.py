"""Partners: province systems that call the API, and the keys they call with."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from records.core.actor import Actor, ActorKind, Scope
from records.core.change import Noun, change, tell
from records.core.change import create as create_row
from records.core.check import Check
from records.core.days import now
from records.core.errors import NotFound
from records.core.rights import Right, check_may
from records.core.text import clean
from records.tables import Partner, PartnerArea, PartnerKey

LIMITS: Final = {"name": 120, "contact": 200}
_FORM: Final = re.compile(r"ktn_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")

NOUN: Final = Noun(name="partner", audited=("name", "contact", "scopes", "active", "deleted_at"))


async def create(
    *, name: str, scopes: Collection[Scope], areas: Collection[UUID], contact: str = "", by: Actor
) -> Partner:
    """A new partner, without a key yet. Raises `Denied` or `Invalid`."""
    check_may(by, Right.PARTNERS_MANAGE)
    check = Check()
    name = check.text("name", name, most=LIMITS["name"], needed=True)
    contact = check.text("contact", contact, most=LIMITS["contact"])
    if not scopes:
        check.add("scopes", "Please choose at least one scope.")
    if not areas:
        check.add("areas", "Please choose at least one area.")
    check.done()
    async with change():
        row = Partner(name=name, contact=contact, scopes=sorted(scope.value for scope in scopes))
        await create_row(NOUN, row, by=by, action=Right.PARTNERS_MANAGE)
        await PartnerArea.bulk_create([PartnerArea(partner_id=row.id, area_id=area) for area in set(areas)])
        return row


async def issue_key(partner_id: UUID, *, by: Actor, expires_at: datetime | None = None) -> str:
    """A new key of the partner, told this once: only a hash of it is kept. Raises `NotFound`."""
    check_may(by, Right.PARTNERS_MANAGE)
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    async with change():
        partner = await Partner.get_or_none(id=partner_id, deleted_at__isnull=True)
        if partner is None:
            raise NotFound("There is no such partner.")
        await PartnerKey.create(
            partner_id=partner_id, prefix=prefix, secret_hash=_hash(secret), expires_at=expires_at
        )
        await _tell_of_key(partner, prefix, "issued", by)
    return f"ktn_{prefix}_{secret}"


async def revoke_key(prefix: str, *, by: Actor) -> None:
    """Ends a key, known by its visible prefix. Raises `NotFound`."""
    check_may(by, Right.PARTNERS_MANAGE)
    async with change():
        live = PartnerKey.filter(prefix=clean(prefix), revoked_at__isnull=True)
        key = await live.select_for_update().first()
        if key is None:
            raise NotFound("There is no such key.")
        await PartnerKey.filter(id=key.id).update(revoked_at=now())
        await _tell_of_key(await Partner.get(id=key.partner_id), key.prefix, "revoked", by)


async def actor_of_key(key: str) -> Actor | None:
    """Who calls with `key`; None when it is unknown, expired or revoked."""
    form = _FORM.fullmatch(key)
    if form is None:
        return None
    prefix, secret = form.groups()
    row = await PartnerKey.get_or_none(prefix=prefix, revoked_at__isnull=True)
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    moment = now()
    if row.expires_at is not None and row.expires_at <= moment:
        return None
    partner = await Partner.get_or_none(id=row.partner_id, active=True, deleted_at__isnull=True)
    if partner is None:
        return None
    if row.used_at is None or moment - row.used_at > timedelta(minutes=1):
        await PartnerKey.filter(id=row.id).update(used_at=moment)
    return Actor(
        kind=ActorKind.PARTNER,
        id=partner.id,
        name=partner.name,
        scopes=frozenset(Scope(scope) for scope in partner.scopes),
        areas=frozenset([row.area_id async for row in PartnerArea.filter(partner_id=partner.id)]),
    )


async def _tell_of_key(partner: Partner, prefix: str, what: str, by: Actor) -> None:
    """The audit and outbox rows of a key, by the part of it that may be seen."""
    await tell(NOUN, partner, by=by, action=Right.PARTNERS_MANAGE, before={}, after={f"key_{what}": prefix})


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
