"""Where an installation wants two factors, a password alone opens nothing but the way to add one."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import httpx
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

import admin
from records.core.actor import Role
from records.tables import Factor, Session, Staff
from records.tables.staff import AuthenticationStrength
from tests.admin.forms import HTMX, hidden, send
from tests.admin.matrix import OPEN
from tests.conftest import PASSWORD
from tests.replaced import replaced_services

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
# What somebody needs to add a factor or show one, to change a password that has to be changed, or to leave.
ALLOWED = {
    *("/admin/account", "/admin/account/app", "/admin/account/passkey", "/admin/account/password"),
    *("/admin/proof", "/admin/sign-out"),
}
STRANGERS = {entry.split()[-1] for entry in OPEN}


@contextmanager
def wanting_a_factor(app: Starlette) -> Iterator[None]:
    """The service of an installation that requires a second factor of staff."""
    with replaced_services(app, settings=replace(app.state.services.settings, second_factor=True)):
        yield


@pytest.fixture
async def strict(app: Starlette) -> AsyncIterator[Starlette]:
    with wanting_a_factor(app):
        yield app


def others() -> list[tuple[str, str]]:
    return [
        (method, route.path.replace("{id:uuid}", str(uuid4())).replace("{rest:path}", "nothing"))
        for route in admin.routes()
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"})
        if route.path not in ALLOWED | STRANGERS
    ]


async def test_password_alone_opens_no_page_and_accepts_no_form(
    strict: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client(Role.COMMANDER)
    token = hidden((await client.get("/admin/account")).text, "csrf")
    assert len(others()) > 40
    for method, path in others():
        answer = await client.request(method, path, data={"csrf": token} if method == "POST" else None)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/account"), (method, path)
    block = await client.get("/admin/tips", headers=HTMX)
    assert (block.headers["hx-redirect"], block.text) == ("/admin/account", "")


async def test_account_page_explains_missing_factor(strict: Starlette, staff_client: SignIn) -> None:
    page = (await (await staff_client(Role.COMMANDER)).get("/admin/account")).text
    assert "With your password alone you can open only this page." in page
    assert 'href="/admin/tips"' not in page


async def test_pages_open_under_new_token_when_factor_is_added(
    strict: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client(Role.COMMANDER)
    before = client.cookies["ketnoi_session"]
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    sent = {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    added = await send(client, "/admin/account/app", sent)
    assert added.status_code == 200
    # The page that follows works: what it carries is of the new token.
    assert (await client.get("/admin/tips")).status_code == 200
    assert (await Session.get()).strength is AuthenticationStrength.TWO
    assert client.cookies["ketnoi_session"] != before
    client.cookies.set("ketnoi_session", before)
    assert (await client.get("/admin/account")).headers["location"].startswith("/admin/sign-in")


async def test_pages_open_at_once_when_signed_in_with_two_factors(
    strict: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client(Role.COMMANDER)
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    sent = {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    await send(client, "/admin/account/app", sent)
    await Factor.all().update(last_step=0)
    other = httpx.AsyncClient(transport=httpx.ASGITransport(strict), base_url="http://127.0.0.1:8000")
    row = await Staff.get()
    first = await other.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    assert first.headers["location"] == "/admin/sign-in/factor"
    assert (await other.get("/admin/account")).status_code == 303
    await other.post("/admin/sign-in/factor", data={"one_time_code": pyotp.TOTP(secret).at(time.time())})
    assert (await other.get("/admin/tips")).status_code == 200


async def test_session_of_one_factor_continues_when_other_is_shown(
    app: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client(Role.COMMANDER)
    row = await Staff.get()
    other = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
    await other.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    sent = {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    await send(client, "/admin/account/app", sent)
    await Factor.all().update(last_step=0)
    with wanting_a_factor(app):
        assert "Use your authenticator app or passkey" in (await other.get("/admin/account")).text
        await send(other, "/admin/proof", {"password": PASSWORD})
        assert (await other.get("/admin/tips")).status_code == 303
        await send(other, "/admin/proof", {"one_time_code": pyotp.TOTP(secret).at(time.time())})
        assert (await other.get("/admin/tips")).status_code == 200
