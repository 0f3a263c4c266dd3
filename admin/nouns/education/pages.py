"""Education cases: the list, one case with how its guidance goes, and the form to open one."""

from typing import Final

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.nouns.drafts import read_fields
from admin.kit.nouns.lists import Sort, chosen, empty, listed
from admin.kit.pages import done, page
from admin.kit.pickers import area_choice
from admin.kit.request import Visit
from admin.kit.sealed import sealed_of
from admin.nouns.education.actions import ACTIONS, load, subject_draft
from records.core.days import today
from records.core.errors import Conflict, Invalid
from records.core.language import day
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.nouns.education.cases import CaseDraft
from records.tables import EducationCase
from records.tables.activities import EducationReason

SORTS: Final = (
    Sort("newest", _("Newest first"), "created_at", descending=True),
    Sort("oldest", _("Oldest first"), "created_at"),
    Sort("changed", _("Recently changed"), "updated_at", descending=True),
)


async def index(visit: Visit) -> Response:
    """The cases that one guides or oversees."""
    form = Form(visit.request.query_params)
    rows = education.visible_to(visit.actor)
    if form.text("status") == "open":
        rows = rows.filter(closed_on__isnull=True)
    elif form.text("status") == "ended":
        rows = rows.filter(closed_on__isnull=False)
    try:
        listing = await listed(visit, rows, chosen(form, SORTS), SORTS)
        if listing.rows:
            await EducationCase.fetch_for_list(listing.rows, "group", "area")
        status = 200
    except Invalid as no:
        form.problems |= no.problems
        listing, status = empty(SORTS), 422
    return page(
        visit,
        "nouns/education/index.html",
        block="results",
        status=status,
        form=form,
        listing=listing,
        may_open=may(visit.actor, Right.EDUCATION_RECORD),
        status_choices=[Choice("open", visit._("Ongoing")), Choice("ended", visit._("Ended"))],
    )


async def show(visit: Visit) -> Response:
    """One case; whom it is about stays sealed."""
    case = await load(visit)
    return page(
        visit,
        "nouns/education/show.html",
        block="record",
        into="#record",
        up="/admin/education-cases",
        up_title=visit._("Education cases"),
        title=f"{visit._('Education case')} {case.code}",
        path=f"/admin/education-cases/{case.id}",
        row=case,
        may_edit=False,
        area=area_choice(case.area),
        offers=ACTIONS.offers(visit, case),
        sealed=await sealed_of(visit, "education_subjects", case.id),
        supervisors=await supervisors.of_case(visit.actor, case.id),
        notes=await education.notes(visit.actor, case.id),
        history=await history.entries(visit, case),
    )


async def new(visit: Visit) -> Response:
    """The empty form."""
    check_may(visit.actor, Right.EDUCATION_RECORD)
    return await _form(visit, Form({"opened_on": day(today())}))


async def create(visit: Visit) -> Response:
    """Opens a case."""
    check_may(visit.actor, Right.EDUCATION_RECORD)
    form = Form(visit.form)
    try:
        entered = await read_fields(visit, form, CaseDraft)
        subject = subject_draft(form)
        form.done()
        case = await education.open_case(CaseDraft(**entered), subject, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, form, status=422)
    except Conflict as conflict:
        form.problems["group"] = conflict.message
        return await _form(visit, form, status=409)
    return done(visit, f"/admin/education-cases/{case.id}", "case-opened")


async def _form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return page(
        visit,
        "nouns/education/form.html",
        status=status,
        form=form,
        reason_choices=choices(visit, EducationReason),
    )
