"""A year's campaign: how many groups of each commune are scored and signed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from records.areas.scope import SCOPE_SQL
from records.core.actor import Actor
from records.core.dates import today
from records.core.rights import Right, check_right
from records.database.fetch import fetch
from records.tables import Area
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind, GroupStatus

# Groups that are active or have a review of the year, by area: all, scored, signed by both sides.
_COUNTS: Final = f"""
SELECT g.area_id, count(*) AS groups, count(r.review_class) AS scored, count(r.signed_on) AS signed
FROM groups g LEFT JOIN reviews r ON r.group_id = g.id AND r.year = $1 AND r.deleted_at IS NULL
WHERE g.kind = $2 AND g.deleted_at IS NULL AND (g.status = $3 OR r.id IS NOT NULL)
    AND (g.founded_on IS NULL OR g.founded_on <= $4)
    AND ($5::uuid[] IS NULL OR {SCOPE_SQL.format(alias="g", param="$5")})
GROUP BY g.area_id
"""
# Of thousands of hamlets, too many to be loaded as models.
_COMMUNES: Final = """
SELECT area_id, home_id FROM area_at WHERE area_id = ANY($1::uuid[]) AND kind = $2
    AND epoch = (SELECT max(epoch) FROM area_at WHERE epoch <= $3) ORDER BY id
"""


@dataclass
class ReviewProgress:
    """How far the reviews of a year have come, in all and in each area."""

    area: Area | None = None
    groups: int = 0
    scored: int = 0
    signed: int = 0
    parts: list["ReviewProgress"] = field(default_factory=list)

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
    rows = await fetch(_COUNTS, [year, kind, status, date(year, 12, 31), scope])
    counted = {
        row["area_id"]: ReviewProgress(None, row["groups"], row["scored"], row["signed"]) for row in rows
    }
    communes = await _communes(list(counted))
    by_hamlet = len(set(communes.values())) == 1
    parts: dict[UUID, ReviewProgress] = defaultdict(ReviewProgress)
    result = ReviewProgress()
    for area_id, one in counted.items():
        parts[area_id if by_hamlet else communes[area_id]].add(one)
        result.add(one)
    for area in await Area.filter(id__in=list(parts)).order_by("name_key", "id"):
        parts[area.id].area = area
        result.parts.append(parts[area.id])
    return result


async def _communes(area_ids: list[UUID]) -> dict[UUID, UUID]:
    """The commune of today to which each area belongs, else the area itself."""
    homes = await fetch(_COMMUNES, [area_ids, AreaKind.COMMUNE.value, today()])
    return {id_: id_ for id_ in area_ids} | dict(homes)
