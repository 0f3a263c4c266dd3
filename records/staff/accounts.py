"""Accounts: making, changing and closing them. Each change of what somebody may do ends their sessions."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from records.core import events
from records.core.actor import Actor, Role
from records.core.breached import is_breached
from records.core.change import Noun, change, tell, update
from records.core.change import create as create_row
from records.core.check import Check
from records.core.days import now
from records.core.errors import NotFound
from records.core.events import Event
from records.core.passwords import hash_password, is_common
from records.core.rights import Right, check_may
from records.core.text import clean
from records.tables import Factor, RecoveryCode, Session, Staff, StaffArea
from records.tables.staff import Language

LIMITS: Final = {"username": 60, "name": 120, "email": 200, "password_least": 15, "password": 200}
NOUN: Final = Noun(name="staff", audited=("username", "role", "language", "active", "deleted_at"))


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
    username = check.text("username", key(username), most=LIMITS["username"], needed=True)
    name = check.text("name", name, most=LIMITS["name"], needed=True)
    email = check.text("email", email, most=LIMITS["email"])
    check_password(check, password, username, name, email)
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
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="created", whose=row.id)
        return row


async def set_password(username: str, password: str, *, by: Actor) -> Staff:
    """A new password, which ends every session of that staff member. Raises `NotFound` or `Invalid`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    check_password(check, password, username)
    check.done()
    password_hash = await hash_password(password)
    async with change():
        row = await _load(username)
        await update(
            NOUN, row, seen=row.version, by=by, action=Right.STAFF_MANAGE, password_hash=password_hash
        )
        await end_all(row.id)
        events.log(Event.PASSWORD_CHANGED, actor=by.id, whose=row.id)
        return row


async def set_rights(username: str, *, role: Role, areas: Collection[UUID], by: Actor) -> Staff:
    """Another role or other areas; whoever was signed in with the old ones is signed out.

    Raises `Denied`, `NotFound` or `Invalid`.
    """
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    if not areas:
        check.add("areas", "Please choose at least one area.")
    check.done()
    async with change():
        row = await _load(username)
        before = {area.area_id for area in await StaffArea.filter(staff_id=row.id)}
        if row.role is role and before == set(areas):
            return row
        await update(NOUN, row, seen=row.version, by=by, action=Right.STAFF_MANAGE, role=role)
        if before != set(areas):
            await StaffArea.filter(staff_id=row.id).delete()
            await StaffArea.bulk_create([StaffArea(staff_id=row.id, area_id=area) for area in set(areas)])
            was, is_now = (sorted(map(str, ids)) for ids in (before, set(areas)))
            await tell(
                NOUN,
                row,
                by=by,
                action=Right.STAFF_MANAGE,
                before={"areas": was},
                after={"areas": is_now},
            )
        await end_all(row.id)
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="rights", whose=row.id)
        return row


async def deactivate(username: str, *, by: Actor) -> Staff:
    """Closes an account and ends its sessions; what they did stays told. Raises `NotFound`."""
    check_may(by, Right.STAFF_MANAGE)
    async with change():
        row = await _load(username)
        await update(NOUN, row, seen=row.version, by=by, action=Right.STAFF_MANAGE, active=False)
        await end_all(row.id)
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="closed", whose=row.id)
        return row


async def end_sessions(username: str, *, by: Actor) -> int:
    """Ends every session of somebody, and gives how many there were. Raises `Denied` or `NotFound`."""
    check_may(by, Right.STAFF_MANAGE)
    async with change():
        row = await _load(username)
        ended = await end_all(row.id)
        await note(row, by=by, sessions_ended=ended)
        events.log(Event.SESSIONS_ENDED, actor=by.id, whose=row.id)
        return ended


async def remove_factors(username: str, *, by: Actor) -> None:
    """Takes every further factor from somebody who has lost them all, and ends their sessions.

    Raises `Denied` or `NotFound`.
    """
    check_may(by, Right.STAFF_MANAGE)
    async with change():
        row = await _load(username)
        removed = await Factor.filter(staff_id=row.id).delete()
        await RecoveryCode.filter(staff_id=row.id).delete()
        await end_all(row.id)
        await note(row, by=by, factors_removed=removed)
        events.log(Event.FACTORS_CHANGED, actor=by.id, what="all removed", whose=row.id)


async def set_language(staff_id: UUID, language: Language) -> None:
    """Keeps the language that a staff member reads in."""
    await Staff.filter(id=staff_id).update(language=language)


def key(username: str) -> str:
    """A username as it is stored: however it is typed, it is the same."""
    return clean(username.casefold())


def check_password(check: Check, password: str, *about: str) -> None:
    """At least 15 characters, none of those that are tried first or known from breaches, and no other rule.

    `about` is what anybody can know of the person (NIST SP 800-63B-4, section 3.1.1.2).
    """
    if len(password) < LIMITS["password_least"]:
        check.add("password", "Please use at least {least} characters.", least=LIMITS["password_least"])
    elif len(password) > LIMITS["password"]:
        check.add("password", "Please use at most {most} characters.", most=LIMITS["password"])
    elif is_common(password, about) or is_breached(password):
        check.add("password", "This password is among those that are tried first. Please choose another.")


async def note(row: Staff, *, by: Actor, **what: str | int) -> None:
    """Writes down, in the audit, what was done with somebody's means of signing in."""
    await tell(NOUN, row, by=by, action=Right.STAFF_MANAGE, before=None, after=what)


async def end_all(staff_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the sessions of somebody, all or all but one; gives how many."""
    live = Session.filter(staff_id=staff_id, ended_at__isnull=True)
    return await (live.exclude(id=but) if but else live).update(ended_at=now())


async def _load(username: str) -> Staff:
    row = await Staff.filter(username=key(username)).select_for_update().first()
    if row is None:
        raise NotFound("There is no such staff member.")
    return row
