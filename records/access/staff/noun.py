"""A staff member: what is true of the noun, and how one is found and locked."""

from typing import Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.access.staff.areas import AREAS
from records.access.staff.validation import (
    EMAIL,
    NAME,
    USERNAME,
    username_key,
)
from records.changes.unit_of_work import record_change
from records.core.actor import Actor, Role
from records.core.dates import now
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.errors import NotFound, PermissionDenied
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.tables import Area, Session, Staff, StaffArea
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


async def find_active(**filters: Any) -> Staff | None:
    """The staff member whom `filters` find, when it is one who may sign in."""
    return await Staff.get_or_none(**filters, active=True, deleted_at__isnull=True)


async def load(username: str, by: Actor) -> Staff:
    """Somebody whom `by` manages, locked until the change is done.

    Raises `PermissionDenied` or `NotFound`.
    """
    check_right(by, Right.STAFF_MANAGE)
    row = await visible_to(by).select_for_update().get_or_none(username=username_key(username))
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
