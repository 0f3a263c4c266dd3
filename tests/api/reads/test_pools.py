"""Nothing that holds a connection waits for another: pools of two connections are enough for everybody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from tortoise.connection import get_connection

from api.reads.node import global_id
from records.access.partners.budgets import MAX_LIMIT, MAX_REFILL
from records.core.actor import Role
from records.database.connect import DatabaseRole, connection_arguments, reader_pool
from records.database.connection import Connection, connect
from records.tables import Partner
from tests.admin.matrix import MATRIX
from tests.api import elsewhere, mutation_inputs
from tests.api.streaming import first_message
from tests.api.support import PHU_HUU, TAN_NHUAN_DONG, PartnerKey, add_group, add_tip
from tests.replaced import replaced_services

POOL: Final = 2
# Eight for each connection: two that wait for each other are enough to hang.
AT_ONCE: Final = 16
# A guard against waiting for ever, below pytest's own limit for a test.
HANG_SECONDS: Final = 120

METRICS: Final = """{ metrics(indicators: ["tips.received"], area: "82", from: "2026-01", to: "2026-03") {
  area { code name } indicator { code name } points { value } } }"""
START: Final = 'startExport(input: {query: "{ groups { nodes { code } } }", idempotencyKey: "%s"})'
# One of each kind: root fields, links, and several fields that share a request.
QUERIES: Final = {name: text for name, text in elsewhere.ASKED.items() if name.startswith("Query.")}
KINDS: Final = {
    **{name.partition("(")[0]: text for name, text in reversed(QUERIES.items())},
    "filtered": QUERIES["Query.tips(filter.area)"],
    "metrics with records": METRICS,
    "viewer": "{ viewer { name areas { code } budget { remaining } } }",
    "exports": "{ exports { id state } }",
    "catalogues": "{ indicators { code } tipCategories { code } }",
    "everything": f"""{{ viewer {{ areas {{ code }} budget {{ remaining }} }} exports {{ id }}
      groups(filter: {{area: "877"}}) {{ totalCount nodes {{ code linkedGroups {{ code }} }} }}
      tips(filter: {{area: "82"}}) {{ nodes {{ code group {{ code }} }} }}
      area(code: "30244") {{ name }} {METRICS.strip()[1:-1]} }}""",
}


class _Anything(dict[str, str]):
    """An id of nothing for each name that a question leaves open."""

    def __missing__(self, name: str) -> str:
        return {"here": PHU_HUU, "there": TAN_NHUAN_DONG}.get(name) or global_id("Group")(uuid4())


@pytest.fixture
async def narrow(app: Starlette, database: str) -> AsyncIterator[None]:
    """Meanwhile each pool of the service holds two connections."""
    client: Any = get_connection("default")
    given = connection_arguments(database, DatabaseRole.APP)
    pool: asyncpg.Pool[Any] = await asyncpg.create_pool(
        connect=connect, connection_class=Connection, min_size=1, max_size=POOL, **given
    )
    wide, client._pool = client._pool, pool
    try:
        async with await reader_pool(database, max_size=POOL) as reader:
            with replaced_services(app, reader=reader):
                yield
    finally:
        await pool.close()
        client._pool = wide


async def at_once(api: httpx.AsyncClient, key: str, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to all of `bodies`, sent together."""
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    async with asyncio.timeout(HANG_SECONDS):
        answers = await asyncio.gather(
            *(api.post("/graphql", json=body, headers=headers, timeout=None) for body in bodies)
        )
    assert {answer.status_code for answer in answers} == {200}, {answer.text[:200] for answer in answers}
    return [answer.json() for answer in answers]


@pytest.fixture
def rich_key(partner_key: PartnerKey) -> PartnerKey:
    """Makes keys whose budget is never spent: what anything costs is not what these tests are about."""

    async def make() -> str:
        key = await partner_key()
        await Partner.all().update(budget_limit=MAX_LIMIT, budget_restore=MAX_REFILL)
        return key

    return make


def asked(kind: str) -> str:
    """The query, with ids of nothing where it leaves them open."""
    return KINDS[kind] % _Anything() if "%(" in KINDS[kind] else KINDS[kind]


async def some_records() -> None:
    group = await add_group("Tổ 1")
    await add_tip("TB-1", group_id=group.id)


@pytest.mark.parametrize("kind", KINDS)
async def test_reads_are_answered_when_pools_hold_two(
    kind: str, narrow: None, api: httpx.AsyncClient, rich_key: PartnerKey
) -> None:
    await some_records()
    answers = await at_once(api, await rich_key(), [{"query": asked(kind)}] * AT_ONCE)
    assert all(answer.get("data") or answer.get("errors") for answer in answers)
    assert "INTERNAL_SERVER_ERROR" not in str(answers)


@pytest.mark.parametrize("mutation", mutation_inputs.ASKED)
@pytest.mark.parametrize("repeatable", [False, True])
async def test_changes_are_answered_when_pools_hold_two(
    mutation: str, repeatable: bool, narrow: None, api: httpx.AsyncClient, rich_key: PartnerKey
) -> None:
    bodies = []
    for number in range(AT_ONCE):
        given = await mutation_inputs.right_input(mutation)
        given |= {"idempotencyKey": f"key-{number}"} if repeatable else {}
        bodies.append({"query": mutation_inputs.document(mutation), "variables": {"input": given}})
    answers = await at_once(api, await rich_key(), bodies)
    assert [answer["data"][mutation]["problems"] for answer in answers] == [[]] * AT_ONCE


async def test_exports_are_started_when_pools_hold_two(
    narrow: None, api: httpx.AsyncClient, rich_key: PartnerKey
) -> None:
    keys = [await rich_key() for _ in range(AT_ONCE)]
    queries = [
        f"mutation {{ {START % key[:20]} {{ export {{ state }} problems {{ code }} }} }}" for key in keys
    ]
    answers = await asyncio.gather(
        *(at_once(api, key, [{"query": query}]) for key, query in zip(keys, queries, strict=True))
    )
    assert [answer["data"]["startExport"]["export"] for (answer,) in answers] == [
        {"state": "WAITING"}
    ] * AT_ONCE


async def test_followers_are_answered_when_pools_hold_two(
    narrow: None, served: str, rich_key: PartnerKey
) -> None:
    await some_records()
    key = await rich_key()
    follow = "subscription { changes { changes { record { ... on Tip { code group { code } } } } } }"
    async with asyncio.timeout(HANG_SECONDS):
        told = await asyncio.gather(*(first_message(served, key, follow) for _ in range(AT_ONCE)))
    assert {len(message["data"]["changes"]["changes"]) for message in told} == {2}


async def test_mixed_work_is_answered_when_pools_hold_two(
    narrow: None, api: httpx.AsyncClient, rich_key: PartnerKey
) -> None:
    await some_records()
    bodies: list[dict[str, Any]] = [{"query": query} for query in map(asked, KINDS)]
    for mutation in mutation_inputs.ASKED:
        given = await mutation_inputs.right_input(mutation) | {"idempotencyKey": mutation}
        bodies.append({"query": mutation_inputs.document(mutation), "variables": {"input": given}})
    bodies.append({"query": f"mutation {{ {START % 'key'} {{ export {{ state }} }} }}"})
    keys = [await rich_key() for _ in range(-(-AT_ONCE // len(bodies)))]
    await asyncio.gather(*(at_once(api, key, bodies) for key in keys))


async def test_pages_are_answered_when_pools_hold_two(narrow: None, staff_client: Callable[..., Any]) -> None:
    await some_records()
    client = await staff_client(Role.COMMANDER)
    pages = [
        route.split()[-1]
        for route, (roles, owner) in MATRIX.items()
        if route.startswith("GET") and owner is None and Role.COMMANDER in roles and "{" not in route
    ]
    for page in pages:
        async with asyncio.timeout(HANG_SECONDS):
            answers = await asyncio.gather(*(client.get(page, timeout=None) for _ in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} <= {200, 302, 303, 400, 404, 422}, page
