"""Signing in: with a password and a further factor where there is one, a passkey alone, or at a provider."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from records.access.staff import challenges, factors, identities, passkeys
from records.access.staff.accounts import NOUN, end_all
from records.access.staff.challenges import Purpose
from records.access.staff.oidc.provider import Person, Provider
from records.access.staff.passkeys import Asked, Site
from records.access.staff.sessions import LONGEST, SignedIn, renew, start
from records.access.staff.validation import USERNAME, check_password, key
from records.changes.change import change, update
from records.core import events
from records.core.days import now
from records.core.errors import Denied, ProblemCode
from records.core.events import Event
from records.core.rights import Right
from records.core.validation import Check
from records.security import throttling
from records.security.passwords import hash_password, verify_password
from records.security.sealing import keyring
from records.security.throttling import Limit
from records.tables import Session, Staff
from records.tables.staff import FactorKind, Strength

# Checked when nobody has the name, so that a wrong name takes as long as a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$0wqA5DQ1nVY1rPzbqjwYBhfKkgmu3U4e9ZP0uRsxS2c"
)


@dataclass(frozen=True)
class Origin:
    """Where a sign-in comes from: its address, the device as people name it, and the token of a known one."""

    address: str = ""
    device: str = ""
    known: str = ""


@dataclass(frozen=True)
class Begun:
    """A sign-in that has begun: a session and its token, or the token of the step that is still wanted."""

    token: str
    session: Session | None
    # By which this device is known from now on.
    device: str = ""


async def sign_in(username: str, password: str, origin: Origin) -> Begun | None:
    """A session, or where there is a further factor the step that asks for it; None when wrong.

    Raises `TooMany`, and `Denied` when the password was handed over too long ago.
    """
    username = key(username)
    # No account bears a longer name; Tortoise would say so with the name in its error.
    staff = None
    if len(username) <= (USERNAME.max_length or 0):
        staff = await Staff.get_or_none(username=username, active=True, deleted_at__isnull=True)
    limits = _limits(staff, username, origin)
    await throttling.claim(limits)
    right = await verify_password(staff.password_hash if staff else _NOBODY, password)
    if staff is None or not right:
        events.log(Event.SIGN_IN_FAILED, actor=staff.id if staff else None, step="password")
        return None
    await throttling.succeeded(limits)
    if staff.password_expires_at is not None and staff.password_expires_at <= now():
        events.log(Event.SIGN_IN_FAILED, actor=staff.id, step="password")
        raise Denied("This password was only valid for the first days. Ask an administrator for a new one.")
    check = Check()
    check_password(check, password, staff.username, staff.name, staff.email)
    if check.problems and not staff.renew_password:
        # What was good enough once is tried first by now (OWASP ASVS 5.0, 6.2.4).
        await Staff.filter(id=staff.id).update(renew_password=True)
    if await factors.kinds(staff.id):
        events.log(Event.SIGN_IN_HALF, actor=staff.id)
        return Begun(await challenges.issue(Purpose.SECOND_STEP, staff_id=staff.id), None)
    return await _begin(staff, Strength.ONE, origin)


async def wanted(token: str) -> frozenset[FactorKind] | None:
    """The kinds of factor that would complete the sign-in of `token`; None when it waits no longer."""
    step = await challenges.look(Purpose.SECOND_STEP, token)
    return await factors.kinds(step.staff_id) if step and step.staff_id else None


async def ask_second(token: str, site: Site) -> Asked | None:
    """What a browser needs to show a passkey as the further factor; None when the step waits no longer."""
    step = await challenges.look(Purpose.SECOND_STEP, token)
    if step is None or step.staff_id is None:
        return None
    return await passkeys.ask(site, Purpose.PASSKEY_SIGN_IN, step.staff_id)


async def second(token: str, code: str, origin: Origin) -> Begun | None:
    """A session for a code of an app or a recovery code; None when it does not fit. Raises `TooMany`."""
    step = await challenges.look(Purpose.SECOND_STEP, token)
    staff = await Staff.get_or_none(id=step.staff_id, active=True, deleted_at__isnull=True) if step else None
    if staff is None:
        return None
    limit = throttling.per_proof(f"{staff.id}{_device_of(staff, origin)}")
    await throttling.claim([limit])
    if not await _code_fits(staff.id, code) or not await challenges.take(Purpose.SECOND_STEP, token):
        events.log(Event.SIGN_IN_FAILED, actor=staff.id, step="factor")
        return None
    await throttling.succeeded([limit])
    return await _begin(staff, Strength.TWO, origin)


async def with_passkey(site: Site, *, token: str, answer: str, origin: Origin) -> Begun | None:
    """A session for a passkey, with or without a password first; None when invalid. Raises `TooMany`."""
    limit = throttling.per_address(origin.address)
    await throttling.claim([limit])
    whose = await passkeys.shown(site, Purpose.PASSKEY_SIGN_IN, token=token, answer=answer)
    staff = await Staff.get_or_none(id=whose, active=True, deleted_at__isnull=True) if whose else None
    if staff is None:
        events.log(Event.SIGN_IN_FAILED, actor=whose, step="passkey")
        return None
    await throttling.succeeded([limit])
    return await _begin(staff, Strength.TWO, origin)


async def with_identity(provider: Provider, person: Person, origin: Origin) -> Begun:
    """A session for whoever is `person` at the provider, or the step that asks for their further factor.

    That step is left out where the provider says that it asked for two. Raises `Stranger`.
    """
    staff = await identities.whose(provider, person)
    if not person.two_factors and await factors.kinds(staff.id):
        events.log(Event.SIGN_IN_HALF, actor=staff.id)
        return Begun(await challenges.issue(Purpose.SECOND_STEP, staff_id=staff.id), None)
    strength = Strength.TWO if person.two_factors else Strength.ONE
    # A sign-in over there may be hours old: what matters here then asks once more.
    return await _begin(staff, strength, origin, proved_at=person.shown_at or now() - LONGEST)


async def prove(member: SignedIn, *, password: str = "", code: str = "") -> str | None:
    """The session's new token when the password or code is right; None when not. Raises `TooMany`."""
    limit = throttling.per_proof(str(member.session.id))
    await throttling.claim([limit])
    if code:
        right, strength = await _code_fits(member.staff.id, code), Strength.TWO
    else:
        right, strength = await verify_password(member.staff.password_hash, password), member.session.strength
    if not right:
        events.log(Event.PROOF_FAILED, actor=member.staff.id)
        return None
    await throttling.succeeded([limit])
    events.log(Event.PROVED, actor=member.staff.id, strength=strength.value)
    return await renew(member.session, strength=strength)


async def prove_with_passkey(member: SignedIn, site: Site, *, token: str, answer: str) -> str | None:
    """The new token of the session when the passkey is theirs; None when not."""
    whose = await passkeys.shown(site, Purpose.PASSKEY_PROOF, token=token, answer=answer)
    if whose != member.staff.id:
        events.log(Event.PROOF_FAILED, actor=member.staff.id)
        return None
    events.log(Event.PROVED, actor=member.staff.id, strength=Strength.TWO.value)
    return await renew(member.session, strength=Strength.TWO)


async def change_password(member: SignedIn, *, current: str, new: str) -> str | None:
    """Sets one's own password, and ends every other session; gives the new token of this one.

    None when the current password is wrong. Raises `Invalid` or `TooMany`.
    """
    staff = member.staff
    check = Check()
    check_password(check, new, staff.username, staff.name, staff.email)
    if new == current:
        check.add("password", "Choose a password different from the current one.", ProblemCode.INVALID)
    check.done()
    limit = throttling.per_proof(str(member.session.id))
    await throttling.claim([limit])
    if not await verify_password(staff.password_hash, current):
        events.log(Event.PROOF_FAILED, actor=staff.id)
        return None
    await throttling.succeeded([limit])
    own: dict[str, Any] = {"renew_password": False, "password_expires_at": None}
    own["password_hash"] = await hash_password(new)
    async with change():
        at, action = staff.version, Right.STAFF_MANAGE
        await update(NOUN, staff, seen=at, by=member.actor, action=action, **own)
        await end_all(staff.id, but=member.session.id)
        events.log(Event.PASSWORD_CHANGED, actor=staff.id, whose=staff.id)
        return await renew(member.session)


async def _begin(
    staff: Staff, strength: Strength, origin: Origin, *, proved_at: datetime | None = None
) -> Begun:
    token, session = await start(staff, strength, origin.device, proved_at=proved_at)
    events.log(Event.SIGNED_IN, actor=staff.id, strength=strength.value)
    device = origin.known if _device_of(staff, origin) else _new_device(staff)
    return Begun(token, session, device)


async def _code_fits(staff_id: UUID, code: str) -> bool:
    return await factors.app_fits(staff_id, code) or await factors.use_code(staff_id, code)


def _limits(staff: Staff | None, username: str, origin: Origin) -> list[Limit]:
    """On a device that is known only its own tries count; elsewhere those of the address."""
    if staff is not None and (device := _device_of(staff, origin)):
        return [throttling.per_device(device)]
    return [throttling.per_address(origin.address), throttling.per_name(origin.address, username)]


def _new_device(staff: Staff) -> str:
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_signed(staff, nonce)}"


def _device_of(staff: Staff, origin: Origin) -> str:
    """The device, when it is one on which this person signed in before; else nothing."""
    nonce, _dot, signature = origin.known.partition(".")
    fits = hmac.compare_digest(signature.encode(errors="replace"), _signed(staff, nonce).encode())
    return nonce if nonce and fits else ""


def _signed(staff: Staff, nonce: str) -> str:
    return keyring().blind_index("device", f"{staff.id}:{nonce}").hex()
