"""The daily jobs with meetings, at a phone, with and without JavaScript; docs/reference/daily-jobs.md."""

import pytest
from playwright.async_api import FilePayload, expect

from records.core.actor import system_actor
from records.core.dates import today
from records.nouns import activities
from records.nouns.activities import ActivityDraft
from records.tables import Activity, Attachment, Group
from records.tables.activities import ActivityKind
from tests.admin.forms import a_picture
from tests.browser.conftest import SCRIPTS, Open, violations, violations_everywhere
from tests.nouns.activities import group

pytestmark = pytest.mark.browser
BY = system_actor("test")


@pytest.fixture
async def groups(database: str) -> tuple[Group, Group]:
    """Two groups without a meeting this quarter."""
    return await group(name="Tổ mẫu 1", households=28), await group(name="Tổ mẫu 2", households=30)


@SCRIPTS
async def test_meeting_is_recorded_from_its_group_in_three_taps(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    first, second = groups
    page = await open_page(f"/admin/groups/{first.id}", width=360, scripts=scripts)
    await page.click(".bar >> text=Ghi nhận họp")
    await page.fill("#field-attendance", "41")
    await page.click("text=Đủ 28")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi nhận cuộc họp quý")
    meeting = await Activity.get()
    assert (meeting.group_id, meeting.held_on, meeting.attendance) == (first.id, today(), 41)
    assert meeting.households_present == 28
    await page.click("main >> text=Ghi nhận họp")
    await expect(page.locator(".above")).to_contain_text(second.name)


@SCRIPTS
async def test_meeting_is_recorded_from_missing_in_four_taps(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    page = await open_page("/admin/activities", width=360, scripts=scripts)
    await page.click("text=Tổ chưa họp")
    await page.click("tbody tr:first-child >> text=Ghi nhận họp")
    await page.fill("#field-attendance", "41")
    await page.click("text=Đủ 28")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi nhận cuộc họp quý")
    assert (await Activity.get()).group_id == groups[0].id


async def test_missing_meeting_is_recorded_by_button_at_end_of_row(
    open_page: Open, groups: tuple[Group, Group]
) -> None:
    page = await open_page("/admin/activities/missing", width=360)
    button = await page.locator("tbody tr:first-child .button").bounding_box()
    assert button
    assert button["height"] >= 44
    assert button["x"] + button["width"] > 300


async def test_hamlet_is_said_once_in_row_on_phone(open_page: Open, groups: tuple[Group, Group]) -> None:
    row = groups[0]
    await row.fetch_related("area")
    await Group.filter(id=row.id).update(name=f"Tổ mẫu 1, {row.area.name}")
    page = await open_page("/admin/activities/missing", width=360)
    hamlets = page.locator("tbody td >> text=" + row.area.name)
    await expect(hamlets.nth(0)).to_be_hidden()
    await expect(hamlets.nth(1)).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(hamlets.nth(0)).to_be_visible()


@SCRIPTS
async def test_second_meeting_is_confirmed_in_two_taps(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    row = groups[0]
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, row.area_id, group_id=row.id)
    await activities.record(draft, by=BY)
    page = await open_page(f"/admin/groups/{row.id}/meeting", width=360, scripts=scripts)
    await page.fill("#field-attendance", "12")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_contain_text("Tổ đã họp ngày")
    await page.check("text=Vẫn lưu")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi nhận cuộc họp quý")
    assert await Activity.all().count() == 2


@SCRIPTS
async def test_too_many_households_are_confirmed_in_two_taps(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    page = await open_page(f"/admin/groups/{groups[0].id}/meeting", width=360, scripts=scripts)
    await page.fill("#field-attendance", "41")
    await page.click("text=Số khác")
    await page.fill("#field-households_present", "82")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_contain_text("nhiều hơn số hộ của tổ (28)")
    await page.check("text=Vẫn lưu")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi nhận cuộc họp quý")
    assert (await Activity.get()).households_present == 82


async def test_only_last_answer_counts_of_tapped_and_typed(
    open_page: Open, groups: tuple[Group, Group]
) -> None:
    page = await open_page(f"/admin/groups/{groups[0].id}/meeting", width=360)
    tapped, typed = (
        page.locator("[name=households_present_choice]"),
        page.locator("#field-households_present"),
    )
    await page.click("text=Số khác")
    await typed.fill("3")
    await page.click("text=Đủ 28")
    await expect(typed).to_have_value("")
    await typed.fill("12")
    await expect(tapped).not_to_be_checked()
    await page.fill("#field-attendance", "41")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã")
    assert (await Activity.get()).households_present == 12


async def test_two_answers_are_questioned_without_scripts(
    open_page: Open, groups: tuple[Group, Group]
) -> None:
    page = await open_page(f"/admin/groups/{groups[0].id}/meeting", width=360, scripts=False)
    await page.fill("#field-attendance", "41")
    await page.click("text=Số khác")
    await page.fill("#field-households_present", "3")
    await page.click("text=Đủ 28")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_contain_text("hai câu trả lời khác nhau")
    assert await Activity.all().count() == 0
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã")
    assert (await Activity.get()).households_present == 3


@SCRIPTS
async def test_activity_is_removed_and_restored(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    draft = ActivityDraft(ActivityKind.PATROL, today(), 5, groups[0].area_id, group_id=groups[0].id)
    row = await activities.record(draft, by=BY)
    page = await open_page(f"/admin/activities/{row.id}", width=360, scripts=scripts)
    if await page.is_visible(".bar summary"):
        await page.click(".bar summary")
    await page.click(".bar >> text=Gỡ")
    await page.fill("#field-reason", "Nhập nhầm")
    await page.click("form.panel button.grave")
    await page.click("button:text-is('Khôi phục')")
    await expect(page.locator("#toasts")).to_contain_text("Đã khôi phục")


PICTURE = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=a_picture())


@SCRIPTS
async def test_meeting_is_recorded_with_picture(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    page = await open_page(f"/admin/groups/{groups[0].id}/meeting", width=360, scripts=scripts)
    await page.fill("#field-attendance", "41")
    await page.click("summary:text-is('Ảnh')")
    await expect(page.locator("#field-camera")).to_have_attribute("capture", "environment")
    await page.set_input_files("#field-camera", PICTURE)
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".pictures img")).to_have_js_property("naturalWidth", value=320)
    assert (await Attachment.get()).activity_id == (await Activity.get()).id
    if scripts:
        assert await violations(page) == []


@SCRIPTS
async def test_picture_is_added_to_meeting(
    open_page: Open, groups: tuple[Group, Group], scripts: bool
) -> None:
    row = groups[0]
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, row.area_id, group_id=row.id)
    meeting = await activities.record(draft, by=BY)
    page = await open_page(f"/admin/activities/{meeting.id}", width=360, scripts=scripts)
    await page.set_input_files("#field-file", PICTURE)
    if not scripts:
        await page.click("button:text-is('Đính kèm ảnh')")
    await expect(page.locator(".pictures img")).to_have_js_property("naturalWidth", value=320)
    await page.click(".pictures >> text=Gỡ")
    await page.fill("#field-reason", "Gửi nhầm")
    await page.click("form.panel button.grave")
    await expect(page.locator("#toasts")).to_contain_text("Đã gỡ ảnh")
    await expect(page.locator(".pictures img")).to_have_count(0)


async def test_pages_of_activities_are_accessible(open_page: Open, groups: tuple[Group, Group]) -> None:
    row = groups[0]
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, row.area_id, group_id=row.id)
    meeting = await activities.record(draft, by=BY)
    page = await open_page()
    for path in (
        "/admin/activities",
        "/admin/activities/new",
        "/admin/activities/missing",
        f"/admin/activities/{meeting.id}?recorded=1",
        f"/admin/activities/{meeting.id}/edit",
        f"/admin/groups/{row.id}",
        f"/admin/groups/{row.id}/meeting",
    ):
        await page.goto(path)
        assert await violations_everywhere(page, ("light", "dark")) == [], path
