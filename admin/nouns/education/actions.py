"""Actions on an education case: progress, subject, supervisors and closing."""

from typing import Final

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.request import PageRequest
from admin.kit.sealed import sealed_of
from records.core.actor import Actor
from records.core.dates import today
from records.core.errors import Message, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.tables import EducationCase
from records.tables.activities import EducationReason, EducationResult


async def load(request: PageRequest) -> EducationCase:
    """The case of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    case = await education.visible_to(request.actor).get_or_none(id=request.id)
    if case is None:
        raise NotFound("There is no such case.")
    await case.fetch_related("group", "area__parent")
    return case


def subject_draft(form: Form) -> education.SubjectDraft:
    """The subject entered in the form."""
    return education.SubjectDraft(
        name=form.text("name"), birth_year=form.integer("birth_year"), address=form.text("address")
    )


def _can_correct(actor: Actor, _case: EducationCase) -> bool:
    return has_right(actor, Right.EDUCATION_RECORD)


def _can_oversee(actor: Actor, _case: EducationCase) -> bool:
    return has_right(actor, Right.EDUCATION_OVERSEE)


async def _add_progress(request: PageRequest, case: EducationCase, form: Form) -> object:
    on = form.day("on") or today()
    form.raise_if_invalid()
    return await education.add_note(case.id, form.text("note"), on=on, by=request.actor)


async def _record_subject(request: PageRequest, case: EducationCase, form: Form) -> None:
    draft = subject_draft(form)
    form.raise_if_invalid()
    await education.record_subject(case.id, draft, by=request.actor)


async def _close(request: PageRequest, case: EducationCase, form: Form) -> object:
    on = form.day("on") or today()
    result = form.enum_value("result", EducationResult, required=True)
    form.raise_if_invalid()
    return await education.close(
        case.id, expected_version=form.expected_version(), on=on, result=result, by=request.actor
    )


async def _correct(request: PageRequest, case: EducationCase, form: Form) -> object:
    opened_on = form.day("opened_on")
    reason = form.enum_value("reason", EducationReason, required=True)
    form.raise_if_invalid()
    return await education.correct(
        case.id,
        expected_version=form.expected_version(),
        reason=reason,
        opened_on=opened_on,
        by=request.actor,
    )


async def _assign_supervisor(request: PageRequest, case: EducationCase, form: Form) -> None:
    if (staff := form.id("staff")) is None:
        raise ValidationFailed({"staff": Message("Choose one.")})
    await supervisors.assign(case.id, staff, by=request.actor)


async def _remove_supervisor(request: PageRequest, case: EducationCase, form: Form) -> None:
    if (staff := form.id("staff")) is None:
        raise ValidationFailed({"staff": Message("Choose one.")})
    await supervisors.unassign(case.id, staff, by=request.actor)


async def _reopen(request: PageRequest, case: EducationCase, form: Form) -> object:
    return await education.reopen(
        case.id, expected_version=form.expected_version(), reason=form.text("reason"), by=request.actor
    )


async def _results(request: PageRequest, _case: EducationCase) -> list[Choice]:
    return enum_choices(request, EducationResult)


async def _reasons(request: PageRequest, _case: EducationCase) -> list[Choice]:
    return enum_choices(request, EducationReason)


async def _assignable_supervisors(request: PageRequest, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.assignable(request.actor, case)]


async def _current_supervisors(request: PageRequest, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.supervisors_of(request.actor, case.id)]


async def _subject_warning(request: PageRequest, case: EducationCase) -> str:
    sealed = await sealed_of(request, "education_subjects", case.id)
    return request._("This replaces everything sealed before.") if sealed.present else ""


_DATE_INPUT: Final = Input(
    "on", _("Date"), kind="day", size="short", required=False, hint=_("Leave empty for today")
)

ACTIONS: Final = Actions[EducationCase](
    path="/admin/education-cases",
    load=load,
    title=lambda case: case.code,
    back=lambda case: f"/admin/education-cases/{case.id}",
    actions=(
        Action(
            name="progress",
            label=_("Record progress"),
            explanation=_(
                "Only those in charge can see this. Do not enter names; a note cannot be changed later."
            ),
            right=Right.EDUCATION_RECORD,
            can=education.can_work,
            run=_add_progress,
            flash=_("Note recorded."),
            inputs=(Input("note", _("Note"), kind="long"), _DATE_INPUT),
        ),
        Action(
            name="subject",
            label=_("Record the subject"),
            explanation=_("It is sealed when you save it: nobody can see it again without a custodian."),
            warning=_subject_warning,
            right=Right.EDUCATION_RECORD,
            can=education.can_work,
            run=_record_subject,
            flash=_("Sealed."),
            inputs=(
                Input("name", _("Full name"), required=False),
                Input("birth_year", _("Birth year"), required=False),
                Input("address", _("Address"), required=False),
            ),
        ),
        Action(
            name="closure",
            label=_("End the case"),
            right=Right.EDUCATION_RECORD,
            can=education.can_work,
            run=_close,
            flash=_("Education case updated."),
            inputs=(Input("result", _("Result"), kind="choices"), _DATE_INPUT),
            choices=_results,
        ),
        Action(
            name="correction",
            label=_("Correct"),
            right=Right.EDUCATION_RECORD,
            can=_can_correct,
            run=_correct,
            flash=_("Education case updated."),
            inputs=(
                Input("reason", _("Reason"), kind="choices"),
                Input(
                    "opened_on",
                    _("Opened on"),
                    kind="day",
                    size="short",
                    required=False,
                    hint=_("Leave empty to keep the current value"),
                ),
            ),
            choices=_reasons,
        ),
        Action(
            name="supervisor",
            label=_("Assign a supervisor"),
            explanation=_("Supervisors can see the case."),
            right=Right.EDUCATION_OVERSEE,
            can=_can_oversee,
            run=_assign_supervisor,
            flash=_("Education case updated."),
            inputs=(Input("staff", _("Supervisor"), kind="choices"),),
            choices=_assignable_supervisors,
        ),
        Action(
            name="release",
            label=_("Remove a supervisor"),
            explanation=_("They can no longer see the case afterwards."),
            right=Right.EDUCATION_OVERSEE,
            can=_can_oversee,
            run=_remove_supervisor,
            flash=_("Education case updated."),
            inputs=(Input("staff", _("Supervisor"), kind="choices"),),
            choices=_current_supervisors,
        ),
        Action(
            name="reopening",
            label=_("Reopen"),
            right=Right.EDUCATION_OVERSEE,
            can=education.can_reopen,
            run=_reopen,
            flash=_("Education case updated."),
            inputs=(Input("reason", _("Reason"), kind="long"),),
            needs_confirmation=True,
        ),
    ),
)
