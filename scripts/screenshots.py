"""Takes the README's pictures from a running service: `make run` in one terminal, this in another.

python scripts/screenshots.py [FOLDER]     FOLDER is docs/pictures unless another is given
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page, async_playwright

ROOT: Final = Path(__file__).parents[1]
CHROMIUM: Final = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
DESK: Final = {"width": 1280, "height": 800}
QUERY: Final = """query Groups {
  groups(filter: {area: "877", kind: SELF_GOVERNING}, orderBy: NAME, first: 3) {
    totalCount
    nodes { code name memberCount area { name parent { name } } tipCounts { status count } }
  }
}"""


async def main(folder: Path) -> None:
    """Signs in with the demonstration accounts and takes one picture of each door."""
    credentials = json.loads((ROOT / "var" / "demo.json").read_text(encoding="utf-8"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # Playwright takes any mapping, and types only its own.
        page = await browser.new_page(viewport=DESK)  # type: ignore[arg-type]
        await _admin(page, credentials, folder / "admin-tips.png")
        await _graphiql(page, credentials, folder / "graphiql.png")
        await browser.close()


async def _admin(page: Page, credentials: dict[str, Any], path: Path) -> None:
    who = next(row for row in credentials["staff"] if row["role"] == "COMMANDER")
    await page.goto(f"{credentials['url']}/admin")
    await page.fill("input[name=username]", who["username"])
    await page.fill("input[name=password]", who["password"])
    await page.click("main button[type=submit]")
    await page.goto(f"{credentials['url']}/admin/tips")
    await page.screenshot(path=path)


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
