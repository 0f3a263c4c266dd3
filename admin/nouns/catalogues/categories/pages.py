"""Tip categories: the list, one with its history, the form to add or edit one, and withholding it."""

from typing import Final

from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.filters import tick_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Column
from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.catalogues import categories
from records.nouns.catalogues.categories import NOUN, CategoryDraft
from records.tables import TipCategory

_PATH: Final = f"/admin/{NOUN.path}"


async def _load(request: PageRequest) -> TipCategory:
    return await PAGES.load(request)


ACTIONS: Final = Actions[TipCategory](
    path=_PATH,
    load=_load,
    may=categories.can_manage,
    back=lambda category: f"{_PATH}/{category.id}",
    actions=(
        Action(
            "retirement",
            Rule(_("Retire"), Right.CATEGORIES_MANAGE, categories.can_retire),
            Verb(categories.retire),
            explanation=_("Tips keep it; no new tip can have it. It can be used again."),
            flash=_("Saved."),
            needs_confirmation=True,
        ),
        Action(
            "reinstatement",
            Rule(_("Use again"), Right.CATEGORIES_MANAGE, categories.can_reinstate),
            Verb(categories.reinstate),
            flash=_("Saved."),
        ),
    ),
)


def _properties(request: PageRequest, category: TipCategory) -> str:
    """What is special of a category, in words."""
    marks = {name: NOUN.fields[name].label for name in ("sensitive", "formal") if getattr(category, name)}
    if not category.active:
        marks["active"] = _("No longer used")
    return " · ".join(request._(text) for text in marks.values())


PAGES: Final = Pages[TipCategory, CategoryDraft](
    noun=NOUN,
    path=_PATH,
    columns=("parent_id", Column(_("Properties"), _properties)),
    filters=(
        tick_filter(
            "active",
            _("Only those that can be chosen"),
            lambda _request, rows: rows.filter(categories.ACTIVE),
        ),
    ),
    sorts=(Sort("code", _("Code A to Z"), "code"), CHANGED),
    form=DraftForm(
        draft=CategoryDraft,
        create=lambda request, draft: categories.create(draft, by=request.actor),
        may_create=Right.CATEGORIES_MANAGE,
        edit=lambda request, row, draft: categories.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=categories.can_manage,
        heading=_("Add a category"),
        rows=(("name_vi", "name_en"), ("code",), ("parent",)),
    ),
    actions=ACTIONS,
    removal=Removal(
        right=Right.CATEGORIES_MANAGE,
        removed=lambda actor: categories.visible_to(actor, removed=True),
        remove=categories.remove,
        restore=categories.restore,
    ),
)
