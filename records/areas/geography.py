"""Areas that end, merge and split: which lie in which, and where old records belong today.

Pure functions on plain data; docs/explanation/areas.md tells the model in words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

from records.areas.graph import KINDS, AreaGraph, AreaVersion, Succession

Precision = Literal["EXACT", "ESTIMATED", "UNAVAILABLE"]

_PREFIXES: Final = (
    "Thành phố",
    "Thị xã",
    "Thị trấn",
    "Đặc khu",
    "Phường",
    "Huyện",
    "Quận",
    "Tỉnh",
    "Khóm",
    "Thôn",
    "Xã",
    "Ấp",
)


class AreaHome(NamedTuple):
    """The area of one kind, in the geography of `epoch`, to which a record made in `area` belongs."""

    epoch: date
    kind: str
    area: UUID
    home: UUID
    precision: Precision


def epochs(areas: Iterable[AreaVersion]) -> list[date]:
    """The first day of each geography: every day on which an area begins or ends, sorted."""
    days = {day for area in areas for day in (area.valid_from, area.valid_to) if day is not None}
    return sorted(days)


def connected(
    areas: Iterable[AreaVersion], successions: Iterable[Succession], start: Iterable[UUID]
) -> set[UUID]:
    """`start` and every area that a chain of parents and successions connects with it."""
    neighbours: defaultdict[UUID, list[UUID]] = defaultdict(list)
    pairs = [(area.id, area.parent) for area in areas if area.parent is not None]
    for one, other in pairs + [(succession.old, succession.new) for succession in successions]:
        neighbours[one].append(other)
        neighbours[other].append(one)
    found = set(start)
    waiting = list(found)
    while waiting:
        unseen = [id_ for id_ in neighbours[waiting.pop()] if id_ not in found]
        found.update(unseen)
        waiting.extend(unseen)
    return found


def strip_prefix(name: str) -> str:
    """The name without its kind: "Phường Sa Đéc" and "Thành phố Sa Đéc" both give "Sa Đéc"."""
    for prefix in _PREFIXES:
        if name.startswith(prefix + " "):
            return name[len(prefix) + 1 :]
    return name


def ancestor_pairs(
    areas: Iterable[AreaVersion], successions: Iterable[Succession]
) -> Iterator[tuple[UUID, UUID]]:
    """Pairs (ancestor, area): the area lies wholly in the ancestor, in its own time or through succession.

    An area that became part of `ancestor` only in part is not among them: whoever may see
    the one does not see the other. Raises ValueError for data that contradict themselves.
    """
    land = AreaGraph(areas, successions)
    for start in land.areas:
        for member in _closure(land, start):
            yield start, member


def area_homes(
    areas: Iterable[AreaVersion], successions: Iterable[Succession], days: Iterable[date]
) -> Iterator[AreaHome]:
    """The homes of every area in the geography of each of `days`.

    One candidate is EXACT. Of several after a split the likeliest is ESTIMATED. Of several
    before a merger each is UNAVAILABLE: what was counted in the whole cannot be told apart.
    A kind that is finer than what is known of an area has no home at all.
    Raises ValueError for data that contradict themselves.
    """
    land = AreaGraph(areas, successions)
    for day in days:
        geography = _EpochGeography(land, day)
        for area in land.areas.values():
            yield from _homes_on(geography, area)


def _closure(land: AreaGraph, start: UUID) -> set[UUID]:
    """The least set that holds `start`, its members' children, and every area whose land is all in it."""
    members = {start}
    waiting = [start]
    missing_successors: dict[UUID, int] = {}
    missing_predecessors: dict[UUID, int] = {}

    def join(area: UUID) -> None:
        if area not in members:
            members.add(area)
            waiting.append(area)

    def count_down(missing: dict[UUID, int], area: UUID, links: list[UUID]) -> None:
        missing[area] = missing.get(area, len(links)) - 1
        if missing[area] == 0:
            join(area)

    while waiting:
        area = waiting.pop()
        for child in land.children.get(area, ()):
            join(child)
        for old in land.predecessors.get(area, ()):
            count_down(missing_successors, old, land.successors[old])
        for new in land.successors.get(area, ()):
            count_down(missing_predecessors, new, land.predecessors[new])
    return members


class _EpochGeography:
    """The areas alive on one day, and what every other area corresponds to among them."""

    def __init__(self, land: AreaGraph, day: date) -> None:
        self.land = land
        self.day = day
        self._known: dict[UUID, frozenset[UUID]] = {}

    def ended(self, area: AreaVersion) -> bool:
        return area.valid_to is not None and area.valid_to <= self.day

    def candidates(self, area: AreaVersion) -> frozenset[UUID]:
        """The areas of the day over which the area's land may be spread, as finely as is known."""
        for step in self.land.ancestors(area):
            if homes_by_id := self._traced(step.id):
                return homes_by_id
        return frozenset()

    def _traced(self, id_: UUID) -> frozenset[UUID]:
        if id_ not in self._known:
            self._known[id_] = self._trace(self.land.areas[id_])
        return self._known[id_]

    def _trace(self, area: AreaVersion) -> frozenset[UUID]:
        if self.ended(area):
            links = self.land.successors.get(area.id, [])
        elif area.valid_from > self.day:
            links = self.land.predecessors.get(area.id, [])
        else:
            return frozenset({area.id})
        if links:
            return _union(links, self._traced)
        # No link of its own, as an old district: its children show where the whole lay, and no finer.
        rank = KINDS.index(area.kind)
        return _union(self.land.children.get(area.id, []), lambda child: self._widened(child, rank))

    def _widened(self, id_: UUID, rank: int) -> frozenset[UUID]:
        """The areas of the day for an area, none of them finer than the rank."""

        def widen(found: UUID) -> frozenset[UUID]:
            lineage = self.land.ancestors(self.land.areas[found])
            return frozenset([step.id for step in lineage if KINDS.index(step.kind) <= rank][:1])

        return _union(self._traced(id_), widen)


def _union(ids: Iterable[UUID], find: Callable[[UUID], frozenset[UUID]]) -> frozenset[UUID]:
    """All that is found for all ids; nothing when one of them is unknown, for then the whole is."""
    parts = [find(id_) for id_ in ids]
    return frozenset().union(*parts) if all(parts) else frozenset()


def _homes_on(geography: _EpochGeography, area: AreaVersion) -> Iterator[AreaHome]:
    land = geography.land
    candidates = [land.areas[id_] for id_ in geography.candidates(area)]
    for kind in KINDS:
        lifted = {candidate.id: land.ancestor_of_kind(candidate, kind) for candidate in candidates}
        homes_by_id = {home.id: home for home in lifted.values() if home is not None}
        if not homes_by_id or None in lifted.values():
            continue
        if len(homes_by_id) == 1:
            yield from (AreaHome(geography.day, kind, area.id, id_, "EXACT") for id_ in homes_by_id)
        elif geography.ended(area):
            likeliest = _most_similar(land.ancestor_of_kind(area, kind) or area, list(homes_by_id.values()))
            yield AreaHome(geography.day, kind, area.id, likeliest.id, "ESTIMATED")
        else:
            yield from (
                AreaHome(geography.day, kind, area.id, id_, "UNAVAILABLE") for id_ in sorted(homes_by_id)
            )


def _most_similar(old: AreaVersion, candidates: list[AreaVersion]) -> AreaVersion:
    """The area that kept the old one's code, else its name, else the one with the lowest code."""

    def strangeness(new: AreaVersion) -> tuple[bool, bool, str, UUID]:
        return (new.code != old.code, strip_prefix(new.name) != strip_prefix(old.name), new.code, new.id)

    return min(candidates, key=strangeness)
