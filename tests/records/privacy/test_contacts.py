"""How to reach a member: sealed, replaced as a whole, seen under an approval alone."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from records.core.actor import Actor, Role
from records.core.errors import NotFound, PermissionDenied
from records.nouns import groups, members
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.privacy import contacts, reveals
from records.privacy.contacts import ContactDraft
from records.tables import AuditEntry, Member
from records.tables.groups import GroupKind, MemberRole
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]
CONTACT = ContactDraft(phone="0912 345 678", address="Số 1, đường mẫu")


async def member(by: Actor, code: str = "M-1") -> Member:
    (area,) = await area_ids("29905")
    group = await groups.create(GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, area), by=by)
    return await members.join(group.id, MemberDraft("Người mẫu", MemberRole.MEMBER, date(2025, 1, 1)), by=by)


async def test_contact_is_sealed_replaced_and_removed(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await member(officer)
    await contacts.record(row.id, CONTACT, by=officer)
    (first,) = await as_owner(database, "SELECT * FROM member_contacts")
    await contacts.record(row.id, ContactDraft(phone="0912 345 679"), by=officer)
    (second,) = await as_owner(database, "SELECT * FROM member_contacts")
    assert second["data_key"] != first["data_key"]
    assert second["address"] is None
    await contacts.record(row.id, ContactDraft(), by=officer)
    assert await as_owner(database, "SELECT * FROM member_contacts") == []
    told = await AuditEntry.filter(row_id=row.id, action="members.edit", after__contains={"contact": True})
    assert [(entry.before, entry.after) for entry in told] == [
        ({"contact": False}, {"contact": True}),
        ({"contact": True}, {"contact": True}),
    ]


async def test_contact_is_recorded_only_by_group_keepers(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await member(officer)
    with pytest.raises(NotFound):
        await contacts.record(row.id, CONTACT, by=await staff_actor(Role.OFFICER, "28249"))
    with pytest.raises(PermissionDenied):
        await contacts.record(row.id, CONTACT, by=await staff_actor(Role.ANALYST))
    assert await as_owner(database, "SELECT * FROM member_contacts") == []


async def test_contact_is_seen_only_under_approval(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    row = await member(officer)
    reveal = await reveals.request_reveal("member_contacts", row.id, "Mời họp gấp", by=officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(NotFound):
        await reveals.open_reveal(reveal.id, by=officer)
    await contacts.record(row.id, CONTACT, by=officer)
    looked = await reveals.open_reveal(reveal.id, by=officer)
    assert looked.values == {"phone": "+84912345678", "address": "Số 1, đường mẫu"}
    assert await reveals.codes(officer, [reveal]) == {row.id: "M-1"}
