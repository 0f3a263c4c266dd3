"""How to reach a member, at the staff door: recorded, replaced, taken away, asked for; never shown again."""

from collections.abc import Awaitable, Callable
from datetime import date

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.nouns import groups, legal_holds, members
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.tables import Member, Reveal
from records.tables.groups import GroupKind, MemberRole
from tests.admin.forms import send
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PHONE, STREET = "0912 345 678", "Số 1, đường mẫu"
TASK = system_actor("test")


@pytest.fixture
async def member(database: str) -> Member:
    (area,) = await area_ids("29905")
    group = await groups.create(GroupDraft("M-1", "Tổ mẫu", GroupKind.SELF_GOVERNING, area), by=TASK)
    draft = MemberDraft("Thành viên mẫu", MemberRole.MEMBER, date(2025, 1, 1))
    return await members.join(group.id, draft, by=TASK)


def page_of(member: Member) -> str:
    return f"/admin/members/{member.id}/contact"


async def recorded(client: httpx.AsyncClient, member: Member, **fields: str) -> httpx.Response:
    return await send(client, page_of(member), {"phone": PHONE, "address": STREET, **fields})


def shows_it(page: str) -> bool:
    return PHONE in page or "912345678" in page or STREET in page


async def test_contact_is_sealed_shown_and_removed(
    staff_client: SignIn, member: Member, database: str
) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    assert "Not recorded" in (await officer.get(page_of(member))).text
    assert (await recorded(officer, member)).status_code == 303
    page = (await officer.get(page_of(member))).text
    assert "Sealed" in page
    assert not shows_it(page)
    roster = (await officer.get(f"/admin/groups/{member.group_id}/members")).text
    assert "Contact details are sealed" in roster
    assert not shows_it(roster)
    assert (await recorded(officer, member, phone="")).status_code == 303
    (row,) = await as_owner(database, "SELECT * FROM member_contacts")
    assert row["phone"] is None
    answer = await send(officer, f"{page_of(member)}/removal", {}, at=page_of(member))
    assert answer.status_code == 303
    assert await as_owner(database, "SELECT * FROM member_contacts") == []
    assert (
        "No contact details recorded" in (await officer.get(f"/admin/groups/{member.group_id}/members")).text
    )


@pytest.mark.parametrize("fields", [{"phone": "12"}, {"phone": " ", "address": ""}, {"address": "a" * 301}])
async def test_contact_form_keeps_input_and_seals_nothing_when_wrong(
    staff_client: SignIn, member: Member, database: str, fields: dict[str, str]
) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    answer = await recorded(officer, member, **fields)
    assert answer.status_code == 422
    assert all(value.strip() in answer.text for value in fields.values())
    assert await as_owner(database, "SELECT * FROM member_contacts") == []


async def test_contact_page_is_for_group_keepers_only(staff_client: SignIn, member: Member) -> None:
    for role, status in ((Role.FRONT, 200), (Role.ADMINISTRATOR, 200), (Role.ANALYST, 403)):
        client = await staff_client(role, "29905")
        answer = await client.get(page_of(member))
        assert answer.status_code == status
        # They record it; seeing it is not for them to ask.
        assert "Request to view" not in answer.text
        assert (await client.get(f"/admin/members/{member.id}/reveal")).status_code == 403
    elsewhere = await staff_client(Role.OFFICER, "28249")
    assert (await elsewhere.get(page_of(member))).status_code == 404
    assert (await elsewhere.get(f"/admin/members/{member.id}/reveal")).status_code == 404


async def test_contact_reveal_is_requested_on_its_page(staff_client: SignIn, member: Member) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    path = f"/admin/members/{member.id}/reveal"
    assert (await officer.get(path)).status_code == 409
    await recorded(officer, member)
    assert path in (await officer.get(page_of(member))).text
    assert (await send(officer, path, {"motive": "Mời họp gấp"})).status_code == 303
    page = (await officer.get(page_of(member))).text
    assert "Waiting for a custodian" in page
    assert path not in page
    reveal = await Reveal.get()
    decided = {"decision": "approve", "minutes": "5"}
    assert (await send(custodian, f"/admin/reveals/{reveal.id}/decision", decided)).status_code == 303
    at = f"/admin/reveals/{reveal.id}"
    assert page_of(member) in (await officer.get(at)).text
    looked = await send(officer, f"{at}/look", {}, at=at)
    assert '<a href="tel:+84912345678">0912 345 678</a>' in looked.text
    assert STREET in looked.text
    # Whether a reporter may be contacted is no question here.
    assert "May be contacted" not in looked.text


async def test_contact_stays_under_legal_hold(staff_client: SignIn, member: Member, database: str) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    await recorded(officer, member)
    await legal_holds.place("member", member.id, reason="Theo yêu cầu", by=TASK)
    (before,) = await as_owner(database, "SELECT * FROM member_contacts")
    assert (await recorded(officer, member, phone="0912 345 679")).status_code == 409
    answer = await send(officer, f"{page_of(member)}/removal", {}, at=page_of(member))
    assert answer.status_code == 409
    assert "legal hold" in answer.text
    assert await as_owner(database, "SELECT * FROM member_contacts") == [before]
