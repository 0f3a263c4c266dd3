"""What a request costs and what remains: in the answer, in its headers, and when there is not enough."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
import strawberry
from starlette.applications import Starlette

from api.cost import budget as budgets
from api.cost import limits
from api.nouns import viewer
from api.reads.context import Context
from api.reads.snapshot import Snapshot
from records.access import partners
from records.areas import areas
from records.core.actor import Scope, system_actor
from records.core.language import Language
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.tables import Group, Partner, PartnerBudget, Tip
from records.tables.tips import Channel
from tests.api.streaming import opened
from tests.api.support import PHU_HUU, Counting, add_group, error_code, post

MakeKey = Callable[..., Awaitable[str]]
GROUPS = "{ groups(first: 200) { nodes { code area { name } } } }"
TASK = system_actor("test")
# Nothing comes back until then.
AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


async def allowed(limit: int, restore: int = 1) -> None:
    """Sets the budget of the one partner there is."""
    row = await Partner.get()
    await partners.set_allowance(row.id, limit=limit, restore=restore, expected_version=row.version, by=TASK)


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[None]:
    """Meanwhile nobody else reads the table."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def tip_draft() -> tips.TipDraft:
    return tips.TipDraft(
        "Tin mẫu", category_id("THEFT"), Channel.BOX, (await areas.resolve_reference(PHU_HUU)).id
    )


async def ask(api: httpx.AsyncClient, key: str, query: str = GROUPS, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {key}", "Accept-Language": "en", **headers}
    return await post(api, {"query": query}, **given)


async def test_answer_names_its_cost_and_remaining_budget(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    await allowed(2000)
    await add_group("Tổ 1", code="A1")
    await add_group("Tổ 2", code="A2")
    answer = await ask(api, key)
    assert answer.json()["extensions"] == {
        "cost": {
            "requested": 403,
            "actual": 7,
            "budget": {"limit": 2000, "remaining": 1993, "restorePerSecond": 1},
        }
    }
    assert answer.headers["ratelimit-policy"] == '"cost";q=2000;w=2000'
    assert answer.headers["ratelimit"] == '"cost";r=1993;t=7'
    assert (await ask(api, key, "{ __typename }")).json()["extensions"]["cost"]["actual"] == 1


async def test_request_waits_as_long_as_announced_when_budget_is_spent(
    api: httpx.AsyncClient, partner_key: MakeKey, counting: Counting
) -> None:
    key = await partner_key()
    await allowed(1000, 10)
    await ask(api, key)
    await PartnerBudget.all().update(remaining=100, at=AHEAD)
    with counting() as statements:
        late = await ask(api, key)
    assert (late.status_code, error_code(late)) == (429, "BUDGET_SPENT")
    assert late.headers["retry-after"] == "31"
    assert late.json() == {
        "errors": [
            {
                "message": "This can cost 403, and 100 is left. Enough will be available in 31 seconds.",
                "extensions": {"code": "BUDGET_SPENT"},
            }
        ],
        "extensions": {
            "cost": {
                "requested": 403,
                "budget": {"limit": 1000, "remaining": 100, "restorePerSecond": 10},
            }
        },
    }
    assert late.headers["ratelimit"] == '"cost";r=100;t=90'
    assert not any("groups" in statement for statement in statements)
    assert (await ask(api, key, "{ groups(first: 10) { nodes { code } } }")).status_code == 200
    vietnamese = await ask(api, key, **{"Accept-Language": "vi"})
    assert "hạn mức" in vietnamese.json()["errors"][0]["message"]


async def test_request_is_refused_when_it_costs_more_than_budget(
    api: httpx.AsyncClient, partner_key: MakeKey, counting: Counting
) -> None:
    key = await partner_key()
    await allowed(1000)
    with counting() as statements:
        answer = await ask(api, key, "{ groups(first: 1000) { nodes { area { name } } } }")
    assert (answer.status_code, error_code(answer)) == (400, "QUERY_TOO_COSTLY")
    told = answer.json()["errors"][0]["message"]
    assert told == "This can cost 2003, and the whole budget of this key is 1000. Request smaller pages."
    assert "retry-after" not in answer.headers
    assert not any("groups" in statement or "partner_budgets" in statement for statement in statements)


async def test_cost_is_answered_without_running_when_asked_for(
    api: httpx.AsyncClient, partner_key: MakeKey, counting: Counting
) -> None:
    key = await partner_key()
    mutation = 'mutation { submitTip(input: {title: "x", category: "THEFT", area: "30244"}) { code } }'
    with counting() as statements:
        answers = [await ask(api, key, query, Ketnoi_Cost="only") for query in (GROUPS, mutation)]
    assert [answer.status_code for answer in answers] == [200, 200]
    budget = {"limit": 50_000, "remaining": 50_000, "restorePerSecond": 500}
    assert [answer.json() for answer in answers] == [
        {"data": None, "extensions": {"cost": {"requested": cost, "budget": budget}}} for cost in (403, 11)
    ]
    assert not any("groups" in statement for statement in statements)
    assert not await Tip.exists()
    assert not await PartnerBudget.exists()
    wrong = await ask(api, key, "{ nothing }", Ketnoi_Cost="only")
    assert error_code(wrong) == "GRAPHQL_VALIDATION_FAILED"


async def test_budget_can_be_queried(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key(scopes={Scope.TIPS_WRITE})
    await allowed(2000)
    answer = await ask(api, key, "{ viewer { budget { limit remaining restorePerSecond } } }")
    assert answer.json()["data"]["viewer"]["budget"] == {
        "limit": 2000,
        "remaining": 1999,
        "restorePerSecond": 1,
    }


async def test_request_is_free_when_key_is_missing(api: httpx.AsyncClient) -> None:
    answer = await post(api, {"query": "{ __schema { queryType { name } } }"})
    assert set(answer.json()) == {"data"}
    assert "ratelimit" not in answer.headers


async def test_read_is_paid_when_scope_is_missing(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key(scopes={Scope.AREAS_READ})
    answer = await ask(api, key)
    assert error_code(answer) == "FORBIDDEN"
    assert answer.json()["extensions"]["cost"]["actual"] == 1 + 2


async def test_cost_differs_when_document_has_other_variables(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}"}
    text = "query($n: Int!) { groups(first: $n) { nodes { code } } }"
    answers = [await post(api, {"query": text, "variables": {"n": n}}, **headers) for n in (3, 40)]
    assert [answer.json()["extensions"]["cost"]["requested"] for answer in answers] == [6, 43]


async def test_entity_tag_stays_when_budget_changes(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    row = await Partner.get()
    await partners.register_documents(
        row.id, [partners.DocumentDraft(GROUPS, "groups-1")], names=lambda _text: "", by=TASK
    )
    headers = {"Authorization": f"Bearer {key}"}
    first = await api.get("/graphql", params={"documentId": "groups-1"}, headers=headers)
    again = await api.get(
        "/graphql",
        params={"documentId": "groups-1"},
        headers={**headers, "If-None-Match": first.headers["etag"]},
    )
    assert (first.status_code, again.status_code) == (200, 304)
    assert set(first.json()) == {"data"}
    assert all('"cost";r=' in answer.headers["ratelimit"] for answer in (first, again))
    asked = await api.get(
        "/graphql", params={"documentId": "groups-1"}, headers={**headers, "Ketnoi-Cost": "only"}
    )
    assert asked.json()["extensions"]["cost"]["requested"] == 403
    assert "etag" not in asked.headers


async def test_request_is_stopped_and_paid_in_full_when_too_slow(
    api: httpx.AsyncClient, partner_key: MakeKey, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await partner_key()
    await allowed(1000)
    monkeypatch.setattr(limits, "SECONDS", 0.5)
    async with locked(database, Group._meta.db_table):
        slow = await ask(api, key)
    assert (slow.status_code, error_code(slow)) == (503, "QUERY_TOO_SLOW")
    assert "data" not in slow.json()
    assert (await PartnerBudget.get()).remaining < 1000 - 400 + 10
    assert (await ask(api, key)).status_code == 200


async def test_viewer_reads_budget_when_asked(app: Starlette, partner_key: MakeKey) -> None:
    @strawberry.type
    class Query:
        budget: viewer.Budget | None = strawberry.field(resolver=viewer._budget)

    schema = strawberry.Schema(Query, extensions=[budgets.ChargeExtension])
    caller = await partners.authenticate_bearer(await partner_key())
    assert caller is not None
    await PartnerBudget.create(partner_id=caller.id, remaining=600, at=AHEAD)
    async with Snapshot(app.state.services.reader) as snapshot:
        context = Context(caller, Language.EN, "1", snapshot)
        found = await schema.execute("{ budget { limit remaining restorePerSecond } }", context_value=context)
    assert found.errors is None
    assert found.data is not None
    shown = found.data["budget"]
    assert (shown["limit"], shown["restorePerSecond"]) == (50_000, 500)
    # Another second may bring something back.
    assert 599 <= shown["remaining"] < 10_000


async def test_subscription_pays_per_message_and_waits_for_budget(served: str, partner_key: MakeKey) -> None:
    query = (
        "subscription { changes(types: [TIP], first: 100) { changes { record { ... on Tip { code } } } } }"
    )
    key = await partner_key()
    await allowed(2000)
    async with opened(served, key) as socket:
        await socket.subscribe(query=query)
        assert (await socket.receive())["payload"]["data"] == {"changes": {"changes": []}}
        # One for the request; of a page of a hundred nothing else was needed.
        assert (await PartnerBudget.get()).remaining > 2000 - 3

        await PartnerBudget.all().update(remaining=100, at=AHEAD)
        await tips.submit(await tip_draft(), by=TASK)
        told = (await socket.receive())["payload"]["data"]["changes"]["changes"]
        # One for the message, two for the change and its record, and two for each look that came too early.
        assert len(told) == 1
        assert 100 - 20 < (await PartnerBudget.get()).remaining <= 100 - 3

        await PartnerBudget.all().update(remaining=0, at=AHEAD)
        await tips.submit(await tip_draft(), by=TASK)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await socket.receive()
        await PartnerBudget.all().update(remaining=100, at=AHEAD)
        assert len((await socket.receive())["payload"]["data"]["changes"]["changes"]) == 1


async def test_waiting_message_is_not_sent_when_right_is_lost(served: str, partner_key: MakeKey) -> None:
    key = await partner_key()
    await allowed(2000)
    async with opened(served, key) as socket:
        await socket.subscribe()
        await socket.feed()
        await PartnerBudget.all().update(remaining=0, at=AHEAD)
        await tips.submit(await tip_draft(), by=TASK)
        await asyncio.sleep(0.5)
        await partners.revoke_key(key.split("_")[1], by=TASK)
        await PartnerBudget.all().update(remaining=100, at=AHEAD)
        assert await socket.closed() == (4403, "Forbidden")
