"""The daily jobs with outlines, with and without JavaScript; docs/reference/daily-jobs.md."""

import pytest
from playwright.async_api import expect

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.nouns import activities, hand_downs
from records.nouns.activities import ActivityDraft
from records.nouns.hand_downs import Recipients
from records.tables import HandDown, Outline, Staff
from records.tables.activities import ActivityKind, OutlineStatus
from tests.browser.conftest import SCRIPTS, Open, become, press, violations
from tests.nouns.activities import group
from tests.nouns.outlines import make, office, published

pytestmark = pytest.mark.browser
PATH = "/admin/outlines"


@pytest.fixture
async def sent(database: str) -> HandDown:
    """An outline handed down to a group."""
    outline, row = await published(title="Phòng cháy (mẫu)"), await group()
    by = system_actor("test")
    (hand_down,) = await hand_downs.send(
        outline.id, Recipients(groups=[row.id]), sender_id=await office(), by=by
    )
    return hand_down


@SCRIPTS
async def test_outline_is_written_previewed_and_published(open_page: Open, scripts: bool) -> None:
    police = await office()
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.locator(f'a[href="{PATH}/new"]:visible').first.click()
    await page.fill("#field-title", "Phòng cháy (mẫu)")
    await page.fill("#field-code", "DC-01")
    await page.select_option("#field-organisation", str(police))
    await page.fill("#field-body", "# Ba việc\n\n- Kiểm tra **dây điện**")
    if not scripts:
        await page.click("button:text-is('Xem trước')")
    await expect(page.locator("#preview h3")).to_have_text("Ba việc")
    await expect(page.locator("#preview li strong")).to_have_text("dây điện")
    await expect(page.locator("#field-title")).to_have_value("Phòng cháy (mẫu)")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã thêm bản nháp")
    await press(page, "Ban hành")
    await page.click("form.panel button:text-is('Ban hành')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ban hành")
    row = await Outline.get()
    assert (row.status, row.issued_on) == (OutlineStatus.PUBLISHED, today())


async def test_list_counts_by_itself_without_taking_focus(open_page: Open, sent: HandDown) -> None:
    page = await open_page(PATH)
    await expect(page.locator("#results tbody tr")).to_contain_text("0/1")
    assert await page.evaluate("document.activeElement === document.body")


async def test_list_says_nothing_when_counting_fails(open_page: Open, sent: HandDown) -> None:
    page = await open_page()
    await page.route("**/*counted=1*", lambda route: route.fulfill(status=403))
    await page.goto(PATH)
    await expect(page.locator("#results tbody td >> nth=-1")).to_have_text("–")


@SCRIPTS
async def test_outline_is_handed_down_in_four_steps(open_page: Open, scripts: bool) -> None:
    outline = await published()
    for _number in range(2):
        await group()
    page = await open_page(f"{PATH}/{outline.id}", width=360, scripts=scripts)
    await press(page, "Chuyển đề cương")
    await page.check("text=Tỉnh Đồng Tháp")
    await page.click("text=Đếm nơi nhận")
    await expect(page.locator("form .notice")).to_contain_text("Chuyển đến 2 tổ, nhóm ở 1 địa bàn")
    assert await HandDown.all().count() == 0
    await page.click("text=Chuyển ngay")
    await expect(page.locator("#toasts")).to_contain_text("Đã chuyển đề cương")
    await expect(page.locator("#draft")).to_be_hidden()
    assert await HandDown.all().count() == 2


@SCRIPTS
async def test_outline_is_acknowledged_from_dashboard_in_two_taps(
    open_page: Open, person: Staff, sent: HandDown, scripts: bool
) -> None:
    await become(person, Role.OFFICER)
    page = await open_page("/admin", width=360, scripts=scripts)
    await page.click("text=Đề cương chờ xác nhận")
    await page.click("tbody >> button:text-is('Đã nhận')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi là đã nhận")
    assert (await HandDown.get(id=sent.id)).received_at is not None
    assert page.url.endswith("/admin/hand-downs?state=WAITING&sort=oldest")
    await expect(page.locator("tbody tr")).to_have_count(0)


@SCRIPTS
async def test_outline_is_acknowledged_for_all_in_three_taps(
    open_page: Open, person: Staff, sent: HandDown, scripts: bool
) -> None:
    await become(person, Role.FRONT)
    page = await open_page(f"{PATH}/{sent.outline_id}", width=360, scripts=scripts)
    await press(page, "Xác nhận tất cả đã nhận")
    await page.click("form.panel button:text-is('Xác nhận tất cả đã nhận')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi là đã nhận")
    assert (await HandDown.get(id=sent.id)).received_at is not None


@SCRIPTS
async def test_discussion_is_noted_in_three_taps(
    open_page: Open, person: Staff, sent: HandDown, scripts: bool
) -> None:
    await become(person, Role.OFFICER)
    assert sent.group_id is not None
    draft = ActivityDraft(ActivityKind.OUTREACH, today(), 30, sent.area_id, group_id=sent.group_id)
    held = await activities.record(draft, by=system_actor("test"))
    page = await open_page(f"/admin/hand-downs/{sent.id}", width=360, scripts=scripts)
    await press(page, "Ghi buổi thảo luận")
    await page.select_option("#field-activity", str(held.id))
    await page.click("form.panel button:text-is('Ghi buổi thảo luận')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi là đã thảo luận")
    assert (await HandDown.get(id=sent.id)).activity_id == held.id


@SCRIPTS
async def test_recipients_are_reminded_in_three_taps(open_page: Open, sent: HandDown, scripts: bool) -> None:
    page = await open_page(f"{PATH}/{sent.outline_id}", width=360, scripts=scripts)
    await press(page, "Nhắc nơi chưa nhận")
    await page.click("form.panel button:text-is('Nhắc nơi chưa nhận')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi lời nhắc")
    assert (await HandDown.get(id=sent.id)).reminded_at is not None


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
async def test_pages_of_outlines_are_accessible(
    open_page: Open, sent: HandDown, width: int, scheme: str
) -> None:
    row_id = await make("29905")
    await hand_downs.remind(sent.outline_id, by=system_actor("test"))
    page = await open_page(width=width, scheme=scheme)
    for path in (
        PATH,
        f"{PATH}/new",
        f"{PATH}/{row_id}",
        f"{PATH}/{row_id}/edit",
        f"{PATH}/{row_id}/publication",
        f"{PATH}/{sent.outline_id}",
        f"{PATH}/{sent.outline_id}/hand-down",
        f"{PATH}/{sent.outline_id}/reminder",
        "/admin/hand-downs",
        f"/admin/hand-downs/{sent.id}",
        f"/admin/hand-downs/{sent.id}/discussion",
        f"/admin/groups/{sent.group_id}",
    ):
        await page.goto(path)
        assert await violations(page) == [], path
    await page.goto(f"{PATH}/{sent.outline_id}/hand-down")
    await page.check("#field-areas input")
    await page.click("text=Đếm nơi nhận")
    await page.wait_for_selector("form .notice")
    assert await violations(page) == []


@SCRIPTS
async def test_list_tells_how_many_discussed_each_outline(
    open_page: Open, sent: HandDown, scripts: bool
) -> None:
    page = await open_page(PATH, scripts=scripts)
    if not scripts:
        await page.click("a:text-is('Xem tỷ lệ đã thảo luận')")
    await expect(page.locator("table")).to_contain_text("0/1")
    assert page.url.endswith(PATH) is scripts
