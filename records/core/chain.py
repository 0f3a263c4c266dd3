"""What makes the audit hard to forge: a MAC on each entry, and a chain over the entries in order.

A writer signs its entry when it stores it and waits for nobody; `records.audit` links committed entries
later. Every key comes from the key file, never from the database. docs/audit.md says what this proves.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.core.ids import uuid7
from records.core.sealing import Keyring, keyring
from records.tables.audit import AuditEntry

START: Final = bytes(32)
"""What the first entry is chained to."""

COLUMNS: Final = (
    *("seq", "id", "txid", "at", "actor_kind", "actor_id", "actor_name", "request_id"),
    *("action", "noun", "row_id", "area_id", "before", "after", "motive"),
)
"""What a MAC covers: every column but the MAC itself."""

# The transaction has its number before the entry has one: the linker relies on it.
_NUMBERS: Final = (
    "SELECT pg_current_xact_id()::text::bigint AS txid,"
    " nextval(pg_get_serial_sequence('audit_entries', 'seq')) AS seq"
)


class Purpose(StrEnum):
    """What an audit key is for; no key serves two purposes."""

    ENTRY = "ketnoi audit entry"
    LINK = "ketnoi audit link"
    CHECKPOINT = "ketnoi audit checkpoint"


def audit_key(keyring: Keyring, purpose: Purpose) -> bytes:
    """The key for `purpose`, derived from the key that never rotates: old entries can always be checked."""
    return keyring.derived(purpose.value)


def entry_mac(key: bytes, row: Mapping[str, Any]) -> bytes:
    """The MAC of an entry. Raises `TypeError` for a value that no entry can hold."""
    return hmac.digest(key, plain_bytes({name: row[name] for name in COLUMNS}), "sha256")


def link(key: bytes, before: bytes, position: int, mac: bytes) -> bytes:
    """The chain at `position`, where the entry has `mac` and `before` is the chain at the position before."""
    return hmac.digest(key, before + position.to_bytes(8) + mac, "sha256")


async def store_entry(values: Mapping[str, Any]) -> None:
    """Stores an entry, signed, in this task's transaction; `values` lack what is made here."""
    (numbers,) = await get_connection("default").execute_query_dict(_NUMBERS)
    row = {**values, **numbers, "id": uuid7()}
    mac = entry_mac(audit_key(keyring(), Purpose.ENTRY), row)
    await AuditEntry(**row, mac=mac).save(force_create=True)


def plain_bytes(value: Any) -> bytes:
    """`value` in the one form in which it is signed: no two values share it, and it survives being stored.

    Everything bears its kind and length, names are in order, and a number is the same however JSON writes it.
    """
    if value is None:
        return b"-"
    if isinstance(value, bool):
        return b"+1" if value else b"+0"
    if isinstance(value, int | float):
        return _sized(b"n", _number(value).encode())
    if isinstance(value, dict):
        pairs = sorted((str(name), inner) for name, inner in value.items())
        return _sized(b"d", b"".join(plain_bytes(name) + plain_bytes(inner) for name, inner in pairs))
    if isinstance(value, list | tuple):
        return _sized(b"l", b"".join(plain_bytes(inner) for inner in value))
    return _sized(b"t", _text(value).encode())


def _sized(kind: bytes, content: bytes) -> bytes:
    return kind + str(len(content)).encode() + b":" + content


def _number(value: float) -> str:
    exact = Decimal(repr(value))
    return str(int(exact)) if exact == exact.to_integral_value() else repr(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value
    raise TypeError(f"an audit row cannot hold a {type(value).__name__}")
