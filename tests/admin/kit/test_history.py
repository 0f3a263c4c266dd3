"""The history of a record: what a summary line says."""

import re
from dataclasses import replace
from html import unescape

from records.core.actor import Role
from records.nouns import groups
from records.nouns.groups import GroupDraft
from records.tables.groups import GroupKind
from tests.admin.nouns.tip_support import BY, SignIn
from tests.conftest import area_ids


async def test_history_names_field_when_changed(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    (area_id,) = await area_ids("29905")
    draft = GroupDraft(code="MAU-1", name="Tổ mẫu", kind=GroupKind.SELF_GOVERNING, area_id=area_id)
    row = await groups.create(draft, by=BY)
    await groups.edit(row.id, replace(draft, name="Tổ mẫu 2"), expected_version=1, by=BY)
    page = (await client.get(f"/admin/groups/{row.id}")).text
    lines = re.findall(r'<span class="dim">([^<]*)</span>\s*</summary>', page)
    assert [unescape(line) for line in lines] == ["Name", "Created"]
