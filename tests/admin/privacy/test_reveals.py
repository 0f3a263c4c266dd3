"""Sealed data at the staff door: recorded with a tip, asked for, decided on, looked at."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from records.core.language import Language
from records.nouns import tips
from records.tables import Reveal, Tip
from tests.admin.forms import send, some_tip
from tests.records.security.sealed_rows import as_owner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
NAME, PHONE = "Người báo tin mẫu", "0912 345 678"


async def typed(**changes: str) -> dict[str, str | list[str]]:
    category = (await tips.categories())[0]
    return {
        "title": "Mất xe đạp trước chợ (minh họa)",
        "category": str(category.id),
        "channel": "PHONE",
        "legal_kind": "SOURCE",
        "priority": "NORMAL",
        "area": "29905",
        "reporter_name": NAME,
        "reporter_phone": PHONE,
        **changes,
    }


async def told(client: httpx.AsyncClient) -> Tip:
    answer = await send(client, "/admin/tips", await typed(), at="/admin/tips/new")
    assert answer.status_code == 303, answer.text
    return await Tip.filter(anonymous=False).get()


async def asked(client: httpx.AsyncClient, tip: Tip) -> Reveal:
    answer = await send(client, f"/admin/tips/{tip.id}/reveal", {"motive": "Cần hỏi lại giờ"})
    assert answer.status_code == 303, answer.text
    return await Reveal.filter(approved__isnull=True).get()


async def decided(client: httpx.AsyncClient, reveal: Reveal, **fields: str) -> httpx.Response:
    return await send(client, f"/admin/reveals/{reveal.id}/decision", fields)


def shows_it(page: str) -> bool:
    return NAME in page or "912345678" in page or PHONE in page


async def test_reveal_goes_from_tip_to_look(staff_client: SignIn) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    tip = await told(officer)
    page = (await officer.get(f"/admin/tips/{tip.id}")).text
    assert "Sealed" in page
    assert not shows_it(page)
    reveal = await asked(officer, tip)
    page = (await officer.get(f"/admin/reveals/{reveal.id}")).text
    assert "Waiting for a custodian" in page
    assert "View sealed data" not in page
    page = (await custodian.get("/admin/reveals")).text
    assert tip.code in page
    assert "Cần hỏi lại giờ" in page
    answer = await decided(custodian, reveal, decision="approve", minutes="30")
    assert answer.status_code == 303
    assert "Request approved." in (await custodian.get("/admin/reveals")).text
    page = (await officer.get(f"/admin/reveals/{reveal.id}")).text
    assert "View sealed data" in page
    assert not shows_it(page)
    looked = await send(officer, f"/admin/reveals/{reveal.id}/look", {}, at=f"/admin/reveals/{reveal.id}")
    assert looked.status_code == 200
    assert looked.headers["cache-control"] == "no-store"
    assert NAME in looked.text
    assert "0912 345 678" in looked.text
    # This reporter did not say that they may be contacted.
    assert "tel:" not in looked.text
    # Going back to it shows nothing: each look is asked for.
    assert not shows_it((await officer.get(f"/admin/reveals/{reveal.id}")).text)
    assert (await Reveal.get(id=reveal.id)).looks == 1
    assert "Reporter: Viewed" in (await officer.get(f"/admin/tips/{tip.id}")).text


async def test_reveal_is_hidden_from_others_by_address(staff_client: SignIn) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    other = await staff_client(Role.COMMANDER)
    reveal = await asked(officer, await told(officer))
    await decided(custodian, reveal, decision="approve", minutes="30")
    for client in (other, custodian):
        assert (await client.get(f"/admin/reveals/{reveal.id}")).status_code == 404
        answer = await send(client, f"/admin/reveals/{reveal.id}/look", {}, at="/admin")
        assert answer.status_code in {403, 404}
        assert not shows_it(answer.text)
    assert (await Reveal.get(id=reveal.id)).looks == 0


async def test_reveal_shows_nothing_when_approval_is_over(staff_client: SignIn, database: str) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    reveal = await asked(officer, await told(officer))
    await decided(custodian, reveal, decision="approve", minutes="30")
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    await as_owner(
        database, "UPDATE reveals SET until = now() - interval '1 second' WHERE id = $1", reveal.id
    )
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
    answer = await send(officer, f"/admin/reveals/{reveal.id}/look", {}, at="/admin")
    assert answer.status_code == 409
    assert not shows_it(answer.text)
    assert "View sealed data" not in (await officer.get(f"/admin/reveals/{reveal.id}")).text
    # One may ask again.
    await asked(officer, await Tip.get(id=reveal.row_id))


async def test_refused_reveal_is_reported_to_requester(staff_client: SignIn) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    tip = await told(officer)
    reveal = await asked(officer, tip)
    assert (await decided(custodian, reveal, decision="refuse", refusal="Không cần thiết")).status_code == 303
    assert "Request refused." in (await custodian.get("/admin/reveals")).text
    assert "Refused" in (await officer.get("/admin/reveals")).text
    assert "Không cần thiết" in (await officer.get(f"/admin/reveals/{reveal.id}")).text
    assert "Request the identity of the reporter" in (await officer.get(f"/admin/tips/{tip.id}")).text
    assert (await custodian.get(f"/admin/reveals/{reveal.id}/decision")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose one."),
        ({"decision": "perhaps", "minutes": "5"}, "Choose one."),
        ({"decision": "refuse", "refusal": " "}, "Enter a value."),
        ({"decision": "approve", "minutes": ""}, "Enter a value."),
        ({"decision": "approve", "minutes": "5", "refusal": "Mẫu"}, "You wrote a reason for refusing."),
        ({"decision": "approve", "minutes": "x"}, "Enter a whole number."),
        ({"decision": "approve", "minutes": "1441"}, "Enter a number from 1 to 1440."),
    ],
)
async def test_reveal_decision_changes_nothing_when_unclear(
    staff_client: SignIn, fields: dict[str, str], said: str
) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    reveal = await asked(officer, await told(officer))
    answer = await decided(custodian, reveal, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert (await Reveal.get(id=reveal.id)).approved is None


async def test_reveal_request_needs_reason_and_known_reporter(staff_client: SignIn) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    tip = await told(officer)
    answer = await send(officer, f"/admin/tips/{tip.id}/reveal", {"motive": " "})
    assert answer.status_code == 422
    anonymous = await some_tip()
    assert (await officer.get(f"/admin/tips/{anonymous.id}/reveal")).status_code == 409
    page = (await officer.get(f"/admin/tips/{anonymous.id}")).text
    assert "Anonymous" in page
    assert "Request the identity of the reporter" not in page
    assert not await Reveal.exists()


async def test_tip_form_reports_wrong_phone_with_other_problems(staff_client: SignIn) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    fields = await typed(reporter_phone="12", title="")
    answer = await send(officer, "/admin/tips", fields, at="/admin/tips/new")
    assert answer.status_code == 422
    assert re.search(r'id="field-reporter_phone-problem"', answer.text)
    assert re.search(r'id="field-body-problem"', answer.text)
    assert not await Tip.exists()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.COMMANDER, 200),
        (Role.CUSTODIAN, 200),
        (Role.AUDITOR, 200),
        (Role.FRONT, 403),
        (Role.ANALYST, 403),
        (Role.ADMINISTRATOR, 403),
    ],
)
async def test_reveal_lists_match_role(staff_client: SignIn, role: Role, status: int) -> None:
    client = await staff_client(role)
    answer = await client.get("/admin/reveals")
    assert answer.status_code == status
    assert ("My requests" in answer.text) is (role in {Role.OFFICER, Role.COMMANDER})
    assert ("Waiting for a decision" in answer.text) is (role is Role.CUSTODIAN)
    assert ("All requests" in answer.text) is (role in {Role.CUSTODIAN, Role.AUDITOR})


async def test_reveal_pages_are_in_vietnamese(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905", language=Language.VI)
    page = (await client.get("/admin/reveals")).text
    assert "Dữ liệu niêm phong" in page
    assert "Sealed data" not in page
