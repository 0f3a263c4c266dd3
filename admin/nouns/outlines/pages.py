"""Outlines: the list, one outline with its text and progress, and the form with a preview of its text."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.editing import EditState
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pickers import area_code
from admin.kit.request import PageRequest
from admin.nouns.outlines.actions import ACTIONS, PATH, load
from admin.nouns.outlines.text import render_text
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import hand_downs, outlines
from records.nouns.hand_downs import HandDownProgress
from records.nouns.outlines import NOUN, OutlineDraft
from records.tables import Outline

# What the template shows in a way of its own.
_SHOWN: Final = frozenset({"title", "body", "code", "edition", "status", "issued_on", "valid_until"})


class _OutlinePages(Pages[Outline, OutlineDraft]):
    """The ordinary pages, with the progress of each outline, and a preview that saves nothing."""

    async def create(self, request: PageRequest) -> Response:
        if "preview" in request.form:
            return await self._page(request, None, Form(request.form))
        return await super().create(request)

    async def update(self, request: PageRequest) -> Response:
        if "preview" in request.form:
            form = Form(request.form)
            opened = EditState(form.expected_version(), form.text("opened"))
            return await self._page(request, await self._editable(request), form, opened)
        return await super().update(request)

    async def _columns(
        self, request: PageRequest, form: Form, rows: Sequence[Outline]
    ) -> Sequence[Column[Any]]:
        # All hand-downs of a province take longer to count than the rest of the page: the page asks for them.
        counted = form.has_any("counted")
        ids = [row.id for row in rows]
        found = await hand_downs.by_outline(ids, by=request.actor) if counted else None

        def share(_request: PageRequest, row: Outline) -> Cell:
            if found is None:
                return Cell("…")
            progress = found.get(row.id, HandDownProgress())
            remark = f"{progress.discussed}/{progress.sent}" if progress.sent else ""
            return Cell(None if progress.share is None else f"{progress.share} %", remark)

        return [*await super()._columns(request, form, rows), Column(_("Discussed"), share, number=True)]


async def _preview(_request: PageRequest, form: Form) -> dict[str, Any]:
    return {"preview": await render_text(form.text("body"))}


def _status(_request: PageRequest, row: Outline) -> Cell:
    return Cell(row.status, status=True, tone="waiting" if row.issued_on is None else "done")


async def show(request: PageRequest) -> Response:
    """One outline; a removed draft is shown only to those who may restore it."""
    outline = await PAGES.find(request)
    actor = request.actor
    areas = await hand_downs.by_area(outline.id, by=actor)
    later = await hand_downs.later_edition(outline)
    return await PAGES.record(
        request,
        outline,
        "nouns/outlines/show.html",
        without=_SHOWN,
        text=await render_text(outline.body),
        groups=await hand_downs.of_recipients(outline.id, organisations=False, by=actor),
        organisations=await hand_downs.of_recipients(outline.id, organisations=True, by=actor),
        areas=[(area, area_code(area), progress) for area, progress in areas],
        editions=await outlines.editions(outline, by=actor),
        later=later,
        may_hand_down=later is None and outlines.can_hand_down(actor, outline),
    )


PAGES: Final = _OutlinePages(
    noun=NOUN,
    path=PATH,
    columns=(Column(_("Status"), _status), "edition", "issued_on"),
    filters=("status",),
    sorts=(
        Sort("latest", _("Latest first"), "issued_on", descending=True, nullable=True),
        CHANGED,
        Sort("code", _("Code"), "code"),
    ),
    search=_("Words of the title or text, or the code"),
    empty=_("No outlines match these filters."),
    list_template="nouns/outlines/index.html",
    form=DraftForm(
        draft=OutlineDraft,
        create=lambda request, draft: outlines.write(draft, by=request.actor),
        may_create=Right.OUTLINES_WRITE,
        edit=lambda request, row, draft: outlines.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=outlines.can_edit,
        heading=_("Write an outline"),
        rows=(("title",), ("code", "organisation"), ("topics",), ("valid_until",), ("body",)),
        template="nouns/outlines/form.html",
        context=_preview,
        created=_("Draft added."),
    ),
    actions=ACTIONS,
    removal=Removal(
        right=Right.OUTLINES_WRITE,
        removed=lambda actor: outlines.visible_to(actor, removed=True),
        remove=outlines.remove,
        restore=outlines.restore,
        can=outlines.can_edit,
    ),
    loader=load,
    show=show,
)
