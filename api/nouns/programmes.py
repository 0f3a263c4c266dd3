"""Programmes (mô hình): what organisations run, with whom, where and since when."""

from datetime import date

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.organisations import Organisation
from api.reads.connections import Connection
from api.reads.declared import between, column, flag, in_area, record_type, to_one
from api.reads.filters import ByUpdate, by_id, codes, ids, search_filter
from api.reads.node import Versioned
from api.reads.orders import CODE, UPDATED_AT, Key, KeyType
from api.reads.root_fields import coded, paged
from api.reads.scalars import DayRange
from records.core.rights import Right
from records.tables.organisations import DatePrecision


@record_type(
    "programmes",
    right=Right.PROGRAMMES_READ,
    description="A crime-prevention model (mô hình).",
    keys={
        "code": CODE,
        "started_on": Key(KeyType.DAY, "beginning"),
        "ended_on": Key(KeyType.DAY, "end", nullable=True),
        "updated_at": UPDATED_AT,
    },
)
class Programme(Versioned):
    """A programme."""

    code: str = column("code", "Its code in this service.")
    name: str = column("name", "The full name.")
    host: Organisation = to_one("host_id", "The organisation that hosts it.")
    partner: Organisation | None = to_one("partner_id", "The organisation with which the host runs it.")
    area: Area = to_one("area_id", "The area in which it operates.")
    started_on: date = column("started_on", "When it began, as exactly as `startedPrecision` says.")
    started_precision: DatePrecision = column("started_precision", "How exactly its beginning is known.")
    ended_on: date | None = column("ended_on", "Its last day; null while it continues.")
    channel: str = column("channel", "The channel that it uses, such as Zalo; may be empty.")
    summary: str = column("summary", "What it does; may be empty.")


@strawberry.input(description="Which programmes to list. All conditions must match.")
class ProgrammeFilter(ByUpdate):
    """Filters of programmes."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Programme")
    code: list[str] | None = codes()
    host_id: list[strawberry.ID] | None = by_id(
        "host_id", "Organisation", "Only those that these organisations host, by id."
    )
    started_on: DayRange | None = between("started_on", "Only programmes that began on these days.")
    ended_on: DayRange | None = between("ended_on", "Only programmes that ended on these days.")
    active: bool | None = flag(
        "coalesce({t}.ended_on, 'infinity') >= (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
        "Only programmes that are active today (true), or have ended (false).",
    )
    search: str | None = search_filter()


@strawberry.type
class ProgrammeQueries:
    """The root fields on programmes."""

    programmes: Connection[Programme] = paged(
        Programme,
        ProgrammeFilter,
        "code",
        "The programmes. They are a catalogue: every key with the scope sees all of them.",
    )
    programme: Programme | None = coded(Programme, "The programme with this code; null if there is none.")
