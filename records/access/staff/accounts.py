"""Accounts: making, changing and closing them. Each change of what somebody may do ends their sessions."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from records.access.guard import require_approval
from records.access.staff.approval_checks import check_approved, request_of
from records.access.staff.areas import AREAS
from records.access.staff.noun import NOUN, end_sessions_of, load
from records.access.staff.validation import (
    USERNAME,
    check_areas,
    check_password,
    temporary_password_expiry,
    username_key,
    validate_account,
    validate_reason,
)
from records.areas.scope import are_all_within
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import record_change, transaction, update
from records.core import events
from records.core.actor import Actor, Role
from records.core.errors import Conflict
from records.core.events import Event
from records.core.language import Language
from records.core.rights import ApprovalKind, Right, account_kind, check_right
from records.core.text import normalize_for_search
from records.core.validation import Validator
from records.security.passwords import hash_password
from records.tables import Staff
from records.tables.approvals import ApprovalAction


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
    """A new staff member with a password of their own.

    Raises `PermissionDenied`, `ValidationFailed` or `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    check = Validator()
    check_password(check, password, username, name, email)
    values = await _new_account(check, by, username=username, name=name, email=email, areas=areas)
    return await _create(values, password, areas, by, role=role, language=language)


async def invite(
    *,
    username: str,
    name: str,
    role: Role,
    areas: Collection[UUID],
    language: Language = Language.VI,
    email: str = "",
    by: Actor,
) -> tuple[Staff, str]:
    """A new account and its first password, shown this once.

    Raises `PermissionDenied`, `ValidationFailed`, `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    values = await _new_account(Validator(), by, username=username, name=name, email=email, areas=areas)
    password, until = temporary_password_expiry()
    values |= {"renew_password": True, "password_expires_at": until}
    return await _create(values, password, areas, by, role=role, language=language), password


async def edit(
    username: str,
    *,
    expected_version: int,
    name: str,
    email: str,
    language: Language,
    role: Role,
    areas: Collection[UUID],
    by: Actor,
) -> Staff:
    """Changes what somebody is called, what they are and where; other rights end their sessions.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict` or `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    check = Validator()
    values = await validate_account(check, by, name, email, areas)
    check.raise_if_invalid()
    async with transaction():
        row = await load(username, by)
        values["folded"] = normalize_for_search(f"{row.username} {values['name']}")
        return await _change(
            row, areas, expected_version=expected_version, by=by, role=role, language=language, **values
        )


async def set_rights(username: str, *, role: Role, areas: Collection[UUID], by: Actor) -> Staff:
    """Sets role and areas; ends sessions.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `NeedsApproval`.
    """
    check_right(by, Right.STAFF_MANAGE)
    check = Validator()
    await check_areas(check, by, areas)
    check.raise_if_invalid()
    async with transaction():
        row = await load(username, by)
        return await _change(row, areas, expected_version=row.version, by=by, role=role)


async def deactivate(
    username: str, *, expected_version: int | None = None, motive: str = "", by: Actor
) -> Staff:
    """Closes an account and ends its sessions; what they did stays told.

    Without `expected_version` it is closed as it is. Raises `PermissionDenied`, `NotFound`,
    `ValidationFailed` or `Conflict`.
    """
    return await _set_active(username, expected_version=expected_version, active=False, motive=motive, by=by)


async def activate(
    username: str, *, expected_version: int | None = None, motive: str = "", by: Actor
) -> Staff:
    """Reopens an account.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict` or `NeedsApproval`.
    """
    return await _set_active(username, expected_version=expected_version, active=True, motive=motive, by=by)


async def set_language(staff_id: UUID, language: Language) -> None:
    """Keeps the language that a staff member reads in."""
    await Staff.filter(id=staff_id).update(language=language)


async def _new_account(
    check: Validator, by: Actor, *, username: str, name: str, email: str, areas: Collection[UUID]
) -> dict[str, Any]:
    """The columns of a new account as they are stored. Raises `ValidationFailed`."""
    values = await validate_account(check, by, name, email, areas)
    username = check.clean("username", username_key(username), USERNAME)
    check.raise_if_invalid()
    return values | {"username": username, "folded": normalize_for_search(f"{username} {values['name']}")}


async def _create(
    values: dict[str, Any], password: str, areas: Collection[UUID], by: Actor, **given: Role | Language
) -> Staff:
    password_hash = await hash_password(password)
    async with transaction():
        row = Staff(password_hash=password_hash, **values, **given)
        await create_row(NOUN, row, by=by, action=Right.STAFF_MANAGE)
        await _set_areas(row, set(areas), by)
        request = request_of(row, areas) | {"username": row.username}
        await require_approval(
            ApprovalAction.STAFF_ADD, account_kind(row.role), None, areas=areas, arguments=request, by=by
        )
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="created", whose=row.id)
        return row


async def _change(
    row: Staff, areas: Collection[UUID], *, expected_version: int, by: Actor, **values: Any
) -> Staff:
    role, known_as, there = row.role, (row.name, row.email), await AREAS.ids_of(row.id)
    await update(NOUN, row, expected_version=expected_version, by=by, action=Right.STAFF_MANAGE, **values)
    rights = await _set_areas(row, set(areas), by) or row.role is not role
    kind = account_kind(role, row.role)
    if kind is ApprovalKind.TIP_ACCOUNT:
        # Whoever reads fewer tips than before needs nobody's approval.
        more = row.role is not role or not await are_all_within(areas, there)
        kind = account_kind(row.role) if more else None
    # Approvals and the audit show deciders by name: no administrator alone puts another name there.
    renamed = kind is ApprovalKind.DECIDER_ACCOUNT and (row.name, row.email) != known_as
    if rights or renamed:
        request = request_of(row, areas) | {"seen": expected_version}
        await require_approval(
            ApprovalAction.STAFF_EDIT, kind, row.id, areas=set(areas) | there, arguments=request, by=by
        )
    if rights:
        await end_sessions_of(row.id)
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="rights", whose=row.id)
    return row


async def _set_active(
    username: str, *, expected_version: int | None, active: bool, motive: str, by: Actor
) -> Staff:
    check_right(by, Right.STAFF_MANAGE)
    motive = validate_reason(motive, by)
    async with transaction():
        row = await load(username, by)
        if row.version == expected_version and row.active is active:
            raise Conflict("The account is already in this state.")
        at = row.version if expected_version is None else expected_version
        await update(
            NOUN, row, expected_version=at, by=by, action=Right.STAFF_MANAGE, motive=motive, active=active
        )
        await end_sessions_of(row.id)
        if active:
            await check_approved(ApprovalAction.STAFF_OPEN, row, {"seen": expected_version}, by=by)
        what = "opened" if active else "closed"
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what=what, whose=row.id)
        return row


async def _set_areas(row: Staff, area_ids: set[UUID], by: Actor) -> bool:
    """Gives somebody exactly these areas; whether that changed anything."""
    current = await AREAS.replace(row, area_ids)
    if current is None:
        return False
    before, after = ({"areas": sorted(map(str, ids))} for ids in (current, area_ids))
    await record_change(NOUN, row, by=by, action=Right.STAFF_MANAGE, before=before, after=after)
    return True
