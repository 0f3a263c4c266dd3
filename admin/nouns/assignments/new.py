"""Assigning somebody to a hamlet or a group."""

from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.drafts import read_draft
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import name_codes
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.assignments.pages import PATH
from records.areas import areas
from records.areas.assignees import staff_below, staff_in
from records.areas.scope import actor_can_reach
from records.core.actor import Role
from records.core.dates import today
from records.core.errors import Conflict, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import assignments, groups
from records.nouns.assignments import ROLES, AssignmentDraft
from records.tables.groups import AssignmentKind


async def show(request: PageRequest) -> Response:
    """The form, for the area or group of the address if it names one."""
    check_right(request.actor, Right.ASSIGNMENTS_MANAGE)
    query = request.http_request.query_params
    given = {name: query.get(name, "") for name in ("area", "group", "kind")}
    return await _page(request, Form({"starts_on": format_date(today())} | given))


async def create(request: PageRequest) -> Response:
    """Assigns somebody, and leads back to the group if it is one's."""
    check_right(request.actor, Right.ASSIGNMENTS_MANAGE)
    form = Form(request.form)
    try:
        row = await assignments.assign(await read_draft(request, form, AssignmentDraft), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, form, status=409)
    back = f"/admin/groups/{row.group_id}" if row.group_id else f"{PATH}/{row.id}"
    return redirect_with_flash(request, back, _("Assigned."))


async def _page(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    await name_codes(request, form, {"area": "area", "group": "group"})
    kinds = [kind for kind in AssignmentKind if assignments.can_manage(request.actor, kind)]
    names = {kind.value for kind in kinds}
    place = [
        Input("area", _("Area"), "area", hint=_("One of the two: an area or a group")),
        Input("group", _("Or a group"), "group", hint=_("Enter the code or part of the name")),
    ]
    person = [
        Input(
            "kind",
            _("Capacity"),
            "choices",
            choices=[one for one in enum_choices(request, AssignmentKind) if one.value in names],
        ),
        Input(
            "staff",
            _("Person in charge"),
            "choices",
            choices=await _people(request, form, kinds),
            none=_("None"),
        ),
        Input("officer_name", _("Or the name of a person without an account")),
        Input("starts_on", _("Since"), "day", size="short", hint=_("dd/mm/yyyy")),
    ]
    return render(
        request,
        "kit/templates/form.html",
        status=status,
        form=form,
        opened=None,
        action=PATH,
        back=PATH,
        back_title=request._("Assignments"),
        title=request._("Assign somebody"),
        rows=[[one] for one in (*place, *person)],
    )


async def _people(request: PageRequest, form: Form, kinds: list[AssignmentKind]) -> list[Choice]:
    """Those who can be assigned where the form says, else anywhere in the areas of this person."""
    roles = frozenset[Role]().union(*(ROLES[kind] for kind in kinds))
    area = await _area(request, form)
    people = staff_in([area], roles) if area else staff_below(request.actor.areas or (), roles)
    return [Choice(str(one.id), one.name) async for one in people]


async def _area(request: PageRequest, form: Form) -> UUID | None:
    """The area that the form is about, if this person works there."""
    if code := form.selected("group"):
        group = await groups.visible_to(request.actor).get_or_none(code=lookup_code(code))
        return group.area_id if group else None
    try:
        area = await areas.resolve_reference(form.selected("area"))
    except ValidationFailed:
        return None
    return area.id if await actor_can_reach(request.actor, area.id) else None


ROUTES: Final = (
    *page_at(PATH, post=create),
    *page_at(f"{PATH}/new", get=show),
)
