"""How to reach a member of a group: phone and address, sealed."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from records.changes.change import audit, change
from records.core.actor import Actor
from records.core.declarations.fields import Field
from records.core.errors import Conflict
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.core.validation import Check
from records.nouns import holds, members
from records.security import vault


@dataclass(frozen=True)
class ContactDraft:
    """What a member gives to be reached; nothing at all takes away what was there."""

    phone: Annotated[str, Field(_("Phone"), sealed=True)] = ""
    address: Annotated[str, Field(_("Address"), max_length=300, sealed=True)] = ""

    def __repr__(self) -> str:
        return "ContactDraft(...)"


async def record(member_id: UUID, draft: ContactDraft, *, by: Actor) -> None:
    """Replaces what was known. Raises `Denied`, `NotFound`, `Invalid`, or `Conflict` under a legal hold."""
    check_may(by, Right.MEMBERS_EDIT)
    check = Check()
    values = check.values(draft) | {"phone": vault.phone_number(check, "phone", draft.phone)}
    check.done()
    async with change():
        member, group = await members.load_locked(member_id, by)
        had = bool(await vault.present("member_contacts", [member.id]))
        if had and await holds.is_held("member", member.id):
            raise Conflict("This record is under a legal hold.")
        await vault.erase("member_contacts", member.id)
        if any(values.values()):
            await vault.close("member_contacts", values, member_id=member.id)
        has = any(values.values())
        await _told(member.id, group.area_id, Right.MEMBERS_EDIT, had=had, has=has, by=by)


async def erase(member_id: UUID, *, motive: str, by: Actor) -> None:
    """Erases the contact of a current member and its data key. Raises `Denied`, `NotFound`, `Conflict`."""
    check_may(by, Right.RETENTION_MANAGE)
    async with change():
        area_id = await holds.locked("member", member_id, by=by)
        if await holds.is_held("member", member_id):
            raise Conflict("This record is under a legal hold.")
        had = await vault.erase("member_contacts", member_id)
        action = Right.RETENTION_MANAGE
        await _told(member_id, area_id, action, had=had, has=False, motive=motive, by=by)


async def _told(
    member_id: UUID, area_id: UUID, action: Right, *, had: bool, has: bool, motive: str = "", by: Actor
) -> None:
    """An audit row that says whether there is a contact, and no value."""
    told: dict[str, Any] = {"before": {"contact": had}, "after": {"contact": has}}
    await audit("member", member_id, by=by, action=action.value, motive=motive, area_id=area_id, **told)
