"""Actions on an enquiry: answering, correcting the answer, publishing and withdrawing."""

from functools import partial
from typing import Final

from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import enquiries
from records.nouns.enquiries import NOUN
from records.tables import Enquiry

PATH: Final = f"/admin/{NOUN.path}"


async def load(request: PageRequest) -> Enquiry:
    """The enquiry of the path, with its area. Raises `NotFound` or `PermissionDenied`."""
    enquiry = await find(NOUN, enquiries.visible_to(request.actor), request.id)
    await enquiry.fetch_related("area__parent")
    return enquiry


_ANSWER_INPUT: Final = Input(
    "answer",
    _("Answer"),
    kind="long",
    hint=_("It may be published: do not name the person who asked."),
)

ACTIONS: Final = Actions[Enquiry](
    path=PATH,
    load=load,
    back=lambda enquiry: f"{PATH}/{enquiry.id}",
    actions=(
        Action(
            "answer",
            Rule(_("Answer"), Right.ENQUIRIES_ANSWER, enquiries.can_answer),
            Verb(enquiries.answer),
            flash=_("Answer saved."),
            inputs=(_ANSWER_INPUT,),
        ),
        Action(
            "publication",
            Rule(_("Publish the answer"), Right.ENQUIRIES_ANSWER, enquiries.can_publish),
            Verb(partial(enquiries.publish, published=True)),
            flash=_("Published among the frequent questions."),
        ),
        Action(
            "correction",
            Rule(_("Correct the answer"), Right.ENQUIRIES_ANSWER, enquiries.can_correct),
            Verb(enquiries.answer),
            flash=_("Answer saved."),
            inputs=(_ANSWER_INPUT,),
            initial=lambda enquiry: {"answer": enquiry.answer},
        ),
        Action(
            "withdrawal",
            Rule(_("Withdraw from the frequent questions"), Right.ENQUIRIES_ANSWER, enquiries.can_withdraw),
            Verb(partial(enquiries.publish, published=False)),
            flash=_("Withdrawn from the frequent questions."),
        ),
    ),
)
