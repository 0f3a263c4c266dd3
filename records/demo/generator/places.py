"""Places of made-up records: the communes of the province today, and their predecessors."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from records.areas import areas
from records.core.text import normalize_for_search

PROVINCE: Final = "82"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of today, and the areas that became part of it as a whole when it began."""

    id: UUID
    name: str
    folded: str
    lat: float
    lon: float
    since: date
    before: tuple[UUID, ...]
    town: bool


async def communes(connection: BaseDBAsyncClient) -> list[Commune]:
    """The communes of the province that are there today, by code. Empty when the areas are not loaded."""
    province = await areas.resolve_reference(PROVINCE)
    rows: list[dict[str, Any]] = await connection.execute_query_dict(_COMMUNES, [province.id])
    return [
        Commune(
            id=row["id"],
            name=row["name"],
            folded=normalize_for_search(row["name"]),
            lat=row["lat"],
            lon=row["lon"],
            since=row["valid_from"],
            before=tuple(row["before"]),
            town=row["name"].startswith("Phường"),
        )
        for row in rows
    ]


async def officers(connection: BaseDBAsyncClient) -> dict[UUID, tuple[UUID, str]]:
    """The officer (id, name) of each area; where there are several, the first by user name."""
    rows: list[dict[str, Any]] = await connection.execute_query_dict(_OFFICERS)
    return {row["area_id"]: (row["id"], row["name"]) for row in rows}


_COMMUNES: Final = """
SELECT area.id, area.name, area.lat, area.lon, area.valid_from,
       array(SELECT old.id FROM area_successions succession JOIN areas old ON old.id = succession.old_id
             WHERE succession.new_id = area.id AND succession.whole ORDER BY old.code) AS before
FROM areas area
WHERE area.parent_id = $1 AND area.kind = 'COMMUNE' AND area.valid_to IS NULL
  AND area.lat IS NOT NULL AND area.lon IS NOT NULL
ORDER BY area.code
"""

_OFFICERS: Final = """
SELECT DISTINCT ON (reach.area_id) reach.area_id, staff.id, staff.name
FROM staff JOIN staff_areas place ON place.staff_id = staff.id
JOIN area_reach reach ON reach.ancestor_id = place.area_id
WHERE staff.role = 'OFFICER' AND staff.active AND staff.deleted_at IS NULL
ORDER BY reach.area_id, staff.username
"""
