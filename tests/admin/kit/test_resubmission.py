"""What was typed into a form that could not be taken is kept in the page, and only there."""

import hashlib
import hmac
import re
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette

from admin.kit.forms import body
from records.core.actor import Role
from records.core.dates import now
from records.core.language import Language
from records.tables import Partner, Reveal, Session, Staff, Tip
from tests.admin.forms import HTMX, filled, hidden, some_tip
from tests.admin.places import partner
from tests.admin.privacy.test_reveals import typed
from tests.conftest import PASSWORD

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
# What a browser says of a form that stands on a page of this site, and of one that does not.
OURS = [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:8000"}]
NOT_OURS: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
]
TEXT = 'Hai người "lạ"\r\n<b>& một xe tải</b>'


def carried(page: str) -> dict[str, str]:
    """What the form that sends again carries."""
    form = page.partition('<form class="panel"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in found}


async def over(client: httpx.AsyncClient) -> None:
    """The session of `client` is over, as after a long lunch; the browser still has its cookie."""
    assert "ketnoi_session" in client.cookies
    await Session.all().update(expires_at=now())


async def again(client: httpx.AsyncClient) -> None:
    """Signs in once more, in another tab of the same browser."""
    row = await Staff.all().get()
    answer = await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    assert answer.status_code == 303


@pytest.mark.parametrize("headers", OURS)
async def test_tip_is_recorded_after_new_sign_in_when_session_ended(
    staff_client: SignIn, headers: dict[str, str]
) -> None:
    client = await staff_client(Role.OFFICER)
    csrf = hidden((await client.get("/admin/tips/new")).text, "csrf")
    sent = await typed(body=TEXT) | {"csrf": csrf}
    await over(client)
    late = await client.post("/admin/tips", data=sent, headers=headers)
    assert late.status_code == 401
    assert late.headers["cache-control"] == "no-store"
    fields = carried(late.text)
    assert fields == sent
    # Sent again without a sign-in it is kept once more, and nothing happened.
    still = await client.post("/admin/tips", data=fields, headers=headers)
    assert (still.status_code, carried(still.text)) == (401, fields)
    await again(client)
    # Once: the form is known as one that the same person made in this browser.
    done = await client.post("/admin/tips", data=fields, headers=headers)
    assert done.status_code == 303
    tip = await Tip.all().get()
    assert (tip.body, tip.anonymous) == (TEXT.replace("\r\n", "\n"), False)


@pytest.mark.parametrize("headers", NOT_OURS)
async def test_form_of_another_site_is_not_offered_again(
    staff_client: SignIn, headers: dict[str, str]
) -> None:
    client = await staff_client(Role.OFFICER)
    foreign = await typed()
    refused = await client.post("/admin/tips", data=foreign, headers=headers)
    assert refused.status_code == 403
    assert "Send again" not in refused.text
    await over(client)
    led_on = await client.post("/admin/tips", data=foreign, headers=headers)
    assert led_on.headers["location"].startswith("/admin/sign-in")
    assert await Tip.all().count() == 0


async def test_resubmission_needs_click_of_person(
    staff_client: SignIn,
) -> None:
    client = await staff_client(Role.OFFICER)
    for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        answer = await client.post("/admin/tips", data=await typed() | csrf, headers=OURS[0])
        assert answer.status_code == 403
        assert "Send again" in answer.text
    assert await Tip.all().count() == 0


async def test_resubmission_names_account_when_form_is_of_another(
    staff_client: SignIn,
) -> None:
    one, other = await staff_client(Role.COMMANDER), await staff_client(Role.OFFICER)
    csrf = hidden((await one.get("/admin/tips/new")).text, "csrf")
    answer = await other.post("/admin/tips", data=await typed() | {"csrf": csrf}, headers=OURS[0])
    assert answer.status_code == 403
    assert (await Staff.get(role=Role.OFFICER)).name in answer.text
    assert await Tip.all().count() == 0


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/admin/groups", {"code": "TNT-77", "name": "Tổ tự quản mới (minh họa)", "kind": "SELF_GOVERNING"}),
        (
            "/admin/data-requests/00000000-0000-4000-8000-000000000000/answer",
            {"answer": "Đã đọc cho người hỏi"},
        ),
    ],
)
async def test_form_is_kept_when_its_code_or_answer_is_no_secret(
    staff_client: SignIn, path: str, fields: dict[str, str]
) -> None:
    client = await staff_client(Role.CUSTODIAN)
    stale = await client.post(path, data=fields, headers=OURS[0])
    assert (stale.status_code, carried(stale.text).items() >= fields.items()) == (403, True)
    await over(client)
    late = await client.post(path, data=fields, headers=OURS[0])
    assert (late.status_code, carried(late.text)) == (401, fields)


@pytest.mark.parametrize(
    "secret", ["password", "current", "one_time_code", "passkey_answer", "challenge", "secret"]
)
async def test_page_holds_no_secret(staff_client: SignIn, secret: str) -> None:
    client = await staff_client()
    sent = {"name": "Điện thoại", secret: "bí mật của tôi"}
    for answer in (
        await client.post("/admin/account/app", data=sent, headers=OURS[0]),
        await client.post("/admin/sign-in", data=sent, headers=OURS[0]),
    ):
        assert answer.status_code == 403
        assert "bí mật của tôi" not in answer.text
    await over(client)
    answer = await client.post("/admin/account/app", data=sent, headers=OURS[0])
    assert (answer.status_code, "bí mật của tôi" in answer.text) == (303, False)


async def test_sealed_input_is_kept_in_page_and_in_no_table(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    late = await client.post("/admin/tips", data=await typed(), headers=OURS[0])
    assert carried(late.text)["reporter_phone"] == "0912 345 678"
    assert (await Tip.all().count(), await Reveal.all().count()) == (0, 0)


async def test_form_is_not_kept_when_too_large(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    answer = await client.post("/admin/tips", data={"body": "x" * 524_284}, headers=OURS[0])
    assert answer.status_code == 413
    assert "x" * 100 not in answer.text


async def test_form_with_files_is_not_kept_when_texts_are_too_large(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    texts = {f"text-{number}": (None, "x" * 100_000) for number in range(6)}
    answer = await client.post("/admin/tips", files=texts, headers=OURS[0])
    assert answer.status_code == 413
    assert "x" * 100 not in answer.text


async def test_form_of_stranger_accepts_half_mebibyte(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    answer = await client.post("/admin/tips", data={"body": "x" * (512 * 1024 - 5)}, headers=OURS[0])
    assert (answer.status_code, len(carried(answer.text)["body"])) == (401, 512 * 1024 - 5)


@pytest.mark.parametrize(("fields", "status"), [(200, 401), (201, 422)])
async def test_form_of_stranger_accepts_two_hundred_fields(
    staff_client: SignIn, fields: int, status: int
) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    sent = {f"x{number}": "" for number in range(fields)}
    assert (await client.post("/admin/tips", data=sent, headers=OURS[0])).status_code == status


@pytest.mark.parametrize(("escapes", "elsewhere"), [(100, False), (170_000, True)])
async def test_decoding_leaves_loop_when_form_is_large(
    app: Starlette, monkeypatch: pytest.MonkeyPatch, escapes: int, elsewhere: bool
) -> None:
    loop, decoded = threading.get_ident(), []

    def parse(*args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        decoded.append(threading.get_ident())
        return parse_qsl(*args, **kwargs)

    monkeypatch.setattr(body, "parse_qsl", parse)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
    headers = OURS[0] | {"Content-Type": "application/x-www-form-urlencoded"}

    answer = await client.post("/admin/tips", content="body=" + "%26" * escapes, headers=headers)

    assert carried(answer.text) == {"body": "&" * escapes}
    assert [thread != loop for thread in decoded] == [elsewhere]


async def test_htmx_shows_message_and_keeps_page_without_session(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    await over(client)
    answer = await client.post("/admin/tips", data=await typed(), headers=OURS[0] | HTMX)
    assert answer.status_code == 401
    assert "<form" not in answer.text


async def test_form_of_earlier_session_works_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    page = (await client.get("/admin/tips/new")).text
    sent = await typed() | {name: hidden(page, name) for name in ("csrf", "idempotency_key")}
    await over(client)
    fields = carried((await client.post("/admin/tips", data=sent, headers=OURS[0])).text)
    await again(client)
    answers = [await client.post("/admin/tips", data=fields, headers=OURS[0]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert await Tip.all().count() == 1


async def test_fragment_form_works_after_signing_in_again(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    path = f"/admin/tips/{tip.id}/note"
    form = filled((await client.get(path, headers=HTMX)).text)
    await over(client)
    sent = form | {"note": "Viết đã lâu"}
    late = await client.post(path, data=sent, headers=OURS[0] | HTMX)
    assert late.status_code == 401
    assert 'href="/admin/sign-in"' in late.text
    await again(client)
    assert (await client.post(path, data=sent, headers=OURS[0] | HTMX)).status_code == 303


async def test_form_of_another_person_asks_in_whose_name(staff_client: SignIn) -> None:
    """At a shared desk one's session ends, a colleague signs in, and sends what stands there."""
    client, colleague = await staff_client(Role.OFFICER), await staff_client(Role.COMMANDER)
    sent = await typed() | {"csrf": hidden((await client.get("/admin/tips/new")).text, "csrf")}
    cookie = colleague.cookies["ketnoi_session"]
    await Session.exclude(staff_id=(await Staff.get(role=Role.COMMANDER)).id).update(expires_at=now())
    fields = carried((await client.post("/admin/tips", data=sent, headers=OURS[0])).text)
    client.cookies.set("ketnoi_session", cookie, domain="127.0.0.1", path="/")
    answer = await client.post("/admin/tips", data=fields, headers=OURS[0])
    assert answer.status_code == 403
    assert (await Staff.get(role=Role.COMMANDER)).name in answer.text
    assert await Tip.all().count() == 0


@pytest.mark.parametrize("token", ["", "x" * 43])
async def test_forged_earlier_session_is_refused(staff_client: SignIn, token: str) -> None:
    client = await staff_client(Role.OFFICER)
    client.cookies.set("ketnoi_previous_session", token)
    forged = hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()
    answer = await client.post("/admin/tips", data=await typed() | {"csrf": forged}, headers=OURS[0])
    assert answer.status_code == 403
    assert await Tip.all().count() == 0


@pytest.mark.parametrize("path", ["/admin/tips", "/admin/tips/{id}/note"])
async def test_text_is_returned_when_far_too_long(staff_client: SignIn, path: str) -> None:
    client, tip = await staff_client(Role.OFFICER, language=Language.VI), await some_tip()
    path = path.format(id=tip.id)
    form = filled((await client.get("/admin/tips/new")).text)
    long = "Đã thấy. " * 130_000
    sent = form | await typed(body=long) | {"note": long, "place": "Bờ kênh"}
    answer = await client.post(path, data=sent, headers=OURS[0])
    assert answer.status_code == 422
    assert "Vui lòng nhập tối đa" in answer.text
    assert long.strip() in answer.text


@pytest.mark.parametrize("megabytes", [11, 30])
async def test_page_explains_when_picture_is_too_large(
    staff_client: SignIn, live: str, megabytes: int
) -> None:
    signed_in, tip = await staff_client(Role.OFFICER, language=Language.VI), await some_tip()
    cookies = {"ketnoi_session": signed_in.cookies["ketnoi_session"]}
    async with httpx.AsyncClient(base_url=live, cookies=cookies) as client:
        csrf = hidden((await client.get("/admin")).text, "csrf")
        files = {"file": ("mau.jpg", bytes(megabytes * 1024 * 1024), "image/jpeg")}
        answer = await client.post(f"/admin/tips/{tip.id}/attachments", data={"csrf": csrf}, files=files)
    assert answer.status_code == 422
    assert tip.title in answer.text
    assert "Tệp quá lớn: chỉ gửi được tối đa 10 MB." in answer.text


async def test_page_asks_for_files_again_when_one_was_chosen(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, language=Language.VI)
    sent = filled((await client.get("/admin/tips/new")).text) | {"body": TEXT}
    await over(client)
    for files, says in (
        ({"file": ("mau.jpg", b"x", "image/jpeg")}, True),
        ({"file": ("", b"", "image/jpeg")}, False),
    ):
        page = await client.post("/admin/tips", data=sent, files=files, headers=OURS[0])
        assert page.status_code == 401
        assert ("vui lòng chọn lại" in page.text) is says


async def test_form_is_kept_when_proof_is_required(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await partner("29905")
    path = f"/admin/partners/{row.id}"
    form = filled((await client.get(f"{path}/edit")).text)
    await Session.all().update(proved_at=now() - timedelta(hours=1))
    sent = form | {"contact": "Người mẫu"}
    asked = await client.post(path, data=sent, headers=OURS[0])
    assert asked.status_code == 403
    assert 'href="/admin/proof?next=/admin"' in asked.text
    await Session.all().update(proved_at=now())
    assert (await client.post(path, data=filled(asked.text), headers=OURS[0])).status_code == 303
    assert (await Partner.get(id=row.id)).contact == "Người mẫu"
    assert set((await Partner.get(id=row.id)).scopes) == set(row.scopes)


async def test_form_of_session_long_over_asks_again(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    sent = await typed() | {"csrf": hidden((await client.get("/admin/tips/new")).text, "csrf")}
    await over(client)
    await Session.all().update(seen_at=now() - timedelta(hours=13))
    fields = carried((await client.post("/admin/tips", data=sent, headers=OURS[0])).text)
    await again(client)
    assert (await client.post("/admin/tips", data=fields, headers=OURS[0])).status_code == 403
    assert await Tip.all().count() == 0
