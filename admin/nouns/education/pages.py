"""Education cases: the list, one case with its progress, and the form to open one."""

from typing import Final

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.sealed import sealed_of
from admin.kit.nouns.drafts import read_draft
from admin.kit.nouns.filters import Filter
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import area_choice, name_codes
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.education.actions import ACTIONS, load, subject_draft
from records.core.dates import today
from records.core.errors import Conflict, ValidationFailed
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.nouns.education.cases import CaseDraft
from records.tables import EducationCase
from records.tables.activities import EducationReason


async def _status(_request: PageRequest, form: Form) -> str:
    return form.text("status")


async def _statuses(request: PageRequest) -> list[Choice]:
    return [Choice("open", request._("Ongoing")), Choice("ended", request._("Ended"))]


def _group(_request: PageRequest, case: EducationCase) -> Cell:
    return Cell(case.group.name, case.area.name)


def _result(request: PageRequest, case: EducationCase) -> Cell:
    if case.result is None or case.closed_on is None:
        return Cell(request._("Ongoing"))
    return Cell(case.result, format_date(case.closed_on))


async def show(request: PageRequest) -> Response:
    """One case; its subject stays sealed."""
    case = await load(request)
    return render(
        request,
        "nouns/education/show.html",
        block="record",
        into="#record",
        up="/admin/education-cases",
        up_title=request._("Education cases"),
        title=f"{request._('Education case')} {case.code}",
        path=f"/admin/education-cases/{case.id}",
        row=case,
        may_edit=False,
        area=area_choice(case.area),
        available_actions=ACTIONS.available_actions(request, case),
        sealed=await sealed_of(request, "education_subjects", case.id),
        supervisors=await supervisors.supervisors_of(request.actor, case.id),
        notes=await education.notes(request.actor, case.id),
        history=await history.entries(request, case),
    )


async def new(request: PageRequest) -> Response:
    """The empty form."""
    check_right(request.actor, Right.EDUCATION_RECORD)
    return await _form(request, Form({"opened_on": format_date(today())}))


async def create(request: PageRequest) -> Response:
    """Opens a case."""
    check_right(request.actor, Right.EDUCATION_RECORD)
    form = Form(request.form)
    try:
        subject, draft = subject_draft(form), await read_draft(request, form, CaseDraft)
        case = await education.open_case(draft, subject, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, form, status=422)
    except Conflict as conflict:
        form.problems["group"] = conflict.message
        return await _form(request, form, status=409)
    return redirect_with_flash(request, f"/admin/education-cases/{case.id}", _("Education case opened."))


async def _form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    await name_codes(request, form, {"group": "group"})
    return render(
        request,
        "nouns/education/form.html",
        status=status,
        form=form,
        reason_choices=enum_choices(request, EducationReason),
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
            apply=lambda _request, rows, status: rows.filter(closed_on__isnull=status == "open"),
            choices=_statuses,
        ),
    ),
    adding=(_("Open an education case"), Right.EDUCATION_RECORD),
    empty=_("No education cases that you supervise or oversee."),
    actions=ACTIONS,
    show=show,
)

ROUTES: Final = (
    *page_at("/admin/education-cases", post=create),
    *page_at("/admin/education-cases/new", get=new),
)
