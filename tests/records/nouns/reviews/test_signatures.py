"""A review is final once both sides have signed, each by somebody with its right."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import reviews
from records.nouns.reviews import ReviewStatus, Side
from records.tables import AuditEntry, OutboxEvent, Review
from tests.nouns.activities import group
from tests.nouns.reviews import card, draft

MakeActor = Callable[..., Awaitable[Actor]]
HERE = "29905"
FIRST, SECOND = date(2025, 12, 18), date(2025, 12, 20)


@pytest.fixture
async def sides(database: str, staff_actor: MakeActor) -> dict[Side, Actor]:
    return {
        Side.POLICE: await staff_actor(Role.COMMANDER, HERE),
        Side.FRONT: await staff_actor(Role.FRONT, HERE),
    }


async def scored(by: Actor, *points: str) -> Review:
    criteria = await card()
    return await reviews.record((await group(HERE)).id, 2025, draft(criteria, *points), by=by)


@pytest.mark.parametrize("order", [(Side.POLICE, Side.FRONT), (Side.FRONT, Side.POLICE)])
async def test_review_is_final_once_both_sides_signed(
    sides: dict[Side, Actor], order: tuple[Side, Side]
) -> None:
    first, second = order
    row = await scored(sides[first], "50", "30", "20")
    row = await reviews.sign(row.id, first, expected_version=1, on=SECOND, by=sides[first])
    assert row.signed_on is None
    assert not reviews.can_sign(row, first)
    row = await reviews.sign(row.id, second, expected_version=2, on=FIRST, by=sides[second])
    assert (row.signed_on, reviews.status_of(row)) == (SECOND, ReviewStatus.SIGNED)
    assert {one.side: (one.name, one.signer_id) for one in reviews.signatures_of(row)} == {
        side: (who.name, who.id) for side, who in sides.items()
    }
    for attempt in (
        reviews.withdraw(row.id, expected_version=3, by=sides[first]),
        reviews.sign(row.id, first, expected_version=3, on=SECOND, by=sides[first]),
        reviews.remove(row.id, expected_version=3, reason="Mẫu", by=sides[first]),
    ):
        with pytest.raises(Conflict):
            await attempt


async def test_partners_follow_only_the_last_signature(sides: dict[Side, Actor]) -> None:
    row = await scored(sides[Side.POLICE], "50", "30", "20")
    for version, (side, by) in enumerate(sides.items(), start=1):
        await reviews.sign(row.id, side, expected_version=version, on=FIRST, by=by)
    signed = [event.type for event in await OutboxEvent.filter(noun="review").order_by("seq")][-2:]
    assert signed == ["reviews.sign_police", "reviews.sign"]
    last = await AuditEntry.filter(noun="review").order_by("-seq").first()
    assert last is not None
    assert last.after == {
        "by_front": sides[Side.FRONT].name,
        "front_signed_on": "2025-12-18",
        "signed_on": "2025-12-18",
    }


async def test_sign_is_refused_until_all_is_scored(sides: dict[Side, Actor]) -> None:
    row = await scored(sides[Side.FRONT], "50", "", "20")
    with pytest.raises(Conflict) as refused:
        await reviews.sign(row.id, Side.FRONT, expected_version=1, on=FIRST, by=sides[Side.FRONT])
    assert "Score every criterion" in refused.value.message.text
    assert await reviews.to_sign(sides[Side.FRONT]).count() == 0


async def test_sign_takes_the_right_of_its_side(sides: dict[Side, Actor], staff_actor: MakeActor) -> None:
    row = await scored(sides[Side.POLICE], "50", "30", "20")
    for side, by in (
        (Side.FRONT, sides[Side.POLICE]),
        (Side.POLICE, sides[Side.FRONT]),
        (Side.POLICE, await staff_actor(Role.OFFICER, HERE)),
    ):
        with pytest.raises(PermissionDenied):
            await reviews.sign(row.id, side, expected_version=1, on=FIRST, by=by)
    elsewhere = await staff_actor(Role.COMMANDER, "30244")
    with pytest.raises(NotFound):
        await reviews.sign(row.id, Side.POLICE, expected_version=1, on=FIRST, by=elsewhere)


@pytest.mark.parametrize("on", [date(2024, 12, 31), today() + timedelta(days=1)])
async def test_sign_is_refused_on_impossible_day(sides: dict[Side, Actor], on: date) -> None:
    row = await scored(sides[Side.POLICE], "50", "30", "20")
    with pytest.raises(ValidationFailed) as wrong:
        await reviews.sign(row.id, Side.POLICE, expected_version=1, on=on, by=sides[Side.POLICE])
    assert set(wrong.value.problems) == {"on"}


async def test_signature_is_withdrawn_by_whoever_gave_it(
    sides: dict[Side, Actor], staff_actor: MakeActor
) -> None:
    police = sides[Side.POLICE]
    row = await scored(police, "50", "30", "20")
    row = await reviews.sign(row.id, Side.POLICE, expected_version=1, on=FIRST, by=police)
    for other in (sides[Side.FRONT], await staff_actor(Role.COMMANDER, HERE)):
        with pytest.raises(Conflict):
            await reviews.withdraw(row.id, expected_version=2, by=other)
    row = await reviews.withdraw(row.id, expected_version=2, by=police)
    assert (row.by_police, row.police_signed_on, reviews.status_of(row)) == ("", None, ReviewStatus.READY)
    last = await AuditEntry.filter(noun="review").order_by("-seq").first()
    assert last is not None
    assert last.action == "reviews.sign_police"


async def test_signed_review_is_changed_only_after_withdrawal(sides: dict[Side, Actor]) -> None:
    front = sides[Side.FRONT]
    row = await scored(front, "50", "30", "20")
    changed = reviews.ReviewDraft(await reviews.points_of(row.id), findings="Nhận xét")
    row = await reviews.sign(row.id, Side.FRONT, expected_version=1, on=FIRST, by=front)
    with pytest.raises(Conflict):
        await reviews.correct(row.id, changed, expected_version=2, by=front)
    await reviews.withdraw(row.id, expected_version=2, by=front)
    assert (await reviews.correct(row.id, changed, expected_version=3, by=front)).findings == "Nhận xét"


async def test_each_side_is_told_of_reviews_without_its_signature(sides: dict[Side, Actor]) -> None:
    row = await scored(sides[Side.POLICE], "50", "30", "20")
    assert [await reviews.to_sign(who).count() for who in sides.values()] == [1, 1]
    await reviews.sign(row.id, Side.POLICE, expected_version=1, on=FIRST, by=sides[Side.POLICE])
    assert [await reviews.to_sign(who).count() for who in sides.values()] == [0, 1]
    statuses = {status: await Review.filter(reviews.has_status(status)).count() for status in ReviewStatus}
    assert [status for status, count in statuses.items() if count] == [ReviewStatus.AWAITING_FRONT]
