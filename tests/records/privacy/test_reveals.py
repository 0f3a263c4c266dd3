"""Seeing sealed data: who may ask, who decides, for how long, and that the database itself agrees."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from records.core.actor import Actor, Role, system
from records.core.days import now
from records.core.errors import Conflict, Denied, Invalid, NotFound
from records.database import grants
from records.database.connect import DatabaseRole
from records.nouns import groups, members, tips
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import TipDraft
from records.privacy import contacts, reporters, reveals
from records.privacy.contacts import ContactDraft
from records.privacy.reporters import ReporterDraft
from records.tables import AuditEntry, Group, Member, OutboxEvent, Reveal, Tip
from records.tables.groups import GroupKind, MemberRole
from records.tables.privacy import RevealState
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner, as_role

StaffActor = Callable[..., Awaitable[Actor]]
REPORTER = ReporterDraft(name="Người báo tin mẫu", phone="0912 345 678", may_contact=True)


async def told(by: Actor) -> Tip:
    category = (await tips.categories())[0]
    draft = TipDraft("Người lạ mặt (minh họa)", category.id, Channel.PHONE, (await area_ids("29905"))[0])
    return await reporters.submit(draft, REPORTER, by=by)


async def asked(tip: Tip, by: Actor) -> Reveal:
    return await reveals.ask("tip_reporters", tip.id, "Cần hỏi lại thời điểm", by=by)


async def ended(database: str, reveal: Reveal) -> None:
    """The approval, as it is when its time is over; the database lets nobody put it off, so neither back."""
    past = now() - timedelta(minutes=1)
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    await as_owner(database, "UPDATE reveals SET until = $1 WHERE id = $2", past, reveal.id)
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")


async def seen_by_the_database(url: str, actor: UUID | str | None) -> int:
    """How many sealed rows the service's own database role sees when it says that it acts for `actor`."""
    connection = await as_role(url, DatabaseRole.APP)
    try:
        async with connection.transaction():
            if actor is not None:
                await connection.execute("SELECT set_config('ketnoi.actor', $1, TRUE)", str(actor))
            return len(await connection.fetch("SELECT * FROM tip_reporters"))
    finally:
        await connection.close()


async def test_whoever_asked_sees_it_once_another_person_has_approved(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal = await asked(tip, officer)
    assert reveals.state(reveal) is RevealState.WAITING
    with pytest.raises(Conflict):
        await reveals.look(reveal.id, by=officer)
    reveal = await reveals.decide(reveal.id, approve=True, minutes=30, by=custodian)
    assert reveals.state(reveal) is RevealState.LIVE
    looked = await reveals.look(reveal.id, by=officer)
    assert looked.values == {"name": "Người báo tin mẫu", "phone": "+84912345678"}
    assert "Người" not in repr(looked)
    assert looked.reveal.looks == 1
    assert (await reveals.look(reveal.id, by=officer)).reveal.looks == 2
    assert (await Reveal.get(id=reveal.id)).looks == 2
    other = await staff_actor(Role.OFFICER, "29905")
    for somebody_else in (other, custodian):
        with pytest.raises((NotFound, Denied)):
            await reveals.look(reveal.id, by=somebody_else)


async def test_every_step_and_every_look_is_told_without_a_value(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    before = await OutboxEvent.all().count()
    reveal = await asked(tip, officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.look(reveal.id, by=officer)
    await reveals.look(reveal.id, by=officer)
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


async def test_nobody_decides_on_what_they_ask_for_themselves(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    both = Actor(officer.kind, officer.id, officer.name, role=Role.CUSTODIAN, areas=officer.areas)
    with pytest.raises(Denied):
        await reveals.decide(reveal.id, approve=True, by=both)
    with pytest.raises(asyncpg.CheckViolationError):
        await as_owner(
            database,
            "UPDATE reveals SET decided_by_id = asked_by_id, decided_at = now(), approved = TRUE,"
            " until = now() WHERE id = $1",
            reveal.id,
        )


async def test_a_custodian_decides_once_and_only_where_they_work(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    with pytest.raises(NotFound):
        await reveals.decide(reveal.id, approve=True, by=await staff_actor(Role.CUSTODIAN, "28249"))
    custodian = await staff_actor(Role.CUSTODIAN, "29905")
    await reveals.decide(reveal.id, approve=False, by=custodian)
    with pytest.raises(Conflict):
        await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(Conflict):
        await reveals.look(reveal.id, by=officer)
    assert reveals.state(await Reveal.get(id=reveal.id)) is RevealState.REFUSED


@pytest.mark.parametrize("minutes", [-5, 0, 24 * 60 + 1])
async def test_an_approval_lasts_a_day_at_most(database: str, staff_actor: StaffActor, minutes: int) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    with pytest.raises(Invalid) as wrong:
        await reveals.decide(reveal.id, approve=True, minutes=minutes, by=await staff_actor(Role.CUSTODIAN))
    assert set(wrong.value.problems) == {"minutes"}
    assert (await Reveal.get(id=reveal.id)).approved is None


@pytest.mark.parametrize("minutes", [None, 1, 24 * 60])
async def test_an_approval_lasts_an_hour_or_as_long_as_the_custodian_says(
    database: str, staff_actor: StaffActor, minutes: int | None
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    given = await asked(await told(officer), officer)
    said = {} if minutes is None else {"minutes": minutes}
    given = await reveals.decide(given.id, approve=True, by=custodian, **said)
    for reveal in (given, await Reveal.get(id=given.id)):
        assert reveal.decided_at is not None
        assert reveal.until == reveal.decided_at + timedelta(minutes=minutes or 60)
        assert (reveal.approved, reveal.decided_by_id) == (True, custodian.id)


async def test_a_refusal_says_who_and_when_and_shows_nothing(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    given = await reveals.decide((await asked(tip, officer)).id, approve=False, minutes=0, by=custodian)
    for reveal in (given, await Reveal.get(id=given.id)):
        assert reveal.decided_at is not None
        assert (reveal.approved, reveal.until, reveal.decided_by_id) == (False, None, custodian.id)
    told_last = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert told_last is not None
    assert told_last.after == {"reveal": "REFUSED", "reveal_id": str(given.id)}


async def test_one_asks_again_once_it_is_refused_or_over_and_not_before(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    await reveals.decide((await asked(tip, officer)).id, approve=False, by=custodian)
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


async def test_a_look_wants_the_request_and_the_record_where_the_asker_works(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal, other = await asked(tip, officer), await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(NotFound) as nobody_s:
        await reveals.look(reveal.id, by=await staff_actor(Role.OFFICER, "29905"))
    assert nobody_s.value.message.text == "There is no such request."
    await reveals.look(reveal.id, by=officer)
    assert (await Reveal.get(id=other.id)).looks == 0
    (elsewhere,) = await area_ids("28249")
    await Tip.filter(id=tip.id).update(area_id=elsewhere)
    moved = Actor(officer.kind, officer.id, officer.name, role=Role.OFFICER, areas=frozenset({elsewhere}))
    for by in (officer, moved):
        with pytest.raises(NotFound):
            await reveals.look(reveal.id, by=by)
    assert await reveals.mine(moved) == []


async def test_no_task_asks_decides_or_looks_in_the_place_of_a_person(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    reveal = await asked(tip, officer)
    for attempt in (
        reveals.ask("tip_reporters", tip.id, "Cần biết", by=system("test")),
        reveals.decide(reveal.id, approve=True, by=system("test")),
        reveals.look(reveal.id, by=system("test")),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert [row.id for row in await reveals.waiting(system("test"))] == [reveal.id]
    await reveals.decide(reveal.id, approve=True, by=custodian)
    with pytest.raises(NotFound):
        await reveals.look(reveal.id, by=system("test"))


async def test_what_can_only_be_asked_for_elsewhere_is_not_found(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    with pytest.raises(NotFound):
        await reveals.ask("education_subjects", uuid4(), "Cần biết", by=officer)
    for motive in ("", "a" * 1001):
        with pytest.raises(Invalid) as wrong:
            await reveals.ask("tip_reporters", uuid4(), motive, by=officer)
        assert set(wrong.value.problems) == {"motive"}


async def test_of_two_custodians_who_decide_at_once_one_is_too_late(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    reveal = await asked(await told(officer), officer)
    both = [await staff_actor(Role.CUSTODIAN) for _ in range(4)]
    decided = await asyncio.gather(
        *(reveals.decide(reveal.id, approve=True, by=custodian) for custodian in both), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in decided) == ["Conflict", "Conflict", "Conflict", "Reveal"]


async def test_ask_makes_one_reveal_when_asked_many_times_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    results = await asyncio.gather(*(asked(tip, officer) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == [*["AskedAlready"] * 3, "Reveal"]
    assert await Reveal.all().count() == 1


async def test_looks_at_the_same_time_are_each_counted(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    looked = await asyncio.gather(*(reveals.look(reveal.id, by=officer) for _ in range(4)))
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


async def test_what_the_audit_does_not_take_has_not_happened(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(Invalid):
            await asked(tip, officer)
    assert await Reveal.all().count() == 0
    reveal = await asked(tip, officer)
    async with nothing_told_of(database, "reveals.decide"):
        with pytest.raises(Invalid):
            await reveals.decide(reveal.id, approve=True, by=custodian)
    assert (await Reveal.get()).approved is None
    await reveals.decide(reveal.id, approve=True, by=custodian)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(Invalid):
            await reveals.look(reveal.id, by=officer)
    assert (await Reveal.get()).looks == 0
    other = await asked(await told(officer), officer)
    async with nothing_told_of(database, "reveals.ask"):
        with pytest.raises(Invalid):
            await reveals.withdraw(other.id, by=officer)
    assert (await Reveal.get(id=other.id)).withdrawn_at is None


async def test_a_contact_is_asked_for_while_its_member_is_there_and_in_sight(
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
    reveal = await reveals.ask("member_contacts", row.id, "Cần gọi", by=officer)
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
            await reveals.ask(kind, record, "Cần biết", by=by)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    assert (await reveals.look(reveal.id, by=officer)).values == {"phone": "+84912345678"}


async def test_one_asks_with_a_motive_once_and_for_what_one_sees(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    for motive in ("", "  ", "a" * 1001):
        with pytest.raises(Invalid):
            await reveals.ask("tip_reporters", tip.id, motive, by=officer)
    elsewhere = await staff_actor(Role.OFFICER, "28249")
    for kind, record, by in (
        ("tip_reporters", tip.id, elsewhere),
        ("tip_reporters", uuid4(), officer),
        ("member_contacts", tip.id, officer),
        ("staff", tip.id, officer),
    ):
        with pytest.raises(NotFound):
            await reveals.ask(kind, record, "Cần biết", by=by)
    await asked(tip, officer)
    with pytest.raises(Conflict):
        await asked(tip, officer)
    assert await Reveal.all().count() == 1


async def test_an_approval_ends_when_its_time_is_over_or_the_tip_goes_out_of_sight(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    moved = Actor(
        officer.kind, officer.id, officer.name, role=Role.OFFICER, areas=frozenset(await area_ids("28249"))
    )
    with pytest.raises(NotFound):
        await reveals.look(reveal.id, by=moved)
    demoted = Actor(officer.kind, officer.id, officer.name, role=Role.FRONT, areas=officer.areas)
    with pytest.raises(Denied):
        await reveals.look(reveal.id, by=demoted)
    await reveals.look(reveal.id, by=officer)
    await ended(database, reveal)
    with pytest.raises(Conflict):
        await reveals.look(reveal.id, by=officer)
    assert (await Reveal.get(id=reveal.id)).looks == 1


async def test_the_lists_show_each_person_what_is_theirs(database: str, staff_actor: StaffActor) -> None:
    officer, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    first, second = await asked(tip, officer), await asked(tip, other)
    here, away = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN, "28249")
    auditor = await staff_actor(Role.AUDITOR)
    assert [row.id for row in await reveals.mine(officer)] == [first.id]
    both = Actor(officer.kind, officer.id, officer.name, role=Role.CUSTODIAN, areas=officer.areas)
    assert [row.id for row in await reveals.waiting(both)] == [second.id]
    assert [row.id for row in await reveals.waiting(here)] == [second.id, first.id]
    assert await reveals.waiting(away) == await reveals.log(away) == []
    await reveals.decide(first.id, approve=False, by=here)
    assert [row.id for row in await reveals.waiting(here)] == [second.id]
    assert [row.id for row in await reveals.log(auditor)] == [second.id, first.id]
    assert await reveals.codes(auditor, await reveals.log(auditor)) == {tip.id: tip.code}
    # What was asked for at the same moment has an order too.
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    await as_owner(database, "UPDATE reveals SET asked_at = now(), looks = 0")
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
    assert [row.id for row in await reveals.log(auditor)] == [second.id, first.id]
    await as_owner(database, "ALTER TABLE reveals DISABLE TRIGGER reveals_once; SELECT")
    later = now() + timedelta(minutes=1)
    await as_owner(database, "UPDATE reveals SET asked_at = $1 WHERE id = $2", later, first.id)
    await as_owner(database, "ALTER TABLE reveals ENABLE TRIGGER reveals_once; SELECT")
    assert [row.id for row in await reveals.log(auditor)] == [first.id, second.id]
    with pytest.raises(Denied):
        reveals.waiting(auditor)
    with pytest.raises(Denied):
        reveals.log(officer)


async def test_a_request_is_withdrawn_by_whoever_asked_while_it_waits(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    other = await staff_actor(Role.OFFICER, "29905")
    tip = await told(officer)
    reveal = await asked(tip, officer)
    elsewhere = replace(officer, areas=frozenset(await area_ids("28249")))
    for nobody in (other, elsewhere):
        with pytest.raises(NotFound):
            await reveals.withdraw(reveal.id, by=nobody)
    reveal = await reveals.withdraw(reveal.id, by=officer)
    assert reveals.state(reveal) is RevealState.WITHDRAWN
    assert await reveals.waiting(custodian) == []
    for attempt in (
        reveals.withdraw(reveal.id, by=officer),
        reveals.decide(reveal.id, approve=True, by=custodian),
        reveals.look(reveal.id, by=officer),
    ):
        with pytest.raises(Conflict):
            await attempt
    last = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert last is not None
    assert last.after == {"reveal": "WITHDRAWN", "reveal_id": str(reveal.id)}
    again = await asked(tip, officer)
    await reveals.decide(again.id, approve=True, by=custodian)
    with pytest.raises(Conflict):
        await reveals.withdraw(again.id, by=officer)


async def test_the_database_shows_a_sealed_row_only_under_a_live_approval(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip, another = await told(officer), await told(officer)
    reveal = await asked(tip, officer)
    refused = await asked(another, officer)

    async def seen(actor: UUID | str | None = officer.id) -> int:
        return await seen_by_the_database(database, actor)

    assert await seen() == 0
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.decide(refused.id, approve=False, by=custodian)
    # One row of the two, for the asker, and only inside a transaction that names them.
    assert await seen() == 1
    assert await seen(None) == await seen("") == 0
    assert await seen(custodian.id) == await seen(uuid4()) == 0
    await ended(database, reveal)
    assert await seen() == 0


@pytest.mark.parametrize("table", ["tip_reporters", "member_contacts", "education_subjects"])
async def test_row_level_security_guards_every_sealed_table(database: str, table: str) -> None:
    (row,) = await as_owner(database, "SELECT relrowsecurity FROM pg_class WHERE relname = $1", table)
    assert row["relrowsecurity"]
    policies = await as_owner(
        database, "SELECT cmd, roles::text[] FROM pg_policies WHERE tablename = $1 ORDER BY cmd", table
    )
    assert [tuple(policy) for policy in policies] == [
        ("INSERT", ["ketnoi_app"]),
        ("SELECT", ["ketnoi_app"]),
    ]
    connection = await as_role(database, DatabaseRole.APP)
    for change in (f"UPDATE {table} SET data_key = NULL", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
    await connection.close()


async def test_the_service_s_own_database_role_cannot_bend_a_decision(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, minutes=5, by=custodian)
    connection = await as_role(database, DatabaseRole.APP)
    for values in (
        "until = now() + interval '20 hours'",
        "asked_by_id = decided_by_id, decided_by_id = asked_by_id",
        "row_id = gen_random_uuid()",
        "motive = 'khác'",
        "looks = -1",
        "approved = FALSE, until = NULL",
        "withdrawn_at = now()",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE reveals SET {values} WHERE id = $1", reveal.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO reveals (id, sealed, row_id, area_id, asked_by_id, asked_at, motive,"
            " decided_by_id, decided_at, approved, until, looks)"
            " SELECT gen_random_uuid(), sealed, row_id, area_id, asked_by_id,"
            " now(), motive, decided_by_id, now(), TRUE, now() + interval '1 hour', 0 FROM reveals"
        )
    withdrawn = await asked(await told(officer), officer)
    await reveals.withdraw(withdrawn.id, by=officer)
    for values in ("withdrawn_at = NULL", "withdrawn_at = now() + interval '1 hour'"):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE reveals SET {values} WHERE id = $1", withdrawn.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "UPDATE reveals SET decided_by_id = $2, decided_at = now(), approved = TRUE,"
            " until = now() + interval '1 hour' WHERE id = $1",
            withdrawn.id,
            custodian.id,
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM reveals")
    await connection.close()


async def test_the_history_of_a_tip_holds_no_sealed_value(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await asked(await told(officer), officer)
    await reveals.decide(reveal.id, approve=True, by=custodian)
    await reveals.look(reveal.id, by=officer)
    rows = await AuditEntry.all().values("before", "after", "motive")
    held = json.dumps(rows, ensure_ascii=False)
    assert "Người báo tin mẫu" not in held
    assert "912345678" not in held


async def test_only_the_service_may_call_what_runs_as_the_owner(database: str) -> None:
    rows = await as_owner(database, "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE prosecdef")
    assert {row["name"].replace(",", ", ") for row in rows} == set(grants.FUNCTIONS)
    for function in grants.FUNCTIONS:
        (may,) = await as_owner(
            database,
            "SELECT has_function_privilege('ketnoi_app', $1, 'EXECUTE') AS app,"
            " has_function_privilege('ketnoi_reader', $1, 'EXECUTE') AS reader,"
            " has_function_privilege('public', $1, 'EXECUTE') AS anybody",
            function,
        )
        assert tuple(may) == (True, False, False), function
