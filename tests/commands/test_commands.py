"""The commands that change the records."""

import re

import asyncpg
import pytest

from records.database.connect import DatabaseRole, connection_arguments
from tests.commands.conftest import Ketnoi


async def _rows(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(**connection_arguments(url, DatabaseRole.APP))
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def test_help_lists_all_commands(ketnoi: Ketnoi) -> None:
    code, out = await ketnoi("--help")
    named = set(re.findall(r"^  (\w+)  ", out, re.MULTILINE))
    assert code == 0
    assert named == {
        *(
            "areas",
            "audit",
            "demo",
            "keys",
            "metrics",
            "migrate",
            "partner",
            "retention",
            "run",
            "schema",
            "serve",
            "staff",
        ),
    }


async def test_migrate_changes_nothing_when_database_is_up_to_date(ketnoi: Ketnoi) -> None:
    assert await ketnoi("migrate") == (0, "The database is up to date.\n")


async def test_staff_rights_change_and_sessions_end(ketnoi: Ketnoi, fresh_database: str) -> None:
    password = "chỉ dùng trong thử nghiệm"
    add = ("staff", "add", "mau", "--name", "Cán bộ mẫu", "--role", "officer", "--area", "29905")
    assert (await ketnoi(*add, typed=f"{password}\n{password}\n"))[0] == 0
    assert (await ketnoi("staff", "rights", "mau", "--role", "analyst", "--area", "82"))[0] == 0
    assert [row["role"] for row in await _rows(fresh_database, "SELECT role FROM staff")] == ["ANALYST"]
    assert await ketnoi("staff", "end-sessions", "mau") == (0, "mau: 0 sessions ended.\n")
    assert (await ketnoi("staff", "remove-factors", "mau"))[0] == 0
    assert (await ketnoi("staff", "end-sessions", "khong-co"))[0] == 1


async def test_staff_account_is_linked_with_identity_provider(
    ketnoi: Ketnoi, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = "chỉ dùng trong thử nghiệm"
    add = ("staff", "add", "mau", "--name", "Cán bộ mẫu", "--role", "officer", "--area", "29905")
    assert (await ketnoi(*add, typed=f"{password}\n{password}\n"))[0] == 0
    code, out = await ketnoi("staff", "link", "mau", "mau-01")
    assert code == 1
    assert "KETNOI_OIDC_ISSUER" in out
    monkeypatch.setenv("KETNOI_OIDC_ISSUER", "https://sso.example")
    monkeypatch.setenv("KETNOI_OIDC_CLIENT_ID", "ketnoi")
    linked = await ketnoi("staff", "link", "mau", "mau-01")
    assert linked == (0, "mau may sign in at sso.example.\n")
    rows = await _rows(fresh_database, "SELECT issuer, subject FROM identities")
    assert [tuple(row) for row in rows] == [("https://sso.example", "mau-01")]
    assert await ketnoi("staff", "unlink", "mau") == (0, "mau signs in here alone.\n")
    assert await _rows(fresh_database, "SELECT 1 FROM identities") == []


async def test_staff_account_is_added_given_password_and_deactivated(
    ketnoi: Ketnoi, fresh_database: str
) -> None:
    password = "mật khẩu để thử nghiệm"
    add = ("staff", "add", "mau", "--name", "Cán bộ mẫu", "--role", "officer", "--area", "29905")
    code, out = await ketnoi(*add, typed=f"{password}\n{password}\n")
    assert (code, password in out) == (0, False)
    before = await _rows(fresh_database, "SELECT username, role, password_hash FROM staff")
    assert [(row["username"], row["role"]) for row in before] == [("mau", "OFFICER")]
    assert before[0]["password_hash"].startswith("$argon2id$")
    code, out = await ketnoi(*add, typed=f"{password}\n{password}\n")
    assert (code, out.splitlines()[-1]) == (1, "Error: username: This name is already taken.")
    assert (await ketnoi("staff", "password", "mau", typed=f"{password} 2\n{password} 2\n"))[0] == 0
    after = await _rows(fresh_database, "SELECT password_hash FROM staff")
    assert after[0]["password_hash"] != before[0]["password_hash"]
    assert (await ketnoi("staff", "close", "mau"))[0] == 0
    assert [row["active"] for row in await _rows(fresh_database, "SELECT active FROM staff")] == [False]
    actors = await _rows(fresh_database, "SELECT actor_kind, action FROM audit_entries ORDER BY seq")
    # Added, with areas; another password; closed.
    assert [tuple(row) for row in actors] == [("SYSTEM", "staff.manage")] * 4


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (
            ("staff", "add", "x", "--name", "X", "--role", "officer", "--area", "9999"),
            "a\na\n",
            "no area 9999",
        ),
        (("staff", "add", "x", "--name", "X", "--role", "officer", "--area", "82"), "a\na\n", "at least 15"),
        (
            ("staff", "add", "x", "--name", "X", "--role", "king", "--area", "82"),
            "",
            "Invalid value for '--role'",
        ),
        (("staff", "close", "nobody"), "", "no such staff member"),
        (
            ("partner", "add", "X", "--scope", "tips:write", "--area", "82@2024-02-30"),
            "",
            "a date that exists",
        ),
        (("partner", "revoke", "000000000000"), "", "no such key"),
        (("partner", "cancel-export", "X"), "", "There is no partner X"),
        (("partner", "key", "X", "--expires", "9999-12-31"), "", "Enter a date in 9998 or earlier"),
        (("areas", "show", "'; DROP TABLE areas"), "", "Give an area by its code"),
        (("nonsense",), "", "No such command"),
    ],
)
async def test_command_fails_in_one_line_when_arguments_are_wrong(
    ketnoi: Ketnoi, fresh_database: str, words: tuple[str, ...], typed: str, said: str
) -> None:
    code, out = await ketnoi(*words, typed=typed)
    assert code in {1, 2}
    assert said in out
    assert "Traceback" not in out
    assert await _rows(fresh_database, "SELECT 1 FROM audit_entries") == []


async def test_partner_keys_are_stored_as_hashes(ketnoi: Ketnoi, fresh_database: str) -> None:
    add = ("partner", "add", "Hệ thống mẫu", "--scope", "tips:read", "--area", "82")
    code, first = await ketnoi(*add)
    assert code == 0
    code, second = await ketnoi("partner", "key", "Hệ thống mẫu", "--expires", "2030-01-31")
    assert code == 0
    keys = [first.strip(), second.strip()]
    assert all(re.fullmatch(r"ktn_[0-9a-f]{12}_[\w-]{43}", key) for key in keys)
    rows = await _rows(
        fresh_database, "SELECT prefix, expires_at::text FROM partner_keys ORDER BY created_at"
    )
    assert [row["prefix"] for row in rows] == [key.split("_")[1] for key in keys]
    # The last moment of 31 January in Viet Nam.
    assert [row["expires_at"] for row in rows] == [None, "2030-01-31 17:00:00+00"]
    assert (await ketnoi("partner", "revoke", keys[0].split("_")[1]))[0] == 0
    revoked = await _rows(fresh_database, "SELECT count(revoked_at) AS revoked FROM partner_keys")
    assert revoked[0]["revoked"] == 1
    prefix = keys[1].split("_")[1]
    code, third = await ketnoi("partner", "rotate", prefix, "--overlap", "0")
    assert (code, third.startswith("ktn_")) == (0, True)
    code, out = await ketnoi("partner", "rotate", prefix)
    assert (code, "no such key" in out) == (1, True)


async def test_partner_budget_is_set(ketnoi: Ketnoi, fresh_database: str) -> None:
    await ketnoi("partner", "add", "Hệ thống mẫu", "--scope", "tips:read", "--area", "82")
    command = ("partner", "budget", "Hệ thống mẫu", "--limit", "9000", "--restore")
    assert await ketnoi(*command, "30") == (0, "Hệ thống mẫu: 9000 at most, refill 30 per second.\n")
    code, out = await ketnoi(*command, "0")
    assert code == 1
    assert "restore" in out
    rows = await _rows(fresh_database, "SELECT budget_limit, budget_restore FROM partners")
    assert [tuple(row.values()) for row in rows] == [(9000, 30)]


async def test_areas_show_lists_successors_of_sa_dec(ketnoi: Ketnoi) -> None:
    code, out = await ketnoi("areas", "show", "867")
    assert code == 0
    assert out.count("went to 29905 Phường Sa Đéc on 2025-07-01") == 8
    assert out.count("went to 30214 Xã Tân Dương on 2025-07-01") == 1


async def test_metrics_are_checked_and_rebuilt(ketnoi: Ketnoi, fresh_database: str) -> None:
    assert await ketnoi("metrics", "check") == (0, "The cells equal the records.\n")
    await _rows(
        fresh_database,
        "INSERT INTO metric_cells (indicator_id, area_id, month, value)"
        " SELECT indicators.id, areas.id, '2025-01-01', 5 FROM indicators, areas LIMIT 1",
    )
    code, out = await ketnoi("metrics", "check")
    assert (code, "ketnoi metrics rebuild" in out) == (1, True)
    assert (await ketnoi("metrics", "rebuild"))[0] == 0
    assert (await ketnoi("metrics", "check"))[0] == 0


async def test_rounding_shows_its_cost(ketnoi: Ketnoi, fresh_database: str) -> None:
    await _rows(
        fresh_database,
        "INSERT INTO metric_cells (indicator_id, area_id, month, value)"
        " SELECT i.id, a.id, '2025-08-01', 7 FROM indicators i, areas a"
        " WHERE i.code IN ('tips.received', 'groups.active') AND a.code = '29905' AND a.valid_to IS NULL",
    )
    code, out = await ketnoi("metrics", "rounding")
    (row,) = out.splitlines()[1:]
    told = re.fullmatch(r"tips\.received +7 +(5|10) +2\.4  \| +7\.0 +2\.4", row)
    assert code == 0
    assert told, row


async def test_migrate_fails_in_one_line_when_database_is_away(ketnoi: Ketnoi) -> None:
    url = "postgresql://nobody:geheimnis@127.0.0.1:1/nothing"
    code, out = await ketnoi("migrate", url=url)
    assert code == 1
    assert len(out.splitlines()) == 1
    assert "geheimnis" not in out
