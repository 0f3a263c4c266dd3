"""The service as a subgraph: it composes with others, and gives records by their keys to who may see them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from graphql import GraphQLUnionType

from api.reads.declared import RECORD_TYPES
from api.reads.node import global_id
from api.schema.assembly import schema, text
from api.schema.federation import subgraph
from records.core.actor import Scope
from scripts.node_packages import PACKAGES, node
from tests.api.support import BA_DINH, Ask, Counting, add_group, add_tip, error

QUERY = """query($of: [_Any!]!) {
  _entities(representations: $of) { __typename ... on Tip { code } ... on Group { name } } }"""
NOTES = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
type Query { notes: [Note!]! }
type Note { text: String!, tip: Tip! }
type Tip @key(fields: "id") { id: ID!, notes: [Note!]! }
type PageInfo @shareable {
  hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String
}
"""


async def test_schema_composes_with_subgraph_that_extends_tips(
    api: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = (await api.post("/graphql", json={"query": "{ _service { sdl } }"})).json()
    assert answer["data"]["_service"]["sdl"] == subgraph(text())
    composed = await _composed(tmp_path, answer["data"]["_service"]["sdl"], NOTES)
    assert composed["errors"] == []
    assert (
        'type Tip implements Node @join__type(graph: KETNOI, key: "id") @join__type(graph: NOTES, key: "id")'
        in composed["supergraph"]
    )
    # Without the keys it would not: the composer is one that says so.
    alone = await _composed(tmp_path, text(), NOTES)
    assert alone["supergraph"] is None
    assert alone["errors"]


def test_records_are_entities_keyed_by_id() -> None:
    union = schema._schema.type_map["_Entity"]
    assert isinstance(union, GraphQLUnionType)
    assert {type_.name for type_ in union.types} == set(RECORD_TYPES)
    assert text().count("implements Node {") == len(RECORD_TYPES)
    assert subgraph(text()).count('implements Node @key(fields: "id") {') == len(RECORD_TYPES)
    # A client of the composed graph never sees what the router asks.
    assert not {"_entities", "_service", "_Any"} & set(text().replace("(", " ").replace(":", " ").split())


async def test_entities_keep_their_order_with_one_statement_per_type(ask: Ask, counting: Counting) -> None:
    tips = [await add_tip(f"T{number}") for number in range(5)]
    group = await add_group("Tổ 1")
    of = [_of("Tip", tip.id) for tip in tips] + [_of("Group", group.id)]
    with counting() as statements:
        found = await ask(QUERY, of=[*reversed(of), of[0]])
    assert [entity.get("code") or entity["name"] for entity in found["data"]["_entities"]] == [
        *("Tổ 1", "T4", "T3", "T2", "T1", "T0", "T0"),
    ]
    assert len([statement for statement in statements if "t.id = ANY" in statement]) == 2


async def test_entities_are_null_when_hidden_or_malformed(
    ask: Ask, partner_key: Callable[..., Awaitable[str]]
) -> None:
    here, there = await add_tip("HERE"), await add_tip("THERE", area=BA_DINH)
    of: list[Any] = [_of("Tip", there.id), _of("Group", here.id), {"__typename": "Tip", "id": "x"}]
    # An id of one type under the name of another, and what only looks like a representation.
    of += [{"__typename": "Group", "id": _of("Tip", here.id)["id"]}, {"__typename": "Staff", "id": "x"}]
    of += [{}, "Tip", 5, [], {"__typename": 1, "id": 2}, {"__typename": "Tip", "code": "HERE"}]
    found = await ask(QUERY, of=[*of, _of("Tip", here.id)])
    assert found["data"]["_entities"] == [None] * len(of) + [{"__typename": "Tip", "code": "HERE"}]

    nobody = await ask(QUERY, key="", of=[_of("Tip", here.id)])
    assert error(nobody)["extensions"]["code"] == "UNAUTHENTICATED"
    groups_only = await partner_key(scopes={Scope.GROUPS_READ})
    refused = await ask(QUERY, key=groups_only, of=[_of("Tip", here.id)])
    assert error(refused)["extensions"]["code"] == "FORBIDDEN"
    many = await ask(QUERY, of=[_of("Tip", here.id)] * 501)
    assert error(many)["extensions"]["code"] == "TOO_MANY"


def _of(type_name: str, id_: Any) -> dict[str, str]:
    return {"__typename": type_name, "id": global_id(type_name)(id_)}


async def _composed(folder: Path, ours: str, notes: str) -> dict[str, Any]:
    """What the composer makes of two subgraphs."""
    files = {"ketnoi.graphql": ours, "notes.graphql": notes}
    for name, sdl in files.items():
        (folder / name).write_text(sdl, encoding="utf-8")
    paths = [folder / name for name in files]
    process = await asyncio.create_subprocess_exec(
        node(), PACKAGES / "compose.mjs", *paths, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found
