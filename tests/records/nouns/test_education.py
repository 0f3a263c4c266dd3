"""Education cases: opened, guided, ended; the subject is sealed, and only those in charge see a case."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import groups, legal_holds
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.nouns.education.cases import CaseDraft, SubjectDraft
from records.nouns.groups import GroupDraft
from records.privacy import retention, reveals
from records.registry import history
from records.tables import AuditEntry, EducationCase, EducationNote, EducationSupervisor, Group, OutboxEvent
from records.tables.activities import EducationReason, EducationResult
from records.tables.groups import GroupKind
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]
TASK = system_actor("test")
SUBJECT = SubjectDraft(name="Người được giúp mẫu", birth_year=1999, address="Số 1, đường mẫu")
BEGAN = date(2025, 3, 1)


async def a_group(code: str = "GD-TO") -> Group:
    (area,) = await area_ids("29905")
    return await groups.create(GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, area), by=TASK)


async def opened(by: Actor, group: Group, subject: SubjectDraft = SUBJECT) -> EducationCase:
    return await education.open_case(CaseDraft(group.id, EducationReason.GAMBLING, BEGAN), subject, by=by)


async def visible(actor: Actor) -> list[UUID]:
    return [case.id for case in await education.visible_to(actor)]


async def test_education_case_is_opened_with_sealed_subject(database: str, staff_actor: StaffActor) -> None:
    officer, group = await staff_actor(Role.OFFICER, "29905"), await a_group()
    case = await opened(officer, group)
    assert case.code == f"GD-{today().year}-000001"
    assert (case.area_id, case.version, case.closed_on) == (group.area_id, 1, None)
    (row,) = await as_owner(database, "SELECT * FROM education_subjects")
    assert row["case_id"] == case.id
    assert all(len(row[column]) >= 28 for column in ("name", "birth_year", "address"))
    entries = await AuditEntry.filter(row_id=case.id).order_by("seq")
    assert [entry.before for entry in entries] == [None, {"subject": False}]
    assert "mẫu" not in str([(entry.before, entry.after, entry.motive) for entry in entries])
    assert [event.type for event in await OutboxEvent.filter(row_id=case.id)] == ["education.record"]


async def test_education_case_has_nothing_sealed_without_subject(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    case = await opened(officer, await a_group(), SubjectDraft(name="  "))
    assert await as_owner(database, "SELECT * FROM education_subjects") == []
    await education.record_subject(case.id, SUBJECT, by=officer)
    await education.record_subject(case.id, SubjectDraft(name="Tên khác mẫu"), by=officer)
    (row,) = await as_owner(database, "SELECT * FROM education_subjects")
    assert row["birth_year"] is None
    await education.record_subject(case.id, SubjectDraft(), by=officer)
    assert await as_owner(database, "SELECT * FROM education_subjects") == []
    told = await AuditEntry.filter(row_id=case.id, before__contains={"subject": True}).order_by("seq")
    assert [entry.after for entry in told] == [{"subject": True}, {"subject": False}]


async def test_education_case_is_seen_by_supervisor_and_overseers(
    database: str, staff_actor: StaffActor
) -> None:
    officer, group = await staff_actor(Role.OFFICER, "29905"), await a_group()
    case = await opened(officer, group)
    commander, colleague = await staff_actor(Role.COMMANDER, "29905"), await staff_actor(Role.OFFICER)
    elsewhere = await staff_actor(Role.COMMANDER, "28249")
    assert await visible(officer) == await visible(commander) == [case.id]
    assert await visible(colleague) == await visible(elsewhere) == []
    for stranger in (colleague, elsewhere):
        with pytest.raises(NotFound):
            await education.notes(stranger, case.id)
        with pytest.raises(NotFound):
            await supervisors.supervisors_of(stranger, case.id)
        with pytest.raises(NotFound):
            await education.record_subject(case.id, SUBJECT, by=stranger)
        assert await history.entries_of(stranger, case.id) == []
        with pytest.raises(NotFound):
            await reveals.request_reveal("education_subjects", case.id, "Vì", by=stranger)
    assert len(await history.entries_of(officer, case.id)) == 2
    for role in (Role.FRONT, Role.ANALYST, Role.ADMINISTRATOR, Role.CUSTODIAN, Role.AUDITOR):
        with pytest.raises(PermissionDenied):
            education.visible_to(await staff_actor(role))


async def test_education_case_supervisor_is_named_by_overseer(database: str, staff_actor: StaffActor) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER, "29905")
    colleague, far = await staff_actor(Role.OFFICER, "82"), await staff_actor(Role.OFFICER, "28249")
    front = await staff_actor(Role.FRONT, "29905")
    case = await opened(officer, await a_group())
    assert colleague.id is not None
    assert officer.id is not None
    assert {row.id for row in await supervisors.assignable(commander, case)} == {commander.id, colleague.id}
    assert await supervisors.assignable(officer, case) == []
    await supervisors.assign(case.id, colleague.id, by=commander)
    assert await visible(colleague) == [case.id]
    for nobody in (far.id, front.id, uuid4(), colleague.id):
        assert nobody is not None
        with pytest.raises(ValidationFailed):
            await supervisors.assign(case.id, nobody, by=commander)
    await supervisors.unassign(case.id, officer.id, by=commander)
    assert await visible(officer) == []
    with pytest.raises(ValidationFailed):
        await supervisors.unassign(case.id, officer.id, by=commander)
    assert [row.id for row in await supervisors.supervisors_of(commander, case.id)] == [colleague.id]
    told = await AuditEntry.filter(row_id=case.id, action="education.oversee").order_by("seq")
    assert [(entry.before, entry.after) for entry in told] == [
        ({"supervisor_id": None}, {"supervisor_id": str(colleague.id)}),
        ({"supervisor_id": str(officer.id)}, {"supervisor_id": None}),
    ]


async def test_guidance_note_is_stored_but_not_repeated_in_audit(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    case = await opened(officer, await a_group())
    await education.add_note(case.id, "Đã tìm được việc làm", on=BEGAN + timedelta(days=30), by=officer)
    await education.add_note(case.id, "Buổi đầu", on=BEGAN, by=officer)
    assert [row.note for row in await education.notes(officer, case.id)] == [
        "Đã tìm được việc làm",
        "Buổi đầu",
    ]
    for day in (BEGAN - timedelta(days=1), today() + timedelta(days=1)):
        with pytest.raises(ValidationFailed) as refusal:
            await education.add_note(case.id, "Sai ngày", on=day, by=officer)
        assert set(refusal.value.problems) == {"on"}
    with pytest.raises(ValidationFailed):
        await education.add_note(case.id, " ", on=BEGAN, by=officer)
    assert "việc làm" not in str(await AuditEntry.all().values())


async def test_education_case_ends_with_result_and_can_be_reopened(
    database: str, staff_actor: StaffActor
) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER, "29905")
    case = await opened(officer, await a_group())
    ends, improved = BEGAN + timedelta(days=90), EducationResult.IMPROVED
    with pytest.raises(ValidationFailed):
        await education.close(
            case.id, expected_version=1, on=BEGAN - timedelta(days=1), result=improved, by=officer
        )
    case = await education.close(case.id, expected_version=1, on=ends, result=improved, by=officer)
    assert (case.closed_on, case.result, case.version) == (ends, improved, 2)
    assert not education.can_work(officer, case)
    for attempt in (
        education.close(case.id, expected_version=2, on=ends, result=improved, by=officer),
        education.close(case.id, expected_version=1, on=ends, result=improved, by=officer),
        education.add_note(case.id, "Muộn", on=ends, by=officer),
        education.record_subject(case.id, SUBJECT, by=officer),
    ):
        with pytest.raises(Conflict):
            await attempt
    with pytest.raises(PermissionDenied):
        await education.reopen(case.id, expected_version=2, reason="Nhầm", by=officer)
    with pytest.raises(ValidationFailed):
        await education.reopen(case.id, expected_version=2, reason=" ", by=commander)
    case = await education.reopen(case.id, expected_version=2, reason="Nhầm", by=commander)
    assert (case.closed_on, case.result) == (None, None)
    with pytest.raises(Conflict):
        await education.reopen(case.id, expected_version=3, reason="Nhầm", by=commander)


async def test_education_case_is_corrected_within_its_period(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    case = await opened(officer, await a_group())
    case = await education.correct(case.id, expected_version=1, reason=EducationReason.DISORDER, by=officer)
    assert (case.reason, case.opened_on) == (EducationReason.DISORDER, BEGAN)
    with pytest.raises(Conflict):
        await education.correct(case.id, expected_version=1, reason=EducationReason.DRUG_USE, by=officer)
    case = await education.close(
        case.id, expected_version=2, on=BEGAN, result=EducationResult.MOVED_AWAY, by=officer
    )
    with pytest.raises(ValidationFailed):
        await education.correct(
            case.id,
            expected_version=3,
            reason=EducationReason.DRUG_USE,
            opened_on=BEGAN + timedelta(days=1),
            by=officer,
        )


async def test_education_case_reports_all_problems_at_once(database: str, staff_actor: StaffActor) -> None:
    officer, group = await staff_actor(Role.OFFICER, "29905"), await a_group()
    draft = CaseDraft(group.id, EducationReason.OTHER, today() + timedelta(days=1))
    with pytest.raises(ValidationFailed) as refusal:
        await education.open_case(draft, SubjectDraft("a" * 121, 1800, "b" * 301), by=officer)
    assert set(refusal.value.problems) == {"opened_on", "name", "birth_year", "address"}
    elsewhere = await staff_actor(Role.OFFICER, "28249")
    with pytest.raises(NotFound):
        await opened(elsewhere, group)
    await groups.dissolve(group.id, expected_version=1, on=today(), reason="Giải thể", by=TASK)
    with pytest.raises(Conflict):
        await opened(officer, group)
    assert not await EducationCase.exists()
    assert "Người" not in repr(SUBJECT)


async def test_education_subject_is_seen_only_under_approval(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    group = await a_group()
    await opened(officer, group)
    case = await opened(officer, group)
    reveal = await reveals.request_reveal("education_subjects", case.id, "Lập hồ sơ", by=officer)
    assert await reveals.codes(officer, [reveal]) == {case.id: case.code}
    assert await reveals.codes(await staff_actor(Role.CUSTODIAN, "28249"), [reveal]) == {}
    with pytest.raises(Conflict):
        await reveals.open_reveal(reveal.id, by=officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    looked = await reveals.open_reveal(reveal.id, by=officer)
    assert looked.values == {
        "name": "Người được giúp mẫu",
        "birth_year": "1999",
        "address": "Số 1, đường mẫu",
    }
    # Each step stands in the history of the case.
    told = await AuditEntry.filter(row_id=case.id, action__startswith="reveals.")
    assert [entry.noun for entry in told] == ["education_case"] * 3
    # Whoever no longer guides the case has nothing to look at, though the approval lives.
    await EducationSupervisor.filter(case_id=case.id).delete()
    with pytest.raises(NotFound):
        await reveals.open_reveal(reveal.id, by=officer)


async def test_education_subject_is_kept_by_hold_and_erased_with_notes(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    case = await opened(officer, await a_group())
    await education.add_note(case.id, "Buổi đầu", on=BEGAN, by=officer)
    await legal_holds.place("education_case", case.id, reason="Theo yêu cầu", by=custodian)
    with pytest.raises(Conflict):
        await education.record_subject(case.id, SubjectDraft(), by=officer)
    assert len(await as_owner(database, "SELECT * FROM education_subjects")) == 1
    await legal_holds.lift("education_case", case.id, reason="Xong", by=custodian)
    await retention.erase_person("education_case", case.id, motive="Theo yêu cầu", by=custodian)
    assert await as_owner(database, "SELECT * FROM education_subjects") == []
    assert not await EducationNote.exists()
