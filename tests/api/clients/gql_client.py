"""gql for Python: HTTP, and a WebSocket to follow. Prints what scenario.ts prints."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import AsyncExitStack, aclosing
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import DocumentNode, OperationDefinitionNode, parse, print_ast

PAGE: Final = 3
StreamMessage = tuple[str | None, str]


def documents() -> dict[str, DocumentNode]:
    """The documents of the scenario, by what they do."""
    text = Path(__file__).with_name("scenario.graphql").read_text(encoding="utf-8")
    return {
        definition.name.value: DocumentNode(definitions=(definition,))
        for definition in parse(text).definitions
        if isinstance(definition, OperationDefinitionNode) and definition.name
    }


DOCUMENTS: Final = documents()


class ByHash(GraphQLRequest):
    """An automatic persisted query without its text; gql itself always sends that."""

    @property
    def payload(self) -> dict[str, Any]:
        return {name: value for name, value in super().payload.items() if name != "query"}


def show(step: str, result: object) -> None:
    """A step and what came of it, as a line."""
    sys.stdout.write(f"{json.dumps({'step': step, 'result': result})}\n")
    sys.stdout.flush()


def code_of(error: TransportQueryError) -> str:
    """The code of the first error."""
    code: str = (error.errors or [{}])[0]["extensions"]["code"]
    return code


async def refusal(asked: Awaitable[object]) -> str:
    """The code of the error with which it is refused."""
    try:
        await asked
    except TransportQueryError as error:
        return code_of(error)
    return "not refused"


async def run(session: AsyncClientSession, name: str, **variables: Any) -> dict[str, Any]:
    """What the document of that name gives."""
    return await session.execute(GraphQLRequest(DOCUMENTS[name], variable_values=variables))


async def by_hash(session: AsyncClientSession, name: str, **variables: Any) -> list[object]:
    """What came of the hash alone, then, where the service does not know it, with the text; and the group."""
    hashed = {"version": 1, "sha256Hash": sha256(print_ast(DOCUMENTS[name]).encode()).hexdigest()}
    both = GraphQLRequest(DOCUMENTS[name], variable_values=variables, extensions={"persistedQuery": hashed})
    try:
        found = await session.execute(ByHash(both))
    except TransportQueryError as error:
        found = await session.execute(both)
        return [["hash", code_of(error)], ["both", "answered"], found["group"]["code"]]
    return [["hash", "answered"], found["group"]["code"]]


async def walk(session: AsyncClientSession) -> list[str]:
    """The codes of all tips."""
    codes: list[str] = []
    after = None
    while True:
        tips = (await run(session, "ScenarioTipsQuery", first=PAGE, after=after))["tips"]
        codes += [edge["node"]["code"] for edge in tips["edges"]]
        if not tips["pageInfo"]["hasNextPage"]:
            return codes
        after = tips["pageInfo"]["endCursor"]


def told_by(feed: dict[str, Any]) -> list[StreamMessage]:
    """What was done, and with which tip."""
    return [(change["action"], change["record"]["code"]) for change in feed["changes"]]


async def copy(session: AsyncClientSession, after: str | None = None) -> tuple[str, list[StreamMessage]]:
    """The feed as a query, to its end: the cursor with which a subscription goes on, and what was told."""
    told: list[StreamMessage] = []
    while True:
        feed = (await run(session, "ScenarioCopyQuery", after=after))["changes"]
        told += told_by(feed)
        if not feed["hasMore"]:
            return feed["cursor"], told
        after = feed["cursor"]


async def follow(
    session: AsyncClientSession, after: str
) -> AsyncGenerator[tuple[str, list[StreamMessage]], None]:
    """The feed as a subscription: the cursor of each message, and what it told."""
    asked = GraphQLRequest(DOCUMENTS["ScenarioFollowSubscription"], variable_values={"after": after})
    async with aclosing(session.subscribe(asked)) as messages:
        async for message in messages:
            yield message["changes"]["cursor"], told_by(message["changes"])


async def hear(
    feed: AsyncIterator[tuple[str, list[StreamMessage]]], told: list[StreamMessage], count: int
) -> str:
    """Goes on until `told` holds so many; gives the cursor of the last message."""
    async for cursor, new in feed:
        told += new
        if len(told) >= count:
            return cursor
    raise EOFError


async def scenario(given: dict[str, str]) -> None:
    """Runs every step."""
    async with AsyncExitStack() as opened:

        async def http(key: str) -> AsyncClientSession:
            headers = {"Authorization": f"Bearer {given[key]}", "Accept-Language": "en"}
            client = Client(transport=HTTPXAsyncTransport(given["http"], headers=headers))
            return await opened.enter_async_context(client)

        async def live() -> AsyncClientSession:
            payload = {"Authorization": f"Bearer {given['key']}"}
            client = Client(transport=WebsocketsTransport(given["ws"], init_payload=payload))
            return await opened.enter_async_context(client)

        session, narrow, fresh = await http("key"), await http("narrow"), await http("fresh")

        async def submit(title: str, key: str, category: str = "THEFT") -> dict[str, Any]:
            tip = {"title": title, "category": category, "area": given["area"], "idempotencyKey": key}
            found: dict[str, Any] = (await run(session, "ScenarioSubmitMutation", input=tip))["submitTip"]
            return found

        group = (await run(session, "ScenarioGroupQuery", code=given["group"]))["group"]
        show("query", [group["code"], group["name"], group["area"]["code"], group["area"]["name"]])
        show("walk", await walk(session))
        key = str(uuid4())
        show("mutation", [(await submit("Tin mẫu gửi hai lần", key))["tip"]["code"] for _time in range(2)])
        problems = (await submit("Tin mẫu bị từ chối", str(uuid4()), "KHÔNG-CÓ"))["problems"]
        show("problems", [[problem["field"], problem["code"]] for problem in problems])
        wrong = run(session, "ScenarioTipsQuery", first=PAGE, after="x")
        show("wrong cursor", await refusal(wrong))
        show("missing scope", await refusal(run(narrow, "ScenarioTipsQuery", first=PAGE)))

        cursor, told = await copy(session)
        show("copy", told)
        first: list[StreamMessage] = []
        async with aclosing(follow(await live(), cursor)) as feed:
            await anext(feed)  # From here on it is told what others do.
            await submit("Tin mẫu thứ nhất", str(uuid4()))
            await hear(feed, first, 1)
            await submit("Tin mẫu thứ hai", str(uuid4()))
            cursor = await hear(feed, first, 2)
        show("follow", first)
        tip_id = (await submit("Tin mẫu lúc vắng", str(uuid4())))["recordId"]
        await run(session, "ScenarioNoteMutation", input={"tipId": tip_id, "note": "Ghi chú mẫu lúc vắng"})
        again = await live()
        resumed: list[StreamMessage] = []
        async with aclosing(follow(again, cursor)) as feed:
            await hear(feed, resumed, 2)
            await submit("Tin mẫu sau khi trở lại", str(uuid4()))
            await hear(feed, resumed, 3)
        show("resume", resumed)
        show("resume with a query", (await copy(session, cursor))[1])
        show("wrong cursor of the feed", await refusal(anext(follow(again, "x"))))

        asked = [await by_hash(fresh, "ScenarioGroupQuery", code=given["group"]) for _time in range(2)]
        show("persisted", [one for each in asked for one in each])


if __name__ == "__main__":
    asyncio.run(scenario(json.load(sys.stdin)))
