"""Tip categories: what a tip is about. Administrators keep them; whoever records a tip chooses among them."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.changes.rows import RowChange, change_row
from records.changes.unit_of_work import create as create_row
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, ProblemCode
from records.core.identifiers.codes import normalize_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns.catalogues.trees import check_parent, moving
from records.tables import Tip, TipCategory

REASON: Final = reason_field(2_000)
ACTIVE: Final = Q(active=True, deleted_at__isnull=True)


@dataclass(frozen=True)
class CategoryDraft(Draft):
    """The values of a tip category as entered; its code stays as it is."""

    code: Annotated[
        str,
        Field(
            _("Code"),
            Kind.CODE,
            max_length=32,
            hint=_("Partner systems use it; it cannot be changed later"),
            constraints={"tip_categories_code_key": _("This code is already taken.")},
        ),
    ]
    name_vi: Annotated[str, Field(_("Name in Vietnamese"), max_length=120)]
    name_en: Annotated[str, Field(_("Name in English"), max_length=120)]
    parent_id: Annotated[UUID | None, Field(_("Wider category"), TipCategory)] = None
    sensitive: Annotated[bool, Field(_("Small counts could identify people"))] = False
    formal: Annotated[bool, Field(_("Its tips have a legal deadline"))] = False

    async def check_rules(self, check: Validator, by: Actor, before: TipCategory | None) -> None:
        if before is not None and normalize_code(self.code) != before.code:
            check.add("code", "The code cannot be changed: partner systems use it.", ProblemCode.INCONSISTENT)
        moved = self.parent_id is not None and (before is None or self.parent_id != before.parent_id)
        if moved and not await TipCategory.filter(ACTIVE, id=self.parent_id).exists():
            check.add("parent", "Choose a category from the list.", ProblemCode.UNKNOWN_CODE)
        elif moved and before is not None:
            await check_parent(check, NOUN, before.id, self.parent_id)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[TipCategory]:
    """The tip categories; with `removed`, the removed ones. Raises `PermissionDenied`."""
    check_right(actor, Right.CATEGORIES_MANAGE)
    return TipCategory.filter(deleted_at__isnull=not removed)


NOUN: Final = Noun(
    name="tip_category",
    label=_("Tip category"),
    plural=_("Tip categories"),
    table=TipCategory,
    right=Right.CATEGORIES_MANAGE,
    visible_to=visible_to,
    draft=CategoryDraft,
    fields={
        **fields_of(CategoryDraft),
        "active": Field(_("Can be chosen"), Kind.YES_NO),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    path="tip-categories",
    catalogue=True,
    linkable=ACTIVE,
    missing=_("There is no such category."),
)


def can_manage(actor: Actor, category: TipCategory) -> bool:
    """Whether `actor` may change `category`."""
    return has_right(actor, Right.CATEGORIES_MANAGE) and category.deleted_at is None


def can_retire(actor: Actor, category: TipCategory) -> bool:
    """Whether `actor` may retire `category` now."""
    return can_manage(actor, category) and category.active


def can_reinstate(actor: Actor, category: TipCategory) -> bool:
    """Whether `actor` may use `category` for new tips again."""
    return can_manage(actor, category) and not category.active


async def create(draft: CategoryDraft, *, by: Actor) -> TipCategory:
    """A new category, the last in the lists. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.CATEGORIES_MANAGE)
    async with moving(NOUN):
        values = await checked(draft, by)
        last = await TipCategory.all().order_by("-position").first()
        row = TipCategory(**values, position=last.position + 1 if last else 0)
        return await create_row(NOUN, row, by=by, action=Right.CATEGORIES_MANAGE)


async def edit(
    category_id: UUID, draft: CategoryDraft, *, expected_version: int, motive: str = "", by: Actor
) -> TipCategory:
    """The category, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    check_right(by, Right.CATEGORIES_MANAGE)
    async with moving(NOUN), _change(category_id, expected_version, by) as change:
        return await change.save(motive=motive, **await checked(draft, by, change.row))


async def retire(category_id: UUID, *, expected_version: int, by: Actor) -> TipCategory:
    """The category, which no new tip can have. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    async with _change(category_id, expected_version, by) as change:
        return await change.save(active=False)


async def reinstate(category_id: UUID, *, expected_version: int, by: Actor) -> TipCategory:
    """The category, which new tips can have again. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    async with _change(category_id, expected_version, by) as change:
        return await change.save(active=True)


async def remove(category_id: UUID, *, expected_version: int, reason: str, by: Actor) -> TipCategory:
    """Removes a category that nothing uses; `restore` reverses it.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` if a tip or a category has it.
    """
    check_right(by, Right.CATEGORIES_MANAGE)
    async with moving(NOUN), _change(category_id, expected_version, by) as change:
        motive = checked_text("reason", reason, REASON)
        if await Tip.filter(category_id=category_id).exists():
            raise Conflict("Tips have this category. Retire it instead.")
        if await TipCategory.filter(parent_id=category_id, deleted_at__isnull=True).exists():
            raise Conflict("Other categories lie below this one. Retire it instead.")
        return await change.save(motive=motive, deleted_at=now())


async def restore(category_id: UUID, *, expected_version: int, by: Actor) -> TipCategory:
    """Restores a category that was removed. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    check_right(by, Right.CATEGORIES_MANAGE)
    async with moving(NOUN), _change(category_id, expected_version, by, removed=True) as change:
        parent_id = change.row.parent_id
        has_parent = parent_id is None or await TipCategory.exists(id=parent_id, deleted_at__isnull=True)
        change.require(has_parent, _("The category above this one was removed. Restore that first."))
        return await change.save(deleted_at=None)


def _change(
    category_id: UUID, expected_version: int, by: Actor, *, removed: bool = False
) -> AbstractAsyncContextManager[RowChange[TipCategory]]:
    rows, action = visible_to(by, removed=removed), Right.CATEGORIES_MANAGE
    return change_row(NOUN, rows, category_id, expected_version, action, by=by)
