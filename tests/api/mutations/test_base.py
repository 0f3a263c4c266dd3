"""What every mutation does alike: each can be repeated safely, and says no as data or without any."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType

from api.reads.node import global_id, parse_id
from api.schema.assembly import schema
from records.access import partners
from records.changes import idempotency
from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.dates import now
from records.delivery import cleaning
from records.registry import history
from records.tables import Activity, AuditEntry, IdempotencyKey, OutboxEvent, Partner, Tip, TipEvent
from tests.api.mutation_inputs import ADDED, ASKED, TEXT, document, right_input
from tests.api.support import BA_DINH, PHU_HUU, Ask, add_tip, but_budget, error
from tests.records.security.sealed_rows import as_owner

MakeKey = Callable[..., Awaitable[str]]
RETRIES = 100


def answered(answer: httpx.Response) -> bytes:
    """The answer to the byte, but for what is left of the budget."""
    return orjson.dumps(but_budget(answer.json()))


def told(answer: dict[str, Any], mutation: str) -> list[tuple[str, str]]:
    """The problems of an answer, which changed nothing."""
    payload = answer["data"][mutation]
    assert all(payload[name] is None for name in payload if name != "problems"), payload
    assert all(problem["message"] for problem in payload["problems"])
    return [(problem["field"], problem["code"]) for problem in payload["problems"]]


async def noted() -> list[int]:
    """How much was changed so far."""
    return [await table.all().count() for table in (*ADDED.values(), AuditEntry, OutboxEvent, IdempotencyKey)]


def test_mutations_are_all_tested_and_have_one_shape() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    # An export is told to nobody else; its hundred retries are in test_exports.py.
    assert set(mutation.fields) - {"startExport"} == set(ASKED) == set(ADDED) == set(TEXT)
    for name, field in mutation.fields.items():
        payload = schema._schema.type_map[f"{name[0].upper()}{name[1:]}Payload"]
        assert isinstance(payload, GraphQLObjectType)
        assert [interface.name for interface in payload.interfaces] == ["MutationPayload"]
        assert str(field.args["input"].type) == f"{name[0].upper()}{name[1:]}Input!"
        given = schema._schema.type_map[f"{name[0].upper()}{name[1:]}Input"]
        assert isinstance(given, GraphQLInputObjectType)
        assert str(given.fields["idempotencyKey"].type) == "String"


@pytest.mark.parametrize("mutation", ASKED)
async def test_retries_change_one_record_when_sent_together(
    api: httpx.AsyncClient, partner_key: MakeKey, mutation: str
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}"}
    given = await right_input(mutation) | {"idempotencyKey": f"hs-{uuid4()}"}
    body = {"query": document(mutation), "variables": {"input": given}}
    counted = (AuditEntry, OutboxEvent, ADDED[mutation])
    before = [await table.all().count() for table in counted]
    answers = await asyncio.gather(
        *(api.post("/graphql", json=body, headers=headers) for _ in range(RETRIES))
    )
    assert len({answered(answer) for answer in answers}) == 1
    payload = answers[0].json()["data"][mutation]
    assert payload["recordId"]
    assert payload["problems"] == []
    # A correction is told of twice: what is new, and what no longer counts.
    entries, rows = 2 if mutation == "reportFigure" else 1, 0 if mutation == "answerEnquiry" else 1
    after = [await table.all().count() for table in counted]
    assert [new - old for new, old in zip(after, before, strict=True)] == [entries, entries, rows]
    assert await IdempotencyKey.all().count() == 1
    # And long after, in another process, from another address: whoever holds the key.
    assert answered(await api.post("/graphql", json=body, headers=headers)) == answered(answers[0])


@pytest.mark.parametrize("mutation", ASKED)
async def test_idempotency_key_is_refused_when_its_request_differs(ask: Ask, mutation: str) -> None:
    given = await right_input(mutation) | {"idempotencyKey": "hs-1"}
    assert (await ask(document(mutation), input=given))["data"][mutation]["problems"] == []
    before = await noted()
    other = await ask(document(mutation), input=given | {TEXT[mutation]: "Một nội dung khác"})
    assert told(other, mutation) == [("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")]
    assert await noted() == before


async def test_idempotency_key_is_refused_when_mutation_differs(ask: Ask) -> None:
    note = await right_input("addTipNote") | {"idempotencyKey": "hs-1"}
    assert (await ask(document("addTipNote"), input=note))["data"]["addTipNote"]["recordId"]
    tip = await right_input("submitTip") | {"idempotencyKey": "hs-1"}
    assert told(await ask(document("submitTip"), input=tip), "submitTip") == [
        ("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")
    ]


async def test_idempotency_keys_stay_apart_between_partners(ask: Ask, partner_key: MakeKey) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": "hs-1"}
    codes = {
        (await ask(document("submitTip"), key=await partner_key(), input=given))["data"]["submitTip"]["code"]
        for _ in range(2)
    }
    assert len(codes) == 2
    assert await Tip.all().count() == await IdempotencyKey.all().count() == await Partner.all().count() == 2


async def test_request_is_equal_when_defaults_and_order_differ(ask: Ask) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": "hs-1"}
    query = document("submitTip", "code")
    first = await ask(query, input=given)
    # A default that is written out, another order of the fields, another selection.
    again = {"body": "", "channel": "API", **dict(reversed(given.items()))}
    assert but_budget(await ask(query, input=again)) == but_budget(first)
    other = await ask(document("submitTip", "recordId"), input=again)
    assert other["data"]["submitTip"]["problems"] == []
    assert await Tip.all().count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "ổ", "x" * 129, "a\nb", "a\0"])
async def test_idempotency_key_has_problem_when_malformed(ask: Ask, key: str) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": key}
    assert told(await ask(document("submitTip"), input=given), "submitTip") == [
        ("idempotencyKey", "MALFORMED")
    ]
    assert await Tip.all().count() == 0


async def test_idempotency_key_is_free_when_its_request_was_refused(ask: Ask) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": "x" * 128}
    wrong = await ask(document("submitTip"), input=given | {"title": ""})
    assert told(wrong, "submitTip") == [("title", "REQUIRED")]
    assert await IdempotencyKey.all().count() == 0
    assert (await ask(document("submitTip"), input=given))["data"]["submitTip"]["code"]


async def test_requests_are_separate_when_they_have_no_idempotency_key(ask: Ask) -> None:
    given = await right_input("addTipNote")
    for _ in range(2):
        assert (await ask(document("addTipNote"), input=given))["data"]["addTipNote"]["problems"] == []
    assert await TipEvent.all().count() == 2
    assert await IdempotencyKey.all().count() == 0


async def test_idempotency_row_holds_hashes_only(ask: Ask) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": "0912345678"}
    await ask(document("submitTip"), input=given)
    row = await IdempotencyKey.get().values()
    assert set(row) == {"id", "partner_id", "key_sha256", "request_sha256", "row_id", "created_at"}
    assert row["row_id"] == (await Tip.get()).id
    assert "0912345678" not in str(row)


async def test_idempotency_key_is_erased_when_expired(ask: Ask, database: str) -> None:
    given = await right_input("submitTip")
    for key in ("hs-1", "hs-2"):
        await ask(document("submitTip"), input=given | {"idempotencyKey": key})
    old, new = await IdempotencyKey.all().order_by("id")
    # The service itself may change none.
    sql = "UPDATE idempotency_keys SET created_at = $1 WHERE id = $2"
    await as_owner(database, sql, now() - idempotency.RETENTION - timedelta(seconds=1), old.id)
    await cleaning.clean()
    assert await IdempotencyKey.all().values_list("id", flat=True) == [new.id]


async def test_lost_answer_is_given_when_request_is_repeated(ask: Ask, database: str) -> None:
    given = await right_input("submitTip") | {"idempotencyKey": "hs-1"}
    query = document("submitTip", "code tip { outcomes { kind } }")
    # The tip is stored before its answer is read, which fails here.
    await as_owner(database, "REVOKE SELECT ON tip_outcomes FROM ketnoi_app")
    try:
        lost = error(await ask(query, input=given))
    finally:
        await as_owner(database, "GRANT SELECT ON tip_outcomes TO ketnoi_app")
    assert lost["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert lost["message"] == "Internal error"
    assert lost["extensions"]["requestId"]
    row = await Tip.get()
    again = await ask(query, input=given)
    assert again["data"]["submitTip"] == {"code": row.reference, "tip": {"outcomes": []}, "problems": []}
    assert await Tip.all().count() == 1


@pytest.mark.parametrize("key", ["hs-1", None])
async def test_lost_connection_is_retried_when_key_is_given(ask: Ask, database: str, key: str | None) -> None:
    given = await right_input("submitTip") | ({"idempotencyKey": key} if key else {})
    await ask("{ __typename }")
    blocking = await asyncpg.connect(database)
    try:
        async with blocking.transaction():
            # Whoever numbers a tip waits here, with its transaction open.
            await blocking.execute("LOCK TABLE counters")
            asked = asyncio.ensure_future(ask(document("submitTip"), input=given))
            await _cut_off(blocking)
        answer = await asked
    finally:
        await blocking.close()
    if key:
        assert answer["data"]["submitTip"]["code"] == (await Tip.get()).reference
        assert await AuditEntry.filter(action="tips.submit").count() == 1
    else:
        assert error(answer)["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 5}
        assert await Tip.all().count() == 0


async def _cut_off(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Ends the connection of the service that waits for a lock, as soon as one does."""
    waiting = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    async with asyncio.timeout(20):
        while not await connection.fetch(waiting):
            await connection.execute("SELECT pg_sleep(0.01)")


@pytest.mark.parametrize("fault", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_transaction_is_retried_when_database_aborts_it(
    database: str, partner_key: MakeKey, fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_PAUSES", (0.0, 0.0))
    actor = await partners.authenticate_bearer(await partner_key())
    assert actor is not None
    tries: list[Tip] = []

    async def do(times: int) -> UUID:
        tries.append(await add_tip(f"TB-{uuid4().hex[:8]}"))
        if len(tries) < times:
            raise fault
        return tries[-1].id

    assert await idempotency.run_once("hs-1", b"1", lambda: do(3), by=actor) == (await Tip.get()).id
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(fault):
        await idempotency.run_once("hs-2", b"2", lambda: do(4), by=actor)
    assert await Tip.all().count() == await IdempotencyKey.all().count() == 1


@pytest.mark.parametrize("mutation", sorted(set(ASKED) - {"submitTip"}))
async def test_record_is_not_found_when_it_is_elsewhere(ask: Ask, mutation: str) -> None:
    theirs = await right_input(mutation, area=BA_DINH)
    here = {"area": PHU_HUU} if "area" in theirs else {}
    (name,) = ({"tipId", "groupId", "enquiryId", "supersedes"}) & set(theirs)
    await ask("{ __typename }")
    before = await noted()
    elsewhere = but_budget(await ask(document(mutation), input=theirs | here))
    assert told(elsewhere, mutation) == [(name, "NOT_FOUND")]
    for given in (
        global_id("Tip")(uuid4()),
        global_id("OpenEnquiry")(uuid4()),
        global_id("Area")(uuid4()),
        "x",
        "",
    ):
        answer = await ask(document(mutation), input=theirs | here | {name: given})
        assert but_budget(answer) == elsewhere
    assert await noted() == before


async def test_mutation_is_refused_when_its_payload_may_not_be_read(ask: Ask, partner_key: MakeKey) -> None:
    given = await right_input("addTipNote")
    key = await partner_key(scopes={Scope.TIPS_WORK})
    query = document("addTipNote", "tip { group { tipCounts { count } } }")
    refused = error(await ask(query, key=key, input=given))
    assert refused["extensions"] == {
        "code": "FORBIDDEN",
        "field": "Tip.group",
        "scopes": ["groups:read"],
        "match": "ANY",
    }
    assert await TipEvent.all().count() == 0
    assert (await ask(document("addTipNote"), key=key, input=given))["data"]["addTipNote"]["recordId"]


async def test_problem_messages_are_in_language_of_caller(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    given = await right_input("answerEnquiry") | {"version": 9}
    said = set()
    for language in ("vi", "en"):
        answer = await api.post(
            "/graphql",
            json={"query": document("answerEnquiry"), "variables": {"input": given}},
            headers={"Authorization": f"Bearer {await partner_key()}", "Accept-Language": language},
        )
        (problem,) = answer.json()["data"]["answerEnquiry"]["problems"]
        assert (problem["field"], problem["code"]) == ("version", "CONFLICT")
        said.add(problem["message"])
    assert len(said) == 2
    assert "Someone else has changed this. View the current state and try again." in said


@pytest.mark.parametrize("mutation", ASKED)
async def test_history_names_partner_of_mutation(
    ask: Ask, staff_actor: Callable[..., Awaitable[Actor]], mutation: str
) -> None:
    answer = await ask(document(mutation), input=await right_input(mutation))
    found = parse_id(answer["data"][mutation]["recordId"]) if mutation != "recordActivity" else None
    row_id = found[1] if found else (await Activity.get()).id
    entries = await history.entries_of(await staff_actor(Role.COMMANDER, "82"), row_id)
    assert [entry.actor_name for entry in entries] == [(await Partner.get()).name]
    assert {entry.actor_kind for entry in entries} == {ActorKind.PARTNER}
