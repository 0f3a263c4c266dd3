"""Signing in: with a password and a second factor where there is one, a passkey alone, or at a provider."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from records.access.staff import challenges, factors, identities, passkeys
from records.access.staff.challenges import Purpose
from records.access.staff.noun import NOUN, end_sessions_of, find_active
from records.access.staff.oidc.provider import Provider, ProviderIdentity
from records.access.staff.passkeys import PasskeyChallenge, RelyingParty
from records.access.staff.sessions import ABSOLUTE_TIMEOUT, AuthenticatedSession, elevate, start
from records.access.staff.validation import USERNAME, check_password, username_key
from records.changes.unit_of_work import transaction, update
from records.core import events
from records.core.dates import now
from records.core.errors import PermissionDenied, ProblemCode
from records.core.events import Event
from records.core.rights import Right
from records.core.validation import Validator
from records.security import throttling
from records.security.passwords import hash_password, verify_password
from records.security.sealing import keyring
from records.security.throttling import ThrottleLimit
from records.tables import Session, Staff
from records.tables.staff import AuthenticationStrength, FactorKind

# Checked when nobody has the name, so that a wrong name takes as long as a wrong password.
_DUMMY_HASH: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$0wqA5DQ1nVY1rPzbqjwYBhfKkgmu3U4e9ZP0uRsxS2c"
)


@dataclass(frozen=True)
class SignInOrigin:
    """The origin of a sign-in: its address, the device as people name it, and the token of a known one."""

    address: str = ""
    device: str = ""
    known: str = ""


@dataclass(frozen=True)
class SignInAttempt:
    """A sign-in that has begun: a session and its token, or the token of the step that is still wanted."""

    token: str
    session: Session | None
    # By which this device is known from now on.
    device: str = ""


async def sign_in(username: str, password: str, origin: SignInOrigin) -> SignInAttempt | None:
    """A session, or where there is a second factor the step that asks for it; None when wrong.

    Raises `TooManyAttempts`, and `PermissionDenied` when the password was handed over too long ago.
    """
    username = username_key(username)
    # No account bears a longer name; Tortoise would say so with the name in its error.
    staff = None
    if len(username) <= (USERNAME.max_length or 0):
        staff = await find_active(username=username)
    limits = _limits(staff, username, origin)
    await throttling.claim_attempt(limits)
    right = await verify_password(staff.password_hash if staff else _DUMMY_HASH, password)
    if staff is None or not right:
        events.log(Event.SIGN_IN_FAILED, actor=staff.id if staff else None, step="password")
        return None
    await throttling.record_success(limits)
    if staff.password_expires_at is not None and staff.password_expires_at <= now():
        events.log(Event.SIGN_IN_FAILED, actor=staff.id, step="password")
        raise PermissionDenied(
            "This password was only valid for the first days. Ask an administrator for a new one."
        )
    check = Validator()
    check_password(check, password, staff.username, staff.name, staff.email)
    if check.problems and not staff.renew_password:
        # What was good enough once is tried first by now (OWASP ASVS 5.0, 6.2.4).
        await Staff.filter(id=staff.id).update(renew_password=True)
    if await factors.kinds(staff.id):
        events.log(Event.SIGN_IN_HALF, actor=staff.id)
        return SignInAttempt(await challenges.issue(Purpose.SECOND_STEP, staff_id=staff.id), None)
    return await _start_session(staff, AuthenticationStrength.ONE, origin)


async def pending_second_factor(token: str) -> frozenset[FactorKind] | None:
    """The kinds of factor that would complete the sign-in of `token`; None when it waits no longer."""
    step = await challenges.peek(Purpose.SECOND_STEP, token)
    return await factors.kinds(step.staff_id) if step and step.staff_id else None


async def create_second_factor_challenge(token: str, site: RelyingParty) -> PasskeyChallenge | None:
    """The challenge for a passkey as the second factor; None when the step has expired."""
    step = await challenges.peek(Purpose.SECOND_STEP, token)
    if step is None or step.staff_id is None:
        return None
    return await passkeys.create_challenge(site, Purpose.PASSKEY_SIGN_IN, step.staff_id)


async def verify_second_factor(token: str, code: str, origin: SignInOrigin) -> SignInAttempt | None:
    """A session for a code of an app or a recovery code; None when it does not fit.

    Raises `TooManyAttempts`.
    """
    step = await challenges.peek(Purpose.SECOND_STEP, token)
    staff = await find_active(id=step.staff_id) if step else None
    if staff is None:
        return None
    limit = throttling.per_reauthentication(f"{staff.id}{_device_of(staff, origin)}")
    await throttling.claim_attempt([limit])
    if not await _verify_code(staff.id, code) or not await challenges.consume(Purpose.SECOND_STEP, token):
        events.log(Event.SIGN_IN_FAILED, actor=staff.id, step="factor")
        return None
    await throttling.record_success([limit])
    return await _start_session(staff, AuthenticationStrength.TWO, origin)


async def with_passkey(
    site: RelyingParty, *, token: str, answer: str, origin: SignInOrigin
) -> SignInAttempt | None:
    """A session for a passkey, with or without a password first; None when invalid.

    Raises `TooManyAttempts`.
    """
    limit = throttling.per_address(origin.address)
    await throttling.claim_attempt([limit])
    staff_id = await passkeys.verify(site, Purpose.PASSKEY_SIGN_IN, token=token, answer=answer)
    staff = await find_active(id=staff_id) if staff_id else None
    if staff is None:
        events.log(Event.SIGN_IN_FAILED, actor=staff_id, step="passkey")
        return None
    await throttling.record_success([limit])
    return await _start_session(staff, AuthenticationStrength.TWO, origin)


async def with_identity(provider: Provider, person: ProviderIdentity, origin: SignInOrigin) -> SignInAttempt:
    """A session for whoever is `person` at the provider, or the step that asks for their second factor.

    That step is left out where the provider says that it asked for two. Raises `UnlinkedIdentity`.
    """
    staff = await identities.staff_of_identity(provider, person)
    if not person.two_factors and await factors.kinds(staff.id):
        events.log(Event.SIGN_IN_HALF, actor=staff.id)
        return SignInAttempt(await challenges.issue(Purpose.SECOND_STEP, staff_id=staff.id), None)
    strength = AuthenticationStrength.TWO if person.two_factors else AuthenticationStrength.ONE
    # A sign-in over there may be hours old: what matters here then asks once more.
    return await _start_session(
        staff, strength, origin, proved_at=person.authenticated_at or now() - ABSOLUTE_TIMEOUT
    )


async def reauthenticate(member: AuthenticatedSession, *, password: str = "", code: str = "") -> str | None:
    """The session's new token when the password or code is right; None when not. Raises `TooManyAttempts`."""
    limit = throttling.per_reauthentication(str(member.session.id))
    await throttling.claim_attempt([limit])
    if code:
        right, strength = await _verify_code(member.staff.id, code), AuthenticationStrength.TWO
    else:
        right, strength = await verify_password(member.staff.password_hash, password), member.session.strength
    if not right:
        events.log(Event.PROOF_FAILED, actor=member.staff.id)
        return None
    await throttling.record_success([limit])
    events.log(Event.PROVED, actor=member.staff.id, strength=strength.value)
    return await elevate(member.session, strength=strength)


async def reauthenticate_with_passkey(
    member: AuthenticatedSession, site: RelyingParty, *, token: str, answer: str
) -> str | None:
    """The new token of the session when the passkey is theirs; None when not."""
    staff_id = await passkeys.verify(site, Purpose.PASSKEY_PROOF, token=token, answer=answer)
    if staff_id != member.staff.id:
        events.log(Event.PROOF_FAILED, actor=member.staff.id)
        return None
    events.log(Event.PROVED, actor=member.staff.id, strength=AuthenticationStrength.TWO.value)
    return await elevate(member.session, strength=AuthenticationStrength.TWO)


async def change_password(member: AuthenticatedSession, *, current: str, new: str) -> str | None:
    """Sets one's own password, and ends every other session; gives the new token of this one.

    None when the current password is wrong. Raises `ValidationFailed` or `TooManyAttempts`.
    """
    staff = member.staff
    check = Validator()
    check_password(check, new, staff.username, staff.name, staff.email)
    if new == current:
        check.add("password", "Choose a password different from the current one.", ProblemCode.INVALID)
    check.raise_if_invalid()
    limit = throttling.per_reauthentication(str(member.session.id))
    await throttling.claim_attempt([limit])
    if not await verify_password(staff.password_hash, current):
        events.log(Event.PROOF_FAILED, actor=staff.id)
        return None
    await throttling.record_success([limit])
    own: dict[str, Any] = {"renew_password": False, "password_expires_at": None}
    own["password_hash"] = await hash_password(new)
    async with transaction():
        at, action = staff.version, Right.STAFF_MANAGE
        await update(NOUN, staff, expected_version=at, by=member.actor, action=action, **own)
        await end_sessions_of(staff.id, but=member.session.id)
        events.log(Event.PASSWORD_CHANGED, actor=staff.id, whose=staff.id)
        return await elevate(member.session)


async def _start_session(
    staff: Staff, strength: AuthenticationStrength, origin: SignInOrigin, *, proved_at: datetime | None = None
) -> SignInAttempt:
    token, session = await start(staff, strength, origin.device, proved_at=proved_at)
    events.log(Event.SIGNED_IN, actor=staff.id, strength=strength.value)
    device = origin.known if _device_of(staff, origin) else _new_device(staff)
    return SignInAttempt(token, session, device)


async def _verify_code(staff_id: UUID, code: str) -> bool:
    return await factors.verify_totp(staff_id, code) or await factors.consume_recovery_code(staff_id, code)


def _limits(staff: Staff | None, username: str, origin: SignInOrigin) -> list[ThrottleLimit]:
    """On a device that is known only its own tries count; elsewhere those of the address."""
    if staff is not None and (device := _device_of(staff, origin)):
        return [throttling.per_device(device)]
    return [throttling.per_address(origin.address), throttling.per_name(origin.address, username)]


def _new_device(staff: Staff) -> str:
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_sign_device_token(staff, nonce)}"


def _device_of(staff: Staff, origin: SignInOrigin) -> str:
    """The device, when it is one on which this person signed in before; else nothing."""
    nonce, _dot, signature = origin.known.partition(".")
    fits = hmac.compare_digest(signature.encode(errors="replace"), _sign_device_token(staff, nonce).encode())
    return nonce if nonce and fits else ""


def _sign_device_token(staff: Staff, nonce: str) -> str:
    return keyring().blind_index("device", f"{staff.id}:{nonce}").hex()
