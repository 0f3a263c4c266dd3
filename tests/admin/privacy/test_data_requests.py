"""A data subject asks, at the staff door: found, answered and erased on one page."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape
from uuid import UUID

import httpx

from records.core.actor import Role, system_actor
from records.core.dates import now
from records.core.language import Language
from records.metrics.catalogue import category_id
from records.nouns import legal_holds, tips
from records.nouns.tips import TipDraft
from records.privacy import reporters
from records.privacy.reporters import ReporterDraft
from records.security.sealing import keyring
from records.tables import DataRequest, Session, Tip
from records.tables.tips import Channel, LegalKind
from tests.admin.forms import hidden, send
from tests.approving import approve_the_last
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TASK = system_actor("test")
NAME, PHONE, ASKED = "Người báo tin mẫu", "0912 345 678", "Gọi lại đúng số"
LIST = "/admin/data-requests"


async def a_tip(area: str = "29905", kind: LegalKind = LegalKind.SOURCE) -> Tip:
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, (await area_ids(area))[0], legal_kind=kind)
    return await reporters.submit(draft, ReporterDraft(name=NAME, phone=PHONE), by=TASK)


def handle(request_id: UUID, record: UUID) -> str:
    """By which a request means a record."""
    return keyring().blind_index(f"data_request:{request_id}", str(record)).hex()[:32]


async def received(client: httpx.AsyncClient, **fields: str) -> str:
    """The page of a new request, whose look-up a colleague has approved."""
    answer = await send(client, LIST, {"phone": PHONE, "identified": ASKED, **fields})
    assert answer.status_code == 303, answer.text
    await approve_the_last(Role.CUSTODIAN)
    return answer.headers["location"]


def handles(page: str) -> list[str]:
    """What can be chosen on a page."""
    return re.findall(r'name="record"\s+value="([0-9a-f]{32})"', page)


async def sent(client: httpx.AsyncClient, page: str, noun: str, **fields: str | list[str]) -> httpx.Response:
    return await send(client, f"{page}/{noun}", fields, at=page)


async def test_data_request_is_found_answered_and_erased_on_one_page(
    staff_client: SignIn, database: str
) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    tips_of = [await a_tip(), await a_tip(), await a_tip("28249")]
    page = await received(custodian)
    assert page == f"{LIST}/{(await DataRequest.get()).id}"
    shown = (await custodian.get(page)).text
    year = now().year
    assert f"Tip 1, of {year}" in unescape(shown)
    assert f"Tip 2, of {year}" in unescape(shown)
    first, _second = handles(shown)
    assert not any(told in shown for tip in tips_of for told in (tip.code, str(tip.id), tip.title))
    assert NAME not in shown
    assert "912345678" not in shown
    answer = await sent(custodian, page, "erasure", record=[first], motive="Theo yêu cầu")
    assert answer.status_code == 303
    shown = (await custodian.get(page)).text
    assert len(handles(shown)) == 1
    assert "Erased for this request: 1" in shown
    assert (await sent(custodian, page, "answer", answer="Đã đọc cho người hỏi")).status_code == 303
    shown = (await custodian.get(page)).text
    assert handles(shown) == []
    assert "Đã đọc cho người hỏi" in shown
    assert f"{page}/erasure" not in shown
    assert len(await as_owner(database, "SELECT * FROM tip_reporters")) == 2
    assert "Answered" in (await custodian.get(LIST)).text


async def test_data_request_form_reports_problems_and_keeps_input(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    answer = await send(custodian, LIST, {"phone": "12", "identified": ASKED})
    assert answer.status_code == 422
    assert 'id="field-phone-problem"' in answer.text
    assert ASKED in answer.text
    assert not await DataRequest.exists()
    await a_tip()
    page = await received(custodian)
    (own,) = handles((await custodian.get(page)).text)
    answer = await sent(custodian, page, "erasure", record=[own], motive=" ")
    assert answer.status_code == 422
    assert re.search(rf'value="{own}"\s+checked', answer.text)
    for record in ([], ["x"], [str(page.rpartition("/")[2])]):
        answer = await sent(custodian, page, "erasure", record=record, motive="Vì")
        assert answer.status_code == 422
        assert "Choose one." in answer.text
    assert (await sent(custodian, page, "answer", answer="")).status_code == 422
    assert not (await Tip.get()).anonymous


async def test_data_request_needs_area_when_custodian_has_several(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905", "28249")
    (near, far) = await area_ids("29905", "28249")
    for code in ("29905", "28249", "28249"):
        await a_tip(code)
    answer = await send(custodian, LIST, {"phone": PHONE, "identified": ASKED})
    assert answer.status_code == 422
    assert 'id="field-area-problem"' in answer.text
    for area, tips_there in ((far, 2), (near, 1)):
        shown = (await custodian.get(await received(custodian, area=str(area)))).text
        assert len(handles(shown)) == tips_there


async def test_data_request_explains_records_that_must_be_kept(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    held, formal, free = await a_tip(), await a_tip(kind=LegalKind.DENUNCIATION), await a_tip()
    await legal_holds.place("tip", held.id, reason="Theo yêu cầu của toà", by=TASK)
    page = await received(custodian)
    shown = (await custodian.get(page)).text
    (chosen,) = handles(shown)
    assert "Under a legal hold" in shown
    assert "article 147" in shown
    request_id = (await DataRequest.get()).id
    by_id = {tip.id: handle(request_id, tip.id) for tip in (held, formal, free)}
    assert chosen == by_id[free.id]
    for tip in (held, formal):
        answer = await sent(custodian, page, "erasure", record=[chosen, by_id[tip.id]], motive="Vì")
        assert answer.status_code == 409
    assert not await Tip.filter(anonymous=True).exists()


async def test_data_request_corrects_reporter(staff_client: SignIn, database: str) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    await a_tip()
    page = await received(custodian)
    path = f"{page}/correction"
    (own,) = handles((await custodian.get(page)).text)
    assert f'value="{own}"' in (await custodian.get(path)).text
    fields = {"record": own, "reporter_name": "Tên đúng mẫu", "reporter_phone": PHONE, "motive": ""}
    answer = await send(custodian, path, fields)
    assert answer.status_code == 422
    assert "Tên đúng mẫu" in answer.text
    before = await as_owner(database, "SELECT * FROM tip_reporters")
    assert (await send(custodian, path, fields | {"motive": "Sai tên"})).status_code == 303
    assert await as_owner(database, "SELECT * FROM tip_reporters") != before
    await sent(custodian, page, "answer", answer="Đã sửa")
    assert (await custodian.get(path)).status_code == 409


async def test_data_request_conflicts_when_changed_before(staff_client: SignIn) -> None:
    custodian, colleague = await staff_client(Role.CUSTODIAN, "29905"), await staff_client(Role.CUSTODIAN)
    await a_tip()
    page = await received(custodian)
    # Whoever did not ask sees nothing, until somebody approves that they look too.
    assert handles((await colleague.get(page)).text) == []
    assert (await sent(colleague, page, "look-up")).headers["location"] == page
    await approve_the_last(Role.AUDITOR)
    (own,) = handles((await colleague.get(page)).text)
    await sent(colleague, page, "erasure", record=[own], motive="Vì")
    answer = await sent(custodian, page, "answer", answer="Còn một tin", expected_version="1")
    assert answer.status_code == 409
    assert "Còn một tin" in answer.text
    assert (await DataRequest.get()).answered_at is None


async def test_data_request_pages_are_hidden_from_others(staff_client: SignIn) -> None:
    custodian, far = await staff_client(Role.CUSTODIAN, "29905"), await staff_client(Role.CUSTODIAN, "28249")
    page = await received(custodian)
    for path in (page, f"{page}/correction"):
        assert (await far.get(path)).status_code == 404
    for noun in ("erasure", "answer", "correction"):
        assert (await send(far, f"{page}/{noun}", {"expected_version": "1"}, at=LIST)).status_code == 404
    assert (await DataRequest.get()).code not in (await far.get(LIST)).text
    for role in set(Role) - {Role.CUSTODIAN}:
        client = await staff_client(role)
        assert (await client.get(LIST)).status_code == 403, role
        assert (await client.get(page)).status_code == 403, role
        answer = await send(client, LIST, {"phone": PHONE, "identified": ASKED}, at="/admin")
        assert answer.status_code == 403, role
        assert "Data subjects" not in (await client.get("/admin")).text


async def test_data_request_needs_fresh_proof(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    page = await received(custodian)
    token = hidden((await custodian.get(page)).text, "csrf")
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    for path in (LIST, page, f"{page}/correction"):
        assert (await custodian.get(path)).headers["location"].startswith("/admin/proof?next=")
    fields = {"csrf": token, "expected_version": "1", "record": str(tip.id), "motive": "Vì", "answer": "Có"}
    for noun in ("erasure", "answer", "correction"):
        answer = await custodian.post(f"{page}/{noun}", data=fields)
        assert answer.headers["location"].startswith("/admin/proof?next=")
    assert not (await Tip.get()).anonymous
    assert (await DataRequest.get()).version == 1


async def test_data_request_phone_attempts_are_throttled(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    statuses = [
        (await send(custodian, LIST, {"phone": f"0912 345 {number:03}", "identified": ASKED})).status_code
        for number in range(40)
    ]
    # How many of the last ten are refused depends on how fast this machine is: the waits double.
    assert set(statuses[:30]) == {303}
    assert 429 in statuses[30:]


async def test_data_request_pages_are_in_vietnamese(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905", language=Language.VI)
    await a_tip()
    page = await received(custodian)
    for path in (LIST, page, f"{page}/correction"):
        shown = (await custodian.get(path)).text
        assert "Yêu cầu" in shown
        assert "Request" not in shown.replace("HX-Request", "")


async def test_data_request_finds_people_of_removed_tip(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    await Tip.filter(id=tip.id).update(deleted_at=tip.received_at)
    assert await tips.visible_to(TASK).filter(id=tip.id).count() == 0
    assert len(handles((await custodian.get(await received(custodian))).text)) == 1
