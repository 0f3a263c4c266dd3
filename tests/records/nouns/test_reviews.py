from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import groups, reviews
from records.nouns.groups import GroupDraft
from records.nouns.reviews import ReviewDraft
from records.tables import AuditEntry, Criterion, Group, OutboxEvent, Review, ReviewPoint, Scorecard
from records.tables.groups import GroupKind
from records.tables.reviews import ReviewClass
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]
HERE = "29905"
SIGNED = date(2025, 12, 20)


async def card(year_from: int = 2024, *, province: str = "82") -> list[Criterion]:
    """A scorecard of three criteria, of 50, 30 and 20 points."""
    row = await Scorecard.create(
        name="Thang điểm mẫu",
        province_id=(await areas.resolve_reference(province)).id,
        year_from=year_from,
        excellent_from=Decimal(90),
        good_from=Decimal(70),
        fair_from=Decimal(50),
    )
    return [
        await Criterion.create(
            scorecard_id=row.id, position=position, name=f"Tiêu chí {position}", max_points=Decimal(most)
        )
        for position, most in enumerate((50, 30, 20), start=1)
    ]


async def group_by(by: Actor) -> Group:
    (area_id,) = await area_ids(HERE)
    return await groups.create(GroupDraft("MAU-1", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id), by=by)


def draft(criteria: Sequence[Criterion], *points: str, **given: Any) -> ReviewDraft:
    given = {"by_police": "Cán bộ mẫu", "by_front": "Cán bộ mẫu"} | given
    pairs = zip(criteria, points, strict=True)
    return ReviewDraft({criterion.id: Decimal(text) for criterion, text in pairs}, **given)


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
    group = await group_by(officer)
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
    group = await group_by(officer)
    row = await reviews.record(group.id, 2025, draft(criteria, "1", "1", "1"), by=officer)
    assert row.scorecard_id == criteria[0].scorecard_id
    for year in (2019, today().year + 1):
        with pytest.raises(ValidationFailed) as wrong:
            await reviews.record(group.id, year, draft(criteria, "1", "1", "1"), by=officer)
        assert set(wrong.value.problems) == {"year"}


async def test_review_needs_points_for_each_criterion_within_limits(staff_actor: MakeActor) -> None:
    officer, criteria = await staff_actor(Role.OFFICER, HERE), await card()
    group = await group_by(officer)
    for bad in (
        draft(criteria[:2], "1", "1"),
        draft(criteria, "50.01", "1", "1"),
        draft(criteria, "-1", "1", "1"),
        draft(criteria, "NaN", "1", "1"),
        ReviewDraft({uuid4(): Decimal(1)}),
        ReviewDraft({}),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await reviews.record(group.id, 2025, bad, by=officer)
        assert set(wrong.value.problems) == {"points"}
    assert await Review.all().count() == await ReviewPoint.all().count() == 0


async def test_review_is_corrected_until_signed(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    group = await group_by(chief)
    row = await reviews.record(group.id, 2025, draft(criteria, "50", "30", "10"), by=chief)
    changed = draft(criteria, "50", "10", "10", actions="Củng cố sinh hoạt")
    row = await reviews.correct(row.id, changed, expected_version=1, by=chief)
    assert (row.total, row.review_class, row.version) == (Decimal(70), ReviewClass.GOOD, 2)
    with pytest.raises(Conflict):
        await reviews.correct(row.id, changed, expected_version=1, by=chief)
    row = await reviews.sign(row.id, expected_version=2, on=SIGNED, by=chief)
    assert row.signed_on == SIGNED
    for attempt in (
        reviews.correct(row.id, changed, expected_version=3, by=chief),
        reviews.sign(row.id, expected_version=3, on=SIGNED, by=chief),
    ):
        with pytest.raises(Conflict):
            await attempt
    events = await OutboxEvent.filter(noun="review").order_by("seq")
    assert events[-1].type == "reviews.sign"
    assert {event.area_id for event in events} == {group.area_id}
    # What the points were before stands in the audit too.
    entries = await AuditEntry.filter(noun="review", action="reviews.record").order_by("seq")
    assert {str(criteria[1].id): "30.00"} in [entry.before for entry in entries]


async def test_group_has_one_final_review_per_year(staff_actor: MakeActor) -> None:
    chief, criteria = await staff_actor(Role.COMMANDER, HERE), await card()
    group = await group_by(chief)
    first = await reviews.record(group.id, 2025, draft(criteria, "50", "30", "20"), by=chief)
    second = await reviews.record(group.id, 2025, draft(criteria, "1", "1", "1"), by=chief)
    await reviews.sign(first.id, expected_version=1, on=SIGNED, by=chief)
    with pytest.raises(Conflict):
        await reviews.sign(second.id, expected_version=1, on=SIGNED, by=chief)
    alone = await reviews.record(group.id, 2024, draft(criteria, "1", "1", "1", by_front=" "), by=chief)
    for on, problem in (
        (SIGNED, "by_front"),
        (date(2023, 12, 31), "on"),
        (today() + timedelta(days=1), "on"),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await reviews.sign(alone.id, expected_version=1, on=on, by=chief)
        assert set(wrong.value.problems) == {problem}
    assert await Review.filter(signed_on__isnull=False).count() == 1


async def test_review_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.COMMANDER, HERE), await staff_actor(Role.COMMANDER, "30244")
    criteria, group = await card(), await group_by(here)
    given = draft(criteria, "1", "1", "1")
    row = await reviews.record(group.id, 2025, given, by=here)
    assert [await reviews.visible_to(who).count() for who in (here, elsewhere)] == [1, 0]
    for attempt in (
        reviews.record(group.id, 2024, given, by=elsewhere),
        reviews.correct(row.id, given, expected_version=1, by=elsewhere),
        reviews.sign(row.id, expected_version=1, on=SIGNED, by=elsewhere),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(PermissionDenied):
        await reviews.sign(row.id, expected_version=1, on=SIGNED, by=await staff_actor(Role.OFFICER, HERE))
