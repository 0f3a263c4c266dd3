"""Counts across the reform of 1 July 2025: old areas, new areas, and who may see which."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from records.core.actor import Actor, ActorKind, Role
from records.core.dates import LOCAL
from records.core.errors import PermissionDenied, ValidationFailed
from records.tables.areas import AreaKind, Precision
from tests.records.metrics.support import ESTIMATED, EXACT, UNAVAILABLE, ask, figure, one, tip, values

MakeActor = Callable[..., Awaitable[Actor]]


BEFORE_REFORM = date(2024, 12, 31)


Told = tuple[Decimal | int | None, Precision]


async def by_place(*args: Any, **given: Any) -> dict[str, Told]:
    """The first point of each place that has something to tell."""
    first = [(row.area.code, row.points[0]) for row in await ask(*args, **given)]
    found: dict[str, Told] = {code: (point.value, point.precision) for code, point in first}
    return {code: point for code, point in found.items() if point != (0, EXACT)}


# The geography


async def test_old_commune_metrics_are_given_in_current_communes(database: str) -> None:
    at = datetime(2024, 8, 1, tzinfo=LOCAL)
    for area in ("29905@2024-12-31", "29902@2024-12-31", "29923@2024-12-31", "30079@2024-12-31"):
        await tip(at, area)
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    span = (date(2024, 1, 1), date(2025, 12, 31))
    found = await ask("tips.received", "82", *span, each=AreaKind.COMMUNE)
    told: dict[str, list[Told]] = {
        row.area.code: [(p.value, p.precision) for p in row.points] for row in found
    }
    assert len(told) == 102
    assert told["29905"] == [(2, EXACT), (1, EXACT)]
    assert told["30214"] == [(1, EXACT), (0, EXACT)]
    # Xã Gáo Giồng was divided: its tip is told once, in the likelier commune, and said to be estimated.
    assert [told["30025"][0], told["30088"][0]].count((Decimal(1), ESTIMATED)) == 1
    assert sum(value or 0 for points in told.values() for value, _ in points) == 5
    assert [row.area.name_key for row in found] == sorted(row.area.name_key for row in found)
    # The whole province loses nothing of what was divided within it.
    assert await values("tips.received", "82", *span) == {"2024": 4, "2025": 1}
    assert await values("tips.received", "29905", *span) == {"2024": 2, "2025": 1}
    assert await values("tips.received", "877", *span) == {"2024": 0, "2025": 0}


async def test_merged_commune_metrics_are_unavailable_in_old_geography(database: str) -> None:
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    await tip(datetime(2024, 8, 1, tzinfo=LOCAL), "29923@2024-12-31")
    told: dict[str, Any] = {"each": AreaKind.COMMUNE, "geography": BEFORE_REFORM}
    unknown: Told = (None, UNAVAILABLE)
    merged = ("29902", "29905", "29908", "29911", "29914", "29917", "29919", "29920")
    assert await by_place("tips.received", "867", **told) == dict.fromkeys(merged, unknown)
    year = await by_place("tips.received", "867", date(2024, 1, 1), date(2024, 12, 31), **told)
    assert year == {"29923": (1, EXACT)}


async def test_district_metrics_are_given_in_their_geography(database: str) -> None:
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30244")
    await tip(datetime(2025, 2, 1, tzinfo=LOCAL), "30253@2024-12-31")
    # Xã Tân Dương lies in two old districts.
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30214")
    told: dict[str, Any] = {"each": AreaKind.DISTRICT, "geography": BEFORE_REFORM}
    assert await by_place("tips.received", "82", **told) == {
        "867": (None, UNAVAILABLE),
        "876": (None, UNAVAILABLE),
        "877": (2, EXACT),
    }
    assert await ask("tips.received", "82", each=AreaKind.DISTRICT) == []
    old = {row.area.code for row in await ask("tips.received", "82@2024-12-31", **told)}
    assert old < {row.area.code for row in await ask("tips.received", "82", **told)}


async def test_figure_is_given_when_area_only_changed_code_or_name(database: str) -> None:
    await figure(Decimal(1037), area="877", period_to=date(2025, 6, 30))
    told: dict[str, Any] = {"each": AreaKind.DISTRICT, "geography": BEFORE_REFORM}
    found = {row.area.code: row.points for row in await ask("reported.groups", "82", **told)}
    assert [point.value for point in found["877"]] == [1037]
    assert not any(points for code, points in found.items() if code != "877")
    assert [point.value for point in await one("reported.groups", "877")] == [1037]
    assert await one("reported.groups", "82@2024-12-31") == []


# Who may see what


async def test_ward_metrics_are_seen_but_not_those_of_province(database: str, staff_actor: MakeActor) -> None:
    ward = await staff_actor(Role.OFFICER, "29905")
    at = datetime(2025, 8, 1, tzinfo=LOCAL)
    await tip(at, "29905")
    await tip(at, "30244")
    await figure(Decimal(9), area="30244")
    assert await by_place("tips.received", "82", by=ward, each=AreaKind.COMMUNE) == {"29905": (1, EXACT)}
    assert len(await ask("tips.received", "82", by=ward, each=AreaKind.COMMUNE)) == 1
    for elsewhere in ("82", "30244", "82@2024-12-31"):
        with pytest.raises(ValidationFailed) as wrong:
            await ask(["tips.received", "reported.groups"], elsewhere, by=ward)
        assert set(wrong.value.problems) == {"area"}
    nobody = Actor(ActorKind.STAFF, None, "Người mẫu", role=Role.OFFICER)
    assert await ask("tips.received", "82", by=nobody, each=AreaKind.COMMUNE) == []
    custodian = await staff_actor(Role.CUSTODIAN, "82")
    with pytest.raises(PermissionDenied):
        await ask("tips.received", by=custodian)


async def test_old_district_sees_metrics_of_its_successors(database: str, staff_actor: MakeActor) -> None:
    district = await staff_actor(Role.OFFICER, "877")
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30244")
    await tip(datetime(2025, 2, 1, tzinfo=LOCAL), "30250@2024-12-31")
    assert await values("tips.received", "877", by=district) == {"2025": 2}
    assert await by_place("tips.received", "82", by=district, each=AreaKind.COMMUNE) == {"30244": (2, EXACT)}
