"""Who gave a tip, told after it was recorded, at the staff door."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from records.tables import Reveal, Tip
from tests.admin.forms import send, some_tip
from tests.records.security.sealed_rows import as_owner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
NAME, PHONE = "Người báo tin mẫu", "0912 345 678"
TOLD = {"reporter_name": NAME, "reporter_phone": PHONE}


async def attached(client: httpx.AsyncClient, tip: Tip, **fields: str) -> httpx.Response:
    return await send(client, f"/admin/tips/{tip.id}/reporter", {**TOLD, **fields})


async def test_reporter_is_recorded_later_and_once(staff_client: SignIn, database: str) -> None:
    officer, tip = await staff_client(Role.OFFICER, "29905"), await some_tip()
    path = f"/admin/tips/{tip.id}"
    assert f"{path}/reporter" in (await officer.get(path)).text
    assert (await attached(officer, tip)).status_code == 303
    page = (await officer.get(path)).text
    assert "Sealed" in page
    assert f"{path}/reporter" not in page
    assert NAME not in page
    assert (await officer.get(f"{path}/reporter")).status_code == 409
    assert len(await as_owner(database, "SELECT * FROM tip_reporters")) == 1


async def test_reporter_form_keeps_input_and_tip_anonymous_when_wrong(staff_client: SignIn) -> None:
    officer, tip = await staff_client(Role.OFFICER, "29905"), await some_tip()
    answer = await attached(officer, tip, reporter_phone="12")
    assert answer.status_code == 422
    assert 'id="field-reporter_phone-problem"' in answer.text
    assert NAME in answer.text
    answer = await attached(officer, tip, reporter_name=" ", reporter_phone="", reporter_may_contact="1")
    assert answer.status_code == 422
    assert 'id="field-reporter_name-problem"' in answer.text
    assert (await Tip.get()).anonymous


@pytest.mark.parametrize(("role", "status"), [(Role.ANALYST, 403), (Role.FRONT, 403), (Role.CUSTODIAN, 403)])
async def test_reporter_is_recorded_only_by_those_who_may_correct_tip(
    staff_client: SignIn, role: Role, status: int
) -> None:
    client, tip = await staff_client(role), await some_tip()
    assert (await client.get(f"/admin/tips/{tip.id}/reporter")).status_code == status
    elsewhere = await staff_client(Role.OFFICER, "28249")
    assert (await elsewhere.get(f"/admin/tips/{tip.id}/reporter")).status_code == 404


@pytest.mark.parametrize(("ticked", "said"), [("1", "Yes"), ("", "No")])
async def test_reveal_alone_shows_whether_reporter_may_be_contacted(
    staff_client: SignIn, ticked: str, said: str
) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    tip = await some_tip()
    await attached(officer, tip, reporter_may_contact=ticked)
    await send(officer, f"/admin/tips/{tip.id}/reveal", {"motive": "Cần hỏi lại"})
    reveal = await Reveal.get()
    at = f"/admin/reveals/{reveal.id}"
    await send(custodian, f"{at}/decision", {"decision": "approve", "minutes": "5"})
    for path in (f"/admin/tips/{tip.id}", at):
        assert "May be contacted" not in (await officer.get(path)).text
    looked = (await send(officer, f"{at}/look", {}, at=at)).text
    assert f"<dt>May be contacted</dt><dd>{said}</dd>" in "".join(looked.split("\n")).replace("  ", "")


async def test_reveal_request_is_withdrawn_by_requester_while_waiting(staff_client: SignIn) -> None:
    officer, custodian = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.CUSTODIAN)
    other, tip = await staff_client(Role.OFFICER, "29905"), await some_tip()
    await attached(officer, tip)
    await send(officer, f"/admin/tips/{tip.id}/reveal", {"motive": "Cần hỏi lại"})
    reveal = await Reveal.get()
    at = f"/admin/reveals/{reveal.id}"
    assert (await send(other, f"{at}/withdrawal", {}, at="/admin")).status_code == 404
    assert (await send(officer, f"{at}/withdrawal", {}, at=at)).status_code == 303
    page = (await officer.get(at)).text
    assert "Withdrawn" in page
    assert f"{at}/withdrawal" not in page
    assert tip.code not in (await custodian.get("/admin/reveals")).text.partition("All requests")[0]
    assert (await custodian.get(f"{at}/decision")).status_code == 404
    assert (await send(officer, f"{at}/withdrawal", {}, at=at)).status_code == 409
    # One may ask again.
    assert f"/admin/tips/{tip.id}/reveal" in (await officer.get(f"/admin/tips/{tip.id}")).text
