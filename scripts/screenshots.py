"""Takes the pictures of the docs from a running service: `make run` in one terminal, this in another.

python scripts/screenshots.py [FOLDER]     FOLDER is docs/pictures unless another is given
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

ROOT: Final = Path(__file__).parents[1]
CHROMIUM: Final = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
DESK: Final = ViewportSize(width=1280, height=800)
PHONE: Final = ViewportSize(width=360, height=780)
# The name of a picture, the role that looks, and a list of which the first record is opened, or a page.
PAGES: Final = (
    ("home", "COMMANDER", "/admin", False),
    ("tips", "COMMANDER", "/admin/tips", False),
    ("tip", "OFFICER", "/admin/tips", True),
    ("group", "FRONT", "/admin/groups", True),
    ("outline", "COMMANDER", "/admin/outlines", True),
    ("reviews", "FRONT", "/admin/reviews", False),
    ("areas", "ADMINISTRATOR", "/admin/areas", False),
    ("audit", "AUDITOR", "/admin/audit", False),
)
QUERY: Final = """query Groups {
  groups(filter: {area: "877", kind: SELF_GOVERNING}, orderBy: NAME, first: 3) {
    totalCount
    nodes { code name memberCount area { name parent { name } } tipCounts { status count } }
  }
}"""


async def main(folder: Path) -> None:
    """Takes each page, signed in, on a phone and at a desk, in light and dark; and GraphiQL."""
    credentials = json.loads((ROOT / "var" / "demo.json").read_text(encoding="utf-8"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for role in sorted({role for _name, role, _path, _first in PAGES}):
            page = await _signed_in(browser, credentials, role)
            for name, _role, path, first in (one for one in PAGES if one[1] == role):
                await page.goto(credentials["url"] + path)
                if first:
                    await page.goto(
                        await page.locator("#results tbody th a").first.evaluate("link => link.href")
                    )
                await _take(page, folder, name)
        page = await browser.new_page(viewport=DESK)
        await _graphiql(page, credentials, folder / "graphiql.png")
        await browser.close()


async def _take(page: Page, folder: Path, name: str) -> None:
    for device, size in (("phone", PHONE), ("desk", DESK)):
        await page.set_viewport_size(size)
        if await page.locator(".preview").is_visible():
            await page.keyboard.press("j")
            await page.locator(".preview h2").first.wait_for()
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await page.screenshot(path=folder / f"{name}-{device}-{scheme}.png")


async def _signed_in(browser: Browser, credentials: dict[str, Any], role: str) -> Page:
    who = next(row for row in credentials["staff"] if row["role"] == role)
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{credentials['url']}/admin")
    await page.fill("input[name=username]", who["username"])
    await page.fill("input[name=password]", who["password"])
    await page.click("main button[type=submit]")
    await page.wait_for_load_state()
    return page


async def _graphiql(page: Page, credentials: dict[str, Any], path: Path) -> None:
    await page.goto(f"{credentials['url']}/graphql#key={credentials['partners'][0]['key']}")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    await page.evaluate(
        "text => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(text)",
        QUERY,
    )
    await page.click("button.graphiql-execute-button")
    await page.locator(".result-window", has_text="totalCount").wait_for()
    # The headers hold the key: no picture shows it.
    await page.get_by_role("button", name="Variables").click()
    await page.screenshot(path=path)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"))
