"""Tips and their outcomes as entered, and the checks on both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from records.areas.scope import check_area
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.errors import Message, ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.core.validation import Draft, Validator, checked
from records.nouns import groups
from records.tables import Area, Group, Tip, TipCategory
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority

MAX_OUTCOMES: Final = 20
NOTE: Final = Field(_("Note"), Kind.LONG_TEXT, max_length=5_000)
REASON: Final = reason_field(5_000)


@dataclass(frozen=True)
class TipDraft(Draft):
    """The values of a tip as entered; `received_at` defaults to this moment."""

    title: Annotated[str, Field(_("Title"), max_length=200, searchable=True)]
    category_id: Annotated[UUID, Field(_("Category"), TipCategory)]
    channel: Annotated[Channel, Field(_("Channel"))]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    body: Annotated[
        str, Field(_("What was reported"), Kind.LONG_TEXT, max_length=20_000, searchable=True)
    ] = ""
    legal_kind: Annotated[LegalKind, Field(_("Legal kind"))] = LegalKind.SOURCE
    group_id: Annotated[UUID | None, Field(_("Group"), Group)] = None
    place: Annotated[str, Field(_("Place"), max_length=300, searchable=True)] = ""
    lat: Annotated[float | None, Field(_("Latitude"))] = None
    lon: Annotated[float | None, Field(_("Longitude"))] = None
    occurred_at: Annotated[datetime | None, Field(_("Happened at"), past=True)] = None
    received_at: Annotated[datetime | None, Field(_("Received at"), past=True)] = None
    priority: Annotated[Priority, Field(_("Priority"))] = Priority.NORMAL
    external_ref: Annotated[str | None, Field(_("Reference of the partner"), max_length=120)] = None

    async def check_rules(self, check: Validator, by: Actor, before: Tip | None) -> None:
        if (
            self.occurred_at is not None
            and check.is_valid("occurred_at", "received_at")
            and self.occurred_at > (self.received_at or now())
        ):
            text = _("The incident cannot be later than the report.")
            check.add("occurred_at", text, ProblemCode.INCONSISTENT)
        if check.is_valid("lat", "lon"):
            _check_coordinates(check, self.lat, self.lon)
        await check_area(check, by, self.area_id)
        # What an edit leaves as it was need not be there to choose any more.
        kept = before is not None and before.group_id == self.group_id
        if not kept and not await _can_reference_group(by, self.group_id):
            check.add("group", "Choose a group that is visible to you.", ProblemCode.NOT_FOUND)
        if check.is_valid("category"):
            await _check_category(check, self, before)


@dataclass(frozen=True)
class OutcomeDraft:
    """An outcome as entered, with its count; `on_day` defaults to today."""

    kind: Annotated[OutcomeKind, Field(_("Outcome"))]
    count: Annotated[int, Field(_("Count"), minimum=1, maximum=100_000)] = 1
    on_day: Annotated[date | None, Field(_("Date"), past=True)] = None
    note: Annotated[str, Field(_("Comment"), Kind.LONG_TEXT, max_length=5_000)] = ""


async def validate(draft: TipDraft, by: Actor, *, before: Tip | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    return await checked(draft, by, before) | {"received_at": draft.received_at or now()}


async def _check_category(check: Validator, draft: TipDraft, before: Tip | None) -> None:
    category = await TipCategory.get_or_none(id=draft.category_id)
    if before is None or before.category_id != draft.category_id:
        if category is None or not category.active or category.deleted_at is not None:
            check.add("category", "Choose a category from the list.", ProblemCode.UNKNOWN_CODE)
    elif before.legal_kind is draft.legal_kind:
        return
    if check.is_valid("legal_kind") and category and category.formal and draft.legal_kind is LegalKind.SOURCE:
        text = _("Tips of this category have a legal deadline. Choose another legal kind.")
        check.add("legal_kind", text, ProblemCode.INCONSISTENT)


async def _can_reference_group(by: Actor, group_id: UUID | None) -> bool:
    if group_id is None:
        return True
    return has_right(by, Right.GROUPS_READ) and await groups.visible_to(by).filter(id=group_id).exists()


_FOUNDED: Final = frozenset(OutcomeKind) - {OutcomeKind.UNFOUNDED, OutcomeKind.WARNING, OutcomeKind.OTHER}


def _check_coordinates(check: Validator, lat: float | None, lon: float | None) -> None:
    if (lat is None) != (lon is None):
        check.add("lat", "Enter both latitude and longitude, or neither.", ProblemCode.INCONSISTENT)
    elif lat is not None and lon is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
        text = _("Enter a latitude from -90 to 90 and a longitude from -180 to 180.")
        check.add("lat", text, ProblemCode.OUT_OF_RANGE)


def check_outcomes(drafts: Sequence[OutcomeDraft]) -> None:
    """Raises `ValidationFailed` unless there is at least one outcome and each is whole."""
    check = Validator()
    if not drafts:
        check.add("outcomes", "Enter the outcome.", ProblemCode.REQUIRED)
    if len(drafts) > MAX_OUTCOMES:
        check.add("outcomes", "Enter at most {most} outcomes.", ProblemCode.TOO_MANY, most=MAX_OUTCOMES)
    check_consistent(check, {draft.kind for draft in drafts})
    for draft in drafts:
        for name, field in fields_of(OutcomeDraft).items():
            check.clean("outcomes", getattr(draft, name), field)
    check.raise_if_invalid()


def check_consistent(check: Validator, kinds: Collection[OutcomeKind]) -> None:
    """Adds a problem if a tip would have both no grounds and an outcome."""
    if OutcomeKind.UNFOUNDED in kinds and not _FOUNDED.isdisjoint(kinds):
        check.add("outcomes", "A tip without grounds has no other outcome.", ProblemCode.INCONSISTENT)


def outcome_problems(draft: OutcomeDraft) -> dict[str, Message]:
    """The problems of an outcome, by field."""
    check = Validator()
    check.values(draft)
    return check.problems
