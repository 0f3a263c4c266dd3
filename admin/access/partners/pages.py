"""Partners: the systems that call the API, with their scopes, areas and status."""

from typing import Final

from starlette.responses import Response

from admin.access.partners.actions import ACTIONS, SAVED, load
from admin.access.partners.scopes import SCOPE_LABELS
from admin.kit import history
from admin.kit.approvals import or_request_approval, pending
from admin.kit.forms.fields import Choice, Form
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.lists import Sort, paginate, selected_sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_choice, area_code, named_areas, read_areas, show_areas
from admin.kit.request import PageRequest
from records.access import partners
from records.core.actor import Scope
from records.core.dates import now
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, needs_approval
from records.delivery import webhooks
from records.tables import Partner

SORTS: Final = (
    Sort("name", _("By name"), "name", in_database=True),
    Sort("newest", _("Newest first"), "created_at", descending=True),
)
_COLUMNS: Final = (
    Column[Partner](_("Name"), lambda _request, row: Cell(row.name, href=f"/admin/partners/{row.id}")),
    Column[Partner](
        _("Status"), lambda request, row: request._("Active") if row.active else request._("Deactivated")
    ),
    Column[Partner](_("Scopes"), lambda _request, row: list(row.scopes)),
    Column[Partner](_("Added"), lambda _request, row: row.created_at),
)

# Those that need somebody, by the value of `needs` in the address.
_LISTS: Final = {"key": partners.with_expiring_key, "webhook": webhooks.with_failing_webhook}


async def index(request: PageRequest) -> Response:
    """The partners that this person manages."""
    form = Form(request.http_request.query_params)
    filtered = _LISTS.get(form.text("needs"))
    rows = (filtered or partners.visible_to)(request.actor)
    return render(
        request,
        "access/partners/index.html",
        block="results",
        listing=await paginate(request, rows, selected_sort(form, SORTS), SORTS),
        columns=_COLUMNS,
        empty=request._("Nothing fits these filters.") if filtered else request._("No partner systems yet."),
    )


async def show(request: PageRequest) -> Response:
    """One partner with its keys."""
    return await render_partner(request, await load(request), Form({}))


async def render_partner(
    request: PageRequest, partner: Partner, form: Form, *, status: int = 200
) -> Response:
    """The page of a partner; `form` is the one for a new key."""
    keys = await partners.keys_of(request.actor, partner.id)
    return render(
        request,
        "access/partners/show.html",
        block="record",
        into="#record",
        status=status,
        partner=partner,
        now=now(),
        scopes=[choice for choice in scope_choices(request) if choice.value in partner.scopes],
        areas=[area_choice(area) for area in await partners.areas_of(partner.id)],
        live_keys=[key for key in keys if key.revoked_at is None],
        past_keys=[key for key in keys if key.revoked_at is not None],
        live_tokens=await partners.live_tokens(partner.id),
        documents=await (await partners.documents_of(request.actor, partner.id)).count(),
        webhooks=await webhooks.visible_to(request.actor).filter(partner_id=partner.id),
        usage=await partners.requests_by_day(request.actor, partner.id),
        deprecated=await partners.deprecated_uses(request.actor, partner.id),
        usage_days=partners.DAYS,
        available_actions=ACTIONS.available_actions(request, partner),
        history=await history.entries(request, partner),
        pending=await pending(request, partner.id),
        guarded=needs_approval(partner.scopes),
        form=form,
    )


async def new(request: PageRequest) -> Response:
    """The empty form."""
    check_right(request.actor, Right.PARTNERS_MANAGE)
    require_recent_authentication(request)
    return await _form(request, None, Form({}))


async def create(request: PageRequest) -> Response:
    """Adds a partner, without a key yet."""
    check_right(request.actor, Right.PARTNERS_MANAGE)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        ids = await read_areas(request, form)
        form.raise_if_invalid()
        row = await or_request_approval(
            request,
            form,
            partners.create(
                name=form.text("name"),
                contact=form.text("contact"),
                scopes=_scopes(form),
                areas=ids,
                by=request.actor,
            ),
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, None, form, status=422)
    return (
        row
        if isinstance(row, Response)
        else redirect_with_flash(
            request, f"/admin/partners/{row.id}", _("Partner added. Issue its first key below.")
        )
    )


async def edit(request: PageRequest) -> Response:
    """The form with the current values of the partner."""
    partner = await load(request)
    require_recent_authentication(request)
    return await show_edit_form(request, _EDIT_FORM, partner)


async def update(request: PageRequest) -> Response:
    """Changes the name, scopes and areas of a partner."""
    partner = await load(request)
    require_recent_authentication(request)
    return await save_edit_form(request, _EDIT_FORM, partner)


def scope_choices(request: PageRequest) -> list[Choice]:
    """The scopes as choices, in the user's language."""
    return [Choice(scope.value, request._(text), scope.value) for scope, text in SCOPE_LABELS.items()]


def _detail_path(partner: Partner) -> str:
    return f"/admin/partners/{partner.id}"


def _scopes(form: Form) -> set[Scope]:
    return {Scope(value) for value in form.texts("scopes") if value in set(Scope)}


async def _form_values(_request: PageRequest, partner: Partner) -> dict[str, str | list[str]]:
    """The form values of the partner."""
    return {
        "name": partner.name,
        "contact": partner.contact,
        "areas": [area_code(area) for area in await partners.areas_of(partner.id)],
        "scopes": list(partner.scopes),
    }


async def _save(request: PageRequest, partner: Partner, form: Form) -> object:
    ids = await read_areas(request, form)
    form.raise_if_invalid()
    edited = partners.edit(
        partner.id,
        expected_version=partner.version,
        name=form.text("name"),
        contact=form.text("contact"),
        scopes=_scopes(form),
        areas=ids,
        by=request.actor,
    )
    return await or_request_approval(request, form, edited, back=_detail_path(partner))


async def _choice_labels(request: PageRequest, partner: Partner, form: Form) -> dict[str, list[Choice]]:
    areas = [area_choice(area) for area in await partners.areas_of(partner.id)]
    return {
        "scopes": scope_choices(request),
        "areas": areas + await named_areas(request, form.texts("areas")),
    }


async def _form(
    request: PageRequest,
    partner: Partner | None,
    form: Form,
    opened: EditState | None = None,
    status: int = 200,
) -> Response:
    await show_areas(request, form)
    return render(
        request,
        "access/partners/form.html",
        status=status,
        partner=partner,
        form=form,
        opened=opened,
        scope_choices=scope_choices(request),
    )


_EDIT_FORM: Final = EditForm[Partner](
    load=load,
    values=_form_values,
    choice_labels=_choice_labels,
    save=_save,
    show=_form,
    path=_detail_path,
    flash=SAVED,
    # What a system may do is scopes in areas: none gets scopes that one chose in areas that another did.
    field_groups=(("areas", "scopes"),),
)
