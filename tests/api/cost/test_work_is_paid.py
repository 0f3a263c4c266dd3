"""Work is paid for, whether it finds something, fails or is given up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.cost import budget
from api.reads.declared import DECLARATION, Column
from api.schema.assembly import schema
from records.core.actor import Scope
from records.database.connect import STATEMENT_SECONDS
from records.nouns import tips
from records.tables import Group, Partner, PartnerBudget
from tests.api.cost.test_budget import AHEAD, TASK, allowed, locked, tip_draft
from tests.api.cost.test_budget import ask as sent
from tests.api.streaming import opened
from tests.api.support import Ask, Counting, add_group, error, error_code

MakeKey = Callable[..., Awaitable[str]]
# Twenty letters, each of which was the beginning of nearly every text.
LETTERS = " ".join("abcdefghijklmnopqrst")


def thirty(field: str) -> str:
    """A query that asks for a field thirty times."""
    return "{" + " ".join(f"a{number}: {field}" for number in range(30)) + "}"


async def spent(ask: Ask, query: str, **variables: Any) -> int:
    """What a query cost in the end."""
    cost = (await ask(query, **variables))["extensions"]["cost"]
    assert cost["actual"] <= cost["requested"]
    return int(cost["actual"])


async def test_search_is_refused_when_it_has_too_many_words(ask: Ask, counting: Counting) -> None:
    await ask("{ __typename }")
    with counting() as statements:
        answer = await ask(thirty(f'tips(first: 1, filter: {{search: "{LETTERS}"}}) {{ nodes {{ code }} }}'))
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"TOO_MANY"}
    assert not any("to_tsquery" in statement for statement in statements)


async def test_search_matches_whole_words_when_they_are_short(ask: Ask) -> None:
    await add_group("Tổ 1", code="A1")
    await add_group("Tổ 12", code="A2")
    for text, found in (("to 1", ["A1"]), ("to 12", ["A2"]), ("to", ["A1", "A2"]), ("t 1", [])):
        answer = await ask("query($s: String) { groups(filter: {search: $s}) { nodes { code } } }", s=text)
        assert [node["code"] for node in answer["data"]["groups"]["nodes"]] == found


async def test_search_is_paid_by_its_words_when_it_finds_nothing(ask: Ask) -> None:
    words = " ".join(letter * 3 for letter in "abcdefghij")
    search = f'tips(first: 1, filter: {{search: "{words}"}}) {{ nodes {{ code }} }}'
    assert await spent(ask, f"{{ {search} }}") == 1 + 2 + 10 * 5
    assert await spent(ask, thirty(search)) == 1 + 30 * (2 + 10 * 5)


async def test_thirty_searches_are_refused_when_little_is_left(
    api: httpx.AsyncClient, partner_key: MakeKey, counting: Counting
) -> None:
    key = await partner_key()
    await allowed(5000)
    await sent(api, key, "{ groups(first: 1) { nodes { code } } }")
    await PartnerBudget.all().update(remaining=1500, at=AHEAD)
    query = thirty(
        'tips(first: 1, filter: {search: "aaa bbb ccc ddd eee fff ggg hhh iii jjj"}) { nodes { code } }'
    )
    with counting() as statements:
        refused = await sent(api, key, query)
    assert (refused.status_code, error_code(refused)) == (429, "BUDGET_SPENT")
    assert not any("to_tsquery" in statement for statement in statements)


@pytest.mark.parametrize(
    ("field", "each"),
    [
        ('node(id: "R3JvdXA6AAAAAAAAAAAAAAAAAAAAAA") { id }', 2),
        ('tip(code: "TB-1999-000001") { title }', 2),
        ('tips(filter: {updatedSince: "2100-01-01T00:00:00Z"}) { nodes { code } }', 2),
        ('tips(filter: {category: ["NONE"]}) { nodes { code } totalCount }', 52),
        ("changes(types: [TIP]) { cursor }", 2),
        ("exports { id }", 2),
    ],
)
async def test_read_is_paid_when_it_finds_nothing(ask: Ask, field: str, each: int) -> None:
    assert await spent(ask, thirty(field)) == 1 + 30 * each


async def test_rows_are_paid_when_null_empties_data(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    field = next(f for f in schema.get_type_by_name("Group").fields if f.python_name == "name")  # type: ignore[union-attr]
    monkeypatch.setattr(field, "metadata", {DECLARATION: Column("NULL")})
    for number in range(5):
        await add_group(f"Tổ {number}", code=f"A{number}")
    answer = await ask("{ groups(first: 50) { nodes { name } totalCount } }")
    assert (answer["data"], error(answer)["extensions"]["code"]) == (None, "INTERNAL_SERVER_ERROR")
    # The read and the count, and five groups.
    assert 1 + 2 + 50 + 5 <= answer["extensions"]["cost"]["actual"] <= 1 + 2 + 50 + 10


async def test_change_is_paid_when_it_is_refused(ask: Ask, partner_key: MakeKey) -> None:
    mutation = 'mutation { submitTip(input: {title: "", category: "", area: ""}) { code } }'
    assert await spent(ask, mutation) == 1 + 10
    denied = await partner_key(scopes={Scope.AREAS_READ})
    assert await spent(ask, mutation, key=denied) == 1 + 10


async def test_reader_ends_each_statement_that_takes_long(app: Starlette) -> None:
    assert await app.state.services.reader.fetchval("SHOW statement_timeout") == f"{STATEMENT_SECONDS}s"


@asynccontextmanager
async def impatient(app: Starlette) -> AsyncIterator[None]:
    """Meanwhile the database takes a tenth of a second for a statement at most."""
    for limit in ("100ms", f"{STATEMENT_SECONDS}s"):
        reader = app.state.services.reader
        held = [await reader.acquire() for _ in range(reader.get_max_size())]
        for connection in held:
            await connection.execute(f"SET statement_timeout = '{limit}'")
            await reader.release(connection)
        if limit == "100ms":
            yield


@pytest.mark.parametrize("fields", ["{groups}", "{groups} viewer {{ name }}"])
async def test_statement_is_reported_and_paid_when_it_takes_too_long(
    app: Starlette, ask: Ask, database: str, monkeypatch: pytest.MonkeyPatch, fields: str
) -> None:
    monkeypatch.setattr(budget, "FREE_DATABASE_SECONDS", 0.0)
    query = "{ " + fields.format(groups="groups { nodes { code } }") + " }"
    await ask(query)
    await Partner.all().update(budget_restore=1)
    await PartnerBudget.all().update(remaining=5000, at=AHEAD)
    async with impatient(app), locked(database, Group._meta.db_table):
        slow = await ask(query)
    assert (slow["data"], error(slow)["extensions"]["code"]) == (None, "QUERY_TOO_SLOW")
    assert slow["extensions"]["cost"]["overtime"] >= 100
    assert slow["extensions"]["cost"]["budget"]["remaining"] <= 5000 - 100
    assert "errors" not in await ask(query)


async def test_slow_statement_is_logged(
    app: Starlette, ask: Ask, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await ask("{ __typename }")
    async with impatient(app), locked(database, Group._meta.db_table):
        await ask("{ groups { nodes { code } } }")
    assert "request.refused" in caplog.text


async def test_overtime_may_overdraw_budget(
    api: httpx.AsyncClient, partner_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await partner_key()
    await allowed(1000)
    await sent(api, key, "{ __typename }")
    await PartnerBudget.all().update(remaining=60, at=AHEAD)
    # As if the database had worked for a minute.
    monkeypatch.setattr(budget, "FREE_DATABASE_SECONDS", -60.0)
    last = await sent(api, key, "{ groups(first: 10) { nodes { code } } }")
    monkeypatch.setattr(budget, "FREE_DATABASE_SECONDS", 60.0)
    assert last.status_code == 200
    # It is never overdrawn by more than it holds; some of that has come back already.
    assert -1000 <= last.json()["extensions"]["cost"]["budget"]["remaining"] < -900
    assert last.headers["ratelimit"].startswith('"cost";r=0;')
    refused = await sent(api, key, "{ __typename }")
    assert (refused.status_code, error_code(refused)) == (429, "BUDGET_SPENT")
    assert int(refused.headers["retry-after"]) > 900


async def test_look_is_paid_when_subscription_matches_nothing(served: str, partner_key: MakeKey) -> None:
    key = await partner_key()
    await allowed(2000)
    query = "subscription { changes(types: [GROUP], first: 100) { changes { type } } }"
    async with opened(served, key) as socket:
        await socket.subscribe(query=query)
        assert (await socket.receive())["payload"]["data"] == {"changes": {"changes": []}}
        await PartnerBudget.all().update(remaining=100, at=AHEAD)
        await tips.submit(await tip_draft(), by=TASK)
        async with asyncio.timeout(20):
            while (await PartnerBudget.get()).remaining > 100 - 2:  # noqa: ASYNC110 - nothing tells of a look
                await asyncio.sleep(0.05)
