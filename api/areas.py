"""Areas with history: provinces, districts, communes and hamlets, as they were and as they are."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.connections import FILTER, ORDER_BY, PAGED, After, Before, Connection, First, Last, Page
from api.context import Info
from api.enums import describe
from api.errors import check_scope
from api.node import Node, id_column
from api.reads.areas import named
from api.reads.declared import Condition, Key, KeyType, column, in_area, many, noun, one, where
from api.reads.run import read_by_id, read_page
from api.reads.selection import selection_of
from records.core.days import today
from records.core.rights import Right
from records.core.search import tsquery
from records.tables.areas import AreaKind

REFERENCE: Final = (
    'a code ("877": the area that bears it today, else the last that bore it)'
    ' or a code with a day ("82@2024-12-31": the one of that day)'
)
AREA_HELP: Final = f"Only what lies in this area, then or now: {REFERENCE}."
SEARCH: Final = "{t}.search @@ to_tsquery('simple', {0})"
SEARCH_HELP: Final = (
    "Only those whose text holds every one of these words, or words that begin so;"
    " accents and case do not matter."
)

# In the decrees so far no area became of more than 14.
_SUCCESSIONS: Final = 20


def search_query(text: str) -> str | None:
    """A search text for `SEARCH`; None, that is no filter, where it holds no word."""
    return tsquery(text[:200]) or None


@noun(
    "areas",
    right=Right.AREAS_READ,
    removable=False,
    description="An area as it was from `validFrom` on. Codes are used again: code and day are the key.",
    keys={"name_key": Key(KeyType.TEXT), "code": Key(KeyType.TEXT)},
)
class Area(Node):
    """One version of an area."""

    id: strawberry.ID = id_column("Area")
    code: str = column("code", "The official code, with its leading zeros.")
    name: str = column("name", "The full name, such as Phường Sa Đéc.")
    kind: AreaKind = column("kind", "Its level.")
    valid_from: date = column("valid_from", "The first day on which it existed so.")
    valid_to: date | None = column("valid_to", "The first day on which it no longer did; null while it does.")
    lat: float | None = column("lat", "Latitude of its centre, in degrees.")
    lon: float | None = column("lon", "Longitude of its centre, in degrees.")
    area_km2: float | None = column("area_km2", "Its size in square kilometres, where known.")
    parent: "Area | None" = one("parent_id", "The area in which it lay in its own time; null for a province.")
    successors: "list[Area]" = many(
        "What it became when it ended: one area, or several where it was split. None for a district, whose "
        "communes went each their own way.",
        source="area_successions l JOIN areas {t} ON {t}.id = l.new_id",
        key="l.old_id",
        most=_SUCCESSIONS,
        order="{t}.code, {t}.id",
    )
    predecessors: "list[Area]" = many(
        "What it was made of, in whole or in part.",
        source="area_successions l JOIN areas {t} ON {t}.id = l.old_id",
        key="l.new_id",
        most=_SUCCESSIONS,
        order="{t}.code, {t}.id",
    )


class AreaOrder(StrEnum):
    """The keys of the orders; "-" means descending."""

    NAME = "name_key"
    NAME_DESC = "-name_key"
    CODE = "code"
    CODE_DESC = "-code"


describe(
    AreaOrder,
    "The orders of areas.",
    NAME="By name, in Vietnamese alphabetical order, numbers by value.",
    NAME_DESC="By name, backwards.",
    CODE="By code.",
    CODE_DESC="By code, backwards.",
)


@strawberry.input(description="Which areas to list. All conditions hold together.")
class AreaFilter:
    """Filters of areas."""

    area: str | None = in_area(AREA_HELP, "id")
    code: list[str] | None = where("{t}.code = ANY({0}::text[])", "Only these codes.")
    kind: list[AreaKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these levels.")
    search: str | None = where(SEARCH, SEARCH_HELP, convert=search_query)


async def _area(
    info: Info,
    *,
    code: Annotated[str, strawberry.argument(description=f"Which area: {REFERENCE}.")],
) -> Area | None:
    check_scope(info.context.actor, Right.AREAS_READ, field="Query.area")
    meant = await named(code, info.context.snapshot, field="code")
    found: dict[UUID, Area] = await read_by_id(info, selection_of(info), [meant.id])
    return found.get(meant.id)


async def _areas(
    info: Info,
    *,
    filter: Annotated[AreaFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    valid_on: Annotated[
        date | None, strawberry.argument(description="The day on which they existed: today when not given.")
    ] = None,
    all_time: Annotated[
        bool, strawberry.argument(description="Every version of every area instead of those of one day.")
    ] = False,
    order_by: Annotated[AreaOrder, ORDER_BY] = AreaOrder.NAME,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Area]:
    on = "{t}.valid_from <= {0}::date AND ({t}.valid_to IS NULL OR {t}.valid_to > {0}::date)"
    living = () if all_time else (Condition(on, (valid_on or today(),)),)
    return await read_page(info, Area, Page(first, after, last, before), order_by, filter, where=living)


@strawberry.type
class AreaQueries:
    """The root fields on areas."""

    area: Area | None = strawberry.field(
        resolver=_area, description="The area that a reference means; an error where there is none."
    )
    areas: Connection[Area] = strawberry.field(
        resolver=_areas,
        directives=PAGED,
        description="Areas: today's, those of another day, or those of all time.",
    )
