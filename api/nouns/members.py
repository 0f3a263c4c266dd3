"""Members as counts: what groups state, beside what their rosters hold. No name is ever read here."""

from collections import defaultdict
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.cost.directives import SIZES, AssumedSizes, list_size
from api.cost.selection import selection_of
from api.errors import InvalidInput, check_scope
from api.nouns.areas.areas import (
    AREA_DESCRIPTION,
    DEFAULT_AREA_COUNT,
    Area,
    MostAreas,
    assumed_area_count,
    check_most_areas,
)
from api.nouns.groups import MemberCount
from api.reads.areas import resolve_area
from api.reads.context import Info
from api.reads.execution import read_by_id
from records.core.dates import today
from records.core.errors import ProblemCode
from records.core.rights import Right
from records.metrics.queries import TOO_MANY_AREAS
from records.tables.areas import AreaKind, Precision
from records.tables.groups import MemberRole

# Where each group belongs: in the area that was asked for, or in one of a kind within it, as they are today.
_WHOLE_AREA: Final = (
    "SELECT area_id, ancestor_id AS home_id, 'EXACT' AS precision FROM area_reach WHERE ancestor_id = $1"
)
_BY_KIND: Final = (
    "SELECT p.area_id, p.home_id, p.precision FROM area_at p"
    " JOIN area_reach r ON r.area_id = p.home_id AND r.ancestor_id = $1"
    " WHERE p.kind = $3 AND p.epoch = (SELECT max(epoch) FROM area_at WHERE epoch <= $4)"
)
_GROUPS: Final = (
    "FROM groups g JOIN ({homes}) h ON h.area_id = g.area_id"
    " WHERE g.deleted_at IS NULL AND g.ended_on IS NULL AND ($2::uuid[] IS NULL OR g.area_id = ANY($2))"
)
_REPORTED_COUNTS: Final = (
    "SELECT h.home_id, count(*)::int AS groups, count(g.stated_members)::int AS stating,"
    " coalesce(sum(g.stated_members), 0)::int AS stated,"
    f" bool_or(h.precision = '{Precision.UNAVAILABLE}') AS unavailable,"
    f" bool_or(h.precision = '{Precision.ESTIMATED}') AS estimated"
    " {groups} GROUP BY h.home_id ORDER BY (SELECT a.name_key FROM areas a WHERE a.id = h.home_id), h.home_id"
)
_ROSTERS: Final = (
    "SELECT x.home_id, m.role, count(*)::int AS count FROM (SELECT g.id, h.home_id {groups}) x"
    " JOIN members m ON m.group_id = x.id WHERE m.deleted_at IS NULL AND m.left_on IS NULL"
    " GROUP BY x.home_id, m.role"
)

# Stands where an operation asks for no object.
_NOT_REQUESTED: Final[Any] = None


@strawberry.type(
    description=(
        "The number of members of the groups of an area, as reported and by roster: most groups report a "
        "number only. Groups that have ended are omitted. The numbers are null if `precision` is "
        "UNAVAILABLE."
    )
)
class MemberTotals:
    """An aggregate over groups and members."""

    area: Area = strawberry.field(description="Where.")
    precision: Precision = strawberry.field(
        description="How certain the assignment of groups to the area is: EXACT if no area was split."
    )
    groups: int | None = strawberry.field(description="The number of groups.")
    groups_stating: int | None = strawberry.field(
        description="The number of groups that reported a number of members."
    )
    stated: int | None = strawberry.field(description="The total number of members reported.")
    roster: list[MemberCount] | None = strawberry.field(
        directives=list_size(len(MemberRole)),
        description="The number of people on their rosters today, by role; empty roles are omitted.",
    )


async def _member_counts(
    info: Info,
    *,
    area: Annotated[str, strawberry.argument(description=AREA_DESCRIPTION)],
    by: Annotated[
        AreaKind | None,
        strawberry.argument(
            description="One entry for each area of this level, as of today; by default a single entry."
        ),
    ] = None,
    most_areas: MostAreas = DEFAULT_AREA_COUNT,
) -> list[MemberTotals]:
    check_scope(info.context.actor, Right.GROUPS_READ, field="Query.memberCounts")
    check_most_areas(most_areas)
    viewer, snapshot = await info.context.viewer(), info.context.snapshot
    values: list[Any] = [(await resolve_area(area, snapshot)).id, viewer.areas]
    if by is not None:
        values += [by.value, today()]
    groups = _GROUPS.format(homes=_WHOLE_AREA if by is None else _BY_KIND)
    stated = await snapshot.fetch(_REPORTED_COUNTS.format(groups=groups), values)
    if len(stated) > most_areas:
        raise InvalidInput(TOO_MANY_AREAS, ProblemCode.TOO_MANY, "mostAreas", found=len(stated))
    selection = selection_of(info)
    rosters: dict[UUID, dict[str, int]] = defaultdict(dict)
    if "roster" in selection.fields:
        for row in await snapshot.fetch(_ROSTERS.format(groups=groups), values):
            rosters[row["home_id"]][row["role"]] = row["count"]
    areas_by_id: dict[UUID, Area] = {}
    if (subselection := selection.subselection("area")) is not None:
        areas_by_id = await read_by_id(info, subselection, {row["home_id"] for row in stated})
    return [
        _totals(row, areas_by_id.get(row["home_id"], _NOT_REQUESTED), rosters[row["home_id"]])
        for row in stated
    ]


def _totals(row: Any, area: Area, roster: dict[str, int]) -> MemberTotals:
    if row["unavailable"]:
        return MemberTotals(
            area=area,
            precision=Precision.UNAVAILABLE,
            groups=None,
            groups_stating=None,
            stated=None,
            roster=None,
        )
    return MemberTotals(
        area=area,
        precision=Precision.ESTIMATED if row["estimated"] else Precision.EXACT,
        groups=row["groups"],
        groups_stating=row["stating"],
        stated=row["stated"],
        roster=[MemberCount(role=role, count=roster[role]) for role in MemberRole if role in roster],
    )


@strawberry.type
class MemberQueries:
    """The root field on members."""

    member_counts: list[MemberTotals] = strawberry.field(
        resolver=_member_counts,
        metadata={SIZES: lambda arguments: AssumedSizes(assumed_area_count(arguments))},
        description=(
            "The number of members of the groups in an area, among the groups visible to the caller. The "
            "cost is that of `mostAreas` areas if `by` is given."
        ),
    )
