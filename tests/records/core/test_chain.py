import asyncio
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise.connection import get_connection

from records import audit, groups, tips
from records.catalogue import category_id
from records.core.actor import ActorKind, system
from records.core.chain import COLUMNS, START, append, chain_key, in_order, link, plain_bytes
from records.core.change import change
from records.core.errors import Invalid
from records.core.sealing import Keyring, keyring
from records.groups import GroupDraft
from records.tables import AuditEntry
from records.tables.groups import GroupKind
from records.tables.tips import Channel
from records.tips import TipDraft
from tests.conftest import area_ids

TASK = system("test")
KEY = bytes(range(32))
ROW: dict[str, Any] = {
    "seq": 1,
    "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    "actor_kind": ActorKind.SYSTEM,
    "actor_id": None,
    "actor_name": "test",
    "request_id": "r",
    "action": "groups.edit",
    "noun": "group",
    "row_id": UUID(int=1),
    "area_id": None,
    "before": {"households": 1},
    "after": {"households": 2},
    "motive": "",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


async def draft(code: str, households: int = 1) -> GroupDraft:
    (area,) = await area_ids("29905")
    return GroupDraft(code, "Tổ tự quản mẫu", GroupKind.SELF_GOVERNING, area, households=households)


async def both(*codes: str) -> None:
    async with change():
        for code in codes:
            await groups.create(await draft(code), by=TASK)


async def chains() -> list[tuple[int, bytes | None]]:
    return [(entry.seq, entry.chain) for entry in await AuditEntry.all().order_by("seq")]


async def test_a_link_speaks_for_every_column_but_the_chain(database: str) -> None:
    there = await get_connection("default").execute_query_dict(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_entries'"
    )
    assert {*COLUMNS, "chain"} == {row["column_name"] for row in there}


@pytest.mark.parametrize("column", COLUMNS)
def test_another_value_in_any_column_makes_another_link(column: str) -> None:
    other: dict[type, Any] = {int: 2, str: "other", dict: {"households": 3}, type(None): UUID(int=9)}
    other |= {datetime: ROW["at"] + timedelta(microseconds=1), UUID: UUID(int=2), ActorKind: ActorKind.STAFF}
    changed = ROW | {column: other[type(ROW[column])]}
    assert link(KEY, START, changed) != link(KEY, START, ROW)


def test_another_key_or_another_row_before_makes_another_link() -> None:
    links = {link(KEY, START, ROW), link(bytes(32), START, ROW), link(KEY, link(KEY, START, ROW), ROW)}
    assert len(links) == 3
    assert chain_key(Keyring.new()) != chain_key(Keyring.new())


def test_links_that_were_made_once_stay_right_for_ever() -> None:
    """Worked out once: whoever changes the form of a link can check no chain of before."""
    value = {"b": [1, True, False, None, 0.5, -7, "ế"], "a": (2.0, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))}
    assert plain_bytes(value) == (
        b"d82:t1:al40:n1:2t32:2026-01-02T03:04:05.000000+00:00t1:bl26:n1:1+1+0-n3:0.5n2:-7t3:\xe1\xba\xbf"
    )
    assert link(KEY, START, ROW).hex() == "3c3f7a44c3bbbf08a9e84caf973747737f52f294d89a2472dc4d5665582bd2e5"
    key = chain_key(Keyring("1", {"1": bytes(32)}, KEY))
    assert key.hex() == "70e5dc233ad5a2d1864fc743615f77d81a3ccbaafd052a389cc4ae0b47812630"
    assert bytes(32) == START


def test_what_has_a_name_is_signed_by_its_value() -> None:
    class Given(Enum):
        SIDE = "side"

    assert plain_bytes(Given.SIDE) == plain_bytes("side") == b"t4:side"


def test_the_key_of_the_chain_outlives_a_rotation_and_is_not_that_of_the_blind_index() -> None:
    ring = Keyring.new()
    assert chain_key(ring.with_new_key()) == chain_key(ring) != ring.index


@given(JSON, JSON)
def test_only_what_is_equal_has_the_same_plain_bytes(one: object, other: object) -> None:
    def tagged(value: object) -> object:
        """True is 1 to Python, and 1.0 too; only the second is so to JSON."""
        if isinstance(value, bool):
            return ("bool", value)
        if isinstance(value, int | float):
            return ("number", Decimal(repr(value)))
        if isinstance(value, list):
            return ("list", [tagged(inner) for inner in value])
        if isinstance(value, dict):
            return ("dict", {name: tagged(inner) for name, inner in value.items()})
        return value

    assert (plain_bytes(one) == plain_bytes(other)) == (tagged(one) == tagged(other))


def test_plain_bytes_know_no_order_of_names_and_no_time_zone() -> None:
    assert plain_bytes({"a": 1, "b": 2}) == plain_bytes({"b": 2, "a": 1})
    here = datetime(2026, 1, 2, 10, 4, 5, 6, tzinfo=timezone(timedelta(hours=7)))
    assert plain_bytes(here) == plain_bytes(here.astimezone(UTC))
    assert plain_bytes(["ab", "c"]) != plain_bytes(["a", "bc"])
    with pytest.raises(TypeError, match="object"):
        plain_bytes(object())


async def test_what_is_stored_gives_the_same_link_as_what_was_told(database: str) -> None:
    odd = {"texts": ["ế", "\\u0000", '"', "\n", ""], "n": [0, -0.0, 1e22, 1e23, 0.1, 10.0, -7, 2**62, True]}
    row = {name: value for name, value in ROW.items() if name != "seq"} | {"after": odd, "before": {}}
    async with change():
        await append(KEY, [row, row | {"after": None, "motive": "vì sao"}])
    chain = START
    async for stored in in_order():
        chain = link(KEY, chain, stored)
        assert chain == stored["chain"]
    assert [seq for seq, _ in await chains()] == [1, 2]


async def test_rows_from_before_the_chain_are_vouched_for_by_the_first_link(database: str) -> None:
    for seq in (3, 8):
        await AuditEntry.create(**ROW | {"seq": seq})
    row = await groups.create(await draft("MAU-01"), by=TASK)
    assert [(seq, chain is None) for seq, chain in await chains()] == [(3, True), (8, True), (9, False)]
    assert await audit.verify(by=TASK) == audit.Verdict(3, 2)
    await groups.edit(row.id, await draft("MAU-01", 2), seen=1, by=TASK)
    assert await audit.verify(by=TASK) == audit.Verdict(4, 2)


async def test_a_change_inside_a_change_tells_in_order_and_what_failed_tells_nothing(database: str) -> None:
    async with change():
        await groups.create(await draft("MAU-01"), by=TASK)
        with pytest.raises(Invalid):
            await both("MAU-02", "MAU-01")
        await groups.create(await draft("MAU-03"), by=TASK)
        assert not await AuditEntry.exists()
    told = [entry.after and entry.after["code"] for entry in await AuditEntry.all().order_by("seq")]
    assert told == ["MAU-01", "MAU-03"]
    assert await audit.verify(by=TASK) == audit.Verdict(2, 0)


async def test_many_writers_at_once_leave_one_whole_chain_and_none_waits_in_a_circle(database: str) -> None:
    (area,) = await area_ids("29905")
    tip = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, area)

    async def one(number: int) -> None:
        """Takes the counter's lock before or after it has told something, in turn."""
        async with change():
            if number % 2:
                await tips.submit(tip, by=TASK)
            row = await groups.create(await draft(f"MAU-{number:02}"), by=TASK)
            await groups.edit(row.id, await draft(f"MAU-{number:02}", 9), seen=1, by=TASK)
            if not number % 2:
                await tips.submit(tip, by=TASK)
            if number % 5 == 0:
                raise ZeroDivisionError

    ended = await asyncio.gather(*(one(number) for number in range(40)), return_exceptions=True)
    assert {type(end) for end in ended if end} == {ZeroDivisionError}
    assert [seq for seq, _ in await chains()] == list(range(1, 32 * 3 + 1))
    assert await audit.verify(by=TASK) == audit.Verdict(32 * 3, 0)


async def test_rows_that_are_told_at_the_same_time_follow_one_another(database: str) -> None:
    drafts = [await draft(f"MAU-{number:02}") for number in range(20)]
    await asyncio.gather(*(groups.create(one, by=TASK) for one in drafts))
    assert [seq for seq, _ in await chains()] == list(range(1, 21))
    assert await audit.verify(by=TASK) == audit.Verdict(20, 0)


async def test_nobody_waits_for_the_chain_before_a_transaction_ends(database: str) -> None:
    """A transaction that has told something keeps nobody waiting until it is about to commit."""
    async with change():
        await groups.create(await draft("MAU-01"), by=TASK)
        held = await get_connection("default").execute_query_dict(
            "SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
    assert held == [{"held": 0}]
    ((_, chain),) = await chains()
    async for row in in_order():
        assert link(chain_key(keyring()), START, row) == chain
