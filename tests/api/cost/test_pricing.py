"""What an operation costs, as one works it out by hand from the schema."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

from api.cost.pricing import declared_sizes, declared_weight, estimate_cost
from api.schema.assembly import schema

TYPES: dict[str, Any] = dict(schema._schema.type_map)


def cost(text: str, **variables: Any) -> int:
    """What a document with one operation costs at most."""
    document = parse(text)
    assert validate(schema._schema, document) == []
    operation_cost = estimate_cost(schema._schema, document, None, variables)
    assert operation_cost is not None
    return operation_cost.requested


# Each as one would work it out by hand, from the schema.
BY_HAND = {
    "{ __typename }": 1,
    "{ __schema { types { name fields { name } } } }": 1,
    "{ tips { nodes { code status } } }": 1 + 2 + 50,
    "{ tips(first: 100) { nodes { code area { name } group { name } } pageInfo { endCursor } } }": 1
    + 2
    + 100 * 3,
    "{ tips(first: 100) { edges { cursor node { code } } } }": 1 + 2 + 100,
    "{ tips(last: 7) { nodes { code } totalCount } }": 1 + 2 + 7 + 50,
    "{ tips(first: 10) { nodes { code } edges { node { code } } } }": 1 + 2 + 10 + 10,
    "{ tips(first: 0) { nodes { code } } }": 1 + 2,
    "{ tips(first: -5) { nodes { code } } }": 1 + 2,
    "{ tips(first: 2000000000) { nodes { code } } }": 1 + 2 + 1000,
    "{ tips(first: 100) { nodes { outcomes { kind } } } }": 1 + 2 + 100 * (1 + 20),
    "{ groups(first: 100) { nodes { tipCounts { count } area { parent { name } } } } }": 1
    + 2
    + 100 * (1 + 6 + 2),
    "{ groups(first: 10) { totalCount } }": 1 + 2 + 50,
    "{ groups(first: 10) { count(upTo: 100) { value } } }": 1 + 2 + 50,
    '{ tip(code: "x") { area { name } outcomes { kind } } }': 1 + 2 + (1 + 1 + 20),
    "{ viewer { name areas { name } credential { kind } budget { remaining } } }": 1 + 200,
    '{ memberCounts(area: "82") { roster { count } area { name } } }': 1 + 2 + (1 + 5 + 1),
    '{ memberCounts(area: "82", by: COMMUNE, mostAreas: 102) { roster { count } } }': 1 + 2 + 102 * (1 + 5),
    "{ reviews(first: 10) { nodes { points { points } scorecard { name } } } }": 1 + 2 + 10 * (1 + 30 + 1),
    "{ outlines(first: 10) { nodes { editions { edition } handDownCounts { count } } } }": 1
    + 2
    + 10 * (1 + 50 + 2),
    "{ enquiryCounts { topic count } }": 1 + 2 + 1000,
    "subscription { changes(first: 20) { changes { record { id } } } }": 1 + 20 * 2,
    """{ tips(first: 1000) { nodes { category { code } area { code } group { code } duplicateOf { code }
                                     outcomes { kind } } } }""": 25_003,
    """{ tips(first: 100) { totalCount nodes { code status area { name } outcomes { kind count } }
                           pageInfo { endCursor } } }""": 2_253,
    '{ area(code: "1") { name predecessors { name } } }': 1 + 2 + 1 + 20,
    "{ indicators { code } tipCategories { code } }": 1 + 4 + 100 + 100,
    '{ node(id: "x") { id } }': 1 + 2 + 1,
    '{ nodes(ids: ["a", "b", "c"]) { id ... on Tip { area { id } } ... on Group { id } } }': 1 + 2 + 3 * 2,
    '{ nodes(ids: "a") { id } }': 1 + 2 + 1,
    "{ changes { changes { recordId record { ... on Tip { area { id } } ... on Group { id } } } } }": 1
    + 2
    + 50 * 3,
    "{ a: tips(first: 1) { nodes { code } } b: tips(first: 2) { nodes { code } } }": 1 + 4 + 1 + 2,
    """mutation { submitTip(input: {title: "", category: "", area: ""})
                  { tip { area { id } } problems { code } } }""": 1 + 10 + 2,
    """mutation { addTipNote(input: {tipId: "x", note: ""})
                  { tip { id } problems { code } } }""": 1 + 10 + 1,
    """{ metrics(indicators: ["tips.received", "groups.active"], area: "82", from: "2024-01", to: "2024-12",
                 by: COMMUNE, mostAreas: 102) { area { code } points { value } } }""": 1
    + 2
    + 2 * 102 * (1 + 1 + 12),
    """{ metrics(indicators: ["tips.received"], area: "82", from: "2024-01", to: "2024-12", period: QUARTER)
         { points { value } } }""": 1 + 2 + (1 + 4),
    """{ metrics(indicators: ["tips.received"], area: "82", from: "2024-01", to: "2024-12", by: HAMLET)
         { indicator { code } points { value } } }""": 1 + 2 + 200 * (1 + 1 + 12),
    """{ metrics(indicators: ["reported.tips"], area: "82", from: "2024-01", to: "2024-01")
         { points { value } } }""": 1 + 2 + (1 + 24),
    """{ metrics(indicators: ["reported.tips"], area: "82", from: "2024-01", to: "2025-12", period: MONTH)
         { points { value } } }""": 1 + 2 + (1 + 48),
    """{ metrics(indicators: ["reported.tips"], area: "82", from: "2020-01", to: "2025-12", period: YEAR)
         { points { value } } }""": 1 + 2 + (1 + 24),
    """{ metrics(indicators: ["tips.received"], area: "82", from: "2025-01", to: "2024-01")
         { points { value } } }""": 1 + 2 + 1,
    # Each word costs 5, though no more than may be searched for; where there is none, nothing is searched.
    '{ tips(first: 10, filter: {search: "Sa Đéc, số 2"}) { nodes { code } } }': 1 + 2 + 4 * 5 + 10,
    '{ tips(first: 10, filter: {search: "..", status: [CLOSED]}) { nodes { code } } }': 1 + 2 + 10,
    f'{{ tips(first: 10, filter: {{search: "{"a " * 30}"}}) {{ nodes {{ code }} }} }}': 1 + 2 + 10 * 5 + 10,
}


@pytest.mark.parametrize(("text", "expected"), BY_HAND.items())
def test_cost_equals_its_calculation_by_hand(text: str, expected: int) -> None:
    assert cost(text) == expected


def test_cost_counts_words_in_variable() -> None:
    text = "query($s: String) { tips(filter: {search: $s}) { nodes { code } } }"
    assert cost(text) == cost(text, s=None) == 1 + 2 + 50
    assert cost(text, s="tin báo trộm") == 1 + 2 + 3 * 5 + 50


def test_cost_follows_values_of_variables() -> None:
    text = """query($n: Int = 7, $group: Boolean = false, $ids: [ID!] = []) {
      tips(first: $n) { nodes { code group @include(if: $group) { area @skip(if: $group) { name } } } }
      nodes(ids: $ids) { id } }"""
    assert cost(text) == 5 + 7
    assert cost(text, n=30) == 5 + 30
    assert cost(text, n=None) == 5 + 50
    assert cost(text, group=True) == 5 + 7 * 2
    assert cost(text, ids=["a"] * 9) == 5 + 7 + 9


def test_cost_is_that_of_named_operation() -> None:
    document = parse(
        "query A { tips(first: 1) { nodes { id } } } query B { tips(first: 2) { nodes { id } } }"
    )
    found = [estimate_cost(schema._schema, document, name, None) for name in ("A", "B")]
    assert [one.requested for one in found if one] == [4, 5]


def test_operation_has_no_cost_when_variables_do_not_fit() -> None:
    document = parse("query($n: Int!) { tips(first: $n) { nodes { id } } }")
    assert estimate_cost(schema._schema, document, None, {}) is None
    assert estimate_cost(schema._schema, document, None, {"n": "x"}) is None


def test_field_costs_nothing_when_its_argument_fails() -> None:
    text = """query($o: GroupOrder = NAME) { groups(orderBy: $o) { nodes { code } }
      tips(first: 3) { nodes { code } } }"""
    assert cost(text) == 5 + 50 + 3
    assert cost(text, o=None) == 3 + 3


def test_lists_declare_their_size() -> None:
    """A list of objects that counts as one would make a cost that is too low."""
    unsized = set()
    for name, type_ in TYPES.items():
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__"):
            continue
        for field, shown in type_.fields.items():
            if _is_list(shown.type) and not is_leaf_type(get_named_type(shown.type)):
                below = get_named_type(shown.type)
                free = (
                    isinstance(below, GraphQLObjectType) and declared_weight(below, 1) == 0 and _leaves(below)
                )
                example = {
                    "indicators": ["a"],
                    "by": "COMMUNE",
                    "mostAreas": 2,
                    "from": DAY,
                    "to": DAY,
                    "period": "MONTH",
                }
                if declared_sizes(shown, {**example, "ids": ["a", "b"]}).own == 1 and not free:
                    unsized.add((name, field))
    paged = {(name, field) for name, field in _sized_above()}
    assert unsized == paged


DAY = date(2026, 1, 1)


def _is_list(type_: Any) -> bool:
    while isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    return isinstance(type_, GraphQLList)


def _leaves(type_: GraphQLObjectType) -> bool:
    return all(is_leaf_type(get_named_type(field.type)) for field in type_.fields.values())


def _sized_above() -> Iterator[tuple[str, str]]:
    """The lists whose size a field that leads to them says, whichever field that is."""
    example = {"indicators": ["a"], "by": None, "from": DAY, "to": DAY, "period": "MONTH", "first": 5}
    leading: dict[str, list[set[str]]] = {}
    for name, type_ in TYPES.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            for shown in type_.fields.values():
                below = get_named_type(shown.type)
                if isinstance(below, GraphQLObjectType):
                    leading.setdefault(below.name, []).append(set(declared_sizes(shown, example).children))
    for name, sized in leading.items():
        yield from ((name, field) for field in set.intersection(*sized))
