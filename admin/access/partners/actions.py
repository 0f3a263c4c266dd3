"""What is done with a partner: let in or not, its signing keys, its budget, and which documents it runs."""

from typing import Final

from admin.kit.approvals import WHY_APPROVAL
from admin.kit.forms.fields import Form
from admin.kit.nouns.actions import Action, Actions, Input
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
            label=_("Let in again"),
            right=Right.PARTNERS_MANAGE,
            can=_may_let_in,
            do=_let_in,
            proof=True,
            said="partner-saved",
            explanation=_("The keys that are still valid work again."),
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
            explanation=_("For a system that signs its requests for a token and needs no secret from us."),
            inputs=(
                Input(
                    "jwks",
                    _("Public keys"),
                    kind="long",
                    required=False,
                    hint=_("A JWK Set. It takes the place of the keys before; left empty, there are none."),
                ),
                _MOTIVE,
            ),
        ),
        Action[Partner](
            name="budget",
            label=_("Budget"),
            right=Right.PARTNERS_MANAGE,
            can=_may_shut_out,
            do=_set_budget,
            proof=True,
            said="partner-saved",
            explanation=_(
                "What its requests are paid from: about one for each record that an answer can hold. "
                "What was taken comes back as time goes."
            ),
            inputs=(
                Input("limit", _("Most at once"), hint=_("How much the budget holds when it is full.")),
                Input("restore", _("Back in a second"), hint=_("How much comes back in each second.")),
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
                "From then on it runs the documents registered for it and no others. Register them first."
            ),
            grave=True,
        ),
        Action[Partner](
            name="release",
            label=_("Every document"),
            right=Right.PARTNERS_MANAGE,
            can=_may_release,
            do=_release,
            proof=True,
            said="partner-saved",
            explanation=_("From then on it runs any document, within its scopes and areas."),
            grave=True,
        ),
        Action[Partner](
            name="deactivation",
            label=_("Shut out"),
            right=Right.PARTNERS_MANAGE,
            can=_may_shut_out,
            do=_shut_out,
            said="partner-saved",
            explanation=_("Every key and token of this partner stops working at once."),
            grave=True,
        ),
    ),
)
