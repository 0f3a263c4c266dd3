"""Entering a figure beside that of the last period, and correcting one."""

from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.drafts import inputs_of, read_draft, values_of
from admin.kit.nouns.references import title_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_code, name_codes
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.figures.pages import PAGES, PATH, indicator_choices, value_text
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import figures
from records.nouns.catalogues import organisations
from records.nouns.figures import FigureDraft
from records.tables import Figure
from records.tables.metrics import Qualifier

_ROWS: Final = (
    ("indicator", "organisation"),
    ("qualifier", "value"),
    ("period_text",),
    ("period_from", "period_to"),
    ("area", "programme"),
    ("source_text",),
    ("source_name", "source_on"),
)


async def new(request: PageRequest) -> Response:
    """The form of a new figure; for htmx, the last period's figure of what was chosen in it."""
    check_right(request.actor, Right.FIGURES_REPORT)
    query = request.http_request.query_params
    chosen = {name: query.get(name, "") for name in ("indicator", "organisation")}
    return await _form(request, None, Form({"qualifier": Qualifier.EXACT, **chosen}))


async def create(request: PageRequest) -> Response:
    """Reports a figure, or only shows the last period's where that was asked for."""
    check_right(request.actor, Right.FIGURES_REPORT)
    form = Form(request.form)
    if form.text("step"):
        return await _form(request, None, form)
    try:
        await _complete_area(request, form)
        figure = await figures.report(await read_draft(request, form, FigureDraft), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        if "organisation" in form.problems and not form.text("area").strip():
            # The area is that of the organisation, once this is chosen.
            form.problems.pop("area", None)
        return await _form(request, None, form, status=422)
    return redirect_with_flash(request, f"{PATH}/{figure.id}", _("Figure reported."))


async def correction(request: PageRequest) -> Response:
    """The form of a correction, with the values that it corrects."""
    figure = await _correctable(request)
    return await _form(request, figure, Form(await values_of(request, FigureDraft, figure)))


async def correct(request: PageRequest) -> Response:
    """Reports a figure that corrects another."""
    figure, form = await _correctable(request), Form(request.form)
    try:
        draft = await read_draft(request, form, FigureDraft, figure)
        newer = await figures.supersede(figure.id, draft, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, figure, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _form(request, figure, form, status=409)
    return redirect_with_flash(request, f"{PATH}/{newer.id}", _("Figure corrected."))


async def _correctable(request: PageRequest) -> Figure:
    figure = await PAGES.load(request)
    if not figures.can_correct(request.actor, figure):
        raise PermissionDenied("You do not have permission to do this.")
    return figure


async def _complete_area(request: PageRequest, form: Form) -> None:
    """Enters the area of the organisation where none was entered."""
    organisation_id = form.id("organisation")
    if organisation_id and not form.text("area").strip():
        rows = organisations.visible_to(request.actor).filter(id=organisation_id).prefetch_related("area")
        if (organisation := await rows.first()) is not None:
            form.data = {**form.data, "area": area_code(organisation.area)}


async def _form(request: PageRequest, row: Figure | None, form: Form, *, status: int = 200) -> Response:
    inputs = await inputs_of(request, FigureDraft, row)
    inputs["indicator"] = replace(inputs["indicator"], choices=await indicator_choices(request))
    if row is None:
        hint = _("Leave empty for the area of the organisation")
        inputs["area"] = replace(inputs["area"], required=False, hint=hint)
    await name_codes(request, form, {"area": "area"})
    return render(
        request,
        "nouns/figures/form.html",
        block="record",
        status=status,
        form=form,
        corrected=row,
        rows=[[inputs[name] for name in names] for names in _ROWS],
        last=await _last(request, form) if row is None else None,
        before=value_text(request, row) if row else "",
        back=f"{PATH}/{row.id}" if row else PATH,
        back_title=title_of(request, row) if row else request._("Figures"),
    )


async def _last(request: PageRequest, form: Form) -> dict[str, Any] | None:
    """The last period's figure of the chosen indicator and organisation; None while both are not chosen."""
    indicator_id, organisation_id = form.id("indicator"), form.id("organisation")
    if indicator_id is None or organisation_id is None:
        return None
    figure = await figures.latest(indicator_id, organisation_id, by=request.actor)
    if figure is None:
        return {"figure": None}
    await figure.fetch_related("indicator", "area")
    return {"figure": figure, "value": value_text(request, figure)}


ROUTES: Final = (
    *page_at(PATH, post=create),
    *page_at(f"{PATH}/new", get=new),
    *page_at(f"{PATH}/{{id:uuid}}/correction", get=correction, post=correct),
)
