"""Who looks, and where: the areas of an actor written out.

The planner knows how common each listed area is. Behind a subquery on `area_reach` it would have to guess,
and read a whole province to show a page of it.
"""

from dataclasses import dataclass
from uuid import UUID

from api.reads.areas import reachable_areas
from api.reads.snapshot import Snapshot
from records.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Viewer:
    """An actor, and every area, past or present, that it reaches; None for an actor bound to no area.

    `unbounded` is for exports, which give lists inside records whole, however long they are.
    """

    actor: Actor
    areas: list[UUID] | None
    unbounded: bool = False


async def viewer(actor: Actor, snapshot: Snapshot, *, unbounded: bool) -> Viewer:
    """The actor with the areas that it reaches."""
    areas = None if actor.areas is None else await reachable_areas(actor.areas, snapshot)
    return Viewer(actor, areas, unbounded)
