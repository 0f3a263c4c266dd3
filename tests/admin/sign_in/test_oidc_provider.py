"""A provider that answers otherwise than one should, or otherwise than most do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from admin.sign_in.oidc import CALLBACK_PATH
from records.access.staff import identities
from records.core.actor import system_actor
from records.tables import Staff
from tests.admin.conftest import (
    HERE,
    START,
    offer,
    signed_in,
    visitor,
    way,
)
from tests.node.provider import SUBJECT, Trial, running


@pytest.mark.parametrize(
    "answer", [[200, {}], [200, {"id_token": 7}], [200, {"id_token": "a.b.c"}], [400, {}]]
)
async def test_sign_in_fails_when_provider_sends_no_token(
    app: Starlette, trial: Trial, linked: Staff, answer: list[Any]
) -> None:
    said = await signed_in(visitor(app), trial, answer=answer)
    assert said.status_code == 422
    assert "failed. Try again" in said.text


@pytest.mark.parametrize("answer", [[500, {}], [200, "<html>"], [200, []], [200, {"a": "b" * 300_000}]])
async def test_provider_counts_as_down_when_answer_is_invalid(
    app: Starlette, trial: Trial, linked: Staff, answer: list[Any]
) -> None:
    said = await signed_in(visitor(app), trial, answer=answer)
    assert said.status_code == 503
    assert "is not responding" in said.text


@asynccontextmanager
async def answering(text: str) -> AsyncIterator[str]:
    """The address of what answers with `text` ({here} is that address); at /right it answers as it should."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        given = RIGHT if asked.startswith(b"GET /right ") else text
        writer.write(given.replace("{here}", here).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield here


OK = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
SAFE = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "{here}/x")
RIGHT = OK + json.dumps({"issuer": "{here}"} | SAFE)


@pytest.mark.parametrize(
    "text",
    [
        OK + json.dumps({"issuer": "https://elsewhere.example"} | SAFE),
        OK + json.dumps({"issuer": "{here}/"} | SAFE),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"token_endpoint": "http://elsewhere.example/token"}),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"authorization_endpoint": "javascript:alert(1)"}),
        OK + json.dumps({"issuer": "{here}"} | SAFE | {"jwks_uri": None}),
        OK + json.dumps({"issuer": "{here}", "x": "x" * 300_000} | SAFE),
        OK + "[" * 100_000,
        OK + "chào",
        "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {here}/right\r\n\r\n{}",
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{}",
        "no HTTP at all\r\n\r\n",
    ],
)
async def test_provider_is_refused_when_metadata_is_wrong(
    app: Starlette, trial: Trial, linked: Staff, text: str
) -> None:
    async with answering(text) as issuer:
        offer(app, trial.provider(issuer=issuer))
        answer = await visitor(app).get(START)
    assert answer.status_code == 503
    assert "is not responding" in answer.text


async def test_provider_is_given_up_when_it_never_finishes(
    app: Starlette, trial: Trial, linked: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.access.staff.oidc.http._WHOLE_SECONDS", 0.2)
    async with answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") as issuer:
        offer(app, trial.provider(issuer=issuer))
        assert (await visitor(app).get(START)).status_code == 503


async def moved(app: Starlette, linked: Staff, own: Trial) -> None:
    """Lets somebody sign in at another provider than before."""
    offer(app, own.provider())
    await identities.unlink_for(linked.username, by=system_actor("test"))
    await identities.link_for(linked.username, own.issuer, SUBJECT, by=system_actor("test"))


async def test_provider_metadata_is_read_once_and_keys_when_unknown(app: Starlette, linked: Staff) -> None:
    with running(HERE + CALLBACK_PATH) as own:
        await moved(app, linked, own)
        assert (await signed_in(visitor(app), own)).status_code == 303
        for algorithm in ("RS256", "PS256", "ES256"):
            assert (await signed_in(visitor(app), own, rotate=algorithm)).status_code == 303
    # It is gone; the way to it is still known.
    assert (await way(visitor(app))).startswith(own.issuer)


async def test_client_secret_is_in_form_when_provider_wants_it(app: Starlette, linked: Staff) -> None:
    with running(HERE + CALLBACK_PATH, "client_secret_post") as own:
        await moved(app, linked, own)
        assert (await signed_in(visitor(app), own)).status_code == 303


async def test_client_signs_in_without_secret(app: Starlette, trial: Trial, linked: Staff) -> None:
    offer(app, trial.provider(client_id="ketnoi:cong khai", secret=None))
    assert (await signed_in(visitor(app), trial)).status_code == 303


async def test_sign_in_fails_when_client_secret_is_wrong(app: Starlette, trial: Trial, linked: Staff) -> None:
    offer(app, trial.provider(secret="wrong"))
    assert "failed. Try again" in (await signed_in(visitor(app), trial)).text
