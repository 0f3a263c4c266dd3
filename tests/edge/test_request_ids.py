"""An id for each request, and an answer to each: with a reference, and without a word of why."""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

import edge
from records.changes import unit_of_work
from records.core import events
from records.core.actor import Role, system_actor
from records.core.language import Language
from records.core.log import JsonFormatter
from records.tables import AuditEntry, Tip
from tests.admin.forms import HTMX, send, some_tip

SECRET = "Nguyễn Thị Canary 0912 345 678"
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    return [json.loads(JsonFormatter().format(record)) for record in caplog.records]


def build_middleware(endpoint: Callable[[Request], Awaitable[Response]]) -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/x/{id}", endpoint, methods=["GET", "POST"])], middleware=edge.build_middleware(["*"])
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_request_id_is_not_taken_from_caller(api: httpx.AsyncClient) -> None:
    for given in ("0912345678", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"):
        answer = await api.get("/health/live", headers={"X-Request-Id": given})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_audit_entry_has_id_of_its_request(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client(Role.COMMANDER)
    answer = await send(client, f"/admin/tips/{tip.id}/note", {"note": "đã gọi"})
    assert answer.status_code == 303, answer.text
    assert (await AuditEntry.all().order_by("-seq").first()).request_id == answer.headers["x-request-id"]  # type: ignore[union-attr]
    assert system_actor("one").request_id != system_actor("two").request_id


async def test_internal_error_is_logged_by_kind_place_and_route_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(request: Request) -> Response:
        raise LookupError(f"{SECRET} {request.path_params} {await request.body()!r}")

    answer = await build_middleware(broken).post(
        f"/x/{SECRET}", params={"q": SECRET}, content=SECRET.encode()
    )
    (line,) = lines(caplog)
    assert answer.status_code == 500
    assert line.pop("request") == answer.headers["x-request-id"]
    assert "test_request_ids" in line.pop("where")
    assert line.pop("at").endswith("Z")
    told = {
        "level": "ERROR",
        "event": "fault",
        "method": "POST",
        "route": "/x/{id}",
        "kind": "builtins.LookupError",
    }
    assert line == told


async def test_answer_breaks_off_when_it_fails_halfway(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def half(_request: Request) -> Response:
        async def parts() -> Any:
            yield b"half"
            raise LookupError(SECRET)

        return StreamingResponse(parts())

    async def left(_request: Request) -> Response:
        raise ClientDisconnect

    with pytest.raises(LookupError):
        await build_middleware(half).get("/x/1")
    assert [line["event"] for line in lines(caplog)] == ["fault"]
    caplog.clear()
    with pytest.raises(AssertionError):  # the transport misses an answer; nobody else does
        await build_middleware(left).get("/x/1")
    assert lines(caplog) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.VI, "Thao tác không thực hiện được"), (Language.EN, "The action failed")],
)
async def test_error_page_is_translated_and_has_reference(
    staff_client: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    language: Language,
    said: str,
) -> None:
    client = await staff_client(Role.COMMANDER, language=language)

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("admin.kit.nouns.index.paginate", broken)
    caplog.clear()
    whole, part = await client.get("/admin/tips"), await client.get("/admin/tips", headers=HTMX)
    for answer in (whole, part):
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] in answer.text
        assert not re.search(r"Traceback|RuntimeError|Canary|\.py", answer.text)
    assert said in whole.text
    assert 'hx-swap-oob="innerHTML"' in part.text
    assert [line["event"] for line in lines(caplog) if line["level"] == "ERROR"] == ["fault", "fault"]
    assert "Canary" not in str(lines(caplog))


async def test_pages_are_hidden_when_session_cannot_be_read(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = await some_tip("Tin kín")
    client = await staff_client(Role.COMMANDER)

    async def broken(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("records.access.staff.authenticate", broken)
    for path in ("/admin", "/admin/tips", f"/admin/tips/{tip.id}", "/admin/sign-in"):
        answer = await client.get(path)
        assert answer.status_code == 500
        assert "Tin kín" not in answer.text
        assert "Cán bộ mẫu" not in answer.text


async def test_change_is_refused_when_audit_entry_cannot_be_written(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = await some_tip()
    client = await staff_client(Role.COMMANDER)

    async def broken(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(unit_of_work, "store_entry", broken)
    answer = await send(client, f"/admin/tips/{tip.id}/verification", {})
    assert answer.status_code == 500
    assert (await Tip.get(id=tip.id)).status is tip.status


async def test_log_hides_unknown_method_and_route(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def noted(_request: Request) -> Response:
        events.log(events.Event.MISSED)
        return Response()

    caplog.set_level(logging.DEBUG)
    await build_middleware(noted).request("GET", "/x/0912345678")
    with events.request_context(events.RequestContext("1", "CANARY", lambda: f"/{SECRET}")):
        events.log(events.Event.MISSED)
    told = [(line["method"], line["route"]) for line in lines(caplog) if line["event"] == "access.missed"]
    assert told == [("GET", "/x/{id}"), ("OTHER", "?")]
