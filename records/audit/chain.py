"""Tamper evidence for the audit: a MAC on each entry and a hash chain over the entries.

A writer signs its entry when it stores it and waits for nobody; `records.audit` links committed entries
later. Every key comes from the key file, never from the database.
docs/explanation/audit.md says what this proves.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.core import events
from records.core.events import Event
from records.core.identifiers.ids import uuid7
from records.database.fetch import Row
from records.security.sealing import Keyring, keyring
from records.tables.changes.audit import AuditEntry

GENESIS: Final = bytes(32)
"""What the first entry is chained to."""

COLUMNS: Final = (
    *("seq", "id", "txid", "at", "actor_kind", "actor_id", "actor_name", "request_id"),
    *("action", "noun", "row_id", "area_id", "before", "after", "motive"),
)
"""What a MAC covers: every column but the MAC itself."""

ENTRY_COLUMNS: Final = ", ".join(f"e.{name}" for name in (*COLUMNS, "mac"))

# The transaction has its number before the entry has one: the linker relies on it.
_NUMBERS: Final = (
    "SELECT pg_current_xact_id()::text::bigint AS txid,"
    " nextval(pg_get_serial_sequence('audit_entries', 'seq')) AS seq"
)
# What the table holds comes back: a trigger or a rule may have kept the row out, or changed it.
_STORE: Final = (
    f"INSERT INTO audit_entries AS e ({', '.join((*COLUMNS, 'mac'))})"
    f" VALUES ({', '.join(f'${place}' for place in range(1, len(COLUMNS) + 2))}) RETURNING {ENTRY_COLUMNS}"
)
_JSON: Final = ("before", "after")


class AuditWriteError(Exception):
    """The database did not store an audit entry as it was signed; its change must not commit."""


class Purpose(StrEnum):
    """The purpose of an audit key; no key serves two."""

    ENTRY = "ketnoi audit entry"
    LINK = "ketnoi audit link"
    CHECKPOINT = "ketnoi audit checkpoint"


def audit_key(keyring: Keyring, purpose: Purpose) -> bytes:
    """The key for `purpose`, derived from the key that never rotates: old entries can always be checked."""
    return keyring.derived(purpose.value)


def entry_hmac(key: bytes, row: Mapping[str, Any]) -> bytes:
    """The MAC of an entry. Raises `TypeError` for a value that no entry can hold."""
    return hmac.digest(key, canonical_bytes({name: row[name] for name in COLUMNS}), "sha256")


def chain_hmac(key: bytes, before: bytes, position: int, mac: bytes) -> bytes:
    """The chain at `position`, where the entry has `mac` and `before` is the chain at the position before."""
    return hmac.digest(key, before + position.to_bytes(8) + mac, "sha256")


def is_signed(key: bytes, row: Row) -> bool:
    """Whether a stored row says what was signed under `key`; where it holds what no entry can, no."""
    mac = row["mac"]
    if not isinstance(mac, bytes):
        return False
    try:
        values = {name: row[name] for name in COLUMNS}
        for name in _JSON:
            values[name] = None if values[name] is None else _parse(values[name])
        return hmac.compare_digest(entry_hmac(key, values), mac)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return False


def is_entry_signed(entry: AuditEntry) -> bool:
    """Whether an entry, as Tortoise read it, says what was signed under this installation's key."""
    values = {name: getattr(entry, name) for name in COLUMNS}
    try:
        mac = entry_hmac(audit_key(keyring(), Purpose.ENTRY), values)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return False
    return hmac.compare_digest(mac, entry.mac or b"")


async def store_entry(values: Mapping[str, Any]) -> None:
    """Stores a signed entry made of `values`. Raises `AuditWriteError` where the table holds another."""
    connection = get_connection("default")
    (numbers,) = await connection.execute_query_dict(_NUMBERS)
    row = {**values, **numbers, "id": uuid7()}
    key = audit_key(keyring(), Purpose.ENTRY)
    mac = entry_hmac(key, row)
    field = AuditEntry._meta.fields_map  # noqa: SLF001 - the columns' own limits, and their way to JSON
    parameters = [*(field[name].to_db_value(row[name], AuditEntry) for name in COLUMNS), mac]
    stored = await connection.execute_query_dict(_STORE, parameters)
    if len(stored) != 1 or stored[0]["mac"] != mac or not is_signed(key, stored[0]):
        events.log(Event.AUDIT_NOT_STORED, action=row["action"])
        raise AuditWriteError


def _parse(text: str) -> Any:
    """What stands in a JSON column. Raises `ValueError` for what no entry is written with."""
    value = json.loads(text, parse_float=_parse_exact)
    if not isinstance(value, dict):
        # JSON's null above all: without it, it would be read like the NULL that was signed.
        raise ValueError("not an object")  # noqa: TRY004 - the data are wrong, not the code
    return value


def _parse_exact(text: str) -> float:
    """The number. Raises `ValueError` where it has digits that no float has, which no MAC would cover."""
    value = float(text)
    if Decimal(text) != Decimal(repr(value)):
        raise ValueError("not a float")
    return value


def canonical_bytes(value: Any) -> bytes:
    """`value` in the one form in which it is signed: no two values share it, and it survives being stored.

    Everything bears its kind and length, names are in order, and a number is the same however JSON writes it.
    """
    if value is None:
        return b"-"
    if isinstance(value, bool):
        return b"+1" if value else b"+0"
    if isinstance(value, int | float):
        return _length_prefixed(b"n", _number(value).encode())
    if isinstance(value, dict):
        pairs = sorted((str(name), inner) for name, inner in value.items())
        return _length_prefixed(
            b"d", b"".join(canonical_bytes(name) + canonical_bytes(inner) for name, inner in pairs)
        )
    if isinstance(value, list | tuple):
        return _length_prefixed(b"l", b"".join(canonical_bytes(inner) for inner in value))
    return _length_prefixed(b"t", _text(value).encode())


def _length_prefixed(kind: bytes, content: bytes) -> bytes:
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
