"""Scorecards in the tables of the tests."""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from records.areas import areas
from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns.reviews import scorecards
from records.nouns.reviews.criteria import CriterionDraft
from records.nouns.reviews.scorecards import ScorecardDraft
from records.tables import Scorecard
from records.tables.reviews import Measure
from tests.nouns import Tables

NO_ONE: Final = uuid4()
EMPTY: Final = ScorecardDraft("", NO_ONE, 2025, Decimal(90), Decimal(70), Decimal(50))
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER}
SCORERS: Final = {Role.COMMANDER, Role.OFFICER, Role.FRONT}
CRITERIA: Final = (
    CriterionDraft("Tiêu chí 1", Decimal(50), Measure.MEETINGS),
    CriterionDraft("Tiêu chí 2", Decimal(30)),
    CriterionDraft("Tiêu chí 3", Decimal(20)),
)


async def draft(province: str = "82", **given: Any) -> ScorecardDraft:
    """A scorecard of three criteria, of 50, 30 and 20 points."""
    values: dict[str, Any] = {
        "name": "Thang điểm mẫu",
        "province_id": (await areas.resolve_reference(province)).id,
        "year_from": 2024,
        "excellent_from": Decimal(90),
        "good_from": Decimal(70),
        "fair_from": Decimal(50),
        "criteria": CRITERIA,
    }
    return ScorecardDraft(**(values | given))


async def make(_area: str) -> UUID:
    """The id of a scorecard of Đồng Tháp, from a year before all others, whose groups are not reviewed."""
    first = await Scorecard.all().order_by("year_from").first()
    year = first.year_from - 1 if first else 2023
    return (await scorecards.create(await draft(year_from=year), by=system_actor("test"))).id


TABLES: Final = Tables(
    name="scorecard",
    catalogue=True,
    make=make,
    pages={
        "GET /admin/scorecards": (READERS, None),
        "POST /admin/scorecards": (KEEPERS, None),
        "GET /admin/scorecards/new": (KEEPERS, None),
        "GET /admin/scorecards/{id:uuid}": (READERS, "scorecard"),
        "POST /admin/scorecards/{id:uuid}": (set(), "scorecard"),
        "GET /admin/scorecards/{id:uuid}/edit": (set(), "scorecard"),
        "GET POST /admin/scorecards/{id:uuid}/version": (set(), "scorecard"),
        "GET /admin/scorecards/{id:uuid}/score": (SCORERS, "scorecard"),
    },
    verbs=[
        (Right.REVIEWS_READ, "see", lambda by: scorecards.visible_to(by).count()),
        (Right.SCORECARDS_MANAGE, "create", lambda by: scorecards.create(EMPTY, by=by)),
        (
            Right.SCORECARDS_MANAGE,
            "create_version",
            lambda by: scorecards.create_version(NO_ONE, EMPTY, by=by),
        ),
        (
            Right.SCORECARDS_MANAGE,
            "edit",
            lambda by: scorecards.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
    ],
)
