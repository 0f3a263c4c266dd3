"""Questions of citizens: the published ones with their answers, and of all others only how many there are."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Final

import strawberry

from api.cost.directives import list_size
from api.enums import expose
from api.errors import check_scope
from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.reads.bounded_lists import check_complete
from api.reads.connections import FILTER, Connection
from api.reads.context import Info, is_only_root_field
from api.reads.declared import (
    Condition,
    between,
    column,
    flag,
    in_area,
    in_viewer_areas,
    record_type,
    to_one,
    where,
)
from api.reads.execution import conditions
from api.reads.filters import ByUpdate, by_id, ids, search_filter
from api.reads.node import Versioned
from api.reads.orders import UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import MomentRange
from api.reads.statement import Statement
from records.core.labels import Described
from records.core.rights import Right
from records.tables.tips import Channel

_MOST: Final = 1000
# A topic is shown where so many questions are about it.
COMMON_TOPIC: Final = 5


@record_type(
    "faq",
    right=Right.FAQ_READ,
    scoped=True,
    removable=False,
    description=(
        "An enquiry (thắc mắc) of citizens and its answer, published for everybody. The person who asked "
        "is not disclosed."
    ),
    keys={"answered_at": Key(KeyType.MOMENT, "the time of the first answer"), "updated_at": UPDATED_AT},
)
class FrequentQuestion(Versioned):
    """A published question."""

    area: Area = to_one("area_id", "The area in which it was asked, as it was named then.")
    topic: str = column("topic", "The procedure or service that it is about.")
    question: str = column("question", "The question.")
    answer: str = column("answer", "The answer.")
    answered_at: datetime = column("answered_at", "When it was first answered.")


@strawberry.input(description="Which published questions to list. All conditions must match.")
class FrequentQuestionFilter(ByUpdate):
    """Filters of published questions."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("FrequentQuestion")
    topic: list[str] | None = where("{t}.topic = ANY({0}::text[])", "Only these topics, matched exactly.")
    answered_at: MomentRange | None = between(
        "answered_at", "Only enquiries first answered within these bounds."
    )
    search: str | None = search_filter()


@expose
class EnquiryAspect(Described):
    """The aspects by which enquiries are counted."""

    TOPIC = "topic", "By topic."
    CHANNEL = "channel", "By the channel through which they arrived."
    ANSWERED = "answered", "By whether they were answered."


# A topic is typed by hand: one that hardly anybody asks about could tell who did.
_ASPECTS: Final[Mapping[EnquiryAspect, str]] = {
    EnquiryAspect.TOPIC: (
        f"CASE WHEN count(*) OVER (PARTITION BY {{t}}.topic) >= {COMMON_TOPIC} THEN {{t}}.topic END"
    ),
    EnquiryAspect.CHANNEL: "{t}.channel",
    EnquiryAspect.ANSWERED: "({t}.answered_at IS NOT NULL)",
}


@strawberry.type(description="The number of enquiries with the same topic, channel and state, as requested.")
class EnquiryCount:
    """An aggregate over enquiries."""

    topic: str | None = strawberry.field(
        description=f"Their topic; null for all topics with fewer than {COMMON_TOPIC} enquiries "
        "together, and if not counted by it."
    )
    channel: Channel | None = strawberry.field(
        description="The channel through which they arrived; null if not counted by it."
    )
    answered: bool | None = strawberry.field(
        description="Whether they were answered; null if not counted by it."
    )
    count: int = strawberry.field(description="The number of enquiries.")


@strawberry.input(description="Which enquiries to count. All conditions must match.")
class EnquiryCountFilter:
    """Filters of questions that are counted; none on the topic, which could be guessed."""

    area: str | None = in_area(AREA_DESCRIPTION)
    group_id: list[strawberry.ID] | None = by_id(
        "group_id", "Group", "Only those that came through these groups, by id."
    )
    channel: list[Channel] | None = where("{t}.channel = ANY({0}::text[])", "Only these channels.")
    answered: bool | None = flag(
        "{t}.answered_at IS NOT NULL", "Only those that were answered (true), or were not (false)."
    )
    published: bool | None = flag(
        "published", "Only those among the published ones (true), or all others (false)."
    )
    asked_at: MomentRange | None = between("asked_at", "Only those asked within these bounds.")


async def _enquiry_counts(
    info: Info,
    *,
    by: Annotated[
        list[EnquiryAspect] | None,
        strawberry.argument(description="The aspects to count by: all by default, a single total if empty."),
    ] = None,
    filter: Annotated[EnquiryCountFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
) -> list[EnquiryCount]:
    check_scope(info.context.actor, Right.FAQ_READ, field="Query.enquiryCounts")
    viewer, snapshot = await info.context.viewer(), info.context.snapshot
    arguments = set(EnquiryAspect) if by is None else set(by)
    aspects = {aspect.value: sql for aspect, sql in _ASPECTS.items() if aspect in arguments}
    where = [condition async for condition in conditions(filter, viewer, snapshot)]
    statement = Statement(viewer)
    text = statement.count_by(
        "enquiries",
        aspects,
        [Condition("{t}.deleted_at IS NULL"), *in_viewer_areas(viewer), *where],
        max_rows=_MOST + 1,
    )
    rows = await partial(snapshot.fetch, standalone=is_only_root_field(info))(text, statement.values)
    check_complete(rows, _MOST, "Query.enquiryCounts")
    return [
        EnquiryCount(
            topic=row["topic"] if "topic" in aspects else None,
            channel=Channel(row["channel"]) if "channel" in aspects else None,
            answered=row["answered"] if "answered" in aspects else None,
            count=row["count"],
        )
        for row in rows
    ]


@strawberry.type
class FaqQueries:
    """The root fields on questions."""

    faq: Connection[FrequentQuestion] = paged(
        FrequentQuestion,
        FrequentQuestionFilter,
        "-answered_at",
        "The published enquiries from the caller's areas, with their answers.",
    )
    enquiry_counts: list[EnquiryCount] = strawberry.field(
        resolver=_enquiry_counts,
        directives=list_size(_MOST),
        description=(
            "The number of enquiries in the caller's areas, published or not, the largest numbers first. "
            "Its scope gives no other access to unpublished enquiries."
        ),
    )
