"""Access tokens: what a partner gets for its credentials, for a quarter of an hour (RFC 6749, 4.4)."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from records.access.partners.keys import active, actor_of_key, authenticate_key, build_actor
from records.access.partners.signing import authenticate_assertion, unverified_client_id
from records.core import events
from records.core.actor import Actor, Credential, CredentialKind, Scope
from records.core.dates import now
from records.core.errors import ProblemCode, ValidationFailed
from records.core.events import Event
from records.security import throttling
from records.security.tokens import hash_token
from records.tables import AccessToken, Partner, PartnerKey

TOKEN_LIFE: Final = timedelta(minutes=15)

_FORM: Final = re.compile(r"kta_[A-Za-z0-9_-]{43}")


class WrongClient(Exception):
    """The token was given to another partner."""


@dataclass(frozen=True)
class Client:
    """A partner that has shown who it is; `key` is what it showed, None when it signed."""

    partner: Partner
    key: PartnerKey | None


@dataclass(frozen=True)
class AccessGrant:
    """A new token, which is told this once, and what it is good for."""

    token: str
    scopes: list[Scope]


async def authenticate_by_secret(prefix: str, secret: str, *, address: str) -> Client | None:
    """The partner whose live key has this prefix and secret. Raises `TooManyAttempts`."""
    limits = await _claim_attempt(address, prefix)
    key = await authenticate_key(prefix, secret)
    partner = await active(key.partner_id) if key else None
    if partner is None:
        return None
    await _record_success(limits, address, prefix)
    return Client(partner, key)


async def authenticate_by_assertion(assertion: str, *audiences: str, address: str) -> Client | None:
    """The partner that signed `assertion` for one of `audiences`; each works once.

    Raises `TooManyAttempts`.
    """
    client_id = unverified_client_id(assertion)
    limits = await _claim_attempt(address, client_id)
    partner = await authenticate_assertion(assertion, audiences)
    if partner is None:
        return None
    await _record_success(limits, address, client_id)
    return Client(partner, None)


async def grant(client: Client, scopes: Collection[str] | None = None) -> AccessGrant:
    """A token for all that the partner may do, or for `scopes` alone.

    Raises `ValidationFailed` beyond that.
    """
    own = client.partner.scopes
    if scopes is not None and (not scopes or not set(scopes) <= set(own)):
        raise ValidationFailed.of("scope", "This partner lacks one of these scopes.", ProblemCode.INVALID)
    granted = sorted(set(own if scopes is None else scopes))
    token = f"kta_{secrets.token_urlsafe(32)}"
    await AccessToken.create(
        partner_id=client.partner.id,
        key_id=client.key.id if client.key else None,
        token_hash=hash_token(token),
        scopes=granted,
        expires_at=now() + TOKEN_LIFE,
    )
    events.log(Event.TOKEN_CHANGED, actor=client.partner.id, what="issued")
    return AccessGrant(token, [Scope(scope) for scope in granted])


async def revoke_token(client: Client, token: str) -> None:
    """Ends a token; one that is unknown or over already needs nothing (RFC 7009). Raises `WrongClient`."""
    row = await AccessToken.get_or_none(token_hash=hash_token(token))
    if row is None:
        return
    if row.partner_id != client.partner.id:
        raise WrongClient
    await AccessToken.filter(id=row.id, revoked_at__isnull=True).update(revoked_at=now())
    events.log(Event.TOKEN_CHANGED, actor=client.partner.id, what="revoked")


async def live_tokens(partner_id: UUID) -> int:
    """The number of tokens of a partner that have neither expired nor been revoked."""
    return await AccessToken.filter(
        partner_id=partner_id, expires_at__gt=now(), revoked_at__isnull=True
    ).count()


async def authenticate_bearer(bearer: str) -> Actor | None:
    """The actor that calls with this key or token; None when it is unknown or over."""
    if not _FORM.fullmatch(bearer):
        return await actor_of_key(bearer)
    moment = now()
    row = await AccessToken.get_or_none(
        token_hash=hash_token(bearer), revoked_at__isnull=True, expires_at__gt=moment
    )
    if row is None:
        return None
    key = await _live_key(row.key_id) if row.key_id else None
    partner = await active(row.partner_id) if key or row.key_id is None else None
    if partner is None:
        return None
    credential = Credential(CredentialKind.TOKEN, key.prefix if key else None, row.expires_at)
    # Narrowed again: the partner may have lost a scope since.
    return await build_actor(partner, {Scope(scope) for scope in row.scopes}, credential)


async def _claim_attempt(address: str, client_id: str) -> list[throttling.ThrottleLimit]:
    """Counts a try. Others at its address do not slow down a client that was there before."""
    own = throttling.per_client(address, client_id)
    known = await throttling.is_remembered(address, client_id)
    limits = [own] if known else [throttling.per_client_address(address), own]
    await throttling.claim_attempt(limits)
    return limits


async def _record_success(limits: list[throttling.ThrottleLimit], address: str, client_id: str) -> None:
    await throttling.record_success(limits)
    await throttling.remember(address, client_id)


async def _live_key(key_id: UUID) -> PartnerKey | None:
    """The key that a token was got with, where that is good still."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    return await PartnerKey.get_or_none(lasting, id=key_id, revoked_at__isnull=True)
