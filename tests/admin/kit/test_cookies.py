"""Every cookie that is ever set, on every way through the admin, under TLS as people meet it."""

import time
from collections.abc import Awaitable, Callable

import httpx
import pyotp
from starlette.applications import Starlette

from records.tables import Factor, Staff
from tests.admin.forms import hidden, send, some_tip
from tests.conftest import PASSWORD

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
NAMES = {
    *("__Host-ketnoi", "__Host-ketnoi_device", "__Host-ketnoi_language", "__Host-ketnoi_next"),
    *("__Host-ketnoi_flash", "__Host-ketnoi_step"),
}


async def cookies_of_a_day(app: Starlette) -> tuple[list[str], list[httpx.Response], set[str]]:
    """Each Set-Cookie, each answer and each session token of signing in twice, working and signing out."""
    told: list[str] = []
    answers: list[httpx.Response] = []
    tokens: set[str] = set()

    async def note(answer: httpx.Response) -> None:
        await answer.aread()
        told.extend(answer.headers.get_list("set-cookie"))
        answers.append(answer)
        if "__Host-ketnoi" in client.cookies:
            tokens.add(client.cookies["__Host-ketnoi"])

    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://127.0.0.1:8000",
        event_hooks={"response": [note]},
    )
    person = {"username": (await Staff.get()).username, "password": PASSWORD}
    await client.post("/admin/language", data={"language": "en", "next": "/admin/sign-in"})
    await client.post("/admin/sign-in", data=person)
    secret = hidden((await client.get("/admin/account/app")).text, "secret")
    app_shows = {"secret": secret, "one_time_code": pyotp.TOTP(secret).at(time.time()), "name": "Điện thoại"}
    await send(client, "/admin/account/app", app_shows)
    tip = await some_tip()
    await send(client, f"/admin/tips/{tip.id}/note", {"note": "Đã xem"})
    await client.get(f"/admin/tips/{tip.id}")
    await send(client, "/admin/proof", {"password": PASSWORD})
    await send(client, "/admin/sign-out", {}, at="/admin/account")
    await Factor.all().update(last_step=0)
    await client.post("/admin/sign-in", data=person)
    await client.post("/admin/sign-in/factor", data={"one_time_code": pyotp.TOTP(secret).at(time.time())})
    assert (await client.get("/admin/tips")).status_code == 200
    await client.aclose()
    return told, answers, tokens


async def test_cookies_are_bound_to_host_tls_and_site(app: Starlette, staff_client: SignIn) -> None:
    await staff_client()
    told, _, _ = await cookies_of_a_day(app)
    assert {cookie.partition("=")[0] for cookie in told} == NAMES
    for cookie in told:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts, cookie.partition("=")[0]
        assert not any(part.startswith("domain") for part in parts)


async def test_session_token_is_only_in_cookie_and_changes_each_time(
    app: Starlette, staff_client: SignIn
) -> None:
    await staff_client()
    _, answers, tokens = await cookies_of_a_day(app)
    # Signed in, a factor added, proved, signed in again.
    assert len(tokens) == 4
    for answer in answers:
        for token in tokens:
            assert token not in answer.text
            assert token not in str(answer.url)
            assert token not in answer.headers.get("location", "")
