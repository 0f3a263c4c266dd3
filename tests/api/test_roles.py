"""The database itself says so: a query reads nothing as `ketnoi_app` but who calls."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from starlette.applications import Starlette

from api.reads.declared import RECORD_TYPES
from api.reads.node import global_id, parse_id
from api.schema.assembly import schema
from records.database import grants
from records.tables import Figure, Indicator, Organisation, Programme, TipOutcome
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import OutcomeKind, TipStatus
from tests.api.streaming import first_message
from tests.api.support import (
    PHU_HUU,
    Ask,
    PartnerKey,
    add_enquiry,
    add_group,
    add_tip,
    error,
    unlimited_key,
)
from tests.api.work import add_shared, add_work
from tests.conftest import area_ids
from tests.databases import Empty
from tests.records.security.sealed_rows import as_owner

TYPES: dict[str, Any] = dict(schema._schema.type_map)
ROOTS: dict[str, Any] = TYPES["Query"].fields
# What a caller gives, by the name of the argument or filter. One without an example fails.
GIVEN = {
    "area": '"82"',
    "parent": '"82"',
    "old": '"29902"',
    "new": '"29905"',
    "group": '"A1"',
    "programme": '"MAU"',
    "duplicateOf": '"T0"',
    "anonymous": "true",
    "hasOutcome": "true",
    "overdue": "false",
    "active": "true",
    "sensitive": "false",
    "whole": "true",
    "inactive": "false",
    "activeOn": '"2026-01-01"',
    "answered": "true",
    "latest": "true",
    "province": '"82"',
    "published": "true",
    "received": "true",
    "topic": '"CƯ TRÚ", "Phòng cháy"',
    "updatedSince": '"2020-01-01T00:00:00Z"',
    "indicators": '["tips.received"]',
    "indicator": '"activities.meetings"',
    "category": '"THEFT"',
    "from": '"2025-01"',
    "to": '"2025-12"',
    "geography": '"2025-07-01"',
    "validOn": '"2026-01-01"',
    "allTime": "false",
    "search": '"phu"',
    "gt": '"2020-01-01"',
    "gte": '"2020-01-01"',
    "lt": '"2100-01-01"',
    "lte": '"2100-01-01"',
    "first": "5",
    "mostAreas": "200",
}
# Bounds on whole numbers.
NUMBERS = {"gt": "-1", "gte": "0", "lt": "10000", "lte": "10000"}
# A code of each root field that looks up by it.
CODES = {
    "area": '"82"',
    "areas": '"82"',
    "group": '"A1"',
    "groups": '"A1"',
    "tip": '"T1"',
    "tips": '"T1"',
    "programme": '"MAU"',
    "programmes": '"MAU"',
    "tipCategory": '"THEFT"',
    "tipCategories": '"THEFT"',
    "indicator": '"activities.meetings"',
    "indicators": '"activities.meetings"',
    "outlines": '"DC-MAU"',
}
# The other ways to page change a condition, and never who reads.
PAGING = {"after", "before", "last"}
# No records, but what the caller has the service do: see test_exports.py.
OWN = {"export", "exports"}
# What authentication and the budget read and note, and no query may.
AUTHENTICATION = ("access_tokens", "partner_areas", "partner_budgets", "partner_keys", "partners")


def given(name: str, type_: Any, ids: list[str], root: str) -> str:
    """An example for an argument or an input field of a root field."""
    while isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if name == "representations":
        found = parse_id(ids[0].strip('"'))
        return f'{{__typename: "{found[0] if found else ""}", id: {ids[0]}}}'
    if isinstance(type_, GraphQLList):
        value = (
            ", ".join(ids) if name.endswith(("id", "ids", "Id")) else given(name, type_.of_type, ids, root)
        )
        return value if value.startswith("[") else f"[{value}]"
    if isinstance(type_, GraphQLInputObjectType):
        inner = (f"{field}: {given(field, part.type, ids, root)}" for field, part in type_.fields.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if name in {"id", "code"}:
        return ids[0] if name == "id" else CODES[root]
    return NUMBERS[name] if name in NUMBERS and type_.name == "Int" else GIVEN[name]


def selection(type_: Any, levels: int) -> str:
    """Every field of a type, and of what it links to, some levels down."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if is_leaf_type(below):
            parts.append(name)
        elif levels:
            parts.append(f"{name} {{ {selection(below, levels - 1)} }}")
    return " ".join(parts)


def query(root: str, ids: dict[str, str], of: str = "") -> str:
    """A query of one root field with all of its arguments; of one type where it may give several."""
    field = ROOTS[root]
    wanted = [ids[of]] if of else [*ids.values()]
    examples = [
        f"{name}: {given(name, part.type, wanted, root)}"
        for name, part in field.args.items()
        if name not in PAGING
    ]
    type_ = get_named_type(field.type)
    if of:
        asked = f"... on {of} {{ {selection(TYPES[of], 1)} }}"
    else:
        asked = selection(type_, 3 if type_.name.endswith("Connection") else 2)
    arguments = f"({', '.join(examples)})" if examples else ""
    return f"{{ {root}{arguments} {{ {asked} }} }}"


def uses() -> Iterator[tuple[str, str]]:
    """Every root field, once for each type that it may give."""
    for root, field in ROOTS.items():
        if root in OWN:
            continue
        type_ = get_named_type(field.type)
        several = isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)
        yield from ((root, name) for name in (RECORD_TYPES if several else [""]))


async def one_of_each(url: str) -> dict[str, str]:
    """A record of every type that can be read, linked to the others: ids as a query has them, by type."""
    (area,) = await area_ids(PHU_HUU)
    host = await Organisation.create(
        name="Công an mẫu", folded="cong an mau", kind=OrganisationKind.POLICE, area_id=area
    )
    programme = await Programme.create(
        code="MAU",
        name="Mô hình mẫu",
        folded="mo hinh mau",
        host_id=host.id,
        area_id=area,
        started_on=date(2025, 1, 1),
    )
    group = await add_group("Tổ mẫu Phu", code="A1", programme_id=programme.id)
    original = await add_tip("T0", group_id=group.id)
    tip = await add_tip("T1", group_id=group.id, status=TipStatus.DUPLICATE, duplicate_of_id=original.id)
    await TipOutcome.create(id=uuid4(), tip_id=tip.id, kind=OutcomeKind.FINE, on_day=date(2026, 1, 2))
    indicator = await Indicator.get(code="activities.meetings")
    await Figure.create(
        indicator_id=indicator.id,
        area_id=area,
        organisation_id=host.id,
        programme_id=programme.id,
        value=7,
        qualifier=Qualifier.EXACT,
        period_text="2025",
        source_text="7",
        source_name="Báo cáo mẫu",
    )
    await add_enquiry("Ở đâu?")
    await add_work(group.id, PHU_HUU, await add_shared(host.id))
    ids = {}
    for name, noun in RECORD_TYPES.items():
        named = ", ".join(code.replace('"', "'") for code in CODES.values())
        first = f"ORDER BY (to_jsonb(t) ->> 'code') IN ({named}) DESC NULLS LAST LIMIT 1"
        (row, *_) = await as_owner(url, f"SELECT id FROM {noun.table} t {first}")
        ids[name] = f'"{global_id(name)(row["id"])}"'
    return ids


@asynccontextmanager
async def only_authentication(url: str) -> AsyncIterator[None]:
    """Meanwhile the database gives `ketnoi_app` nothing but what it needs to know who calls."""
    await as_owner(url, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ketnoi_app")
    await as_owner(url, f"GRANT SELECT, INSERT, UPDATE ON {', '.join(AUTHENTICATION)} TO ketnoi_app")
    try:
        yield
    finally:
        await as_owner(url, ";".join(grants.statements()))


@pytest.fixture(scope="module")
async def answers(_app: Starlette, database_url: str, empty: Empty) -> dict[tuple[str, str], Any]:
    """The answers to each of `uses()`: to take the rights away and give them back each time is slow."""
    ids = await one_of_each(database_url)
    headers = {"Authorization": f"Bearer {await unlimited_key('82')}"}
    transport = httpx.ASGITransport(_app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client,
        only_authentication(database_url),
    ):
        found = {
            (root, of): await client.post("/graphql", json={"query": query(root, ids, of)})
            for root, of in uses()
        }
    await empty()
    return {use: answer.json() for use, answer in found.items()}


def test_reader_role_cannot_see_authentication_tables() -> None:
    assert {grants.TABLES[table][1] for table in AUTHENTICATION} == {grants.HIDDEN}


@pytest.mark.parametrize(("root", "of"), [*uses()])
async def test_query_reads_nothing_with_app_role(
    answers: dict[tuple[str, str], Any], root: str, of: str
) -> None:
    answer = answers[root, of]
    assert "errors" not in answer, answer["errors"]
    assert answer["data"][root]


async def test_subscription_reads_nothing_with_app_role(
    served: str, partner_key: PartnerKey, database: str
) -> None:
    await one_of_each(database)
    key = await partner_key()
    follow = f"subscription {{ changes {{ {selection(TYPES['ChangeFeed'], 2)} }} }}"
    async with only_authentication(database):
        message = await first_message(served, key, follow)
    assert "errors" not in message, message["errors"]
    assert message["data"]["changes"]["changes"]


async def test_mutation_reads_with_app_role(ask: Ask, database: str) -> None:
    change = 'mutation { submitTip(input: {title: "Mẫu", category: "THEFT", area: "30244"}) { code } }'
    await ask("{ __typename }")
    async with only_authentication(database):
        refused = error(await ask(change))
    assert refused["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "errors" not in await ask(change)


def test_examples_name_existing_arguments_only() -> None:
    inputs = [type_ for type_ in TYPES.values() if isinstance(type_, GraphQLInputObjectType)]
    names = {name for type_ in inputs for name in type_.fields} | {
        n for root in ROOTS.values() for n in root.args
    }
    assert set(GIVEN) | set(NUMBERS) <= names
    assert set(CODES) <= set(ROOTS)
    assert all(isinstance(TYPES[name], GraphQLObjectType) for name in RECORD_TYPES)
