"""Enquiries as staff work on them every day, with scripts and without, on a phone and at a desk."""

import pytest

from records.core.actor import system_actor
from records.nouns import enquiries
from records.tables import Enquiry
from tests.browser.conftest import Open, press, violations_everywhere
from tests.nouns.enquiries import make

pytestmark = pytest.mark.browser
PATH = "/admin/enquiries"


@pytest.mark.parametrize("scripts", [True, False])
async def test_enquiry_is_answered_in_four_steps(open_page: Open, *, scripts: bool) -> None:
    row_id = await make("29905")
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.click(f'a[href="{PATH}/{row_id}"]')
    await press(page, "Trả lời")
    await page.fill("#field-answer", "Tại công an phường (mẫu)")
    await page.get_by_role("button", name="Trả lời", exact=True).click()
    await page.get_by_text("Đã lưu câu trả lời.").wait_for()
    await press(page, "Công bố câu trả lời")
    await page.get_by_text("Đã công bố trong mục hỏi đáp thường gặp.").wait_for()
    assert (await Enquiry.get(id=row_id)).published


@pytest.mark.parametrize("scripts", [True, False])
async def test_enquiry_is_recorded_in_three_steps(open_page: Open, *, scripts: bool) -> None:
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.locator(f'a[href="{PATH}/new"]:visible').first.click()
    await page.fill("#field-question", "Đăng ký tạm trú ở đâu? (mẫu)")
    await page.fill("#field-topic", "Cư trú")
    await page.select_option("#field-channel", "ZALO")
    await page.fill("#field-area", "29905")
    await page.locator("form.panel button[type=submit]").click()
    await page.get_by_text("Đã thêm.").wait_for()
    assert (await Enquiry.get()).topic == "Cư trú"


async def test_enquiry_pages_are_accessible(open_page: Open) -> None:
    row_id, by = await make("29905"), system_actor("test")
    await enquiries.answer(row_id, "Tại công an phường (mẫu)", expected_version=1, by=by)
    await enquiries.publish(row_id, expected_version=2, published=True, by=by)
    page = await open_page()
    for path in (
        PATH,
        f"{PATH}?status=UNANSWERED",
        f"{PATH}/faq",
        f"{PATH}/new",
        f"{PATH}/{row_id}",
        f"{PATH}/{row_id}/edit",
        f"{PATH}/{row_id}/correction",
    ):
        await page.goto(path)
        assert await violations_everywhere(page) == [], path
