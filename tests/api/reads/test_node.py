"""Global ids: every record is found again by its own, and by nothing else."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from api.reads.declared import RECORD_TYPES
from api.reads.node import global_id, parse_id
from records.core.actor import Scope
from tests.api.support import Ask, Counting, add_group, add_tip, error


async def test_nodes_are_found_by_id_in_their_order(ask: Ask, counting: Counting) -> None:
    await add_tip("T1", group_id=(await add_group("Tổ 1", code="A1")).id)
    list_size = await ask(
        "{ tips { nodes { id group { id } area { id } category { id } } } "
        'indicators { id } area(code: "82") { id } }'
    )
    (tip,) = list_size["data"]["tips"]["nodes"]
    ids = [
        tip["area"]["id"],
        tip["id"],
        tip["group"]["id"],
        tip["category"]["id"],
        list_size["data"]["indicators"][0]["id"],
    ]
    query = """query($ids: [ID!]!) {
      nodes(ids: $ids) { __typename id ... on Tip { code } ... on Group { name } } }"""

    with counting() as statements:
        found = (await ask(query, ids=ids * 15))["data"]["nodes"]

    assert [record["__typename"] for record in found[:5]] == [
        "Area",
        "Tip",
        "Group",
        "TipCategory",
        "Indicator",
    ]
    assert [record["id"] for record in found] == ids * 15
    assert found[1]["code"] == "T1"
    assert found[2]["name"] == "Tổ 1"
    assert len([s for s in statements if "t.id = ANY" in s]) == 5


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "!!!",
        "R3JvdXA",
        "ưẩ",
        "R3JvdXA6",
        "a" * 5000,
        urlsafe_b64encode(b"Staff:" + bytes(range(16))).decode(),
    ],
)
async def test_node_is_null_when_id_names_no_record(ask: Ask, given: str) -> None:
    assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=given))["data"] == {"node": None}
    unknown = global_id("Tip")(uuid4())
    assert (await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[given, unknown]))["data"] == {
        "nodes": [None, None]
    }


async def test_node_is_refused_when_scope_is_missing(
    ask: Ask, reading: Callable[..., Awaitable[str]]
) -> None:
    key = await reading("82", but=[Scope.TIPS_READ, Scope.TIPS_WORK])
    refused = error(
        await ask("query($id: ID!) { node(id: $id) { id } }", key=key, id=global_id("Tip")(uuid4()))
    )
    assert refused["extensions"]["code"] == "FORBIDDEN"


async def test_nodes_are_refused_when_more_than_100(ask: Ask) -> None:
    ids = [global_id("Tip")(uuid4()) for _ in range(101)]
    refused = error(await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids))
    assert refused["extensions"]["code"] == "TOO_MANY"
    assert (
        len((await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids[:100]))["data"]["nodes"])
        == 100
    )


def test_id_holds_its_type() -> None:
    id_ = uuid4()
    for name in RECORD_TYPES:
        assert parse_id(global_id(name)(id_)) == (name, id_)
        assert parse_id(global_id(name)(id_), name) == (name, id_)
    assert parse_id(global_id("Tip")(id_), "Group") is None
