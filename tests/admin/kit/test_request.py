"""What the guard does around a page where something is out of the ordinary."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from admin.kit import guard
from admin.kit.request import PageRequest
from records.core import events
from records.core.actor import Role
from records.core.language import Language
from records.tables import Session, Staff, TipEvent
from records.tables.tips import TipEventKind
from tests.admin.forms import HTMX, hidden, some_tip
from tests.admin.kit.test_resubmission import OURS
from tests.admin.privacy.test_reveals import typed
from tests.replaced import replaced_services

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
CODED = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nxn--zzzzzzz999\r\n--x--\r\n'


def request(app: Starlette, headers: dict[str, str] | None = None, method: str = "GET") -> Request:
    named = {"host": "127.0.0.1:8000"} | (headers or {})
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {
        "type": "http",
        "app": app,
        "method": method,
        "path": "/admin",
        "query_string": b"",
        "headers": raw,
    }
    return Request(scope | {"scheme": "http", "server": ("127.0.0.1", 8000)})


def cookies(client: httpx.AsyncClient) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


@pytest.mark.parametrize("raised", [HTTPException(418), ClientDisconnect()])
async def test_http_exception_is_left_to_starlette(app: Starlette, raised: Exception) -> None:
    async def endpoint(_request: PageRequest) -> Response:
        raise raised

    with pytest.raises(type(raised)):
        await guard.allow_anonymous(endpoint)(request(app))


async def test_fault_is_logged_with_account(
    app: Starlette, staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await staff_client()
    noted: list[dict[str, Any]] = []

    async def endpoint(_request: PageRequest) -> Response:
        raise RuntimeError

    def unexpected(_error: Exception, **fields: Any) -> str:
        noted.append(fields)
        return "reference"

    monkeypatch.setattr(events, "log_exception", unexpected)
    for headers in (cookies(client), {}):
        assert (await guard.allow_anonymous(endpoint)(request(app, headers))).status_code == 500
    assert noted == [{"actor": (await Staff.get()).id}, {"actor": None}]


async def test_language_and_sign_out_work_when_password_must_change(staff_client: SignIn) -> None:
    client = await staff_client()
    await Staff.all().update(renew_password=True)
    token = hidden((await client.get("/admin/account/password")).text, "csrf")
    spoken = await client.post("/admin/language", data={"csrf": token, "language": "vi", "next": "/admin"})
    assert spoken.headers["location"] != "/admin/account/password"
    left = await client.post("/admin/sign-out", data={"csrf": token})
    assert left.headers["location"] != "/admin/account/password"
    assert await Session.filter(ended_at__isnull=True).count() == 0


async def test_language_can_be_changed_when_factor_is_missing(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin/account")).text, "csrf")
    settings = replace(app.state.services.settings, second_factor=True)
    with replaced_services(app, settings=settings):
        spoken = await client.post(
            "/admin/language", data={"csrf": token, "language": "vi", "next": "/admin"}
        )
    assert spoken.headers["location"] != "/admin/account"


async def test_htmx_block_gets_no_whole_page_when_form_is_over(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    sent = await typed() | {"csrf": "0" * 64}
    answer = await client.post("/admin/tips", data=sent, headers=HTMX | OURS[0])
    assert answer.status_code == 403
    assert "<form" not in answer.text


async def test_form_of_stranger_is_not_marked_carried_out(api: httpx.AsyncClient, database: str) -> None:
    sent = {"username": "nobody", "password": "x" * 20, "idempotency_key": "abc"}
    assert (await api.post("/admin/sign-in", data=sent)).status_code == 422


async def test_refused_form_is_refused_again_alike(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    token = hidden((await client.get("/admin/tips/new")).text, "csrf")
    sent = {"csrf": token, "idempotency_key": "abc", "note": "Thử nghiệm"}
    answers = [await client.post(f"/admin/tips/{uuid4()}/note", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_multipart_form_is_refused_when_not_expected(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    token = hidden((await client.get(f"/admin/tips/{tip.id}")).text, "csrf")
    parts: Any = {"csrf": (None, token), "note": (None, "Thử nghiệm")}
    assert (await client.post(f"/admin/tips/{tip.id}/note", files=parts)).status_code == 422
    assert await TipEvent.filter(kind=TipEventKind.NOTED).count() == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"y"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\ny\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x; charset=idna", CODED),
    ],
)
async def test_multipart_form_is_refused_when_malformed(staff_client: SignIn, kind: str, body: bytes) -> None:
    client = await staff_client(Role.OFFICER)
    path = f"/admin/tips/{uuid4()}/attachments"
    answer = await client.post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert "Send this as a form." in answer.text


async def test_return_address_is_kept_whole(app: Starlette, api: httpx.AsyncClient, database: str) -> None:
    away = await api.get("/admin/tips", params={"q": "x"})
    assert away.headers["location"].endswith("next=%2Fadmin%2Ftips%3Fq%3Dx")
    came = request(app, {"referer": "http://127.0.0.1:8000/admin/tips?q=x"}, "POST")
    assert (
        guard._redirect_to_reauthentication(PageRequest(came, Language.EN))
        .headers["location"]
        .endswith("%2Fadmin%2Ftips%3Fq%3Dx")
    )


async def test_proof_leads_to_first_page_when_no_page_is_named(app: Starlette) -> None:
    for referer in ({}, {"referer": "http://["}, {"referer": "http://127.0.0.1:8000"}, {"referer": "x"}):
        away = guard._redirect_to_reauthentication(PageRequest(request(app, referer, "POST"), Language.EN))
        assert away.headers["location"] == "/admin/proof?next=%2Fadmin"


async def test_page_clears_no_flash_message_when_none_is_set(staff_client: SignIn) -> None:
    assert "set-cookie" not in (await (await staff_client()).get("/admin")).headers
