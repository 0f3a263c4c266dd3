"""Tips: the inbox, one tip with its timeline, and the form to record or edit one."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.sealed import read_reporter, sealed_of
from admin.kit.nouns.drafts import names_of, read_draft, values_of
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.facets import Counted
from admin.kit.nouns.pages import Pages
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_choice, area_code, name_codes, named_areas
from admin.kit.pictures import PicturePages, read_picture
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.kit.values import name_of
from admin.nouns.tips import inbox
from admin.nouns.tips.actions import ACTIONS, load, load_group, load_original
from admin.nouns.tips.timeline import timeline
from records.core.dates import now
from records.core.declarations.fields import max_lengths
from records.core.errors import PermissionDenied, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.language import format_datetime
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.text import normalize_text
from records.nouns import groups, tips
from records.nouns.tips import TipDraft
from records.privacy import attachments, reporters
from records.tables import Area, Tip
from records.tables.groups import GroupKind
from records.tables.tips import Channel, LegalKind, Priority, TipStatus

_LONGEST_TITLE: Final = max_lengths(TipDraft)["title"]
# The channel of what comes through a group.
_CHANNELS: Final = {GroupKind.ZALO: Channel.ZALO, GroupKind.FACEBOOK: Channel.FACEBOOK}


async def show(request: PageRequest) -> Response:
    """One tip with its actions, its likely duplicates and its timeline; beside the inbox, where that asks."""
    return await _record(request, await load(request), Form({}))


async def _record(request: PageRequest, tip: Tip, form: Form, status: int = 200) -> Response:
    """The page of a tip; `form` is that of a picture to attach."""
    preview = request.is_partial_of("/admin/tips")
    return render(
        request,
        "nouns/tips/show.html",
        block="record",
        into="#record",
        status=status,
        here=f"/admin/tips/{tip.id}{request.query}",
        form=form,
        tip=tip,
        preview=preview,
        neighbours=None if preview else await PAGES.neighbours(request, tip),
        category=name_of(request, tip.category),
        area=area_choice(tip.area),
        available_actions=ACTIONS.available_actions(request, tip),
        may_edit=tips.can_edit(request.actor, tip),
        group=await load_group(request, tip),
        original=await load_original(request, tip),
        may_attach_reporter=tip.anonymous and has_right(request.actor, Right.TIPS_EDIT),
        sealed=await sealed_of(request, "tip_reporters", tip.id),
        timeline=timeline(
            request, await tips.events(request.actor, tip.id), await history.entries(request, tip)
        ),
        outcomes=await tips.outcomes(request.actor, tip.id),
        gallery_shown=await PICTURES.gallery(request, tip),
        duplicates=await tips.likely_duplicates(request.actor, tip) if tip.status not in tips.FINAL else [],
        may_merge=tips.MERGE.can(request.actor, tip),
    )


async def new(request: PageRequest) -> Response:
    """The form with what is probable filled in; a group in the address brings its area and channel."""
    check_right(request.actor, Right.TIPS_SUBMIT)
    suggestions = await tips.suggest(request.actor)
    initial = {
        "received_at": format_datetime(now()),
        "legal_kind": LegalKind.SOURCE,
        "priority": Priority.NORMAL,
        "channel": next(iter(suggestions.channels), Channel.PHONE),
        "area_choice": next((area_code(area) for area in suggestions.areas), ""),
    }
    group_code = request.http_request.query_params.get("group", "")
    if group_code and has_right(request.actor, Right.GROUPS_READ):
        group = await groups.visible_to(request.actor).get_or_none(code=lookup_code(group_code))
        if group is not None:
            await group.fetch_related("area")
            channel = _CHANNELS.get(group.kind, Channel.MEETING)
            initial |= {"group": group.code, "area_choice": area_code(group.area), "channel": channel}
    return await _form(request, None, Form(initial), suggestions=suggestions)


async def create(request: PageRequest) -> Response:
    """Records a tip."""
    check_right(request.actor, Right.TIPS_SUBMIT)
    form = Form(request.form)
    try:
        picture = await read_picture(request, form)
        reporter, draft = read_reporter(form), await read_draft(request, _titled(form), TipDraft)
        tip = await reporters.submit(draft, reporter, picture=picture, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, None, form, status=422)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}", _("Tip added."))


def _titled(form: Form) -> Form:
    """The form with the first line of the content as the title, where none was entered."""
    lines = (normalize_text(line) for line in form.text("body").splitlines())
    first, most = next(filter(None, lines), ""), _LONGEST_TITLE
    title = form.text("title").strip() or (first if len(first) <= most else f"{first[: most - 1]}…")
    if not title:
        form.add_problem("body", "Enter a value.")
    # Without any, the problem of the content is enough: the title has none of its own.
    # The title itself is no problem then: what is missing is the text.
    titled = Form({**form.data, "title": title or "–"}, form.problems)
    titled.choices = form.choices
    return titled


async def edit(request: PageRequest) -> Response:
    """The form with the current values of the tip."""
    tip = await load(request)
    if not tips.can_edit(request.actor, tip):
        raise PermissionDenied("You do not have permission to do this.")
    return await show_edit_form(request, _EDIT_FORM, tip)


async def update(request: PageRequest) -> Response:
    """Corrects a tip."""
    tip = await load(request)
    check_right(request.actor, Right.TIPS_EDIT)
    return await save_edit_form(request, _EDIT_FORM, tip)


async def _categories(request: PageRequest, tip: Tip | None, first: Sequence[UUID]) -> list[Choice]:
    """The categories of a tip, those of `first` before the others."""
    rows = await tips.categories()
    if tip is not None and tip.category_id not in {row.id for row in rows}:
        rows = [tip.category, *rows]
    places = {row_id: place for place, row_id in enumerate(first)}
    rows.sort(key=lambda row: places.get(row.id, len(places)))
    return [Choice(str(row.id), name_of(request, row)) for row in rows]


async def _area_choices(request: PageRequest, form: Form, suggested: list[Area]) -> list[Choice]:
    """The areas to tap: the suggested ones, after the one that a group brought along."""
    choices = [Choice(area_code(area), area.name) for area in suggested]
    chosen = form.text("area_choice")
    is_other = bool(chosen) and not form.text("area") and chosen not in {one.value for one in choices}
    return [*(await named_areas(request, [chosen]) if is_other else []), *choices]


async def _form(
    request: PageRequest,
    tip: Tip | None,
    form: Form,
    opened: EditState | None = None,
    status: int = 200,
    *,
    suggestions: tips.Suggestions | None = None,
) -> Response:
    suggestions = suggestions or await tips.suggest(request.actor)
    # A new tip has areas to tap beside the picker, which stays for another one.
    await name_codes(request, form, {"area": "area", "group": "group"} if tip else {"group": "group"})
    return render(
        request,
        "nouns/tips/form.html",
        status=status,
        tip=tip,
        form=form,
        opened=opened,
        files=tip is None,
        area_choices=[] if tip else await _area_choices(request, form, suggestions.areas),
        category_choices=await _categories(request, tip, suggestions.category_ids),
        channel_choices=enum_choices(request, Channel),
        legal_kind_choices=enum_choices(request, LegalKind),
        priority_choices=enum_choices(request, Priority),
        may_see_groups=has_right(request.actor, Right.GROUPS_READ),
    )


async def _save(request: PageRequest, tip: Tip, form: Form) -> object:
    draft = await read_draft(request, form, TipDraft, tip)
    return await tips.edit(tip.id, draft, expected_version=tip.version, by=request.actor)


_EDIT_FORM: Final = EditForm[Tip](
    load=load,
    values=lambda request, tip: values_of(request, TipDraft, tip),
    choice_labels=lambda request, tip, form: names_of(request, TipDraft, tip, form),
    save=_save,
    show=_form,
    path=lambda tip: f"/admin/tips/{tip.id}",
    flash=_("Tip saved."),
    field_groups=(("lat", "lon"),),
)
PICTURES: Final = PicturePages[Tip](
    owner=attachments.TIPS, path="/admin/attachments", records_path="/admin/tips", load=load, show=_record
)
PAGES: Final = Pages[Tip, TipDraft](
    noun=tips.NOUN,
    path="/admin/tips",
    columns=None,
    filters=inbox.FILTERS,
    sorts=inbox.SORTS,
    references=("category", "area", "assignee"),
    selecting=Right.TIPS_ASSIGN,
    chips=inbox.CHIPS,
    chip_counts=inbox.chip_counts,
    counted=Counted(tips.OPEN, frozenset(TipStatus) - tips.FINAL),
    status_groups={inbox.OPEN: frozenset(TipStatus) - tips.FINAL},
    search=_("Words or code"),
    match=inbox.match,
    adding=(_("Add a tip"), Right.TIPS_SUBMIT),
    empty=_("No tips match these filters."),
    list_template="nouns/tips/index.html",
    actions=ACTIONS,
    show=show,
)

ROUTES: Final = (
    *page_at("/admin/tips", post=create),
    *page_at("/admin/tips/new", get=new),
    *page_at("/admin/tips/{id:uuid}", post=update),
    *page_at("/admin/tips/{id:uuid}/edit", get=edit),
    *PICTURES.routes(),
)
