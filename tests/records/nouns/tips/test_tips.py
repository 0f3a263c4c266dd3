import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from records.access import partners
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.dates import LOCAL, now
from records.core.declarations.fields import fields_of
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.core.language import Language, translate
from records.metrics import cells
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables import AuditEntry, MetricDelta, OutboxEvent, Tip, TipEvent, TipOutcome
from records.tables.tips import Channel, LegalKind, OutcomeKind, TipEventKind, TipStatus
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


async def draft(**given: Any) -> TipDraft:
    (area,) = await area_ids(given.pop("area", "29905"))
    values: dict[str, Any] = {
        "title": "Tin mẫu",
        "category_id": category_id("THEFT"),
        "channel": Channel.ZALO,
        "area_id": area,
    }
    return TipDraft(**(values | given))


def test_tip_body_is_labelled_as_content_when_in_vietnamese() -> None:
    assert translate(Language.VI, fields_of(TipDraft)["body"].label) == "Nội dung"


async def untouched() -> tuple[int, int, int, int]:
    return (
        await Tip.all().count(),
        await TipEvent.all().count(),
        await AuditEntry.filter(noun="tip").count(),
        await OutboxEvent.filter(noun="tip").count(),
    )


def test_tip_transitions_cover_statuses_and_leave_each() -> None:
    following = {status: tips.NOUN.following(status) for status in TipStatus}
    assert all(following[status] <= set(TipStatus) - {status} for status in TipStatus)
    assert all(following.values())
    reached = {TipStatus.RECEIVED}.union(*following.values())
    assert reached == set(TipStatus)


async def test_tip_goes_from_receipt_to_outcome_with_timeline(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    assert (tip.status, tip.version) == (TipStatus.RECEIVED, 1)
    tip = await tips.start_verifying(tip.id, expected_version=1, by=officer)
    assert officer.id is not None
    tip = await tips.assign(tip.id, expected_version=2, assignee=officer.id, by=officer)
    await tips.add_note(tip.id, "Đã gặp tổ trưởng", by=officer)
    tip = await tips.start_action(tip.id, expected_version=3, note="", by=officer)
    outcome = OutcomeDraft(OutcomeKind.ARREST, 2)
    tip = await tips.close(tip.id, expected_version=4, outcomes=[outcome], note="Xong", by=officer)
    assert (tip.status, tip.assignee_id, tip.version) == (TipStatus.CLOSED, officer.id, 5)
    assert tip.first_response_at is not None
    assert tip.closed_at is not None
    assert [event.kind for event in await tips.events(officer, tip.id)] == [
        TipEventKind.SUBMITTED,
        TipEventKind.VERIFYING,
        TipEventKind.ASSIGNED,
        TipEventKind.NOTED,
        TipEventKind.ACTING,
        TipEventKind.CLOSED,
    ]
    assert [(row.kind, row.count) for row in await tips.outcomes(officer, tip.id)] == [
        (OutcomeKind.ARREST, 2)
    ]
    stored = await Tip.get(id=tip.id)
    assert (stored.status, stored.version) == (TipStatus.CLOSED, 5)


async def test_tip_change_adds_one_audit_entry_and_one_outbox_event(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    await tips.start_verifying(tip.id, expected_version=1, by=officer)
    audit = await AuditEntry.filter(row_id=tip.id).order_by("seq")
    assert [(row.action, row.actor_id, row.area_id) for row in audit] == [
        ("tips.submit", officer.id, tip.area_id),
        ("tips.verify", officer.id, tip.area_id),
    ]
    assert audit[0].before is None
    assert audit[1].before is not None
    assert audit[1].after is not None
    assert (audit[1].before["status"], audit[1].after["status"]) == ("RECEIVED", "VERIFYING")
    outbox = await OutboxEvent.filter(row_id=tip.id).order_by("seq")
    assert [row.row_version for row in outbox] == [1, 2]
    assert all(isinstance(row.txid, int) and row.txid > 0 for row in outbox)


@pytest.mark.parametrize("verb", ["verify", "close", "reject", "edit", "assign", "merge"])
async def test_tip_change_conflicts_when_changed_before(staff_actor: MakeActor, verb: str) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER)
    tip = await tips.submit(await draft(), by=officer)
    other = await tips.submit(await draft(title="Tin khác"), by=officer)
    await tips.start_verifying(tip.id, expected_version=1, by=officer)
    before = await untouched()
    worker = officer.id
    assert worker is not None
    edited, fine = await draft(title="Sửa"), OutcomeDraft(OutcomeKind.FINE)
    attempts: dict[str, Callable[[], Awaitable[Tip]]] = {
        "verify": lambda: tips.start_verifying(tip.id, expected_version=1, by=officer),
        "close": lambda: tips.close(tip.id, expected_version=1, outcomes=[fine], by=officer),
        "reject": lambda: tips.reject(tip.id, expected_version=1, reason="Không có", by=commander),
        "edit": lambda: tips.edit(tip.id, edited, expected_version=1, by=officer),
        "assign": lambda: tips.assign(tip.id, expected_version=1, assignee=worker, by=officer),
        "merge": lambda: tips.merge(tip.id, expected_version=1, into=other.id, by=officer),
    }
    with pytest.raises(Conflict):
        await attempts[verb]()
    assert await untouched() == before
    assert await TipOutcome.all().count() == 0


async def test_tip_allows_only_transitions_of_table(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    tip = await tips.submit(await draft(), by=commander)
    with pytest.raises(Conflict):
        await tips.close(tip.id, expected_version=1, outcomes=[OutcomeDraft(OutcomeKind.FINE)], by=commander)
    with pytest.raises(Conflict):
        await tips.start_action(tip.id, expected_version=1, note="", by=commander)
    with pytest.raises(Conflict):
        await tips.reopen(tip.id, expected_version=1, reason="Có tin mới", by=commander)
    assert (await Tip.get(id=tip.id)).status is TipStatus.RECEIVED


async def test_tip_buttons_match_verbs(staff_actor: MakeActor) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER)
    tip = await tips.submit(await draft(), by=officer)
    assert tips.VERIFY.can(officer, tip)
    assert not tips.CLOSE.can(officer, tip)
    assert not tips.REJECT.can(officer, tip)
    assert tips.REJECT.can(commander, tip)
    with pytest.raises(PermissionDenied):
        await tips.reject(tip.id, expected_version=1, reason="Không có", by=officer)


async def test_rejected_tip_is_reopened_with_reason(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    tip = await tips.submit(await draft(), by=commander)
    tip = await tips.reject(tip.id, expected_version=1, reason="Không có căn cứ", by=commander)
    with pytest.raises(ValidationFailed):
        await tips.reopen(tip.id, expected_version=2, reason="  ", by=commander)
    tip = await tips.reopen(tip.id, expected_version=2, reason="Có tin mới", by=commander)
    assert (tip.status, tip.closed_at) == (TipStatus.VERIFYING, None)


async def test_duplicate_tip_and_original_name_each_other(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    first, second = [await tips.submit(await draft(), by=officer) for _ in range(2)]
    with pytest.raises(ValidationFailed):
        await tips.merge(second.id, expected_version=1, into=second.id, by=officer)
    merged = await tips.merge(second.id, expected_version=1, into=first.id, by=officer)
    assert (merged.status, merged.duplicate_of_id) == (TipStatus.DUPLICATE, first.id)
    assert [event.note for event in await tips.events(officer, first.id)][-1] == second.code
    third = await tips.submit(await draft(), by=officer)
    with pytest.raises(ValidationFailed):
        await tips.merge(third.id, expected_version=1, into=merged.id, by=officer)
    assert await cells.matches_rows()


async def test_tip_codes_are_numbered_by_year_without_gap(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    at = datetime(2024, 12, 31, 23, 30, tzinfo=LOCAL)
    codes = [(await tips.submit(await draft(received_at=at), by=officer)).code for _ in range(2)]
    with pytest.raises(ValidationFailed):
        await tips.submit(await draft(received_at=at, title=""), by=officer)
    # A number whose transaction failed is given again: this one fails only at the database.
    assert officer.id is not None
    ghost = Actor(
        ActorKind.PARTNER, uuid4(), "Không có", scopes=frozenset({Scope.TIPS_WRITE}), areas=officer.areas
    )
    with pytest.raises(ValidationFailed):
        await tips.submit(await draft(received_at=at), by=ghost)
    codes.append((await tips.submit(await draft(received_at=at), by=officer)).code)
    assert codes == ["TB-2024-000001", "TB-2024-000002", "TB-2024-000003"]
    assert (
        await tips.submit(await draft(received_at=at + timedelta(hours=1)), by=officer)
    ).code == "TB-2025-000001"


async def test_tip_codes_are_unique_when_many_are_submitted_at_once(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    given = await draft()
    stored = await asyncio.gather(*(tips.submit(given, by=officer) for _ in range(24)))
    numbers = sorted(int(tip.code[-6:]) for tip in stored)
    assert all(after - before == 1 for before, after in pairwise(numbers))
    assert numbers[0] == 1


async def test_tip_change_succeeds_once_when_many_change_at_once(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    results = await asyncio.gather(
        *(tips.start_verifying(tip.id, expected_version=1, by=officer) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Tip) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7
    assert (await Tip.get(id=tip.id)).version == 2


async def test_formal_tip_deadline_is_extended_once(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    at = datetime(2025, 12, 31, 9, tzinfo=LOCAL)
    informal = await tips.submit(await draft(received_at=at), by=commander)
    assert informal.due_at is None
    formal = await tips.submit(await draft(received_at=at, legal_kind=LegalKind.REPORT), by=commander)
    assert formal.due_at == at + timedelta(days=20)
    formal = await tips.extend(formal.id, expected_version=1, reason="Còn chờ giám định", by=commander)
    # Two months after 31 December is the last day of February.
    assert formal.due_at == datetime(2026, 2, 28, 9, tzinfo=LOCAL)
    with pytest.raises(Conflict):
        await tips.extend(formal.id, expected_version=2, reason="Lần nữa", by=commander)
    with pytest.raises(Conflict):
        await tips.extend(informal.id, expected_version=1, reason="Không có hạn", by=commander)


async def test_tip_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    tip = await tips.submit(await draft(), by=here)
    assert await tips.visible_to(elsewhere).count() == 0
    for attempt in (
        tips.start_verifying(tip.id, expected_version=1, by=elsewhere),
        tips.add_note(tip.id, "Xem", by=elsewhere),
        tips.start_verifying(uuid4(), expected_version=1, by=elsewhere),
    ):
        with pytest.raises(NotFound) as refusal:
            await attempt
        assert refusal.value.message.text == "There is no such tip."
    with pytest.raises(ValidationFailed) as wrong:
        await tips.submit(await draft(), by=elsewhere)
    assert set(wrong.value.problems) == {"area"}


async def test_tip_is_assigned_only_to_staff_of_its_area(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    foreign, front = await staff_actor(Role.OFFICER, "30244"), await staff_actor(Role.FRONT, "29905")
    province = await staff_actor(Role.COMMANDER, "82")
    tip = await tips.submit(await draft(), by=officer)
    assert {staff.id for staff in await tips.assignable(officer, tip)} == {officer.id, province.id}
    for stranger in (foreign, front):
        assert stranger.id is not None
        with pytest.raises(ValidationFailed):
            await tips.assign(tip.id, expected_version=1, assignee=stranger.id, by=officer)


async def test_tip_reports_all_problems_and_stores_nothing(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    before = await untouched()
    bad = await draft(
        title=" ",
        body="x" * 20_001,
        place="x" * 301,
        lat=91.0,
        lon=0.0,
        occurred_at=now(),
        received_at=now() - timedelta(days=1),
        category_id=uuid4(),
        group_id=uuid4(),
        external_ref="A1",
        area="30244",
    )
    with pytest.raises(ValidationFailed) as wrong:
        await tips.submit(bad, by=officer)
    assert set(wrong.value.problems) == {
        *("title", "body", "place", "lat", "occurred_at", "category", "group", "area")
    }
    with pytest.raises(ValidationFailed) as wrong:
        await tips.submit(await draft(received_at=now() + timedelta(hours=1)), by=officer)
    assert set(wrong.value.problems) == {"received_at"}
    with pytest.raises(ValidationFailed) as wrong:
        await tips.submit(await draft(external_ref="A1"), by=officer)
    assert set(wrong.value.problems) == {"external_ref"}
    assert await untouched() == before


async def test_tip_is_returned_when_partner_repeats_its_reference(database: str) -> None:
    ids = await area_ids("82")
    partner = await partners.create(
        name="Đối tác mẫu", scopes={Scope.TIPS_WRITE}, areas=ids, by=system_actor("test")
    )
    actor = Actor(
        ActorKind.PARTNER,
        partner.id,
        partner.name,
        scopes=frozenset({Scope.TIPS_WRITE}),
        areas=frozenset(ids),
    )
    given = await draft(external_ref="PA-1", channel=Channel.API)
    stored = await asyncio.gather(*(tips.submit(given, by=actor) for _ in range(6)))
    assert len({tip.id for tip in stored}) == 1
    assert await Tip.all().count() == 1
    assert (await tips.submit(await draft(external_ref="PA-2"), by=actor)).id != stored[0].id
    assert (await tips.submit(given, by=actor)).code == "TB-" + stored[0].code[3:]
    with pytest.raises(PermissionDenied):
        tips.visible_to(actor)


async def test_tip_closing_needs_complete_outcomes(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    await tips.start_verifying(tip.id, expected_version=1, by=officer)
    for outcomes in ([], [OutcomeDraft(OutcomeKind.ARREST, 0)], [OutcomeDraft(OutcomeKind.ARREST)] * 21):
        with pytest.raises(ValidationFailed):
            await tips.close(tip.id, expected_version=2, outcomes=outcomes, by=officer)
    assert (await Tip.get(id=tip.id)).status is TipStatus.VERIFYING
    assert await TipOutcome.all().count() == 0


async def test_tip_edit_moves_its_counts(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    at = datetime(2025, 3, 5, tzinfo=LOCAL)
    tip = await tips.submit(await draft(received_at=at), by=commander)
    tip = await tips.start_verifying(tip.id, expected_version=1, by=commander)
    outcomes = [OutcomeDraft(OutcomeKind.CASE_SOLVED, 3), OutcomeDraft(OutcomeKind.WARNING)]
    tip = await tips.close(tip.id, expected_version=2, outcomes=outcomes, by=commander)
    assert await cells.matches_rows()
    moved = await draft(received_at=datetime(2025, 5, 1, tzinfo=LOCAL), area="30244", title="Tin mẫu khác")
    tip = await tips.edit(tip.id, moved, expected_version=3, by=commander)
    assert await cells.matches_rows()
    assert await cells.fold_deltas() > 0
    assert await MetricDelta.all().count() == 0
    assert await cells.matches_rows()


async def test_tip_edit_changes_nothing_without_difference(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    given = await draft()
    tip = await tips.submit(given, by=officer)
    before = await untouched()
    assert (await tips.edit(tip.id, given, expected_version=1, by=officer)).version == 1
    assert await untouched() == before


async def test_tip_is_hidden_from_front(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT)
    with pytest.raises(PermissionDenied):
        tips.visible_to(front)
    with pytest.raises(PermissionDenied):
        await tips.submit(await draft(), by=front)


async def test_tip_outcome_is_reported_before_and_after_closing(database: str) -> None:
    partner = await partners.create(
        name="Đối tác mẫu", scopes={Scope.TIPS_WORK}, areas=await area_ids("82"), by=system_actor("test")
    )
    areas = frozenset(await area_ids("82"))
    by = Actor(ActorKind.PARTNER, partner.id, partner.name, scopes=frozenset({Scope.TIPS_WORK}), areas=areas)
    tip = await tips.submit(await draft(), by=system_actor("test"))
    arrest = OutcomeDraft(OutcomeKind.ARREST, 2)
    before = await untouched()
    for status, expected_version in ((TipStatus.RECEIVED, 1), (TipStatus.RECEIVED, 2)):
        with pytest.raises(Conflict):
            await tips.report_outcome(tip.id, arrest, expected_version=expected_version, by=by)
        assert (await Tip.get()).status is status
    assert await untouched() == before
    tip = await tips.start_verifying(tip.id, expected_version=1, by=system_actor("test"))
    tip = await tips.report_outcome(tip.id, arrest, expected_version=2, by=by)
    tip = await tips.close(
        tip.id, expected_version=3, outcomes=[OutcomeDraft(OutcomeKind.FINE)], by=system_actor("test")
    )
    tip = await tips.report_outcome(tip.id, OutcomeDraft(OutcomeKind.CASE_SOLVED), expected_version=4, by=by)
    assert (tip.version, tip.status) == (5, TipStatus.CLOSED)
    with pytest.raises(Conflict):
        await tips.report_outcome(tip.id, arrest, expected_version=4, by=by)
    assert [row.kind for row in await TipOutcome.all().order_by("id")] == [
        OutcomeKind.ARREST,
        OutcomeKind.FINE,
        OutcomeKind.CASE_SOLVED,
    ]
    told = await AuditEntry.filter(row_id=tip.id, action="tips.report").order_by("seq")
    assert [(entry.actor_name, entry.after["outcome"]) for entry in told if entry.after] == [
        (partner.name, "ARREST"),
        (partner.name, "CASE_SOLVED"),
    ]
    events = await OutboxEvent.filter(row_id=tip.id, type="tips.report").order_by("seq")
    assert [event.row_version for event in events] == [3, 5]
    assert await cells.matches_rows()


@pytest.mark.parametrize("status", TipStatus)
def test_tip_bears_outcomes_unless_new_or_put_aside(status: TipStatus) -> None:
    aside = {TipStatus.RECEIVED, TipStatus.REJECTED, TipStatus.DUPLICATE}
    assert (status in tips.MAY_HAVE_OUTCOME) is (status not in aside)
