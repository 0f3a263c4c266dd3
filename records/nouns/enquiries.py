"""Enquiries: a citizen's question on procedures, its answer, and whether others may read it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.change import Cell, Noun, change, create, update
from records.core.actor import Actor, ActorKind
from records.core.days import local_day, month_of, now
from records.core.errors import Conflict, NotFound, ProblemCode
from records.core.rights import Right, check_may
from records.core.text import fold
from records.core.validation import Check
from records.metrics.catalogue import indicator_id
from records.nouns import groups
from records.tables import Enquiry
from records.tables.tips import Channel

LIMITS: Final = {"topic": 60, "question": 5_000, "answer": 20_000}


@dataclass(frozen=True)
class EnquiryDraft:
    """What is entered for a question; asked this moment where no other is given."""

    area_id: UUID
    channel: Channel
    topic: str
    question: str
    group_id: UUID | None = None
    asked_at: datetime | None = None


def counts(enquiry: Enquiry) -> Counter[Cell]:
    """A question counts in the month it was asked."""
    if enquiry.deleted_at is not None:
        return Counter()
    return Counter(
        {(indicator_id("enquiries.asked"), enquiry.area_id, month_of(local_day(enquiry.asked_at))): 1}
    )


NOUN: Final = Noun(
    name="enquiry",
    audited=(
        *("group_id", "area_id", "channel", "topic", "question", "asked_at", "answer", "answered_by_id"),
        *("answered_at", "published", "deleted_at"),
    ),
    counts=counts,
)


def visible_to(actor: Actor) -> QuerySet[Enquiry]:
    """The enquiries that `actor` may see. Raises `Denied`."""
    check_may(actor, Right.ENQUIRIES_READ)
    return Enquiry.filter(within(actor), deleted_at__isnull=True)


async def ask(draft: EnquiryDraft, *, by: Actor) -> Enquiry:
    """A new question. Raises `Denied` or `Invalid`."""
    check_may(by, Right.ENQUIRIES_ASK)
    check = Check()
    topic = check.text("topic", draft.topic, most=LIMITS["topic"], needed=True)
    question = check.text("question", draft.question, most=LIMITS["question"], needed=True)
    asked_at = check.past_moment("asked_at", draft.asked_at) or now()
    await check_area(check, by, draft.area_id)
    if draft.group_id is not None and not await groups.visible_to(by).filter(id=draft.group_id).exists():
        check.add("group", "Please choose a group that you can see.", ProblemCode.NOT_FOUND)
    check.done()
    async with change():
        row = Enquiry(
            area_id=draft.area_id,
            channel=draft.channel,
            topic=topic,
            question=question,
            folded=fold(f"{topic} {question}"),
            group_id=draft.group_id,
            asked_at=asked_at,
        )
        return await create(NOUN, row, by=by, action=Right.ENQUIRIES_ASK)


async def answer(enquiry_id: UUID, text: str, *, seen: int, by: Actor) -> Enquiry:
    """The enquiry, answered, or by staff answered better.

    Raises `Denied`, `NotFound`, `Invalid` or `Conflict`.
    """
    check_may(by, Right.ENQUIRIES_ANSWER)
    check = Check()
    kept = check.text("answer", text, most=LIMITS["answer"], needed=True)
    check.done()
    async with change():
        row = await _load(enquiry_id, by)
        if by.kind is ActorKind.PARTNER and row.answered_at is not None:
            raise Conflict("This question has been answered already.")
        return await update(
            NOUN,
            row,
            seen=seen,
            by=by,
            action=Right.ENQUIRIES_ANSWER,
            answer=kept,
            folded=fold(f"{row.topic} {row.question} {kept}"),
            answered_by_id=by.id if by.kind is ActorKind.STAFF else None,
            answered_at=row.answered_at or now(),
        )


async def publish(enquiry_id: UUID, *, seen: int, published: bool, by: Actor) -> Enquiry:
    """The enquiry, put among the frequent questions or taken out again."""
    check_may(by, Right.ENQUIRIES_ANSWER)
    async with change():
        row = await _load(enquiry_id, by)
        if row.answered_at is None:
            raise Conflict("Please answer the question first.")
        return await update(NOUN, row, seen=seen, by=by, action=Right.ENQUIRIES_ANSWER, published=published)


async def _load(enquiry_id: UUID, by: Actor) -> Enquiry:
    row = await visible_to(by).select_for_update().get_or_none(id=enquiry_id)
    if row is None:
        raise NotFound("There is no such enquiry.")
    return row
