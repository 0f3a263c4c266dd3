"""Staff accounts: roles, areas and sign-in."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response
from tortoise.expressions import Q, Subquery

from admin.access.staff.actions import ACTIONS, SAVED, load
from admin.kit import history
from admin.kit.approvals import deciders, or_request_approval, pending
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.filters import Filter, tick_filter
from admin.kit.nouns.index import Index
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import render
from admin.kit.pickers import area_choice, area_code, named_areas, read_area, read_areas, show_areas
from admin.kit.request import PageRequest
from records.access import staff
from records.access.staff import factors, sessions
from records.areas.scope import in_areas
from records.core.actor import Role
from records.core.errors import PermissionDenied, ValidationFailed
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.core.rights import Right, account_kind, check_right
from records.tables import Staff, StaffArea


async def show(request: PageRequest) -> Response:
    """One account: role, areas, sign-in and history."""
    row = await load(request)
    kind = account_kind(row.role)
    return render(
        request,
        "access/staff/show.html",
        block="record",
        into="#record",
        up="/admin/staff",
        up_title=request._("Staff"),
        title=row.name,
        path=f"/admin/staff/{row.id}",
        row=row,
        areas=[area_choice(area) for area in await staff.areas_of(row.id)],
        seen=(await sessions.last_seen([row.id])).get(row.id),
        sessions=await sessions.live_sessions(row.id).count(),
        factors=sorted(await factors.kinds(row.id)),
        available_actions=ACTIONS.available_actions(request, row),
        may_edit=staff.can_manage_account(request.actor, row),
        is_oneself=row.id == request.actor.id,
        history=await history.entries(request, row),
        pending=await pending(request, row.id),
        deciders=deciders(request, kind) if kind else "",
    )


async def new(request: PageRequest) -> Response:
    """The empty form."""
    check_right(request.actor, Right.STAFF_MANAGE)
    require_recent_authentication(request)
    return await _form(request, None, Form({"language": Language.VI}))


async def create(request: PageRequest) -> Response:
    """Adds somebody; the password of their first sign-in stands on the page that answers, nowhere else."""
    check_right(request.actor, Right.STAFF_MANAGE)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        ids = await read_areas(request, form)
        form.require("username", "name")
        role = form.enum_value("role", Role, required=True)
        language = form.enum_value("language", Language, required=True)
        form.raise_if_invalid()
        invited = await or_request_approval(
            request,
            form,
            staff.invite(
                username=form.text("username"),
                name=form.text("name"),
                email=form.text("email"),
                role=role,
                language=language,
                areas=ids,
                by=request.actor,
            ),
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, None, form, status=422)
    if isinstance(invited, Response):
        return invited
    row, password = invited
    return render(request, "access/staff/password.html", row=row, password=password)


async def edit(request: PageRequest) -> Response:
    """The form with the current values of the account."""
    row = await _load_editable(request)
    require_recent_authentication(request)
    return await show_edit_form(request, _EDIT_FORM, row)


async def update(request: PageRequest) -> Response:
    """Changes an account."""
    row = await _load_editable(request)
    require_recent_authentication(request)
    return await save_edit_form(request, _EDIT_FORM, row)


async def _load_editable(request: PageRequest) -> Staff:
    check_right(request.actor, Right.STAFF_MANAGE)
    row = await load(request)
    if not staff.can_manage_account(request.actor, row):
        raise PermissionDenied("You cannot change your own access. Ask another administrator.")
    return row


def _detail_path(row: Staff) -> str:
    return f"/admin/staff/{row.id}"


async def _form_values(_request: PageRequest, row: Staff) -> dict[str, str | list[str]]:
    """The form values of the account."""
    return {
        "name": row.name,
        "email": row.email,
        "role": row.role,
        "areas": [area_code(area) for area in await staff.areas_of(row.id)],
        "language": row.language,
    }


async def _save(request: PageRequest, row: Staff, form: Form) -> object:
    ids = await read_areas(request, form)
    form.require("name")
    role = form.enum_value("role", Role, required=True)
    language = form.enum_value("language", Language, required=True)
    form.raise_if_invalid()
    edited = staff.edit(
        row.username,
        expected_version=row.version,
        name=form.text("name"),
        email=form.text("email"),
        role=role,
        language=language,
        areas=ids,
        by=request.actor,
    )
    return await or_request_approval(request, form, edited, back=_detail_path(row))


async def _choice_labels(request: PageRequest, row: Staff, form: Form) -> dict[str, list[Choice]]:
    areas = [area_choice(area) for area in await staff.areas_of(row.id)]
    return {
        "role": enum_choices(request, Role),
        "areas": areas + await named_areas(request, form.texts("areas")),
        "language": enum_choices(request, Language),
    }


async def _form(
    request: PageRequest, row: Staff | None, form: Form, opened: EditState | None = None, status: int = 200
) -> Response:
    await show_areas(request, form)
    return render(
        request,
        "access/staff/form.html",
        status=status,
        row=row,
        form=form,
        opened=opened,
        role_choices=enum_choices(request, Role),
        language_choices=enum_choices(request, Language),
    )


_EDIT_FORM: Final = EditForm[Staff](
    load=load,
    values=_form_values,
    choice_labels=_choice_labels,
    save=_save,
    show=_form,
    path=_detail_path,
    flash=SAVED,
    # What somebody may do is a role in areas: nobody gets a role that one chose in areas that another did.
    field_groups=(("role", "areas"),),
)


async def _in_area(request: PageRequest, form: Form) -> Q | None:
    area = await read_area(request, form, required=False)
    if area is None:
        return None
    return Q(id__in=Subquery(StaffArea.filter(in_areas([area])).values("staff_id")))


async def _columns(_request: PageRequest, rows: Sequence[Staff]) -> list[Column[Staff]]:
    ids = [row.id for row in rows]
    areas, seen = await staff.area_names(ids), await sessions.last_seen(ids)
    return [
        Column(
            _("Full name"),
            lambda _request, row: Cell(row.name, remark=row.username, href=_detail_path(row)),
        ),
        Column(_("Role"), lambda _request, row: row.role),
        Column(_("Areas"), lambda _request, row: areas[row.id]),
        Column(
            _("Status"),
            lambda request, row: request._("Active") if row.active else request._("Account closed"),
        ),
        Column(_("Last active"), lambda _request, row: seen.get(row.id)),
    ]


INDEX: Final = Index[Staff](
    noun=staff.NOUN,
    path="/admin/staff",
    columns=_columns,
    filters=(
        tick_filter(
            "unprotected",
            _("No second factor"),
            lambda request, rows: rows.filter(
                id__in=Subquery(factors.without_factor(request.actor).values("id"))
            ),
        ),
        "role",
        Filter(
            name="area",
            label=_("Area"),
            kind="line",
            read=_in_area,
            apply=lambda _request, rows, there: rows.filter(there),
            hint=_("Code or name"),
        ),
        tick_filter("closed", _("Closed accounts"), lambda _request, rows: rows.filter(active=False)),
    ),
    sorts=(
        Sort("name", _("By name"), "name_key"),
        Sort("newest", _("Newest first"), "created_at", descending=True),
    ),
    search=_("Name or username"),
    adding=(_("Add a staff account"), Right.STAFF_MANAGE),
    empty=_("No matching staff."),
    list_template="access/staff/index.html",
)
