"""Accounts: making, changing and closing them. Each change of what somebody may do ends their sessions."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.access.guard import require_approval
from records.access.staff.approval_checks import check_approved, request_of
from records.access.staff.areas import AREAS
from records.access.staff.validation import (
    EMAIL,
    NAME,
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
from records.core.dates import now
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, NotFound, PermissionDenied
from records.core.events import Event
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind, Right, account_kind, check_right, has_right
from records.core.text import normalize_for_search
from records.core.validation import Validator
from records.security.passwords import hash_password
from records.tables import Area, Session, Staff, StaffArea
from records.tables.approvals import ApprovalAction
from records.tables.staff import FactorKind


def visible_to(actor: Actor) -> QuerySet[Staff]:
    """The staff whom `actor` may know of: who works nowhere beyond the actor's areas.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.STAFF_READ)
    return Staff.filter(AREAS.within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="staff",
    label=_("Staff member"),
    plural=_("Staff"),
    table=Staff,
    right=Right.STAFF_READ,
    visible_to=visible_to,
    areas=(StaffArea, "staff_id"),
    fields={
        "username": USERNAME,
        "name": NAME,
        "email": EMAIL,
        "role": Field(_("Role"), Role),
        "language": Field(_("Language"), Language),
        "active": Field(_("Can sign in"), Kind.YES_NO),
        "renew_password": Field(_("Must change the password"), Kind.YES_NO),
        "password_expires_at": Field(_("Password valid until"), Kind.MOMENT),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={
        "areas": Field(_("Areas"), Area),
        "sessions_ended": Field(_("Sessions ended"), Kind.NUMBER),
        "factor": Field(_("Additional authentication method"), FactorKind),
        "factors_removed": Field(_("Additional authentication methods removed"), Kind.NUMBER),
        "codes": Field(_("Generate new recovery codes"), Kind.NUMBER),
    },
)


def can_manage_account(actor: Actor, row: Staff) -> bool:
    """Whether `actor` may change the account `row`: never one's own, so that nobody raises themself."""
    return has_right(actor, Right.STAFF_MANAGE) and row.id != actor.id


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
    values = await validate_account(check, by, name, email, areas)
    username = check.value("username", username_key(username), USERNAME)
    check.raise_if_invalid()
    return await _create(username, values, password, areas, by, role=role, language=language)


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
    check = Validator()
    values = await validate_account(check, by, name, email, areas)
    username = check.value("username", username_key(username), USERNAME)
    check.raise_if_invalid()
    password, until = temporary_password_expiry()
    values |= {"renew_password": True, "password_expires_at": until}
    return await _create(username, values, password, areas, by, role=role, language=language), password


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


async def load(username: str, by: Actor) -> Staff:
    """Somebody whom `by` manages, locked until the change is done.

    Raises `PermissionDenied` or `NotFound`.
    """
    check_right(by, Right.STAFF_MANAGE)
    row = await visible_to(by).filter(username=username_key(username)).select_for_update().first()
    if row is None:
        raise NotFound("There is no such staff member.")
    if not can_manage_account(by, row):
        raise PermissionDenied("You cannot change your own access. Ask another administrator.")
    return row


async def end_sessions_of(staff_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the sessions of somebody, all or all but one; gives how many."""
    live = Session.filter(staff_id=staff_id, ended_at__isnull=True)
    return await (live.exclude(id=but) if but else live).update(ended_at=now())


async def record_note(row: Staff, *, by: Actor, motive: str = "", **after: int | str) -> None:
    """Writes down, in the audit, what was done with somebody's means of signing in."""
    await record_change(NOUN, row, by=by, action=Right.STAFF_MANAGE, before={}, after=after, motive=motive)


async def _create(
    username: str,
    values: dict[str, Any],
    password: str,
    areas: Collection[UUID],
    by: Actor,
    *,
    role: Role,
    language: Language,
) -> Staff:
    password_hash = await hash_password(password)
    values["folded"] = normalize_for_search(f"{username} {values['name']}")
    async with transaction():
        row = Staff(username=username, role=role, language=language, password_hash=password_hash, **values)
        await create_row(NOUN, row, by=by, action=Right.STAFF_MANAGE)
        await _set_areas(row, set(areas), by)
        request = request_of(row, areas) | {"username": username}
        await require_approval(
            ApprovalAction.STAFF_ADD, account_kind(role), None, areas=areas, arguments=request, by=by
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
