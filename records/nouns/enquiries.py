"""Enquiries: a citizen's question on procedures, its answer, and whether others may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, ProblemCode
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns import groups
from records.tables import Area, Enquiry, Group, Staff
from records.tables.tips import Channel

ANSWER: Final = Field(_("Answer"), Kind.LONG_TEXT, required=True, max_length=20_000, searchable=True)
REASON: Final = reason_field(2_000)


class EnquiryStatus(Labelled):
    """How far an enquiry has come."""

    UNANSWERED = "UNANSWERED", _("Unanswered")
    ANSWERED = "ANSWERED", _("Answered")
    PUBLISHED = "PUBLISHED", _("Frequent question")


_HAS_STATUS: Final = {
    EnquiryStatus.UNANSWERED: Q(answered_at__isnull=True),
    EnquiryStatus.ANSWERED: Q(answered_at__isnull=False, published=False),
    EnquiryStatus.PUBLISHED: Q(published=True),
}


@dataclass(frozen=True)
class EnquiryDraft(Draft):
    """The values of an enquiry as entered; `asked_at` defaults to this moment."""

    area_id: Annotated[UUID, Field(_("Area"), Area)]
    channel: Annotated[Channel, Field(_("Channel"))]
    topic: Annotated[str, Field(_("Topic"), max_length=60, searchable=True)]
    question: Annotated[str, Field(_("Question"), Kind.LONG_TEXT, max_length=5_000, searchable=True)]
    group_id: Annotated[UUID | None, Field(_("Group"), Group)] = None
    asked_at: Annotated[datetime | None, Field(_("Asked at"), past=True)] = None

    async def check_rules(self, check: Validator, by: Actor, before: Enquiry | None) -> None:
        await check_area(check, by, self.area_id)
        group_id = self.group_id
        is_new = group_id is not None and (before is None or group_id != before.group_id)
        if is_new and not await groups.visible_to(by).filter(id=group_id).exists():
            check.add("group", "Choose a group that is visible to you.", ProblemCode.NOT_FOUND)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Enquiry]:
    """The enquiries that `actor` may see; with `removed`, the removed ones. Raises `PermissionDenied`."""
    check_right(actor, Right.ENQUIRIES_READ)
    return Enquiry.filter(within(actor), deleted_at__isnull=not removed)


def has_status(status: EnquiryStatus) -> Q:
    """The condition that an enquiry has come as far as `status`, and no further."""
    return _HAS_STATUS[status]


def status_of(enquiry: Enquiry) -> EnquiryStatus:
    """How far `enquiry` has come."""
    if enquiry.published:
        return EnquiryStatus.PUBLISHED
    return EnquiryStatus.UNANSWERED if enquiry.answered_at is None else EnquiryStatus.ANSWERED


def unanswered(actor: Actor) -> QuerySet[Enquiry]:
    """The enquiries that wait for an answer. Raises `PermissionDenied`."""
    return visible_to(actor).filter(has_status(EnquiryStatus.UNANSWERED))


def published(actor: Actor) -> QuerySet[Enquiry]:
    """The frequent questions, with their answers. Raises `PermissionDenied`."""
    return visible_to(actor).filter(has_status(EnquiryStatus.PUBLISHED))


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
        "published": Field(_("Frequent question"), Kind.YES_NO),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    path="enquiries",
    title=("question",),
    missing=_("There is no such enquiry."),
)


def can_edit(actor: Actor, enquiry: Enquiry) -> bool:
    """Whether `actor` may change the question of `enquiry` now, or remove it."""
    return has_right(actor, Right.ENQUIRIES_ASK) and enquiry.deleted_at is None


def can_answer(actor: Actor, enquiry: Enquiry) -> bool:
    """Whether `actor` may answer `enquiry` now."""
    return has_right(actor, Right.ENQUIRIES_ANSWER) and enquiry.answered_at is None


def can_correct(actor: Actor, enquiry: Enquiry) -> bool:
    """Whether `actor` may correct the answer of `enquiry` now."""
    return has_right(actor, Right.ENQUIRIES_ANSWER) and enquiry.answered_at is not None


def can_publish(actor: Actor, enquiry: Enquiry) -> bool:
    """Whether `actor` may publish `enquiry` now."""
    return can_correct(actor, enquiry) and not enquiry.published


def can_withdraw(actor: Actor, enquiry: Enquiry) -> bool:
    """Whether `actor` may take `enquiry` out of the frequent questions now."""
    return can_correct(actor, enquiry) and enquiry.published


async def ask(draft: EnquiryDraft, *, by: Actor) -> Enquiry:
    """A new question. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.ENQUIRIES_ASK)
    values = await _checked(draft, by)
    async with transaction():
        row = Enquiry(**values, folded=NOUN.search_text(values | {"answer": ""}))
        return await create(NOUN, row, by=by, action=Right.ENQUIRIES_ASK)


async def edit(
    enquiry_id: UUID, draft: EnquiryDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Enquiry:
    """The question, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.ENQUIRIES_ASK
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        values = await _checked(draft, by, before=change.row)
        folded = NOUN.search_text(values | {"answer": change.row.answer})
        return await change.save(motive=motive, folded=folded, **values)


async def answer(enquiry_id: UUID, answer: str, *, expected_version: int, by: Actor) -> Enquiry:
    """The enquiry, answered, or corrected by staff.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict`.
    """
    rows, action = visible_to(by), Right.ENQUIRIES_ANSWER
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        row, answer = change.row, checked_text("answer", answer, ANSWER)
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


async def remove(enquiry_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Enquiry:
    """Removes an enquiry that was recorded by mistake; `restore` reverses it.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows, action = visible_to(by), Right.ENQUIRIES_ASK
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(enquiry_id: UUID, *, expected_version: int, by: Actor) -> Enquiry:
    """Restores an enquiry that was removed. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    rows, action = visible_to(by, removed=True), Right.ENQUIRIES_ASK
    async with change_row(NOUN, rows, enquiry_id, expected_version, action, by=by) as change:
        return await change.save(deleted_at=None)


async def _checked(draft: EnquiryDraft, by: Actor, *, before: Enquiry | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by, before)
    return values | {"asked_at": draft.asked_at or (before.asked_at if before else now())}
