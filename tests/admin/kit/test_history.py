"""The history of a record: what a summary line says."""

import re
from html import unescape

import httpx

from records.core.actor import Role
from records.nouns import tips
from records.tables import Tip
from tests.admin.forms import some_tip
from tests.admin.nouns.tip_support import BY, SignIn


async def summaries(client: httpx.AsyncClient, tip: Tip) -> list[str]:
    """The summary lines in the history of a tip, newest first."""
    page = (await client.get(f"/admin/tips/{tip.id}")).text
    lines = re.findall(r'<span class="dim">([^<]*)</span>\s*</summary>', page)
    return [unescape(line) for line in lines]


async def test_history_names_note_when_added(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER, "29905"), await some_tip()
    await tips.add_note(tip.id, "Đã gọi lại.", by=BY)
    assert await summaries(client, tip) == ["Timeline: Note added", "Created"]
