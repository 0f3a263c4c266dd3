"""Education cases: a group guides one person, whom a sealed row alone names. Those in charge see a case."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.rows import change_row, check_visible, lock
from records.changes.unit_of_work import audit, create, record_change, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.identifiers.codes import next_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns import groups, legal_holds
from records.security import vault
from records.tables import Area, EducationCase, EducationNote, EducationSupervisor, Group, Staff
from records.tables.activities import EducationReason, EducationResult
from records.tables.privacy import RevealStep

NOTE: Final = Field(_("Note"), Kind.LONG_TEXT, required=True, max_length=5_000)
REASON: Final = reason_field(2_000)
_ENDED: Final = _("This case has ended.")


@dataclass(frozen=True)
class CaseDraft(Draft):
    """The values of a new case as entered."""

    group_id: Annotated[UUID, Field(_("Group"), Group)]
    reason: Annotated[EducationReason, Field(_("Reason"))]
    opened_on: Annotated[date, Field(_("Opened on"), past=True)]

    async def check_rules(self, check: Validator, by: Actor, before: EducationCase | None) -> None:
        closed_on = before.closed_on if before else None
        if closed_on is not None and check.is_valid("opened_on") and self.opened_on > closed_on:
            text = _("Enter a date that is not after the end.")
            check.add("opened_on", text, ProblemCode.INCONSISTENT)


@dataclass(frozen=True)
class SubjectDraft:
    """The person whom a case is about; empty values remove the stored ones."""

    name: Annotated[str, Field(_("Full name"), max_length=120, sealed=True)] = ""
    birth_year: Annotated[int | None, Field(_("Birth year"), Kind.YEAR, sealed=True)] = None
    address: Annotated[str, Field(_("Address"), max_length=300, sealed=True)] = ""

    def __repr__(self) -> str:
        return "SubjectDraft(...)"


def visible_to(actor: Actor) -> QuerySet[EducationCase]:
    """The cases in the actor's areas: those that they guide, or all that they oversee.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.EDUCATION_READ)
    cases = EducationCase.filter(within(actor), deleted_at__isnull=True)
    if has_right(actor, Right.EDUCATION_OVERSEE):
        return cases
    guided = EducationSupervisor.filter(staff_id=actor.id).values("case_id")
    return cases.filter(id__in=Subquery(guided))


NOUN: Final = Noun(
    name="education_case",
    label=_("Education case"),
    plural=_("Education cases"),
    table=EducationCase,
    right=Right.EDUCATION_READ,
    visible_to=visible_to,
    draft=CaseDraft,
    fields={
        "code": Field(_("Code")),
        "area_id": Field(_("Area"), Area),
        **fields_of(CaseDraft),
        "closed_on": Field(_("Ended on"), Kind.DAY),
        "result": Field(_("Result"), EducationResult),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={
        "supervisor_id": Field(_("Supervisor"), Staff),
        "subject": Field(_("Subject"), Kind.YES_NO),
        "noted_on": Field(_("Date of the progress note"), Kind.DAY),
        "reveal": Field(_("Subject"), RevealStep),
    },
    path="education-cases",
    missing=_("There is no such case."),
    confined=True,
)


async def open_case(draft: CaseDraft, subject: SubjectDraft, *, by: Actor) -> EducationCase:
    """A new case of an open group, guided by whoever opens it.

    Raises `PermissionDenied`, `ValidationFailed`, `Conflict`.
    """
    check_right(by, Right.EDUCATION_RECORD)
    check = Validator()
    check.values(draft)
    await draft.check_rules(check, by, None)
    values = _sealed_values(check, subject)
    check.raise_if_invalid()
    async with transaction():
        group = await groups.check_open(draft.group_id, by)
        row = EducationCase(
            code=await next_code("GD", today().year),
            group_id=group.id,
            area_id=group.area_id,
            reason=draft.reason,
            opened_on=draft.opened_on,
            created_at=now(),
        )
        await create(NOUN, row, by=by, action=Right.EDUCATION_RECORD)
        if by.kind is ActorKind.STAFF and by.id is not None:
            await EducationSupervisor.create(case_id=row.id, staff_id=by.id)
        if any(values.values()):
            await _seal(row, values, by=by, had=False)
        return row


async def correct(
    case_id: UUID, *, expected_version: int, reason: EducationReason, opened_on: date | None = None, by: Actor
) -> EducationCase:
    """The case with another reason, and another first day where one is given."""
    rows, action = visible_to(by), Right.EDUCATION_RECORD
    async with change_row(NOUN, rows, case_id, expected_version, action, by=by) as change:
        draft = CaseDraft(change.row.group_id, reason, opened_on or change.row.opened_on)
        await checked(draft, by, change.row)
        return await change.save(reason=reason, opened_on=draft.opened_on)


async def record_subject(case_id: UUID, subject: SubjectDraft, *, by: Actor) -> None:
    """Replaces the sealed subject of a case.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict`.
    """
    check_right(by, Right.EDUCATION_RECORD)
    check = Validator()
    values = _sealed_values(check, subject)
    check.raise_if_invalid()
    async with transaction():
        row = _check_open(await load(case_id, by))
        had = bool(await vault.sealed_records("education_subjects", [row.id]))
        if had:
            await legal_holds.check_free(NOUN.name, row.id)
        await vault.erase("education_subjects", row.id)
        await _seal(row, values, by=by, had=had)


async def add_note(case_id: UUID, note: str, *, on: date, by: Actor) -> EducationNote:
    """A new progress note for a day of the case.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.EDUCATION_RECORD)
    note = checked_text("note", note, NOTE)
    async with transaction():
        row = _check_open(await load(case_id, by))
        _check_within_case(row, on)
        recorder = by.id if by.kind is ActorKind.STAFF else None
        stored = await EducationNote.create(
            case_id=row.id, on_day=on, note=note, recorded_by_id=recorder, recorded_at=now()
        )
        # That something was noted, and not what: a note goes when the person is erased, the audit stays.
        noted = {"noted_on": on.isoformat()}
        await record_change(NOUN, row, by=by, action=Right.EDUCATION_RECORD, before={}, after=noted)
        return stored


async def close(
    case_id: UUID, *, expected_version: int, on: date, result: EducationResult, by: Actor
) -> EducationCase:
    """The case, ended on `on` with a result."""
    rows, action = visible_to(by), Right.EDUCATION_RECORD
    async with change_row(NOUN, rows, case_id, expected_version, action, by=by) as change:
        change.require(change.row.closed_on is None, _ENDED)
        _check_within_case(change.row, on)
        return await change.save(closed_on=on, result=result)


async def reopen(case_id: UUID, *, expected_version: int, reason: str, by: Actor) -> EducationCase:
    """The case, reopened."""
    rows, action = visible_to(by), Right.EDUCATION_OVERSEE
    async with change_row(NOUN, rows, case_id, expected_version, action, by=by) as change:
        motive = checked_text("reason", reason, REASON)
        change.require(change.row.closed_on is not None, _("This case has not ended."))
        return await change.save(motive=motive, closed_on=None, result=None)


def can_work(actor: Actor, case: EducationCase) -> bool:
    """Whether `actor` may go on with `case` now."""
    return has_right(actor, Right.EDUCATION_RECORD) and case.closed_on is None


def can_reopen(actor: Actor, case: EducationCase) -> bool:
    """Whether `actor` may reopen `case` now."""
    return has_right(actor, Right.EDUCATION_OVERSEE) and case.closed_on is not None


async def notes(actor: Actor, case_id: UUID) -> list[EducationNote]:
    """The progress notes of a case, newest first. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(NOUN, visible_to(actor), case_id)
    rows = EducationNote.filter(case_id=case_id).select_related("recorded_by")
    return await rows.order_by("-on_day", "-id")


async def load(case_id: UUID, by: Actor) -> EducationCase:
    """The case, locked, for a verb that changes it. Raises `PermissionDenied` or `NotFound`."""
    return await lock(NOUN, visible_to(by), case_id)


def _check_open(row: EducationCase) -> EducationCase:
    if row.closed_on is not None:
        raise Conflict(_ENDED)
    return row


def _check_within_case(row: EducationCase, on: date) -> None:
    if not row.opened_on <= on <= today():
        raise ValidationFailed.of(
            "on", "Enter a date between the start of the case and today.", ProblemCode.OUT_OF_RANGE
        )


def _sealed_values(check: Validator, subject: SubjectDraft) -> dict[str, str]:
    values = check.values(subject)
    return values | {"birth_year": str(values["birth_year"] or "")}


async def _seal(row: EducationCase, values: dict[str, str], *, by: Actor, had: bool) -> None:
    """Seals who a case is about; an audit row says that it was done, and no value."""
    has = any(values.values())
    if has:
        await vault.seal("education_subjects", values, case_id=row.id)
    action, area_id = Right.EDUCATION_RECORD.value, row.area_id
    audit_values: dict[str, Any] = {"before": {"subject": had}, "after": {"subject": has}}
    await audit(NOUN.name, row.id, by=by, action=action, area_id=area_id, **audit_values)
