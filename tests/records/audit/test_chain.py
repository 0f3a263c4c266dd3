from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise.connection import get_connection

from records.audit.chain import (
    COLUMNS,
    ENTRY_COLUMNS,
    GENESIS,
    Purpose,
    audit_key,
    canonical_bytes,
    chain_hmac,
    entry_hmac,
    is_signed,
    store_entry,
)
from records.changes.unit_of_work import transaction
from records.core.actor import ActorKind
from records.security.sealing import Keyring, keyring
from records.tables import AuditEntry

KEY = bytes(range(32))
MAC = bytes(range(32, 64))
ROW: dict[str, Any] = {
    "seq": 1,
    "id": UUID(int=7),
    "txid": 2,
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


async def test_mac_covers_every_column_but_itself(database: str) -> None:
    there = await get_connection("default").execute_query_dict(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_entries'"
    )
    assert {*COLUMNS, "mac"} == {row["column_name"] for row in there}


@pytest.mark.parametrize("column", COLUMNS)
def test_mac_differs_when_column_does(column: str) -> None:
    other: dict[type, Any] = {int: 3, str: "other", dict: {"households": 3}, type(None): UUID(int=9)}
    other |= {datetime: ROW["at"] + timedelta(microseconds=1), UUID: UUID(int=2), ActorKind: ActorKind.STAFF}
    changed = ROW | {column: other[type(ROW[column])]}
    assert entry_hmac(KEY, changed) != entry_hmac(KEY, ROW)
    assert entry_hmac(bytes(32), ROW) != entry_hmac(KEY, ROW)


def test_link_differs_when_anything_does() -> None:
    links = {
        chain_hmac(KEY, GENESIS, 1, MAC),
        chain_hmac(bytes(32), GENESIS, 1, MAC),
        chain_hmac(KEY, MAC, 1, MAC),
        chain_hmac(KEY, GENESIS, 2, MAC),
        chain_hmac(KEY, GENESIS, 1, GENESIS),
    }
    assert len(links) == 5


def test_keys_differ_by_purpose_and_by_key_file() -> None:
    rings = (Keyring.new(), Keyring.new())
    keys = {audit_key(ring, purpose) for ring in rings for purpose in Purpose}
    assert len(keys | {ring.index for ring in rings}) == 8


def test_key_stays_when_wrapping_keys_are_rotated() -> None:
    ring = Keyring.new()
    rotated = ring.with_new_key().without(ring.current)
    assert [audit_key(rotated, purpose) for purpose in Purpose] == [audit_key(ring, one) for one in Purpose]


def test_signature_form_does_not_change() -> None:
    """Worked out once: whoever changes the form of a signature can check no entry of before."""
    value = {"b": [1, True, False, None, 0.5, -7, "ế"], "a": (2.0, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))}
    assert canonical_bytes(value) == (
        b"d82:t1:al40:n1:2t32:2026-01-02T03:04:05.000000+00:00t1:bl26:n1:1+1+0-n3:0.5n2:-7t3:\xe1\xba\xbf"
    )
    keys = [audit_key(Keyring("1", {"1": bytes(32)}, KEY), purpose).hex() for purpose in Purpose]
    assert keys == [
        "3cca61078950b08dac715ef1b8a8a465b8a14bdfe9d3d86ae4cd4a439b0bcaf9",
        "e59e126b8182cd70bb6757cb4c31cf4c3b9d9bd92f096c1d941147dce2a39125",
        "d56970fe2719b1b03981c3951b9307c415e76382621e55d6f0bcc88df2ea633f",
    ]
    assert entry_hmac(KEY, ROW).hex() == "6bdbc72e325ff5d506f3b232eb4383d662aa52c4e046b7cb5b29de1ebfaac255"
    assert (
        chain_hmac(KEY, GENESIS, 1, MAC).hex()
        == "fafb44d8a372d755000690ea2051370e0f6811796d9b452d33ee7ee95464c41c"
    )
    assert bytes(32) == GENESIS


def test_enum_is_signed_by_its_value() -> None:
    class Given(Enum):
        SIDE = "side"

    assert canonical_bytes(Given.SIDE) == canonical_bytes("side") == b"t4:side"


@given(JSON, JSON)
def test_plain_bytes_are_equal_only_when_values_are(one: object, other: object) -> None:
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

    assert (canonical_bytes(one) == canonical_bytes(other)) == (tagged(one) == tagged(other))


def test_plain_bytes_ignore_name_order_and_time_zone() -> None:
    assert canonical_bytes({"a": 1, "b": 2}) == canonical_bytes({"b": 2, "a": 1})
    here = datetime(2026, 1, 2, 10, 4, 5, 6, tzinfo=timezone(timedelta(hours=7)))
    assert canonical_bytes(here) == canonical_bytes(here.astimezone(UTC))
    assert canonical_bytes(["ab", "c"]) != canonical_bytes(["a", "bc"])
    with pytest.raises(TypeError, match="object"):
        canonical_bytes(object())


async def test_stored_entry_has_mac_of_its_values(database: str) -> None:
    odd = {"texts": ["ế", "\\u0000", '"', "\n", ""], "n": [0, -0.0, 1e22, 1e23, 0.1, 10.0, -7, 2**62, True]}
    made = ("seq", "id", "txid")
    row = {name: value for name, value in ROW.items() if name not in made} | {"after": odd, "before": {}}
    async with transaction():
        await store_entry(row)
        await store_entry(row | {"after": None, "motive": "vì sao"})
    _, stored = await get_connection("default").execute_query(f"SELECT {ENTRY_COLUMNS} FROM audit_entries e")
    key = audit_key(keyring(), Purpose.ENTRY)
    assert [is_signed(key, one) for one in stored] == [True, True]
    assert not is_signed(KEY, stored[0])
    first, second = await AuditEntry.all().order_by("seq")
    assert (first.txid, first.seq + 1) == (second.txid, second.seq)
    assert first.id != second.id


@pytest.mark.parametrize(
    "value",
    ["{", '{"n": 1e999}', "9" * 5000, "[" * 100_000, 7, object(), b""],
    ids=["half", "infinity", "long", "deep", "a number", "an object", "bytes"],
)
def test_row_is_unsigned_when_value_cannot_be_signed(value: object) -> None:
    row = ROW | {"before": None, "after": value, "mac": MAC}
    assert not is_signed(KEY, row)
    assert not is_signed(KEY, ROW | {"before": None, "after": None, "mac": None})
