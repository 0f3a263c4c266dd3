"""The mutation submitTip: taken once, refused as data, and never beyond a key's scopes and areas."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.reads.node import global_id
from records.core.actor import Scope
from records.core.declarations.fields import max_lengths
from records.nouns import tips
from records.tables import AuditEntry, OutboxEvent, Partner, Tip, TipCategory
from tests.api.support import BA_DINH, PHU_HUU, Ask, add_group, error

SUBMIT = """mutation($input: SubmitTipInput!) { submitTip(input: $input) {
  recordId code tip { id code title channel legalKind dueAt status area { code } group { code } }
  problems { field code message } } }"""


def given(**fields: Any) -> dict[str, Any]:
    """An input that is right, but for `fields`."""
    return {"title": "Người lạ mặt ở đầu khóm", "category": "STRANGERS", "area": PHU_HUU, **fields}


async def test_tip_is_stored_with_all_its_fields(ask: Ask) -> None:
    group = await add_group("Tổ 1", code="A1")
    moment = datetime.now(UTC) - timedelta(hours=2)
    answer = await ask(
        SUBMIT,
        input=given(
            groupId=global_id("Group")(group.id),
            legalKind="REPORT",
            receivedAt=moment.isoformat(),
            lat=10.2,
            lon=105.8,
        ),
    )
    payload = answer["data"]["submitTip"]
    assert payload["problems"] == []
    assert payload["tip"]["id"] == payload["recordId"]
    assert payload["tip"]["code"] == payload["code"]
    assert payload["tip"]["group"] == {"code": "A1"}
    assert payload["tip"]["dueAt"] == (moment + timedelta(days=20)).isoformat()
    row = await Tip.get(reference=payload["code"])
    assert (row.lat, row.lon, row.partner_id) == (10.2, 105.8, (await Partner.get()).id)
    assert await AuditEntry.filter(row_id=row.id, action="tips.submit").count() == 1
    assert await OutboxEvent.filter(row_id=row.id).count() == 1


async def test_external_ref_gives_stored_tip_when_repeated(ask: Ask) -> None:
    await ask("{ __typename }")
    answers = await asyncio.gather(*[ask(SUBMIT, input=given(externalRef="HS-1")) for _ in range(3)])
    again = await ask(SUBMIT, input=given(externalRef=" HS-1 ", idempotencyKey="another"))
    found = {answer["data"]["submitTip"]["code"] for answer in [*answers, again]}
    assert len(found) == 1
    assert await Tip.all().count() == 1


async def test_external_ref_is_refused_when_input_differs(ask: Ask) -> None:
    stored = (await ask(SUBMIT, input=given(externalRef="HS-1")))["data"]["submitTip"]["code"]
    for other in (given(title="Khác"), given(body="Thêm"), given(area="99999"), given(channel="BOX")):
        payload = (await ask(SUBMIT, input=other | {"externalRef": "HS-1"}))["data"]["submitTip"]
        problems = [(problem["field"], problem["code"]) for problem in payload["problems"]]
        assert (payload["code"], problems) == (None, [("externalRef", "EXTERNAL_REF_REUSED")])
    assert (await Tip.get()).reference == stored


async def test_external_ref_holds_when_its_category_is_gone(ask: Ask) -> None:
    code = (await ask(SUBMIT, input=given(externalRef="HS-1")))["data"]["submitTip"]["code"]
    await TipCategory.filter(code="STRANGERS").update(active=False)
    try:
        again = await ask(SUBMIT, input=given(externalRef="HS-1"))
    finally:
        await TipCategory.filter(code="STRANGERS").update(active=True)
    assert again["data"]["submitTip"]["code"] == code


@pytest.mark.parametrize("keyed", [True, False])
async def test_external_ref_has_one_winner_when_inputs_race(ask: Ask, keyed: bool) -> None:
    await ask("{ __typename }")
    inputs = [given(externalRef="HS-1", title=f"Tin {number % 2}") for number in range(6)]
    if keyed:
        inputs = [one | {"idempotencyKey": f"k{number}"} for number, one in enumerate(inputs)]
    answers = await asyncio.gather(*[ask(SUBMIT, input=one) for one in inputs])
    payloads = [answer["data"]["submitTip"] for answer in answers]
    assert len({payload["code"] for payload in payloads if payload["code"]}) == 1
    refused = [problem["code"] for payload in payloads for problem in payload["problems"]]
    assert refused == ["EXTERNAL_REF_REUSED"] * 3
    assert await Tip.all().count() == 1


async def test_external_ref_is_separate_when_another_partner_has_it(
    ask: Ask, partner_key: Callable[..., Awaitable[str]]
) -> None:
    keys = [await partner_key(scopes={Scope.TIPS_WRITE}) for _ in range(2)]
    query = "mutation($i: SubmitTipInput!) { submitTip(input: $i) { code problems { code } } }"
    titles = ["Một", "Hai"]
    answers = [
        await ask(query, key=key, i=given(externalRef="HS-1", title=title))
        for key, title in zip(keys, titles, strict=True)
    ]
    assert [answer["data"]["submitTip"]["problems"] for answer in answers] == [[], []]
    assert await Tip.all().count() == 2


async def test_tips_are_both_read_back_when_submitted_in_one_request(ask: Ask) -> None:
    query = """mutation($a: SubmitTipInput!, $b: SubmitTipInput!) {
      a: submitTip(input: $a) { tip { title } } b: submitTip(input: $b) { tip { title } } }"""
    answer = await ask(query, a=given(title="Một"), b=given(title="Hai"))
    assert answer["data"] == {"a": {"tip": {"title": "Một"}}, "b": {"tip": {"title": "Hai"}}}


async def test_tip_problems_are_data_and_nothing_is_stored(ask: Ask) -> None:
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"title": "  "}, [("title", "REQUIRED")]),
        ({"title": "x" * 201}, [("title", "TOO_LONG")]),
        ({"body": "x" * (max_lengths(tips.TipDraft)["body"] + 1)}, [("body", "TOO_LONG")]),
        ({"externalRef": "x" * 121}, [("externalRef", "TOO_LONG")]),
        ({"category": "NO"}, [("category", "UNKNOWN_CODE")]),
        ({"area": "99999"}, [("area", "UNKNOWN_CODE")]),
        ({"area": BA_DINH}, [("area", "OUTSIDE_AREAS")]),
        ({"groupId": "x"}, [("groupId", "NOT_FOUND")]),
        ({"lat": 10.0}, [("lat", "INCONSISTENT")]),
        ({"lat": 1000.0, "lon": 0.0}, [("lat", "OUT_OF_RANGE")]),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, [("occurredAt", "IN_FUTURE")]),
        ({"receivedAt": "2999-01-01T00:00:00Z"}, [("receivedAt", "IN_FUTURE")]),
        (
            {"category": "NO", "area": "x y", "groupId": ""},
            [("area", "UNKNOWN_CODE"), ("groupId", "NOT_FOUND"), ("category", "UNKNOWN_CODE")],
        ),
    ]
    for wrong, expected in cases:
        answer = await ask(SUBMIT, input=given(**wrong))
        assert "errors" not in answer, (wrong, answer)
        payload = answer["data"]["submitTip"]
        assert (payload["recordId"], payload["code"], payload["tip"]) == (None, None, None)
        assert [(problem["field"], problem["code"]) for problem in payload["problems"]] == expected
        assert all(problem["message"] for problem in payload["problems"])
    assert await Tip.all().count() == 0


async def test_tip_group_has_problem_when_out_of_reach(ask: Ask) -> None:
    away = await add_group("Tổ 1", code="A1", area=BA_DINH)
    payload = (await ask(SUBMIT, input=given(groupId=global_id("Group")(away.id))))["data"]["submitTip"]
    assert [problem["field"] for problem in payload["problems"]] == ["groupId"]


async def test_tip_code_is_all_that_is_shown_when_scope_only_writes(
    ask: Ask, partner_key: Callable[..., Awaitable[str]]
) -> None:
    key = await partner_key(scopes={Scope.TIPS_WRITE})
    refused = error(await ask(SUBMIT, key=key, input=given()))
    assert set(refused["extensions"]["scopes"]) == {"tips:read", "tips:work"}
    assert await Tip.all().count() == 0
    answer = await ask(
        "mutation($i: SubmitTipInput!) { submitTip(input: $i) { recordId code } }", key=key, i=given()
    )
    assert answer["data"]["submitTip"]["code"] == (await Tip.get()).reference


async def test_tip_is_refused_when_scope_only_reads(ask: Ask, reading: Callable[..., Awaitable[str]]) -> None:
    key = await reading("82", but=[Scope.TIPS_WRITE])
    refused = error(await ask(SUBMIT, key=key, input=given()))
    assert refused["extensions"] == {
        "code": "FORBIDDEN",
        "field": "Mutation.submitTip",
        "scopes": ["tips:write"],
        "match": "ANY",
    }
    assert await Tip.all().count() == 0
