from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import reviews
from records.nouns.reviews import ReviewDraft, ReviewStatus
from records.tables import AuditEntry, OutboxEvent, Review, ReviewPoint
from records.tables.reviews import ReviewClass
from tests.nouns.activities import group as add_group
from tests.nouns.reviews import card, draft

MakeActor = Callable[..., Awaitable[Actor]]
HERE = "29905"


@pytest.mark.parametrize(
    ("points", "total", "expected"),
    [
        (("50", "30", "20"), "100", ReviewClass.EXCELLENT),
        (("50", "30", "10"), "90", ReviewClass.EXCELLENT),
        (("50", "29.99", "10"), "89.99", ReviewClass.GOOD),
        (("50", "0", "20"), "70", ReviewClass.GOOD),
        (("49.99", "0", "20"), "69.99", ReviewClass.FAIR),
        (("20", "20", "10"), "50", ReviewClass.FAIR),
        (("20", "19.5", "10"), "49.5", ReviewClass.WEAK),
        (("0", "0", "0"), "0", ReviewClass.WEAK),
    ],
)
async def test_review_total_and_class_follow_from_points(
    staff_actor: MakeActor, points: tuple[str, ...], total: str, expected: ReviewClass
) -> None:
    officer, criteria = await staff_actor(Role.OFFICER, HERE), await card()
    group = await add_group(HERE)
    row = await reviews.record(group.id, 2025, draft(criteria, *points), by=officer)
    assert (row.total, row.review_class, row.area_id) == (Decimal(total), expected, group.area_id)
    kept = {point.criterion_id: point.points for point in await ReviewPoint.filter(review_id=row.id)}
    assert kept == {one.id: Decimal(text) for one, text in zip(criteria, points, strict=True)}


async def test_scorecard_is_latest_of_province_for_year(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, HERE)
    await card(2020)
    criteria = await card(2024)
    await card(2026)
    await card(2024, province="01")
    group = await add_group(HERE)
    row = await reviews.record(group.id, 2025, draft(criteria, "1", "1", "1"), by=officer)
    assert row.scorecard_id == criteria[0].scorecard_id
    for year in (2019, today().year + 1):
        with pytest.raises(ValidationFailed) as wrong:
            await reviews.record(group.id, year, draft(criteria, "1", "1", "1"), by=officer)
        assert set(wrong.value.problems) == {"year"}


async def test_review_refuses_points_beyond_limits(staff_actor: MakeActor) -> None:
    officer, criteria = await staff_actor(Role.OFFICER, HERE), await card()
    group = await add_group(HERE)
    for bad, problem in (
        (draft(criteria, "50.01", "1", "1"), "points-1"),
        (draft(criteria, "1", "-1", "1"), "points-2"),
        (draft(criteria, "1", "1", "NaN"), "points-3"),
        (draft(criteria, "1", "1", "1.005"), "points-3"),
        (ReviewDraft({uuid4(): Decimal(1)}), "points"),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await reviews.record(group.id, 2025, bad, by=officer)
        assert set(wrong.value.problems) == {problem}
    assert await Review.all().count() == await ReviewPoint.all().count() == 0


async def test_review_has_no_class_until_all_is_scored(staff_actor: MakeActor) -> None:
    officer, criteria = await staff_actor(Role.OFFICER, HERE), await card()
    row = await reviews.record((await add_group(HERE)).id, 2025, draft(criteria, "50", "", "0"), by=officer)
    assert (row.total, row.review_class) == (Decimal(50), None)
    assert reviews.status_of(row) is ReviewStatus.SCORING
    row = await reviews.correct(row.id, draft(criteria, "50", "30", "0"), expected_version=1, by=officer)
    assert (row.total, row.review_class) == (Decimal(80), ReviewClass.GOOD)
    row = await reviews.correct(row.id, draft(criteria, "50", "", "0"), expected_version=2, by=officer)
    assert row.review_class is None
    assert (await reviews.points_of(row.id))[criteria[1].id] is None


async def test_review_is_corrected_at_version_that_was_seen(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    group = await add_group(HERE)
    row = await reviews.record(group.id, 2025, draft(criteria, "50", "30", "10"), by=chief)
    # The total stays, and yet this is a change.
    changed = draft(criteria, "50", "20", "20", actions="Củng cố sinh hoạt")
    row = await reviews.correct(row.id, changed, expected_version=1, by=chief)
    row = await reviews.correct(row.id, draft(criteria, "50", "30", "10"), expected_version=2, by=chief)
    assert (row.total, row.actions) == (Decimal(90), "")
    row = await reviews.correct(row.id, draft(criteria, "50", "20", "20"), expected_version=3, by=chief)
    assert row.version == 4
    with pytest.raises(Conflict):
        await reviews.correct(row.id, changed, expected_version=3, by=chief)
    assert {event.area_id for event in await OutboxEvent.filter(noun="review")} == {group.area_id}


async def test_points_stand_in_history_by_criterion(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    row = await reviews.record((await add_group(HERE)).id, 2025, draft(criteria, "50", "", "10"), by=chief)
    await reviews.correct(row.id, draft(criteria, "50", "7.5", "10"), expected_version=1, by=chief)
    entries = await AuditEntry.filter(noun="review").order_by("seq")
    points = [(entry.before, entry.after) for entry in entries if "points" in (entry.after or {})]
    assert points == [
        (
            {"points": ["Tiêu chí 1: –", "Tiêu chí 3: –"]},
            {"points": ["Tiêu chí 1: 50", "Tiêu chí 3: 10"]},
        ),
        ({"points": ["Tiêu chí 2: –"]}, {"points": ["Tiêu chí 2: 7.5"]}),
    ]


async def test_group_has_one_review_per_year(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    group, given = await add_group(HERE), draft(criteria, "1", "1", "1")
    first = await reviews.record(group.id, 2025, given, by=chief)
    await reviews.record(group.id, 2024, given, by=chief)
    with pytest.raises(Conflict):
        await reviews.record(group.id, 2025, given, by=chief)
    await reviews.remove(first.id, expected_version=1, reason="Nhập nhầm", by=chief)
    assert group.id in {one.id for one in await reviews.due(chief, 2025)}
    await reviews.record(group.id, 2025, given, by=chief)
    with pytest.raises(Conflict):
        await reviews.restore(first.id, expected_version=2, by=chief)


async def test_removed_review_is_restored(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    row = await reviews.record((await add_group(HERE)).id, 2025, draft(criteria, "1", "1", "1"), by=chief)
    await reviews.remove(row.id, expected_version=1, reason="Nhập nhầm", by=chief)
    assert await reviews.visible_to(chief).count() == 0
    assert await reviews.visible_to(chief, removed=True).count() == 1
    await reviews.restore(row.id, expected_version=2, by=chief)
    assert await reviews.visible_to(chief).count() == 1


async def test_review_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.COMMANDER, HERE), await staff_actor(Role.COMMANDER, "30244")
    criteria, group = await card(), await add_group(HERE)
    given = draft(criteria, "1", "1", "1")
    row = await reviews.record(group.id, 2025, given, by=here)
    assert [await reviews.visible_to(who).count() for who in (here, elsewhere)] == [1, 0]
    for attempt in (
        reviews.record(group.id, 2024, given, by=elsewhere),
        reviews.correct(row.id, given, expected_version=1, by=elsewhere),
        reviews.remove(row.id, expected_version=1, reason="Mẫu", by=elsewhere),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(PermissionDenied):
        await reviews.correct(row.id, given, expected_version=1, by=await staff_actor(Role.ANALYST, HERE))
