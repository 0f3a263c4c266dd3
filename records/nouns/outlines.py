"""Outlines (đề cương): written, published, and from then on never changed; a correction is a new edition."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import actor_can_reach, in_areas
from records.changes.rows import RowChange, change_row
from records.changes.rows import find as find_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Followed, Noun, Transition
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.identifiers.codes import normalize_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.tables import Organisation, Outline
from records.tables.activities import OutlineStatus

MAX_EDITIONS: Final = 50
MAX_LENGTH: Final = 40_000
REASON: Final = reason_field(2_000)
PUBLISH: Final = Transition(
    _("Publish"), Right.OUTLINES_PUBLISH, frozenset({OutlineStatus.DRAFT}), OutlineStatus.PUBLISHED
)


@dataclass(frozen=True)
class OutlineDraft(Draft):
    """The values of an outline as entered; its body is Markdown."""

    code: Annotated[str, Field(_("Code"), Kind.CODE, max_length=32, searchable=True)]
    title: Annotated[str, Field(_("Title"), max_length=300, searchable=True)]
    body: Annotated[
        str,
        Field(
            _("Text"),
            Kind.LONG_TEXT,
            max_length=MAX_LENGTH,
            searchable=True,
            hint=_("# before a heading, - before an item, **around bold words**"),
        ),
    ]
    organisation_id: Annotated[UUID, Field(_("Issued by"), Organisation)]
    topics: Annotated[
        Sequence[str],
        Field(_("Topics"), max_length=100, max_items=20, too_many=_("Enter at most {most} topics.")),
    ] = ()
    valid_until: Annotated[date | None, Field(_("Valid until"))] = None

    async def check_rules(self, check: Validator, by: Actor, before: Outline | None) -> None:
        ours = Q() if by.areas is None else in_areas(by.areas)
        if not await Organisation.filter(ours, id=self.organisation_id, deleted_at__isnull=True).exists():
            check.add("organisation", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
        if before is not None and normalize_code(self.code) != before.code:
            check.add("code", "The code of an outline cannot be changed.", ProblemCode.CONFLICT)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Outline]:
    """The published outlines, and for staff the drafts of their areas; with `removed`, the removed ones.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.OUTLINES_READ)
    rows = Outline.filter(deleted_at__isnull=not removed)
    if actor.areas is None:
        return rows
    published = Q(status=OutlineStatus.PUBLISHED)
    if actor.kind is ActorKind.PARTNER:
        return rows.filter(published)
    ours = Organisation.filter(in_areas(actor.areas)).values("id")
    return rows.filter(published | Q(organisation_id__in=Subquery(ours)))


NOUN: Final = Noun(
    name="outline",
    label=_("Outline"),
    plural=_("Outlines"),
    table=Outline,
    right=Right.OUTLINES_READ,
    visible_to=visible_to,
    draft=OutlineDraft,
    fields={
        **fields_of(OutlineDraft),
        "edition": Field(_("Edition"), Kind.NUMBER),
        "status": Field(_("Status"), OutlineStatus),
        "issued_on": Field(_("Published on"), Kind.DAY),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    transitions=(PUBLISH,),
    linkable=Q(status=OutlineStatus.PUBLISHED),
    feed=Followed(
        type="Outline",
        description="Published outlines, wherever they were issued; needs the scope outlines:read.",
        scoped=False,
        hidden=frozenset({Right.OUTLINES_WRITE}),
    ),
    path="outlines",
    missing=_("There is no such outline."),
)


def can_edit(actor: Actor, outline: Outline) -> bool:
    """Whether `actor` may change or remove `outline` now."""
    return has_right(actor, Right.OUTLINES_WRITE) and outline.status is OutlineStatus.DRAFT


def can_revise(actor: Actor, outline: Outline) -> bool:
    """Whether `actor` may write the next edition of `outline`, which was loaded for that actor."""
    return has_right(actor, Right.OUTLINES_WRITE) and outline.revisable


def can_hand_down(actor: Actor, outline: Outline) -> bool:
    """Whether `actor` may hand `outline` down now: it is published, and still valid."""
    is_valid = outline.valid_until is None or outline.valid_until >= today()
    return has_right(actor, Right.OUTLINES_HAND_DOWN) and outline.issued_on is not None and is_valid


async def find(outline_id: UUID, *, by: Actor) -> Outline:
    """The outline, for its page. Raises `PermissionDenied` or `NotFound`."""
    row = await find_row(NOUN, visible_to(by), outline_id)
    later = Outline.filter(code=row.code, edition__gt=row.edition, deleted_at__isnull=True)
    if row.status is OutlineStatus.PUBLISHED and not await later.exists():
        row.revisable = await actor_can_reach(by, await _area_of(row.organisation_id))
    return row


async def editions(outline: Outline, *, by: Actor) -> list[Outline]:
    """The editions of `outline` that the actor may see, the latest first. Raises `PermissionDenied`."""
    return await visible_to(by).filter(code=outline.code).order_by("-edition")


async def write(draft: OutlineDraft, *, by: Actor) -> Outline:
    """A new draft, or a code's next edition.

    Raises `PermissionDenied`, `ValidationFailed`, or `Conflict` beside a draft.
    """
    check_right(by, Right.OUTLINES_WRITE)
    async with transaction():
        values = await _checked(draft, by)
        earlier = Outline.filter(code=values["code"], deleted_at__isnull=True)
        last = await earlier.order_by("-edition").select_for_update().first()
        if last is not None and not await actor_can_reach(by, await _area_of(last.organisation_id)):
            raise ValidationFailed.of("code", "This code is already taken.", ProblemCode.CONFLICT)
        if last is not None and last.status is OutlineStatus.DRAFT:
            raise Conflict("A draft with this code already exists.")
        if last is not None and last.edition >= MAX_EDITIONS:
            text = _("An outline can have at most {most} editions. Create one with a new code.")
            raise ValidationFailed.of("code", text, ProblemCode.TOO_MANY, most=MAX_EDITIONS)
        row = Outline(**values, edition=last.edition + 1 if last else 1)
        return await create(
            NOUN,
            row,
            by=by,
            action=Right.OUTLINES_WRITE,
            fallback_area_id=await _area_of(row.organisation_id),
        )


async def revise(outline_id: UUID, *, by: Actor) -> Outline:
    """The draft of the next edition of a published outline, with the same text.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` beside a draft.
    """
    check_right(by, Right.OUTLINES_WRITE)
    row = await find_row(NOUN, visible_to(by), outline_id)
    return await write(OutlineDraft(**{name: getattr(row, name) for name in NOUN.inputs}), by=by)


async def edit(
    outline_id: UUID, draft: OutlineDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Outline:
    """A draft, changed; its code stays.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(outline_id, expected_version, Right.OUTLINES_WRITE, by) as change:
        values = await _checked(draft, by, before=change.row)
        area_id = await _area_of(change.row.organisation_id)
        return await change.save(motive=motive, fallback_area_id=area_id, **values)


async def publish(outline_id: UUID, *, expected_version: int, on: date, by: Actor) -> Outline:
    """A draft, published on that day.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(outline_id, expected_version, PUBLISH.right, by) as change:
        row = change.row
        check = Validator()
        check.past_date("on", on)
        check.raise_if_invalid()
        if row.valid_until is not None and row.valid_until < on:
            raise ValidationFailed.of(
                "on", "Enter a date on which the outline is still valid.", ProblemCode.INCONSISTENT
            )
        area_id = await _area_of(row.organisation_id)
        return await change.save(fallback_area_id=area_id, status=PUBLISH.target, issued_on=on)


async def remove(outline_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Outline:
    """Removes a draft; `restore` reverses it."""
    async with _change(outline_id, expected_version, Right.OUTLINES_WRITE, by) as change:
        return await change.save(
            motive=checked_text("reason", reason, REASON),
            fallback_area_id=await _area_of(change.row.organisation_id),
            deleted_at=now(),
        )


async def restore(outline_id: UUID, *, expected_version: int, by: Actor) -> Outline:
    """Restores a draft that was removed. Raises `Conflict` where its edition was written again."""
    async with _change(outline_id, expected_version, Right.OUTLINES_WRITE, by, removed=True) as change:
        row = change.row
        rows = Outline.filter(code=row.code, edition__gte=row.edition, deleted_at__isnull=True)
        change.require(not await rows.exists(), _("This edition was written again meanwhile."))
        return await change.save(fallback_area_id=await _area_of(row.organisation_id), deleted_at=None)


@asynccontextmanager
async def _change(
    outline_id: UUID, expected_version: int, action: Right, by: Actor, *, removed: bool = False
) -> AsyncIterator[RowChange[Outline]]:
    """A change of a draft. Raises `Conflict` for what is published."""
    rows = visible_to(by, removed=removed)
    async with change_row(NOUN, rows, outline_id, expected_version, action, by=by) as change:
        if change.row.status is OutlineStatus.PUBLISHED:
            raise Conflict("A published outline cannot be changed. Create a new edition.")
        yield change


async def _area_of(organisation_id: UUID) -> UUID:
    return (await Organisation.get(id=organisation_id)).area_id


async def _checked(draft: OutlineDraft, by: Actor, *, before: Outline | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by, before)
    return values | {"folded": NOUN.search_text(values)}
