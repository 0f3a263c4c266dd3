"""Sealed contact details of group members: phone and address."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from records.changes.unit_of_work import audit, transaction
from records.core.actor import Actor
from records.core.declarations.fields import Field
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import legal_holds, members
from records.security import vault


@dataclass(frozen=True)
class ContactDraft:
    """Contact details of a member; empty values remove the stored ones."""

    phone: Annotated[str, Field(_("Phone"), sealed=True)] = ""
    address: Annotated[str, Field(_("Address"), max_length=300, sealed=True)] = ""

    def __repr__(self) -> str:
        return "ContactDraft(...)"


async def record(member_id: UUID, draft: ContactDraft, *, by: Actor) -> None:
    """Replaces what was known.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` under a legal hold.
    """
    check_right(by, Right.MEMBERS_EDIT)
    check = Validator()
    values = check.values(draft) | {"phone": vault.parse_phone_number(check, "phone", draft.phone)}
    check.raise_if_invalid()
    async with transaction():
        member, group = await members.load_locked(member_id, by)
        had = bool(await vault.sealed_records("member_contacts", [member.id]))
        if had:
            await legal_holds.check_free("member", member.id)
        await vault.erase("member_contacts", member.id)
        if has := any(values.values()):
            await vault.seal("member_contacts", values, member_id=member.id)
        await _record_change(member.id, group.area_id, Right.MEMBERS_EDIT, had=had, has=has, by=by)


async def erase(member_id: UUID, *, motive: str, by: Actor) -> None:
    """Erases the contact of a current member and its data key.

    Raises `PermissionDenied`, `NotFound`, `Conflict`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    async with transaction():
        area_id = await legal_holds.locked("member", member_id, by=by)
        await legal_holds.check_free("member", member_id)
        had = await vault.erase("member_contacts", member_id)
        action = Right.RETENTION_MANAGE
        await _record_change(member_id, area_id, action, had=had, has=False, motive=motive, by=by)


async def _record_change(
    member_id: UUID, area_id: UUID, action: Right, *, had: bool, has: bool, motive: str = "", by: Actor
) -> None:
    """Writes an audit row that says whether a contact exists, without its values."""
    audit_values: dict[str, Any] = {"before": {"contact": had}, "after": {"contact": has}}
    await audit(
        "member", member_id, by=by, action=action.value, motive=motive, area_id=area_id, **audit_values
    )
