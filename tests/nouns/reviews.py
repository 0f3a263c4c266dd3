"""Reviews in the tables of the tests."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.rights import Right
from records.nouns import reviews
from records.nouns.reviews import ReviewDraft, Side, scorecards
from records.tables import Criterion, Group, Review
from tests.nouns import Tables
from tests.nouns import scorecards as cards
from tests.nouns.activities import group
from tests.records.core.samples import with_groups

NO_ONE, DAY = uuid4(), date(2025, 12, 1)
EMPTY: Final = ReviewDraft({})
BY: Final = system_actor("test")
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.COMMANDER, Role.OFFICER, Role.FRONT}


async def card(year_from: int = 2024, *, province: str = "82") -> list[Criterion]:
    """The criteria of a new scorecard, of 50, 30 and 20 points."""
    row = await scorecards.create(await cards.draft(province, year_from=year_from), by=BY)
    return await scorecards.criteria_of(row.id)


def draft(criteria: Sequence[Criterion], *points: str, **given: Any) -> ReviewDraft:
    """The points of a review in the order of the criteria; an empty text for one that is not scored."""
    pairs = zip(criteria, points, strict=True)
    return ReviewDraft({one.id: Decimal(text) if text else None for one, text in pairs}, **given)


async def make(area: str) -> UUID:
    """The id of a review of a group in an area."""
    about = await group(area)
    found = await reviews.find_scorecard(about.area_id, today().year)
    criteria = await scorecards.criteria_of(found.id) if found else await card()
    points = {one.id: one.max_points for one in criteria}
    return (await reviews.record(about.id, today().year, ReviewDraft(points), by=BY)).id


async def _make_removed(area: str) -> UUID:
    row_id = await make(area)
    await reviews.remove(row_id, expected_version=1, reason="Nhập nhầm", by=BY)
    return row_id


TABLES: Final = Tables(
    name="review",
    make=make,
    make_removed=_make_removed,
    pages={
        "GET /admin/reviews": (READERS, None),
        "GET /admin/reviews/due": (READERS, None),
        "GET POST /admin/groups/{id:uuid}/review": (KEEPERS, "group"),
        "GET /admin/reviews/{id:uuid}": (READERS, "review"),
        "POST /admin/reviews/{id:uuid}": (KEEPERS, "review"),
        "GET /admin/reviews/{id:uuid}/edit": (KEEPERS, "review"),
        "GET POST /admin/reviews/{id:uuid}/police-signature": ({Role.COMMANDER}, "review"),
        "GET POST /admin/reviews/{id:uuid}/front-signature": ({Role.FRONT}, "review"),
        "GET POST /admin/reviews/{id:uuid}/signature-withdrawal": (
            {Role.COMMANDER, Role.FRONT},
            "review",
        ),
        "GET POST /admin/reviews/{id:uuid}/removal": (KEEPERS, "review"),
        "POST /admin/reviews/{id:uuid}/restoration": (KEEPERS, "review removed"),
    },
    verbs=[
        (Right.REVIEWS_READ, "see", lambda by: reviews.visible_to(by).count()),
        (Right.REVIEWS_READ, "due", lambda by: reviews.due(with_groups(by), DAY.year).count()),
        (Right.REVIEWS_READ, "is_due", lambda by: Group.filter(reviews.is_due(by, DAY.year)).count()),
        (Right.REVIEWS_READ, "progress", lambda by: reviews.progress(with_groups(by), DAY.year)),
        (
            Right.REVIEWS_READ,
            "evidence",
            lambda by: reviews.evidence(Group(id=NO_ONE), DAY.year, by=by),
        ),
        (Right.REVIEWS_RECORD, "record", lambda by: reviews.record(NO_ONE, 2025, EMPTY, by=by)),
        (
            Right.REVIEWS_RECORD,
            "correct",
            lambda by: reviews.correct(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (
            Right.REVIEWS_RECORD,
            "remove",
            lambda by: reviews.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (Right.REVIEWS_RECORD, "restore", lambda by: reviews.restore(NO_ONE, expected_version=1, by=by)),
        (
            Right.REVIEWS_SIGN_POLICE,
            "sign_for_police",
            lambda by: reviews.sign(NO_ONE, Side.POLICE, expected_version=1, on=DAY, by=by),
        ),
        (
            Right.REVIEWS_SIGN_FRONT,
            "sign_for_front",
            lambda by: reviews.sign(NO_ONE, Side.FRONT, expected_version=1, on=DAY, by=by),
        ),
        (Right.REVIEWS_SIGN, "withdraw", lambda by: reviews.withdraw(NO_ONE, expected_version=1, by=by)),
        (Right.REVIEWS_SIGN, "to_sign", lambda by: reviews.to_sign(by).count()),
        (
            Right.REVIEWS_SIGN,
            "awaits_signature",
            lambda by: Review.filter(reviews.awaits_signature(by)).count(),
        ),
    ],
)
