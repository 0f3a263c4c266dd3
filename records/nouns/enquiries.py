"""Enquiries: a citizen's question on procedures, its answer, and whether others may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator, checked_text
from records.nouns import groups
from records.tables import Area, Enquiry, Group, Staff
from records.tables.tips import Channel

ANSWER: Final = Field(_("Answer"), Kind.LONG_TEXT, required=True, max_length=20_000, searchable=True)


@dataclass(frozen=True)
class EnquiryDraft:
    """The values of an enquiry as entered; `asked_at` defaults to this moment."""

    area_id: Annotated[UUID, Field(_("Area"), Area)]
    channel: Annotated[Channel, Field(_("Channel"))]
    topic: Annotated[str, Field(_("Topic"), max_length=60, searchable=True)]
    question: Annotated[str, Field(_("Question"), Kind.LONG_TEXT, max_length=5_000, searchable=True)]
    group_id: Annotated[UUID | None, Field(_("Group"), Group)] = None
    asked_at: Annotated[datetime | None, Field(_("Asked at"), past=True)] = None


def visible_to(actor: Actor) -> QuerySet[Enquiry]:
    """The enquiries that `actor` may see. Raises `PermissionDenied`."""
    check_right(actor, Right.ENQUIRIES_READ)
    return Enquiry.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="enquiry",
    label=_("Enquiry"),
    plural=_("Enquiries"),
    table=Enquiry,
    right=Right.ENQUIRIES_READ,
    visible_to=visible_to,
    draft=EnquiryDraft,
    fields={
        **fields_of(EnquiryDraft),
        "answer": ANSWER,
        "answered_by_id": Field(_("Answered by"), Staff),
        "answered_at": Field(_("Answered"), Kind.MOMENT),
        "published": Field(_("Published"), Kind.YES_NO),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    missing=_("There is no such enquiry."),
)


async def ask(draft: EnquiryDraft, *, by: Actor) -> Enquiry:
    """A new question. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.ENQUIRIES_ASK)
    check = Validator()
    values = check.values(draft)
    await check_area(check, by, draft.area_id)
    if draft.group_id is not None and not await groups.visible_to(by).filter(id=draft.group_id).exists():
        check.add("group", "Choose a group that is visible to you.", ProblemCode.NOT_FOUND)
    check.raise_if_invalid()
    values["asked_at"] = draft.asked_at or now()
    async with transaction():
        row = Enquiry(**values, folded=NOUN.search_text(values | {"answer": ""}))
        return await create(NOUN, row, by=by, action=Right.ENQUIRIES_ASK)


async def answer(enquiry_id: UUID, text: str, *, expected_version: int, by: Actor) -> Enquiry:
    """The enquiry, answered, or corrected by staff.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict`.
    """
    rows, action = visible_to(by), Right.ENQUIRIES_ANSWER
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        row, answer = change.row, checked_text("answer", text, ANSWER)
        if by.kind is ActorKind.PARTNER and row.answered_at is not None:
            raise Conflict("This enquiry has already been answered.")
        return await change.save(
            answer=answer,
            folded=NOUN.search_text({"topic": row.topic, "question": row.question, "answer": answer}),
            answered_by_id=by.id if by.kind is ActorKind.STAFF else None,
            answered_at=row.answered_at or now(),
        )


async def publish(enquiry_id: UUID, *, expected_version: int, published: bool, by: Actor) -> Enquiry:
    """The enquiry, added to or removed from the frequent questions."""
    rows, action = visible_to(by), Right.ENQUIRIES_ANSWER
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        if change.row.answered_at is None:
            raise Conflict("Answer the enquiry first.")
        return await change.save(published=published)
