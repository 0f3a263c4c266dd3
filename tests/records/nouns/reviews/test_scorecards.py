"""Scorecards cover 0 to 100 points, and stay as they are once a group was reviewed by them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from records.changes.unit_of_work import transaction
from records.core.actor import Actor, Role
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.database.fetch import fetch
from records.nouns import reviews
from records.nouns.reviews import scorecards
from records.nouns.reviews.criteria import CriterionDraft
from records.tables import AuditEntry, Criterion, OutboxEvent, Review, Scorecard
from records.tables.reviews import Measure
from tests.nouns.activities import group
from tests.nouns.reviews import draft as review_draft
from tests.nouns.scorecards import CRITERIA, draft

MakeActor = Callable[..., Awaitable[Actor]]
PROVINCE = "82"
WAITING = """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@pytest.fixture
async def keeper(staff_actor: MakeActor) -> Actor:
    """Somebody who keeps the scorecards of Đồng Tháp."""
    return await staff_actor(Role.COMMANDER, PROVINCE)


async def use(card: Scorecard, by: Actor, year: int = 2025) -> None:
    """Reviews a group by a scorecard."""
    criteria = await scorecards.criteria_of(card.id)
    points = review_draft(criteria, *("1" for _ in criteria))
    assert (await reviews.record((await group()).id, year, points, by=by)).scorecard_id == card.id


async def test_scorecard_is_created_with_its_criteria(keeper: Actor) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    rows = await scorecards.criteria_of(card.id)
    assert [(one.position, one.name, one.max_points, one.measure) for one in rows] == [
        (1, "Tiêu chí 1", Decimal(50), Measure.MEETINGS),
        (2, "Tiêu chí 2", Decimal(30), None),
        (3, "Tiêu chí 3", Decimal(20), None),
    ]
    entries = await AuditEntry.filter(noun="scorecard").order_by("seq")
    assert (entries[0].before, (entries[0].after or {})["year_from"]) == (None, 2024)
    assert entries[1].after == {"criteria": ["Tiêu chí 1 (50)", "Tiêu chí 2 (30)", "Tiêu chí 3 (20)"]}
    assert {event.area_id for event in await OutboxEvent.filter(noun="scorecard")} == {card.province_id}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"fair_from": Decimal(0)}, "fair_from"),
        ({"fair_from": Decimal(70)}, "fair_from"),
        ({"good_from": Decimal(95)}, "fair_from"),
        ({"excellent_from": Decimal(101)}, "excellent_from"),
        ({"year_from": 1999}, "year_from"),
        ({"criteria": ()}, "criteria"),
        ({"criteria": CRITERIA[:2]}, "criteria"),
        ({"criteria": (CriterionDraft("Mẫu", Decimal(4)),) * 25}, None),
        ({"criteria": (CriterionDraft("Mẫu", Decimal(2)),) * 50}, "criteria"),
        ({"criteria": (*CRITERIA[:2], replace(CRITERIA[2], name=" "))}, "criterion-2"),
        ({"criteria": (*CRITERIA, CriterionDraft("Mẫu", Decimal(0)))}, "max_points-3"),
        ({"criteria": (*CRITERIA, CriterionDraft("Mẫu", None))}, "max_points-3"),
        ({"criteria": (*CRITERIA[:2], CriterionDraft("Mẫu", Decimal("20.001")))}, "max_points-2"),
    ],
)
async def test_scorecard_covers_0_to_100_without_gap(
    keeper: Actor, given: dict[str, Any], problem: str | None
) -> None:
    wanted = await draft(**given)
    if problem is None:
        await scorecards.create(wanted, by=keeper)
        return
    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create(wanted, by=keeper)
    assert problem in wrong.value.problems
    assert await Criterion.all().count() == 0


async def test_scorecard_is_edited_while_unused(keeper: Actor) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    swapped = (replace(CRITERIA[0], max_points=Decimal(40)), replace(CRITERIA[1], max_points=Decimal(60)))
    card = await scorecards.edit(card.id, await draft(criteria=swapped), expected_version=1, by=keeper)
    assert card.version == 2
    assert [one.max_points for one in await scorecards.criteria_of(card.id)] == [40, 60]
    card = await scorecards.edit(
        card.id, await draft(name="Khác", criteria=swapped), expected_version=2, by=keeper
    )
    assert (card.name, card.version) == ("Khác", 3)
    with pytest.raises(Conflict):
        await scorecards.edit(card.id, await draft(), expected_version=2, by=keeper)


async def test_used_scorecard_is_followed_by_new_version(keeper: Actor) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    await use(card, keeper)
    with pytest.raises(Conflict):
        await scorecards.edit(card.id, await draft(name="Khác"), expected_version=1, by=keeper)
    for year, problem in ((2024, "year_from"), (2025, "year_from")):
        with pytest.raises(ValidationFailed) as wrong:
            await scorecards.create_version(card.id, await draft(year_from=year), by=keeper)
        assert set(wrong.value.problems) == {problem}
    following = await scorecards.create_version(card.id, await draft(year_from=2026), by=keeper)
    found = {year: await scorecards.find_scorecard((await group()).area_id, year) for year in (2025, 2026)}
    assert found == {2025: card, 2026: following}


async def test_new_version_is_for_same_province(keeper: Actor) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create_version(card.id, await draft("01", year_from=2026), by=keeper)
    assert set(wrong.value.problems) == {"province"}


async def test_province_has_one_scorecard_from_a_year(keeper: Actor) -> None:
    await scorecards.create(await draft(), by=keeper)
    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create(await draft(), by=keeper)
    assert set(wrong.value.problems) == {"year_from"}


async def test_province_has_one_scorecard_when_several_are_made_at_once(keeper: Actor) -> None:
    first = await scorecards.create(await draft(), by=keeper)
    wanted = await draft(year_from=2025)
    results = await asyncio.gather(
        *(scorecards.create(wanted, by=keeper) for _ in range(2)),
        *(scorecards.create_version(first.id, wanted, by=keeper) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in results) == ["Scorecard", *["ValidationFailed"] * 3]
    assert await Scorecard.filter(year_from=2025).count() == 1
    assert await Criterion.all().count() == 2 * len(CRITERIA)


@pytest.mark.parametrize("is_edit", [True, False], ids=["moved", "created"])
async def test_scorecard_waits_for_first_review_of_its_years(keeper: Actor, *, is_edit: bool) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    other = await scorecards.create(await draft(year_from=2040), by=keeper)
    wanted, reviewed = await draft(year_from=2025), asyncio.Event()

    async def put_between() -> None:
        await reviewed.wait()
        if is_edit:
            await scorecards.edit(other.id, wanted, expected_version=1, by=keeper)
        else:
            await scorecards.create(wanted, by=keeper)

    # On a connection of its own, which it gets before this transaction begins.
    between = asyncio.create_task(put_between())
    async with transaction():
        await use(card, keeper)
        reviewed.set()
        waiting = False
        while not (between.done() or waiting):
            await asyncio.sleep(0.01)
            waiting = bool(await fetch(WAITING, []))
    with pytest.raises(ValidationFailed) as wrong:
        await between
    assert set(wrong.value.problems) == {"year_from"}


async def test_earlier_scorecard_is_added_when_later_one_is_used(keeper: Actor) -> None:
    await use(await scorecards.create(await draft(), by=keeper), keeper)
    await scorecards.create(await draft(year_from=2020), by=keeper)


async def test_scorecard_is_refused_when_removed_review_is_of_its_years(keeper: Actor) -> None:
    card = await scorecards.create(await draft(year_from=2020), by=keeper)
    await use(card, keeper)
    row = await Review.get()
    await reviews.remove(row.id, expected_version=row.version, reason="Nhầm tổ (mẫu)", by=keeper)
    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create(await draft(year_from=2025), by=keeper)
    assert set(wrong.value.problems) == {"year_from"}
    await scorecards.create(await draft(year_from=2026), by=keeper)


async def test_scorecards_are_kept_by_those_of_the_province(keeper: Actor, staff_actor: MakeActor) -> None:
    card = await scorecards.create(await draft(), by=keeper)
    ward = await staff_actor(Role.COMMANDER, "29905")
    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create(await draft(year_from=2030), by=ward)
    assert set(wrong.value.problems) == {"province"}
    with pytest.raises(PermissionDenied):
        await scorecards.edit(card.id, await draft(), expected_version=1, by=ward)
    assert await scorecards.visible_to(ward).count() == 1
    with pytest.raises(PermissionDenied):
        await scorecards.create(await draft(), by=await staff_actor(Role.FRONT, PROVINCE))


async def test_parts_are_stored_normalized_and_stand_together(keeper: Actor) -> None:
    def parts(*names: str) -> list[CriterionDraft]:
        points = [Decimal(50), Decimal(25), Decimal(25)]
        return [
            CriterionDraft(f"Tiêu chí {name}", one, part=name)
            for name, one in zip(names, points, strict=True)
        ]

    with pytest.raises(ValidationFailed) as wrong:
        await scorecards.create(await draft(criteria=parts("A", "B", "A")), by=keeper)
    assert set(wrong.value.problems) == {"part-2"}
    card = await scorecards.create(await draft(criteria=parts("A", "\u202eA", " A ")), by=keeper)
    assert {one.part for one in await scorecards.criteria_of(card.id)} == {"A"}
