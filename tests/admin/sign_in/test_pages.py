from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette

from records.core.actor import Role
from records.core.language import Language
from records.tables import Session, Staff
from tests.admin.forms import send
from tests.conftest import PASSWORD

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def person(staff_client: SignIn) -> Staff:
    await staff_client(Role.OFFICER)
    return await Staff.all().get()


def visitor(app: Starlette, scheme: str = "http") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1:8000")


async def test_wrong_password_and_wrong_name_get_same_answer(app: Starlette, person: Staff) -> None:
    client = visitor(app)
    wrong = [
        await client.post("/admin/sign-in", data={"username": name, "password": "sai mật khẩu hoàn toàn"})
        for name in (person.username, "khong-co-ai")
    ]
    assert [answer.status_code for answer in wrong] == [422, 422]
    assert wrong[0].text.replace(person.username, "") == wrong[1].text.replace("khong-co-ai", "")
    assert not client.cookies


async def test_sign_in_goes_to_wanted_page(app: Starlette, person: Staff) -> None:
    client = visitor(app)
    sent = {"username": person.username, "password": PASSWORD, "next": "/admin/tips?q=x"}
    answer = await client.post("/admin/sign-in", data=sent)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin/tips?q=x"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ketnoi_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_session_cookie_is_bound_to_host_under_tls(app: Starlette, person: Staff) -> None:
    answer = await visitor(app, "https").post(
        "/admin/sign-in", data={"username": person.username, "password": PASSWORD}
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ketnoi=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_session_token_is_not_stored_in_clear(app: Starlette, person: Staff) -> None:
    client = visitor(app)
    await client.post("/admin/sign-in", data={"username": person.username, "password": PASSWORD})
    token = client.cookies["ketnoi_session"]
    assert all(token.encode() not in row.token_hash for row in await Session.all())


async def test_ended_session_opens_nothing(staff_client: SignIn) -> None:
    client = await staff_client()
    token = client.cookies["ketnoi_session"]
    await send(client, "/admin/sign-out", {}, at="/admin")
    client.cookies.set("ketnoi_session", token)
    assert (await client.get("/admin")).status_code == 303


async def test_language_is_stored_with_account(staff_client: SignIn) -> None:
    client = await staff_client(language=Language.VI)
    assert "Tổng quan" in (await client.get("/admin")).text
    await send(client, "/admin/language", {"language": "en", "next": "/admin"}, at="/admin")
    page = (await client.get("/admin")).text
    assert '<html lang="en"' in page
    assert "Dashboard" in page
    assert (await Staff.all().get()).language is Language.EN


async def test_sign_in_page_is_vietnamese_until_language_is_chosen(app: Starlette) -> None:
    client = visitor(app)
    assert "Đăng nhập" in (await client.get("/admin/sign-in")).text
    await client.post("/admin/language", data={"language": "en", "next": "/admin/sign-in"})
    assert "Sign in" in (await client.get("/admin/sign-in")).text


async def test_unknown_language_is_refused(app: Starlette) -> None:
    assert (await visitor(app).post("/admin/language", data={"language": "fr"})).status_code == 422
