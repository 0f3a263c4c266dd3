"""The public contract: committed, described, and free of what is sealed."""

import re
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_specified_directive,
)

from api.contract.coordinates import schema_elements
from api.contract.served import Contract
from api.cost.directives import Cost, ListSize
from api.reads.declared import RECORD_TYPES
from api.reads.orders import KeyType
from api.schema.assembly import CONTRACT, build, schema, text
from api.schema.federation import subgraph
from commands._releases import contract_errors
from records.database import grants

ROOT = Path(__file__).parents[3]


def test_schema_file_is_what_code_builds() -> None:
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == text()


def _applied(sdl: str) -> Counter[tuple[str, str]]:
    """How often each directive of ours stands at each place of a schema's text."""
    return Counter(
        (name, directive.name.value)
        for name, part in schema_elements(build_schema(sdl, assume_valid_sdl=True))
        for directive in (part.ast_node and getattr(part.ast_node, "directives", None)) or ()
        if directive.name.value in {"cost", "listSize"}
    )


def test_text_keeps_every_cost_and_size_of_code() -> None:
    declared = Counter(
        (name, {Cost: "cost", ListSize: "listSize"}[type(directive)])
        for name, part in schema_elements(_built())
        if isinstance(part, GraphQLObjectType | GraphQLField | GraphQLInputField)
        for directive in part.extensions["strawberry-definition"].directives or ()
        # As Federation has it: only composers ask these, and no client sees them.
        if name not in {"Query._entities", "Query._service"} and isinstance(directive, Cost | ListSize)
    )
    assert declared.total() > 100
    assert _applied(text()) == declared
    assert _applied(subgraph(text())) == declared
    assert _applied(CONTRACT.current.text) == declared


def test_text_defines_each_directive_once() -> None:
    defined = re.findall(r"^directive @(\w+)", text(), re.MULTILINE)
    assert sorted(defined) == ["cost", "listSize"]
    ours = {one.name for one in _built().directives if not is_specified_directive(one)}
    assert set(defined) == ours
    assert not re.search(r"@(\w+)(\([^)]*\))? @\1\b", text())


def test_text_is_unchanged_when_printed_again() -> None:
    assert Contract(build).whole.text == text()


# The domain's own word for each record: what staff read, and what a term of ours stands for.
TERMS = {
    "Activity": "họp tổ",
    "Area": "địa bàn",
    "AreaSuccession": "địa bàn",
    "FrequentQuestion": "thắc mắc",
    "HandDown": "đề cương",
    "OpenEnquiry": "thắc mắc",
    "Outline": "đề cương",
    "Review": "khảo sát, xếp loại",
    "Scorecard": "thang điểm",
    "Organisation": "đơn vị, cơ quan",
    "Programme": "mô hình",
    "Group": "tổ nhân dân tự quản",
    "TipCategory": "loại vụ việc",
    "Tip": "nguồn tin",
    "Indicator": "chỉ tiêu",
    "Figure": "số liệu báo cáo",
}
# How a description tells the unit of a number: what is counted, or what it is measured in.
UNIT = re.compile(
    r"[Hh]ow many|[Nn]umber of|Incremented|at most|counted|cost|degrees|"
    r"square kilometres|the unit of its indicator|the indicator's unit|points|year"
    # A bound on a number that has one, a place in an order, a number to send back.
    r"|this number|This number|, from 1\.|`version`"
)


def test_schema_parts_have_descriptions_and_full_deprecations() -> None:
    assert contract_errors(_built()) == []


def test_records_name_their_vietnamese_term() -> None:
    assert TERMS.keys() == RECORD_TYPES.keys()
    told = {name: _built().type_map[name].description or "" for name in TERMS}
    assert [name for name, term in TERMS.items() if f"({term})" not in told[name]] == []


def test_numbers_name_their_unit() -> None:
    numbers = {
        name: part.description or ""
        for name, part in schema_elements(_built())
        # Strawberry drops what describes the argument of a directive.
        if not name.startswith("@")
        and isinstance(part, GraphQLField | GraphQLInputField | GraphQLArgument)
        and get_named_type(part.type).name in {"Int", "Float"}
    }
    assert len(numbers) > 20
    assert [name for name, told in numbers.items() if not UNIT.search(told)] == []


def test_schema_holds_no_person_and_no_sealed_field() -> None:
    names = {name.lower() for name in _built().type_map}
    names |= {
        field.lower()
        for type_ in _built().type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for field in type_.fields
    }
    forbidden = (
        "reporter",
        "member",
        "staff",
        "assignee",
        "phone",
        "password",
        "subject",
        "birth",
        "session",
        "partnerkey",
    )
    assert {name for name in names if any(word in name for word in forbidden)} == {
        *("membercount", "membercounts", "membertotals", "memberrole"),
    }


_STORED = {KeyType.MOMENT: "timestamp with time zone", KeyType.DAY: "date"}


async def test_orders_have_matching_index(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    for noun in RECORD_TYPES.values():
        # A view of a few rows: what somebody chose to publish.
        for key, like in noun.keys.items() if noun.table not in grants.VIEWS else ():
            # A code is unique: its own index is enough.
            ends = f"({key}, id)", f"({key})"
            if like.nullable:
                ends = (f"(COALESCE({key}, 'infinity'::{_STORED[like.type]}), id)",) * 2
            assert any(r["tablename"] == noun.table and r["indexdef"].endswith(ends) for r in rows), (
                noun.table,
                key,
            )


@pytest.mark.parametrize("name", sorted(RECORD_TYPES))
def test_records_implement_node(name: str) -> None:
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    assert [interface.name for interface in type_.interfaces] == ["Node"]


def _built() -> GraphQLSchema:
    built: GraphQLSchema = schema._schema
    return built


def test_ids_are_given_only_to_nodes_and_exports() -> None:
    """Clients keep what they read under its id: two objects with one id would be one to them."""
    types = schema._schema.type_map.values()
    having = {type_.name for type_ in types if isinstance(type_, GraphQLObjectType) and "id" in type_.fields}
    node = schema._schema.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    found_again = {type_.name for type_ in schema._schema.get_possible_types(node)}
    # An export is found by `export(id: …)`, for a day.
    assert having - found_again == {"Export"}
