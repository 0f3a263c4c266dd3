"""Actions on a partner: activation, signing keys, budget, and the restriction to documents."""

from typing import Final

from admin.kit.approvals import APPROVAL_REASON_HINT
from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.request import PageRequest
from records.access import partners
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.tables import Partner


async def load(request: PageRequest) -> Partner:
    """The partner of the path, when this person manages it."""
    partner = await partners.visible_to(request.actor).get_or_none(id=request.id)
    if partner is None:
        raise NotFound("There is no such partner.")
    return partner


def _can_activate(actor: Actor, partner: Partner) -> bool:
    return has_right(actor, Right.PARTNERS_MANAGE) and not partner.active


def _can_deactivate(actor: Actor, partner: Partner) -> bool:
    return has_right(actor, Right.PARTNERS_MANAGE) and partner.active


def _can_restrict(actor: Actor, partner: Partner) -> bool:
    return has_right(actor, Right.PARTNERS_MANAGE) and not partner.documents_only


def _can_unrestrict(actor: Actor, partner: Partner) -> bool:
    return has_right(actor, Right.PARTNERS_MANAGE) and partner.documents_only


async def _restrict(request: PageRequest, partner: Partner, form: Form) -> object:
    return await partners.restrict(partner.id, expected_version=form.expected_version(), by=request.actor)


async def _unrestrict(request: PageRequest, partner: Partner, form: Form) -> object:
    return await partners.unrestrict(partner.id, expected_version=form.expected_version(), by=request.actor)


async def _deactivate(request: PageRequest, partner: Partner, form: Form) -> object:
    return await partners.deactivate(partner.id, expected_version=form.expected_version(), by=request.actor)


async def _activate(request: PageRequest, partner: Partner, form: Form) -> object:
    return await partners.activate(partner.id, expected_version=form.expected_version(), by=request.actor)


async def _set_budget(request: PageRequest, partner: Partner, form: Form) -> object:
    limit, restore = form.integer("limit"), form.integer("restore")
    form.raise_if_invalid()
    return await partners.set_allowance(
        partner.id, limit=limit, restore=restore, expected_version=form.expected_version(), by=request.actor
    )


async def _set_signing_keys(request: PageRequest, partner: Partner, form: Form) -> object:
    jwks = form.text("jwks")
    return await partners.set_signing_keys(
        partner.id, jwks, expected_version=form.expected_version(), by=request.actor
    )


_REASON_INPUT: Final = Input("motive", _("Reason"), required=False, hint=APPROVAL_REASON_HINT)
ACTIONS: Final = Actions[Partner](
    path="/admin/partners",
    load=load,
    title=lambda partner: partner.name,
    back=lambda partner: f"/admin/partners/{partner.id}",
    actions=(
        Action[Partner](
            name="activation",
            label=_("Reactivate"),
            right=Right.PARTNERS_MANAGE,
            can=_can_activate,
            run=_activate,
            proof=True,
            flash=_("Partner updated."),
            explanation=_("Keys that are still valid work again."),
            inputs=(_REASON_INPUT,),
            needs_confirmation=True,
        ),
        Action[Partner](
            name="signing-keys",
            label=_("Signing keys"),
            right=Right.PARTNERS_MANAGE,
            can=_can_deactivate,
            run=_set_signing_keys,
            proof=True,
            flash=_("Partner updated."),
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
        Action[Partner](
            name="budget",
            label=_("Query budget"),
            right=Right.PARTNERS_MANAGE,
            can=_can_deactivate,
            run=_set_budget,
            proof=True,
            flash=_("Partner updated."),
            explanation=_(
                "Requests are charged to this: about one for each record that a response can hold. "
                "It refills over time."
            ),
            inputs=(
                Input("limit", _("Maximum"), hint=_("How much the budget holds when it is full.")),
                Input("restore", _("Refill per second"), hint=_("How much is restored each second.")),
            ),
        ),
        Action[Partner](
            name="restriction",
            label=_("Registered documents only"),
            right=Right.PARTNERS_MANAGE,
            can=_can_restrict,
            run=_restrict,
            proof=True,
            flash=_("Partner updated."),
            explanation=_(
                "The system can then run only the documents registered for it. Register them first."
            ),
            needs_confirmation=True,
        ),
        Action[Partner](
            name="release",
            label=_("Allow every query"),
            right=Right.PARTNERS_MANAGE,
            can=_can_unrestrict,
            run=_unrestrict,
            proof=True,
            flash=_("Partner updated."),
            explanation=_("The system can then run any document, within its scopes and areas."),
            needs_confirmation=True,
        ),
        Action[Partner](
            name="deactivation",
            label=_("Deactivate"),
            right=Right.PARTNERS_MANAGE,
            can=_can_deactivate,
            run=_deactivate,
            flash=_("Partner updated."),
            explanation=_("Every key and token of this partner stops working at once."),
            needs_confirmation=True,
        ),
    ),
)
