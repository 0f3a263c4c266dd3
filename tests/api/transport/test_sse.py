"""graphql-sse in its mode of distinct connections: statuses, headers, events, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette

from api.transport import sse
from api.transport.capacity import Streams
from edge.capacity import ConcurrencyLimit
from tests.api.streaming import FOLLOW, streamed
from tests.api.transport.test_websocket import emptied, streams

__all__ = ["streams"]

MakeKey = Callable[..., Awaitable[str]]
ACCEPT = {"Accept": "text/event-stream"}


async def test_event_stream_headers_forbid_storing_and_buffering(served: str, partner_key: MakeKey) -> None:
    async with streamed(served, await partner_key()) as events:
        headers = events.answer.headers
        assert events.answer.status_code == 200
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert "Authorization" in headers["vary"]
        assert headers["content-language"] == "en"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "access-control-allow-origin" not in headers


async def test_event_stream_works_by_get(served: str, partner_key: MakeKey) -> None:
    headers = {**ACCEPT, "Authorization": f"Bearer {await partner_key()}"}
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"{served}/graphql", params={"query": FOLLOW}, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()
        seen = [await anext(lines) for _ in range(5)]
    assert seen[0] == ":"
    assert seen[2].startswith("id: ")
    assert seen[3] == "event: next"
    assert seen[4].startswith('data: {"data":{"changes":')


async def test_event_stream_has_status_when_request_is_wrong(served: str, partner_key: MakeKey) -> None:
    async with httpx.AsyncClient(base_url=served, headers=ACCEPT) as client:
        body = {"query": FOLLOW}
        wrong = await client.post("/graphql", json=body, headers={"Authorization": "Bearer wrong"})
        text = await client.post("/graphql", content="x", headers={"Content-Type": "text/plain"})
        broken = await client.post("/graphql", content="{", headers={"Content-Type": "application/json"})
        assert [wrong.status_code, text.status_code, broken.status_code] == [401, 415, 400]
        for answer in (wrong, text, broken):
            assert answer.headers["content-type"] == "application/json; charset=utf-8"
            assert "data" not in answer.json()


async def test_event_stream_ends_with_error_when_key_is_missing(served: str) -> None:
    async with streamed(served, None) as events:
        event = await events.next()
        assert event is not None
        assert "UNAUTHENTICATED" in event["data"]
        assert "id" not in event
        assert await events.next() == {"event": "complete", "data": ""}
        assert await events.next() is None


async def test_subscription_is_refused_with_hint_when_posted_plainly(
    served: str, partner_key: MakeKey
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}", "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=served) as client:
        answer = await client.post("/graphql", json={"query": FOLLOW}, headers=headers)
        both = {**headers, "Accept": "application/json, text/event-stream"}
        query = await client.post("/graphql", json={"query": "{ __typename }"}, headers=both)
    assert answer.status_code == 406
    assert "text/event-stream" in answer.json()["errors"][0]["message"]
    assert query.json()["data"] == {"__typename": "Query"}


async def test_event_stream_sends_comments_when_idle(
    served: str, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "_PING_SECONDS", 0.05)
    async with streamed(served, await partner_key()) as events:
        await events.feed()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await events.next()
        assert events.pings > 2


async def test_event_stream_frees_its_place_when_client_leaves(
    served: str,
    partner_key: MakeKey,
    streams: Streams,
) -> None:
    key = await partner_key()
    streams.subscriptions = ConcurrencyLimit(maximum=9, per_owner=2)
    for _ in range(2):
        async with streamed(served, key) as one, streamed(served, key) as two:
            await one.feed()
            await two.feed()
            async with streamed(served, key) as third:
                event = await third.next()
                assert event is not None
                assert "TOO_MANY_SUBSCRIPTIONS" in event["data"]
        assert await emptied(streams.subscriptions)
    assert not streams._callbacks


async def test_event_stream_ends_without_complete_when_process_stops(
    served: str, app: Starlette, partner_key: MakeKey
) -> None:
    async with streamed(served, await partner_key()) as events:
        await events.feed()
        app.state.services.streams.close()
        assert await events.next() is None
