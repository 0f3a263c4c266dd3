"""The form of a scorecard: a new one, an unused one, or the version that follows one."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.merging import Values
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.reviews.scorecards import criteria
from admin.nouns.reviews.scorecards.pages import PAGES, PATH
from admin.nouns.reviews.scoring import points_text
from records.areas.scope import actor_can_reach
from records.core.declarations.fields import max_lengths
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns.reviews import scorecards
from records.nouns.reviews.criteria import MAX_CRITERIA, CriterionDraft
from records.nouns.reviews.scorecards import ScorecardDraft
from records.tables import Area, Scorecard
from records.tables.areas import AreaKind
from records.tables.reviews import Measure

_THRESHOLDS: Final = ("excellent_from", "good_from", "fair_from")
_BLANK_ROWS: Final = 3
_SAVED: Final = _("Scorecard saved.")

Save = Callable[[ScorecardDraft], Awaitable[Scorecard]]


async def new(request: PageRequest) -> Response:
    """The empty form."""
    check_right(request.actor, Right.SCORECARDS_MANAGE)
    return await _form(request, Form({}))


async def create(request: PageRequest) -> Response:
    """Creates a scorecard."""
    check_right(request.actor, Right.SCORECARDS_MANAGE)
    return await _create(request, lambda draft: scorecards.create(draft, by=request.actor))


async def new_version(request: PageRequest) -> Response:
    """The form of the scorecard that follows this one, with its values."""
    card = await _load(request)
    return await _form(request, Form({**await _values(request, card), "year_from": ""}), card)


async def create_version(request: PageRequest) -> Response:
    """Creates the scorecard that follows this one."""
    card = await _load(request)
    return await _create(
        request, lambda draft: scorecards.create_version(card.id, draft, by=request.actor), card
    )


async def edit(request: PageRequest) -> Response:
    """The form with the values of an unused scorecard."""
    card = await _load(request)
    if await scorecards.is_used(card.id):
        raise Conflict("A scorecard that was used cannot be changed. Create a new version.")
    return await show_edit_form(request, _EDIT_FORM, card)


async def update(request: PageRequest) -> Response:
    """Saves an unused scorecard, merged with concurrent edits, or only shows more rows of criteria."""
    card, form = await _load(request), criteria.read_form(request)
    if form.text("more"):
        opened = EditState(form.expected_version(), form.text("opened"))
        return await _form(request, form, card, opened, more=True)
    return await save_edit_form(request, _EDIT_FORM, card)


async def _load(request: PageRequest) -> Scorecard:
    check_right(request.actor, Right.SCORECARDS_MANAGE)
    card = await PAGES.find(request)
    if not await scorecards.can_manage(request.actor, card):
        raise PermissionDenied("The scorecard belongs to a province that you do not work in.")
    return card


async def _create(request: PageRequest, save: Save, card: Scorecard | None = None) -> Response:
    form = criteria.read_form(request)
    if form.text("more"):
        return await _form(request, form, card, more=True)
    try:
        row = await save(_draft(form))
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, form, card, status=422)
    return redirect_with_flash(request, f"{PATH}/{row.id}", _SAVED)


def _draft(form: Form) -> ScorecardDraft:
    """The scorecard that was entered. Raises `ValidationFailed`."""
    form.require("name", "province", "year_from", *_THRESHOLDS)
    form.check_lengths(max_lengths(ScorecardDraft))
    rows = criteria.rows_of(form.text(criteria.FIELD))
    drafts = [_criterion(form, index, row) for index, row in enumerate(rows)]
    least = {name: form.decimal(name) or Decimal(0) for name in _THRESHOLDS}
    province, year = form.id("province"), form.integer("year_from")
    form.raise_if_invalid()
    return ScorecardDraft(
        name=form.text("name"),
        province_id=province or UUID(int=0),
        year_from=year or 0,
        criteria=drafts,
        **least,
    )


def _criterion(form: Form, index: int, row: criteria.Row) -> CriterionDraft:
    line = Form(row)
    points, measure = line.decimal("max_points"), line.enum_value("measure", Measure)
    form.problems |= {f"{name}-{index}": problem for name, problem in line.problems.items()}
    return CriterionDraft(row["criterion"], points, measure, row["part"])


def _line(form: Form, index: int, row: criteria.Row) -> Form:
    """A row of criteria as a form, with its problems."""
    problems = {
        name: form.problems[key] for name in criteria.COLUMNS if (key := f"{name}-{index}") in form.problems
    }
    return Form(row, problems)


async def _values(request: PageRequest, card: Scorecard) -> Values:
    rows = [
        {
            "criterion": one.name,
            "max_points": points_text(request, one.max_points),
            "measure": one.measure.value if one.measure else "",
            "part": one.part,
        }
        for one in await scorecards.criteria_of(card.id)
    ]
    return {
        "name": card.name,
        "province": str(card.province_id),
        "year_from": str(card.year_from),
        **{name: points_text(request, getattr(card, name)) for name in _THRESHOLDS},
        criteria.FIELD: criteria.text_of(rows),
    }


async def _form(
    request: PageRequest,
    form: Form,
    card: Scorecard | None = None,
    opened: EditState | None = None,
    *,
    status: int = 200,
    more: bool = False,
) -> Response:
    rows, blank = criteria.rows_of(form.text(criteria.FIELD)), dict.fromkeys(criteria.COLUMNS, "")
    added = _BLANK_ROWS if more or not rows else 0
    wanted = max(len(rows), min(len(rows) + added, MAX_CRITERIA))
    path = request.http_request.url.path
    return render(
        request,
        "nouns/reviews/scorecards/form.html",
        status=status,
        form=form,
        card=card,
        opened=opened,
        action=path.removesuffix("/edit").removesuffix("/new"),
        back=f"{PATH}/{card.id}" if card else PATH,
        back_title=card.name if card else request._(scorecards.NOUN.plural),
        criteria=[_line(form, index, row) for index, row in enumerate((rows + [blank] * wanted)[:wanted])],
        # More rows would take the conflicts with them.
        may_add=wanted < MAX_CRITERIA and not (opened and opened.conflicts),
        provinces=await _provinces(request),
        measures=enum_choices(request, Measure),
    )


async def _show_edit(
    request: PageRequest, card: Scorecard, form: Form, opened: EditState, status: int
) -> Response:
    return await _form(request, form, card, opened, status=status)


async def _provinces(request: PageRequest) -> list[Choice]:
    """The provinces of today that lie in the actor's areas."""
    rows = await Area.filter(kind=AreaKind.PROVINCE, valid_to__isnull=True).order_by("name_key")
    return [Choice(str(row.id), row.name) for row in rows if await actor_can_reach(request.actor, row.id)]


async def _choice_labels(request: PageRequest, card: Scorecard, form: Form) -> Mapping[str, list[Choice]]:
    texts = [str((await _values(request, card))[criteria.FIELD]), form.selected(criteria.FIELD)]
    return {
        "province": await _provinces(request),
        criteria.FIELD: [Choice(text, criteria.readable(request, text)) for text in texts],
    }


async def _save(request: PageRequest, card: Scorecard, form: Form) -> Scorecard:
    return await scorecards.edit(card.id, _draft(form), expected_version=card.version, by=request.actor)


_EDIT_FORM: Final = EditForm[Scorecard](
    load=_load,
    read=criteria.read_form,
    values=_values,
    choice_labels=_choice_labels,
    save=_save,
    show=_show_edit,
    path=lambda card: f"{PATH}/{card.id}",
    flash=_SAVED,
    field_groups=(_THRESHOLDS,),
)

ROUTES: Final = (
    *page_at(PATH, post=create),
    *page_at(f"{PATH}/new", get=new),
    *page_at(f"{PATH}/{{id:uuid}}", post=update),
    *page_at(f"{PATH}/{{id:uuid}}/edit", get=edit),
    *page_at(f"{PATH}/{{id:uuid}}/version", get=new_version, post=create_version),
)
