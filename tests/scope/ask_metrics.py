"""What an actor's tips and figures add up to, for one place and commune by commune."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tortoise.connection import get_connection

from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.dates import LOCAL
from records.core.errors import PermissionDenied
from records.metrics import queries as metrics
from records.metrics.periods import Period
from records.tables import Area, AreaAt
from records.tables.areas import AreaKind
from tests.rounding import rounded
from tests.scope.proof import Proof
from tests.scope.world import THIRD, Land, World, may_read

_INDICATORS = ("tips.received", "reported.tips")


async def ask(world: World, who: Actor, proof: Proof) -> None:
    """Series of places that `who` reaches, and of the communes in a province."""
    may_ask = Scope.METRICS_READ in who.scopes or who.role in {
        *(Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST),
    }
    if not may_ask:
        return
    reached = world.reached(who)
    # Staff who may not read tips may not count them either; what units report they may read.
    counting = who.kind is not ActorKind.STAFF or may_read(who, "tips")
    for place in proof.random.sample(sorted(reached), min(2, len(reached))):
        (reported,) = await _series(who, place, _INDICATORS[1:])
        said = sorted(point.period for point in reported.points)
        proof.rows("metrics of figures", said, figures_of(world, who, place), place)
        if counting:
            (counted,) = await _series(who, place, _INDICATORS[:1])
            proof.same("metrics", _sums(counted), received(world, who, place), place)
        else:
            with pytest.raises(PermissionDenied):
                await _series(who, place, _INDICATORS)
    if not counting:
        return
    # Of a whole province: the narrower the question, the less there is that could show too much.
    land = proof.random.choice([land for land in world.lands.values() if land.kind == "PROVINCE"])
    wanted = await received_by_commune(world, who, land)
    found = await _series(who, land.id, _INDICATORS[:1], by=AreaKind.COMMUNE)
    proof.rows("metrics of communes", [series.area.id for series in found], wanted, land)
    for series in found:
        proof.same("metrics of a commune", _sums(series), wanted[series.area.id], land, series.area.code)


async def _series(
    who: Actor, place: UUID, indicators: Sequence[str], by: AreaKind | None = None
) -> list[metrics.Series]:
    question = metrics.MetricQuery(
        indicators=indicators,
        area=await Area.get(id=place),
        start=date(2023, 1, 1),
        end=date(2024, 12, 1),
        period=Period.YEAR,
        by=by,
    )
    return await metrics.series(who, question, _fetch)


def _sums(series: metrics.Series) -> dict[int, int]:
    return {point.start.year: int(point.value or 0) for point in series.points if point.start}


def received(world: World, who: Actor, place: UUID) -> dict[int, int]:
    """How many tips came in at a place in each year, of those that `who` reaches."""
    return _received_in(world, who, world.reached(who) & world.reach[place])


def figures_of(world: World, who: Actor, place: UUID) -> list[str]:
    """The figures that were reported for a place under any of its versions, of those that `who` reaches."""
    versions = {area for area in world.reach[place] if place in world.reach[area]} & world.reached(who)
    there = [row for row in world.rows["figures"] if not row.removed and not row.superseded]
    return sorted(row.code for row in there if row.area in versions)


async def received_by_commune(world: World, who: Actor, land: Land) -> dict[UUID, dict[int, int]]:
    """The same for each commune of today in `land`, as far as `who` reaches it.

    An old commune that was divided counts, as a guess, for one of its parts: but not for those who reach only
    that part. Where it counts is the geography's to say; who sees it is not.
    """
    reached = world.reached(who)
    homes = dict(await AreaAt.filter(epoch=THIRD, kind=AreaKind.COMMUNE).values_list("area_id", "home_id"))
    communes = {
        id_
        for id_, area in world.lands.items()
        if area.kind == "COMMUNE" and area.until is None and id_ in reached & world.reach[land.id]
    }
    return {
        commune: _received_in(world, who, {area for area in reached if homes.get(area) == commune})
        for commune in communes
    }


def _received_in(world: World, who: Actor, areas: Collection[UUID]) -> dict[int, int]:
    """Whoever may read metrics, and no tips, is told the sum of rounded cells."""
    counted = [
        row for row in world.rows["tips"] if not row.removed and row.twin is None and row.area in areas
    ]
    cells = Counter((row.area, row.moment.astimezone(LOCAL).date().replace(day=1)) for row in counted)
    exact = who.kind is ActorKind.STAFF or may_read(who, "tips")
    years = dict.fromkeys((2023, 2024), 0)
    for (area, month), count in cells.items():
        if month.year in years:
            years[month.year] += count if exact else rounded("tips.received", area, month, count)
    return years


async def _fetch(sql: str, values: Sequence[Any]) -> Any:
    return await get_connection("default").execute_query_dict(sql, list(values))
