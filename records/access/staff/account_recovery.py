"""Somebody else's means of signing in: handing over a password, taking factors away, ending sessions."""

from typing import Any
from uuid import UUID

from records.access.staff.accounts import NOUN, end_all, load, note, visible_to
from records.access.staff.approved import check_approved
from records.access.staff.validation import check_password, checked_motive, handed_over
from records.changes.change import change, update
from records.core import events
from records.core.actor import Actor
from records.core.events import Event
from records.core.rights import Right, check_may
from records.core.validation import Check
from records.security.passwords import hash_password
from records.tables import Factor, RecoveryCode, Session, Staff
from records.tables.approvals import Act


async def set_password(username: str, password: str, *, by: Actor) -> Staff:
    """A new password; ends every session. Raises `Denied`, `NotFound`, `Invalid` or `NeedsApproval`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    check_password(check, password, username)
    check.done()
    return await _new_password(username, password, by=by)


async def hand_over_password(
    username: str, *, seen: int | None = None, motive: str = "", by: Actor
) -> tuple[Staff, str]:
    """A password for somebody who lost theirs, told this once: it lasts some days and has to be changed.

    It ends their sessions. Raises `Denied`, `NotFound`, `Invalid`, `Conflict` or `NeedsApproval`.
    """
    check_may(by, Right.STAFF_MANAGE)
    motive = checked_motive(motive, by)
    password, until = handed_over()
    row = await _new_password(
        username, password, seen=seen, motive=motive, by=by, renew_password=True, password_expires_at=until
    )
    return row, password


async def remove_factors(username: str, *, motive: str = "", by: Actor) -> None:
    """Removes all factors; ends all sessions. Raises `Denied`, `NotFound`, `Invalid` or `NeedsApproval`."""
    check_may(by, Right.STAFF_MANAGE)
    motive = checked_motive(motive, by)
    async with change():
        row = await load(username, by)
        await check_approved(Act.STAFF_FACTORS, row, {}, by=by)
        removed = await Factor.filter(staff_id=row.id).delete()
        await RecoveryCode.filter(staff_id=row.id).delete()
        await end_all(row.id)
        await note(row, by=by, motive=motive, factors_removed=removed)
        events.log(Event.FACTORS_CHANGED, actor=by.id, what="all removed", whose=row.id)


async def end_sessions(username: str, *, motive: str = "", by: Actor) -> int:
    """Ends every session of somebody; gives how many. Raises `Denied`, `NotFound` or `Invalid`."""
    check_may(by, Right.STAFF_MANAGE)
    motive = checked_motive(motive, by)
    async with change():
        row = await load(username, by)
        ended = await end_all(row.id)
        await note(row, by=by, motive=motive, sessions_ended=ended)
        events.log(Event.SESSIONS_ENDED, actor=by.id, whose=row.id)
        return ended


async def end_every_session(*, but: UUID | None = None, motive: str = "", by: Actor) -> int:
    """Ends all sessions in the reach of `by`, except `but`; gives how many. Raises `Denied` or `Invalid`."""
    check_may(by, Right.STAFF_MANAGE)
    motive = checked_motive(motive, by)
    ended = 0
    async with change():
        signed_in = await Session.filter(ended_at__isnull=True).distinct().values_list("staff_id", flat=True)
        for row in await visible_to(by).filter(id__in=signed_in).order_by("id"):
            if theirs := await end_all(row.id, but=but):
                await note(row, by=by, motive=motive, sessions_ended=theirs)
                events.log(Event.SESSIONS_ENDED, actor=by.id, whose=row.id)
                ended += theirs
    return ended


async def _new_password(
    username: str, password: str, *, seen: int | None = None, motive: str = "", by: Actor, **until: Any
) -> Staff:
    values: dict[str, Any] = {"renew_password": False, "password_expires_at": None, **until}
    values["password_hash"] = await hash_password(password)
    async with change():
        row = await load(username, by)
        await check_approved(Act.STAFF_PASSWORD, row, {}, by=by)
        at = row.version if seen is None else seen
        await update(NOUN, row, seen=at, by=by, action=Right.STAFF_MANAGE, motive=motive, **values)
        await end_all(row.id)
        events.log(Event.PASSWORD_CHANGED, actor=by.id, whose=row.id)
        return row
