"""New tips while the inbox is open: how many, for whom, and when the stream ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from edge.capacity import ConcurrencyLimit
from records.core.actor import Role
from records.core.dates import now
from records.tables import Session
from tests.admin.forms import some_tip
from tests.admin.nouns.tip_support import SignIn
from tests.replaced import replaced_services

PATH = "/admin/tips/arrivals"
STREAM = {"Accept": "text/event-stream"}


def since(**ago: int) -> dict[str, str]:
    return {"since": (now() - timedelta(**ago)).isoformat()}


@asynccontextmanager
async def stream(client: httpx.AsyncClient, live: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream that begins now, without pings."""
    async with (
        httpx.AsyncClient(base_url=live, cookies=dict(client.cookies), timeout=30) as browser,
        browser.stream("GET", PATH, params=since(), headers=STREAM) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (line async for line in answer.aiter_lines() if line not in {"", ":"})


async def test_arrivals_are_counted_in_own_areas_only(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    assert (await client.get(PATH, params=since())).text == ""
    await some_tip()
    await some_tip("Nơi khác (minh họa)", area="30244")
    answer = await client.get(PATH, params=since(minutes=1))
    assert (answer.status_code, answer.text) == (200, "1 new tips")
    assert (await client.get(PATH, params=since())).text == ""


@pytest.mark.parametrize("moment", ["", "x", "2026-01-01", "2026-01-01T00:00:00"])
async def test_arrivals_are_refused_when_moment_is_invalid(staff_client: SignIn, moment: str) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    assert (await client.get(PATH, params={"since": moment})).status_code == 422


async def test_arrivals_keep_no_session_alive(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    earlier = now() - timedelta(minutes=30)
    await Session.all().update(seen_at=earlier)
    await client.get(PATH, params=since())
    assert (await Session.all().get()).seen_at == earlier
    await client.get("/admin/tips")
    assert (await Session.all().get()).seen_at > earlier


async def test_stream_tells_number_when_tip_arrives(staff_client: SignIn, live: str) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    async with stream(client, live) as lines, asyncio.timeout(20):
        await some_tip("Nơi khác (minh họa)", area="30244")
        await some_tip("Trộm xe (minh họa)")
        assert await anext(lines) == "data: 1 new tips"


async def test_stream_ends_when_session_ends(staff_client: SignIn, live: str) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    async with stream(client, live) as lines, asyncio.timeout(20):
        await Session.all().update(ended_at=now())
        await some_tip()
        assert [line async for line in lines] == []


async def test_stream_asks_for_polling_when_session_has_too_many(
    app: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    with replaced_services(app, page_streams=ConcurrencyLimit(10, per_owner=0)):
        answer = await client.get(PATH, params=since(), headers=STREAM)
    assert answer.text == "event: poll\ndata:\n\n"


async def test_stream_ends_when_service_stops(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    stopping = asyncio.Event()
    stopping.set()
    with replaced_services(app, stopping=stopping):
        assert (await client.get(PATH, params=since(), headers=STREAM)).text == ":\n\n"
