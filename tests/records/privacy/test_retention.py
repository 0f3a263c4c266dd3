from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from records import audit
from records.core.actor import Actor, Role
from records.core.dates import midnight
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.database.connect import DatabaseRole, connection_arguments
from records.metrics.catalogue import category_id
from records.nouns import legal_holds
from records.nouns.tips import TipDraft
from records.privacy import reporters, retention
from records.privacy.reporters import ReporterDraft
from records.privacy.retention import ERASED_NAME
from records.security import vault
from records.security.sealing import DecryptionError, RowCipher, keyring
from records.tables import (
    AuditEntry,
    LegalHold,
    Member,
    RetentionRule,
    Session,
    Tip,
)
from records.tables.groups import MemberRole
from records.tables.privacy import RetentionAction
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.records.privacy.due_records import DUE, ENDED, NAME, TASK, a_case, a_member, a_tip, counted
from tests.records.security.sealed_rows import found_by_phone

MakeActor = Callable[..., Awaitable[Actor]]
MAKE: dict[str, Callable[[], Awaitable[UUID]]] = {"member": a_member, "tip": a_tip, "education_case": a_case}
SEALED = {
    "member": ("member_contacts", "member_id"),
    "tip": ("tip_reporters", "tip_id"),
    "education_case": ("education_subjects", "case_id"),
}


async def sealed_rows(url: str, noun: str, row_id: UUID) -> list[asyncpg.Record]:
    """The sealed rows of a record, as the owner of the tables sees them."""
    table, owner = SEALED[noun]
    connection = await asyncpg.connect(**connection_arguments(url, DatabaseRole.OWNER))
    try:
        rows: list[asyncpg.Record] = await connection.fetch(
            f"SELECT * FROM {table} WHERE {owner} = $1", row_id
        )
        return rows
    finally:
        await connection.close()


async def test_retention_rules_have_finder_and_action(database: str) -> None:
    rules = {rule.noun: (rule.action, rule.keep_months) for rule in await retention.rules(by=TASK)}
    assert set(rules) == set(retention._ENDED) == {*retention._ERASE, "session"}
    assert set(retention._ERASE) == set(legal_holds.NOUNS)
    assert {noun for noun, (action, _) in rules.items() if action is RetentionAction.REMOVE} == {"session"}
    assert {noun for noun, (action, _) in rules.items() if action is RetentionAction.ERASE_PICTURES} == {
        "activity"
    }


@pytest.mark.parametrize("noun", MAKE)
async def test_personal_data_is_erased_on_due_day_and_not_before(database: str, noun: str) -> None:
    row_id = await MAKE[noun]()
    before = DUE[noun] - timedelta(days=1)
    assert await counted(await retention.due(by=TASK, on=before)) == {}
    assert await counted(await retention.apply(by=TASK, on=before)) == {}
    assert len(await sealed_rows(database, noun, row_id)) == 1
    assert await counted(await retention.due(by=TASK, on=DUE[noun])) == {noun: (1, 0)}
    assert await counted(await retention.apply(by=TASK, on=DUE[noun])) == {noun: (1, 0)}
    assert await sealed_rows(database, noun, row_id) == []


async def test_retention_day_is_local(database: str) -> None:
    # Closed at 23:30 of the day in Viet Nam, and half an hour later.
    first = await a_tip(midnight(ENDED) + timedelta(hours=23, minutes=30))
    second = await a_tip(midnight(ENDED) + timedelta(hours=24))
    await retention.apply(by=TASK, on=DUE["tip"])
    assert [(await Tip.get(id=row_id)).anonymous for row_id in (first, second)] == [True, False]


async def test_ended_term_loses_name_and_keeps_numbers(database: str) -> None:
    row_id = await a_member()
    await retention.apply(by=TASK, on=DUE["member"])
    row = await Member.get(id=row_id)
    assert (row.name, row.birth_year, row.role, row.left_on) == (ERASED_NAME, None, MemberRole.MEMBER, ENDED)
    assert "chim" not in f"{row.name_key} {row.folded}".lower()
    last = await AuditEntry.filter(row_id=row_id).order_by("-seq").first()
    assert last is not None
    assert (last.action, last.before, "24" in last.motive) == ("retention.manage", {}, True)
    assert NAME not in str(await AuditEntry.all().values())
    told = [value for entry in await AuditEntry.all() for value in (entry.before, entry.after) if value]
    assert told
    assert not any("birth_year" in value for value in told)


async def test_open_term_and_open_tip_are_never_due(database: str) -> None:
    (area,) = await area_ids("29905")
    await a_member(None)
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, area)
    await reporters.submit(draft, ReporterDraft(name=NAME), by=TASK)
    assert await counted(await retention.due(by=TASK, on=date(2200, 1, 1))) == {}


async def test_retention_dry_run_changes_nothing(database: str) -> None:
    for make in MAKE.values():
        await make()
    before = await AuditEntry.all().count(), await Member.all().values(), await Tip.all().values()
    due = await counted(await retention.due(by=TASK, on=DUE["tip"]))
    assert due == {"education_case": (1, 0), "member": (1, 0), "tip": (1, 0)}
    assert (await AuditEntry.all().count(), await Member.all().values(), await Tip.all().values()) == before


async def test_retention_does_nothing_when_repeated(database: str) -> None:
    for make in MAKE.values():
        await make()
    assert len(await counted(await retention.apply(by=TASK, on=DUE["tip"]))) == 3
    told = await AuditEntry.all().count()
    assert await counted(await retention.apply(by=TASK, on=DUE["tip"])) == {}
    assert await AuditEntry.all().count() == told
    assert (await audit.verify(by=TASK)).flaw is None


async def test_retention_continues_when_interrupted(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await a_member() for _ in range(3)]
    erase, calls = vault.erase, 0

    async def breaks(kind: str, record: UUID) -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionError
        return await erase(kind, record)

    with monkeypatch.context() as patch:
        patch.setattr(vault, "erase", breaks)
        with pytest.raises(ConnectionError):
            await retention.apply(by=TASK, on=DUE["member"])
    assert await Member.filter(id__in=ids, name=ERASED_NAME).count() == 1
    assert await counted(await retention.apply(by=TASK, on=DUE["member"])) == {"member": (2, 0)}


@pytest.mark.parametrize("noun", MAKE)
async def test_legal_hold_keeps_record_until_lifted(database: str, noun: str) -> None:
    row_id = await MAKE[noun]()
    await legal_holds.place(noun, row_id, reason="Theo yêu cầu của toà", by=TASK)
    assert await counted(await retention.due(by=TASK, on=DUE[noun])) == {noun: (0, 1)}
    assert await counted(await retention.apply(by=TASK, on=DUE[noun])) == {noun: (0, 1)}
    with pytest.raises(Conflict):
        await retention.erase_person(noun, row_id, motive="Theo yêu cầu", by=TASK)
    assert len(await sealed_rows(database, noun, row_id)) == 1
    await legal_holds.lift(noun, row_id, reason="Xong", by=TASK)
    assert await counted(await retention.apply(by=TASK, on=DUE[noun])) == {noun: (1, 0)}


async def test_legal_hold_is_respected_when_placed_during_job(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was listed as due is asked for again when its turn comes."""
    row_id = await a_member()
    (rule,) = [rule for rule in await retention.rules(by=TASK) if rule.noun == "member"]
    await legal_holds.place("member", row_id, reason="Vì", by=TASK)
    assert not await retention._apply_to(rule, row_id, TASK, DUE["member"])
    assert (await Member.get(id=row_id)).name == NAME


async def test_legal_hold_is_audited_and_placed_once(database: str) -> None:
    row_id = await a_member()
    hold = await legal_holds.place("member", row_id, reason="Theo yêu cầu của toà", by=TASK)
    with pytest.raises(Conflict):
        await legal_holds.place("member", row_id, reason="Lần nữa", by=TASK)
    await legal_holds.lift("member", row_id, reason="Xong", by=TASK)
    with pytest.raises(NotFound):
        await legal_holds.lift("member", row_id, reason="Xong", by=TASK)
    entries = await AuditEntry.filter(row_id=hold.id).order_by("seq")
    assert [(entry.motive, (entry.after or {})["held"]) for entry in entries] == [
        ("Theo yêu cầu của toà", True),
        ("Xong", False),
    ]
    assert await LegalHold.filter(lifted_at__isnull=True).count() == 0
    for wrong, no in ((("session", uuid4()), NotFound), (("tip", uuid4()), NotFound)):
        with pytest.raises(no):
            await legal_holds.place(*wrong, reason="Vì", by=TASK)
    with pytest.raises(ValidationFailed):
        await legal_holds.place("member", row_id, reason=" ", by=TASK)


async def test_custodian_reaches_own_areas_only(staff_actor: MakeActor) -> None:
    row_id = await a_member()
    near, far = await staff_actor(Role.CUSTODIAN, "29905"), await staff_actor(Role.CUSTODIAN, "01")
    assert await counted(await retention.due(by=far, on=DUE["member"])) == {}
    assert await counted(await retention.apply(by=far, on=DUE["member"])) == {}
    with pytest.raises(NotFound):
        await legal_holds.place("member", row_id, reason="Vì", by=far)
    with pytest.raises(NotFound):
        await retention.erase_person("member", row_id, motive="Vì", by=far)
    assert await counted(await retention.due(by=near, on=DUE["member"])) == {"member": (1, 0)}
    with pytest.raises(PermissionDenied):
        await retention.due(by=await staff_actor(Role.COMMANDER))


async def test_old_sessions_are_removed(staff_actor: MakeActor, database: str) -> None:
    actor = await staff_actor()
    moment = midnight(ENDED)
    for number, ended in enumerate((moment, moment + timedelta(days=1))):
        await Session.create(
            staff_id=actor.id,
            token_hash=bytes([number]) * 32,
            proved_at=moment,
            seen_at=moment,
            expires_at=ended,
        )
    assert await counted(await retention.apply(by=TASK, on=DUE["session"])) == {"session": (1, 0)}
    assert await Session.all().count() == 1


async def test_retention_rule_applies_from_change(database: str) -> None:
    await a_member()
    try:
        await retention.set_period("member", 23, by=TASK)
        assert await counted(await retention.due(by=TASK, on=date(2022, 2, 28))) == {"member": (1, 0)}
    finally:
        await RetentionRule.filter(noun="member").update(keep_months=24)
    entry = await AuditEntry.filter(noun="retention_rule").first()
    assert entry is not None
    assert (entry.before, entry.after) == ({"member": 24}, {"member": 23})
    for months in (0, 1201):
        with pytest.raises(ValidationFailed):
            await retention.set_period("member", months, by=TASK)
    with pytest.raises(NotFound):
        await retention.set_period("groups", 1, by=TASK)


@pytest.mark.parametrize("noun", MAKE)
async def test_erased_data_opens_from_no_copy_when_key_is_dropped(database: str, noun: str) -> None:
    row_id = await MAKE[noun]()
    table, _ = SEALED[noun]
    # A copy of the database from before holds the row with its wrapped data key ...
    (copy,) = await sealed_rows(database, noun, row_id)
    column = "name" if noun != "member" else "phone"
    await retention.apply(by=TASK, on=DUE[noun])
    assert await sealed_rows(database, noun, row_id) == []
    ring = keyring()
    assert RowCipher.for_row(ring, table, copy["id"], copy["data_key"]).decrypt(column, copy[column])
    # ... until the keys are rotated and the old one is dropped; without its data key it is noise at once.
    rotated = ring.with_new_key().without(ring.current)
    with pytest.raises(DecryptionError):
        RowCipher.for_row(rotated, table, copy["id"], copy["data_key"])
    with pytest.raises(DecryptionError):
        RowCipher.new(ring, table, copy["id"])[0].decrypt(column, copy[column])


async def test_erased_people_are_found_by_no_phone(database: str) -> None:
    await a_member()
    await a_tip()
    for kind in ("member_contacts", "tip_reporters"):
        assert len(await found_by_phone(database, kind, "+84912345678")) == 1
    await retention.apply(by=TASK, on=DUE["tip"])
    for kind in ("member_contacts", "tip_reporters"):
        assert await found_by_phone(database, kind, "+84912345678") == []
