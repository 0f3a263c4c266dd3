"""Actions on a webhook: test, replay, pause, resume, rotate its secret, remove."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.actor import Actor
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


def _is_active(_actor: Actor, row: Webhook) -> bool:
    return row.state is WebhookState.ACTIVE


def _is_stopped(_actor: Actor, row: Webhook) -> bool:
    return row.state is not WebhookState.ACTIVE


async def _remove(submission: Submission[Webhook]) -> Response:
    row, version = submission.row, submission.form.expected_version()
    await webhooks.remove(row.id, expected_version=version, by=submission.actor)
    path = f"/admin/partners/{row.partner_id}/webhooks"
    return redirect_with_flash(submission.request, path, _("Webhook removed."))


async def _rotate_secret(submission: Submission[Webhook]) -> Response:
    row, values = submission.row, await submission.values()
    secret = await webhooks.change_secret(row.id, **values, by=submission.actor)
    return secret_page(submission.request, row, secret)


SAVED: Final = _("Webhook updated.")
ACTIONS: Final = Actions[Webhook](
    path="/admin/webhooks",
    load=load,
    title=lambda row: row.address,
    back=path_of,
    actions=(
        Action(
            "resumption",
            Rule(_("Resume"), Right.PARTNERS_MANAGE, _is_stopped),
            Verb(webhooks.resume),
            flash=SAVED,
        ),
        Action(
            "test",
            Rule(_("Send a test"), Right.PARTNERS_MANAGE, _is_active),
            Verb(webhooks.send_test, versioned=False),
            flash=_("A test is being sent. Reload the page to see the result."),
        ),
        Action(
            "replay",
            Rule(_("Replay"), Right.PARTNERS_MANAGE, _is_active),
            Verb(webhooks.replay, versioned=False),
            flash=_("All changes since that moment are being resent."),
            explanation=_(
                "All changes since that moment are sent again, in order. Those sent before keep "
                "their id, by which the receiver recognises them."
            ),
            inputs=(
                Input(
                    "since", _("Replay from"), kind="moment", hint=_("dd/mm/yyyy hh:mm, in the last 30 days")
                ),
            ),
        ),
        Action(
            "secret",
            Rule(_("Rotate the secret"), Right.PARTNERS_MANAGE),
            _rotate_secret,
            proof=True,
            flash=SAVED,
            explanation=_("Until then each delivery is signed with both the old and the new secret."),
            inputs=(
                Input(
                    "overlap_days", _("Days during which both are valid"), kind="number", hint=_("0 to 90")
                ),
            ),
        ),
        Action(
            "pause",
            Rule(_("Pause"), Right.PARTNERS_MANAGE, _is_active),
            Verb(webhooks.pause),
            flash=SAVED,
            explanation=_(
                "Deliveries stop. After it is resumed, the webhook continues from where it stopped."
            ),
            needs_confirmation=True,
        ),
        Action(
            "removal",
            Rule(_("Remove"), Right.PARTNERS_MANAGE),
            _remove,
            flash=_("Webhook removed."),
            explanation=_("The secret is destroyed, and pending deliveries are not sent."),
            needs_confirmation=True,
        ),
    ),
)
