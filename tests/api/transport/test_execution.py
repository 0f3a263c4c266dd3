"""An operation that runs once gives one answer: over HTTP, over a socket, as an event stream."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api.cost import limits
from records.access.partners import revoke_key
from records.core.actor import Scope, system_actor
from tests.api.streaming import opened, streamed

MakeKey = Callable[..., Awaitable[str]]
SUBMIT = """mutation($key: String) {
  submitTip(input: {title: "Thử nghiệm", category: "STRANGERS", area: "29905",
  channel: API, idempotencyKey: $key}) { id code problems { field code } } }"""
OPERATIONS: dict[str, dict[str, Any]] = {
    "a query": {"query": "{ viewer { name } }"},
    "a page": {
        "query": "query($first: Int) { areas(first: $first) { nodes { code } } }",
        "variables": {"first": 3},
    },
    "one of two": {"query": "query A { viewer { name } } query B { __typename }", "operationName": "B"},
    "a change": {"query": SUBMIT, "variables": {"key": "once"}},
    "a change that is refused": {"query": SUBMIT, "variables": {"key": "x" * 1000}},
    "half an answer": {"query": '{ viewer { name } areas(filter: {area: "0"}) { nodes { code } } }'},
    "no operation of that name": {"query": "query A { __typename }", "operationName": "B"},
    "a syntax error": {"query": "{"},
    "a wrong field": {"query": "{ nothing }"},
    "a wrong argument": {"query": '{ areas(after: "x") { nodes { code } } }'},
    "a scope that is lacking": {"query": "{ indicators { code } }"},
    "an unknown hash": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    "an unknown document": {"documentId": "nothing"},
    "nothing": {},
}


def told(body: dict[str, Any]) -> dict[str, Any]:
    """An answer but for what differs from call to call."""
    cost = body.get("extensions", {}).get("cost")
    if cost:
        del cost["budget"]["remaining"]
        # Told where the database took long.
        cost.pop("overtime", None)
    return body


async def by_socket(url: str, key: str, payload: dict[str, Any]) -> list[dict[str, Any]]:
    async with opened(url, key) as socket:
        await socket.send(type="subscribe", id="7", payload=payload)
        messages = [await socket.receive()]
        if messages[0]["type"] == "next":
            messages.append(await socket.receive())
        # Its id is free again.
        await socket.send(type="subscribe", id="7", payload={"query": "{ __typename }"})
        assert (await socket.receive())["payload"]["data"] == {"__typename": "Query"}
    assert {message["id"] for message in messages} == {"7"}
    return messages


@pytest.mark.parametrize("what", OPERATIONS)
async def test_operation_has_one_answer_over_every_transport(
    served: str, partner_key: MakeKey, what: str
) -> None:
    payload = OPERATIONS[what]
    key = await partner_key(scopes={Scope.AREAS_READ, Scope.TIPS_WRITE})
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        posted = told((await client.post("/graphql", json=payload)).json())
        streaming = {"Accept": "text/event-stream"}
        stream = (await client.post("/graphql", json=payload, headers=streaming)).text
    first, *rest = await by_socket(served, key, payload)

    before, event, over = stream.removesuffix("\n\n").split("\n\n")
    assert (before, over) == (":", "event: complete\ndata:")
    assert told(json.loads(event.removeprefix("event: next\ndata: "))) == posted
    if "data" in posted:
        assert told(first["payload"]) == posted
        assert (first["type"], [message["type"] for message in rest]) == ("next", ["complete"])
    else:
        assert (first["type"], rest) == ("error", [])
        assert first["payload"] == posted["errors"]


async def test_event_stream_refuses_mutations_when_asked_by_get(served: str, partner_key: MakeKey) -> None:
    key = await partner_key()
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=served, headers=headers) as client:
        read = await client.get("/graphql", params={"query": "{ __typename }"})
        refused = await client.get("/graphql", params={"query": SUBMIT})
    assert '"data":{"__typename":"Query"}' in read.text
    assert "BAD_REQUEST" in refused.text
    assert "submitTip" not in refused.text


async def test_socket_runs_nothing_when_key_is_revoked(served: str, partner_key: MakeKey) -> None:
    key = await partner_key()
    async with opened(served, key) as socket:
        await socket.subscribe(query="{ viewer { name } }")
        assert (await socket.receive())["type"] == "next"
        await revoke_key(key.split("_")[1], by=system_actor("test"))
        await socket.subscribe("2", query=SUBMIT)
        assert (await socket.closed())[0] == 4403


async def test_streams_stop_operation_when_it_takes_too_long(
    served: str, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.0)
    key = await partner_key()
    async with opened(served, key) as socket:
        await socket.subscribe(query="{ areas { totalCount } }")
        assert (await socket.error())["extensions"]["code"] == "QUERY_TOO_SLOW"
    async with streamed(served, key, query="{ areas { totalCount } }") as events:
        event = await events.next()
        assert event is not None
        assert "QUERY_TOO_SLOW" in event["data"]
