"""Actions on an enquiry: answering, correcting the answer, publishing and withdrawing."""

from typing import Final

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
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


async def _answer(request: PageRequest, enquiry: Enquiry, form: Form) -> object:
    version = form.expected_version()
    return await enquiries.answer(enquiry.id, form.text("answer"), expected_version=version, by=request.actor)


async def _publish(request: PageRequest, enquiry: Enquiry, form: Form) -> object:
    version = form.expected_version()
    return await enquiries.publish(enquiry.id, expected_version=version, published=True, by=request.actor)


async def _withdraw(request: PageRequest, enquiry: Enquiry, form: Form) -> object:
    version = form.expected_version()
    return await enquiries.publish(enquiry.id, expected_version=version, published=False, by=request.actor)


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
            name="answer",
            label=_("Answer"),
            right=Right.ENQUIRIES_ANSWER,
            can=enquiries.can_answer,
            run=_answer,
            flash=_("Answer saved."),
            inputs=(_ANSWER_INPUT,),
        ),
        Action(
            name="publication",
            label=_("Publish the answer"),
            right=Right.ENQUIRIES_ANSWER,
            can=enquiries.can_publish,
            run=_publish,
            flash=_("Published among the frequent questions."),
        ),
        Action(
            name="correction",
            label=_("Correct the answer"),
            right=Right.ENQUIRIES_ANSWER,
            can=enquiries.can_correct,
            run=_answer,
            flash=_("Answer saved."),
            inputs=(_ANSWER_INPUT,),
            initial=lambda enquiry: {"answer": enquiry.answer},
        ),
        Action(
            name="withdrawal",
            label=_("Withdraw from the frequent questions"),
            right=Right.ENQUIRIES_ANSWER,
            can=enquiries.can_withdraw,
            run=_withdraw,
            flash=_("Withdrawn from the frequent questions."),
        ),
    ),
)
