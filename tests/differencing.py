"""An attacker who adds, subtracts and compares answers: what sums, siblings and periods tell of single cells.

Each answer says something of a sum of cells. Exact sums are solved by Gaussian elimination over the
rationals, and whatever is left is narrowed by bounds, until nothing moves any more.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Final

Cell = Hashable
Bounds = tuple[Fraction, Fraction]
MOST: Final = Fraction(10_000)
"""No cell holds more, the attacker supposes."""


@dataclass(frozen=True)
class StreamMessage:
    """That the cells in `cells` add up to something from `least` to `most`."""

    cells: frozenset[Cell]
    least: int
    most: int


class ContradictionError(Exception):
    """No cells whatever add up to what was told."""


@dataclass
class Attack:
    """What is known of each cell: a whole number from its first bound to its second."""

    told: Iterable[StreamMessage]
    least: int = 0
    step: int = 1
    bounds: dict[Cell, Bounds] = field(init=False)

    def __post_init__(self) -> None:
        told = list({(one.cells, one.least, one.most): one for one in self.told}.values())
        self.bounds = {cell: (Fraction(self.least), MOST) for one in told for cell in one.cells}
        exact = [one for one in told if one.least == one.most]
        rows = [_row(one.cells, one.least, one.most) for one in told]
        rows += [(row, value, value) for row, value in _reduced(exact)]
        self._narrow([*rows, *_differences(told)])

    def known(self) -> dict[Cell, int]:
        """The cells that are certain."""
        return {cell: int(low) for cell, (low, high) in self.bounds.items() if low == high}

    def _narrow(self, rows: "list[Row]") -> None:
        moved = True
        while moved:
            moved = False
            for row, least, most in rows:
                low = sum(_part(weight, self.bounds[cell])[0] for cell, weight in row.items())
                high = sum(_part(weight, self.bounds[cell])[1] for cell, weight in row.items())
                if low > most or high < least:
                    raise ContradictionError
                for cell, weight in row.items():
                    moved |= self._bound(cell, weight, least - high, most - low)

    def _bound(self, cell: Cell, weight: Fraction, under: Fraction, over: Fraction) -> bool:
        """Narrows a cell by how far the others can be from what was told; whether that moved it."""
        first, last = self.bounds[cell]
        part = _part(weight, (first, last))
        ends = sorted(((part[1] + under) / weight, (part[0] + over) / weight))
        new = (
            max(first, Fraction(ceil(ends[0] / self.step) * self.step)),
            min(last, Fraction(floor(ends[1] / self.step) * self.step)),
        )
        if new[0] > new[1]:
            raise ContradictionError
        self.bounds[cell] = new
        return new != (first, last)


# So much of each cell, and from what to what that adds up.
Row = tuple[Mapping[Cell, Fraction], Fraction, Fraction]


def _row(cells: Iterable[Cell], least: int, most: int) -> Row:
    return dict.fromkeys(cells, Fraction(1)), Fraction(least), Fraction(most)


def _part(weight: Fraction, bounds: Bounds) -> Bounds:
    first, last = weight * bounds[0], weight * bounds[1]
    return (first, last) if weight > 0 else (last, first)


def _reduced(exact: list[StreamMessage]) -> list[tuple[dict[Cell, Fraction], Fraction]]:
    """The reduced row echelon form of the exact sums."""
    done: dict[Cell, tuple[dict[Cell, Fraction], Fraction]] = {}
    for one in sorted(exact, key=lambda told: len(told.cells)):
        row, value = {cell: Fraction(1) for cell in one.cells}, Fraction(one.least)
        for pivot in [cell for cell in row if cell in done]:
            row, value = _minus(row, value, *done[pivot], row[pivot])
        if not row:
            if value:
                raise ContradictionError
            continue
        pivot = next(iter(row))
        scale = row[pivot]
        row, value = {cell: weight / scale for cell, weight in row.items()}, value / scale
        for other, (below, total) in done.items():
            if pivot in below:
                done[other] = _minus(below, total, row, value, below[pivot])
        done[pivot] = row, value
    return list(done.values())


def _minus(
    row: dict[Cell, Fraction], value: Fraction, other: dict[Cell, Fraction], total: Fraction, times: Fraction
) -> tuple[dict[Cell, Fraction], Fraction]:
    left = {cell: row.get(cell, Fraction(0)) - times * other.get(cell, Fraction(0)) for cell in row | other}
    return {cell: weight for cell, weight in left.items() if weight}, value - times * total


def _differences(told: list[StreamMessage]) -> list[Row]:
    """What is left of a sum without another that lies in it; of exact ones elimination has told all."""
    ordered = sorted(told, key=lambda one: len(one.cells))
    found: list[Row] = []
    for place, inner in enumerate(ordered):
        for outer in ordered[place + 1 :]:
            exact = inner.least == inner.most and outer.least == outer.most
            if not exact and inner.cells < outer.cells:
                rest = outer.cells - inner.cells
                found.append(_row(rest, outer.least - inner.most, outer.most - inner.least))
    return found
