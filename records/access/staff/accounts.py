"""Accounts: making, changing and closing them. Each change of what somebody may do ends their sessions."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import F, Q, Subquery
from tortoise.queryset import QuerySet

from records.access.guard import require
from records.access.staff.approved import check_approved, request_of
from records.access.staff.areas import area_ids_of
from records.access.staff.validation import (
    EMAIL,
    NAME,
    USERNAME,
    check_areas,
    check_password,
    checked,
    checked_motive,
    handed_over,
    key,
)
from records.areas.scope import all_within
from records.changes.change import change, tell, update
from records.changes.change import create as create_row
from records.core import events
from records.core.actor import Actor, Role
from records.core.days import now
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, Denied, NotFound
from records.core.events import Event
from records.core.language import Language
from records.core.language import mark as _
from records.core.rights import ApprovalKind, Right, account_kind, check_may, may
from records.core.text import fold
from records.core.validation import Check
from records.security.passwords import hash_password
from records.tables import Area, AreaReach, Session, Staff, StaffArea
from records.tables.approvals import Act
from records.tables.staff import FactorKind


def visible_to(actor: Actor) -> QuerySet[Staff]:
    """The staff whom `actor` may know of: who works nowhere beyond the actor's areas. Raises `Denied`."""
    check_may(actor, Right.STAFF_READ)
    rows = Staff.filter(deleted_at__isnull=True)
    if actor.areas is None:
        return rows
    reached = AreaReach.filter(ancestor_id__in=list(actor.areas)).values("area_id")
    beyond = StaffArea.filter(~Q(area_id__in=Subquery(reached))).values("staff_id")
    return rows.filter(~Q(id__in=Subquery(beyond)))


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


def can_manage(actor: Actor, row: Staff) -> bool:
    """Whether `actor` may change the account `row`: never one's own, so that nobody raises themself."""
    return may(actor, Right.STAFF_MANAGE) and row.id != actor.id


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
    """A new staff member with a password of their own. Raises `Denied`, `Invalid` or `NeedsApproval`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    check_password(check, password, username, name, email)
    values = await checked(check, by, name, email, areas)
    username = check.value("username", key(username), USERNAME)
    check.done()
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
    """A new account and its first password, shown this once. Raises `Denied`, `Invalid`, `NeedsApproval`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    values = await checked(check, by, name, email, areas)
    username = check.value("username", key(username), USERNAME)
    check.done()
    password, until = handed_over()
    values |= {"renew_password": True, "password_expires_at": until}
    return await _create(username, values, password, areas, by, role=role, language=language), password


async def edit(
    username: str,
    *,
    seen: int,
    name: str,
    email: str,
    language: Language,
    role: Role,
    areas: Collection[UUID],
    by: Actor,
) -> Staff:
    """Changes what somebody is called, what they are and where; other rights end their sessions.

    Raises `Denied`, `NotFound`, `Invalid`, `Conflict` or `NeedsApproval`.
    """
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    values = await checked(check, by, name, email, areas)
    check.done()
    async with change():
        row = await load(username, by)
        values["folded"] = fold(f"{row.username} {values['name']}")
        return await _change(row, areas, seen=seen, by=by, role=role, language=language, **values)


async def set_rights(username: str, *, role: Role, areas: Collection[UUID], by: Actor) -> Staff:
    """Sets role and areas; ends sessions. Raises `Denied`, `NotFound`, `Invalid` or `NeedsApproval`."""
    check_may(by, Right.STAFF_MANAGE)
    check = Check()
    await check_areas(check, by, areas)
    check.done()
    async with change():
        row = await load(username, by)
        return await _change(row, areas, seen=row.version, by=by, role=role)


async def deactivate(username: str, *, seen: int | None = None, motive: str = "", by: Actor) -> Staff:
    """Closes an account and ends its sessions; what they did stays told.

    Without `seen` it is closed as it stands. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`.
    """
    return await _activity(username, seen=seen, active=False, motive=motive, by=by)


async def activate(username: str, *, seen: int | None = None, motive: str = "", by: Actor) -> Staff:
    """Reopens an account. Raises `Denied`, `NotFound`, `Invalid`, `Conflict` or `NeedsApproval`."""
    return await _activity(username, seen=seen, active=True, motive=motive, by=by)


async def set_language(staff_id: UUID, language: Language) -> None:
    """Keeps the language that a staff member reads in."""
    await Staff.filter(id=staff_id).update(language=language)


async def load(username: str, by: Actor) -> Staff:
    """Somebody whom `by` manages, locked until the change is done. Raises `Denied` or `NotFound`."""
    check_may(by, Right.STAFF_MANAGE)
    row = await visible_to(by).filter(username=key(username)).select_for_update().first()
    if row is None:
        raise NotFound("There is no such staff member.")
    if not can_manage(by, row):
        raise Denied("You cannot change your own access. Ask another administrator.")
    return row


async def end_all(staff_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the sessions of somebody, all or all but one; gives how many."""
    live = Session.filter(staff_id=staff_id, ended_at__isnull=True)
    return await (live.exclude(id=but) if but else live).update(ended_at=now())


async def note(row: Staff, *, by: Actor, motive: str = "", **what: int | str) -> None:
    """Writes down, in the audit, what was done with somebody's means of signing in."""
    await tell(NOUN, row, by=by, action=Right.STAFF_MANAGE, before={}, after=what, motive=motive)


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
    values["folded"] = fold(f"{username} {values['name']}")
    async with change():
        row = Staff(username=username, role=role, language=language, password_hash=password_hash, **values)
        await create_row(NOUN, row, by=by, action=Right.STAFF_MANAGE)
        await _set_areas(row, set(areas), by)
        request = request_of(row, areas) | {"username": username}
        await require(Act.STAFF_ADD, account_kind(role), None, areas=areas, request=request, by=by)
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="created", whose=row.id)
        return row


async def _change(row: Staff, areas: Collection[UUID], *, seen: int, by: Actor, **values: Any) -> Staff:
    role, known_as, there = row.role, (row.name, row.email), await area_ids_of(row.id)
    await update(NOUN, row, seen=seen, by=by, action=Right.STAFF_MANAGE, **values)
    rights = await _set_areas(row, set(areas), by) or row.role is not role
    kind = account_kind(role, row.role)
    if kind is ApprovalKind.TIP_ACCOUNT:
        # Whoever reads fewer tips than before needs nobody's approval.
        more = row.role is not role or not await all_within(areas, there)
        kind = account_kind(row.role) if more else None
    # Approvals and the audit show deciders by name: no administrator alone puts another name there.
    renamed = kind is ApprovalKind.DECIDER_ACCOUNT and (row.name, row.email) != known_as
    if rights or renamed:
        request = request_of(row, areas) | {"seen": seen}
        await require(Act.STAFF_EDIT, kind, row.id, areas=set(areas) | there, request=request, by=by)
    if rights:
        await end_all(row.id)
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what="rights", whose=row.id)
    return row


async def _activity(username: str, *, seen: int | None, active: bool, motive: str, by: Actor) -> Staff:
    check_may(by, Right.STAFF_MANAGE)
    motive = checked_motive(motive, by)
    async with change():
        row = await load(username, by)
        if row.version == seen and row.active is active:
            raise Conflict("The account is already in this state.")
        at = row.version if seen is None else seen
        await update(NOUN, row, seen=at, by=by, action=Right.STAFF_MANAGE, motive=motive, active=active)
        await end_all(row.id)
        if active:
            await check_approved(Act.STAFF_OPEN, row, {"seen": seen}, by=by)
        what = "opened" if active else "closed"
        events.log(Event.ACCOUNT_CHANGED, actor=by.id, what=what, whose=row.id)
        return row


async def _set_areas(row: Staff, wanted: set[UUID], by: Actor) -> bool:
    """Gives somebody exactly these areas; whether that changed anything."""
    current = await area_ids_of(row.id)
    if current == wanted:
        return False
    await StaffArea.filter(staff_id=row.id, area_id__in=list(current - wanted)).delete()
    await StaffArea.bulk_create(
        [StaffArea(staff_id=row.id, area_id=area) for area in sorted(wanted - current)]
    )
    if current:
        await Staff.filter(id=row.id).update(version=F("version") + 1)
        row.version += 1
    before, after = sorted(map(str, current)), sorted(map(str, wanted))
    await tell(NOUN, row, by=by, action=Right.STAFF_MANAGE, before={"areas": before}, after={"areas": after})
    return True
