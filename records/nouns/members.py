"""Members: a term in a group begins with joining and closes with leaving; nothing is erased."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.changes.change import Noun, change, create, update
from records.core.actor import Actor
from records.core.days import now, today
from records.core.errors import Conflict, Invalid, Message, NotFound
from records.core.rights import Right, check_may
from records.core.text import fold, person_key
from records.core.validation import Check
from records.nouns import groups
from records.tables import Group, Member
from records.tables.groups import MemberRole

LIMITS: Final = {"name": 120}

# Neither name nor year of birth: what a person may have erased cannot stand in what is only added to.
NOUN: Final = Noun(name="member", audited=("group_id", "role", "joined_on", "left_on", "deleted_at"))


@dataclass(frozen=True)
class MemberDraft:
    """What people enter when somebody joins a group."""

    name: str
    role: MemberRole
    joined_on: date
    birth_year: int | None = None


async def of_group(actor: Actor, group_id: UUID) -> QuerySet[Member]:
    """The members of a group, past and present, by name. Raises `Denied` or `NotFound`."""
    check_may(actor, Right.MEMBERS_READ)
    if not await groups.visible_to(actor).filter(id=group_id).exists():
        raise NotFound("There is no such group.")
    return Member.filter(group_id=group_id, deleted_at__isnull=True).order_by("name_key", "id")


async def load(actor: Actor, member_id: UUID) -> Member:
    """A member of a group that `actor` sees. Raises `Denied` or `NotFound`."""
    check_may(actor, Right.MEMBERS_READ)
    row = await Member.get_or_none(id=member_id, deleted_at__isnull=True)
    if row is None or not await groups.visible_to(actor).filter(id=row.group_id).exists():
        raise NotFound("There is no such member.")
    return row


async def join(group_id: UUID, draft: MemberDraft, *, by: Actor) -> Member:
    """A new member of an open group. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    check_may(by, Right.MEMBERS_EDIT)
    check = Check()
    name = check.text("name", draft.name, most=LIMITS["name"], needed=True)
    check.past_day("joined_on", draft.joined_on)
    check.number("birth_year", draft.birth_year, least=1900, most=today().year)
    check.done()
    async with change():
        group = await groups.check_open(group_id, by)
        row = Member(
            group_id=group.id,
            name=name,
            name_key=person_key(name),
            folded=fold(name),
            role=draft.role,
            joined_on=draft.joined_on,
            birth_year=draft.birth_year,
            created_at=now(),
        )
        return await create(NOUN, row, by=by, action=Right.MEMBERS_EDIT, where=group.area_id)


async def leave(member_id: UUID, *, seen: int, on: date, by: Actor) -> Member:
    """Closes a member's term on `on`."""
    check_may(by, Right.MEMBERS_EDIT)
    async with change():
        row, group = await _load(member_id, by)
        if row.version == seen and row.left_on is not None:
            raise Conflict("This term is closed already.")
        if not row.joined_on <= on <= today():
            raise Invalid({"on": Message("Please enter a day between joining and today.")})
        where = group.area_id
        return await update(NOUN, row, seen=seen, by=by, action=Right.MEMBERS_EDIT, where=where, left_on=on)


async def change_role(member_id: UUID, *, seen: int, role: MemberRole, on: date, by: Actor) -> Member:
    """Closes the term on `on` and opens one in the new role, which is given back."""
    async with change():
        old = await leave(member_id, seen=seen, on=on, by=by)
        if old.role is role:
            raise Invalid({"role": Message("Please choose another role than the present one.")})
        draft = MemberDraft(name=old.name, role=role, joined_on=on, birth_year=old.birth_year)
        return await join(old.group_id, draft, by=by)


async def _load(member_id: UUID, by: Actor) -> tuple[Member, Group]:
    row = await Member.filter(id=member_id, deleted_at__isnull=True).select_for_update().first()
    group = await groups.visible_to(by).get_or_none(id=row.group_id) if row else None
    if row is None or group is None:
        raise NotFound("There is no such member.")
    return row, group
