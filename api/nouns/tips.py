"""Tips: what partners see of them. Who gave a tip is sealed and has no field here."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.cost.sizes import CATALOGUE, listed
from api.enums import expose
from api.nouns.areas.areas import AREA_HELP, Area
from api.nouns.groups import Group
from api.reads.connections import CODE, FILTER, ORDER_BY, PAGED, After, Before, Connection, First, Last, Page
from api.reads.context import Info
from api.reads.declared import (
    Condition,
    Key,
    KeyType,
    between,
    column,
    flag,
    in_area,
    many,
    noun,
    one,
    translated,
    where,
)
from api.reads.filters import by_code, by_id, codes, ids, searched, updated_since
from api.reads.node import Node, id_column
from api.reads.run import read_by_code, read_list, read_page
from api.reads.scalars import MomentRange
from records.core.labels import Described
from records.core.rights import Right
from records.nouns.tips import MAX_OUTCOMES
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus


@noun("tip_categories", right=Right.AREAS_READ, description="What a tip is about (loại nguồn tin).")
class TipCategory(Node):
    """A category; categories are data."""

    id: strawberry.ID = id_column("TipCategory")
    code: str = column("code", "The code by which `submitTip` and filters name it.")
    name: str = translated("name", "The name, in the caller's language or the one asked for.")
    active: bool = column("active", "Whether new tips may have it.")
    parent: "TipCategory | None" = one("parent_id", "The wider category that it belongs to.")
    sensitive: bool = column("sensitive", "Whether small counts of its tips tell of persons.")
    updated_at: datetime = column("updated_at", "When this record last changed.")


@strawberry.type(description="One thing that came of a tip.")
class TipOutcome:
    """An outcome."""

    kind: OutcomeKind = column("kind", "What came of it.")
    count: int = column("count", "How many people, cases, spots or decisions, as `kind` says.")
    on_day: date = column("on_day", "The day on which it came about.")


@noun(
    "tips",
    right=Right.TIPS_READ,
    scoped=True,
    code="reference",
    description="Information that people passed on (nguồn tin). Who passed it on is sealed and cannot "
    "be read here.",
    keys={
        "received_at": Key(KeyType.MOMENT),
        "due_at": Key(KeyType.MOMENT, nullable=True),
        "updated_at": Key(KeyType.MOMENT),
        "reference": Key(KeyType.TEXT),
    },
)
class Tip(Node):
    """A tip."""

    id: strawberry.ID = id_column("Tip")
    code: str = column(
        "reference",
        "The tip's reference, such as 7K3M-9QXP-TR49. It is random and tells nothing of other tips.",
    )
    legal_kind: LegalKind = column("legal_kind", "What it is in law.")
    title: str = column("title", "What it is about, in a line.")
    body: str = column("body", "What was said; may be empty.")
    category: TipCategory = one("category_id", "Its category.")
    channel: Channel = column("channel", "The way by which it came in.")
    priority: Priority = column("priority", "How soon somebody should look.")
    status: TipStatus = column("status", "Where it stands.")
    received_at: datetime = column("received_at", "When it came in.")
    occurred_at: datetime | None = column("occurred_at", "When it happened, where known.")
    due_at: datetime | None = column("due_at", "When it must be decided; null for informal ones.")
    extended: bool = column("extended", "Whether its deadline was put off.")
    first_response_at: datetime | None = column("first_response_at", "When somebody first dealt with it.")
    closed_at: datetime | None = column(
        "closed_at", "When it was closed, rejected or found to be a duplicate."
    )
    area: Area = one("area_id", "The area that it is about, as it was called when it came in.")
    place: str = column("place", "The place in words; may be empty.")
    lat: float | None = column("lat", "Latitude in degrees, where known.")
    lon: float | None = column("lon", "Longitude in degrees, where known.")
    group: Group | None = one(
        "group_id", "The group through which it came; null too where the caller may not see it."
    )
    duplicate_of: "Tip | None" = one(
        "duplicate_of_id", "The tip that says the same; null too where the caller may not see it."
    )
    outcomes: list[TipOutcome] = many(
        "What came of it, by day.",
        source="tip_outcomes {t}",
        key="{t}.tip_id",
        order="{t}.on_day, {t}.id",
        most=MAX_OUTCOMES,
    )
    anonymous: bool = column("anonymous", "Whether whoever passed it on gave no name.")
    updated_at: datetime = column("updated_at", "When this record last changed.")
    version: int = column("version", "Counts the changes of this record.")


@expose
class TipOrder(Described):
    """The orders of tips."""

    RECEIVED_AT = "received_at", "By the moment they came in, the oldest first."
    RECEIVED_AT_DESC = "-received_at", "By the moment they came in, the newest first."
    DUE_AT = "due_at", "By deadline, the earliest first; those without one last."
    DUE_AT_DESC = "-due_at", "By deadline, the latest first; those without one before all others."
    UPDATED_AT = "updated_at", "By the last change, the oldest first."
    UPDATED_AT_DESC = "-updated_at", "By the last change, the newest first."
    CODE = "reference", "By code."
    CODE_DESC = "-reference", "By code, backwards."


@strawberry.input(description="Which tips to list. All conditions hold together.")
class TipFilter:
    """Filters of tips."""

    area: str | None = in_area(AREA_HELP)
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
        "anonymous", "Only those whose source gave no name (true), or a name (false)."
    )
    has_outcome: bool | None = flag(
        "EXISTS (SELECT FROM tip_outcomes o WHERE o.tip_id = {t}.id)",
        "Only those of which something came (true), or nothing is recorded (false).",
    )
    overdue: bool | None = flag(
        "{t}.due_at < now() AND {t}.closed_at IS NULL",
        "Only those that are open after their deadline (true), or all others (false).",
    )
    received_at: MomentRange | None = between("received_at", "Only those that came in then.")
    occurred_at: MomentRange | None = between(
        "occurred_at", "Only those that happened then, as far as known."
    )
    due_at: MomentRange | None = between("due_at", "Only those with a deadline then.")
    closed_at: MomentRange | None = between("closed_at", "Only those that were closed then.")
    updated_at: MomentRange | None = between("updated_at", "Only those whose record last changed then.")
    updated_since: datetime | None = updated_since()
    search: str | None = searched()


async def _tips(
    info: Info,
    *,
    filter: Annotated[TipFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    order_by: Annotated[TipOrder, ORDER_BY] = TipOrder.RECEIVED_AT_DESC,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Tip]:
    return await read_page(info, Tip, Page(first, after, last, before), order_by, filter)


async def _tip(info: Info, *, code: Annotated[str, CODE]) -> Tip | None:
    return await read_by_code(info, Tip, code)


async def _tip_category(info: Info, *, code: Annotated[str, CODE]) -> TipCategory | None:
    return await read_by_code(info, TipCategory, code)


@strawberry.input(description="Which categories to list. All conditions hold together.")
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
        bool, strawberry.argument(description="Also those that new tips may no longer have.")
    ] = False,
) -> list[TipCategory]:
    active = () if inactive else (Condition("{t}.active"),)
    return await read_list(info, TipCategory, filter, order=("position", "code"), where=active)


@strawberry.type
class TipQueries:
    """The root fields on tips."""

    tips: Connection[Tip] = strawberry.field(
        resolver=_tips, directives=PAGED, description="The tips in the caller's areas."
    )
    tip: Tip | None = strawberry.field(
        resolver=_tip, description="The tip with this code; null where there is none that the caller may see."
    )
    tip_categories: list[TipCategory] = strawberry.field(
        resolver=_tip_categories,
        directives=listed(CATALOGUE),
        description="The categories that a tip may have, in their order.",
    )
    tip_category: TipCategory | None = strawberry.field(
        resolver=_tip_category, description="The category with this code; null where there is none."
    )
