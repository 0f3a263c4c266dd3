"""Groups: what partners see of them."""

from datetime import date
from typing import Final

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.programmes import Programme
from api.reads.connections import Connection
from api.reads.declared import between, column, in_area, record_type, to_many, to_one, where
from api.reads.filters import ByUpdate, by_code, codes, ids, search_filter
from api.reads.node import Versioned
from api.reads.orders import CODE, NAME, UPDATED_AT, Key, KeyType
from api.reads.root_fields import coded, paged
from api.reads.scalars import DayRange, IntRange
from records.core.rights import Right
from records.tables.groups import GroupKind, GroupStatus, MemberRole
from records.tables.tips import TipStatus

# Read from either end.
_LINKED: Final = """(
  SELECT online_id AS group_id, group_id AS other_id, ended_on, deleted_at FROM group_links
  UNION ALL SELECT group_id, online_id, ended_on, deleted_at FROM group_links
) l JOIN groups {t} ON {t}.id = l.other_id"""
# With so many linked groups the cost of one is counted.
_LINKS: Final = 100
_ROLES: Final = ", ".join(f"'{role}'" for role in MemberRole)
_STATUSES: Final = ", ".join(f"'{status}'" for status in TipStatus)


@strawberry.type(description="The number of members with a role. Who they are is not disclosed.")
class MemberCount:
    """An aggregate over members."""

    role: MemberRole = column("role", "Their role in the group.")
    count: int = column("count(*)", "How many.")


@strawberry.type(description="The number of a group's tips with one status.")
class TipCount:
    """An aggregate over tips."""

    status: TipStatus = column("status", "The status.")
    count: int = column("count(*)", "The number of tips, among those visible to the caller.")


@record_type(
    "groups",
    right=Right.GROUPS_READ,
    scoped=True,
    description=(
        "A self-governing people's group (tổ nhân dân tự quản), or an online group (nhóm Zalo, nhóm "
        "Facebook) that connects an officer with such groups."
    ),
    keys={
        "name_key": NAME,
        "code": CODE,
        "founded_on": Key(KeyType.DAY, "the day of founding", nullable=True),
        "updated_at": UPDATED_AT,
    },
)
class Group(Versioned):
    """A group."""

    code: str = column("code", "The group's code.")
    name: str = column("name", "The group's name.")
    kind: GroupKind = column("kind", "What kind of group it is.")
    status: GroupStatus = column("status", "Its status.")
    inactive_on: date | None = column(
        "inactive_on", "Since when it has been inactive; null while it is active."
    )
    ended_on: date | None = column("ended_on", "When it was merged or dissolved; null otherwise.")
    merged_into: "Group | None" = to_one(
        "merged_into_id", "The group that it was merged into; also null if the caller cannot see it."
    )
    area: Area = to_one("area_id", "Its hamlet or commune, as named when the group was recorded.")
    programme: Programme | None = to_one("programme_id", "The programme that it belongs to.")
    member_count: int | None = column(
        "stated_members", "The number of members that it reported; null if it never did."
    )
    stated_on: date | None = column("stated_on", "The day for which `memberCount` was reported.")
    households: int | None = column("households", "How many households it covers, where known.")
    founded_on: date | None = column("founded_on", "When it was founded, where known.")
    linked_groups: "list[Group]" = to_many(
        "For an online group, the groups that it connects now; for any other group, the online "
        "groups that connect it now, by name.",
        source=_LINKED,
        key="l.group_id",
        max_rows=_LINKS,
        order="{t}.name_key, {t}.id",
        where="l.ended_on IS NULL AND l.deleted_at IS NULL",
        computed=True,
    )
    member_counts: list[MemberCount] = to_many(
        "The number of people on its roster today, by role; empty roles are omitted. Many groups "
        "report only a number (`memberCount`) and have no roster.",
        source="members {t}",
        key="{t}.group_id",
        max_rows=len(MemberRole),
        group_by="{t}.role",
        order=f"array_position(ARRAY[{_ROLES}], {{t}}.role::text)",
        where="{t}.deleted_at IS NULL AND {t}.left_on IS NULL",
        computed=True,
    )
    tip_counts: list[TipCount] = to_many(
        "The number of tips that came through it, by status; statuses without tips are omitted.",
        source="tips {t}",
        key="{t}.group_id",
        max_rows=len(TipStatus),
        group_by="{t}.status",
        order=f"array_position(ARRAY[{_STATUSES}], {{t}}.status::text)",
        right=Right.TIPS_READ,
        scoped=True,
        where="{t}.deleted_at IS NULL",
        computed=True,
    )


@strawberry.input(description="Which groups to list. All conditions must match.")
class GroupFilter(ByUpdate):
    """Filters of groups."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Group")
    code: list[str] | None = codes()
    kind: list[GroupKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these kinds.")
    status: list[GroupStatus] | None = where("{t}.status = ANY({0}::text[])", "Only these statuses.")
    programme: list[str] | None = by_code(
        "programme_id", "Programme", "Only those of these programmes, by code."
    )
    founded_on: DayRange | None = between("founded_on", "Only groups founded on these days, where known.")
    households: IntRange | None = between("households", "Only groups that cover this number of households.")
    member_count: IntRange | None = between(
        "stated_members", "Only groups that reported this number of members."
    )
    search: str | None = search_filter()


@strawberry.type
class GroupQueries:
    """The root fields on groups."""

    groups: Connection[Group] = paged(Group, GroupFilter, "name_key", "The groups in the caller's areas.")
    group: Group | None = coded(
        Group, "The group with this code; null if there is none visible to the caller."
    )
