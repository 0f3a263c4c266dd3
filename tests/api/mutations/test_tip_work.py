"""The mutations addTipNote and reportTipOutcome, on tips that the key sees."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest

from api.reads.node import global_id
from records.core.actor import ActorKind, Role, Scope
from records.core.dates import today
from records.metrics import cells
from records.nouns import tips
from records.tables import AuditEntry, Partner, Tip, TipEvent, TipOutcome
from records.tables.tips import OutcomeKind, TipEventKind, TipStatus
from tests.api.mutation_inputs import document
from tests.api.support import Ask, add_tip, error

MakeKey = Callable[..., Awaitable[str]]
NOTE, OUTCOME = document("addTipNote"), document("reportTipOutcome")


LONGEST = tips.NOTE.max_length or 0


async def a_tip(status: TipStatus = TipStatus.VERIFYING, code: str = "TB-1", **fields: Any) -> Tip:
    if status is TipStatus.DUPLICATE:
        fields["duplicate_of_id"] = (await add_tip("TB-0")).id
    return await add_tip(code, status=status, **fields)


def on(tip: Tip, **fields: Any) -> dict[str, Any]:
    return {"tipId": global_id("Tip")(tip.id), **fields}


@pytest.mark.parametrize("status", TipStatus)
async def test_note_is_added_in_any_status_for_staff(ask: Ask, status: TipStatus) -> None:
    tip = await a_tip(status)
    answer = await ask(NOTE, input=on(tip, note="  Người dân gọi lại  "))
    assert answer["data"]["addTipNote"]["tip"]["code"] == "TB-1"
    event = await TipEvent.get()
    assert (event.tip_id, event.kind, event.note) == (tip.id, TipEventKind.NOTED, "Người dân gọi lại")
    assert (event.actor_kind, event.actor_name) == (ActorKind.PARTNER, (await Partner.get()).name)
    assert "Người dân" not in str(await AuditEntry.filter(row_id=tip.id).values())


@pytest.mark.parametrize(
    ("note", "expected"),
    [("", "REQUIRED"), (" \n", "REQUIRED"), ("x" * (LONGEST + 1), "TOO_LONG")],
)
async def test_note_has_problem_when_empty_or_too_long(ask: Ask, note: str, expected: str) -> None:
    tip = await a_tip()
    (problem,) = (await ask(NOTE, input=on(tip, note=note)))["data"]["addTipNote"]["problems"]
    assert (problem["field"], problem["code"]) == ("note", expected)
    assert await TipEvent.all().count() == 0


@pytest.mark.parametrize("status", TipStatus)
async def test_outcome_is_reported_only_when_tip_status_allows_it(ask: Ask, status: TipStatus) -> None:
    tip = await a_tip(status)
    given = on(tip, version=1, kind="ARREST", count=2, onDay="2026-01-05", note="Bắt quả tang")
    payload = (await ask(OUTCOME, input=given))["data"]["reportTipOutcome"]
    row = await Tip.get(id=tip.id)
    assert row.status is status
    if status not in tips.MAY_HAVE_OUTCOME:
        assert [(p["field"], p["code"]) for p in payload["problems"]] == [("version", "CONFLICT")]
        assert (row.version, await TipOutcome.all().count(), await TipEvent.all().count()) == (1, 0, 0)
        return
    assert payload["tip"]["outcomes"] == [{"kind": "ARREST", "count": 2, "onDay": "2026-01-05"}]
    assert (payload["tip"]["version"], row.version) == (2, 2)
    assert row.updated_at > tip.updated_at
    stored = await TipOutcome.get()
    assert (stored.kind, stored.count, stored.on_day) == (OutcomeKind.ARREST, 2, date(2026, 1, 5))
    assert stored.note == "Bắt quả tang"
    assert [event.kind for event in await TipEvent.all()] == [TipEventKind.REPORTED]


async def test_outcomes_count_in_metrics_of_their_month(ask: Ask) -> None:
    tip = await a_tip(TipStatus.ACTING)
    for version, day in ((1, "2026-01-05"), (2, "2026-02-05")):
        given = on(tip, version=version, kind="CASE_SOLVED", count=3, onDay=day)
        assert (await ask(OUTCOME, input=given))["data"]["reportTipOutcome"]["problems"] == []
    metrics = """{ metrics(indicators: ["outcomes.cases_solved"], area: "82", from: "2026-01", to: "2026-02",
                           period: MONTH) { points { value } } }"""
    (series,) = (await ask(metrics))["data"]["metrics"]
    assert [point["value"] for point in series["points"]] == [3, 3]
    # Every count is that of the records.
    await cells.rebuild()
    (again,) = (await ask(metrics))["data"]["metrics"]
    assert again == series


async def test_outcome_is_one_of_today_when_not_stated(ask: Ask) -> None:
    tip = await a_tip()
    given = on(tip, version=1, kind="WARNING")
    payload = (await ask(OUTCOME, input=given))["data"]["reportTipOutcome"]
    day = today().isoformat()
    assert payload["tip"]["outcomes"] == [{"kind": "WARNING", "count": 1, "onDay": day}]


@pytest.mark.parametrize(
    ("wrong", "field", "expected"),
    [
        ({"count": 0}, "count", "OUT_OF_RANGE"),
        ({"count": -1}, "count", "OUT_OF_RANGE"),
        ({"count": 100_001}, "count", "OUT_OF_RANGE"),
        ({"onDay": "2999-01-01"}, "onDay", "IN_FUTURE"),
        ({"note": "x" * (LONGEST + 1)}, "note", "TOO_LONG"),
        ({"version": 2}, "version", "CONFLICT"),
        ({"version": 0}, "version", "CONFLICT"),
    ],
)
async def test_outcome_has_problem_when_inconsistent(
    ask: Ask, wrong: dict[str, Any], field: str, expected: str
) -> None:
    tip = await a_tip()
    given = on(tip, version=1, kind="FINE") | wrong
    (problem,) = (await ask(OUTCOME, input=given))["data"]["reportTipOutcome"]["problems"]
    assert (problem["field"], problem["code"]) == (field, expected)
    assert await TipOutcome.all().count() == 0
    assert (await Tip.get()).version == 1


async def test_feed_shows_outcome_when_reported(ask: Ask) -> None:
    feed = """query($after: String) { changes(after: $after, types: [TIP]) {
      cursor changes { record { ... on Tip { code outcomes { kind } } } } } }"""
    tip = await a_tip()
    cursor = (await ask(feed))["data"]["changes"]["cursor"]
    await ask(OUTCOME, input=on(tip, version=1, kind="FINE"))
    (told,) = (await ask(feed, after=cursor))["data"]["changes"]["changes"]
    assert told["record"] == {"code": "TB-1", "outcomes": [{"kind": "FINE"}]}


async def test_tip_is_not_found_when_removed(ask: Ask) -> None:
    tip = await a_tip()
    await Tip.filter(id=tip.id).update(deleted_at=tip.received_at)
    for query, fields in ((NOTE, {"note": "x"}), (OUTCOME, {"version": 1, "kind": "FINE"})):
        (payload,) = (await ask(query, input=on(tip, **fields)))["data"].values()
        assert [(p["field"], p["code"]) for p in payload["problems"]] == [("tipId", "NOT_FOUND")]


@pytest.mark.parametrize("scope", [Scope.TIPS_WRITE, Scope.TIPS_READ])
async def test_tip_work_is_refused_when_scopes_only_read_or_write(
    ask: Ask, partner_key: MakeKey, scope: Scope
) -> None:
    key = await partner_key(scopes={scope})
    submitted = document("submitTip", "recordId")
    own = {"title": "Tin mẫu", "category": "THEFT", "area": "30244"}
    mine = (await ask(submitted, key=key, input=own)).get("data")
    tip_id = mine["submitTip"]["recordId"] if mine else global_id("Tip")((await a_tip()).id)
    refused = error(
        await ask(document("addTipNote", "recordId"), key=key, input={"tipId": tip_id, "note": "x"})
    )
    assert refused["extensions"] == {
        "code": "FORBIDDEN",
        "field": "Mutation.addTipNote",
        "scopes": ["tips:work"],
        "match": "ANY",
    }
    assert await TipEvent.filter(kind=TipEventKind.NOTED).count() == 0


async def test_tip_page_shows_notes_and_outcomes_of_partners(
    ask: Ask, staff_client: Callable[..., Awaitable[httpx.AsyncClient]]
) -> None:
    tip = await a_tip()
    await ask(NOTE, input=on(tip, note="Người dân gọi lại"))
    await ask(OUTCOME, input=on(tip, version=1, kind="ARREST", count=2, note="Bắt quả tang"))
    partner = (await Partner.get()).name
    page = (await (await staff_client(Role.COMMANDER, "82")).get(f"/admin/tips/{tip.id}")).text
    for text in ("Note added", "Người dân gọi lại", "Outcome reported", "Bắt quả tang", "People arrested"):
        assert text in page
    # In the timeline, which holds the history as well.
    assert page.count(partner) >= 2
