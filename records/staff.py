"""Staff: who they are, where they work, and their sign-in sessions."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from records.core.actor import Actor, ActorKind, Role
from records.core.change import Noun, change, update
from records.core.change import create as create_row
from records.core.check import Check
from records.core.days import now
from records.core.errors import NotFound
from records.core.passwords import hash_password, verify_password
from records.core.rights import Right, check_may
from records.core.text import clean
from records.tables import Session, Staff, StaffArea
from records.tables.staff import Language

LIMITS: Final = {"username": 60, "name": 120, "email": 200, "password_least": 15, "password": 200}
IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=12)

NOUN: Final = Noun(name="staff", audited=("username", "role", "language", "active", "deleted_at"))

# Checked when nobody has the name, so that a wrong name takes as long as a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$0wqA5DQ1nVY1rPzbqjwYBhfKkgmu3U4e9ZP0uRsxS2c"
)


@dataclass(frozen=True)
class SignedIn:
    """A live session: who it is, what they may do, and the token that their forms carry."""

    session: Session
    staff: Staff
    actor: Actor
    form_token: str


async def create(
    *,
    username: str,
    name: str,
    password: str,
    role: Role,
    areas: Collection[UUID],
    language: Language = Language.VI,
    email: str = "",
    by: Actor,
) -> Staff:
    """A new staff member. Raises `Denied` or `Invalid`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    username = check.text("username", _key(username), most=LIMITS["username"], needed=True)
    name = check.text("name", name, most=LIMITS["name"], needed=True)
    email = check.text("email", email, most=LIMITS["email"])
    _check_password(check, password)
    if not areas:
        check.add("areas", "Please choose at least one area.")
    check.done()
    password_hash = await hash_password(password)
    async with change():
        row = Staff(
            username=username,
            name=name,
            email=email,
            role=role,
            language=language,
            password_hash=password_hash,
        )
        await create_row(NOUN, row, by=by, action=Right.STAFF_MANAGE)
        await StaffArea.bulk_create([StaffArea(staff_id=row.id, area_id=area) for area in set(areas)])
        return row


async def set_password(username: str, password: str, *, by: Actor) -> Staff:
    """A new password, which ends every session of that staff member. Raises `NotFound` or `Invalid`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    _check_password(check, password)
    check.done()
    password_hash = await hash_password(password)
    async with change():
        row = await _load(username)
        await update(
            NOUN, row, seen=row.version, by=by, action=Right.STAFF_MANAGE, password_hash=password_hash
        )
        await _end_all(row)
        return row


async def deactivate(username: str, *, by: Actor) -> Staff:
    """Closes an account and ends its sessions; what they did stays told. Raises `NotFound`."""
    check_may(by, Right.STAFF_MANAGE)
    async with change():
        row = await _load(username)
        await update(NOUN, row, seen=row.version, by=by, action=Right.STAFF_MANAGE, active=False)
        await _end_all(row)
        return row


async def sign_in(username: str, password: str) -> tuple[str, Session] | None:
    """A new session and its token, which is told this once; None when the name or password is wrong."""
    staff = await Staff.get_or_none(username=_key(username), active=True, deleted_at__isnull=True)
    right = await verify_password(staff.password_hash if staff else _NOBODY, password)
    if staff is None or not right:
        return None
    token = secrets.token_urlsafe(32)
    moment = now()
    session = await Session.create(
        staff_id=staff.id,
        token_hash=_hash(token),
        proved_at=moment,
        seen_at=moment,
        expires_at=moment + LONGEST,
    )
    return token, session


async def signed_in(token: str) -> SignedIn | None:
    """Who holds `token`, while its session lives: at most `LONGEST`, and seen within `IDLE`."""
    moment = now()
    session = await Session.get_or_none(
        token_hash=_hash(token), ended_at__isnull=True, expires_at__gt=moment, seen_at__gt=moment - IDLE
    )
    if session is None:
        return None
    staff = await Staff.get_or_none(id=session.staff_id, active=True, deleted_at__isnull=True)
    if staff is None:
        return None
    if moment - session.seen_at > timedelta(minutes=1):
        await Session.filter(id=session.id).update(seen_at=moment)
    actor = Actor(
        kind=ActorKind.STAFF,
        id=staff.id,
        name=staff.name,
        role=staff.role,
        areas=frozenset([row.area_id async for row in StaffArea.filter(staff_id=staff.id)]),
    )
    return SignedIn(session=session, staff=staff, actor=actor, form_token=_form_token(token))


async def sign_out(token: str) -> None:
    """Ends the session of `token`."""
    await Session.filter(token_hash=_hash(token), ended_at__isnull=True).update(ended_at=now())


async def set_language(staff_id: UUID, language: Language) -> None:
    """Keeps the language that a staff member reads in."""
    await Staff.filter(id=staff_id).update(language=language)


def _key(username: str) -> str:
    """A username as it is stored: however it is typed, it is the same."""
    return clean(username.casefold())


def _check_password(check: Check, password: str) -> None:
    """At least 15 characters and no other rule (NIST SP 800-63B-4, section 3.1.1.2)."""
    if len(password) < LIMITS["password_least"]:
        check.add("password", "Please use at least {least} characters.", least=LIMITS["password_least"])
    if len(password) > LIMITS["password"]:
        check.add("password", "Please use at most {most} characters.", most=LIMITS["password"])


async def _load(username: str) -> Staff:
    row = await Staff.filter(username=_key(username)).select_for_update().first()
    if row is None:
        raise NotFound("There is no such staff member.")
    return row


async def _end_all(staff: Staff) -> None:
    await Session.filter(staff_id=staff.id, ended_at__isnull=True).update(ended_at=now())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _form_token(token: str) -> str:
    """What a form must carry: known to whoever holds the session, and no help in stealing it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()
