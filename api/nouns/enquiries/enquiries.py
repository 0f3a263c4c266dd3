"""Enquiries: the questions that wait for an answer, for those who answer them."""

from datetime import datetime

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.reads.connections import Connection
from api.reads.declared import column, in_area, record_type, to_one, where
from api.reads.node import Node
from api.reads.orders import Key, KeyType
from api.reads.root_fields import paged
from records.core.rights import Right
from records.tables.tips import Channel


@record_type(
    "open_enquiries",
    right=Right.ENQUIRIES_ANSWER,
    scoped=True,
    removable=False,
    description=(
        "A citizen's enquiry (thắc mắc) on procedures or online services that has no answer yet. The "
        "person who asked is not stored."
    ),
    keys={"asked_at": Key(KeyType.MOMENT, "the time they were asked")},
)
class OpenEnquiry(Node):
    """A question, for whoever answers it."""

    topic: str = column("topic", "The procedure or service that it is about.")
    question: str = column("question", "The question, in the words of the person who asked.")
    channel: Channel = column("channel", "The channel through which it arrived.")
    area: Area = to_one("area_id", "The area, as it was named when the enquiry was made.")
    asked_at: datetime = column("asked_at", "When it was asked.")
    version: int = column("version", "Incremented by each change to the record.")


@strawberry.input(description="Which open enquiries to list. All conditions must match.")
class OpenEnquiryFilter:
    """Filters of enquiries."""

    area: str | None = in_area(AREA_DESCRIPTION)
    channel: list[Channel] | None = where("{t}.channel = ANY({0}::text[])", "Only these channels.")


@strawberry.type
class EnquiryQueries:
    """The root field on enquiries."""

    open_enquiries: Connection[OpenEnquiry] = paged(
        OpenEnquiry,
        OpenEnquiryFilter,
        "asked_at",
        "The unanswered enquiries in the caller's areas, the oldest first.",
    )
