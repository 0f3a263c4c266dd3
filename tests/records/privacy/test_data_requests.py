"""Somebody asks what is kept about them: found by phone within one's areas, answered, corrected, erased."""

from datetime import date
from uuid import uuid4

import pytest

from records.core.actor import Role
from records.core.dates import to_local_date, today, working_days_after
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.metrics.catalogue import category_id
from records.nouns import groups, legal_holds, members, tips
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.privacy import contacts, data_requests, reporters
from records.privacy.contacts import ContactDraft
from records.privacy.reporters import ReporterDraft
from records.privacy.retention import ERASED_NAME
from records.registry import history
from records.tables import AuditEntry, DataRequest, Member, Throttle, Tip
from records.tables.groups import GroupKind, MemberRole
from records.tables.privacy import RetentionReason
from records.tables.tips import Channel, LegalKind, OutcomeKind
from tests.conftest import area_ids
from tests.records.privacy.data_request_support import (
    NAME,
    PHONE,
    TASK,
    StaffActor,
    a_tip,
    approved,
    handle,
    handles,
    ready,
    received,
    sealed_rows,
)
from tests.records.security.sealed_rows import as_owner


async def a_member(area: str = "29905", phone: str = PHONE) -> Member:
    (area_id,) = await area_ids(area)
    draft = GroupDraft(f"MAU-{uuid4().hex[:6]}", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id)
    group = await groups.create(draft, by=TASK)
    row = await members.join(group.id, MemberDraft(NAME, MemberRole.MEMBER, date(2025, 1, 1)), by=TASK)
    await contacts.record(row.id, ContactDraft(phone, "Một nơi"), by=TASK)
    return row


async def test_data_request_finds_person_by_phone_in_all_sealed_data(
    database: str, staff_actor: StaffActor
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip, member = await a_tip(), await a_member()
    await a_tip(phone="0912 345 679")
    request = await received(custodian)
    assert request.code == f"YC-{today().year}-000001"
    assert request.due_on == working_days_after(today(), 2)
    await approved(request, custodian)
    found = await data_requests.find(request.id, by=custodian)
    group = await groups.visible_to(TASK).get(id=member.group_id)
    assert [(item.noun, item.year, item.group) for item in found] == [
        ("tip", to_local_date(tip.received_at).year, ""),
        ("member", 2025, group.code),
    ]
    assert [item.retention_reason for item in found] == [None, None]
    assert [item.handle for item in found] == [handle(request, record.id) for record in (tip, member)]


async def test_data_request_stores_no_phone(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    request = await received(custodian)
    (row,) = await as_owner(database, "SELECT * FROM data_requests")
    assert len(row["phone_index"]) == 32
    rows = [await AuditEntry.all().values(), await Throttle.all().values(), dict(row)]
    assert "912345678" not in str(rows)
    await data_requests.answer(request.id, "Không lưu gì", expected_version=1, by=custodian)
    (row,) = await as_owner(database, "SELECT * FROM data_requests")
    assert row["phone_index"] is None


async def test_data_request_hides_records_outside_areas(database: str, staff_actor: StaffActor) -> None:
    province, ward = await staff_actor(Role.CUSTODIAN, "82"), await staff_actor(Role.CUSTODIAN, "29905")
    near, far = await a_tip("29905"), await a_tip("28249")
    await a_member("28249")
    request = await ready(ward)
    await approved(request, province)
    # A request is about one area, for whoever handles it.
    assert await handles(request, ward) == await handles(request, province) == [handle(request, near.id)]
    wide = await ready(province, "82")
    assert set(await handles(wide, province)) > {handle(wide, tip.id) for tip in (near, far)}
    for attempt in (
        data_requests.find(wide.id, by=ward),
        data_requests.erase(wide.id, [handle(wide, near.id)], motive="Vì", expected_version=1, by=ward),
        data_requests.answer(wide.id, "Có", expected_version=1, by=ward),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert [row.id for row in await data_requests.visible_to(ward)] == [request.id]
    with pytest.raises(ValidationFailed) as refusal:
        await received(ward, "28249")
    assert set(refusal.value.problems) == {"area"}
    # Nothing outside is erased by its id either.
    with pytest.raises(ValidationFailed):
        await data_requests.erase(
            request.id, [handle(request, far.id)], motive="Vì", expected_version=1, by=ward
        )
    assert not (await Tip.get(id=far.id)).anonymous


@pytest.mark.parametrize(
    ("phone", "identified", "wrong"),
    [("", "Gọi lại", {"phone"}), ("abc", "", {"phone", "identified"}), (PHONE, "a" * 301, {"identified"})],
)
async def test_data_request_is_refused_when_incomplete(
    database: str, staff_actor: StaffActor, phone: str, identified: str, wrong: set[str]
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    (area,) = await area_ids("29905")
    with pytest.raises(ValidationFailed) as refusal:
        await data_requests.receive(phone, area_id=area, identified=identified, by=custodian)
    assert set(refusal.value.problems) == wrong
    assert not await DataRequest.exists()


async def test_data_request_look_is_audited_without_record(database: str, staff_actor: StaffActor) -> None:
    custodian, commander = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.COMMANDER)
    tip = await a_tip()
    request = await ready(custodian)
    await data_requests.find(request.id, by=custodian)
    await data_requests.find(request.id, by=custodian)
    entries = await AuditEntry.filter(row_id=request.id).order_by("seq")
    assert entries[0].motive == "Gọi lại đúng số"
    assert [entry.after for entry in entries[1:]] == [{"looked_up": 1}, {"looked_up": 1}]
    assert str(tip.id) not in str([(entry.before, entry.after, entry.motive) for entry in entries])
    assert len(await history.entries_of(custodian, request.id)) == 3
    assert await history.entries_of(commander, request.id) == []


async def test_data_request_erases_chosen_records_with_keys(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip, kept, former, present = await a_tip(), await a_tip(), await a_member(), await a_member()
    await members.leave(former.id, expected_version=1, on=today(), by=TASK)
    request = await ready(custodian)
    records = [tip.id, former.id, present.id]
    chosen = [handle(request, record) for record in records]
    request = await data_requests.erase(request.id, chosen, motive="Ba mục", expected_version=1, by=custodian)
    assert (request.erased, request.version) == (3, 2)
    assert await handles(request, custodian) == [handle(request, kept.id)]
    assert await sealed_rows(database) == 1
    assert (await Tip.get(id=tip.id)).anonymous
    # Whoever left loses the name as well; whoever stays is a member still.
    assert (await Member.get(id=former.id)).name == ERASED_NAME
    assert (await Member.get(id=present.id)).name == NAME
    told = await AuditEntry.filter(row_id__in=records).exclude(motive="")
    assert [entry.motive for entry in told] == ["Theo yêu cầu của chủ thể dữ liệu"] * 3
    # Neither the request nor one another is named or tied to them: that would tell whose they were.
    own = await AuditEntry.filter(row_id=request.id, motive="Ba mục").get()
    assert len({entry.request_id for entry in [*told, own]}) == 4
    assert request.code not in str([entry.motive for entry in told])


@pytest.mark.parametrize("noun", ["tip", "member"])
async def test_data_request_erases_nothing_when_under_legal_hold(
    database: str, staff_actor: StaffActor, noun: str
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip, member = await a_tip(), await a_member()
    held = {"tip": tip.id, "member": member.id}[noun]
    await legal_holds.place(noun, held, reason="Theo yêu cầu của toà", by=custodian)
    request = await ready(custodian)
    found = await data_requests.find(request.id, by=custodian)
    assert {item.handle for item in found if item.retention_reason is RetentionReason.HOLD} == {
        handle(request, held)
    }
    both = [item.handle for item in found]
    with pytest.raises(Conflict):
        await data_requests.erase(request.id, both, motive="Vì", expected_version=1, by=custodian)
    assert await sealed_rows(database) == 2
    assert (await DataRequest.get()).erased == 0
    changed = {
        "tip": reporters.correct(tip.id, ReporterDraft(name="Khác"), motive="Vì", by=custodian),
        "member": contacts.erase(member.id, motive="Vì", by=custodian),
    }
    with pytest.raises(Conflict):
        await changed.pop(noun)
    for other in changed.values():
        await other


async def test_data_request_keeps_reporter_of_undecided_formal_tip(
    database: str, staff_actor: StaffActor
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip = await a_tip(kind=LegalKind.DENUNCIATION)
    request = await ready(custodian)
    (found,) = await data_requests.find(request.id, by=custodian)
    assert found.retention_reason is RetentionReason.PROCEDURE
    with pytest.raises(Conflict):
        await data_requests.erase(request.id, [found.handle], motive="Vì", expected_version=1, by=custodian)
    tip = await tips.start_verifying(tip.id, expected_version=tip.version, by=TASK)
    outcome = OutcomeDraft(OutcomeKind.WARNING)
    await tips.close(tip.id, expected_version=tip.version, outcomes=[outcome], by=TASK)
    (found,) = await data_requests.find(request.id, by=custodian)
    assert (found.retention_reason, found.ended) == (None, True)
    await data_requests.erase(request.id, [found.handle], motive="Vì", expected_version=1, by=custodian)
    assert await sealed_rows(database) == 0


async def test_data_request_corrects_whole_reporter(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip, other, member = await a_tip(), await a_tip(phone="0912 345 679"), await a_member()
    request = await ready(custodian)
    (before,) = await as_owner(database, "SELECT * FROM tip_reporters WHERE tip_id = $1", tip.id)
    right = ReporterDraft(name="Tên đúng mẫu", phone=PHONE, may_contact=True)
    await data_requests.correct(
        request.id, handle(request, tip.id), right, motive="Sai tên", expected_version=1, by=custodian
    )
    (after,) = await as_owner(database, "SELECT * FROM tip_reporters WHERE tip_id = $1", tip.id)
    assert after["may_contact"]
    assert after["data_key"] != before["data_key"]
    assert await handles(request, custodian) == [handle(request, record.id) for record in (tip, member)]
    for wrong, draft in ((other.id, right), (member.id, right), (tip.id, ReporterDraft())):
        with pytest.raises(ValidationFailed):
            await data_requests.correct(
                request.id, handle(request, wrong), draft, motive="Vì", expected_version=1, by=custodian
            )
    assert "Tên đúng" not in str(await AuditEntry.all().values())
    anonymous = await tips.submit(
        TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, tip.area_id), by=TASK
    )
    with pytest.raises(Conflict):
        await reporters.correct(anonymous.id, right, motive="Vì", by=custodian)


async def test_data_request_is_final_when_answered(database: str, staff_actor: StaffActor) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    request = await ready(custodian)
    with pytest.raises(ValidationFailed):
        await data_requests.answer(request.id, " ", expected_version=1, by=custodian)
    request = await data_requests.answer(request.id, "Đã đọc cho người hỏi", expected_version=1, by=custodian)
    assert request.answered_by_id == custodian.id
    assert await data_requests.find(request.id, by=custodian) == []
    named = ReporterDraft(name=NAME)
    for expected_version in (1, 2):
        for attempt in (
            data_requests.request_look_up(request.id, by=custodian),
            data_requests.answer(request.id, "Nữa", expected_version=expected_version, by=custodian),
            data_requests.erase(
                request.id,
                [handle(request, tip.id)],
                motive="Vì",
                expected_version=expected_version,
                by=custodian,
            ),
            data_requests.correct(
                request.id,
                handle(request, tip.id),
                named,
                motive="Vì",
                expected_version=expected_version,
                by=custodian,
            ),
        ):
            with pytest.raises(Conflict):
                await attempt
    assert await sealed_rows(database) == 1


async def test_data_request_erases_nothing_without_choice_or_reason(
    database: str, staff_actor: StaffActor
) -> None:
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    request = await ready(custodian)
    own = handle(request, tip.id)
    chosen: list[str]
    for chosen, motive in (([], "Vì"), ([str(tip.id)], "Vì"), ([own], " "), ([own], "a" * 301)):
        with pytest.raises(ValidationFailed):
            await data_requests.erase(request.id, chosen, motive=motive, expected_version=1, by=custodian)
    assert await sealed_rows(database) == 1


async def test_data_requests_are_for_custodians_only(database: str, staff_actor: StaffActor) -> None:
    request = await received(await staff_actor(Role.CUSTODIAN, "29905"))
    for role in set(Role) - {Role.CUSTODIAN}:
        actor = await staff_actor(role, "29905")
        with pytest.raises(PermissionDenied):
            await received(actor)
        with pytest.raises(PermissionDenied):
            await data_requests.find(request.id, by=actor)
    assert await Throttle.all().count() == 1


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 2), date(2026, 3, 4)),  # Monday, Wednesday
        (date(2026, 3, 5), date(2026, 3, 9)),  # Thursday, Monday
        (date(2026, 3, 6), date(2026, 3, 10)),  # Friday, Tuesday
        (date(2026, 3, 7), date(2026, 3, 10)),  # Saturday, Tuesday
    ],
)
def test_data_request_is_due_after_two_working_days(day: date, due: date) -> None:
    assert working_days_after(day, data_requests.ANSWER_PERIOD) == due
