"""Partners: province systems that call the API, and the keys they call with."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from records.core.actor import Actor, ActorKind, Scope
from records.core.change import Noun, change
from records.core.change import create as create_row
from records.core.check import Check
from records.core.days import now
from records.core.errors import NotFound
from records.core.rights import Right, check_may
from records.tables import Partner, PartnerArea, PartnerKey

LIMITS: Final = {"name": 120, "contact": 200}
_MARK: Final = "ktn"

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
    if not await Partner.filter(id=partner_id, deleted_at__isnull=True).exists():
        raise NotFound("There is no such partner.")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    await PartnerKey.create(
        partner_id=partner_id, prefix=prefix, secret_hash=_hash(secret), expires_at=expires_at
    )
    return f"{_MARK}_{prefix}_{secret}"


async def revoke_key(prefix: str, *, by: Actor) -> None:
    """Ends a key, known by its visible prefix. Raises `NotFound`."""
    check_may(by, Right.PARTNERS_MANAGE)
    done = await PartnerKey.filter(prefix=prefix, revoked_at__isnull=True).update(revoked_at=now())
    if not done:
        raise NotFound("There is no such key.")


async def actor_of_key(key: str) -> Actor | None:
    """Who calls with `key`; None when it is unknown, expired or revoked."""
    mark, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != _MARK or not prefix or not secret:
        return None
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


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
