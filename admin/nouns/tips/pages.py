"""Tips: the inbox, one tip with its timeline, and the form to record or edit one."""

import re
from datetime import timedelta
from typing import Final

from starlette.responses import Response
from tortoise.queryset import QuerySet

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.nouns.drafts import names_of, read_draft, values_of
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.lists import Sort, empty_listing, paginate, selected_sort
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_choice, area_code, read_area, read_group
from admin.kit.request import PageRequest
from admin.kit.sealed import read_reporter, sealed_of
from admin.kit.values import name_of
from admin.nouns.tips.actions import ACTIONS, load, load_group, load_original
from records.areas.scope import in_areas
from records.core.dates import midnight, now, today
from records.core.errors import PermissionDenied, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.language import format_datetime
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.search import filter_by_search
from records.nouns import groups, tips
from records.nouns.tips import TipDraft, attachments
from records.privacy import reporters
from records.tables import Tip
from records.tables.tips import Channel, LegalKind, Priority, TipStatus

SORTS: Final = (
    Sort("newest", _("Newest first"), "received_at", descending=True),
    Sort("oldest", _("Oldest first"), "received_at"),
    Sort("changed", _("Recently changed"), "updated_at", descending=True),
    Sort("deadline", _("Nearest deadline (formal tips)"), "due_at"),
)
_QUEUES: Final = {"overdue": tips.overdue, "soon": tips.due_soon, "unassigned": tips.unassigned}
# The code of a tip, or its short forms: year and number, or the number alone.
_CODE: Final = re.compile(r"(?:TB-)?(?:(\d{4})-)?(\d{1,6})", re.IGNORECASE)
_FIRST_YEAR: Final = 2000


async def index(request: PageRequest) -> Response:
    """The inbox."""
    form = Form(request.http_request.query_params)
    check_right(request.actor, Right.TIPS_READ)
    try:
        rows = await _filtered_rows(request, form)
        form.raise_if_invalid()
        listing = await paginate(request, rows, selected_sort(form, SORTS), SORTS)
        await _load_related(listing.rows)
        status = 200
    except ValidationFailed as error:
        form.problems |= error.problems
        listing, status = empty_listing(SORTS), 422
    return render(
        request,
        "nouns/tips/index.html",
        block="results",
        status=status,
        form=form,
        listing=listing,
        now=now(),
        ended=tips.FINAL,
        may_submit=has_right(request.actor, Right.TIPS_SUBMIT),
        filters=await _filters(request),
    )


async def show(request: PageRequest) -> Response:
    """One tip with its actions, timeline and history."""
    tip = await load(request)
    return render(
        request,
        "nouns/tips/show.html",
        block="record",
        into="#record",
        tip=tip,
        now=now(),
        ended=tips.FINAL,
        category=name_of(request, tip.category),
        area=area_choice(tip.area),
        available_actions=ACTIONS.available_actions(request, tip),
        may_edit=tips.can_edit(request.actor, tip),
        group=await load_group(request, tip),
        original=await load_original(request, tip),
        may_attach_reporter=tip.anonymous and has_right(request.actor, Right.TIPS_EDIT),
        sealed=await sealed_of(request, "tip_reporters", tip.id),
        events=await tips.events(request.actor, tip.id),
        outcomes=await tips.outcomes(request.actor, tip.id),
        attachments=await attachments.of_tip(request.actor, tip.id),
        may_attach=attachments.can_add(request.actor, tip),
        may_erase=has_right(request.actor, Right.ATTACHMENTS_ERASE),
        history=await history.entries(request, tip),
    )


async def new(request: PageRequest) -> Response:
    """The empty form; a group in the address is filled in."""
    check_right(request.actor, Right.TIPS_SUBMIT)
    initial = {
        "received_at": format_datetime(now()),
        "legal_kind": LegalKind.SOURCE,
        "priority": Priority.NORMAL,
    }
    group_code = request.http_request.query_params.get("group", "")
    if group_code and has_right(request.actor, Right.GROUPS_READ):
        group = await groups.visible_to(request.actor).get_or_none(code=lookup_code(group_code))
        if group is not None:
            await group.fetch_related("area")
            initial |= {"group": group.code, "area": area_code(group.area)}
    return await _form(request, None, Form(initial))


async def create(request: PageRequest) -> Response:
    """Records a tip."""
    check_right(request.actor, Right.TIPS_SUBMIT)
    form = Form(request.form)
    try:
        reporter = read_reporter(form)
        tip = await reporters.submit(await read_draft(request, form, TipDraft), reporter, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, None, form, status=422)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}", _("Tip added."))


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


async def _filtered_rows(request: PageRequest, form: Form) -> QuerySet[Tip]:
    rows = tips.visible_to(request.actor)
    text = form.search_text("q")
    named = await tips.find(request.actor, text)
    rows = rows.filter(id=named.id) if named else filter_by_search(rows, text, codes=_parse_codes(text))
    if form.text("status") == "OPEN":
        rows = tips.unfinished(rows)
    elif (status := form.enum_value("status", TipStatus)) is not None:
        rows = rows.filter(status=status)
    if (channel := form.enum_value("channel", Channel)) is not None:
        rows = rows.filter(channel=channel)
    if (category := form.id("category")) is not None:
        rows = rows.filter(category_id=category)
    if (area := await read_area(request, form, required=False)) is not None:
        rows = rows.filter(in_areas([area]))
    if form.text("group") and (group := await read_group(request, form)) is not None:
        rows = rows.filter(group_id=group)
    if (first := form.day("from")) is not None:
        rows = rows.filter(received_at__gte=midnight(first))
    if (last := form.day("to")) is not None:
        rows = rows.filter(received_at__lt=midnight(last + timedelta(days=1)))
    for name, queue in _QUEUES.items():
        rows = queue(rows) if form.text(name) else rows
    if form.text("mine"):
        rows = rows.filter(assignee_id=request.actor.id)
    if (assignee := form.id("assignee")) is not None:
        rows = rows.filter(assignee_id=assignee)
    if form.text("sort") == "deadline":
        rows = rows.filter(due_at__isnull=False).exclude(status__in=list(tips.FINAL))
    return rows


def _parse_codes(text: str) -> list[str]:
    """The codes that `text` may mean; a number alone matches every year."""
    match = _CODE.fullmatch(text.strip())
    if match is None:
        return []
    years = [int(match[1])] if match[1] else range(_FIRST_YEAR, today().year + 1)
    return [f"TB-{year:04d}-{int(match[2]):06d}" for year in years]


async def _load_related(rows: list[Tip]) -> None:
    if rows:
        await Tip.fetch_for_list(rows, "category", "area", "assignee")


async def _filters(request: PageRequest) -> dict[str, list[Choice]]:
    statuses = [Choice("OPEN", request._("All open tips")), *enum_choices(request, TipStatus)]
    return {
        "status": statuses,
        "channel": enum_choices(request, Channel),
        "category": await _categories(request),
    }


async def _categories(request: PageRequest, tip: Tip | None = None) -> list[Choice]:
    rows = await tips.categories()
    if tip is not None and tip.category_id not in {row.id for row in rows}:
        rows = [tip.category, *rows]
    return [Choice(str(row.id), name_of(request, row)) for row in rows]


async def _form(
    request: PageRequest, tip: Tip | None, form: Form, opened: EditState | None = None, status: int = 200
) -> Response:
    return render(
        request,
        "nouns/tips/form.html",
        status=status,
        tip=tip,
        form=form,
        opened=opened,
        category_choices=await _categories(request, tip),
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
