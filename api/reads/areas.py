"""The areas that a request names, and what lies in them, read as everything here is: as `ketnoi_reader`.

Areas change by decree, not while a request runs: none of this need share the request's snapshot.
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
    """Every area, past or present, that lies in one of `ancestors`."""
    found: list[UUID] = (await snapshot.fetch(_REACHED, [list(ancestors)], standalone=True))[0][0]
    return found
