"""The tip beside the inbox where there is room: by click and by key, what is done there, and without it."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Dialog, Route, expect

from records.core.dates import now
from records.tables import Staff, Tip
from records.tables.tips import TipStatus
from tests.admin.forms import some_tip
from tests.browser.conftest import Open, violations, violations_everywhere

pytestmark = pytest.mark.browser
FIRST, SECOND = "Tin một (minh họa)", "Tin hai (minh họa)"
LIST = "/admin/tips?sort=oldest"


@pytest.fixture
async def two(person: Staff) -> list[Tip]:
    """Two new tips, the oldest first."""
    return [await some_tip(title) for title in (FIRST, SECOND)]


async def test_preview_shows_tip_when_row_is_clicked(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await expect(page.locator(".preview")).to_contain_text("Chọn một dòng")
    await page.click("#results tbody tr >> nth=1 >> td >> nth=0")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(SECOND)
    await expect(page.locator("#results [aria-current=true]", has_text=SECOND)).to_be_focused()
    await expect(page.locator("h1")).to_have_count(1)
    assert page.url.endswith(LIST)
    assert await violations_everywhere(page) == []


async def test_preview_stays_when_list_changes(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.click(f"text={SECOND}")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(SECOND)
    await page.select_option("#field-sort", "newest")
    await expect(page.locator("#results tbody tr >> nth=0")).to_contain_text(SECOND)
    await expect(page.locator("#results th a[aria-current=true]")).to_have_text(SECOND)
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(SECOND)


async def test_row_leads_to_page_when_clicked_again(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.click(f"text={FIRST}")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    await page.click(f"#results >> text={FIRST}")
    await expect(page.locator("h1")).to_have_text(FIRST)
    await expect(page.locator(".neighbours")).to_contain_text("1/2")


@pytest.mark.parametrize(
    "click", [{"modifiers": ["ControlOrMeta"]}, {"button": "middle"}], ids=["ctrl", "middle"]
)
async def test_row_leads_to_page_in_new_tab(open_page: Open, two: list[Tip], click: dict[str, Any]) -> None:
    page = await open_page(LIST)
    link = page.locator("#results th a", has_text=FIRST)
    async with page.context.expect_page() as opened:
        await link.click(**click)
    other = await opened.value
    await other.wait_for_load_state()
    await expect(other.locator("h1")).to_have_text(FIRST)
    await expect(page.locator(".preview")).to_contain_text("Chọn một dòng")


async def test_keys_preview_rows_and_carry_out_actions(
    open_page: Open, person: Staff, two: list[Tip]
) -> None:
    page = await open_page("/admin/tips?sort=oldest&status=RECEIVED")
    await page.keyboard.press("j")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    await expect(page.locator("#results th a", has_text=FIRST)).to_be_focused()
    await page.keyboard.press("a")
    await expect(page.locator(".preview .facts")).to_contain_text("Đang xác minh")
    await expect(page.locator("#results tbody tr")).to_have_count(1)
    await expect(page.locator(".preview h2 >> nth=0")).to_be_focused()
    await expect(page.locator("#toasts")).to_contain_text("Bạn đã nhận")
    await page.keyboard.press("j")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(SECOND)
    await page.keyboard.press("r")
    await expect(page.locator("#doing h2")).to_be_focused()
    assert await violations(page) == []
    await page.fill("#field-reason", "Không có căn cứ")
    await page.click("#doing .grave")
    await expect(page.locator(".preview .facts")).to_contain_text("Không xử lý")
    await expect(page.locator(".preview h2 >> nth=0")).to_be_focused()
    await expect(page.locator("#results tbody tr")).to_have_count(0)
    statuses = [(await Tip.get(id=tip.id)).status for tip in two]
    assert statuses == [TipStatus.VERIFYING, TipStatus.REJECTED]


async def test_nothing_is_done_when_marked_tip_is_still_loading(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.keyboard.press("j")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route(f"**/admin/tips/{two[1].id}*", hold)
    await page.keyboard.press("j")
    await expect(page.locator("#results th [aria-current]")).to_have_text(SECOND)
    await page.keyboard.press("a")
    box = await page.locator(".preview [data-key=a]").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    released.set()
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(SECOND)
    await page.keyboard.press("a")
    await expect(page.locator(".preview .facts")).to_contain_text("Đang xác minh")
    statuses = [(await Tip.get(id=tip.id)).status for tip in two]
    assert statuses == [TipStatus.RECEIVED, TipStatus.VERIFYING]


async def test_preview_is_empty_when_tip_cannot_be_shown(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.click(f"text={FIRST}")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    await Tip.filter(id=two[1].id).update(deleted_at=now())
    await page.click(f"#results >> text={SECOND}")
    await expect(page.locator("#toasts .bad")).to_be_visible()
    await expect(page.locator(".preview")).to_contain_text("Chọn một dòng")
    await expect(page.locator("#results th [aria-current]")).to_have_count(0)


async def test_form_in_preview_stays_when_another_row_is_clicked(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.keyboard.press("j")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    await page.keyboard.press("r")
    await page.fill("#field-reason", "Không có căn cứ")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.click("#results tbody tr >> nth=1 >> td >> nth=0")
    await expect(page.locator("#results th [aria-current]")).to_have_text(FIRST)
    await page.click(f"#results >> text={SECOND}")
    await expect(page.locator("#field-reason")).to_have_value("Không có căn cứ")
    assert asked == ["beforeunload"]
    await page.click("#doing .grave")
    await expect(page.locator(".preview .facts")).to_contain_text("Không xử lý")


async def test_page_opens_when_enter_is_pressed(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(f"/admin/tips/{two[0].id}"))


@pytest.mark.parametrize(("width", "scripts"), [(1280, False), (1100, True)], ids=["no-script", "narrow"])
async def test_row_leads_to_page_when_there_is_no_preview(
    open_page: Open, two: list[Tip], width: int, scripts: bool
) -> None:
    page = await open_page(LIST, width=width, scripts=scripts)
    await expect(page.locator(".preview")).to_be_hidden()
    await page.click(f"text={FIRST}")
    await expect(page.locator("h1")).to_have_text(FIRST)


async def test_preview_ends_when_screen_is_turned(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.click(f"text={FIRST}")
    await expect(page.locator(".preview .bar")).to_be_visible()
    await page.set_viewport_size({"width": 800, "height": 1280})
    await expect(page.locator(".preview .bar")).to_have_count(0)
    await expect(page.locator(".dock")).to_be_visible()
    assert await violations(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(page.locator(".preview h2 >> nth=0")).to_have_text(FIRST)


async def test_preview_asks_for_row_when_screen_is_turned_twice(open_page: Open, two: list[Tip]) -> None:
    page = await open_page(LIST)
    await page.set_viewport_size({"width": 800, "height": 1280})
    await expect(page.locator(".preview")).to_be_hidden()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(page.locator(".preview")).to_contain_text("Chọn một dòng")


async def test_form_in_preview_does_not_scroll_list(open_page: Open, two: list[Tip]) -> None:
    for number in range(20):
        await some_tip(f"Tin {number} (minh họa)")
    page = await open_page(LIST)
    await page.set_viewport_size({"width": 1280, "height": 600})
    await page.click("#results tbody th a >> nth=0")
    await expect(page.locator(".preview")).to_contain_text(FIRST)
    await page.locator(".preview [data-key=r]").wait_for(state="attached")
    before = await page.evaluate("scrollY")
    await page.keyboard.press("r")
    await expect(page.locator("#doing h2")).to_be_in_viewport()
    assert await page.evaluate("scrollY") == before
    box, frame = (
        await page.locator("#doing").bounding_box(),
        await page.locator(".preview").bounding_box(),
    )
    assert box
    assert frame
    assert frame["y"] - 1 <= box["y"]
