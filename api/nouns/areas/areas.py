"""Areas with history: provinces, districts, communes and hamlets, as they were and as they are."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import strawberry

from api.cost.selection import selection_of
from api.errors import InvalidInput, check_scope
from api.reads.areas import resolve_area
from api.reads.connections import FILTER, After, Before, Connection, First, Last, Page
from api.reads.context import Info
from api.reads.declared import Condition, column, in_area, record_type, to_many, to_one, where
from api.reads.execution import read_by_id, read_page
from api.reads.filters import codes, ids, search_filter
from api.reads.node import Node
from api.reads.orders import CODE, NAME, Key, KeyType
from api.reads.root_fields import page_field
from records.core.dates import today
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import _
from records.core.rights import Right
from records.metrics.queries import MAX_AREAS
from records.tables.areas import AreaKind

REFERENCE: Final = (
    'a code ("877": the area that has it today, or else the last one that had it) or a code with a '
    'day ("82@2024-12-31": the area that had it on that day)'
)
AREA_DESCRIPTION: Final = f"Only records within this area, past or present: {REFERENCE}."
DEFAULT_AREA_COUNT: Final = 200
"""With how many areas of a kind a cost counts when nobody says: a province has up to 168 communes."""

MostAreas: TypeAlias = Annotated[
    int,
    strawberry.argument(
        description=f"The maximum number of areas for `by`, at most {MAX_AREAS}: it determines the "
        "cost. If there are more, an error says how many."
    ),
]

# In the decrees so far no area became of more than 14.
_SUCCESSIONS: Final = 20


def check_most_areas(value: int) -> None:
    """Raises `InvalidInput` for a `mostAreas` that cannot be."""
    if not 1 <= value <= MAX_AREAS:
        text = _("{name} must be from {least} to {most}.")
        name = "mostAreas"
        raise InvalidInput(text, ProblemCode.OUT_OF_RANGE, name, name=name, least=1, most=MAX_AREAS)


def assumed_area_count(arguments: Mapping[str, Any]) -> int:
    """With how many areas the cost counts, for the arguments `by` and `mostAreas`."""
    return 1 if arguments.get("by") is None else max(0, min(arguments["mostAreas"], MAX_AREAS))


_ANCESTORS: Final = """areas l CROSS JOIN LATERAL (
  WITH RECURSIVE up AS (
    SELECT p.id, p.parent_id, 1 AS step FROM areas p WHERE p.id = l.parent_id
    UNION ALL SELECT p.id, p.parent_id, up.step + 1 FROM up JOIN areas p ON p.id = up.parent_id
  ) SELECT id, step FROM up
) s JOIN areas {t} ON {t}.id = s.id"""


@record_type(
    "areas",
    right=Right.AREAS_READ,
    removable=False,
    description=(
        "An area (địa bàn) as it was from `validFrom` on. Codes are reused: code and day together are "
        "the key."
    ),
    keys={"name_key": NAME, "code": CODE},
)
class Area(Node):
    """One version of an area."""

    code: str = column("code", "The official code, with its leading zeros.")
    name: str = column("name", "The full name, such as Phường Sa Đéc.")
    kind: AreaKind = column("kind", "Its level.")
    valid_from: date = column("valid_from", "The first day on which it existed in this form.")
    valid_to: date | None = column(
        "valid_to", "The first day on which it no longer existed in this form; null while it does."
    )
    lat: float | None = column("lat", "Latitude of its centre, in degrees.")
    lon: float | None = column("lon", "Longitude of its centre, in degrees.")
    area_km2: float | None = column("area_km2", "Its size in square kilometres, where known.")
    parent: "Area | None" = to_one(
        "parent_id", "The area that contained it at that time; null for a province."
    )
    successors: "list[Area]" = to_many(
        "The areas it became when it ended: one, or several if it was split. None for a district, "
        "whose communes were reorganised separately.",
        source="area_successions l JOIN areas {t} ON {t}.id = l.new_id",
        key="l.old_id",
        max_rows=_SUCCESSIONS,
        order="{t}.code, {t}.id",
    )
    predecessors: "list[Area]" = to_many(
        "The areas from which it was formed, in whole or in part.",
        source="area_successions l JOIN areas {t} ON {t}.id = l.old_id",
        key="l.new_id",
        max_rows=_SUCCESSIONS,
        order="{t}.code, {t}.id",
    )
    successions: list["AreaSuccession"] = to_many(
        "How it ended: one succession for each area to which its land went.",
        source="area_successions {t} JOIN areas l ON l.id = {t}.new_id",
        key="{t}.old_id",
        max_rows=_SUCCESSIONS,
        order="l.code, {t}.id",
    )
    origins: list["AreaSuccession"] = to_many(
        "How it came to be: one succession for each area from which its land came.",
        source="area_successions {t} JOIN areas l ON l.id = {t}.old_id",
        key="{t}.new_id",
        max_rows=_SUCCESSIONS,
        order="l.code, {t}.id",
    )
    ancestors: "list[Area]" = to_many(
        "The areas that contained it at that time, from the province down.",
        source=_ANCESTORS,
        key="l.id",
        max_rows=len(AreaKind),
        order="l.id, s.step DESC",
    )


@record_type(
    "area_successions",
    right=Right.AREAS_READ,
    removable=False,
    description="The transfer of an area (địa bàn) to another, in whole or in part, when it ended.",
    keys={"effective_on": Key(KeyType.DAY, "the day on which they took effect")},
)
class AreaSuccession(Node):
    """Where an area went."""

    old: Area = to_one("old_id", "The area that ended.")
    new: Area = to_one("new_id", "The area that it, or a part of it, became.")
    whole: bool = column(
        "whole", "Whether all of it went to the new area; if not, it was split among several."
    )
    effective_on: date = column("effective_on", "The first day on which it took effect.")
    legal_basis: str = column("legal_basis", "The decree or resolution; may be empty.")


@strawberry.input(description="Which areas to list. All conditions must match.")
class AreaFilter:
    """Filters of areas."""

    area: str | None = in_area(AREA_DESCRIPTION, "id")
    id: list[strawberry.ID] | None = ids("Area")
    code: list[str] | None = codes()
    parent: str | None = in_area(
        f"Only areas directly within this area at that time: {REFERENCE}.", "parent_id", exact=True
    )
    kind: list[AreaKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these levels.")
    search: str | None = search_filter()


async def _area(
    info: Info,
    *,
    code: Annotated[str, strawberry.argument(description=f"Which area: {REFERENCE}.")],
    valid_on: Annotated[
        date | None,
        strawberry.argument(description="The day on which it had that code, if `code` does not name one."),
    ] = None,
) -> Area | None:
    check_scope(info.context.actor, Right.AREAS_READ, field="Query.area")
    try:
        resolved = await resolve_area(f"{code}@{valid_on}" if valid_on else code, info.context.snapshot)
    except ValidationFailed:
        return None
    found: dict[UUID, Area] = await read_by_id(info, selection_of(info), [resolved.id])
    return found.get(resolved.id)


async def _areas(
    info: Info,
    *,
    filter: Annotated[AreaFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    valid_on: Annotated[
        date | None, strawberry.argument(description="The day on which they existed: today by default.")
    ] = None,
    all_time: Annotated[
        bool, strawberry.argument(description="All versions of all areas instead of those of one day.")
    ] = False,
    order_by: Any = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Area]:
    on = "{t}.valid_from <= {0}::date AND ({t}.valid_to IS NULL OR {t}.valid_to > {0}::date)"
    valid = () if all_time else (Condition(on, (valid_on or today(),)),)
    return await read_page(info, Area, Page(first, after, last, before), order_by, filter, where=valid)


@strawberry.type
class AreaQueries:
    """The root fields on areas."""

    area: Area | None = strawberry.field(
        resolver=_area, description="The area to which a reference refers; null if there is none."
    )
    areas: Connection[Area] = page_field(
        _areas, Area, "name_key", "Areas: those of today, of another day, or of all time."
    )
