"""What is wrong has a code: the same in a query and a mutation, and never told by a text."""

import ast
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.guide.errors import ERRORS
from records.core.actor import Scope
from records.core.errors import ProblemCode
from tests.api.support import BA_DINH, Ask, error

ROOT = Path(__file__).parents[2]
# What another error says, in words that are not ours, or that has a code of its own.
OTHERS = {"Use operationName to choose the operation to run."}
# Where the code of a problem stands among the arguments, and its text before it.
CALLS = {"Message": 2, "InvalidInput": 1, "ValidationFailed.of": 2, "check.add": 2, "self.add": 2}


def _messages() -> Iterator[tuple[str, str, str]]:
    """Where each message of a problem is made, its text or the name of it, and its code; "" without one."""
    for file in [*ROOT.glob("api/**/*.py"), *ROOT.glob("records/**/*.py")]:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (at := CALLS.get(ast.unparse(call.func))):
                by_name = {keyword.arg: keyword.value for keyword in call.keywords}
                code = call.args[at] if len(call.args) > at else by_name.get("code", ast.Constant(""))
                text = call.args[1 if "." in ast.unparse(call.func) else 0]
                literal = text.args[0] if isinstance(text, ast.Call) else text
                said = str(literal.value) if isinstance(literal, ast.Constant) else ast.unparse(text)
                yield f"{file.relative_to(ROOT)}:{call.lineno}", said, ast.unparse(code).strip("'")


def test_problem_messages_have_codes() -> None:
    errors = "records/core/errors.py"
    assert [
        (place, text)
        for place, text, code in _messages()
        if not code and text not in OTHERS and not place.startswith(errors)
    ] == []


def test_problem_message_has_one_code_everywhere() -> None:
    codes: dict[str, set[str]] = {}
    for _place, text, code in _messages():
        if " " in text and code.startswith("ProblemCode."):
            codes.setdefault(text, set()).add(code)
    assert {text: found for text, found in codes.items() if len(found) > 1} == {}
    assert codes


def test_problem_codes_are_explained() -> None:
    assert {code.value for code in ProblemCode} <= {code for codes in ERRORS for code in codes}


def tip(**fields: Any) -> dict[str, Any]:
    return {"title": "Tin mẫu", "category": "THEFT", "area": "30244"} | fields


METRICS = """query($area: String = "82", $from: Month = "2026-01", $to: Month = "2026-01",
  $indicators: [String!] = ["tips.received"]) {
  metrics(indicators: $indicators, area: $area, from: $from, to: $to) { points { value } } }"""
SEARCH = "query($search: String) { groups(filter: {search: $search}) { nodes { code } } }"
SUBMIT = "mutation($i: SubmitTipInput!) { submitTip(input: $i) { problems { field code } } }"


WRONG: dict[str, tuple[tuple[str, str, Any], tuple[str, dict[str, Any]]]] = {
    "UNKNOWN_CODE": ((METRICS, "area", "99999"), ("area", {"area": "99999"})),
    "UNKNOWN_CODE where it is no reference": ((METRICS, "area", "no area"), ("area", {"area": "no area"})),
    "UNKNOWN_CODE of a list": ((METRICS, "indicators", ["x"]), ("category", {"category": "x"})),
    "OUTSIDE_AREAS": ((METRICS, "area", BA_DINH), ("area", {"area": BA_DINH})),
    "REQUIRED": ((METRICS, "indicators", []), ("title", {"title": " "})),
    "INCONSISTENT": ((METRICS, "to", "2025-01"), ("lat", {"lat": 1.0})),
    "OUT_OF_RANGE": ((METRICS, "from", "1800-01"), ("lat", {"lat": 99.0, "lon": 1.0})),
    "TOO_LONG": ((SEARCH, "search", "x" * 201), ("title", {"title": "x" * 1000})),
}


@pytest.mark.parametrize("name", WRONG)
async def test_code_is_equal_in_query_and_mutation(ask: Ask, name: str) -> None:
    (query, field, value), (input_field, input_) = WRONG[name]
    code = name.partition(" ")[0]
    refused = error(await ask(query, **{field: value}))["extensions"]
    assert (refused["code"], refused["field"]) == (code, field)
    assert [(one["field"], one["code"]) for one in refused["problems"]] == [(field, code)]
    problems = (await ask(SUBMIT, i=tip(**input_)))["data"]["submitTip"]["problems"]
    assert problems == [{"field": input_field, "code": code}]


async def test_future_time_has_its_own_code(ask: Ask) -> None:
    changed = await ask(SUBMIT, i=tip(occurredAt="2999-01-01T00:00:00Z", receivedAt="1800-01-01T00:00:00Z"))
    assert changed["data"]["submitTip"]["problems"] == [
        {"field": "occurredAt", "code": "IN_FUTURE"},
        {"field": "receivedAt", "code": "OUT_OF_RANGE"},
    ]


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ("first: -1", "first", "OUT_OF_RANGE"),
        ("last: 2000", "last", "OUT_OF_RANGE"),
        ("first: 1, last: 1", "last", "INCONSISTENT"),
        ('after: "x"', "after", "MALFORMED"),
        ('before: "x"', "before", "MALFORMED"),
    ],
)
async def test_paging_argument_is_named_when_it_is_wrong(
    ask: Ask, arguments: str, field: str, code: str
) -> None:
    refused = error(await ask(f"{{ tips({arguments}) {{ nodes {{ code }} }} }}"))
    assert refused["extensions"] == {"code": code, "field": field}


@pytest.mark.parametrize(
    ("declared", "field", "value", "told"),
    [
        ("$n: Int!", "groups(first: $n) { totalCount }", {"n": "Mẫu"}, ("n", "Int")),
        ("$n: Int!", "groups(first: $n) { totalCount }", {}, ("n", "Int!")),
        (
            "$f: TipFilter",
            "tips(filter: $f) { totalCount }",
            {"f": {"status": ["Mẫu"]}},
            ("f.status[0]", "TipStatus"),
        ),
        ("$f: TipFilter", "tips(filter: $f) { totalCount }", {"f": {"Mẫu": 1}}, ("f", "TipFilter")),
        ("$i: [ID!]!", "nodes(ids: $i) { id }", {"i": ["a", None]}, ("i[1]", "ID!")),
        ("$i: [ID!]!", "nodes(ids: $i) { id }", {"i": ["a", {"Mẫu": 1}]}, ("i[1]", "ID")),
    ],
)
async def test_variable_is_named_when_it_does_not_fit(
    ask: Ask, declared: str, field: str, value: dict[str, Any], told: tuple[str, str]
) -> None:
    answer = await ask(f"query({declared}) {{ {field} }}", **value)
    assert error(answer)["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "variable": declared[1],
        "field": told[0],
        "expected": told[1],
    }
    assert "Mẫu" not in str(answer)


async def test_missing_field_of_variable_is_named(ask: Ask) -> None:
    answer = await ask(SUBMIT, i={"title": "Tin mẫu", "area": "30244"})
    told = error(answer)["extensions"]
    assert (told["field"], told["expected"]) == ("i.category", "SubmitTipInput")


async def test_refusal_names_scopes_of_which_one_is_enough(
    ask: Ask, partner_key: Callable[..., Awaitable[str]]
) -> None:
    key = await partner_key(scopes={Scope.GROUPS_READ})
    refused = error(await ask("{ tips { nodes { code } } }", key=key))["extensions"]
    assert (refused["code"], refused["match"]) == ("FORBIDDEN", "ANY")
    assert "tips:read" in refused["scopes"]
    for scope in refused["scopes"]:
        allowed = await partner_key(scopes={Scope(scope)})
        assert "errors" not in await ask("{ tips { nodes { code } } }", key=allowed)
