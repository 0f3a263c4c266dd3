import json
from pathlib import Path

from tests.commands.test_commands import Ketnoi, ketnoi
from tests.records.test_audit import tamper

__all__ = ["ketnoi"]

PARTNER = ("partner", "add", "Đối tác mẫu", "--scope", "groups:read", "--area", "82")


async def test_the_audit_is_verified_and_its_head_shows_that_the_end_was_cut(
    ketnoi: Ketnoi, fresh_database: str, tmp_path: Path
) -> None:
    assert await ketnoi("audit", "verify") == (0, "The audit is whole: 0 rows.\n")
    assert await ketnoi("audit", "head") == (1, "Error: The audit has no chain yet.\n")
    assert (await ketnoi(*PARTNER))[0] == 0
    code, out = await ketnoi("audit", "head")
    kept = json.loads(out)
    rows = kept["count"]
    assert (code, kept["seq"], set(kept)) == (0, rows, {"seq", "chain", "at", "count"})
    head = tmp_path / "head.json"
    head.write_text(out)
    whole = f"The audit is whole: {rows} rows.\n"
    assert await ketnoi("audit", "verify", "--head", str(head)) == (0, whole)
    await tamper(fresh_database, f"DELETE FROM audit_entries WHERE seq = {rows}")
    assert (await ketnoi("audit", "verify"))[0] == 0
    code, out = await ketnoi("audit", "verify", "--head", str(head))
    cut = f"Error: Row {rows} of the audit is missing: the audit was cut off there, the head knows more\n"
    assert (code, out) == (1, cut)
    await tamper(fresh_database, "UPDATE audit_entries SET actor_name = 'Chim Hoàng Yến' WHERE seq = 1")
    code, out = await ketnoi("audit", "verify")
    assert (code, "Row 1 of the audit was changed" in out, "Chim" in out) == (1, True, False)


async def test_a_file_that_is_no_head_is_refused(ketnoi: Ketnoi, tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"seq": "x", "chain": "", "at": "2026-01-01", "count": 1}'):
        (tmp_path / "head").write_text(text)
        code, out = await ketnoi("audit", "verify", "--head", str(tmp_path / "head"))
        assert (code, "does not hold a head" in out) == (1, True)
