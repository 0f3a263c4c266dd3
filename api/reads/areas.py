"""Resolves the areas that a request names, and the areas within them, over the reader pool.

Areas change by decree and not during a request, so these queries need not share its snapshot.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final
from uuid import UUID

from api.reads.snapshot import Snapshot
from records.areas import areas
from records.tables import Area

_REACHED: Final = (
    "SELECT coalesce(array_agg(DISTINCT area_id ORDER BY area_id), '{}') FROM area_reach"
    " WHERE ancestor_id = ANY($1::uuid[])"
)


async def resolve_area(reference: str, snapshot: Snapshot, *, field: str = "area") -> Area:
    """The area that a code, with or without a day, means. Raises `ValidationFailed` (on `field`)."""
    return await areas.resolve_reference(
        reference, field=field, fetch=partial(snapshot.fetch, standalone=True)
    )


async def reachable_areas(ancestors: Iterable[UUID], snapshot: Snapshot) -> list[UUID]:
    """Every area, past or present, within one of `ancestors`."""
    found: list[UUID] = (await snapshot.fetch(_REACHED, [list(ancestors)], standalone=True))[0][0]
    return found
