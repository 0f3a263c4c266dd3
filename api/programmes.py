"""Programmes (mô hình) and the organisations that run them."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import strawberry

from api.areas import AREA_HELP, Area
from api.connections import FILTER, ORDER_BY, PAGED, After, Before, Connection, First, Last, Page
from api.context import Info
from api.enums import describe
from api.node import Node, id_column
from api.reads.declared import Key, KeyType, column, in_area, noun, one, where
from api.reads.run import read_page
from records.core.rights import Right
from records.tables.organisations import DatePrecision, OrganisationKind


@noun(
    "organisations",
    right=Right.AREAS_READ,
    description="A police body, a Front committee or another organisation. Its life need not be its area's.",
)
class Organisation(Node):
    """An organisation."""

    id: strawberry.ID = id_column("Organisation")
    name: str = column("name", "The full name.")
    kind: OrganisationKind = column("kind", "Which side of the partnership it is on.")
    area: Area = one("area_id", "The area that it works for.")
    parent: "Organisation | None" = one("parent_id", "The organisation above it.")
    active_from: date | None = column("active_from", "The first day of its life, where known.")
    active_to: date | None = column(
        "active_to", "The first day on which it no longer existed; null while it does."
    )


@noun(
    "programmes",
    right=Right.PROGRAMMES_READ,
    description="A crime-prevention model (mô hình).",
    keys={
        "code": Key(KeyType.TEXT),
        "started_on": Key(KeyType.DAY),
        "ended_on": Key(KeyType.DAY, nullable=True),
    },
)
class Programme(Node):
    """A programme."""

    id: strawberry.ID = id_column("Programme")
    code: str = column("code", "Its code in this service.")
    name: str = column("name", "The full name.")
    host: Organisation = one("host_id", "Who hosts it.")
    partner: Organisation | None = one("partner_id", "With whom.")
    area: Area = one("area_id", "Where.")
    started_on: date = column("started_on", "When it began, as exactly as `startedPrecision` says.")
    started_precision: DatePrecision = column("started_precision", "How exactly its beginning is known.")
    ended_on: date | None = column("ended_on", "Its last day; null while it goes on.")
    channel: str = column("channel", "The channel that it uses, such as Zalo; may be empty.")
    summary: str = column("summary", "What it does; may be empty.")
    version: int = column("version", "Counts the changes of this record.")


class ProgrammeOrder(StrEnum):
    """The keys of the orders; "-" means descending."""

    CODE = "code"
    CODE_DESC = "-code"
    STARTED_ON = "started_on"
    STARTED_ON_DESC = "-started_on"
    ENDED_ON = "ended_on"
    ENDED_ON_DESC = "-ended_on"


describe(
    ProgrammeOrder,
    "The orders of programmes.",
    CODE="By code.",
    CODE_DESC="By code, backwards.",
    STARTED_ON="By beginning, the oldest first.",
    STARTED_ON_DESC="By beginning, the newest first.",
    ENDED_ON="By end; those that go on last.",
    ENDED_ON_DESC="By end, backwards: those that go on first.",
)


@strawberry.input(description="Which programmes to list. All conditions hold together.")
class ProgrammeFilter:
    """Filters of programmes."""

    area: str | None = in_area(AREA_HELP)
    code: list[str] | None = where("{t}.code = ANY({0}::text[])", "Only these codes.")


async def _programmes(
    info: Info,
    *,
    filter: Annotated[ProgrammeFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    order_by: Annotated[ProgrammeOrder, ORDER_BY] = ProgrammeOrder.CODE,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Programme]:
    return await read_page(info, Programme, Page(first, after, last, before), order_by, filter)


@strawberry.type
class ProgrammeQueries:
    """The root field on programmes."""

    programmes: Connection[Programme] = strawberry.field(
        resolver=_programmes,
        directives=PAGED,
        description="The programmes. They are a catalogue: every key with the scope sees all.",
    )
