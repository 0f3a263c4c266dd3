"""Actions on a webhook: test, replay, pause, resume, rotate its secret, remove."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.actor import Actor
from records.core.dates import now
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.delivery import webhooks
from records.tables import Webhook
from records.tables.delivery import WebhookState


async def load(request: PageRequest) -> Webhook:
    """The webhook of the path. Raises `NotFound`."""
    row, _partner = await webhooks.webhook(request.actor, request.id)
    return row


def path_of(row: Webhook) -> str:
    """The address of the page of a webhook."""
    return f"/admin/webhooks/{row.id}"


def secret_page(request: PageRequest, row: Webhook, secret: str) -> Response:
    """The page that shows a new secret, once."""
    return render(request, "access/webhooks/secret.html", webhook=row, secret=secret)


def _can_pause(_actor: Actor, row: Webhook) -> bool:
    return row.state is WebhookState.ACTIVE


def _can_resume(_actor: Actor, row: Webhook) -> bool:
    return row.state is not WebhookState.ACTIVE


def _is_always_available(_actor: Actor, _row: Webhook) -> bool:
    return True


async def _test(request: PageRequest, row: Webhook, _form: Form) -> None:
    await webhooks.send_test(row.id, by=request.actor)


async def _pause(request: PageRequest, row: Webhook, form: Form) -> object:
    return await webhooks.pause(row.id, expected_version=form.expected_version(), by=request.actor)


async def _resume(request: PageRequest, row: Webhook, form: Form) -> object:
    return await webhooks.resume(row.id, expected_version=form.expected_version(), by=request.actor)


async def _remove(request: PageRequest, row: Webhook, form: Form) -> Response:
    await webhooks.remove(row.id, expected_version=form.expected_version(), by=request.actor)
    return redirect_with_flash(request, f"/admin/partners/{row.partner_id}/webhooks", _("Webhook removed."))


async def _replay(request: PageRequest, row: Webhook, form: Form) -> None:
    form.require("since")
    since = form.moment("since")
    form.raise_if_invalid()
    await webhooks.replay(row.id, since or now(), by=request.actor)


async def _rotate_secret(request: PageRequest, row: Webhook, form: Form) -> Response:
    form.require("overlap_days")
    overlap_days = form.integer("overlap_days")
    form.raise_if_invalid()
    secret = await webhooks.change_secret(row.id, overlap_days=overlap_days or 0, by=request.actor)
    return secret_page(request, row, secret)


ACTIONS: Final = Actions[Webhook](
    path="/admin/webhooks",
    load=load,
    title=lambda row: row.address,
    back=path_of,
    actions=(
        Action[Webhook](
            name="resumption",
            label=_("Resume"),
            right=Right.PARTNERS_MANAGE,
            can=_can_resume,
            run=_resume,
            flash=_("Webhook updated."),
        ),
        Action[Webhook](
            name="test",
            label=_("Send a test"),
            right=Right.PARTNERS_MANAGE,
            can=_can_pause,
            run=_test,
            flash=_("A test is being sent. Reload the page to see the result."),
        ),
        Action[Webhook](
            name="replay",
            label=_("Replay"),
            right=Right.PARTNERS_MANAGE,
            can=_can_pause,
            run=_replay,
            flash=_("All changes since that moment are being resent."),
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
            can=_is_always_available,
            run=_rotate_secret,
            proof=True,
            flash=_("Webhook updated."),
            explanation=_("Until then each delivery is signed with both the old and the new secret."),
            inputs=(Input("overlap_days", _("Days during which both are valid"), hint=_("0 to 90")),),
        ),
        Action[Webhook](
            name="pause",
            label=_("Pause"),
            right=Right.PARTNERS_MANAGE,
            can=_can_pause,
            run=_pause,
            flash=_("Webhook updated."),
            explanation=_(
                "Deliveries stop. After it is resumed, the webhook continues from where it stopped."
            ),
            needs_confirmation=True,
        ),
        Action[Webhook](
            name="removal",
            label=_("Remove"),
            right=Right.PARTNERS_MANAGE,
            can=_is_always_available,
            run=_remove,
            flash=_("Webhook removed."),
            explanation=_("The secret is destroyed, and pending deliveries are not sent."),
            needs_confirmation=True,
        ),
    ),
)
