"""Tips: what partners see of them. Who gave a tip is sealed and has no field here."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.cost.directives import CATALOGUE, list_size
from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.groups import Group
from api.reads.connections import FILTER, Connection
from api.reads.context import Info
from api.reads.declared import (
    Condition,
    between,
    column,
    flag,
    in_area,
    record_type,
    to_many,
    to_one,
    translated,
    where,
)
from api.reads.execution import read_list
from api.reads.filters import ByUpdate, by_code, by_id, codes, ids, search_filter, updated_since
from api.reads.node import Node, Versioned
from api.reads.orders import CODE, UPDATED_AT, Key, KeyType
from api.reads.root_fields import coded, paged
from api.reads.scalars import MomentRange
from records.core.rights import Right
from records.nouns.tips import MAX_OUTCOMES
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus


@record_type("tip_categories", right=Right.AREAS_READ, description="The category of a tip (loại vụ việc).")
class TipCategory(Node):
    """A category; categories are data."""

    code: str = column("code", "The code by which `submitTip` and filters name it.")
    name: str = translated("name", "The name, in the caller's or the requested language.")
    active: bool = column("active", "Whether new tips can have it.")
    parent: "TipCategory | None" = to_one("parent_id", "The wider category that it belongs to.")
    sensitive: bool = column("sensitive", "Whether small counts of its tips could identify people.")
    formal: bool = column("formal", "Whether its tips need a formal `legalKind`, with a legal deadline.")
    updated_at: datetime = column("updated_at", "When this record last changed.")


@strawberry.type(description="An outcome of a tip.")
class TipOutcome:
    """An outcome."""

    kind: OutcomeKind = column("kind", "The kind of outcome.")
    count: int = column("count", "The number of people, cases, spots or decisions, depending on `kind`.")
    on_day: date = column("on_day", "The day of the outcome.")


@record_type(
    "tips",
    right=Right.TIPS_READ,
    scoped=True,
    code="reference",
    description=(
        "Information from people (nguồn tin). The reporter's identity is sealed and cannot be read here."
    ),
    keys={
        "received_at": Key(KeyType.MOMENT, "the time they were received"),
        "due_at": Key(KeyType.MOMENT, "deadline", nullable=True),
        "updated_at": UPDATED_AT,
        "reference": CODE,
    },
)
class Tip(Versioned):
    """A tip."""

    code: str = column(
        "reference",
        "The tip's reference, such as 7K3M-9QXP-TR49. It is random and reveals nothing about other tips.",
    )
    legal_kind: LegalKind = column("legal_kind", "The legal kind of the tip.")
    title: str = column("title", "The subject, in one line.")
    body: str = column("body", "The content of the tip; may be empty.")
    category: TipCategory = to_one("category_id", "Its category.")
    channel: Channel = column("channel", "The channel through which it arrived.")
    priority: Priority = column("priority", "How soon a tip should be looked at.")
    status: TipStatus = column("status", "Its state.")
    received_at: datetime = column("received_at", "When it was received.")
    occurred_at: datetime | None = column("occurred_at", "When it happened, where known.")
    due_at: datetime | None = column("due_at", "The deadline for a decision; null for informal tips.")
    extended: bool = column("extended", "Whether its deadline was extended.")
    first_response_at: datetime | None = column("first_response_at", "When it was first acted on by staff.")
    closed_at: datetime | None = column(
        "closed_at", "When it was closed, rejected or found to be a duplicate."
    )
    area: Area = to_one("area_id", "The area that it is about, as it was named when the tip was received.")
    place: str = column("place", "The place in words; may be empty.")
    lat: float | None = column("lat", "Latitude in degrees, where known.")
    lon: float | None = column("lon", "Longitude in degrees, where known.")
    group: Group | None = to_one(
        "group_id", "The group through which it came; also null if the caller cannot see it."
    )
    duplicate_of: "Tip | None" = to_one(
        "duplicate_of_id", "The tip that this one duplicates; also null if the caller cannot see it."
    )
    outcomes: list[TipOutcome] = to_many(
        "Its outcomes, by day.",
        source="tip_outcomes {t}",
        key="{t}.tip_id",
        order="{t}.on_day, {t}.id",
        max_rows=MAX_OUTCOMES,
    )
    anonymous: bool = column("anonymous", "Whether the reporter gave no name.")


@strawberry.input(description="Which tips to list. All conditions must match.")
class TipFilter(ByUpdate):
    """Filters of tips."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Tip")
    code: list[str] | None = codes("reference")
    status: list[TipStatus] | None = where("{t}.status = ANY({0}::text[])", "Only these statuses.")
    category: list[str] | None = by_code("category_id", "TipCategory", "Only these categories, by code.")
    channel: list[Channel] | None = where("{t}.channel = ANY({0}::text[])", "Only these channels.")
    priority: list[Priority] | None = where("{t}.priority = ANY({0}::text[])", "Only these priorities.")
    legal_kind: list[LegalKind] | None = where("{t}.legal_kind = ANY({0}::text[])", "Only these legal kinds.")
    group: list[str] | None = by_code(
        "group_id", "Group", "Only those that came through these groups, by code."
    )
    group_id: list[strawberry.ID] | None = by_id(
        "group_id", "Group", "Only those that came through these groups, by id."
    )
    duplicate_of: list[str] | None = by_code(
        "duplicate_of_id", "Tip", "Only the duplicates of these tips, by code."
    )
    anonymous: bool | None = flag(
        "anonymous", "Only tips whose reporter gave no name (true), or a name (false)."
    )
    has_outcome: bool | None = flag(
        "EXISTS (SELECT FROM tip_outcomes o WHERE o.tip_id = {t}.id)",
        "Only tips with an outcome (true), or without one (false).",
    )
    overdue: bool | None = flag(
        "{t}.due_at < now() AND {t}.closed_at IS NULL",
        "Only open tips past their deadline (true), or all others (false).",
    )
    received_at: MomentRange | None = between("received_at", "Only tips received within these bounds.")
    occurred_at: MomentRange | None = between(
        "occurred_at", "Only tips about incidents within these bounds, where known."
    )
    due_at: MomentRange | None = between("due_at", "Only tips with a deadline within these bounds.")
    closed_at: MomentRange | None = between("closed_at", "Only tips closed within these bounds.")
    search: str | None = search_filter()


@strawberry.input(description="Which categories to list. All conditions must match.")
class TipCategoryFilter:
    """Filters of categories."""

    id: list[strawberry.ID] | None = ids("TipCategory")
    code: list[str] | None = codes()
    updated_since: datetime | None = updated_since()


async def _tip_categories(
    info: Info,
    *,
    filter: Annotated[TipCategoryFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    inactive: Annotated[
        bool, strawberry.argument(description="Include categories that new tips can no longer have.")
    ] = False,
) -> list[TipCategory]:
    active = () if inactive else (Condition("{t}.active"),)
    return await read_list(info, TipCategory, filter, order=("position", "code"), where=active)


@strawberry.type
class TipQueries:
    """The root fields on tips."""

    tips: Connection[Tip] = paged(Tip, TipFilter, "-received_at", "The tips in the caller's areas.")
    tip: Tip | None = coded(Tip, "The tip with this code; null if there is none visible to the caller.")
    tip_categories: list[TipCategory] = strawberry.field(
        resolver=_tip_categories,
        directives=list_size(CATALOGUE),
        description="The categories of tips, in order.",
    )
    tip_category: TipCategory | None = coded(
        TipCategory, "The category with this code; null if there is none."
    )
