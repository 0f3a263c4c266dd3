"""Outlines (đề cương): what the police write for groups to discuss, once it is published."""

from datetime import date
from typing import Any, Final

import orjson
import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION
from api.nouns.organisations import Organisation
from api.reads.connections import Connection
from api.reads.declared import (
    between,
    column,
    flag,
    in_area,
    record_type,
    to_many,
    to_one,
    where,
)
from api.reads.filters import ByUpdate, by_id, codes, ids, search_filter
from api.reads.node import Versioned
from api.reads.orders import CODE, UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import DayRange
from records.core.rights import Right
from records.nouns.outlines import MAX_EDITIONS

_ITS_AREA: Final = "(SELECT o.area_id FROM organisations o WHERE o.id = {t}.organisation_id)"


def topics(description: str) -> Any:
    """A field of the topics of a record."""
    return column("topics", description, convert=orjson.loads)


def topic_filter() -> Any:
    """An input field of topics, any of them."""
    return where("{t}.topics ?| {0}::text[]", "Only those with any of these topics, matched exactly.")


@strawberry.type(description="The number of times that an outline was handed down.")
class HandDownCount:
    """An aggregate over hand-downs."""

    received: bool = column("({t}.received_at IS NOT NULL)", "Whether it was received.")
    count: int = column("count(*)", "The number of times, among those visible to the caller.")


@record_type(
    "outlines",
    right=Right.OUTLINES_READ,
    where="{t}.status = 'PUBLISHED'",
    description=(
        "Material (đề cương) written by police for groups to discuss. A published outline never changes: "
        "a correction is a new edition."
    ),
    keys={
        "code": CODE,
        "issued_on": Key(KeyType.DAY, "the day on which they were published"),
        "updated_at": UPDATED_AT,
    },
)
class Outline(Versioned):
    """A published outline."""

    code: str = column("code", "The code shared by all its editions.")
    edition: int = column("edition", "The number of the edition, from 1.")
    title: str = column("title", "The title.")
    topics: list[str] = topics("What it is about.")
    body: str = column("body", "The text, in Markdown.")
    organisation: Organisation = to_one("organisation_id", "The organisation that issued it.")
    issued_on: date = column("issued_on", "The day on which it was published.")
    valid_until: date | None = column(
        "valid_until", "The last day on which it is valid; null if there is no end."
    )
    editions: "list[Outline]" = to_many(
        "All published editions, including this one, the earliest first.",
        source="outlines l JOIN outlines {t} ON {t}.code = l.code",
        key="l.id",
        max_rows=MAX_EDITIONS,
        order="{t}.edition, {t}.id",
        computed=True,
    )
    hand_down_counts: list[HandDownCount] = to_many(
        "The number of times that it was handed down to groups and organisations in the caller's areas.",
        source="hand_downs {t}",
        key="{t}.outline_id",
        # Those received, and those not.
        max_rows=2,
        group_by="({t}.received_at IS NOT NULL)",
        order="({t}.received_at IS NOT NULL)",
        scoped=True,
        where="{t}.deleted_at IS NULL",
        computed=True,
    )


@strawberry.input(description="Which outlines to list. All conditions must match.")
class OutlineFilter(ByUpdate):
    """Filters of outlines."""

    area: str | None = in_area(
        f"{AREA_DESCRIPTION} It is the area of the organisation that issued it.", _ITS_AREA
    )
    id: list[strawberry.ID] | None = ids("Outline")
    code: list[str] | None = codes()
    organisation_id: list[strawberry.ID] | None = by_id(
        "organisation_id", "Organisation", "Only those that these organisations issued, by id."
    )
    topic: list[str] | None = topic_filter()
    latest: bool | None = flag(
        "NOT EXISTS (SELECT FROM outlines newer WHERE newer.code = {t}.code AND newer.edition > {t}.edition"
        " AND newer.status = 'PUBLISHED' AND newer.deleted_at IS NULL)",
        "Only the latest edition of each (true), or only earlier editions (false).",
    )
    issued_on: DayRange | None = between("issued_on", "Only outlines published on these days.")
    valid_on: date | None = where(
        "{t}.issued_on <= {0}::date AND coalesce({t}.valid_until, 'infinity') >= {0}::date",
        "Only outlines published by this day and valid on it.",
    )
    search: str | None = search_filter()


@strawberry.type
class OutlineQueries:
    """The root field on outlines."""

    outlines: Connection[Outline] = paged(
        Outline,
        OutlineFilter,
        "-issued_on",
        "The published outlines. They are a catalogue: every key with the scope sees all of them.",
    )
