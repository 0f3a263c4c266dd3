"""Everything that the owner of the tables, with the triggers off, could do to the audit is found."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from records import audit
from records.audit import ChainWriter, Checkpoint, CheckpointStoreError, Defect, VerificationReport
from records.audit.chain import COLUMNS
from records.core.actor import Role
from records.core.dates import now
from records.core.errors import Conflict, PermissionDenied
from records.database.connect import DatabaseRole, connected_task
from records.security import sealing
from records.security.sealing import Keyring, write_keyring
from records.tables import AuditEntry
from tests.databases import Empty
from tests.records.audit.support import (
    add_group,
    check,
    connect,
    five,
    head_files,
    link_and_keep,
    links,
    tamper,
)
from tests.records.changes.test_unit_of_work import MakeActor

FIRST = "(SELECT min(seq) FROM audit_entries)"
EDITS = {
    "seq": "seq + 1000",
    "id": "gen_random_uuid()",
    "txid": "txid + 1",
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'PARTNER'",
    "actor_id": "gen_random_uuid()",
    "actor_name": "actor_name || ' '",
    "request_id": "reverse(request_id)",
    "action": "'groups.create'",
    "noun": "'member'",
    "row_id": "gen_random_uuid()",
    "area_id": "NULL",
    "before": """before || '{"households": 7}'""",
    "after": """after || '{"households": 7}'""",
    "motive": "'một lý do khác'",
    "mac": "sha256(mac)",
}
UNSIGNED = ", ".join(COLUMNS)
ALL_COLUMNS = ", ".join((*COLUMNS, "mac"))
NEW_SEQ = ", ".join("seq + 1000" if name == "seq" else name for name in (*COLUMNS, "mac"))
COPY = f"INSERT INTO audit_entries ({ALL_COLUMNS}) SELECT {ALL_COLUMNS} FROM audit_entries LIMIT 1"
WITHOUT_MAC = ", ".join({"seq": "9000", "id": "gen_random_uuid()"}.get(name, name) for name in COLUMNS)
NO_KEYS = [
    """DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT conname FROM pg_constraint
      WHERE contype IN ('p', 'u') AND conrelid = 'audit_entries'::regclass
    LOOP EXECUTE format('ALTER TABLE audit_entries DROP CONSTRAINT %I', name); END LOOP; END $$"""
]


def number(position: int) -> str:
    """The entry that was linked at `position`, as a value in SQL."""
    return f"(SELECT entry FROM audit_links WHERE position = {position})"


def test_tampering_covers_all_columns() -> None:
    assert set(EDITS) == {*COLUMNS, "mac"}


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("column", EDITS)
async def test_verify_finds_edit_of_any_column(
    database: str, tmp_path: Path, column: str, linked: bool
) -> None:
    await five()
    if linked:
        await link_and_keep(tmp_path)
    await tamper(
        database, f"UPDATE audit_entries SET {column} = {EDITS[column]} WHERE after->>'households' = '13'"
    )
    verdict = await check(tmp_path)
    assert verdict.flaw is (Defect.MISSING if linked and column == "seq" else Defect.FORGED)
    assert verdict.linked == (3 if linked else 0)


FORGERIES: dict[str, tuple[list[str], Defect]] = {
    "every MAC set to NULL, and a row changed": (
        [
            "ALTER TABLE audit_entries ALTER mac DROP NOT NULL",
            f"UPDATE audit_entries SET motive = 'x' WHERE seq = {FIRST}",
            "UPDATE audit_entries SET mac = NULL",
        ],
        Defect.FORGED,
    ),
    "every chain set to NULL": (
        [
            "ALTER TABLE audit_links ALTER chain DROP NOT NULL",
            "UPDATE audit_links SET chain = NULL",
        ],
        Defect.RELINKED,
    ),
    "a row without a MAC put in": (
        [
            "ALTER TABLE audit_entries ALTER mac DROP NOT NULL",
            f"INSERT INTO audit_entries ({UNSIGNED}) SELECT {WITHOUT_MAC} FROM audit_entries LIMIT 1",
        ],
        Defect.FORGED,
    ),
    "the column of the MAC removed": (["ALTER TABLE audit_entries DROP mac"], Defect.ALTERED),
    "the chain removed": (["DROP TABLE audit_links"], Defect.UNREADABLE),
    "a date that cannot be read": (
        ["UPDATE audit_entries SET at = '4000-01-01 BC'"],
        Defect.UNREADABLE,
    ),
    "an endless date": (["UPDATE audit_entries SET at = 'infinity'"], Defect.FORGED),
    "one deleted": ([f"DELETE FROM audit_entries WHERE seq = {number(3)}"], Defect.MISSING),
    "one deleted with its link": (
        [
            f"DELETE FROM audit_entries WHERE seq = {number(3)}",
            "DELETE FROM audit_links WHERE position = 3",
        ],
        Defect.GAP,
    ),
    "one deleted with its link, and the others moved up": (
        [
            f"DELETE FROM audit_entries WHERE seq = {number(3)}",
            "DELETE FROM audit_links WHERE position = 3",
            "UPDATE audit_links SET position = 3 WHERE position = 4",
            "UPDATE audit_links SET position = 4 WHERE position = 5",
        ],
        Defect.RELINKED,
    ),
    "the first deleted with their links": (
        [
            f"DELETE FROM audit_entries WHERE seq < {number(3)}",
            "DELETE FROM audit_links WHERE position < 3",
        ],
        Defect.GAP,
    ),
    "two exchanged in the chain": (
        [
            "UPDATE audit_links SET position = 9 WHERE position = 2",
            "UPDATE audit_links SET position = 2 WHERE position = 3",
            "UPDATE audit_links SET position = 3 WHERE position = 9",
        ],
        Defect.RELINKED,
    ),
    "two numbers exchanged": (
        [
            f"UPDATE audit_entries SET seq = 9000 WHERE seq = {number(2)}",
            f"UPDATE audit_entries SET seq = {number(2)} WHERE seq = {number(3)}",
            f"UPDATE audit_entries SET seq = {number(3)} WHERE seq = 9000",
        ],
        Defect.FORGED,
    ),
    "an older row replayed under a new number": (
        [
            *NO_KEYS,
            f"INSERT INTO audit_entries ({ALL_COLUMNS}) SELECT {NEW_SEQ} FROM audit_entries LIMIT 1",
        ],
        Defect.FORGED,
    ),
    "an older row replayed under its own number": ([*NO_KEYS, COPY], Defect.REPEATED),
    "the end deleted with its links": (
        [
            f"DELETE FROM audit_entries WHERE seq >= {number(4)}",
            "DELETE FROM audit_links WHERE position >= 4",
        ],
        Defect.CUT,
    ),
    "everything deleted": (["DELETE FROM audit_entries", "DELETE FROM audit_links"], Defect.CUT),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_verify_finds_forgery_and_later_links_do_not_hide_it(
    fresh_database: str, tmp_path: Path, name: str
) -> None:
    statements, flaw = FORGERIES[name]
    async with connected_task(fresh_database):
        await five()
        await link_and_keep(tmp_path)
        assert await check(tmp_path) == VerificationReport(
            linked=5, checkpoints_compared=1, entries_covered=5
        )
        await tamper(fresh_database, *statements)
        assert (await check(tmp_path)).flaw is flaw
        # Where the tables are gone nothing more can be written, and so nothing is changed either;
        # nothing is signed for a last link that is not right.
        with suppress(OperationalError, CheckpointStoreError):
            await five("MAU-02")
            await ChainWriter().append_pending()
            await audit.CheckpointWriter(audit.open_store(tmp_path)).write_now()
        assert (await check(tmp_path)).flaw is not None


async def test_verify_finds_copy_when_it_is_not_linked(fresh_database: str) -> None:
    async with connected_task(fresh_database):
        await five()
        await tamper(fresh_database, *NO_KEYS, COPY)
        assert (await check()).flaw is Defect.REPEATED


async def test_verify_finds_chain_that_grew_again(database: str, tmp_path: Path) -> None:
    """The end is deleted with its links, and what is written afterwards takes the same positions."""
    await five()
    await link_and_keep(tmp_path)
    await tamper(
        database,
        f"DELETE FROM audit_entries WHERE seq >= {number(4)}",
        "DELETE FROM audit_links WHERE position >= 4",
    )
    await five("MAU-02")
    await link_and_keep(tmp_path)
    assert await check() == replace(await check(), linked=8, flaw=None)
    assert (await check(tmp_path)).flaw is Defect.OTHER


async def test_verify_accepts_links_made_again(database: str, tmp_path: Path) -> None:
    """Links alone say nothing that entries do not: made again, they are the same."""
    await five()
    await link_and_keep(tmp_path)
    await tamper(database, "DELETE FROM audit_links")
    assert (await check(tmp_path)).flaw is Defect.CUT
    await link_and_keep(tmp_path)
    assert (await check(tmp_path)).is_compared


async def test_verify_finds_chain_signed_with_another_key(
    database: str, empty: Empty, key_file: Path, tmp_path: Path
) -> None:
    await five()
    await link_and_keep(tmp_path / "heads")
    kept = sealing.keyring()
    await empty()
    try:
        write_keyring(key_file, Keyring.new())
        await five()
        await link_and_keep(tmp_path / "other")
        assert (await check(tmp_path / "other")).is_compared
    finally:
        write_keyring(key_file, kept)
    assert (await check(tmp_path / "heads")).flaw is Defect.FORGED
    assert (await check(tmp_path / "other")).flaw is Defect.FORGED


async def test_verify_accepts_older_rows_when_keys_were_rotated(
    database: str, key_file: Path, tmp_path: Path
) -> None:
    kept = sealing.keyring()
    await five()
    await link_and_keep(tmp_path)
    try:
        newer = kept.with_new_key()
        write_keyring(key_file, newer.without(kept.current))
        await five("MAU-02")
        await link_and_keep(tmp_path)
        assert await check(tmp_path) == VerificationReport(
            linked=10, checkpoints_compared=2, entries_covered=10
        )
    finally:
        write_keyring(key_file, kept)


async def test_verify_reports_uncompared_entries(database: str, tmp_path: Path) -> None:
    assert not (await check(tmp_path)).is_compared
    await five()
    verdict = await check(tmp_path)
    assert (verdict.pending, verdict.flaw, verdict.is_compared) == (5, None, False)
    await link_and_keep(tmp_path)
    await five("MAU-02")
    verdict = await check(tmp_path)
    assert (verdict.linked, verdict.pending, verdict.entries_covered, verdict.is_compared) == (5, 5, 5, True)
    oldest = await AuditEntry.exclude(seq__in=[entry for _, entry in await links()]).order_by("seq").first()
    assert oldest is not None
    assert verdict.uncovered_since == oldest.at
    await ChainWriter().append_pending()
    assert (await check(tmp_path)).uncovered_since == oldest.at


def test_verdict_is_not_compared_when_rest_is_old() -> None:
    verdict = VerificationReport(
        linked=2, checkpoints_compared=1, entries_covered=1, uncovered_since=now() - timedelta(minutes=9)
    )
    assert verdict.is_compared
    assert not replace(verdict, uncovered_since=now() - timedelta(minutes=11)).is_compared
    assert not replace(verdict, checkpoints_compared=0).is_compared


async def test_verify_finds_line_that_is_no_checkpoint(database: str, tmp_path: Path) -> None:
    await five()
    await link_and_keep(tmp_path)
    (path,) = head_files(tmp_path)
    good = path.read_text()
    given = json.loads(good)
    for wrong in (
        "\n",
        "[]\n",
        json.dumps({**given, "position": 4}) + "\n",
        json.dumps({**given, "mac": "00" * 32}) + "\n",
        json.dumps({name: value for name, value in given.items() if name != "mac"}) + "\n",
    ):
        path.write_text(good + wrong + good)
        verdict = await check(tmp_path)
        assert (verdict.flaw, verdict.where) == (Defect.CHECKPOINT, f"{path.name}, line 2")


async def test_verify_reads_over_many_batches(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.audit.verification._BATCH", 2)
    for code in ("MAU-01", "MAU-02", "MAU-03"):
        await five(code)
        await link_and_keep(tmp_path)
    assert await check(tmp_path) == VerificationReport(linked=15, checkpoints_compared=3, entries_covered=15)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
async def test_verify_is_denied_when_role_is_not_auditor(staff_actor: MakeActor, role: Role) -> None:
    actor = await staff_actor(role)
    for asked in (audit.verify(by=actor), audit.create_checkpoint(by=actor)):
        with pytest.raises(PermissionDenied):
            await asked


async def test_newest_is_head_of_chain(staff_actor: MakeActor, tmp_path: Path) -> None:
    actor = await staff_actor(Role.AUDITOR)
    with pytest.raises(Conflict):
        await audit.create_checkpoint(by=actor)
    await add_group("MAU-01")
    await link_and_keep(tmp_path)
    newest = await audit.create_checkpoint(by=actor)
    assert Checkpoint.parse(newest.line()) == newest
    assert (await audit.verify([newest], by=actor)).checkpoints_compared == 1


@pytest.mark.parametrize("role", [*DatabaseRole, None])
async def test_audit_rows_cannot_be_changed(database: str, tmp_path: Path, role: DatabaseRole | None) -> None:
    """Neither the service, nor the owner of the tables, nor the account that made the roles."""
    await five()
    await link_and_keep(tmp_path)
    connection = await connect(database, role)
    try:
        for statement in (
            "UPDATE audit_entries SET motive = 'x'",
            f"UPDATE audit_entries SET motive = motive WHERE seq = {FIRST}",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
            "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (seq) DO UPDATE SET noun = ''",
            "UPDATE audit_links SET chain = ''",
            "DELETE FROM audit_links",
            "TRUNCATE audit_links",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
    assert (await check(tmp_path)).is_compared
