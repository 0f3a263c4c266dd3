"""The webhooks of a partner, their deliveries, and replays."""

from typing import Final

from starlette.responses import Response

from admin.access.partners.actions import load as load_partner
from admin.access.webhooks.actions import ACTIONS, SAVED, load, path_of, secret_page
from admin.kit.forms.fields import Choice, Form
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.lists import Sort, paginate, selected_sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.delivery import webhooks
from records.delivery.feed import FOLLOWED_NOUNS
from records.delivery.webhooks import WebhookDraft
from records.registry.nouns import NOUNS
from records.tables import Partner, Webhook, WebhookDelivery
from records.tables.delivery import WebhookState

SORTS: Final = (Sort("newest", _("Newest first"), "created_at", descending=True),)

TYPE_LABELS: Final = {name: NOUNS[name].plural for name in FOLLOWED_NOUNS}
"""The labels of the record types that can be followed, by their names in the outbox."""


_STOPPED: Final = frozenset({WebhookState.GONE, WebhookState.FAILING})
_COLUMNS: Final = (
    Column[Webhook](_("Address"), lambda _request, row: Cell(row.address, href=f"/admin/webhooks/{row.id}")),
    Column[Webhook](
        _("Status"),
        lambda _request, row: Cell(row.state, status=True, tone="late" if row.state in _STOPPED else ""),
    ),
    Column[Webhook](
        _("Record types"), lambda request, row: [request._(TYPE_LABELS[one]) for one in row.types]
    ),
    Column[Webhook](_("Description"), lambda _request, row: row.description),
)


async def index(request: PageRequest) -> Response:
    """The webhooks of the partner of the path."""
    partner = await load_partner(request)
    rows = await webhooks.visible_to(request.actor).filter(partner_id=partner.id).order_by("created_at", "id")
    return render(request, "access/webhooks/index.html", partner=partner, webhooks=rows, columns=_COLUMNS)


async def new(request: PageRequest) -> Response:
    """The empty form, with all available types selected."""
    partner = await load_partner(request)
    require_recent_authentication(request)
    return await _form(request, partner, Form({"types": webhooks.followable(partner)}))


async def create(request: PageRequest) -> Response:
    """Adds a webhook and shows its secret, once."""
    partner = await load_partner(request)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        row, secret = await webhooks.create(partner.id, _read_draft(form), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, partner, form, status=422)
    return secret_page(request, row, secret)


async def show(request: PageRequest) -> Response:
    """A webhook with its state and deliveries."""
    row, partner = await webhooks.webhook(request.actor, request.id)
    deliveries = await webhooks.deliveries_of(request.actor, row.id)
    sort = selected_sort(Form(request.http_request.query_params), SORTS)
    listing = await paginate(request, deliveries, sort, SORTS)
    await WebhookDelivery.fetch_for_list(listing.rows, "event")
    return render(
        request,
        "access/webhooks/show.html",
        block="record",
        into="#record",
        webhook=row,
        partner=partner,
        types=TYPE_LABELS,
        secrets=await webhooks.secrets_in_use(row.id),
        failing_days=webhooks.FAILING.days,
        kept_days=webhooks.RETENTION_DAYS,
        listing=listing,
        available_actions=ACTIONS.available_actions(request, row),
    )


async def edit(request: PageRequest) -> Response:
    """The form with the current values of the webhook."""
    row = await load(request)
    require_recent_authentication(request)
    return await show_edit_form(request, _EDIT_FORM, row)


async def update(request: PageRequest) -> Response:
    """Changes the URL and the types of a webhook."""
    row = await load(request)
    require_recent_authentication(request)
    return await save_edit_form(request, _EDIT_FORM, row)


async def resend(request: PageRequest) -> Response:
    """Resends the delivery in the path."""
    _delivery, row = await webhooks.delivery(request.actor, request.id)
    await webhooks.send_again(request.id, by=request.actor)
    return redirect_with_flash(
        request, path_of(row), _("The delivery is being resent. Reload the page to see the result.")
    )


def _read_draft(form: Form) -> WebhookDraft:
    return WebhookDraft(form.text("address"), form.texts("types"), form.text("description"))


async def _form(
    request: PageRequest,
    row: Webhook | Partner,
    form: Form,
    opened: EditState | None = None,
    status: int = 200,
) -> Response:
    """The form of a webhook, or of a new one of a partner."""
    webhook = row if isinstance(row, Webhook) else None
    partner = row if isinstance(row, Partner) else (await webhooks.webhook(request.actor, row.id))[1]
    return render(
        request,
        "access/webhooks/form.html",
        status=status,
        partner=partner,
        webhook=webhook,
        form=form,
        opened=opened,
        choices=_type_choices(request, partner),
    )


async def _form_values(_request: PageRequest, row: Webhook) -> dict[str, str | list[str]]:
    """The form values of the webhook."""
    return {"address": row.address, "description": row.description, "types": list(row.types)}


async def _save(request: PageRequest, row: Webhook, form: Form) -> object:
    return await webhooks.edit(row.id, _read_draft(form), expected_version=row.version, by=request.actor)


async def _choice_labels(request: PageRequest, row: Webhook, _form: Form) -> dict[str, list[Choice]]:
    _row, partner = await webhooks.webhook(request.actor, row.id)
    return {"types": _type_choices(request, partner)}


def _type_choices(request: PageRequest, partner: Partner) -> list[Choice]:
    return [Choice(noun, request._(TYPE_LABELS.get(noun, noun))) for noun in webhooks.followable(partner)]


_EDIT_FORM: Final = EditForm[Webhook](
    load=load,
    values=_form_values,
    choice_labels=_choice_labels,
    save=_save,
    show=_form,
    path=path_of,
    flash=SAVED,
)
