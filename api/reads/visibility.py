"""The caller of a read with the list of its areas.

With the areas listed, the planner knows how frequent each is. With a subquery on `area_reach` it would have
to guess, and might read a whole province for a single page.
"""

from dataclasses import dataclass
from uuid import UUID

from api.reads.areas import reachable_areas
from api.reads.snapshot import Snapshot
from records.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Viewer:
    """An actor, and every area, past or present, within its own; None for an actor without area restrictions.

    `unbounded` is for exports, which return nested lists in full, whatever their length.
    """

    actor: Actor
    areas: list[UUID] | None
    unbounded: bool = False


async def viewer(actor: Actor, snapshot: Snapshot, *, unbounded: bool) -> Viewer:
    """The actor with its areas."""
    areas = None if actor.areas is None else await reachable_areas(actor.areas, snapshot)
    return Viewer(actor, areas, unbounded)
