"""A year's campaign: how many groups of each commune are scored and signed."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from records.areas.scope import SCOPE_SQL
from records.core.actor import Actor
from records.core.dates import today
from records.core.rights import Right, check_right
from records.database.fetch import fetch
from records.tables import Area
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind, GroupStatus

# Groups that are active or have a review of the year, by area: all, scored, signed by both sides.
_COUNTS: Final = """
SELECT g.area_id, count(*) AS groups, count(r.review_class) AS scored, count(r.signed_on) AS signed
FROM groups g LEFT JOIN reviews r ON r.group_id = g.id AND r.year = $1 AND r.deleted_at IS NULL
WHERE g.kind = $2 AND g.deleted_at IS NULL AND (g.status = $3 OR r.id IS NOT NULL)
    AND (g.founded_on IS NULL OR g.founded_on <= $4)
    AND {scope}
GROUP BY g.area_id
"""
# Without an alternative, so that an index has the groups of a commune.
_SCOPES: Final = {True: SCOPE_SQL.format(alias="g", param="$5"), False: "$5::uuid[] IS NULL"}
# The same by the commune of today to which each area belongs, else by the area itself.
_BY_COMMUNE: Final = """
WITH counted AS ({counts})
SELECT coalesce(h.home_id, c.area_id) AS area_id, sum(groups)::bigint AS groups,
    sum(scored)::bigint AS scored, sum(signed)::bigint AS signed
FROM counted c LEFT JOIN area_at h ON h.area_id = c.area_id AND h.kind = $6 AND h.precision <> 'UNAVAILABLE'
    AND h.epoch = (SELECT max(epoch) FROM area_at WHERE epoch <= $7)
GROUP BY 1
"""


@dataclass
class ReviewProgress:
    """How far the reviews of a year have come, in all and in each area."""

    area: Area | None = None
    groups: int = 0
    scored: int = 0
    signed: int = 0
    areas: list["ReviewProgress"] = field(default_factory=list)

    def add(self, other: "ReviewProgress") -> None:
        """Counts the groups of `other` too."""
        self.groups += other.groups
        self.scored += other.scored
        self.signed += other.signed


async def progress(actor: Actor, year: int) -> ReviewProgress:
    """The progress in the actor's areas, by commune; by hamlet where all lies in one commune.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.REVIEWS_READ)
    check_right(actor, Right.GROUPS_READ)
    kind, status = GroupKind.SELF_GOVERNING.value, GroupStatus.ACTIVE.value
    scope = None if actor.areas is None else list(actor.areas)
    values = [year, kind, status, date(year, 12, 31), scope]
    counts = _COUNTS.format(scope=_SCOPES[scope is not None])
    rows = await fetch(_BY_COMMUNE.format(counts=counts), [*values, AreaKind.COMMUNE.value, today()])
    if len(rows) == 1:
        rows = await fetch(counts, values)
    counted = {row["area_id"]: row for row in rows}
    result = ReviewProgress()
    for area in await Area.filter(id__in=list(counted)).order_by("name_key", "id"):
        row = counted[area.id]
        result.areas.append(ReviewProgress(area, row["groups"], row["scored"], row["signed"]))
        result.add(result.areas[-1])
    return result
