"""The search over places and records, its dialog, and the keys."""

import pytest
from playwright.async_api import expect

from records.tables import Tip
from tests.admin.forms import some_tip
from tests.browser.conftest import SCRIPTS, Open, violations

pytestmark = pytest.mark.browser


@pytest.fixture
async def tip(database: str) -> Tip:
    return await some_tip("Người lạ quanh chợ (mẫu)")


@pytest.mark.parametrize("width", [360, 1280])
async def test_palette_leads_to_record(open_page: Open, tip: Tip, width: int) -> None:
    page = await open_page(width=width)
    await page.keyboard.press("Control+k")
    await expect(page.locator("#find-q")).to_be_focused()
    assert await violations(page) == []
    await page.keyboard.type("nguoi la")
    await expect(page.locator("#found")).to_contain_text(tip.code)
    assert await violations(page) == []
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".found a >> nth=0")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/admin/tips/{tip.id}")


async def test_palette_leads_to_page_and_closes(open_page: Open) -> None:
    page = await open_page()
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("ghi nhan to")
    await expect(page.locator(".found a")).not_to_have_count(0)


@SCRIPTS
async def test_search_page_finds_records_and_places(open_page: Open, tip: Tip, scripts: bool) -> None:
    page = await open_page("/admin/search", scripts=scripts, width=360)
    await expect(page.locator(".found a[href='/admin/tips']")).to_be_visible()
    await page.fill("#find-q", tip.code)
    await page.press("#find-q", "Enter")
    await page.click(f".found >> text={tip.title}")
    await page.wait_for_url(f"**/admin/tips/{tip.id}")


async def test_single_keys_work_until_they_are_turned_off(open_page: Open, tip: Tip) -> None:
    page = await open_page("/admin/tips")
    await page.keyboard.press("j")
    await expect(page.locator("tbody th a")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.locator("#field-q")).to_be_focused()
    await page.keyboard.type("n?j")
    await expect(page.locator("#field-q")).to_have_value("n?j")
    await page.goto("/admin/tips")
    await page.keyboard.press("n")
    await page.wait_for_url("**/admin/tips/new")
    await page.keyboard.press("?")
    await page.wait_for_url("**/admin/help")
    assert await violations(page) == []
    await page.uncheck("[data-single-keys]")
    await page.goto("/admin/tips")
    await page.keyboard.press("n")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette")).to_be_visible()


async def test_focus_stays_in_list_when_page_changes(open_page: Open) -> None:
    for index in range(30):
        await some_tip(f"Tin số {index} (mẫu)")
    page = await open_page("/admin/tips")
    await page.focus("[rel=next]")
    await page.keyboard.press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(5)
    await expect(page.locator("#results")).to_be_focused()
