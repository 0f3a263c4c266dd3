"""Somebody else's means of signing in: handing over a password, taking factors away, ending sessions."""

from typing import Any
from uuid import UUID

from records.access.staff.approval_checks import check_approved
from records.access.staff.noun import NOUN, end_sessions_of, load, record_note, visible_to
from records.access.staff.validation import check_password, temporary_password_expiry, validate_reason
from records.changes.unit_of_work import transaction, update
from records.core import events
from records.core.actor import Actor
from records.core.events import Event
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.security.passwords import hash_password
from records.tables import Factor, RecoveryCode, Session, Staff
from records.tables.approvals import ApprovalAction


async def set_password(username: str, password: str, *, by: Actor) -> Staff:
    """A new password; ends every session.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    check = Validator()
    check_password(check, password, username)
    check.raise_if_invalid()
    return await _new_password(username, password, by=by)


async def issue_password(
    username: str, *, expected_version: int | None = None, motive: str = "", by: Actor
) -> tuple[Staff, str]:
    """A password for somebody who lost theirs, told this once: it lasts some days and has to be changed.

    It ends their sessions. Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict` or
    `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    motive = validate_reason(motive, by)
    password, until = temporary_password_expiry()
    row = await _new_password(
        username,
        password,
        expected_version=expected_version,
        motive=motive,
        by=by,
        renew_password=True,
        password_expires_at=until,
    )
    return row, password


async def remove_factors(username: str, *, motive: str = "", by: Actor) -> None:
    """Removes all factors; ends all sessions.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    motive = validate_reason(motive, by)
    async with transaction():
        row = await load(username, by)
        await check_approved(ApprovalAction.STAFF_FACTORS, row, {}, by=by)
        removed = await Factor.filter(staff_id=row.id).delete()
        await RecoveryCode.filter(staff_id=row.id).delete()
        await end_sessions_of(row.id)
        await record_note(row, by=by, motive=motive, factors_removed=removed)
        events.log(Event.FACTORS_CHANGED, actor=by.id, what="all removed", whose=row.id)


async def end_sessions(username: str, *, motive: str = "", by: Actor) -> int:
    """Ends every session of somebody; gives how many.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.STAFF_MANAGE)
    motive = validate_reason(motive, by)
    async with transaction():
        row = await load(username, by)
        ended = await end_sessions_of(row.id)
        await record_note(row, by=by, motive=motive, sessions_ended=ended)
        events.log(Event.SESSIONS_ENDED, actor=by.id, whose=row.id)
        return ended


async def end_all_sessions(*, except_session_id: UUID | None = None, motive: str = "", by: Actor) -> int:
    """Ends all sessions in the reach of `by`, except `except_session_id`; gives how many.

    Raises `PermissionDenied` or `ValidationFailed`.
    """
    check_right(by, Right.STAFF_MANAGE)
    motive = validate_reason(motive, by)
    ended = 0
    async with transaction():
        signed_in = await Session.filter(ended_at__isnull=True).distinct().values_list("staff_id", flat=True)
        for row in await visible_to(by).filter(id__in=signed_in).order_by("id"):
            if theirs := await end_sessions_of(row.id, but=except_session_id):
                await record_note(row, by=by, motive=motive, sessions_ended=theirs)
                events.log(Event.SESSIONS_ENDED, actor=by.id, whose=row.id)
                ended += theirs
    return ended


async def _new_password(
    username: str,
    password: str,
    *,
    expected_version: int | None = None,
    motive: str = "",
    by: Actor,
    **until: Any,
) -> Staff:
    values: dict[str, Any] = {"renew_password": False, "password_expires_at": None, **until}
    values["password_hash"] = await hash_password(password)
    async with transaction():
        row = await load(username, by)
        await check_approved(ApprovalAction.STAFF_PASSWORD, row, {}, by=by)
        at = row.version if expected_version is None else expected_version
        await update(
            NOUN, row, expected_version=at, by=by, action=Right.STAFF_MANAGE, motive=motive, **values
        )
        await end_sessions_of(row.id)
        events.log(Event.PASSWORD_CHANGED, actor=by.id, whose=row.id)
        return row
