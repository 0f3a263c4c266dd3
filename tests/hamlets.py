"""Hamlets that a test may reorganise in the shared database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Final

from records.areas import areas
from records.core.identifiers.ids import area_id
from records.tables import Area
from records.tables.areas import AreaKind
from tests.conftest import area_ids
from tests.databases import login

SINCE: Final = date(2025, 7, 1)
DAY: Final = date(2026, 3, 1)
WHY: Final = "Nghị quyết mẫu 12/NQ-HĐND"


@asynccontextmanager
async def three_hamlets(url: str) -> AsyncIterator[list[Area]]:
    """Three hamlets of Phường Sa Đéc; afterwards the areas are what they were."""
    (commune,) = await area_ids("29905")
    rows = [
        Area(
            id=area_id(f"MAU-{number}", SINCE),
            code=f"MAU-{number}",
            valid_from=SINCE,
            name=f"Khóm mẫu {number}",
            name_key=f"khom mau {number}",
            folded=f"khom mau {number}",
            kind=AreaKind.HAMLET,
            parent_id=commune,
        )
        for number in (1, 2, 3)
    ]
    await areas.add(rows)
    yield rows
    hamlets = "(SELECT id FROM areas WHERE kind = 'HAMLET')"
    async with login(url) as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("DELETE FROM area_at WHERE epoch > $1", SINCE)
        await connection.execute(f"DELETE FROM area_at WHERE area_id IN {hamlets} OR home_id IN {hamlets}")
        await connection.execute(f"DELETE FROM area_reach WHERE area_id IN {hamlets}")
        await connection.execute(f"DELETE FROM area_successions WHERE old_id IN {hamlets}")
        await connection.execute("DELETE FROM areas WHERE kind = 'HAMLET'")
