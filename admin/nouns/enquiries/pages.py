"""Enquiries: the list, one enquiry with its answer and history, and the form to record or edit one."""

from typing import Final

from starlette.responses import Response

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.filters import state_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pickers import area_choice
from admin.kit.request import PageRequest
from admin.nouns.enquiries.actions import ACTIONS, PATH, load
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import enquiries
from records.nouns.enquiries import NOUN, EnquiryDraft, EnquiryStatus
from records.tables import Enquiry

# What the template shows in a way of its own.
_SHOWN: Final = frozenset({"question", "answer", "published", "area_id"})
_TONES: Final = {EnquiryStatus.UNANSWERED: "waiting", EnquiryStatus.PUBLISHED: "done"}


def _status_cell(_request: PageRequest, enquiry: Enquiry) -> Cell:
    status = enquiries.status_of(enquiry)
    return Cell(status, status=True, tone=_TONES.get(status, ""))


async def show(request: PageRequest) -> Response:
    """One enquiry; a removed one is shown only to those who may restore it."""
    enquiry = await PAGES.find(request)
    return await PAGES.record(
        request,
        enquiry,
        "nouns/enquiries/show.html",
        without=_SHOWN,
        area=area_choice(enquiry.area),
        state=_status_cell(request, enquiry),
    )


PAGES: Final = Pages[Enquiry, EnquiryDraft](
    noun=NOUN,
    path=PATH,
    columns=(Column(_("Status"), _status_cell), "topic", "area_id", "asked_at"),
    filters=(
        state_filter("status", EnquiryStatus, enquiries.has_status),
        "channel",
        "area_id",
    ),
    sorts=(
        Sort("unanswered", _("Unanswered first"), "answered_at", descending=True, nullable=True),
        Sort("oldest", _("Oldest first"), "asked_at"),
        Sort("newest", _("Newest first"), "asked_at", descending=True),
        CHANGED,
    ),
    chips=(
        (_("All"), PATH),
        (_("Unanswered"), f"{PATH}?status=UNANSWERED"),
        (_("Answered"), f"{PATH}?status=ANSWERED"),
        (_("Frequent questions"), f"{PATH}/faq"),
    ),
    search=_("Words of the question or answer"),
    empty=_("No enquiries match these filters."),
    form=DraftForm(
        draft=EnquiryDraft,
        create=lambda request, draft: enquiries.ask(draft, by=request.actor),
        may_create=Right.ENQUIRIES_ASK,
        edit=lambda request, row, draft: enquiries.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=enquiries.can_edit,
        heading=_("Record an enquiry"),
        rows=(("question",), ("topic", "channel"), ("area",), ("group", "asked_at")),
    ),
    actions=ACTIONS,
    removal=Removal(
        right=Right.ENQUIRIES_ASK,
        removed=lambda actor: enquiries.visible_to(actor, removed=True),
        remove=enquiries.remove,
        restore=enquiries.restore,
    ),
    loader=load,
    show=show,
)
