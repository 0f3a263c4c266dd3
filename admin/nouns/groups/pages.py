"""Groups: the list, one group with its members, tips and history, and the form to record or correct one."""

from collections import Counter
from datetime import date
from typing import Final
from uuid import UUID

from starlette.responses import Response
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.lists import Sort, chosen, empty, listed
from admin.kit.pages import done, page
from admin.kit.pickers import area_choice, area_code, named_areas, read_area
from admin.kit.request import Visit
from admin.nouns.groups.actions import ACTIONS, can_restore, load
from records.areas.scope import lies_in
from records.core.declarations.fields import max_lengths
from records.core.errors import Denied, Invalid, NotFound
from records.core.language import day
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.core.search import matching
from records.nouns import groups, members, tips
from records.tables import Group, Member, Programme
from records.tables.groups import GroupKind, GroupStatus
from records.tables.tips import TipStatus

SORTS: Final = (
    Sort("name", _("Name A to Z"), "name_key"),
    Sort("name-back", _("Name Z to A"), "name_key", descending=True),
    Sort("changed", _("Recently changed"), "updated_at", descending=True),
)


async def index(visit: Visit) -> Response:
    """The list of groups."""
    form = Form(visit.request.query_params)
    check_may(visit.actor, Right.GROUPS_READ)
    try:
        rows = await _filtered(visit, form)
        form.done()
        listing = await listed(visit, rows, chosen(form, SORTS), SORTS)
        if listing.rows:
            await Group.fetch_for_list(listing.rows, "area")
        status = 200
    except Invalid as no:
        form.problems |= no.problems
        listing, status = empty(SORTS), 422
    return page(
        visit,
        "nouns/groups/index.html",
        block="results",
        status=status,
        form=form,
        listing=listing,
        may_create=may(visit.actor, Right.GROUPS_CREATE),
        may_see_removed=may(visit.actor, Right.GROUPS_REMOVE),
        filters={
            "kind": choices(visit, GroupKind),
            "status": choices(visit, GroupStatus),
            "programme": await _programmes(),
        },
    )


async def show(visit: Visit) -> Response:
    """One group; one that was taken out is shown only to those who may bring it back."""
    try:
        group = await load(visit)
    except NotFound:
        if not may(visit.actor, Right.GROUPS_REMOVE):
            raise
        group = await load(visit, removed=True)
    here = group.deleted_at is None
    return page(
        visit,
        "nouns/groups/show.html",
        block="record",
        into="#record",
        group=group,
        area=area_choice(group.area),
        merged_into=await groups.visible_to(visit.actor).get_or_none(id=group.merged_into_id),
        offers=ACTIONS.offers(visit, group) if here else [],
        may_edit=here and may(visit.actor, Right.GROUPS_EDIT),
        may_restore=can_restore(visit.actor, group),
        may_submit_tip=here and may(visit.actor, Right.TIPS_SUBMIT),
        roster=await _roster(visit, group) if here else None,
        tip_counts=await _tip_counts(visit, group),
        statuses=list(TipStatus),
        history=await history.entries(visit, group),
    )


async def new(visit: Visit) -> Response:
    """The empty form."""
    check_may(visit.actor, Right.GROUPS_CREATE)
    return await _form(visit, None, Form({"kind": GroupKind.SELF_GOVERNING}))


async def create(visit: Visit) -> Response:
    """Records a group."""
    check_may(visit.actor, Right.GROUPS_CREATE)
    form = Form(visit.form)
    try:
        group = await groups.create(await _draft(visit, form), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, None, form, status=422)
    return done(visit, f"/admin/groups/{group.id}", "group-created")


async def edit(visit: Visit) -> Response:
    """The form, filled with the group as it is."""
    group = await load(visit)
    if not may(visit.actor, Right.GROUPS_EDIT):
        raise Denied("You do not have permission to do this.")
    return await open_form(visit, _EDITOR, group)


async def update(visit: Visit) -> Response:
    """Corrects a group."""
    group = await load(visit)
    check_may(visit.actor, Right.GROUPS_EDIT)
    return await save_form(visit, _EDITOR, group)


async def _filtered(visit: Visit, form: Form) -> QuerySet[Group]:
    removed = bool(form.text("removed")) and may(visit.actor, Right.GROUPS_REMOVE)
    rows = matching(groups.visible_to(visit.actor, removed=removed), form.searched("q"))
    if (kind := form.one_of("kind", GroupKind)) is not None:
        rows = rows.filter(kind=kind)
    if (status := form.one_of("status", GroupStatus)) is not None:
        rows = rows.filter(status=status)
    if (programme := form.id("programme")) is not None:
        rows = rows.filter(programme_id=programme)
    if (area := await read_area(visit, form, needed=False)) is not None:
        rows = rows.filter(lies_in([area]))
    return rows


async def _roster(visit: Visit, group: Group) -> list[Member] | None:
    """Who is in the group now; None where this person may not see members."""
    if not may(visit.actor, Right.MEMBERS_READ):
        return None
    return await (await members.of_group(visit.actor, group.id)).filter(left_on__isnull=True)


async def _tip_counts(visit: Visit, group: Group) -> Counter[TipStatus] | None:
    """How many tips the group passed on, by status; None where this person may not see tips."""
    if not may(visit.actor, Right.TIPS_READ):
        return None
    rows = tips.visible_to(visit.actor).filter(group_id=group.id).annotate(tips=Count("id"))
    counted = await rows.group_by("status").values_list("status", "tips")
    return Counter({TipStatus(status): number for status, number in counted})


async def _programmes() -> list[Choice]:
    rows = await Programme.filter(deleted_at__isnull=True).order_by("name").limit(200)
    return [Choice(str(row.id), row.name) for row in rows]


async def _draft(visit: Visit, form: Form, group: Group | None = None) -> groups.GroupDraft:
    """What the form says; an area that still stands as the form showed it stays as it is."""
    form.need("code", "name", "kind")
    form.limit(max_lengths(groups.GroupDraft))
    kept_area = group is not None and form.text("area") == area_code(group.area)
    area_id = group.area_id if group and kept_area else await read_area(visit, form)
    draft = groups.GroupDraft(
        code=form.text("code"),
        name=form.text("name"),
        kind=form.one_of("kind", GroupKind, needed=True),
        area_id=area_id or UUID(int=0),
        programme_id=form.id("programme"),
        founded_on=form.day("founded_on"),
        households=form.whole("households"),
        stated_members=form.whole("stated_members"),
        stated_on=form.day("stated_on"),
        external_id=form.text("external_id") or None,
        external_url=form.text("external_url"),
    )
    form.done()
    return draft


async def _values(_visit: Visit, group: Group) -> dict[str, str | list[str]]:
    """The group as the form would hold it."""
    return {
        "code": group.code,
        "name": group.name,
        "kind": group.kind,
        "area": area_code(group.area),
        "programme": str(group.programme_id or ""),
        "founded_on": _day(group.founded_on),
        "households": "" if group.households is None else str(group.households),
        "stated_members": "" if group.stated_members is None else str(group.stated_members),
        "stated_on": _day(group.stated_on),
        "external_id": group.external_id or "",
        "external_url": group.external_url,
    }


async def _form(
    visit: Visit, group: Group | None, form: Form, opened: Opened | None = None, status: int = 200
) -> Response:
    return page(
        visit,
        "nouns/groups/form.html",
        status=status,
        group=group,
        form=form,
        opened=opened,
        kind_choices=choices(visit, GroupKind),
        programme_choices=await _programmes(),
    )


async def _save(visit: Visit, group: Group, form: Form) -> object:
    draft = await _draft(visit, form, group)
    return await groups.edit(group.id, draft, seen=group.version, by=visit.actor)


async def _words(visit: Visit, group: Group, form: Form) -> dict[str, list[Choice]]:
    return {
        "kind": choices(visit, GroupKind),
        "programme": await _programmes(),
        "area": [area_choice(group.area), *await named_areas(form.picked("area"))],
    }


def _day(value: date | None) -> str:
    return day(value) if value else ""


_EDITOR: Final = Editor[Group](
    load=load,
    values=_values,
    words=_words,
    save=_save,
    show=_form,
    path=lambda group: f"/admin/groups/{group.id}",
    said="group-saved",
    together=(("stated_members", "stated_on"),),
)
