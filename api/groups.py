"""Groups: what partners see of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import strawberry

from api.areas import AREA_HELP, SEARCH, SEARCH_HELP, Area, search_query
from api.connections import FILTER, ORDER_BY, PAGED, After, Before, Connection, First, Last, Page
from api.context import Info
from api.enums import describe
from api.node import Node, id_column
from api.programmes import Programme
from api.reads.declared import Key, KeyType, between, column, in_area, many, noun, one, where
from api.reads.run import read_page
from api.scalars import MomentRange
from records.core.rights import Right
from records.tables.groups import GroupKind, GroupStatus
from records.tables.tips import TipStatus

_STATUSES: Final = ", ".join(f"'{status}'" for status in TipStatus)


@strawberry.type(description="How many of a group's tips stand at one status.")
class TipCount:
    """An aggregate over tips."""

    status: TipStatus = column("status", "The status.")
    count: int = column("count(*)", "How many tips, of those that the caller may see.")


@noun(
    "groups",
    right=Right.GROUPS_READ,
    scoped=True,
    description="A self-governing people's group, or an online group that links an officer with such groups.",
    keys={"name_key": Key(KeyType.TEXT), "code": Key(KeyType.TEXT), "updated_at": Key(KeyType.MOMENT)},
)
class Group(Node):
    """A group."""

    id: strawberry.ID = id_column("Group")
    code: str = column("code", "The group's code.")
    name: str = column("name", "The group's name.")
    kind: GroupKind = column("kind", "What kind of group it is.")
    status: GroupStatus = column("status", "Where it stands in its life.")
    inactive_on: date | None = column("inactive_on", "Since when it is not active; null while it is.")
    area: Area = one("area_id", "The hamlet or commune where it is, as it was called when this was recorded.")
    programme: Programme | None = one("programme_id", "The programme that it belongs to.")
    member_count: int | None = column(
        "stated_members", "How many members it stated; null where it never did."
    )
    stated_on: date | None = column("stated_on", "The day for which `memberCount` was stated.")
    households: int | None = column("households", "How many households it covers, where known.")
    founded_on: date | None = column("founded_on", "When it was founded, where known.")
    updated_at: datetime = column("updated_at", "When this record last changed.")
    version: int = column("version", "Counts the changes of this record.")
    tip_counts: list[TipCount] = many(
        "How many tips came through it, by status; statuses without tips are left out.",
        source="tips {t}",
        key="{t}.group_id",
        most=len(TipStatus),
        group_by="{t}.status",
        order=f"array_position(ARRAY[{_STATUSES}], {{t}}.status::text)",
        right=Right.TIPS_READ,
        scoped=True,
        where="{t}.deleted_at IS NULL",
    )


class GroupOrder(StrEnum):
    """The keys of the orders; "-" means descending."""

    NAME = "name_key"
    NAME_DESC = "-name_key"
    CODE = "code"
    CODE_DESC = "-code"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"


describe(
    GroupOrder,
    "The orders of groups.",
    NAME="By name, in Vietnamese alphabetical order, numbers by value.",
    NAME_DESC="By name, backwards.",
    CODE="By code.",
    CODE_DESC="By code, backwards.",
    UPDATED_AT="By the last change, the oldest first.",
    UPDATED_AT_DESC="By the last change, the newest first.",
)


@strawberry.input(description="Which groups to list. All conditions hold together.")
class GroupFilter:
    """Filters of groups."""

    area: str | None = in_area(AREA_HELP)
    code: list[str] | None = where("{t}.code = ANY({0}::text[])", "Only these codes.")
    kind: list[GroupKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these kinds.")
    status: list[GroupStatus] | None = where("{t}.status = ANY({0}::text[])", "Only these statuses.")
    search: str | None = where(SEARCH, SEARCH_HELP, convert=search_query)
    updated_at: MomentRange | None = between("updated_at", "Only those whose record last changed then.")


async def _groups(
    info: Info,
    *,
    filter: Annotated[GroupFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
    order_by: Annotated[GroupOrder, ORDER_BY] = GroupOrder.NAME,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Group]:
    return await read_page(info, Group, Page(first, after, last, before), order_by, filter)


@strawberry.type
class GroupQueries:
    """The root field on groups."""

    groups: Connection[Group] = strawberry.field(
        resolver=_groups, directives=PAGED, description="The groups in the caller's areas."
    )
