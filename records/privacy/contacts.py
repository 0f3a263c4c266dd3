"""How to reach a member of a group: phone and address, sealed."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from records.changes.change import audit, change
from records.core.actor import Actor
from records.core.declarations.fields import Field
from records.core.errors import Conflict, NotFound
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.core.validation import Check
from records.nouns import groups, holds
from records.security import vault
from records.tables import Group, Member


@dataclass(frozen=True)
class ContactDraft:
    """What a member gives to be reached; nothing at all takes away what was there."""

    phone: Annotated[str, Field(_("Phone"), sealed=True)] = ""
    address: Annotated[str, Field(_("Address"), max_length=300, sealed=True)] = ""

    def __repr__(self) -> str:
        return "ContactDraft(...)"


async def record(member_id: UUID, draft: ContactDraft, *, by: Actor) -> None:
    """Puts `draft` in the place of what was known.

    Raises `Denied`, `NotFound`, `Invalid`, or `Conflict` where a legal hold keeps what was known.
    """
    check_may(by, Right.MEMBERS_EDIT)
    check = Check()
    values = check.values(draft) | {"phone": vault.phone_number(check, "phone", draft.phone)}
    check.done()
    async with change():
        member = await Member.filter(id=member_id, deleted_at__isnull=True).select_for_update().first()
        group = await _group(member, by)
        if member is None or group is None:
            raise NotFound("There is no such member.")
        had = bool(await vault.present("member_contacts", [member.id]))
        if had and await holds.is_held("member", member.id):
            raise Conflict("This record is under a legal hold.")
        await vault.erase("member_contacts", member.id)
        if any(values.values()):
            await vault.close("member_contacts", values, member_id=member.id)
        await _told(member, group, had=had, has=any(values.values()), by=by)


async def erase(member_id: UUID, *, motive: str, by: Actor) -> None:
    """Erases the contact of a current member and its data key. Raises `Denied`, `NotFound`, `Conflict`."""
    check_may(by, Right.RETENTION_MANAGE)
    async with change():
        area_id = await holds.locked("member", member_id, by=by)
        if await holds.is_held("member", member_id):
            raise Conflict("This record is under a legal hold.")
        had = await vault.erase("member_contacts", member_id)
        action, told = Right.RETENTION_MANAGE.value, {"contact": False}
        await audit(
            *("member", member_id),
            by=by,
            action=action,
            before={"contact": had},
            after=told,
            motive=motive,
            area_id=area_id,
        )


async def _group(member: Member | None, by: Actor) -> Group | None:
    return await groups.visible_to(by).get_or_none(id=member.group_id) if member else None


async def _told(member: Member, group: Group, *, had: bool, has: bool, by: Actor) -> None:
    """An audit row that says whether there is a contact, and no value."""
    await audit(
        *("member", member.id),
        by=by,
        action=Right.MEMBERS_EDIT.value,
        before={"contact": had},
        after={"contact": has},
        area_id=group.area_id,
    )
