"""Reviews: how the police and the Front classified a group in a year, and the scorecards by which they did.

Only what was signed is shown. What they found in words may name people and has no field here.
"""

from datetime import date, datetime
from typing import Annotated, Final

import strawberry

from api.cost.directives import list_size
from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.groups import Group
from api.reads.connections import FILTER, Connection
from api.reads.context import Info
from api.reads.declared import between, column, in_area, record_type, to_many, to_one, where
from api.reads.execution import read_list
from api.reads.filters import ByUpdate, by_code, by_id, ids, updated_since
from api.reads.node import Versioned
from api.reads.orders import UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import DayRange, IntRange
from records.core.rights import Right
from records.tables.reviews import ReviewClass

# Scorecards have some ten criteria, and a province makes a new one every few years.
_CRITERIA: Final = 30
_SCORECARDS: Final = 400


@strawberry.type(description="One line of a scorecard.")
class Criterion:
    """A criterion."""

    position: int = column("position", "Its position on the scorecard, from 1.")
    name: str = column("name", "What is assessed.")
    max_points: float = column("max_points::float8", "The maximum number of points.")


@record_type(
    "scorecards",
    right=Right.REVIEWS_READ,
    description="A province's point scale (thang điểm) for its groups, from a year on. A total "
    "below `fairFrom` is WEAK.",
)
class Scorecard(Versioned):
    """A scorecard."""

    name: str = column("name", "The name.")
    province: Area = to_one("province_id", "The province to whose groups it applies.")
    year_from: int = column("year_from", "The first year for which it applies, until there is a later one.")
    excellent_from: float = column("{t}.excellent_from::float8", "The minimum total of points for EXCELLENT.")
    good_from: float = column("{t}.good_from::float8", "The minimum total of points for GOOD.")
    fair_from: float = column("{t}.fair_from::float8", "The minimum total of points for FAIR.")
    criteria: list[Criterion] = to_many(
        "The criteria, in order.",
        source="criteria {t}",
        key="{t}.scorecard_id",
        max_rows=_CRITERIA,
        order="{t}.position, {t}.id",
    )


@strawberry.type(description="The points for one criterion of a review.")
class ReviewPoint:
    """A line of a review."""

    position: int = column("c.position", "The criterion's position on the scorecard, from 1.")
    criterion: str = column("c.name", "What was assessed.")
    points: float = column("{t}.points::float8", "The points.")
    max_points: float = column("c.max_points::float8", "The maximum number of points.")


@record_type(
    "reviews",
    right=Right.REVIEWS_READ,
    scoped=True,
    where="{t}.signed_on IS NOT NULL",
    description="The final, signed review (khảo sát, xếp loại) of a group for a year; there is at most one.",
    keys={"signed_on": Key(KeyType.DAY, "the day on which they were signed"), "updated_at": UPDATED_AT},
)
class Review(Versioned):
    """A signed review."""

    group: Group | None = to_one("group_id", "The group; null if the caller cannot see it.")
    area: Area = to_one("area_id", "The group's area, as it was named at the time of the review.")
    year: int = column("year", "The year of the review.")
    scorecard: Scorecard = to_one("scorecard_id", "The scorecard that was used.")
    points: list[ReviewPoint] = to_many(
        "The points for each criterion, in the order of the scorecard.",
        source="review_points {t} JOIN criteria c ON c.id = {t}.criterion_id",
        key="{t}.review_id",
        max_rows=_CRITERIA,
        order="c.position, {t}.id",
    )
    total: float = column("{t}.total::float8", "The sum of the points, from 0 to 100.")
    review_class: ReviewClass = column("review_class", "The class of the group, derived from the total.")
    signed_on: date = column("signed_on", "The day on which it was signed.")


@strawberry.input(description="Which reviews to list. All conditions must match.")
class ReviewFilter(ByUpdate):
    """Filters of reviews."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Review")
    group: list[str] | None = by_code("group_id", "Group", "Only those of these groups, by code.")
    group_id: list[strawberry.ID] | None = by_id("group_id", "Group", "Only those of these groups, by id.")
    scorecard_id: list[strawberry.ID] | None = by_id(
        "scorecard_id", "Scorecard", "Only reviews with these scorecards, by id."
    )
    year: IntRange | None = between("year", "Only reviews of these years.")
    review_class: list[ReviewClass] | None = where(
        "{t}.review_class = ANY({0}::text[])", "Only these classes."
    )
    signed_on: DayRange | None = between("signed_on", "Only reviews signed on these days.")


@strawberry.input(description="Which scorecards to list. All conditions must match.")
class ScorecardFilter:
    """Filters of scorecards."""

    id: list[strawberry.ID] | None = ids("Scorecard")
    province: list[str] | None = by_code("province_id", "Area", "Only those of these provinces, by code.")
    updated_since: datetime | None = updated_since()


async def _scorecards(
    info: Info,
    *,
    filter: Annotated[ScorecardFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
) -> list[Scorecard]:
    return await read_list(info, Scorecard, filter, order=("year_from", "name", "id"), max_rows=_SCORECARDS)


@strawberry.type
class ReviewQueries:
    """The root fields on reviews."""

    reviews: Connection[Review] = paged(
        Review,
        ReviewFilter,
        "-signed_on",
        "The signed reviews of the groups in the caller's areas.",
    )
    scorecards: list[Scorecard] = strawberry.field(
        resolver=_scorecards,
        directives=list_size(_SCORECARDS),
        description=f"The scorecards of all provinces, the oldest first; at most {_SCORECARDS}.",
    )
