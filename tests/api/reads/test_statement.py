"""Declared reads: how many statements a query takes, and what of a selection they read."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from api.reads.declared import DECLARATION, RECORD_TYPES
from api.reads.node import global_id
from api.schema.assembly import schema
from records.areas import areas
from records.tables import Area, Figure, Group, Indicator, Organisation, Tip, TipOutcome
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import OutcomeKind
from tests.api.support import (
    PHU_HUU,
    TAN_NHUAN_DONG,
    Ask,
    Counting,
    add_group,
    add_tip,
    codes,
)

Reading = Callable[..., Awaitable[str]]

SHAPES = {
    # One statement each for the page, the total, the tips by status, and the areas' successors.
    """groups(first: %d) { totalCount
       nodes { code area { name parent { name parent { name } } } programme { name }
       tipCounts { status count } } }""": 3,
    """tips(first: %d) { edges { cursor node { code title category { name } area { code parent { code } }
       group { name area { name successors { name } } tipCounts { count } }
       duplicateOf { code } outcomes { kind } } }
       pageInfo { hasNextPage endCursor } }""": 4,
    "tips(first: %d) { nodes { code group { code } area { name } } }": 1,
    "groups(first: %d) { nodes { code memberCount memberCounts { role count } } }": 2,
    "areas(first: %d, filter: {kind: COMMUNE}) { nodes { name predecessors { name parent { name } } } }": 2,
}


@pytest.mark.parametrize(("shape", "expected"), SHAPES.items())
async def test_statement_count_is_independent_of_page_size(
    ask: Ask, counting: Counting, shape: str, expected: int
) -> None:
    for number in range(100):
        group = await add_group(
            f"Tổ {number}", code=f"A{number:03d}", area=(PHU_HUU, TAN_NHUAN_DONG)[number % 2]
        )
        tip = await add_tip(f"T{number:03d}", group_id=group.id)
        await TipOutcome.create(
            id=uuid4(), tip_id=tip.id, kind=OutcomeKind.FINE, count=1, on_day=date(2026, 1, 2)
        )
    await ask("{ __typename }")
    seen: dict[int, list[str]] = {}
    for size in (1, 10, 100):
        with counting() as statements:
            answer = await ask(f"{{ {shape % size} }}")
        assert "errors" not in answer, answer
        (connection,) = answer["data"].values()
        assert len(connection.get("nodes") or connection["edges"]) == size
        seen[size] = [
            statement.replace(f"LIMIT {size + 1}", "LIMIT n")
            for statement in statements
            if "partner_budgets" not in statement
        ]
    # Word for word the same, but for the literal limit and the cost: those that look up the key, and ours.
    assert seen[1] == seen[10] == seen[100]
    assert (
        len([statement for statement in seen[1] if re.match(r"SELECT (\w+\.|count)", statement)]) == expected
    )


async def test_statements_share_one_read_only_snapshot(ask: Ask, counting: Counting) -> None:
    await ask("{ __typename }")
    with counting() as statements:
        await ask("{ groups { totalCount nodes { code } } tips { nodes { code } } }")
    assert statements.count("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") == 1
    assert statements.count("COMMIT") == 1
    with counting() as statements:
        await ask("{ groups { nodes { code } } }")
    assert not any("BEGIN" in statement for statement in statements)


async def test_statement_selects_requested_columns_only(ask: Ask, counting: Counting) -> None:
    with counting() as statements:
        await ask("{ groups(first: 3) { nodes { code } } }")
    (statement,) = [s for s in statements if "FROM groups" in s]
    assert statement == (
        "SELECT t.code FROM groups t WHERE t.deleted_at IS NULL AND t.area_id = ANY($1::uuid[])"
        " ORDER BY t.name_key ASC, t.id ASC LIMIT 4"
    )


async def test_query_follows_fragments_aliases_skip_and_include(ask: Ask) -> None:
    await add_tip("T1", group_id=(await add_group("Tổ 1", code="A1")).id)
    found = await ask(
        """query($no: Boolean = false, $yes: Boolean = true) {
          one: tips { nodes { number: code ...Where ... on Tip @include(if: $no) { title } } }
          two: tips { edges { node { ...Where code @skip(if: $yes) } } nodes { again: code } }
        }
        fragment Where on Tip {
          group { name } here: group { code ...Kind } ... @include(if: $yes) { area { code } } }
        fragment Kind on Group { kind __typename }"""
    )
    where = {
        "group": {"name": "Tổ 1"},
        "here": {"code": "A1", "kind": "SELF_GOVERNING", "__typename": "Group"},
        "area": {"code": PHU_HUU},
    }
    assert found["data"] == {
        "one": {"nodes": [{"number": "T1", **where}]},
        "two": {"edges": [{"node": where}], "nodes": [{"again": "T1"}]},
    }


async def test_record_fields_are_all_declared() -> None:
    for name, noun in RECORD_TYPES.items():
        fields: list[Any] = noun.type.__strawberry_definition__.fields  # type: ignore[attr-defined]
        assert fields
        assert [f.python_name for f in fields if DECLARATION not in f.metadata] == [], name
        assert set(schema._schema.type_map[name].fields) == {  # type: ignore[attr-defined]
            schema.config.name_converter.get_graphql_name(field) for field in fields
        }


async def test_commune_key_sees_commune_and_its_predecessors(ask: Ask, reading: Reading) -> None:
    ward = await areas.resolve_reference("29905")
    old = await areas.resolve_reference("29905@2025-06-30")
    await add_group("Tổ 1", code="A1", area="29905@2025-06-30")
    await add_group("Tổ 2", code="A2", area="29905")
    await add_group("Tổ 3", code="A3")
    assert ward.id != old.id
    assert codes(await ask("{ groups { nodes { code } } }", key=await reading("29905")), "groups") == [
        "A1",
        "A2",
    ]


async def test_removed_rows_are_hidden_at_every_path(ask: Ask) -> None:
    group, gone = await add_group("Tổ 1", code="A1"), await add_group("Tổ 2", code="A2")
    await add_tip("T1", group_id=gone.id)
    await add_tip("T2", group_id=group.id)
    removed = datetime(2026, 1, 1, tzinfo=UTC)
    await Group.filter(code="A2").update(deleted_at=removed)
    await Tip.filter(code="T2").update(deleted_at=removed)

    found = await ask(
        "{ groups { totalCount nodes { code tipCounts { count } } } tips { nodes { code group { code } } } }"
    )

    assert found["data"]["groups"] == {"totalCount": 1, "nodes": [{"code": "A1", "tipCounts": []}]}
    assert found["data"]["tips"]["nodes"] == [{"code": "T1", "group": None}]
    id_ = global_id("Group")(gone.id)
    assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=id_))["data"] == {"node": None}


async def test_figures_keep_what_their_source_says_when_not_protected(ask: Ask) -> None:
    area = await areas.resolve_reference("877")
    organisation = Organisation(
        name=f"Đơn vị mẫu {uuid4().hex}", folded="", kind=OrganisationKind.POLICE, area_id=area.id
    )
    await organisation.save()

    async def report(
        indicator: str, value: int | None, qualifier: Qualifier, text: str, **fields: Any
    ) -> Figure:
        return await Figure.create(
            indicator_id=(await Indicator.get(code=indicator)).id,
            area_id=area.id,
            organisation_id=organisation.id,
            period_text="5 năm",
            value=value,
            qualifier=qualifier,
            source_text=text,
            source_name="Nguồn mẫu",
            **fields,
        )

    wrong = await report("reported.groups", 900, Qualifier.ABOUT, "khoảng 900 tổ")
    await report("reported.groups", 1000, Qualifier.OVER, "trên 1.000 tổ", supersedes_id=wrong.id)
    await report("reported.outreach", None, Qualifier.HUNDREDS, "hàng trăm", period_to=date(2024, 12, 31))
    await report("reported.education", 675, Qualifier.EXACT, "675 người", period_to=date(2023, 12, 31))

    found = await ask(
        """{ figures(orderBy: PERIOD) { totalCount nodes {
             value qualifier protected sourceText period
             indicator { code unit } area { code } organisation { kind } } } }"""
    )

    shared = {"period": "5 năm", "area": {"code": "877"}, "organisation": {"kind": "POLICE"}}
    assert found["data"]["figures"] == {
        "totalCount": 3,
        "nodes": [
            {
                "value": 675.0,
                "qualifier": "ABOUT",
                "protected": True,
                "sourceText": None,
                "indicator": {"code": "reported.education", "unit": "people"},
                **shared,
            },
            {
                "value": None,
                "qualifier": "HUNDREDS",
                "protected": False,
                "sourceText": "hàng trăm",
                "indicator": {"code": "reported.outreach", "unit": "sessions"},
                **shared,
            },
            {
                "value": 1000.0,
                "qualifier": "OVER",
                "protected": False,
                "sourceText": "trên 1.000 tổ",
                "indicator": {"code": "reported.groups", "unit": "groups"},
                **shared,
            },
        ],
    }


async def test_areas_are_named_when_outside_areas_of_actor(ask: Ask, reading: Reading) -> None:
    found = await ask(
        '{ area(code: "30244") { parent { name } } other: area(code: "01") { name } }',
        key=await reading(PHU_HUU),
    )
    assert found["data"] == {
        "area": {"parent": {"name": "Tỉnh Đồng Tháp"}},
        "other": {"name": "Thành phố Hà Nội"},
    }
    assert await Area.filter(code="01").exists()
