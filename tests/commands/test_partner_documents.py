"""`ketnoi partner documents`, as an operator types it."""

import json
from pathlib import Path

from records.access import partners
from tests.commands.conftest import Ketnoi

GROUPS = "query Groups { groups { totalCount } }\n"
AREAS = "query Areas { areas { totalCount } }"


async def test_documents_are_registered_from_files_listed_and_removed(ketnoi: Ketnoi, tmp_path: Path) -> None:
    manifest, file, wrong = (tmp_path / name for name in ("manifest.json", "groups.graphql", "wrong.json"))
    manifest.write_text(json.dumps({"areas-1": AREAS}), encoding="utf-8")
    file.write_text(GROUPS, encoding="utf-8")
    wrong.write_text(json.dumps({"good": AREAS, "bad": "{ nothing }"}), encoding="utf-8")
    command, whose = ("partner", "documents"), ("--partner", "Đối tác mẫu")
    assert await ketnoi(*command, "list", *whose) == (1, "Error: There is no partner Đối tác mẫu\n")
    await ketnoi("partner", "add", "Đối tác mẫu", "--scope", "groups:read", "--area", "82")
    code, out = await ketnoi(*command, "add", *whose, str(file), str(wrong))
    assert code == 1
    assert "The document bad cannot run" in out
    assert await ketnoi(*command, "list", *whose) == (0, "")
    added = await ketnoi(*command, "add", *whose, str(manifest), str(file))
    assert added == (0, "Đối tác mẫu: 2 new documents.\n")
    hashed = f"sha256:{partners.digest(GROUPS)}"
    assert await ketnoi(*command, "list", *whose) == (0, f"areas-1  Areas\n{hashed}  Groups\n")
    assert await ketnoi(*command, "remove", *whose, hashed, "none") == (
        1,
        "Error: There is no document none\n",
    )
    assert await ketnoi(*command, "remove", *whose, hashed) == (0, "Đối tác mẫu: 1 documents removed.\n")
    assert await ketnoi(*command, "list", *whose) == (0, "areas-1  Areas\n")
    for switch, said in (("--on", "registered documents only"), ("--off", "every document")):
        assert await ketnoi(*command, "only", *whose, switch) == (0, f"Đối tác mẫu: {said}.\n")
