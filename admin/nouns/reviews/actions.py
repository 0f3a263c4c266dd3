"""Actions on a review: the signature of each side, and its withdrawal."""

from functools import partial
from typing import Final

from admin.kit.forms.inputs import day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import reviews
from records.nouns.reviews import SIGN, Side
from records.tables import Review

PATH: Final = f"/admin/{reviews.NOUN.path}"
_LABELS: Final = {Side.POLICE: _("Sign for the police"), Side.FRONT: _("Sign for the Fatherland Front")}


async def load(request: PageRequest) -> Review:
    """The review of the path, with what it refers to. Raises `NotFound` or `PermissionDenied`."""
    row = await find(reviews.NOUN, reviews.visible_to(request.actor), request.id)
    await row.fetch_related("group", "area__parent", "scorecard")
    return row


def _sign(side: Side) -> Action[Review]:
    return Action(
        f"{side.value.lower()}-signature",
        Rule(_LABELS[side], SIGN[side], lambda _actor, row: reviews.can_sign(row, side)),
        Verb(partial(reviews.sign, side=side)),
        explanation=_("Once both sides have signed, the review is final and cannot be changed."),
        flash=_("Signed."),
        inputs=(day_input(_("Signed on")),),
    )


ACTIONS: Final = Actions[Review](
    path=PATH,
    load=load,
    back=lambda row: f"{PATH}/{row.id}",
    actions=(
        *(_sign(side) for side in Side),
        Action(
            "signature-withdrawal",
            Rule(_("Withdraw your signature"), Right.REVIEWS_SIGN, reviews.can_withdraw),
            Verb(reviews.withdraw),
            flash=_("Signature withdrawn."),
            needs_confirmation=True,
            explanation=_("The review can be changed again, and signed anew."),
        ),
    ),
)
