"""Hand-downs: which outline went to whom, when it got there, and which meeting discussed it."""

from datetime import datetime

import strawberry

from api.nouns.activities import Activity
from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.groups import Group
from api.nouns.organisations import Organisation
from api.nouns.outlines import Outline
from api.reads.connections import Connection
from api.reads.declared import between, column, flag, in_area, record_type, to_one
from api.reads.filters import ByUpdate, by_code, by_id, ids
from api.reads.node import Versioned
from api.reads.orders import UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import MomentRange
from records.core.rights import Right


@record_type(
    "hand_downs",
    right=Right.OUTLINES_READ,
    scoped=True,
    description="The handing down of an outline (đề cương) to a group or an organisation.",
    keys={"sent_at": Key(KeyType.MOMENT, "the time they were sent"), "updated_at": UPDATED_AT},
)
class HandDown(Versioned):
    """A hand-down."""

    outline: Outline = to_one("outline_id", "What was handed down.")
    sender: Organisation = to_one("sender_id", "Who handed it down.")
    group: Group | None = to_one("group_id", "The receiving group; null if an organisation receives it.")
    organisation: Organisation | None = to_one(
        "organisation_id", "The receiving organisation; null if a group receives it."
    )
    area: Area = to_one("area_id", "The area of the recipient, as it was named then.")
    sent_at: datetime = column("sent_at", "When it was sent.")
    received_at: datetime | None = column("received_at", "When it was received; null until then.")
    activity: Activity | None = to_one(
        "activity_id", "The activity that discussed it; null until one did, or if the caller cannot see it."
    )


@strawberry.input(description="Which hand-downs to list. All conditions must match.")
class HandDownFilter(ByUpdate):
    """Filters of hand-downs."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("HandDown")
    outline_id: list[strawberry.ID] | None = by_id(
        "outline_id", "Outline", "Only those of these outlines, by id."
    )
    sender_id: list[strawberry.ID] | None = by_id(
        "sender_id", "Organisation", "Only those that these organisations sent, by id."
    )
    group: list[str] | None = by_code("group_id", "Group", "Only those to these groups, by code.")
    group_id: list[strawberry.ID] | None = by_id("group_id", "Group", "Only those to these groups, by id.")
    organisation_id: list[strawberry.ID] | None = by_id(
        "organisation_id", "Organisation", "Only those to these organisations, by id."
    )
    received: bool | None = flag(
        "{t}.received_at IS NOT NULL", "Only those that were received (true), or were not (false)."
    )
    sent_at: MomentRange | None = between("sent_at", "Only hand-downs sent within these bounds.")
    received_at: MomentRange | None = between("received_at", "Only hand-downs received within these bounds.")


@strawberry.type
class HandDownQueries:
    """The root field on hand-downs."""

    hand_downs: Connection[HandDown] = paged(
        HandDown,
        HandDownFilter,
        "-sent_at",
        "The hand-downs to groups and organisations in the caller's areas.",
    )
