"""One's own account at the admin's door: two people, two tabs, stolen cookies, replayed forms."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pyotp
import pytest
from starlette.applications import Starlette

from admin.sign_in.browser import device_name
from records.access import staff
from records.core.actor import Role, system_actor
from records.core.dates import now
from records.tables import Factor, Session, Staff, Throttle
from records.tables.staff import FactorKind
from tests.admin.forms import HTMX, hidden, send
from tests.conftest import PASSWORD, area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
COOKIE = "ketnoi_session"


def visitor(app: Starlette, scheme: str = "http") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1:8000")


async def enrolled(client: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Adds an app as a person does; its secret and the recovery codes that were shown."""
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    answer = await send(
        client,
        "/admin/account/app",
        {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"},
    )
    assert answer.status_code == 200, answer.text
    # So that the same step can sign in: in life half a minute has passed.
    await Factor.all().update(last_step=0)
    return secret, re.findall(r"<code>([a-z2-7-]{29})</code>", answer.text)


async def first_step(app: Starlette) -> httpx.AsyncClient:
    client, row = visitor(app), await Staff.all().get()
    sent = {"username": row.username, "password": PASSWORD, "next": "/admin/groups"}
    answer = await client.post("/admin/sign-in", data=sent)
    assert answer.headers["location"] == "/admin/sign-in/factor"
    assert COOKIE not in client.cookies
    return client


async def long_ago() -> None:
    """As if everybody had last shown who they are a while ago."""
    await Session.all().update(proved_at=now() - timedelta(minutes=11))


async def test_password_alone_opens_nothing_when_app_is_enrolled(
    app: Starlette, staff_client: SignIn
) -> None:
    secret, _ = await enrolled(await staff_client())
    client = await first_step(app)
    assert (await client.get("/admin")).status_code == 303
    wrong = await client.post("/admin/sign-in/factor", data={"one_time_code": "abc"})
    assert wrong.status_code == 422
    answer = await client.post(
        "/admin/sign-in/factor", data={"one_time_code": pyotp.TOTP(secret).at(time.time())}
    )
    assert answer.headers["location"] == "/admin/groups"
    assert (await client.get("/admin")).status_code == 200


async def test_app_code_cannot_be_sent_again(app: Starlette, staff_client: SignIn) -> None:
    secret, _ = await enrolled(await staff_client())
    code = {"one_time_code": pyotp.TOTP(secret).at(time.time())}
    assert (await (await first_step(app)).post("/admin/sign-in/factor", data=code)).status_code == 303
    again = await (await first_step(app)).post("/admin/sign-in/factor", data=code)
    assert again.status_code == 422


async def test_recovery_code_signs_in_once(app: Starlette, staff_client: SignIn) -> None:
    _, codes = await enrolled(await staff_client())
    assert len(codes) == 10
    sent = {"one_time_code": codes[3]}
    assert (await (await first_step(app)).post("/admin/sign-in/factor", data=sent)).status_code == 303
    assert (await (await first_step(app)).post("/admin/sign-in/factor", data=sent)).status_code == 422


async def test_second_step_needs_first_step(app: Starlette) -> None:
    client = visitor(app)
    for answer in (
        await client.get("/admin/sign-in/factor"),
        await client.post("/admin/sign-in/factor", data={"one_time_code": "123456"}),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/sign-in")


async def test_sign_in_ends_former_session_of_browser(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client()
    old, row = client.cookies[COOKIE], await Staff.all().get()
    csrf = hidden((await client.get("/admin")).text, "csrf")
    sent = {"username": row.username, "password": PASSWORD, "csrf": csrf}
    assert (await client.post("/admin/sign-in", data=sent)).status_code == 303
    assert client.cookies[COOKIE] != old
    thief = visitor(app)
    thief.cookies.set(COOKIE, old)
    assert (await thief.get("/admin")).status_code == 303


async def test_stolen_cookie_opens_nothing_when_session_is_ended(
    app: Starlette, staff_client: SignIn
) -> None:
    await staff_client()
    row = await Staff.all().get()
    thief, owner = visitor(app), visitor(app)
    for client in (thief, owner):
        await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    assert (await thief.get("/admin")).status_code == 200
    ended = await send(owner, "/admin/account/sessions", {}, at="/admin/account")
    assert ended.status_code == 303
    assert (await thief.get("/admin")).status_code == 303
    assert (await owner.get("/admin")).status_code == 200


async def test_session_of_another_cannot_be_ended(staff_client: SignIn) -> None:
    one, other = await staff_client(), await staff_client()
    theirs = await Session.all().order_by("-created_at").first()
    assert theirs is not None
    path = f"/admin/account/sessions/{theirs.id}/ending"
    assert (await send(one, path, {}, at="/admin/account")).status_code == 404
    assert (await other.get("/admin")).status_code == 200


async def test_account_page_shows_devices_and_no_address(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client()
    row = await Staff.all().get()
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    await visitor(app).post(
        "/admin/sign-in",
        data={"username": row.username, "password": PASSWORD},
        headers={"User-Agent": agent},
    )
    page = (await client.get("/admin/account")).text
    assert "Chrome, Android" in page
    assert "127.0.0.1" not in page


async def test_sensitive_page_needs_fresh_proof_and_then_opens(staff_client: SignIn) -> None:
    client = await staff_client()
    await long_ago()
    asked = await client.get("/admin/account/app")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/admin/proof?next=%2Fadmin%2Faccount%2Fapp",
    )
    old = client.cookies[COOKIE]
    wrong = await send(client, "/admin/proof", {"password": "x", "next": "/admin/account/app"})
    assert wrong.status_code == 422
    assert re.search(
        r'id="field-password-problem".*?</span> The password is not correct', wrong.text, re.DOTALL
    )
    right = await send(client, "/admin/proof", {"password": PASSWORD, "next": "/admin/account/app"})
    assert right.headers["location"] == "/admin/account/app"
    assert client.cookies[COOKIE] != old
    assert (await client.get("/admin/account/app")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/account/sessions",
        "/admin/account/recovery-codes",
        "/admin/account/app",
        "/admin/account/passkey",
    ],
)
async def test_sensitive_form_needs_fresh_proof(staff_client: SignIn, path: str) -> None:
    client = await staff_client()
    await long_ago()
    headers = {"Referer": "http://127.0.0.1:8000/admin/account"}
    answer = await send(client, path, {}, at="/admin/account", headers=headers)
    assert answer.headers["location"] == "/admin/proof?next=%2Fadmin%2Faccount"
    assert await Factor.all().count() == 0


async def test_proof_opens_as_whole_page_for_htmx(staff_client: SignIn) -> None:
    client = await staff_client()
    await long_ago()
    answer = await client.get("/admin/account/app", headers=HTMX)
    assert answer.headers["hx-redirect"] == "/admin/proof?next=%2Fadmin%2Faccount%2Fapp"


async def test_form_is_refused_when_older_than_proof(staff_client: SignIn) -> None:
    client = await staff_client()
    other_tab = hidden((await client.get("/admin")).text, "csrf")
    await send(client, "/admin/proof", {"password": PASSWORD})
    assert (await client.post("/admin/sign-out", data={"csrf": other_tab})).status_code == 403
    assert (await client.get("/admin")).status_code == 200


async def test_tabs_of_one_session_work_until_sign_out(staff_client: SignIn) -> None:
    client = await staff_client()
    one, other = [hidden((await client.get("/admin")).text, "csrf") for _ in range(2)]
    language = {"language": "en", "next": "/admin"}
    assert (await client.post("/admin/language", data={"csrf": one, **language})).status_code == 303
    assert (await client.post("/admin/language", data={"csrf": other, **language})).status_code == 303
    token = client.cookies[COOKIE]
    await client.post("/admin/sign-out", data={"csrf": one})
    client.cookies.set(COOKIE, token)
    replayed = await client.post("/admin/sign-out", data={"csrf": other})
    assert replayed.headers["location"].startswith("/admin/sign-in")


async def test_form_is_refused_in_session_of_another(staff_client: SignIn) -> None:
    one, other = await staff_client(), await staff_client()
    token = hidden((await one.get("/admin")).text, "csrf")
    assert (await other.post("/admin/sign-out", data={"csrf": token})).status_code == 403


async def test_role_change_signs_out_at_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER)
    row = await Staff.all().get()
    await staff.set_rights(row.username, role=Role.FRONT, areas=await area_ids("82"), by=system_actor("test"))
    assert (await client.get("/admin/tips")).headers["location"].startswith("/admin/sign-in")
    await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    assert (await client.get("/admin/tips")).status_code == 403


async def test_new_password_keeps_this_browser_and_ends_others(app: Starlette, staff_client: SignIn) -> None:
    client, new = await staff_client(), "một câu hoàn toàn khác"
    row, other = await Staff.all().get(), visitor(app)
    await other.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    for current, password, problem in (
        ("x", new, "not your current password"),
        (PASSWORD, "ngắn", "at least 15 characters"),
        (PASSWORD, "ketnoi2026ketnoi2026", "too common"),
        ("", "", "Enter a value"),
    ):
        sent = {"current": current, "password": password}
        wrong = await send(client, "/admin/account/password", sent, at="/admin/account")
        assert wrong.status_code == 422
        assert problem in wrong.text
    sent = {"current": PASSWORD, "password": new}
    assert (await send(client, "/admin/account/password", sent, at="/admin/account")).status_code == 303
    assert (await client.get("/admin")).status_code == 200
    assert (await other.get("/admin")).status_code == 303


async def test_factor_is_removed_by_its_owner(staff_client: SignIn) -> None:
    client = await staff_client()
    await enrolled(client)
    factor = await Factor.all().get()
    assert factor.kind is FactorKind.TOTP
    other = await staff_client()
    path = f"/admin/account/factors/{factor.id}/removal"
    assert (await send(other, path, {}, at="/admin/account")).status_code == 404
    assert (await send(client, path, {}, at="/admin/account")).status_code == 303
    assert await Factor.all().count() == 0


async def test_recovery_codes_need_factor(staff_client: SignIn) -> None:
    client = await staff_client()
    path = "/admin/account/recovery-codes"
    assert (await send(client, path, {}, at="/admin/account")).status_code == 422
    _, old = await enrolled(client)
    page = (await send(client, path, {}, at="/admin/account")).text
    new = re.findall(r"<code>([a-z2-7-]{29})</code>", page)
    assert len(new) == 10
    assert not set(old) & set(new)
    shown = (await client.get("/admin/account")).text
    assert not any(code in shown for code in new)


async def test_app_is_not_added_and_secret_stays_when_code_is_wrong(staff_client: SignIn) -> None:
    client = await staff_client()
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    sent = {"secret": secret, "one_time_code": "abc", "name": "x"}
    answer = await send(client, "/admin/account/app", sent)
    assert answer.status_code == 422
    assert hidden(answer.text, "secret") == secret
    assert 'href="#field-one_time_code"' in answer.text
    assert await Factor.all().count() == 0


@pytest.mark.parametrize("secret", ["", "A", "<b>", "đ" * 32])
async def test_app_secret_is_replaced_when_not_issued_here(staff_client: SignIn, secret: str) -> None:
    client = await staff_client()
    answer = await send(
        client, "/admin/account/app", {"secret": secret, "one_time_code": "123456", "name": "x"}
    )
    assert answer.status_code == 422
    assert len(hidden(answer.text, "secret")) == 32
    assert await Factor.all().count() == 0


@pytest.mark.parametrize("answer", ["", "{}", "[]", '{"rawId": 1}', '{"rawId": "AA"}', "[" * 5000])
async def test_passkey_sign_in_fails_when_answer_is_invalid(app: Starlette, answer: str) -> None:
    client = visitor(app)
    page = (await client.get("/admin/sign-in/passkey")).text
    sent = {"challenge": hidden(page, "challenge"), "passkey_answer": answer}
    assert (await client.post("/admin/sign-in/passkey", data=sent)).status_code == 422
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("answer", ["", "{}", "[]", '{"rawId": 1}', "[" * 5000])
async def test_passkey_is_not_added_when_answer_is_invalid(staff_client: SignIn, answer: str) -> None:
    client = await staff_client()
    page = (await client.get("/admin/account/passkey")).text
    sent = {"challenge": hidden(page, "challenge"), "passkey_answer": answer, "name": "x"}
    assert (await send(client, "/admin/account/passkey", sent)).status_code == 422
    assert await Factor.all().count() == 0


async def test_known_browser_signs_in_when_attempts_are_throttled(
    app: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client()
    row, stranger = await Staff.all().get(), visitor(app)
    await send(client, "/admin/sign-out", {}, at="/admin")
    await Throttle.all().delete()
    wrong = {"username": row.username, "password": "sai mật khẩu hoàn toàn"}
    answers = [(await stranger.post("/admin/sign-in", data=wrong)).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    right = {"username": row.username, "password": PASSWORD}
    assert (await stranger.post("/admin/sign-in", data=right)).status_code == 429
    assert (await client.post("/admin/sign-in", data=right)).status_code == 303


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_device_is_named_by_its_family_only(agent: str, said: str) -> None:
    assert device_name(agent) == said
