"""Activities: meetings and sessions as they were held. Minutes may name people and have no field here."""

from datetime import date

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.groups import Group
from api.nouns.organisations import Organisation
from api.nouns.outlines import Outline, topic_filter, topics
from api.reads.connections import Connection
from api.reads.declared import between, column, in_area, record_type, to_one, where
from api.reads.filters import ByUpdate, by_code, by_id, ids
from api.reads.node import Versioned
from api.reads.orders import UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import DayRange, IntRange
from records.core.rights import Right
from records.tables.activities import ActivityKind


@record_type(
    "activities",
    right=Right.ACTIVITIES_READ,
    scoped=True,
    description="A meeting of a group (họp tổ), or an outreach or other session "
    "(cuộc tuyên truyền). Its minutes cannot be read here.",
    keys={"held_on": Key(KeyType.DAY, "the day on which they were held"), "updated_at": UPDATED_AT},
)
class Activity(Versioned):
    """An activity."""

    kind: ActivityKind = column("kind", "What kind of gathering it was.")
    group: Group | None = to_one(
        "group_id", "The group that met; null if there was none or the caller cannot see it."
    )
    organisation: Organisation | None = to_one("organisation_id", "The organisation that held it, if any.")
    area: Area = to_one("area_id", "The area, as it was named when the activity was recorded.")
    held_on: date = column("held_on", "The day on which it was held, in Viet Nam.")
    quarter: str = column("to_char({t}.held_on, 'YYYY-\"Q\"Q')", "The quarter of that day, such as 2026-Q4.")
    attendance: int = column("attendance", "How many people came (lượt người).")
    households_present: int | None = column(
        "households_present", "How many households were represented, where known."
    )
    topics: list[str] = topics("What was discussed.")
    outline: Outline | None = to_one("outline_id", "The outline that was discussed, if any.")


@strawberry.input(description="Which activities to list. All conditions must match.")
class ActivityFilter(ByUpdate):
    """Filters of activities."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Activity")
    kind: list[ActivityKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these kinds.")
    group: list[str] | None = by_code("group_id", "Group", "Only those of these groups, by code.")
    group_id: list[strawberry.ID] | None = by_id("group_id", "Group", "Only those of these groups, by id.")
    organisation_id: list[strawberry.ID] | None = by_id(
        "organisation_id", "Organisation", "Only those that these organisations held, by id."
    )
    outline_id: list[strawberry.ID] | None = by_id(
        "outline_id", "Outline", "Only those that discussed these outlines, by id."
    )
    topic: list[str] | None = topic_filter()
    held_on: DayRange | None = between("held_on", "Only activities held on these days.")
    attendance: IntRange | None = between("attendance", "Only activities with this attendance.")


@strawberry.type
class ActivityQueries:
    """The root field on activities."""

    activities: Connection[Activity] = paged(
        Activity,
        ActivityFilter,
        "-held_on",
        "The meetings and sessions in the caller's areas.",
    )
