"""What a province has beside the groups and tips of `ketnoi demo`: hamlets, officers, members, reviews, …

Counts are those of a province at work for some years; everybody is made up and marked "(mẫu)".
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg

from records.audit.chain import COLUMNS, GENESIS, Purpose, audit_key, chain_hmac, entry_hmac
from records.core.identifiers.ids import uuid7
from records.core.settings import Settings, installation
from records.core.text import normalize_for_search, person_key
from records.security.sealing import keyring

AUDIT_ENTRIES: Final = 300_000
_FAMILIES: Final = "Nguyễn|Nguyễn|Nguyễn|Trần|Trần|Lê|Phạm|Huỳnh|Phan|Võ|Đặng|Bùi|Đỗ|Hồ"
_MIDDLE: Final = "Văn|Thị|Minh|Ngọc|Thanh|Quốc|Hữu|Đức|Kim|Thu|Xuân|Hồng"
_GIVEN: Final = "An|Bình|Châu|Cường|Dũng|Đạt|Hà|Hải|Hạnh|Hiền|Hoa|Hùng|Hương|Khánh|Lan|Linh|Long|Mai|Nam"
_ACTIONS: Final = (
    ("tips.verify", "tip", {"status": "VERIFYING"}),
    ("tips.assign", "tip", {"status": "VERIFYING"}),
    ("tips.close", "tip", {"status": "CLOSED"}),
    ("groups.edit", "group", {"households": 40}),
    ("members.edit", "member", {"role": "MEMBER"}),
)

_STATEMENTS: Final = Path(__file__).with_suffix(".sql")


async def complete(connection: "asyncpg.Connection[Any]", data_dir: Path) -> None:
    """Fills the database of the data folder as its superuser, in one transaction; nobody may work in it."""
    installation.use(Settings(data_dir, "127.0.0.1", 8000))
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        names = "CREATE TEMP TABLE names (n int, name text, name_key text, folded text) ON COMMIT DROP"
        await connection.execute(names)
        await connection.copy_records_to_table("names", records=_names())
        await connection.execute(_STATEMENTS.read_text(encoding="utf-8"), timeout=3600)
        await _audit(connection)
    await connection.execute("VACUUM ANALYZE", timeout=3600)


def _names() -> Iterator[tuple[int, str, str, str]]:
    for number, parts in enumerate(product(*(one.split("|") for one in (_FAMILIES, _MIDDLE, _GIVEN)))):
        name = " ".join(parts)
        yield number, f"{name} (mẫu)", person_key(name), normalize_for_search(f"{name} mau")


async def _audit(connection: "asyncpg.Connection[Any]") -> None:
    """Signed and linked entries, one every other minute until now."""
    people = await connection.fetch("SELECT id, name, area FROM people ORDER BY username")
    rows = [row["id"] for row in await connection.fetch("SELECT id FROM tips ORDER BY code LIMIT 50000")]
    ((txid, first, at),) = await connection.fetch(
        "SELECT pg_current_xact_id()::text::bigint,"
        " setval(pg_get_serial_sequence('audit_entries', 'seq'), max(seq) + $1) - $1 + 1, now()"
        " FROM audit_entries",
        AUDIT_ENTRIES,
    )
    last = await connection.fetchrow("SELECT position, chain FROM audit_links ORDER BY position DESC LIMIT 1")
    entries = list(_entries(people, rows, txid, first, at))
    await connection.copy_records_to_table("audit_entries", columns=(*COLUMNS, "mac"), records=entries)
    links = _links(entries, *(last or (0, GENESIS)))
    await connection.copy_records_to_table(
        "audit_links", columns=("position", "entry", "chain"), records=links
    )


def _entries(
    people: Sequence[asyncpg.Record], rows: Sequence[UUID], txid: int, first: int, until: datetime
) -> Iterator[tuple[Any, ...]]:
    key, chance = audit_key(keyring(), Purpose.ENTRY), Random(1)  # noqa: S311 - made-up records
    for number in range(AUDIT_ENTRIES):
        who = people[number % len(people)]
        action, noun, after = chance.choice(_ACTIONS)
        if number % 2000 == 0:
            after = {"reveal": "LOOKED"}
        row = {
            "seq": first + number,
            "id": uuid7(),
            "txid": txid,
            "at": until - timedelta(minutes=2 * (AUDIT_ENTRIES - number)),
            "actor_kind": "STAFF",
            "actor_id": who["id"],
            "actor_name": who["name"],
            "request_id": "benchmark",
            "action": action,
            "noun": noun,
            "row_id": chance.choice(rows),
            "area_id": who["area"],
            "before": {},
            "after": after,
            "motive": "",
        }
        mac = entry_hmac(key, row)
        yield (
            *(json.dumps(row[name]) if name in {"before", "after"} else row[name] for name in COLUMNS),
            mac,
        )


def _links(
    entries: Sequence[tuple[Any, ...]], position: int, chain: bytes
) -> Iterator[tuple[int, int, bytes]]:
    key = audit_key(keyring(), Purpose.LINK)
    for entry in entries:
        position += 1
        chain = chain_hmac(key, chain, position, entry[-1])
        yield position, entry[0], chain
