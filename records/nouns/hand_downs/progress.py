"""How far outlines have come: how many groups and organisations received and discussed them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.functions import Count
from tortoise.queryset import QuerySet

from records.areas import areas
from records.core.actor import Actor
from records.nouns.hand_downs.noun import visible_to
from records.tables import Area


@dataclass(frozen=True)
class HandDownProgress:
    """How many were handed an outline, and how many of these received and discussed it."""

    sent: int = 0
    received: int = 0
    discussed: int = 0

    def __add__(self, other: "HandDownProgress") -> "HandDownProgress":
        return HandDownProgress(
            self.sent + other.sent, self.received + other.received, self.discussed + other.discussed
        )

    @property
    def waiting(self) -> int:
        """How many have received it and not discussed it."""
        return self.received - self.discussed

    @property
    def missing(self) -> int:
        """How many have not received it."""
        return self.sent - self.received

    @property
    def share(self) -> int | None:
        """How many of a hundred discussed it; None where it went to nobody."""
        return 100 * self.discussed // self.sent if self.sent else None


async def by_outline(outline_ids: Collection[UUID], *, by: Actor) -> Mapping[UUID, HandDownProgress]:
    """The progress of outlines in the actor's areas; `PermissionDenied` is raised."""
    return await _counted(visible_to(by).filter(outline_id__in=list(outline_ids)), "outline_id")


async def of_recipients(outline_id: UUID, *, organisations: bool, by: Actor) -> HandDownProgress:
    """The progress of an outline in the actor's areas, among groups or among organisations."""
    rows = visible_to(by).filter(outline_id=outline_id, group_id__isnull=organisations)
    return (await _counted(rows, "outline_id")).get(outline_id, HandDownProgress())


async def by_area(outline_id: UUID, *, by: Actor) -> list[tuple[Area, HandDownProgress]]:
    """The progress of an outline among the groups of each commune, where most are missing first.

    Where all are in one commune, of each hamlet. Raises `PermissionDenied`.
    """
    rows = visible_to(by).filter(outline_id=outline_id, group_id__isnull=False)
    counted = await _counted(rows, "area_id")
    communes = await areas.communes_of(counted)
    in_one = len(set(communes.values())) == 1
    sums: dict[UUID, HandDownProgress] = defaultdict(HandDownProgress)
    for id_, one in counted.items():
        sums[id_ if in_one else communes[id_]] += one
    places = await Area.filter(id__in=list(sums)).prefetch_related("parent__parent")
    return sorted(
        ((place, sums[place.id]) for place in places), key=lambda one: (-one[1].missing, one[0].name_key)
    )


async def _counted(rows: QuerySet[Any], key: str) -> dict[UUID, HandDownProgress]:
    counts = rows.annotate(
        sent=Count("id"), received=Count("received_at"), discussed=Count("activity_id")
    ).group_by(key)
    found = await counts.values_list(key, "sent", "received", "discussed")
    return {one: HandDownProgress(sent, received, discussed) for one, sent, received, discussed in found}
