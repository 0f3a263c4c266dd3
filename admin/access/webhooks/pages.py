"""The webhooks of a partner: where it is told of changes, how that goes, and telling it once more."""

from typing import Final

from starlette.responses import Response

from admin.access.partners.actions import load as load_partner
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import Input
from admin.kit.guard import need_proof
from admin.kit.nouns.actions import Action, Actions
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.lists import Sort, chosen, listed
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.core.actor import Actor
from records.core.days import now
from records.core.errors import Invalid
from records.core.language import mark as _
from records.core.rights import Right
from records.delivery import webhooks
from records.delivery.feed import FOLLOWED
from records.delivery.webhooks import WebhookDraft
from records.registry.nouns import NOUNS
from records.tables import Partner, Webhook
from records.tables.delivery import WebhookState

SORTS: Final = (Sort("newest", _("Newest first"), "created_at", descending=True),)

TYPES: Final = {name: NOUNS[name].plural for name in FOLLOWED}
"""What can be followed, by its name in the outbox."""


_STOPPED: Final = frozenset({WebhookState.GONE, WebhookState.FAILING})
_COLUMNS: Final = (
    Column[Webhook](_("Address"), lambda _visit, row: Cell(row.address, href=f"/admin/webhooks/{row.id}")),
    Column[Webhook](
        _("Status"),
        lambda _visit, row: Cell(row.state, status=True, tone="late" if row.state in _STOPPED else ""),
    ),
    Column[Webhook](_("Record types"), lambda visit, row: [visit._(TYPES[one]) for one in row.types]),
    Column[Webhook](_("Description"), lambda _visit, row: row.description),
)


async def _load(visit: Visit) -> Webhook:
    row, _partner = await webhooks.webhook(visit.actor, visit.id)
    return row


async def index(visit: Visit) -> Response:
    """The webhooks of the partner of the path."""
    partner = await load_partner(visit)
    rows = await webhooks.visible_to(visit.actor).filter(partner_id=partner.id).order_by("created_at", "id")
    return page(visit, "access/webhooks/index.html", partner=partner, webhooks=rows, columns=_COLUMNS)


async def new(visit: Visit) -> Response:
    """The empty form, with everything ticked that the partner may follow."""
    partner = await load_partner(visit)
    need_proof(visit)
    return await _form(visit, partner, Form({"types": webhooks.followable(partner)}))


async def create(visit: Visit) -> Response:
    """Adds a webhook, and shows its secret this once."""
    partner = await load_partner(visit)
    need_proof(visit)
    form = Form(visit.form)
    try:
        row, secret = await webhooks.create(partner.id, _draft(form), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, partner, form, status=422)
    return _shown(visit, row, secret)


async def show(visit: Visit) -> Response:
    """A webhook, how it stands, and its deliveries."""
    row, partner = await webhooks.webhook(visit.actor, visit.id)
    deliveries = await webhooks.deliveries_of(visit.actor, row.id)
    return page(
        visit,
        "access/webhooks/show.html",
        block="record",
        into="#record",
        webhook=row,
        partner=partner,
        types=TYPES,
        secrets=await webhooks.secrets_in_use(row.id),
        failing_days=webhooks.FAILING.days,
        kept_days=webhooks.KEPT_DAYS,
        listing=await listed(visit, deliveries, chosen(Form(visit.request.query_params), SORTS), SORTS),
        offers=ACTIONS.offers(visit, row),
    )


async def edit(visit: Visit) -> Response:
    """The form with what the webhook is now."""
    row = await _load(visit)
    need_proof(visit)
    return await open_form(visit, _EDITOR, row)


async def update(visit: Visit) -> Response:
    """Changes where a webhook leads and what it follows."""
    row = await _load(visit)
    need_proof(visit)
    return await save_form(visit, _EDITOR, row)


async def repeat(visit: Visit) -> Response:
    """Sends the delivery of the path again."""
    _delivery, row = await webhooks.delivery(visit.actor, visit.id)
    await webhooks.send_again(visit.id, by=visit.actor)
    return done(visit, _path(row), "delivery-repeated")


def _active(_actor: Actor, row: Webhook) -> bool:
    return row.state is WebhookState.ACTIVE


def _stopped(_actor: Actor, row: Webhook) -> bool:
    return row.state is not WebhookState.ACTIVE


def _always(_actor: Actor, _row: Webhook) -> bool:
    return True


async def _test(visit: Visit, row: Webhook, _form: Form) -> None:
    await webhooks.send_test(row.id, by=visit.actor)


async def _pause(visit: Visit, row: Webhook, form: Form) -> object:
    return await webhooks.pause(row.id, seen=form.seen(), by=visit.actor)


async def _resume(visit: Visit, row: Webhook, form: Form) -> object:
    return await webhooks.resume(row.id, seen=form.seen(), by=visit.actor)


async def _remove(visit: Visit, row: Webhook, form: Form) -> Response:
    await webhooks.remove(row.id, seen=form.seen(), by=visit.actor)
    return done(visit, f"/admin/partners/{row.partner_id}/webhooks", "webhook-removed")


async def _replay(visit: Visit, row: Webhook, form: Form) -> None:
    form.need("since")
    since = form.moment("since")
    form.done()
    await webhooks.replay(row.id, since or now(), by=visit.actor)


async def _change_secret(visit: Visit, row: Webhook, form: Form) -> Response:
    form.need("overlap_days")
    overlap_days = form.whole("overlap_days")
    form.done()
    secret = await webhooks.change_secret(row.id, overlap_days=overlap_days or 0, by=visit.actor)
    return _shown(visit, row, secret)


ACTIONS: Final = Actions[Webhook](
    path="/admin/webhooks",
    load=_load,
    title=lambda row: row.address,
    back=lambda row: f"/admin/webhooks/{row.id}",
    actions=(
        Action[Webhook](
            name="resumption",
            label=_("Resume"),
            right=Right.PARTNERS_MANAGE,
            can=_stopped,
            do=_resume,
            said="webhook-saved",
        ),
        Action[Webhook](
            name="test",
            label=_("Send a test"),
            right=Right.PARTNERS_MANAGE,
            can=_active,
            do=_test,
            said="webhook-tested",
        ),
        Action[Webhook](
            name="replay",
            label=_("Replay"),
            right=Right.PARTNERS_MANAGE,
            can=_active,
            do=_replay,
            said="webhook-replayed",
            explanation=_(
                "All changes since that moment are sent again, in order. Those sent before keep "
                "their id, by which the receiver recognises them."
            ),
            inputs=(Input("since", _("Replay from"), hint=_("dd/mm/yyyy hh:mm, in the last 30 days")),),
        ),
        Action[Webhook](
            name="secret",
            label=_("Rotate the secret"),
            right=Right.PARTNERS_MANAGE,
            can=_always,
            do=_change_secret,
            proof=True,
            said="webhook-saved",
            explanation=_("Until then each delivery is signed with both the old and the new secret."),
            inputs=(Input("overlap_days", _("Days during which both are valid"), hint=_("0 to 90")),),
        ),
        Action[Webhook](
            name="pause",
            label=_("Pause"),
            right=Right.PARTNERS_MANAGE,
            can=_active,
            do=_pause,
            said="webhook-saved",
            explanation=_(
                "Deliveries stop. After it is resumed, the webhook continues from where it stopped."
            ),
            grave=True,
        ),
        Action[Webhook](
            name="removal",
            label=_("Remove"),
            right=Right.PARTNERS_MANAGE,
            can=_always,
            do=_remove,
            said="webhook-removed",
            explanation=_("The secret is destroyed, and pending deliveries are not sent."),
            grave=True,
        ),
    ),
)


def _path(row: Webhook) -> str:
    return f"/admin/webhooks/{row.id}"


def _draft(form: Form) -> WebhookDraft:
    return WebhookDraft(form.text("address"), form.texts("types"), form.text("description"))


def _shown(visit: Visit, row: Webhook, secret: str) -> Response:
    return page(visit, "access/webhooks/secret.html", webhook=row, secret=secret)


async def _form(
    visit: Visit, row: Webhook | Partner, form: Form, opened: Opened | None = None, status: int = 200
) -> Response:
    """The form of a webhook, or of a new one of a partner."""
    webhook = row if isinstance(row, Webhook) else None
    partner = row if isinstance(row, Partner) else (await webhooks.webhook(visit.actor, row.id))[1]
    return page(
        visit,
        "access/webhooks/form.html",
        status=status,
        partner=partner,
        webhook=webhook,
        form=form,
        opened=opened,
        choices=_followable(visit, partner),
    )


async def _values(_visit: Visit, row: Webhook) -> dict[str, str | list[str]]:
    """The webhook as the form would hold it."""
    return {"address": row.address, "description": row.description, "types": list(row.types)}


async def _save(visit: Visit, row: Webhook, form: Form) -> object:
    return await webhooks.edit(row.id, _draft(form), seen=row.version, by=visit.actor)


async def _words(visit: Visit, row: Webhook, _typed: Form) -> dict[str, list[Choice]]:
    _row, partner = await webhooks.webhook(visit.actor, row.id)
    return {"types": _followable(visit, partner)}


def _followable(visit: Visit, partner: Partner) -> list[Choice]:
    return [Choice(noun, visit._(TYPES.get(noun, noun))) for noun in webhooks.followable(partner)]


_EDITOR: Final = Editor[Webhook](
    load=_load, values=_values, words=_words, save=_save, show=_form, path=_path, said="webhook-saved"
)
