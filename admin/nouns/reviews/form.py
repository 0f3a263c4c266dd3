"""The form of a review: points by criterion beside what the records say, and the total as one types."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.field_labels import labels_of
from admin.kit.forms.fields import Choice, Form
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.references import title_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.reviews.actions import PATH, load
from admin.nouns.reviews.scoring import Score, lines, points_text, read_score
from admin.nouns.reviews.years import requested_year
from records.changes.rows import find
from records.core.dates import today
from records.core.declarations.fields import max_lengths
from records.core.errors import Conflict, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import groups, reviews
from records.nouns.reviews import ReviewDraft, scorecards
from records.tables import Group, Review

_TEXTS: Final = ("findings", "actions")


async def new(request: PageRequest) -> Response:
    """The form of a group's review for a year; one that is there already opens instead."""
    check_right(request.actor, Right.REVIEWS_RECORD)
    group, year = await _load_group(request), requested_year(request)
    row = await reviews.visible_to(request.actor).get_or_none(group_id=group.id, year=year)
    if row is not None:
        edit = "/edit" if reviews.can_change(request.actor, row) else ""
        return RedirectResponse(f"{PATH}/{row.id}{edit}", status_code=303)
    return await _new_form(request, group, year, Form({}))


async def create(request: PageRequest) -> Response:
    """Records the review."""
    check_right(request.actor, Right.REVIEWS_RECORD)
    group, year, form = await _load_group(request), requested_year(request), Form(request.form)
    try:
        card = await scorecards.find_scorecard(group.area_id, year)
        draft = _draft(form, read_score(form, card, await scorecards.criteria_of(card.id))) if card else None
        row = await reviews.record(group.id, year, draft or ReviewDraft({}), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _new_form(request, group, year, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _new_form(request, group, year, form, status=409)
    return redirect_with_flash(request, f"{PATH}/{row.id}", _("Review saved."))


async def edit(request: PageRequest) -> Response:
    """The form with the current points."""
    return await show_edit_form(request, _EDIT_FORM, await _load_changeable(request))


async def update(request: PageRequest) -> Response:
    """Saves the form, merged with concurrent edits."""
    return await save_edit_form(request, _EDIT_FORM, await _load_changeable(request))


async def show_score(request: PageRequest) -> Response:
    """The total and the class of the points in the address, while they are typed."""
    check_right(request.actor, Right.REVIEWS_RECORD)
    card = await find(scorecards.NOUN, scorecards.visible_to(request.actor), request.id)
    form = Form(request.http_request.query_params)
    score = read_score(form, card, await scorecards.criteria_of(card.id))
    return render(request, "nouns/reviews/score.html", block="results", score=score)


async def _load_group(request: PageRequest) -> Group:
    group = await find(groups.NOUN, groups.visible_to(request.actor), request.id)
    await group.fetch_related("area")
    return group


async def _load_changeable(request: PageRequest) -> Review:
    check_right(request.actor, Right.REVIEWS_RECORD)
    row = await load(request)
    if not reviews.can_change(request.actor, row):
        raise Conflict("A signed review cannot be changed. A signature can be withdrawn until both sign.")
    return row


def _draft(form: Form, score: Score) -> ReviewDraft:
    """The review that was entered. Raises `ValidationFailed`."""
    form.check_lengths(max_lengths(ReviewDraft))
    form.raise_if_invalid()
    return ReviewDraft(score.points, **{name: form.text(name) for name in _TEXTS})


async def _values(request: PageRequest, row: Review) -> Mapping[str, str | list[str]]:
    points = await reviews.points_of(row.id)
    criteria = await scorecards.criteria_of(row.scorecard_id)
    texts = {f"points-{one.position}": points_text(request, points[one.id]) for one in criteria}
    return texts | {"findings": row.findings, "actions": row.actions}


async def _choice_labels(_request: PageRequest, _row: Review, _form: Form) -> Mapping[str, list[Choice]]:
    return {}


async def _save(request: PageRequest, row: Review, form: Form) -> object:
    score = read_score(form, row.scorecard, await scorecards.criteria_of(row.scorecard_id))
    return await reviews.correct(row.id, _draft(form, score), expected_version=row.version, by=request.actor)


async def _new_form(
    request: PageRequest, group: Group, year: int, form: Form, *, status: int = 200
) -> Response:
    card = await scorecards.find_scorecard(group.area_id, year)
    score = read_score(form, card, await scorecards.criteria_of(card.id)) if card else None
    return await _page(
        request,
        group,
        year,
        form,
        score,
        status=status,
        action=request.current_url,
        back=f"/admin/groups/{group.id}",
        back_title=group.name,
    )


async def _show_edit(
    request: PageRequest, row: Review, form: Form, opened: EditState, status: int
) -> Response:
    score = read_score(form, row.scorecard, await scorecards.criteria_of(row.scorecard_id))
    path, title = f"{PATH}/{row.id}", title_of(request, row)
    return await _page(
        request,
        row.group,
        row.year,
        form,
        score,
        status=status,
        action=path,
        back=path,
        back_title=title,
        opened=opened,
    )


async def _page(
    request: PageRequest,
    group: Group,
    year: int,
    form: Form,
    score: Score | None,
    *,
    status: int,
    **context: Any,
) -> Response:
    known = await reviews.evidence(group, year, by=request.actor)
    found = lines(request, score, known) if score else []
    earlier = reviews.visible_to(request.actor).filter(group_id=group.id, year__lt=year)
    return render(
        request,
        "nouns/reviews/form.html",
        status=status,
        form=form,
        title=request._("Review for {year}: {name}", year=str(year), name=group.name),
        score=score,
        lines=found,
        criterion_names={line.name: line.criterion.name for line in found},
        earlier=await earlier.order_by("-year").first(),
        years=_years(request, group, year),
        **{"opened": None} | context,
    )


def _years(request: PageRequest, group: Group, shown: int) -> list[tuple[str, str]]:
    """Links to this year's form, and to that of the last year, which may be reviewed soon after its end."""
    path, this = f"/admin/groups/{group.id}/review", today().year
    return [
        (str(year), request.current_url if year == shown else f"{path}?year={year}")
        for year in (this, this - 1)
    ]


async def _labels(row: Review) -> Mapping[str, str]:
    """The criteria are called by their names."""
    criteria = await scorecards.criteria_of(row.scorecard_id)
    return labels_of(Review) | {f"points-{one.position}": one.name for one in criteria}


_EDIT_FORM: Final = EditForm[Review](
    load=load,
    labels=_labels,
    values=_values,
    choice_labels=_choice_labels,
    save=_save,
    show=_show_edit,
    path=lambda row: f"{PATH}/{row.id}",
    flash=_("Review saved."),
)

ROUTES: Final = (
    *page_at("/admin/groups/{id:uuid}/review", get=new, post=create),
    *page_at(f"{PATH}/{{id:uuid}}", post=update),
    *page_at(f"{PATH}/{{id:uuid}}/edit", get=edit),
    *page_at("/admin/scorecards/{id:uuid}/score", get=show_score),
)
