"""graphql-transport-ws to the letter: who may open a socket, what closes it and why, how many there are."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus

from api.cost.limits import BODY_BYTES
from api.transport import websocket as sockets
from api.transport.capacity import Streams
from api.transport.streams import StreamMessage
from edge.capacity import CapacityExceeded, ConcurrencyLimit
from records.access import partners
from records.access.partners import revoke_key
from records.core.actor import Scope, system_actor
from records.security.rate_limits import RateLimiter
from records.tables import Partner, PartnerUsage
from tests.api.streaming import FOLLOW, opened
from tests.api.transport.oauth_support import got
from tests.replaced import replaced_services

MakeKey = Callable[..., Awaitable[str]]
INIT = {"type": "connection_init"}


async def hello(key: str, **more: Any) -> dict[str, Any]:
    return {**INIT, "payload": {"Authorization": f"Bearer {key}", **more}}


@pytest.fixture
def streams(app: Starlette) -> Iterator[Streams]:
    """What may be open, to be made smaller."""
    with replaced_services(app, streams=Streams()) as services:
        yield services.streams


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}
# What is sent once the connection has begun, and how the server closes it.
CLOSES: dict[str, tuple[list[Any], int]] = {
    "no JSON": (["{"], 4400),
    "no object": ([[INIT]], 4400),
    "nothing": ([""], 4400),
    "bytes": ([b"{}"], 4400),
    "no type": ([{"id": "1"}], 4400),
    "an unknown type": ([{"type": "start", "id": "1", "payload": {"query": FOLLOW}}], 4400),
    "no id": ([{"type": "subscribe", "payload": {"query": FOLLOW}}], 4400),
    "an empty id": ([{**SUBSCRIBE, "id": ""}], 4400),
    "an id that is no text": ([{**SUBSCRIBE, "id": 1}], 4400),
    "no payload": ([{"type": "subscribe", "id": "1"}], 4400),
    "a query that is no text": ([{**SUBSCRIBE, "payload": {"query": 1}}], 4400),
    "variables that are a list": ([{**SUBSCRIBE, "payload": {"query": FOLLOW, "variables": []}}], 4400),
    "complete without an id": ([{"type": "complete"}], 4400),
    "nested beyond measure": (["[" * 5000], 4400),
    "begun twice": ([INIT], 4429),
    "an id in use": ([SUBSCRIBE, SUBSCRIBE], 4409),
    "too large": ([{**SUBSCRIBE, "payload": {"query": "x" * BODY_BYTES}}], 1009),
}


@pytest.mark.parametrize(("sent", "code"), CLOSES.values(), ids=CLOSES)
async def test_socket_closes_when_message_is_malformed(
    served: str, partner_key: MakeKey, sent: list[Any], code: int
) -> None:
    async with opened(served, await partner_key()) as socket:
        for message in sent:
            raw = message if isinstance(message, str | bytes) else json.dumps(message)
            await socket.connection.send(raw)
        assert (await socket.closed())[0] == code


async def test_socket_answers_pings_and_accepts_complete_at_any_time(
    served: str, partner_key: MakeKey
) -> None:
    async with opened(served) as socket:
        await socket.send(type="ping", payload={"x": 1})
        assert await socket.receive() == {"type": "pong"}
        await socket.begin(await partner_key())
        await socket.send(type="pong")
        await socket.send(type="complete", id="unknown")
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_socket_closes_when_connection_init_is_late(
    served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_INIT_SECONDS", 0.1)
    async with opened(served) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_socket_closes_when_subscribe_precedes_connection_init(served: str) -> None:
    async with opened(served) as socket:
        await socket.subscribe()
        assert (await socket.closed())[0] == 4401


async def test_socket_accepts_key_in_first_message_or_handshake(
    served: str, partner_key: MakeKey, api: httpx.AsyncClient
) -> None:
    key = await partner_key()
    for payload, headers in (
        ({"Authorization": f"Bearer {key}"}, {}),
        ({"authorization": f"bearer {await got(api, key)}"}, {}),
        (None, {"Authorization": f"Bearer {key}"}),
        ({"authorization": f"Bearer {key}"}, {"Authorization": "Bearer wrong"}),
    ):
        async with opened(served, additional_headers=headers) as socket:
            await socket.send(type="connection_init", payload=payload)
            assert await socket.receive() == {"type": "connection_ack"}
            await socket.subscribe()
            await socket.feed()


async def test_socket_closes_when_key_is_wrong(served: str, partner_key: MakeKey) -> None:
    right, revoked = await partner_key(), await partner_key()
    await revoke_key(revoked.split("_")[1], by=system_actor("test"))
    for payload, headers, path in (
        (None, {}, ""),
        ({}, {}, ""),
        ({"Authorization": f"Bearer {revoked}"}, {}, ""),
        ({"Authorization": f"Bearer {right}x"}, {}, ""),
        ({"Authorization": right}, {}, ""),
        ({"Authorization": ["Bearer", right]}, {}, ""),
        # Never from a cookie or from the address: other sites could make a browser send these.
        (None, {"Cookie": f"key={right}; Authorization=Bearer {right}; session={right}"}, ""),
        (None, {}, f"?key={right}&access_token={right}&Authorization=Bearer%20{right}"),
    ):
        async with opened(served, path=path, additional_headers=headers) as socket:
            await socket.send(type="connection_init", payload=payload)
            assert await socket.closed() == (4403, "Forbidden"), payload
    async with opened(served) as socket:
        await socket.send(type="connection_init", payload=[])
        assert (await socket.closed())[0] == 4400


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"]
)
async def test_socket_is_refused_when_opened_by_another_site(served: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(served, origin=origin):
            pass
    answer = refused.value.response
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert len(answer.headers["x-request-id"]) == 32


async def test_socket_opens_when_page_is_of_this_site(served: str, partner_key: MakeKey) -> None:
    async with opened(served, await partner_key(), origin=served) as socket:
        await socket.subscribe()
        await socket.feed()


async def test_socket_is_refused_when_protocol_or_address_differs(served: str) -> None:
    for status, options in (
        (400, {"subprotocols": ["graphql-ws"]}),
        (400, {"subprotocols": None}),
        (403, {"path": "/nothing"}),
        (403, {"path": "/admin"}),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(served, **options):
                pass
        assert refused.value.response.status_code == status, options


async def test_socket_messages_are_in_language_of_caller(served: str, partner_key: MakeKey) -> None:
    key = await partner_key(scopes={Scope.TIPS_READ})
    said = set()
    for payload, headers in (({"Accept-Language": "en"}, {}), ({}, {"Accept-Language": "en"}), ({}, {})):
        async with opened(served, additional_headers=headers) as socket:
            await socket.send(**await hello(key, **payload))
            await socket.receive()
            await socket.subscribe()
            error = await socket.error()
            assert error["extensions"] == {
                "code": "FORBIDDEN",
                "field": "Subscription.changes",
                "scopes": ["changes:read"],
                "match": "ANY",
            }
            said.add(error["message"])
    assert len(said) == 2


async def test_subscription_ends_and_frees_its_id_when_completed(
    served: str, partner_key: MakeKey, streams: Streams
) -> None:
    async with opened(served, await partner_key()) as socket:
        for _ in range(15):
            await socket.subscribe()
            await socket.feed()
            await socket.send(type="complete", id="1")
    assert await emptied(streams.subscriptions)


async def emptied(room: ConcurrencyLimit) -> bool:
    """Whether every place becomes free."""
    for _ in range(1000):
        if not room._open:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_subscriptions_are_limited_per_socket_and_partner(
    served: str, partner_key: MakeKey, streams: Streams
) -> None:
    key, other = await partner_key(), await partner_key()
    streams.subscriptions = ConcurrencyLimit(maximum=4, per_owner=3)
    async with opened(served, key) as one, opened(served, key) as two, opened(served, other) as three:
        for socket, id_ in ((one, "1"), (one, "2"), (two, "1"), (three, "1")):
            await socket.subscribe(id_)
            await socket.feed(id_)
        for full in (two, three):
            await full.subscribe("9")
            assert (await full.error())["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        await one.send(type="complete", id="1")
        async with asyncio.timeout(10):
            await two.subscribe("8")
            while (message := await two.receive())["type"] == "error":
                await two.subscribe("8")
        assert message["type"] == "next"


async def test_subscriptions_are_refused_when_they_flood_one_socket(
    served: str, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_MAX_SUBSCRIPTIONS", 2)
    async with opened(served, await partner_key()) as socket:
        for number in range(6):
            await socket.subscribe(str(number))
        kinds = [(await socket.receive())["type"] for _ in range(6)]
        assert sorted(kinds) == ["error"] * 4 + ["next"] * 2


async def test_sockets_are_limited_apart_for_strangers_and_partners(
    served: str, partner_key: MakeKey, streams: Streams
) -> None:
    key = await partner_key()
    streams.sockets = ConcurrencyLimit(maximum=5, per_owner=2)
    async with opened(served, key), opened(served, key), opened(served), opened(served):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(served):
                pass
        assert refused.value.response.status_code == 503
    async with opened(served, key), opened(served, key), opened(served) as third:
        await third.send(**await hello(key))
        assert (await third.closed())[0] == 1013
    assert await emptied(streams.sockets)


async def test_socket_of_stranger_takes_no_place_of_other_addresses(served: str, streams: Streams) -> None:
    streams.sockets = ConcurrencyLimit(maximum=9, per_owner=2)
    async with opened(served), opened(served):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(served):
                pass
        assert refused.value.response.status_code == 503
        async with opened(served, local_addr=("127.0.0.2", 0)) as other:
            await other.send(type="ping")
            assert await other.receive() == {"type": "pong"}
    assert await emptied(streams.sockets)


async def test_sockets_and_subscriptions_count_as_requests(
    served: str, app: Starlette, partner_key: MakeKey
) -> None:
    with replaced_services(app, pace=RateLimiter(3, clock=lambda: 0.0)):
        async with opened(served, await partner_key()) as socket:
            for id_ in ("1", "2", "3"):
                await socket.subscribe(id_)
                await socket.feed(id_)
            await socket.subscribe("4")
            assert (await socket.error())["extensions"] == {"code": "TOO_MANY_REQUESTS", "retryAfter": 20}
        async with opened(served), opened(served):
            pass
        with pytest.raises(InvalidStatus) as refused:
            async with opened(served):
                pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["retry-after"] == "20"
    await partners.store_requests()
    usage = await PartnerUsage.all()
    assert sum(row.requests for row in usage) >= 4


async def test_subscription_pauses_when_messages_are_not_read(
    served: str, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    async def endless(*_: Any) -> AsyncGenerator[StreamMessage, None]:
        nonlocal made
        while True:
            made += 1
            yield StreamMessage({"data": "x" * BODY_BYTES})

    monkeypatch.setattr(sockets, "messages", endless)
    async with opened(served, await partner_key(), max_queue=1) as socket:
        await socket.subscribe()
        before = -1
        while made != before:
            before = made
            await asyncio.sleep(0.3)
        # What the operating system and the client hold, and no more.
        assert made < 200
        for _ in range(before):
            await socket.receive()
        assert made > before
        socket.connection.transport.abort()


def test_room_is_limited_for_each_and_for_all() -> None:
    room = ConcurrencyLimit(maximum=2, per_owner=1)
    one, two = str(Partner().id), str(Partner().id)
    with room.slot(one):
        with pytest.raises(CapacityExceeded), room.slot(one):
            pass
        with room.slot(two), pytest.raises(CapacityExceeded), room.slot("address:192.0.2.1"):
            pass
    assert not room._open
