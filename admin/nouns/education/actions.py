"""What is done with an education case: guiding, saying whom it is about and who guides, ending it."""

from typing import Final

from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.request import Visit
from records.core.actor import Actor
from records.core.days import today
from records.core.errors import Invalid, Message, NotFound
from records.core.language import mark as _
from records.core.rights import Right, may
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.tables import EducationCase
from records.tables.activities import EducationReason, EducationResult


async def load(visit: Visit) -> EducationCase:
    """The case of the path, with the names that it refers to. Raises `NotFound` or `Denied`."""
    case = await education.visible_to(visit.actor).get_or_none(id=visit.id)
    if case is None:
        raise NotFound("There is no such case.")
    await case.fetch_related("group", "area__parent")
    return case


def subject_draft(form: Form) -> education.SubjectDraft:
    """Whom the form says a case is about."""
    return education.SubjectDraft(
        name=form.text("name"), birth_year=form.whole("birth_year"), address=form.text("address")
    )


def _can_correct(actor: Actor, _case: EducationCase) -> bool:
    return may(actor, Right.EDUCATION_RECORD)


def _can_oversee(actor: Actor, _case: EducationCase) -> bool:
    return may(actor, Right.EDUCATION_OVERSEE)


async def _progress(visit: Visit, case: EducationCase, form: Form) -> object:
    on = form.day("on") or today()
    form.done()
    return await education.add_note(case.id, form.text("note"), on=on, by=visit.actor)


async def _subject(visit: Visit, case: EducationCase, form: Form) -> None:
    draft = subject_draft(form)
    form.done()
    await education.record_subject(case.id, draft, by=visit.actor)


async def _close(visit: Visit, case: EducationCase, form: Form) -> object:
    on = form.day("on") or today()
    result = form.one_of("result", EducationResult, needed=True)
    form.done()
    return await education.close(case.id, seen=form.seen(), on=on, result=result, by=visit.actor)


async def _correct(visit: Visit, case: EducationCase, form: Form) -> object:
    opened_on = form.day("opened_on")
    reason = form.one_of("reason", EducationReason, needed=True)
    form.done()
    return await education.correct(
        case.id, seen=form.seen(), reason=reason, opened_on=opened_on, by=visit.actor
    )


async def _name(visit: Visit, case: EducationCase, form: Form) -> None:
    if (staff := form.id("staff")) is None:
        raise Invalid({"staff": Message("Choose one.")})
    await supervisors.name(case.id, staff, by=visit.actor)


async def _release(visit: Visit, case: EducationCase, form: Form) -> None:
    if (staff := form.id("staff")) is None:
        raise Invalid({"staff": Message("Choose one.")})
    await supervisors.release(case.id, staff, by=visit.actor)


async def _reopen(visit: Visit, case: EducationCase, form: Form) -> object:
    return await education.reopen(case.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


async def _results(visit: Visit, _case: EducationCase) -> list[Choice]:
    return choices(visit, EducationResult)


async def _reasons(visit: Visit, _case: EducationCase) -> list[Choice]:
    return choices(visit, EducationReason)


async def _nameable(visit: Visit, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.nameable(visit.actor, case)]


async def _guiding(visit: Visit, case: EducationCase) -> list[Choice]:
    return [Choice(str(row.id), row.name) for row in await supervisors.of_case(visit.actor, case.id)]


_ON: Final = Input("on", _("Date"), kind="day", size="short", required=False, hint=_("Leave empty for today"))

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
            do=_progress,
            said="case-noted",
            inputs=(Input("note", _("Note"), kind="long"), _ON),
        ),
        Action(
            name="subject",
            label=_("Record the subject"),
            explanation=_(
                "This replaces everything sealed before. It is sealed when you save it: nobody can "
                "see it again without a custodian."
            ),
            right=Right.EDUCATION_RECORD,
            can=education.can_work,
            do=_subject,
            said="case-sealed",
            inputs=(
                Input("name", _("Name"), required=False),
                Input("birth_year", _("Birth year"), required=False),
                Input("address", _("Address"), required=False),
            ),
        ),
        Action(
            name="closure",
            label=_("End the case"),
            right=Right.EDUCATION_RECORD,
            can=education.can_work,
            do=_close,
            said="case-moved",
            inputs=(Input("result", _("Result"), kind="choices"), _ON),
            choices=_results,
        ),
        Action(
            name="correction",
            label=_("Correct"),
            right=Right.EDUCATION_RECORD,
            can=_can_correct,
            do=_correct,
            said="case-moved",
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
            do=_name,
            said="case-moved",
            inputs=(Input("staff", _("Supervisor"), kind="choices"),),
            choices=_nameable,
        ),
        Action(
            name="release",
            label=_("Remove a supervisor"),
            explanation=_("They can no longer see the case afterwards."),
            right=Right.EDUCATION_OVERSEE,
            can=_can_oversee,
            do=_release,
            said="case-moved",
            inputs=(Input("staff", _("Supervisor"), kind="choices"),),
            choices=_guiding,
        ),
        Action(
            name="reopening",
            label=_("Reopen"),
            right=Right.EDUCATION_OVERSEE,
            can=education.can_reopen,
            do=_reopen,
            said="case-moved",
            inputs=(Input("reason", _("Reason"), kind="long"),),
            grave=True,
        ),
    ),
)
