"""Actions on an education case: progress, subject, supervisors and closing."""

from typing import Final

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import REASON_INPUT, Input, day_input
from admin.kit.forms.sealed import sealed_of
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.tables import EducationCase
from records.tables.activities import EducationReason, EducationResult


async def load(request: PageRequest) -> EducationCase:
    """The case of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    case = await find(education.NOUN, education.visible_to(request.actor), request.id)
    await case.fetch_related("group", "area__parent")
    return case


def subject_draft(form: Form) -> education.SubjectDraft:
    """The subject entered in the form."""
    return education.SubjectDraft(
        name=form.text("name"), birth_year=form.integer("birth_year"), address=form.text("address")
    )


async def _record_subject(submission: Submission[EducationCase]) -> None:
    draft = subject_draft(submission.form)
    submission.form.raise_if_invalid()
    await education.record_subject(submission.row.id, draft, by=submission.actor)


async def _assign_supervisor(submission: Submission[EducationCase]) -> None:
    staff = (await submission.values())["staff"]
    await supervisors.assign(submission.row.id, staff, by=submission.actor)


async def _remove_supervisor(submission: Submission[EducationCase]) -> None:
    staff = (await submission.values())["staff"]
    await supervisors.unassign(submission.row.id, staff, by=submission.actor)


async def _assignable_supervisors(request: PageRequest, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.assignable(request.actor, case)]


async def _current_supervisors(request: PageRequest, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.supervisors_of(request.actor, case.id)]


async def _subject_warning(request: PageRequest, case: EducationCase) -> str:
    sealed = await sealed_of(request, "education_subjects", case.id)
    return request._("This replaces everything sealed before.") if sealed.present else ""


_UPDATED: Final = _("Education case updated.")
_SUPERVISOR_INPUT: Final = Input("staff", _("Supervisor"), kind="choices")
_DATE_INPUT: Final = day_input(_("Date"))
ACTIONS: Final = Actions[EducationCase](
    path="/admin/education-cases",
    load=load,
    title=lambda case: case.code,
    back=lambda case: f"/admin/education-cases/{case.id}",
    actions=(
        Action(
            "progress",
            Rule(_("Record progress"), Right.EDUCATION_RECORD, education.can_work),
            Verb(education.add_note, versioned=False),
            explanation=_(
                "Only those in charge can see this. Do not enter names; a note cannot be changed later."
            ),
            flash=_("Note recorded."),
            inputs=(Input("note", _("Note"), kind="long"), _DATE_INPUT),
        ),
        Action(
            "subject",
            Rule(_("Record the subject"), Right.EDUCATION_RECORD, education.can_work),
            _record_subject,
            explanation=_("It is sealed when you save it: nobody can see it again without a custodian."),
            warning=_subject_warning,
            flash=_("Sealed."),
            inputs=(
                Input("name", _("Full name"), required=False, sealed=True),
                Input("birth_year", _("Birth year"), required=False, sealed=True),
                Input("address", _("Address"), required=False, sealed=True),
            ),
        ),
        Action(
            "closure",
            Rule(_("End the case"), Right.EDUCATION_RECORD, education.can_work),
            Verb(education.close),
            flash=_UPDATED,
            inputs=(Input("result", _("Result"), kind="choices", enum=EducationResult), _DATE_INPUT),
        ),
        Action(
            "correction",
            Rule(_("Correct"), Right.EDUCATION_RECORD),
            Verb(education.correct),
            flash=_UPDATED,
            inputs=(
                Input("reason", _("Reason"), kind="choices", enum=EducationReason),
                Input(
                    "opened_on",
                    _("Opened on"),
                    kind="day",
                    size="short",
                    required=False,
                    hint=_("Leave empty to keep the current value"),
                ),
            ),
        ),
        Action(
            "supervisor",
            Rule(_("Assign a supervisor"), Right.EDUCATION_OVERSEE),
            _assign_supervisor,
            explanation=_("Supervisors can see the case."),
            flash=_UPDATED,
            inputs=(_SUPERVISOR_INPUT,),
            choices=_assignable_supervisors,
        ),
        Action(
            "release",
            Rule(_("Remove a supervisor"), Right.EDUCATION_OVERSEE),
            _remove_supervisor,
            explanation=_("They can no longer see the case afterwards."),
            flash=_UPDATED,
            inputs=(_SUPERVISOR_INPUT,),
            choices=_current_supervisors,
        ),
        Action(
            "reopening",
            Rule(_("Reopen"), Right.EDUCATION_OVERSEE, education.can_reopen),
            Verb(education.reopen),
            flash=_UPDATED,
            inputs=(REASON_INPUT,),
            needs_confirmation=True,
        ),
    ),
)
