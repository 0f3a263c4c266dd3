"""Partners that sign instead of sending a secret: their public keys, and what a signed assertion proves.

JSON Web Key Sets are RFC 7517; the assertion (`private_key_jwt`) is RFC 7523, sections 2.2 and 3.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError

from records.access.partners.keys import active
from records.access.partners.partner import NOUN, load, require_activation_approval
from records.changes.unit_of_work import transaction, update
from records.core import events
from records.core.actor import Actor
from records.core.dates import now
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.tables import AccessToken, Partner, UsedAssertion
from records.tables.approvals import ApprovalAction

ASSERTION_LIFE: Final = timedelta(minutes=5)
# What each type of key may sign with. The key decides, never the assertion: no "none", and no HMAC
# that would take a public key for its secret.
ALGORITHMS: Final = {
    ("RSA", None): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
}

_Key = dict[str, str | list[str]]

_MOST_KEYS: Final = 5
_MOST_CHARACTERS: Final = 8000
_LEAST_BITS: Final = 2048
_MOST_BITS: Final = 8192
_PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_INVALID_JWKS: Final = _(
    "Enter a JWK Set with 1 to {most} public keys: RSA of at least 2048 bits, P-256 or P-384."
)


async def set_signing_keys(partner_id: UUID, jwks: str, *, expected_version: int, by: Actor) -> Partner:
    """Keeps the public keys (a JWK Set as text; empty for none) that a partner signs with.

    What it got with the keys before ends.
    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict` or `NeedsApproval`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    keys = _read(jwks) if jwks.strip() else None
    async with transaction():
        row = await load(partner_id, by)
        changed = row.jwks != keys
        if changed:
            live = AccessToken.filter(partner_id=row.id, key_id__isnull=True, revoked_at__isnull=True)
            await live.update(revoked_at=now())
            events.log(Event.PARTNER_CHANGED, actor=by.id, what="signing keys", partner=row.id)
        row = await update(
            NOUN, row, expected_version=expected_version, by=by, action=Right.PARTNERS_MANAGE, jwks=keys
        )
        if changed and keys:
            request = {"jwks": json.dumps(keys, sort_keys=True), "seen": expected_version}
            await require_activation_approval(ApprovalAction.PARTNER_SIGNING_KEYS, row, request, by=by)
        return row


async def authenticate_assertion(assertion: str, audiences: tuple[str, ...]) -> Partner | None:
    """The partner that signed `assertion` for one of `audiences`; None unless all of it is right and new."""
    claimed = unverified_client_id(assertion)
    try:
        kid = jws.extract_compact(assertion.encode()).headers().get("kid")
        partner = await active(UUID(claimed))
    except (JoseError, ValueError, AttributeError, RecursionError):
        return None
    key = _key_of(partner, kid) if partner else None
    if partner is None or key is None:
        return None
    try:
        token = jwt.decode(assertion, jwk.import_key(key), algorithms=[*_algorithms(key)])
        required: dict[str, Any] = {
            "iss": {"essential": True, "value": claimed},
            "sub": {"essential": True, "value": claimed},
            "aud": {"essential": True, "values": list(audiences)},
            "exp": {"essential": True},
            "jti": {"essential": True},
        }
        jwt.JWTClaimsRegistry(**required).validate(token.claims)
        expires_at = datetime.fromtimestamp(token.claims["exp"], UTC)
    except (JoseError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    if expires_at > now() + ASSERTION_LIFE:
        return None
    return partner if await _check_not_replayed(partner, token.claims["jti"], expires_at) else None


def unverified_client_id(assertion: str) -> str:
    """The partner that `assertion` claims to be from, before it is proven; empty where it claims none."""
    try:
        return str(UUID(json.loads(jws.extract_compact(assertion.encode()).payload or b"")["sub"]))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


async def _check_not_replayed(partner: Partner, jti: str, expires_at: datetime) -> bool:
    """Notes that an assertion was used; whether it was for the first time."""
    used = sha256(f"{partner.id}\0{jti}".encode(errors="surrogatepass")).hexdigest()
    try:
        async with transaction():
            await UsedAssertion.create(jti_hash=used, expires_at=expires_at)
    except Conflict:
        return False
    return True


def _key_of(partner: Partner, kid: object) -> _Key | None:
    """The key that an assertion names; it need not name one where there is but one."""
    keys: list[_Key] = (partner.jwks or {"keys": []})["keys"]
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == kid), None)


def _algorithms(key: Mapping[str, Any]) -> tuple[str, ...]:
    return ALGORITHMS.get((str(key.get("kty")), key.get("crv")), ())


def _read(text: str) -> dict[str, Any]:
    """The public keys in a JWK Set, without anything else that stands in it. Raises `ValidationFailed`."""
    try:
        if len(text) > _MOST_CHARACTERS:
            raise ValueError
        jwks = json.loads(text)["keys"]
        if not 1 <= len(jwks) <= _MOST_KEYS:
            raise ValueError
        keys = [_public(key) for key in jwks]
        if len(keys) > 1 and len({key["kid"] for key in keys}) < len(keys):
            raise ValueError
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValidationFailed.of("jwks", _INVALID_JWKS, ProblemCode.MALFORMED, most=_MOST_KEYS) from None
    return {"keys": keys}


def _public(key: Mapping[str, Any]) -> _Key:
    """A public key's own members. Raises `ValueError` and its like for a private key and any other kind."""
    if not _algorithms(key) or "d" in key:
        raise ValueError
    public_key: _Key = {name: str(key[name]) for name in ("kty", *_PUBLIC[key["kty"]])}
    if key.get("kid") is not None:
        public_key["kid"] = str(key["kid"])
    if public_key["kty"] == "RSA":
        modulus = int.from_bytes(urlsafe_b64decode(f"{public_key['n']}=="))
        if not _LEAST_BITS <= modulus.bit_length() <= _MOST_BITS:
            raise ValueError
    # A key is read when it is first needed; a point that is not on its curve shows only then.
    _value = jwk.import_key(public_key).raw_value
    return public_key
