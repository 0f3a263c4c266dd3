"""What is done with a partner: let in or not, its signing keys, its budget, and which documents it runs."""

from typing import Final

from admin.kit.approvals import WHY_APPROVAL
from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.request import Visit
from records.access import partners
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import mark as _
from records.core.rights import Right, may
from records.tables import Partner


async def load(visit: Visit) -> Partner:
    """The partner of the path, when this person manages it."""
    partner = await partners.visible_to(visit.actor).get_or_none(id=visit.id)
    if partner is None:
        raise NotFound("There is no such partner.")
    return partner


def _may_let_in(actor: Actor, partner: Partner) -> bool:
    return may(actor, Right.PARTNERS_MANAGE) and not partner.active


def _may_shut_out(actor: Actor, partner: Partner) -> bool:
    return may(actor, Right.PARTNERS_MANAGE) and partner.active


def _may_restrict(actor: Actor, partner: Partner) -> bool:
    return may(actor, Right.PARTNERS_MANAGE) and not partner.documents_only


def _may_release(actor: Actor, partner: Partner) -> bool:
    return may(actor, Right.PARTNERS_MANAGE) and partner.documents_only


async def _restrict(visit: Visit, partner: Partner, form: Form) -> object:
    return await partners.restrict(partner.id, seen=form.seen(), by=visit.actor)


async def _release(visit: Visit, partner: Partner, form: Form) -> object:
    return await partners.unrestrict(partner.id, seen=form.seen(), by=visit.actor)


async def _shut_out(visit: Visit, partner: Partner, form: Form) -> object:
    return await partners.deactivate(partner.id, seen=form.seen(), by=visit.actor)


async def _let_in(visit: Visit, partner: Partner, form: Form) -> object:
    return await partners.activate(partner.id, seen=form.seen(), by=visit.actor)


async def _set_budget(visit: Visit, partner: Partner, form: Form) -> object:
    limit, restore = form.whole("limit"), form.whole("restore")
    form.done()
    return await partners.set_allowance(
        partner.id, limit=limit, restore=restore, seen=form.seen(), by=visit.actor
    )


async def _set_signing_keys(visit: Visit, partner: Partner, form: Form) -> object:
    jwks = form.text("jwks")
    return await partners.set_signing_keys(partner.id, jwks, seen=form.seen(), by=visit.actor)


_MOTIVE: Final = Input("motive", _("Reason"), required=False, hint=WHY_APPROVAL)
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
            can=_may_let_in,
            do=_let_in,
            proof=True,
            said="partner-saved",
            explanation=_("Keys that are still valid work again."),
            inputs=(_MOTIVE,),
            grave=True,
        ),
        Action[Partner](
            name="signing-keys",
            label=_("Signing keys"),
            right=Right.PARTNERS_MANAGE,
            can=_may_shut_out,
            do=_set_signing_keys,
            proof=True,
            said="partner-saved",
            explanation=_("For a system that signs its token requests and needs no secret from us."),
            inputs=(
                Input(
                    "jwks",
                    _("Public keys"),
                    kind="long",
                    required=False,
                    hint=_("A JWK Set. It replaces the current keys; leave empty to remove them."),
                ),
                _MOTIVE,
            ),
        ),
        Action[Partner](
            name="budget",
            label=_("Query budget"),
            right=Right.PARTNERS_MANAGE,
            can=_may_shut_out,
            do=_set_budget,
            proof=True,
            said="partner-saved",
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
            can=_may_restrict,
            do=_restrict,
            proof=True,
            said="partner-saved",
            explanation=_(
                "The system can then run only the documents registered for it. Register them first."
            ),
            grave=True,
        ),
        Action[Partner](
            name="release",
            label=_("Allow every query"),
            right=Right.PARTNERS_MANAGE,
            can=_may_release,
            do=_release,
            proof=True,
            said="partner-saved",
            explanation=_("The system can then run any document, within its scopes and areas."),
            grave=True,
        ),
        Action[Partner](
            name="deactivation",
            label=_("Deactivate"),
            right=Right.PARTNERS_MANAGE,
            can=_may_shut_out,
            do=_shut_out,
            said="partner-saved",
            explanation=_("Every key and token of this partner stops working at once."),
            grave=True,
        ),
    ),
)
