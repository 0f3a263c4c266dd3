"""Seeing sealed data: who may ask, who decides, for how long, and that the database itself agrees."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from records import reporters, reveals, tips
from records.core.actor import Actor, Role
from records.core.days import now
from records.core.errors import Conflict, Denied, Invalid, NotFound
from records.database import grants
from records.database.connect import DatabaseRole
from records.reporters import ReporterDraft
from records.tables import AuditEntry, OutboxEvent, Reveal, Tip
from records.tables.sealed import RevealState
from records.tables.tips import Channel
from records.tips import TipDraft
from tests.conftest import area_ids
from tests.records.sealed_rows import as_owner, as_role

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
    await reveals.look(reveal.id, by=officer)
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
    assert rows[0].motive == "Cần hỏi lại thời điểm"
    assert all(set(row.after or {}) == {"reveal", "reveal_id"} for row in rows)
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
    with pytest.raises(Invalid):
        await reveals.decide(reveal.id, approve=True, minutes=minutes, by=await staff_actor(Role.CUSTODIAN))
    assert (await Reveal.get(id=reveal.id)).approved is None


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
    assert [row.id for row in await reveals.waiting(here)] == [second.id, first.id]
    assert await reveals.waiting(away) == await reveals.log(away) == []
    await reveals.decide(first.id, approve=False, by=here)
    assert [row.id for row in await reveals.waiting(here)] == [second.id]
    assert [row.id for row in await reveals.log(auditor)] == [second.id, first.id]
    assert await reveals.codes(auditor, await reveals.log(auditor)) == {tip.id: tip.code}
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
    with pytest.raises(NotFound):
        await reveals.withdraw(reveal.id, by=other)
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
