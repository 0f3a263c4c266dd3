"""The menu: an icon for each page, and how much waits there."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from admin.kit.menu import MENU_SECTIONS
from records.core.actor import Role
from tests.admin.forms import some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
_SPRITE = Path(__file__).parents[3] / "admin" / "static" / "icons.svg"


def test_menu_has_own_icon_for_each_page() -> None:
    icons = [item.icon for section in MENU_SECTIONS for item in section.items]
    drawings = dict(
        re.findall(r'<symbol id="([^"]+)"[^>]*>(.+)</symbol>', _SPRITE.read_text(encoding="utf-8"))
    )
    assert set(icons) <= set(drawings)
    assert len({drawings[icon] for icon in icons}) == len(icons)


async def test_menu_says_how_many_tips_are_new_when_page_counts_them(staff_client: SignIn) -> None:
    await some_tip("Tin mới (mẫu)")
    client = await staff_client(Role.COMMANDER, "29905")
    for path in ("/admin", "/admin/tips"):
        waiting = re.findall(r'Tips <span class="waits"[^>]*>([0-9]+)</span>', (await client.get(path)).text)
        # In the rail, and in the dock.
        assert waiting == ["1", "1"], path
    assert 'class="waits"' not in (await client.get("/admin/groups")).text
