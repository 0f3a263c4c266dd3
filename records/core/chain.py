"""The audit chain: each audit row carries an HMAC over all that it says and the chain of the row before it.

Nothing can be changed, taken out, put in or moved without the key, which is not in the database.
docs/audit.md tells what the chain proves and what it does not.
"""

import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tortoise.connection import get_connection

from records.core.sealing import Keyring
from records.tables.audit import AuditEntry

START: Final = bytes(32)
"""What the first row is chained to."""

COLUMNS: Final = (
    *("seq", "at", "actor_kind", "actor_id", "actor_name", "request_id"),
    *("action", "noun", "row_id", "area_id", "before", "after", "motive"),
)
"""What a link speaks for: every column but the chain itself."""

# Any fixed number: the key of the advisory lock under which rows are added.
_LOCK: Final = 0x6175646974
_BATCH: Final = 2000
_LABEL: Final = b"ketnoi audit chain"


def chain_key(keyring: Keyring) -> bytes:
    """The key of the chain. It comes from the one that never rotates, so old links can always be checked."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(keyring.index)


def link(key: bytes, before: bytes, row: Mapping[str, Any]) -> bytes:
    """The chain of `row`, where that of the row before it is `before`."""
    return hmac.digest(key, before + plain_bytes({name: row[name] for name in COLUMNS}), "sha256")


async def append(key: bytes, told: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, given without `seq` and `chain`, to the end of the chain.

    To be the last thing that a transaction does: from here until it ends nobody else can add a row, and since
    nothing is waited for after the lock, nobody can wait in a circle.
    """
    if not told:
        return
    connection = get_connection("default")
    await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_LOCK])
    last = await connection.execute_query_dict(
        "SELECT seq, chain FROM audit_entries ORDER BY seq DESC LIMIT 1"
    )
    seq, chain = (last[0]["seq"], last[0]["chain"]) if last else (0, START)
    if chain is None:
        chain = await _link_of_what_was_before(key)
    for values in told:
        seq += 1
        chain = link(key, chain, {"seq": seq, **values})
        await AuditEntry(seq=seq, chain=chain, **values).save(force_create=True)


async def in_order() -> AsyncIterator[dict[str, Any]]:
    """Every audit row from the first on, column by column, read from the database a batch at a time."""
    sql = f"SELECT {', '.join(COLUMNS)}, chain FROM audit_entries"
    order = f" ORDER BY seq LIMIT {_BATCH}"
    connection = get_connection("default")
    batch = await connection.execute_query_dict(sql + order)
    while batch:
        for row in batch:
            for name in ("before", "after"):
                row[name] = None if row[name] is None else json.loads(row[name])
            yield row
        batch = await connection.execute_query_dict(f"{sql} WHERE seq > $1{order}", [batch[-1]["seq"]])


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


async def _link_of_what_was_before(key: bytes) -> bytes:
    """What the first chained row is chained to: all the rows from before there was a chain."""
    chain = START
    async for row in in_order():
        chain = link(key, chain, row)
    return chain


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
