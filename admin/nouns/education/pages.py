"""Education cases: the list, one case with how its guidance goes, and the form to open one."""

from typing import Final

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.nouns.drafts import read_fields
from admin.kit.nouns.filters import Filter
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import done, page
from admin.kit.pickers import area_choice
from admin.kit.request import Visit
from admin.kit.sealed import sealed_of
from admin.nouns.education.actions import ACTIONS, load, subject_draft
from records.core.days import today
from records.core.errors import Conflict, Invalid
from records.core.language import day
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.nouns.education.cases import CaseDraft
from records.tables import EducationCase
from records.tables.activities import EducationReason


async def _status(_visit: Visit, form: Form) -> str:
    return form.text("status")


async def _statuses(visit: Visit) -> list[Choice]:
    return [Choice("open", visit._("Ongoing")), Choice("ended", visit._("Ended"))]


def _group(_visit: Visit, case: EducationCase) -> Cell:
    return Cell(case.group.name, case.area.name)


def _result(visit: Visit, case: EducationCase) -> Cell:
    if case.result is None or case.closed_on is None:
        return Cell(visit._("Ongoing"))
    return Cell(case.result, day(case.closed_on))


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
        submitted = await read_fields(visit, form, CaseDraft)
        subject = subject_draft(form)
        form.done()
        case = await education.open_case(CaseDraft(**submitted), subject, by=visit.actor)
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


PAGES: Final = Pages[EducationCase, CaseDraft](
    noun=education.NOUN,
    path="/admin/education-cases",
    columns=(Column(_("Group"), _group), "reason", "opened_on", Column(_("Result"), _result)),
    references=("group", "area"),
    filters=(
        Filter(
            name="status",
            label=_("Status"),
            kind="choices",
            read=_status,
            apply=lambda _visit, rows, status: rows.filter(closed_on__isnull=status == "open"),
            choices=_statuses,
        ),
    ),
    adding=(_("Open an education case"), Right.EDUCATION_RECORD),
    empty=_("No education cases that you supervise or oversee."),
    actions=ACTIONS,
    show=show,
)
