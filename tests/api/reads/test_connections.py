"""Paging: forward and backward, over ties and NULLs, while rows come and go; and every wrong argument."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from api.errors import InvalidInput
from api.reads.connections import Page, cursor, parse_cursor
from api.reads.declared import RECORD_TYPES
from records.core.actor import Scope
from records.tables import Organisation, Programme
from records.tables.organisations import OrganisationKind
from tests.api.support import PHU_HUU, Ask, Counting, add_group, add_tip, codes, error

PAGE = """query($first: Int, $after: String, $last: Int, $before: String) {
  %s(orderBy: %s, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { code } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def walk(ask: Ask, field: str, order: str, size: int, *, backward: bool = False) -> list[str]:
    """All codes, page by page."""
    found: list[str] = []
    place: str | None = None
    while True:
        paging = {"last": size, "before": place} if backward else {"first": size, "after": place}
        answer = await ask(PAGE % (field, order), **paging)
        assert "errors" not in answer, answer
        page = answer["data"][field]
        codes = [edge["node"]["code"] for edge in page["edges"]]
        found = codes + found if backward else found + codes
        info = page["pageInfo"]
        assert info["startCursor"] == page["edges"][0]["cursor"]
        assert info["endCursor"] == page["edges"][-1]["cursor"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return found
        place = info["startCursor" if backward else "endCursor"]


async def add_programmes(*ends: date | None) -> None:
    area = await _area()
    host = Organisation(
        name=f"Đơn vị mẫu {uuid4().hex}", folded="", kind=OrganisationKind.POLICE, area_id=area
    )
    await host.save()
    for number, ended_on in enumerate(ends):
        await Programme.create(
            code=f"P{number}",
            name="Mô hình mẫu",
            folded="",
            host_id=host.id,
            area_id=area,
            started_on=date(2018, 8, 1),
            ended_on=ended_on,
        )


async def _area() -> Any:
    from records.areas import areas

    return (await areas.resolve_reference(PHU_HUU)).id


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_pages_repeat_and_miss_no_row_when_keys_are_equal(ask: Ask, size: int) -> None:
    for number in range(7):
        await add_tip(f"T{number}", received=date(2026, 1, 1 + number // 3))
    for order in ("RECEIVED_AT", "RECEIVED_AT_DESC"):
        forward = await walk(ask, "tips", order, size)
        assert sorted(forward) == [f"T{number}" for number in range(7)]
        assert await walk(ask, "tips", order, size, backward=True) == forward
    assert (
        await walk(ask, "tips", "RECEIVED_AT", size)
        == (await walk(ask, "tips", "RECEIVED_AT_DESC", size))[::-1]
    )


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_repeat_and_miss_no_row_when_keys_are_null(ask: Ask, size: int) -> None:
    await add_programmes(None, date(2025, 1, 1), None, date(2024, 1, 1), date(2025, 1, 1))
    forward = await walk(ask, "programmes", "ENDED_ON", size)
    assert forward[0] == "P3"
    assert set(forward[1:3]) == {"P1", "P4"}
    assert set(forward[3:]) == {"P0", "P2"}
    assert await walk(ask, "programmes", "ENDED_ON", size, backward=True) == forward
    assert await walk(ask, "programmes", "ENDED_ON_DESC", size) == forward[::-1]
    assert await walk(ask, "programmes", "ENDED_ON_DESC", size, backward=True) == forward[::-1]


async def test_names_are_in_vietnamese_order_across_pages(ask: Ask) -> None:
    names = ["Tổ 2", "Tổ 10", "Tổ Ánh", "Tổ Ấp", "Tổ Bàn", "Tổ Dân", "Tổ Đa"]
    for name in reversed(names):
        await add_group(name, code=name.upper())
    codes = [name.upper() for name in names]
    assert await walk(ask, "groups", "NAME", 2) == codes
    assert await walk(ask, "groups", "NAME_DESC", 3) == codes[::-1]


async def test_pages_stay_stable_when_rows_come_and_go(ask: Ask) -> None:
    for number in (1, 3, 5, 7):
        await add_group(f"Tổ {number}", code=f"A{number}")
    first = (await ask(PAGE % ("groups", "NAME"), first=2))["data"]["groups"]
    await add_group("Tổ 0", code="A0")
    await add_group("Tổ 4", code="A4")
    from records.tables import Group

    await Group.filter(code="A3").update(deleted_at=datetime(2026, 1, 1, tzinfo=UTC))

    second = (await ask(PAGE % ("groups", "NAME"), first=2, after=first["pageInfo"]["endCursor"]))["data"][
        "groups"
    ]

    assert [edge["node"]["code"] for edge in first["edges"]] == ["A1", "A3"]
    assert [edge["node"]["code"] for edge in second["edges"]] == ["A4", "A5"]
    assert second["pageInfo"]["hasNextPage"] is True
    assert second["pageInfo"]["hasPreviousPage"] is True


async def test_page_is_bounded_when_after_and_before_are_given(ask: Ask) -> None:
    for number in range(6):
        await add_group(f"Tổ {number}", code=f"A{number}")
    edges = (await ask(PAGE % ("groups", "NAME")))["data"]["groups"]["edges"]
    between = {"after": edges[0]["cursor"], "before": edges[4]["cursor"]}
    page = (await ask(PAGE % ("groups", "NAME"), first=2, **between))["data"]["groups"]
    assert [edge["node"]["code"] for edge in page["edges"]] == ["A1", "A2"]
    page = (await ask(PAGE % ("groups", "NAME"), last=2, **between))["data"]["groups"]
    assert [edge["node"]["code"] for edge in page["edges"]] == ["A2", "A3"]


async def test_page_size_is_50_by_default_and_may_be_zero(ask: Ask) -> None:
    for number in range(51):
        await add_group(f"Tổ {number}", code=f"A{number}")
    answer = await ask("{ groups { nodes { code } pageInfo { hasNextPage } } }")
    assert len(codes(answer, "groups")) == 50
    assert answer["data"]["groups"]["pageInfo"]["hasNextPage"] is True
    assert codes(await ask("{ groups(first: 0) { nodes { code } totalCount } }"), "groups") == []
    empty = await ask(
        "{ groups(first: 0) { pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"
    )
    assert empty["data"]["groups"]["pageInfo"] == {
        "startCursor": None,
        "endCursor": None,
        "hasNextPage": True,
        "hasPreviousPage": False,
    }


async def test_total_is_counted_when_selected_and_ignores_cursors(ask: Ask, counting: Counting) -> None:
    for number in range(3):
        await add_group(f"Tổ {number}", code=f"A{number}")
    await ask("{ __typename }")
    with counting() as statements:
        page = (await ask("{ groups(first: 1) { edges { cursor } } }"))["data"]["groups"]
    assert not any("count(*)" in statement for statement in statements)
    with counting() as statements:
        query = "query($after: String) { groups(first: 1, after: $after) { totalCount } }"
        counted = await ask(query, after=page["edges"][0]["cursor"])
    assert counted["data"]["groups"]["totalCount"] == 3
    assert [statement for statement in statements if " groups t" in statement] == [
        statement for statement in statements if "SELECT count(*)" in statement
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: -1", "first must be from 0 to 1000."),
        ("first: 1001", "first must be from 0 to 1000."),
        ("last: -1", "last must be from 0 to 1000."),
        ("first: 1, last: 1", "Use either first or last, not both."),
        ('after: "!"', "after is not a cursor of this list."),
        ('before: "bm8"', "before is not a cursor of this list."),
        ('after: ""', "after is not a cursor of this list."),
    ],
)
async def test_paging_argument_is_refused_when_invalid(ask: Ask, arguments: str, message: str) -> None:
    refused = error(await ask(f"{{ groups({arguments}) {{ nodes {{ code }} }} }}"))
    assert refused["message"] == message
    assert refused["extensions"]["code"] in {"OUT_OF_RANGE", "INCONSISTENT", "MALFORMED"}


async def test_cursor_is_refused_when_order_or_list_differs(ask: Ask) -> None:
    await add_group("Tổ 1", code="A1")
    await add_tip("T1")
    place = (await ask("{ groups(orderBy: CODE) { pageInfo { endCursor } } }"))["data"]["groups"]["pageInfo"][
        "endCursor"
    ]
    for order in ("NAME", "CODE_DESC", "UPDATED_AT"):
        refused = error(await ask(f'{{ groups(orderBy: {order}, after: "{place}") {{ nodes {{ code }} }} }}'))
        assert refused["extensions"]["code"] == "INCONSISTENT"
    moment = (await ask("{ tips(orderBy: UPDATED_AT) { pageInfo { endCursor } } }"))["data"]["tips"][
        "pageInfo"
    ]["endCursor"]
    refused = error(
        await ask(f'{{ groups(orderBy: UPDATED_AT, before: "{moment}") {{ nodes {{ code }} }} }}')
    )
    assert refused["message"] == "before is not a cursor of this list."


ORDER = RECORD_TYPES["Group"].order("updated_at")


@pytest.mark.parametrize(
    "held",
    [
        b"null",
        b"[]",
        b"{}",
        b'["groups", "updated_at"]',
        b'["groups", "updated_at", "2026-01-01T00:00:00", "00000000-0000-0000-0000-000000000000"]',
        b'["groups", "updated_at", null, "00000000-0000-0000-0000-000000000000"]',
        b'["groups", "updated_at", 5, "00000000-0000-0000-0000-000000000000"]',
        b'["groups", "updated_at", "yesterday", "00000000-0000-0000-0000-000000000000"]',
        b'["groups", "updated_at", "2026-01-01T00:00:00+00:00", "x"]',
        b'["groups", "updated_at", "2026-01-01T00:00:00+00:00", 7]',
        b"\xff\xfe",
    ],
)
def test_cursor_is_refused_when_forged(held: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_cursor(ORDER, urlsafe_b64encode(held).decode(), "after")


def test_cursor_gives_back_its_values() -> None:
    id_ = uuid4()
    for order, key in (
        (ORDER, datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        (RECORD_TYPES["Figure"].order("-period_to"), date(2026, 1, 2)),
        (RECORD_TYPES["Figure"].order("-period_to"), None),
        (RECORD_TYPES["Group"].order("-name_key"), "~01~02\t05"),
    ):
        assert parse_cursor(order, cursor(order, key, id_), "after") == (key, id_)


def test_page_size_is_checked_before_reading() -> None:
    assert Page().size == 50
    assert Page(first=1000).size == 1000
    with pytest.raises(InvalidInput):
        _ = Page(first=2**31 - 1).size


async def test_cursor_is_refused_when_it_contains_nul(
    reading: Callable[..., Awaitable[str]], ask: Ask
) -> None:
    forged = urlsafe_b64encode(
        b'["groups", "name_key", "a\\u0000b", "00000000-0000-0000-0000-000000000000"]'
    ).decode()
    key = await reading("82", but=[Scope.TIPS_WRITE])
    refused = error(await ask(f'{{ groups(after: "{forged}") {{ nodes {{ code }} }} }}', key=key))
    assert refused["message"] == "after is not a cursor of this list."


async def test_count_stops_at_its_bound(ask: Ask, counting: Counting) -> None:
    for number in range(4):
        await add_group(f"Tổ {number}", code=f"A{number}")
    await ask("{ __typename }")
    query = "{ groups { few: count(upTo: 3) { value qualifier } all: count(upTo: 4) { value qualifier } } }"
    with counting() as statements:
        found = (await ask(query))["data"]["groups"]
    assert found == {"few": {"value": 3, "qualifier": "OVER"}, "all": {"value": 4, "qualifier": "EXACT"}}
    # One statement for both, which reads no more rows than the larger of them and one.
    (text,) = [statement for statement in statements if " groups t" in statement]
    assert re.fullmatch(r"SELECT count\(\*\) FROM \(SELECT FROM groups t WHERE .* LIMIT 5\) t", text)


async def test_count_is_taken_from_total_when_both_are_selected(ask: Ask, counting: Counting) -> None:
    for number in range(3):
        await add_group(f"Tổ {number}", code=f"A{number}")
    with counting() as statements:
        query = "query($n: Int!) { groups { totalCount count(upTo: $n) { value qualifier } } }"
        found = (await ask(query, n=2))["data"]["groups"]
    assert found == {"totalCount": 3, "count": {"value": 2, "qualifier": "OVER"}}
    assert len([statement for statement in statements if " groups t" in statement]) == 1
    assert (await ask("{ groups { count { value } } }"))["data"]["groups"]["count"] == {"value": 3}


@pytest.mark.parametrize("up_to", [0, -1, 10_001])
async def test_count_bound_is_refused_when_out_of_range(ask: Ask, up_to: int) -> None:
    refused = error(await ask("query($n: Int!) { groups { count(upTo: $n) { value } } }", n=up_to))
    assert refused["message"] == "upTo must be from 1 to 10,000."
    assert refused["extensions"]["code"] == "OUT_OF_RANGE"
