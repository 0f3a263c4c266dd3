"""Sealed at rest: a canary is found nowhere in clear; keys change while people look and record."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.errors import NotFound
from records.core.settings import OperatorError
from records.core.validation import Validator
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.privacy import attachments, reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.security import rotation, sealing, vault
from records.security.sealing import KeyFile, RowCipher, ensure_keyring, read_keyring, write_keyring
from records.tables import Reveal, Tip
from records.tables.tips import Channel
from tests.admin.forms import a_picture, some_tip
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner, found_by_phone
from tests.replaced import replaced_settings

StaffActor = Callable[..., Awaitable[Actor]]
NAME, PHONE, STREET = "Chim Sơn Ca Mẫu", "0987 654 321", "Ngõ Sơn Ca mẫu 77"
CLUES = (NAME, "Chim Sơn Ca", "987654321", PHONE, "Ngõ Sơn Ca")


@pytest.fixture
def own_keys(key_file: Path, tmp_path: Path) -> Iterator[Path]:
    """A key file that only this test changes, with the same keys as the run's."""
    path = tmp_path / "keys.json"
    write_keyring(path, read_keyring(key_file))
    with replaced_settings(key_path=path):
        yield path


async def told(by: Actor, name: str = NAME) -> Tip:
    category = (await tips.categories())[0]
    draft = TipDraft("Người lạ mặt (minh họa)", category.id, Channel.PHONE, (await area_ids("29905"))[0])
    return await reporters.submit(draft, ReporterDraft(name, PHONE, "zalo-hoang-yen", STREET), by=by)


async def approved(tip: Tip, by: Actor, custodian: Actor) -> Reveal:
    reveal = await reveals.request_reveal("tip_reporters", tip.id, "Cần hỏi lại", by=by)
    return await reveals.decide(reveal.id, approve=True, by=custodian)


async def everything(url: str) -> str:
    """Every column of every row of every table, as text; bytes both as hex and as what they spell."""
    tables = await as_owner(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    parts = []
    for table in tables:
        rows = await as_owner(url, f"SELECT * FROM {table['tablename']}")
        for row in rows:
            parts += [
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in row.values()
            ]
    return "\n".join(parts)


def files_with(folder: Path, *texts: str) -> dict[str, int]:
    """In how many files below `folder` each text stands."""
    held = dict.fromkeys(texts, 0)
    for inside, _, names in os.walk(folder):
        for path in (Path(inside) / name for name in names):
            # Of a database that somebody else drops just now, files may be gone.
            with suppress(FileNotFoundError):
                content = path.read_bytes() if path.is_file() else b""
                for text in texts:
                    held[text] += text.encode() in content
    return held


async def test_reporter_is_in_clear_in_no_table_and_no_log(
    database: str, staff_actor: StaffActor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip = await told(officer)
    looked = await reveals.open_reveal((await approved(tip, officer, custodian)).id, by=officer)
    assert looked.values["name"] == NAME
    held = await everything(database)
    assert "Người lạ mặt (minh họa)" in held
    for clue in CLUES:
        assert clue not in held, clue
        assert clue not in caplog.text, clue


async def test_reporter_is_in_clear_in_no_database_file(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await told(officer)
    given = await asyncpg.connect(database)
    try:
        await given.execute("CHECKPOINT")
        folder = Path(await given.fetchval("SHOW data_directory"))
    finally:
        await given.close()
    held = files_with(folder, *CLUES, "Người lạ mặt (minh họa)")
    assert held.pop("Người lạ mặt (minh họa)") > 0
    assert set(held.values()) == {0}, held


async def test_sealed_row_opens_only_in_its_place(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await told(officer)
    (row,) = await as_owner(database, "SELECT * FROM tip_reporters")
    seal = RowCipher.for_row(sealing.keyring(), "tip_reporters", row["id"], row["data_key"])
    assert seal.decrypt("phone", row["phone"]) == "+84987654321"
    with pytest.raises(sealing.DecryptionError):
        seal.decrypt("name", row["phone"])


async def test_sealed_row_is_absent_when_its_data_key_is_gone(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    live = await approved(await told(officer), officer, custodian)
    await as_owner(database, "UPDATE tip_reporters SET data_key = NULL")
    with pytest.raises(NotFound):
        await reveals.open_reveal(live.id, by=officer)


@pytest.mark.parametrize("may_contact", [True, False])
async def test_reveal_shows_whether_reporter_may_be_contacted(
    database: str, staff_actor: StaffActor, *, may_contact: bool
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    category = (await tips.categories())[0]
    draft = TipDraft("Người lạ mặt (minh họa)", category.id, Channel.PHONE, (await area_ids("29905"))[0])
    tip = await reporters.submit(draft, ReporterDraft(NAME, may_contact=may_contact), by=officer)
    looked = await reveals.open_reveal((await approved(tip, officer, custodian)).id, by=officer)
    assert looked.may_contact is may_contact


async def test_phone_is_found_by_its_blind_index(database: str, staff_actor: StaffActor) -> None:
    tip = await told(await staff_actor(Role.OFFICER, "29905"))
    index = sealing.keyring().blind_index("phone", "+84987654321")
    assert vault.phone_index("+84987654321") == index
    assert await found_by_phone(database, "tip_reporters", "+84987654321") == [tip.id]


async def test_sealed_kinds_cover_all_sealed_tables(database: str) -> None:
    assert {name: (kind.owner, set(kind.columns)) for name, kind in vault.SEALED_TABLES.items()} == {
        "tip_reporters": ("tip_id", {"name", "phone", "account", "address"}),
        "member_contacts": ("member_id", {"phone", "address"}),
        "education_subjects": ("case_id", {"name", "birth_year", "address"}),
    }
    rows = await as_owner(
        database,
        "SELECT table_name, array_agg(column_name::text) AS columns FROM information_schema.columns"
        " WHERE data_type = 'bytea' AND table_name IN (SELECT table_name FROM information_schema.columns"
        " WHERE column_name = 'data_key')"
        " AND table_name NOT IN ('attachments', 'exports', 'factors', 'webhook_secrets')"
        " GROUP BY table_name",
    )
    there = {row["table_name"]: set(row["columns"]) - {"data_key", "phone_index"} for row in rows}
    assert there == {
        kind.table.describe()["table"]: set(kind.columns) for kind in vault.SEALED_TABLES.values()
    }


def test_sealed_data_is_opened_in_one_place() -> None:
    """The verb writes who looked. The others open what no person is shown: a picture, a secret, a query."""
    root = Path(vault.__file__).parents[2]
    sources = [
        path
        for door in ("admin", "api", "commands", "edge", "records")
        for path in (root / door).rglob("*.py")
    ]

    def naming(word: str) -> set[str]:
        return {str(path.relative_to(root)) for path in sources if word in path.read_text(encoding="utf-8")}

    assert naming("open_for(") == {"records/security/vault.py", "records/privacy/reveals.py"}
    opening = {
        "records/security/vault.py",
        "records/privacy/attachments/reading.py",
        "records/access/staff/factors.py",
    }
    opening |= {"records/delivery/exports.py", "records/delivery/webhooks/signing.py"}
    assert naming("RowCipher.for_row(") == opening
    assert naming("AESGCM") == {"records/security/sealing.py"}


async def test_reporter_is_found_by_no_phone_when_none_is_given(
    database: str, staff_actor: StaffActor
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    category = (await tips.categories())[0]
    draft = TipDraft("Người lạ mặt (minh họa)", category.id, Channel.PHONE, (await area_ids("29905"))[0])
    tip = await reporters.submit(draft, ReporterDraft(NAME, "", "zalo-hoang-yen", STREET), by=officer)
    (row,) = await as_owner(database, "SELECT * FROM tip_reporters")
    assert (row["phone"], row["phone_index"]) == (None, None)
    looked = await reveals.open_reveal((await approved(tip, officer, custodian)).id, by=officer)
    assert looked.values == {"name": NAME, "account": "zalo-hoang-yen", "address": STREET}


async def test_reveals_show_values_of_their_own_record(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    names = (NAME, "Người mẫu khác")
    live = [await approved(await told(officer, name), officer, custodian) for name in names]
    for reveal, name in zip(live, names, strict=True):
        assert (await reveals.open_reveal(reveal.id, by=officer)).values["name"] == name


async def test_sealing_waits_while_wrapping_keys_change(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    reveal = await approved(await told(officer), officer, custodian)
    for attempt in (lambda: told(officer), lambda: reveals.open_reveal(reveal.id, by=officer)):
        changing = await asyncpg.connect(database)
        await changing.execute("SELECT pg_advisory_lock($1)", vault.LOCK)
        task: asyncio.Task[object] = asyncio.create_task(attempt())
        waits = 0
        while not waits and not task.done():
            await asyncio.sleep(0.01)
            waits = await changing.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        assert not task.done()
        await changing.close()
        assert await task


async def test_erasure_removes_data_key_and_index(database: str, staff_actor: StaffActor) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    tip, other = await told(officer), await told(officer)
    assert await found_by_phone(database, "tip_reporters", "+84987654321") == sorted([tip.id, other.id])
    reveal = await approved(tip, officer, custodian)
    assert await vault.erase("tip_reporters", tip.id)
    assert not await vault.erase("tip_reporters", tip.id)
    assert await found_by_phone(database, "tip_reporters", "+84987654321") == [other.id]
    with pytest.raises(NotFound):
        await reveals.open_reveal(reveal.id, by=officer)


async def test_key_rotation_runs_while_people_work(
    database: str, staff_actor: StaffActor, own_keys: Path
) -> None:
    officer, custodian = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.CUSTODIAN)
    live = await approved(await told(officer), officer, custodian)
    for number in range(10):
        await told(officer, f"Người mẫu {number}")
    over = asyncio.Event()

    async def look_on() -> int:
        looks = 0
        while not over.is_set():
            assert (await reveals.open_reveal(live.id, by=officer)).values["name"] == NAME
            looks += 1
        return looks

    async def record_on() -> int:
        recorded = 0
        while not over.is_set():
            await told(officer, f"Người mẫu mới {recorded}")
            recorded += 1
        return recorded

    looking, recording = asyncio.create_task(look_on()), asyncio.create_task(record_on())
    for _ in range(3):
        before = read_keyring(own_keys).current
        assert await rotation.rotate(database, own_keys) >= 11
        await rotation.remove_key(database, own_keys, before)
    over.set()
    assert await looking > 0
    recorded = await recording
    assert recorded > 0
    current = read_keyring(own_keys).current
    assert set(read_keyring(own_keys).wrapping) == {current}
    assert await rotation.keys_in_use(database) == {current: 11 + recorded}
    assert (await reveals.open_reveal(live.id, by=officer)).values["name"] == NAME


async def test_key_rotation_is_finished_without_new_key_when_cut_short(
    database: str, staff_actor: StaffActor, own_keys: Path
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await told(officer)
    # As it stands when the process dies right after the new key is in its place.
    ring = write_keyring(own_keys, read_keyring(own_keys).with_new_key())
    await told(officer)
    (old,) = set(ring.wrapping) - {ring.current}
    assert await rotation.keys_in_use(database) == {old: 1, ring.current: 1}
    with pytest.raises(OperatorError, match="rotate"):
        await rotation.remove_key(database, own_keys, old)
    assert set(read_keyring(own_keys).wrapping) == {old, ring.current}
    assert await rotation.rotate(database, own_keys) == 1
    assert read_keyring(own_keys).current == ring.current
    await rotation.remove_key(database, own_keys, old)
    with pytest.raises(OperatorError):
        await rotation.remove_key(database, own_keys, ring.current)


async def test_sealing_fails_without_key_file(tmp_path: Path, key_file: Path) -> None:
    none = replaced_settings(key_path=tmp_path / "none.json")
    with none, pytest.raises(OperatorError, match="no key file"):
        sealing.keyring()
    assert sealing.keyring() == KeyFile(key_file).keyring() == ensure_keyring(key_file)


@pytest.mark.parametrize(
    "typed",
    ["77", "abc", "0912345678 máy lẻ 5", "+1", "0912345678;ext=12", "9" * 41, f"0912 {'.' * 40}345678"],
)
def test_phone_number_is_refused_without_repeating_it_when_wrong(typed: str) -> None:
    check = Validator()
    assert vault.parse_phone_number(check, "phone", typed) == ""
    assert check.problems["phone"].values.keys() <= {"most"}
    assert typed not in check.problems["phone"].text
    assert ("most" in check.problems["phone"].values) is (len(typed) > 40)


async def test_key_rotation_covers_tables_with_data_keys(database: str) -> None:
    with_keys = await as_owner(
        database,
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'data_key'",
    )
    assert {row["table_name"] for row in with_keys} == set(rotation.TABLES)


async def test_picture_opens_after_key_rotation(database: str, data_dir: Path, own_keys: Path) -> None:
    tip = await some_tip()
    row = await attachments.add(attachments.TIPS, tip.id, a_picture(), by=system_actor("test"))
    _row, content = await attachments.content(attachments.TIPS, system_actor("test"), row.id)
    (old,) = await rotation.keys_in_use(database)
    assert await rotation.rotate(database, own_keys) == 1
    await rotation.remove_key(database, own_keys, old)
    assert (await attachments.content(attachments.TIPS, system_actor("test"), row.id))[1] == content


@pytest.mark.parametrize(
    "typed", ["0912345678", "0912 345 678", "+84 912.345.678", "(0912) 345678", f"0912 {'.' * 29}345678"]
)
def test_phone_number_is_equal_however_typed(typed: str) -> None:
    check = Validator()
    assert vault.parse_phone_number(check, "phone", typed) == "+84912345678"
    assert check.problems == {}


def test_phone_number_may_be_empty() -> None:
    check = Validator()
    assert vault.parse_phone_number(check, "phone", " ") == ""
    assert check.problems == {}
    assert vault.parse_phone_number(check, "phone", "+1 202 555 0123") == "+12025550123"


async def test_sealed_data_presence_is_known_without_opening(database: str, staff_actor: StaffActor) -> None:
    with_one, without = await told(await staff_actor(Role.OFFICER, "29905")), await some_tip()
    assert await vault.sealed_records("tip_reporters", [with_one.id, without.id]) == {with_one.id}


def test_opened_values_stay_out_of_repr() -> None:
    assert NAME not in repr(vault.Opened({"name": NAME}, may_contact=True))


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("+84912345678", "0912 345 678"),
        ("+842773851234", "0277 3851 234"),
        ("+85512345678", "+855 12 345 678"),
    ],
)
def test_phone_text_is_national_when_of_viet_nam(stored: str, text: str) -> None:
    assert vault.format_phone_number(stored) == text
