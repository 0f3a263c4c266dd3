"""Who looks, and where: the areas of an actor written out.

The planner knows how common each listed area is. Behind a subquery on `area_reach` it would have to guess,
and read a whole province to show a page of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.reads.snapshot import Snapshot
from records.core.actor import Actor

_REACHED: Final = (
    "SELECT DISTINCT area_id FROM area_reach WHERE ancestor_id = ANY($1::uuid[]) ORDER BY area_id"
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """An actor, and every area, past or present, that it reaches; None for an actor bound to no area."""

    actor: Actor
    areas: list[UUID] | None


async def viewer(actor: Actor, snapshot: Snapshot) -> Viewer:
    """The actor with the areas that it reaches."""
    return Viewer(actor, None if actor.areas is None else await reached(actor.areas, snapshot))


async def reached(ancestors: Iterable[UUID], snapshot: Snapshot) -> list[UUID]:
    """Every area, past or present, that lies in one of `ancestors`."""
    # Areas change by decree, not while a request runs: this need not share the request's snapshot.
    return [row[0] for row in await snapshot.fetch(_REACHED, [list(ancestors)], alone=True)]
