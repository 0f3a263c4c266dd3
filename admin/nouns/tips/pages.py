"""Tips: the inbox, one tip with its story, and the form to record or correct one."""

import re
from datetime import timedelta
from typing import Final

from starlette.responses import Response
from tortoise.queryset import QuerySet

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.nouns.drafts import names_of, read_draft, values_of
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.lists import Sort, chosen, empty, listed
from admin.kit.pages import done, page
from admin.kit.pickers import area_choice, area_code, read_area, read_group
from admin.kit.request import Visit
from admin.kit.sealed import read_reporter, sealed_of
from admin.nouns.tips.actions import ACTIONS, group_of, load, original_of
from records.areas.scope import lies_in
from records.core.days import midnight, now, today
from records.core.errors import Denied, Invalid
from records.core.identifiers.codes import looked_up
from records.core.language import mark as _
from records.core.language import moment
from records.core.rights import Right, check_may, may
from records.core.search import matching
from records.nouns import groups, tips
from records.nouns.tips import TipDraft, attachments
from records.privacy import reporters
from records.tables import Tip
from records.tables.tips import Channel, LegalKind, Priority, TipStatus

SORTS: Final = (
    Sort("newest", _("Newest first"), "received_at", descending=True),
    Sort("oldest", _("Oldest first"), "received_at"),
    Sort("changed", _("Recently changed"), "updated_at", descending=True),
    Sort("deadline", _("Nearest deadline (formal reports)"), "due_at"),
)
# A tip's code, or what people say of it: the year and the number, or the number alone.
_CODE: Final = re.compile(r"(?:TB-)?(?:(\d{4})-)?(\d{1,6})", re.IGNORECASE)
_FIRST_YEAR: Final = 2000


async def index(visit: Visit) -> Response:
    """The inbox."""
    form = Form(visit.request.query_params)
    check_may(visit.actor, Right.TIPS_READ)
    try:
        rows = await _filtered(visit, form)
        form.done()
        listing = await listed(visit, rows, chosen(form, SORTS), SORTS)
        await _load_names(listing.rows)
        status = 200
    except Invalid as no:
        form.problems |= no.problems
        listing, status = empty(SORTS), 422
    return page(
        visit,
        "nouns/tips/index.html",
        block="results",
        status=status,
        form=form,
        listing=listing,
        now=now(),
        ended=tips.ENDED,
        may_submit=may(visit.actor, Right.TIPS_SUBMIT),
        filters=await _filters(visit),
    )


async def show(visit: Visit) -> Response:
    """One tip: what it says, where it stands, what may be done now, its story and its history."""
    tip = await load(visit)
    return page(
        visit,
        "nouns/tips/show.html",
        block="record",
        into="#record",
        tip=tip,
        now=now(),
        ended=tips.ENDED,
        category=history.category_name(visit, tip.category),
        area=area_choice(tip.area),
        offers=ACTIONS.offers(visit, tip),
        may_edit=tips.can_edit(visit.actor, tip),
        group=await group_of(visit, tip),
        original=await original_of(visit, tip),
        may_attach_reporter=tip.anonymous and may(visit.actor, Right.TIPS_EDIT),
        sealed=await sealed_of(visit, "tip_reporters", tip.id),
        events=await tips.events(visit.actor, tip.id),
        outcomes=await tips.outcomes(visit.actor, tip.id),
        attachments=await attachments.of_tip(visit.actor, tip.id),
        may_attach=attachments.can_add(visit.actor, tip),
        may_erase=may(visit.actor, Right.ATTACHMENTS_ERASE),
        history=await history.entries(visit, tip),
    )


async def new(visit: Visit) -> Response:
    """The empty form; a group in the address is filled in."""
    check_may(visit.actor, Right.TIPS_SUBMIT)
    given = {"received_at": moment(now()), "legal_kind": LegalKind.SOURCE, "priority": Priority.NORMAL}
    group_code = visit.request.query_params.get("group", "")
    if group_code and may(visit.actor, Right.GROUPS_READ):
        group = await groups.visible_to(visit.actor).get_or_none(code=looked_up(group_code))
        if group is not None:
            await group.fetch_related("area")
            given |= {"group": group.code, "area": area_code(group.area)}
    return await _form(visit, None, Form(given))


async def create(visit: Visit) -> Response:
    """Records a tip."""
    check_may(visit.actor, Right.TIPS_SUBMIT)
    form = Form(visit.form)
    try:
        reporter = read_reporter(form)
        tip = await reporters.submit(await read_draft(visit, form, TipDraft), reporter, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, None, form, status=422)
    return done(visit, f"/admin/tips/{tip.id}", "tip-created")


async def edit(visit: Visit) -> Response:
    """The form, filled with the tip as it is."""
    tip = await load(visit)
    if not tips.can_edit(visit.actor, tip):
        raise Denied("You do not have permission to do this.")
    return await open_form(visit, _EDITOR, tip)


async def update(visit: Visit) -> Response:
    """Corrects a tip."""
    tip = await load(visit)
    check_may(visit.actor, Right.TIPS_EDIT)
    return await save_form(visit, _EDITOR, tip)


async def _filtered(visit: Visit, form: Form) -> QuerySet[Tip]:
    rows = tips.visible_to(visit.actor)
    text = form.searched("q")
    named = await tips.find(visit.actor, text)
    rows = rows.filter(id=named.id) if named else matching(rows, text, codes=_codes(text))
    if form.text("status") == "OPEN":
        rows = rows.exclude(status__in=list(tips.ENDED))
    elif (status := form.one_of("status", TipStatus)) is not None:
        rows = rows.filter(status=status)
    if (channel := form.one_of("channel", Channel)) is not None:
        rows = rows.filter(channel=channel)
    if (category := form.id("category")) is not None:
        rows = rows.filter(category_id=category)
    if (area := await read_area(visit, form, needed=False)) is not None:
        rows = rows.filter(lies_in([area]))
    if form.text("group") and (group := await read_group(visit, form)) is not None:
        rows = rows.filter(group_id=group)
    if (first := form.day("from")) is not None:
        rows = rows.filter(received_at__gte=midnight(first))
    if (last := form.day("to")) is not None:
        rows = rows.filter(received_at__lt=midnight(last + timedelta(days=1)))
    if form.text("overdue"):
        rows = rows.filter(due_at__lt=now()).exclude(status__in=list(tips.ENDED))
    if form.text("mine"):
        rows = rows.filter(assignee_id=visit.actor.id)
    if form.text("sort") == "deadline":
        rows = rows.filter(due_at__isnull=False).exclude(status__in=list(tips.ENDED))
    return rows


def _codes(text: str) -> list[str]:
    """The codes that `text` may mean; a number alone is looked for in every year."""
    match = _CODE.fullmatch(text.strip())
    if match is None:
        return []
    years = [int(match[1])] if match[1] else range(_FIRST_YEAR, today().year + 1)
    return [f"TB-{year:04d}-{int(match[2]):06d}" for year in years]


async def _load_names(rows: list[Tip]) -> None:
    if rows:
        await Tip.fetch_for_list(rows, "category", "area", "assignee")


async def _filters(visit: Visit) -> dict[str, list[Choice]]:
    statuses = [Choice("OPEN", visit._("All open tips")), *choices(visit, TipStatus)]
    return {"status": statuses, "channel": choices(visit, Channel), "category": await _categories(visit)}


async def _categories(visit: Visit, kept: Tip | None = None) -> list[Choice]:
    rows = await tips.categories()
    if kept is not None and kept.category_id not in {row.id for row in rows}:
        rows = [kept.category, *rows]
    return [Choice(str(row.id), history.category_name(visit, row)) for row in rows]


async def _form(
    visit: Visit, tip: Tip | None, form: Form, opened: Opened | None = None, status: int = 200
) -> Response:
    return page(
        visit,
        "nouns/tips/form.html",
        status=status,
        tip=tip,
        form=form,
        opened=opened,
        category_choices=await _categories(visit, tip),
        channel_choices=choices(visit, Channel),
        legal_kind_choices=choices(visit, LegalKind),
        priority_choices=choices(visit, Priority),
        may_see_groups=may(visit.actor, Right.GROUPS_READ),
    )


async def _save(visit: Visit, tip: Tip, form: Form) -> object:
    draft = await read_draft(visit, form, TipDraft, tip)
    return await tips.edit(tip.id, draft, seen=tip.version, by=visit.actor)


_EDITOR: Final = Editor[Tip](
    load=load,
    values=lambda visit, tip: values_of(visit, TipDraft, tip),
    words=lambda visit, tip, form: names_of(visit, TipDraft, tip, form),
    save=_save,
    show=_form,
    path=lambda tip: f"/admin/tips/{tip.id}",
    said="tip-saved",
    together=(("lat", "lon"),),
)
