"""What a partner that may read metrics alone learns of small counts: the rounded cells, and nothing else.

It asks for everything: each indicator, over areas of every level, in the geographies before and after a
reform, by every length of period, in every window. What it makes of that is in tests/differencing.py.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations_with_replacement
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest

from api.reads.node import parse_id
from records.access.partners.budgets import MAX_LIMIT, MAX_REFILL
from records.areas import areas
from records.core.actor import Scope
from records.metrics.catalogue import indicator_id
from records.metrics.periods import Period
from records.tables import AreaAt, AreaReach, MetricCell, MetricDelta, Partner
from tests.api.support import Ask, PartnerKey
from tests.differencing import Attack, StreamMessage
from tests.rounding import BASE, rounded

CODES: Final = ("tips.received", "tips.closed", "outcomes.arrests")
SHARE: Final = "tips.closed_share"
# Wards before and after the reform of 2025: merged ones, a divided one, some that are new.
PLACES: Final = (
    *("29905@2024-12-31", "29902@2024-12-31", "29923@2024-12-31", "30079@2024-12-31"),
    *("29905", "30214", "30244", "30253"),
)
MONTHS: Final = tuple(date(2025, month, 1) for month in (5, 6, 7, 8))
TODAY, BEFORE = date(2026, 1, 1), date(2024, 12, 31)
ABOVE: Final = ("82", "82@2024-12-31", "867", "877")

Cell = tuple[str, UUID, date]
Counts = dict[Cell, int]


@dataclass(frozen=True)
class Answer:
    """A value of an indicator for some months of a place, or of an area of a kind in a geography."""

    code: str
    place: UUID
    kind: str | None
    geography: date
    first: date
    last: date
    value: float | None
    protected: bool
    precision: str
    qualifier: str


Everything = dict[str, list[Answer]]


def windows() -> Iterator[tuple[date, date]]:
    yield from combinations_with_replacement(MONTHS, 2)


def document(period: Period, area: str, by: str | None, geography: date) -> str:
    kinds = f', by: {by}, geography: "{geography}", mostAreas: 300' if by else ""
    codes = ", ".join(f'"{code}"' for code in (*CODES, SHARE))
    asked = (
        f'w{number}: metrics(indicators: [{codes}], area: "{area}", from: "{first:%Y-%m}",'
        f' to: "{last:%Y-%m}", period: {period}{kinds}) {{ indicator {{ code }} area {{ id }}'
        " points { start end value protected precision qualifier } }"
        for number, (first, last) in enumerate(windows())
    )
    return f"{{ {' '.join(asked)} }}"


async def everything(ask: Ask, key: str) -> list[Answer]:
    """All that the API says to this key."""
    questions: list[tuple[str, str | None, date]] = [(area, None, TODAY) for area in (*ABOVE, *PLACES)]
    questions += [("82", "COMMUNE", TODAY), ("82", "DISTRICT", BEFORE)]
    questions += [(area, "COMMUNE", BEFORE) for area in ("867", "877")]
    found: list[Answer] = []
    for area, by, day in questions:
        for period in Period:
            said = await ask(document(period, area, by, day), key=key)
            assert "errors" not in said, said["errors"]
            for series in (series for window in said["data"].values() for series in window):
                parsed = parse_id(series["area"]["id"], "Area")
                assert parsed
                for point in series["points"]:
                    days = date.fromisoformat(point["start"]), date.fromisoformat(point["end"])
                    where = (series["indicator"]["code"], parsed[1], by, day, *days)
                    how = (point["protected"], point["precision"], point["qualifier"])
                    found.append(Answer(*where, point["value"], *how))
    return found


@pytest.fixture
def metrics_key(partner_key: PartnerKey) -> Callable[..., Awaitable[str]]:
    """Makes keys that read metrics, and nothing of what is counted, whose budget is never spent."""

    async def make(*more: Scope) -> str:
        key = await partner_key(scopes={Scope.METRICS_READ, *more})
        await Partner.all().update(budget_limit=MAX_LIMIT, budget_restore=MAX_REFILL)
        return key

    return make


async def store(counts: Counts) -> None:
    """The cells, each in part not folded yet."""
    for table in (MetricCell, MetricDelta):
        await table.all().delete()
    rows: list[dict[str, Any]] = [
        {"indicator_id": indicator_id(code), "area_id": area, "month": month, "value": value}
        for (code, area, month), value in counts.items()
    ]
    await MetricCell.bulk_create(
        [MetricCell(**row | {"value": row["value"] - 1}) for row in rows if row["value"]]
    )
    await MetricDelta.bulk_create([MetricDelta(**row | {"value": 1}) for row in rows if row["value"]])


async def small_counts() -> Counts:
    """Few tips, fewer that were closed, and some arrests in every place and month."""
    chance = Random(7)  # noqa: S311 (the same land every time)
    counts: Counts = {}
    for place in PLACES:
        area = (await areas.resolve_reference(place)).id
        for month in MONTHS:
            received = chance.randint(0, 12)
            counts["tips.received", area, month] = received
            counts["tips.closed", area, month] = chance.randint(0, received)
            counts["outcomes.arrests", area, month] = chance.choice([0, 0, 1, 1, 2, 3, 4, 6])
    return counts


class Geography:
    """Which cells are added up for an answer: everybody may know where areas lie."""

    def __init__(self, reach: dict[UUID, set[UUID]], homes: dict[tuple[UUID, str, date], set[UUID]]) -> None:
        self._reach, self._homes = reach, homes

    @classmethod
    async def load(cls, cells: Counts) -> "Geography":
        there = {area for _code, area, _month in cells}
        reach: dict[UUID, set[UUID]] = {}
        homes: dict[tuple[UUID, str, date], set[UUID]] = {}
        for above in await AreaReach.filter(area_id__in=there):
            reach.setdefault(above.ancestor_id, set()).add(above.area_id)
        for home in await AreaAt.filter(area_id__in=there):
            homes.setdefault((home.home_id, home.kind, home.epoch), set()).add(home.area_id)
        return cls(reach, homes)

    def cells(self, answer: Answer) -> frozenset[Cell]:
        lands = self._reach.get(answer.place, set())
        if answer.kind is not None:
            epochs = {epoch for _home, kind, epoch in self._homes if kind == answer.kind}
            epoch = max(day for day in epochs if day <= answer.geography)
            lands = self._homes.get((answer.place, answer.kind, epoch), set())
        months = [month for month in MONTHS if answer.first <= month <= answer.last]
        return frozenset((answer.code, land, month) for land in lands for month in months)


def sums(answers: list[Answer], where: Geography) -> list[StreamMessage]:
    """What the answers say of cells."""
    counted = [one for one in answers if one.code != SHARE and one.value is not None]
    return [
        StreamMessage(where.cells(one), int(one.value), int(one.value))
        for one in counted
        if one.value is not None
    ]


async def test_attack_finds_all_cells_when_answers_are_exact(
    ask: Ask, metrics_key: Callable[..., Awaitable[str]]
) -> None:
    await store(counts := await small_counts())
    answers = await everything(ask, await metrics_key(Scope.TIPS_READ))
    assert not any(answer.protected for answer in answers)
    told = sums(answers, await Geography.load(counts))
    assert Attack(told).known() == counts

    # Nor does it help to hide the small sums, as was done once: others give them away.
    hidden = [StreamMessage(one.cells, 1, BASE - 1) if 0 < one.least < BASE else one for one in told]
    attack = Attack(hidden)
    small = {cell: value for cell, value in counts.items() if 0 < value < BASE}
    narrowed = [cell for cell in small if attack.bounds[cell] != (Fraction(1), Fraction(BASE - 1))]
    assert len(attack.known().keys() & small.keys()) > len(small) / 10
    assert len(narrowed) > len(small) / 2


async def test_attack_finds_only_rounded_cells_for_partners(
    ask: Ask, metrics_key: Callable[..., Awaitable[str]]
) -> None:
    await store(counts := await small_counts())
    answers = await everything(ask, await metrics_key())
    assert {(answer.protected, answer.qualifier) for answer in answers} == {(True, "ABOUT")}
    assert {answer.precision for answer in answers} == {"ESTIMATED", "UNAVAILABLE"}

    # A value that came in any other way than from rounded cells would contradict the others.
    found = Attack(sums(answers, await Geography.load(counts)), step=BASE).known()
    cells = {cell: rounded(*cell, value) for cell, value in counts.items()}
    assert found == cells
    for cell, value in counts.items():
        assert abs(cells[cell] - value) < BASE
    _check_shares(answers)


async def test_answers_are_equal_when_rounded_cells_are(
    ask: Ask, metrics_key: Callable[..., Awaitable[str]]
) -> None:
    await store(counts := await small_counts())
    key = await metrics_key()
    answers = await everything(ask, key)
    others = {cell: _alike(cell, value) for cell, value in counts.items()}
    assert sum(others[cell] != value for cell, value in counts.items()) > len(counts) / 2
    await store(others)
    assert await everything(ask, key) == answers


async def test_answers_change_only_when_rounded_cell_does(
    ask: Ask, metrics_key: Callable[..., Awaitable[str]]
) -> None:
    await store(counts := await small_counts())
    key, other_key = await metrics_key(), await metrics_key()
    cell = next(iter(counts))
    where: dict[str, Any] = {"indicator_id": indicator_id(cell[0]), "area_id": cell[1], "month": cell[2]}
    query = document(Period.QUARTER, "82", None, TODAY)
    last, value = await ask(query, key=key), counts[cell]
    for _step in range(3 * BASE):
        await MetricDelta.create(**where, value=1)
        moved = rounded(*cell, value + 1) != rounded(*cell, value)
        said = await ask(query, key=key)
        assert (said["data"] != last["data"]) == moved
        # Nor does it help to ask twice, or with somebody else.
        assert (await ask(query, key=other_key))["data"] == said["data"]
        last, value = said, value + 1


def _alike(cell: Cell, value: int) -> int:
    """Another count that is rounded to the same number, where there is one."""
    same = [other for other in range(value + BASE) if rounded(*cell, other) == rounded(*cell, value)]
    return next((other for other in same if other != value), value)


def _check_shares(answers: list[Answer]) -> None:
    """Of a share nothing is told that its two sums do not tell."""
    values = {(one.code, *_where(one)): one.value for one in answers}
    for share in answers:
        if share.code == SHARE and share.value is not None:
            closed, received = (values[code, *_where(share)] for code in ("tips.closed", "tips.received"))
            assert closed is not None
            assert received
            assert share.value == round(100 * closed / received, 2)


def _where(answer: Answer) -> tuple[UUID, str | None, date, date, date]:
    return answer.place, answer.kind, answer.geography, answer.first, answer.last
