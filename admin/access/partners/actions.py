"""Actions on a partner: activation, signing keys, budget, and the restriction to documents."""

from typing import Final

from admin.kit.approvals import APPROVAL_REASON_HINT
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.request import PageRequest
from records.access import partners
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.tables import Partner


async def load(request: PageRequest) -> Partner:
    """The partner of the path, when this person manages it."""
    partner = await partners.visible_to(request.actor).get_or_none(id=request.id)
    if partner is None:
        raise NotFound("There is no such partner.")
    return partner


def _is_active(_actor: Actor, partner: Partner) -> bool:
    return partner.active


def _is_inactive(_actor: Actor, partner: Partner) -> bool:
    return not partner.active


def _is_restricted(_actor: Actor, partner: Partner) -> bool:
    return partner.documents_only


def _is_unrestricted(_actor: Actor, partner: Partner) -> bool:
    return not partner.documents_only


async def _activate(submission: Submission[Partner]) -> object:
    version = submission.form.expected_version()
    return await partners.activate(submission.row.id, expected_version=version, by=submission.actor)


async def _set_signing_keys(submission: Submission[Partner]) -> object:
    version, jwks = submission.form.expected_version(), submission.form.text("jwks")
    return await partners.set_signing_keys(
        submission.row.id, jwks, expected_version=version, by=submission.actor
    )


SAVED: Final = _("Partner updated.")
_REASON_INPUT: Final = Input(
    "motive", _("Reason"), required=False, conditional=True, hint=APPROVAL_REASON_HINT
)
ACTIONS: Final = Actions[Partner](
    path="/admin/partners",
    load=load,
    title=lambda partner: partner.name,
    back=lambda partner: f"/admin/partners/{partner.id}",
    actions=(
        Action(
            "activation",
            Rule(_("Reactivate"), Right.PARTNERS_MANAGE, _is_inactive),
            _activate,
            proof=True,
            flash=SAVED,
            explanation=_("Keys that are still valid work again."),
            inputs=(_REASON_INPUT,),
            needs_confirmation=True,
        ),
        Action(
            "signing-keys",
            Rule(_("Signing keys"), Right.PARTNERS_MANAGE, _is_active),
            _set_signing_keys,
            proof=True,
            flash=SAVED,
            explanation=_("For a system that signs its token requests and needs no secret from us."),
            inputs=(
                Input(
                    "jwks",
                    _("Public keys"),
                    kind="long",
                    required=False,
                    hint=_("A JWK Set. It replaces the current keys; leave empty to remove them."),
                ),
                _REASON_INPUT,
            ),
        ),
        Action(
            "budget",
            Rule(_("Query budget"), Right.PARTNERS_MANAGE, _is_active),
            Verb(partners.set_allowance),
            proof=True,
            flash=SAVED,
            explanation=_(
                "Requests are charged to this: about one for each record that a response can hold. "
                "It refills over time."
            ),
            inputs=(
                Input(
                    "limit", _("Maximum"), kind="number", hint=_("How much the budget holds when it is full.")
                ),
                Input(
                    "restore",
                    _("Refill per second"),
                    kind="number",
                    hint=_("How much is restored each second."),
                ),
            ),
        ),
        Action(
            "restriction",
            Rule(_("Registered documents only"), Right.PARTNERS_MANAGE, _is_unrestricted),
            Verb(partners.restrict),
            proof=True,
            flash=SAVED,
            explanation=_(
                "The system can then run only the documents registered for it. Register them first."
            ),
            needs_confirmation=True,
        ),
        Action(
            "release",
            Rule(_("Allow every query"), Right.PARTNERS_MANAGE, _is_restricted),
            Verb(partners.unrestrict),
            proof=True,
            flash=SAVED,
            explanation=_("The system can then run any document, within its scopes and areas."),
            needs_confirmation=True,
        ),
        Action(
            "deactivation",
            Rule(_("Deactivate"), Right.PARTNERS_MANAGE, _is_active),
            Verb(partners.deactivate),
            flash=SAVED,
            explanation=_("Every key and token of this partner stops working at once."),
            needs_confirmation=True,
        ),
    ),
)
