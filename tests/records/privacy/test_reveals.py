"""Seeing sealed data: who may ask, who decides, for how long, and that the database itself agrees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import now
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import groups, members
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.privacy import contacts, reveals
from records.privacy.contacts import ContactDraft
from records.tables import AuditEntry, Group, Member, OutboxEvent, Reveal, Tip
from records.tables.groups import GroupKind, MemberRole
from records.tables.privacy import RevealState
from tests.conftest import area_ids
from tests.records.privacy.reveal_support import StaffActor, asked, ended, told
from tests.records.security.sealed_rows import as_owner


async def test_reveal_is_seen_by_requester_when_another_approved(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal = await asked(tip, officer)
    assert reveals.state(reveal) is RevealState.WAITING
    with pytest.raises(Conflict):
        await reveals.open_reveal(reveal.id, by=officer)
    reveal = await reveals.decide(reveal.id, approve=True, minutes=30, by=custodian)
    assert reveals.state(reveal) is RevealState.LIVE
    looked = await reveals.open_reveal(reveal.id, by=officer)
    assert looked.values == {"name": "Người báo tin mẫu", "phone": "+84912345678"}
    assert "Người" not in repr(looked)
    assert looked.reveal.looks == 1
    assert (await reveals.open_reveal(reveal.id, by=officer)).reveal.looks == 2
    assert (await Reveal.get(id=reveal.id)).looks == 2
    other = await staff_actor(Role.OFFICER, "29905")
    for somebody_else in (other, custodian):
        with pytest.raises((NotFound, PermissionDenied)):
            await reveals.open_reveal(reveal.id, by=somebody_else)


async def test_reveal_actions_are_audited_without_values(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    before = await OutboxEvent.all().count()
    reveal = await asked(tip, officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.open_reveal(reveal.id, by=officer)
    await reveals.open_reveal(reveal.id, by=officer)
    rows = await AuditEntry.filter(row_id=tip.id, action__startswith="reveals.").order_by("seq")
    steps = [(row.actor_id, row.after["reveal"]) for row in rows if row.after]
    assert steps == [
        (officer.id, "ASKED"),
        (custodian.id, "APPROVED"),
        (officer.id, "LOOKED"),
        (officer.id, "LOOKED"),
    ]
    assert [row.motive for row in rows] == ["Cần hỏi lại thời điểm", "", "", ""]
    assert [row.action for row in rows] == ["reveals.ask", "reveals.decide", "reveals.ask", "reveals.ask"]
    for row in rows:
        assert row.after is not None
        assert row.after.keys() == {"reveal", "reveal_id"}
        assert row.after["reveal_id"] == str(reveal.id)
        assert (row.noun, row.before, row.area_id) == ("tip", {}, tip.area_id)
    # Those who follow the changes of tips have nothing to do with it.
    assert await OutboxEvent.all().count() == before


async def test_reveal_is_not_decided_by_its_requester(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    both = Actor(officer.kind, officer.id, officer.name, role=Role.CUSTODIAN, areas=officer.areas)
    with pytest.raises(PermissionDenied):
        await reveals.decide(reveal.id, approve=True, by=both)
    with pytest.raises(asyncpg.CheckViolationError):
        await as_owner(
            database,
            "UPDATE reveals SET decided_by_id = asked_by_id, decided_at = now(), approved = TRUE,"
            " until = now() WHERE id = $1",
            reveal.id,
        )


async def test_reveal_is_decided_once_by_custodian_of_its_area(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    with pytest.raises(NotFound):
        await reveals.decide(reveal.id, approve=True, by=await staff_actor(Role.CUSTODIAN, "28249"))
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    await reveals.decide(reveal.id, approve=False, refusal="Không cần thiết", by=custodian)
    with pytest.raises(Conflict):
        await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(Conflict):
        await reveals.open_reveal(reveal.id, by=officer)
    assert reveals.state(await Reveal.get(id=reveal.id)) is RevealState.REFUSED


@pytest.mark.parametrize("minutes", [-5, 0, 24 * 60 + 1])
async def test_reveal_lasts_one_day_at_most(database: str, staff_actor: StaffActor, minutes: int) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    with pytest.raises(ValidationFailed) as wrong:
        await reveals.decide(reveal.id, approve=True, minutes=minutes, by=await staff_actor(Role.CUSTODIAN))
    assert set(wrong.value.problems) == {"minutes"}
    assert (await Reveal.get(id=reveal.id)).approved is None


@pytest.mark.parametrize("minutes", [None, 1, 24 * 60])
async def test_reveal_lasts_one_hour_or_as_custodian_says(
    database: str, staff_actor: StaffActor, minutes: int | None
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    given = await asked(await told(officer), officer)
    if minutes is None:
        given = await reveals.decide(given.id, approve=True, by=custodian)
    else:
        given = await reveals.decide(given.id, approve=True, minutes=minutes, by=custodian)
    for reveal in (given, await Reveal.get(id=given.id)):
        assert reveal.decided_at is not None
        assert reveal.until == reveal.decided_at + timedelta(minutes=minutes or 60)
        assert (reveal.approved, reveal.decided_by_id) == (True, custodian.id)


async def test_refused_reveal_shows_decision_and_no_value(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    given = await reveals.decide(
        (await asked(tip, officer)).id, approve=False, refusal="Không cần thiết", minutes=0, by=custodian
    )
    for reveal in (given, await Reveal.get(id=given.id)):
        assert reveal.decided_at is not None
        assert (reveal.approved, reveal.until, reveal.decided_by_id) == (False, None, custodian.id)
    told_last = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert told_last is not None
    assert told_last.after == {"reveal": "REFUSED", "reveal_id": str(given.id)}
    # Why it was refused may be erased with the request; an audit entry stays.
    assert (given.refusal, told_last.motive) == ("Không cần thiết", "")


async def test_reveal_is_requested_again_only_when_refused_or_over(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    await reveals.decide(
        (await asked(tip, officer)).id, approve=False, refusal="Không cần thiết", by=custodian
    )
    second = await reveals.decide((await asked(tip, officer)).id, approve=True, by=custodian)
    with pytest.raises(Conflict):
        await asked(tip, officer)
    await ended(database, second)
    assert reveals.state(await Reveal.get(id=second.id)) is RevealState.ENDED
    third = await asked(tip, officer)
    other = await asked(await told(officer), officer)
    found = await reveals.of_record("tip_reporters", tip.id, by=officer)
    assert [row.id for row in found][:2] == [third.id, second.id]
    assert other.id not in [row.id for row in found]
    assert await reveals.of_record("member_contacts", tip.id, by=officer) == []
    assert await reveals.of_record("tip_reporters", tip.id, by=custodian) == []


async def test_reveal_needs_request_and_record_in_requesters_area(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal, other = await asked(tip, officer), await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(NotFound) as nobody_s:
        await reveals.open_reveal(reveal.id, by=await staff_actor(Role.OFFICER, "29905"))
    assert nobody_s.value.message.text == "There is no such request."
    await reveals.open_reveal(reveal.id, by=officer)
    assert (await Reveal.get(id=other.id)).looks == 0
    (elsewhere,) = await area_ids("28249")
    await Tip.filter(id=tip.id).update(area_id=elsewhere)
    moved = Actor(officer.kind, officer.id, officer.name, role=Role.OFFICER, areas=frozenset({elsewhere}))
    for by in (officer, moved):
        with pytest.raises(NotFound):
            await reveals.open_reveal(reveal.id, by=by)
    assert await reveals.requested_by(moved) == []


async def test_reveal_actions_are_refused_to_tasks(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal = await asked(tip, officer)
    for attempt in (
        reveals.request_reveal("tip_reporters", tip.id, "Cần biết", by=system_actor("test")),
        reveals.decide(reveal.id, approve=True, by=system_actor("test")),
        reveals.open_reveal(reveal.id, by=system_actor("test")),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert [row.id for row in await reveals.pending_for(system_actor("test"))] == [reveal.id]
    await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(NotFound):
        await reveals.open_reveal(reveal.id, by=system_actor("test"))


async def test_reveal_request_is_not_found_when_record_is_unknown(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    with pytest.raises(NotFound):
        await reveals.request_reveal("education_subjects", uuid4(), "Cần biết", by=officer)
    for motive in ("", "a" * 1001):
        with pytest.raises(ValidationFailed) as wrong:
            await reveals.request_reveal("tip_reporters", uuid4(), motive, by=officer)
        assert set(wrong.value.problems) == {"motive"}


async def test_reveal_is_decided_once_when_custodians_decide_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    both = [await staff_actor(Role.CUSTODIAN) for _ in range(4)]
    decided = await asyncio.gather(
        *(reveals.decide(reveal.id, approve=True, by=custodian) for custodian in both), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in decided) == ["Conflict", "Conflict", "Conflict", "Reveal"]


async def test_reveal_is_requested_once_when_asked_many_times_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    results = await asyncio.gather(*(asked(tip, officer) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == [*["AlreadyRequested"] * 3, "Reveal"]
    assert await Reveal.all().count() == 1


async def test_reveal_looks_are_all_counted_when_made_at_once(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    looked = await asyncio.gather(*(reveals.open_reveal(reveal.id, by=officer) for _ in range(4)))
    assert sorted(one.reveal.looks for one in looked) == [1, 2, 3, 4]


@asynccontextmanager
async def nothing_told_of(database: str, action: str) -> AsyncIterator[None]:
    """The audit takes no row of this kind, as if the disk were full just then."""
    await as_owner(
        database, f"ALTER TABLE audit_entries ADD CONSTRAINT full_ CHECK (action <> '{action}') NOT VALID"
    )
    try:
        yield
    finally:
        await as_owner(database, "ALTER TABLE audit_entries DROP CONSTRAINT full_")


async def test_reveal_is_undone_when_audit_entry_is_refused(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(ValidationFailed):
            await asked(tip, officer)
    assert await Reveal.all().count() == 0
    reveal = await asked(tip, officer)
    async with nothing_told_of(database, "reveals.decide"):
        with pytest.raises(ValidationFailed):
            await reveals.decide(reveal.id, approve=True, by=custodian)
    assert (await Reveal.get()).approved is None
    await reveals.decide(reveal.id, approve=True, by=custodian)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(ValidationFailed):
            await reveals.open_reveal(reveal.id, by=officer)
    assert (await Reveal.get()).looks == 0
    other = await asked(await told(officer), officer)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(ValidationFailed):
            await reveals.withdraw(other.id, by=officer)
    assert (await Reveal.get(id=other.id)).withdrawn_at is None


async def test_contact_reveal_needs_present_and_visible_member(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    (area,) = await area_ids("29905")
    rows: list[tuple[Group, Member]] = []
    for code in ("MAU-01", "MAU-02", "MAU-03"):
        group = await groups.create(GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, area), by=officer)
        draft = MemberDraft("Người mẫu", MemberRole.MEMBER, date(2025, 1, 1))
        row = await members.join(group.id, draft, by=officer)
        await contacts.record(row.id, ContactDraft(phone="0912 345 678"), by=officer)
        rows.append((group, row))
    (group, row), (_, away), (gone, _) = rows
    reveal = await reveals.request_reveal("member_contacts", row.id, "Cần gọi", by=officer)
    assert (reveal.row_id, reveal.area_id, reveal.sealed) == (row.id, area, "member_contacts")
    tip = await told(officer)
    listed = [reveal, await asked(tip, officer)]
    assert await reveals.codes(officer, listed) == {row.id: group.code, tip.id: tip.code}
    assert await reveals.codes(await staff_actor(Role.CUSTODIAN, "28249"), listed) == {}
    assert await reveals.codes(officer, []) == {}
    told_of = await AuditEntry.filter(row_id=row.id, action="reveals.ask").get()
    assert (told_of.noun, told_of.area_id) == ("member", area)
    await Member.filter(id=away.id).update(deleted_at=now())
    elsewhere = await staff_actor(Role.OFFICER, "28249")
    for kind, record, by in (
        ("member_contacts", away.id, officer),
        ("member_contacts", gone.id, officer),
        ("member_contacts", row.id, elsewhere),
        ("member_contacts", uuid4(), officer),
    ):
        with pytest.raises(NotFound):
            await reveals.request_reveal(kind, record, "Cần biết", by=by)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    assert (await reveals.open_reveal(reveal.id, by=officer)).values == {"phone": "+84912345678"}
