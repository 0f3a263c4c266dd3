"""Areas with their parents and successions, as plain data that does not contradict itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

KINDS: Final = ("PROVINCE", "DISTRICT", "COMMUNE", "HAMLET")
"""The kinds of an area, the widest first."""


@dataclass(frozen=True, slots=True)
class AreaVersion:
    """An area as it was from `valid_from` until the day before `valid_to` (None: it still is)."""

    id: UUID
    code: str
    kind: str
    name: str
    valid_from: date
    valid_to: date | None
    parent: UUID | None


@dataclass(frozen=True, slots=True)
class Succession:
    """`new` took over the land of `old`, or a part of it, on `effective_on`."""

    old: UUID
    new: UUID
    whole: bool
    effective_on: date


class AreaGraph:
    """The areas by id, with the children, successors and predecessors of each.

    Raises ValueError for data that contradict themselves.
    """

    def __init__(self, areas: Iterable[AreaVersion], successions: Iterable[Succession]) -> None:
        self.areas = {area.id: area for area in areas}
        self.children: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self.successors: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self.predecessors: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for area in self.areas.values():
            if area.parent is not None:
                self._check_child(area, self.areas[area.parent])
                self.children[area.parent].append(area.id)
        whole = set()
        for succession in successions:
            self._check_dates(succession)
            self.successors[succession.old].append(succession.new)
            self.predecessors[succession.new].append(succession.old)
            if succession.whole:
                whole.add(succession.old)
        for old, into in self.successors.items():
            if (old in whole) != (len(into) == 1):
                msg = f"area {old} must go wholly into one area, or in parts into several"
                raise ValueError(msg)

    @staticmethod
    def _check_child(child: AreaVersion, parent: AreaVersion) -> None:
        # Kinds that narrow downwards also rule out circles.
        if KINDS.index(parent.kind) >= KINDS.index(child.kind):
            msg = f"area {child.id} cannot lie in an area that is not wider"
            raise ValueError(msg)
        end = date.max
        if child.valid_from < parent.valid_from or (child.valid_to or end) > (parent.valid_to or end):
            msg = f"area {child.id} must live within its parent's life"
            raise ValueError(msg)

    def _check_dates(self, succession: Succession) -> None:
        # Time that only moves forward along successions keeps every walk finite.
        old, new = self.areas[succession.old], self.areas[succession.new]
        if not old.valid_to == succession.effective_on == new.valid_from:
            msg = f"area {new.id} must begin on the day that area {old.id} ends"
            raise ValueError(msg)

    def ancestors(self, area: AreaVersion) -> Iterator[AreaVersion]:
        """The area itself, its parent, and so on up."""
        step: AreaVersion | None = area
        while step is not None:
            yield step
            step = None if step.parent is None else self.areas[step.parent]

    def ancestor_of_kind(self, area: AreaVersion, kind: str) -> AreaVersion | None:
        """The area of that kind in whose bounds the area lies, in its own time."""
        return next((step for step in self.ancestors(area) if step.kind == kind), None)
