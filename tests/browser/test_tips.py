"""Working through tips: how many taps each job takes, with and without scripts."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from records.core.actor import system_actor
from records.core.dates import today
from records.nouns import tips
from records.tables import Assignment, Staff, Tip, TipEvent
from records.tables.groups import AssignmentKind
from records.tables.tips import Channel, TipEventKind, TipStatus
from tests.admin.forms import a_picture, some_tip
from tests.browser.conftest import SCRIPTS, Open, violations
from tests.conftest import area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")
MAX_TAPS_TO_CLOSE, MAX_TAPS_TO_RECORD = 6, 4


class Taps:
    """Taps on a page, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    async def __call__(self, selector: str) -> None:
        self.count += 1
        await self.page.click(selector)


@pytest.fixture
async def officer(person: Staff) -> Staff:
    """The person of the browser as the officer of a hamlet's commune."""
    (area_id,) = await area_ids("29905")
    await Assignment.create(
        kind=AssignmentKind.AREA_OFFICER, staff_id=person.id, area_id=area_id, starts_on=today()
    )
    return person


@pytest.fixture
async def three(person: Staff) -> list[Tip]:
    """Three new tips, the oldest first."""
    return [await some_tip(f"Tin {number} (minh họa)") for number in ("một", "hai", "ba")]


@SCRIPTS
async def test_tip_is_recorded_in_four_taps(open_page: Open, officer: Staff, scripts: bool) -> None:
    page = await open_page("/admin/tips", width=360, scripts=scripts)
    tap = Taps(page)
    await tap(".dock .create")
    await tap("#field-body")
    await page.keyboard.type("Mất máy bơm nước (minh họa)")
    await tap(".quick label:has([name=category]) >> nth=0")
    await tap("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_have_text("Đã tiếp nhận tin.")
    assert tap.count <= MAX_TAPS_TO_RECORD
    row = await Tip.all().get()
    assert (row.title, row.area_id) == ("Mất máy bơm nước (minh họa)", (await area_ids("29905"))[0])


@SCRIPTS
async def test_new_tip_is_closed_in_six_taps(
    open_page: Open, person: Staff, three: list[Tip], scripts: bool
) -> None:
    page = await open_page("/admin/tips", width=360, scripts=scripts)
    tap = Taps(page)
    await tap("text=Tin ba (minh họa)")
    await tap("text=Nhận và xác minh")
    await expect(page.locator(".facts")).to_contain_text("Đang xác minh")
    await tap(".bar .main")
    await tap(".outcome label >> nth=0")
    await tap("button:text-is('Kết thúc tin')")
    await expect(page.locator(".facts")).to_contain_text("Đã kết thúc")
    assert tap.count <= MAX_TAPS_TO_CLOSE
    row = await Tip.get(id=three[2].id)
    assert (row.status, row.assignee_id) == (TipStatus.CLOSED, person.id)


@SCRIPTS
async def test_queue_leads_from_tip_to_tip_and_stays_after_action(
    open_page: Open, three: list[Tip], scripts: bool
) -> None:
    page = await open_page("/admin/tips", width=360, scripts=scripts)
    await page.goto("/admin/tips?status=RECEIVED&sort=oldest")
    await page.click("text=Tin một (minh họa)")
    await expect(page.locator(".neighbours")).to_contain_text("1/3")
    await page.click("[rel=next]")
    await expect(page.locator("h1")).to_have_text("Tin hai (minh họa)")
    await expect(page.locator(".neighbours")).to_contain_text("2/3")
    await page.click("text=Nhận và xác minh")
    await expect(page.locator(".neighbours")).to_contain_text("–/2")
    await page.click("[rel=next]")
    await expect(page.locator("h1")).to_have_text("Tin ba (minh họa)")
    await page.click("[rel=prev]")
    await expect(page.locator("h1")).to_have_text("Tin một (minh họa)")
    await page.click(".above > a")
    await expect(page.locator("tbody tr")).to_have_count(2)
    assert page.url.endswith("/admin/tips?status=RECEIVED&sort=oldest")


async def test_keys_decide_and_lead_on(open_page: Open, person: Staff, three: list[Tip]) -> None:
    page = await open_page("/admin/tips?sort=oldest")
    await page.keyboard.press("j")
    await expect(page.locator("text=Tin một (minh họa)")).to_be_focused()
    await page.keyboard.press("x")
    await expect(page.locator("[name=tip] >> nth=0")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Tin một (minh họa)")
    await page.keyboard.press("a")
    await expect(page.locator(".facts")).to_contain_text("Đang xác minh")
    await page.keyboard.press("j")
    await expect(page.locator("h1")).to_have_text("Tin hai (minh họa)")
    await page.keyboard.press("m")
    await expect(page.locator("#toasts")).to_contain_text("Bạn đã nhận phụ trách tin.")
    await page.keyboard.press("r")
    await expect(page.locator("#doing h2")).to_be_focused()
    await page.keyboard.type("am")
    await page.fill("#field-reason", "Không có căn cứ")
    await page.click("#doing .grave")
    await expect(page.locator(".facts")).to_contain_text("Không xử lý")
    assert (await Tip.get(id=three[0].id)).assignee_id == person.id


@SCRIPTS
@pytest.mark.parametrize("width", [360, 1280])
async def test_chosen_tips_are_assigned_after_preview(
    open_page: Open, person: Staff, three: list[Tip], width: int, scripts: bool
) -> None:
    await tips.reject(three[1].id, expected_version=1, reason="x", by=BY)
    page = await open_page("/admin/tips?sort=oldest", width=width, scripts=scripts)
    if width == 360:
        await page.click("text=Chọn nhiều")
    for row in range(3):
        await page.check(f"[name=tip] >> nth={row}")
    await page.click(".selection >> text=Phân công")
    await page.select_option("[name=staff]", label=person.name)
    await page.click("text=Xem trước")
    await expect(page.locator("caption")).to_have_text("Áp dụng cho 2/3 tin")
    await expect(page.locator("tbody")).to_contain_text("Bỏ qua: đã xử lý xong")
    if scripts:
        assert await violations(page) == []
    await page.click("text=Phân công 2 tin")
    await expect(page.locator("#toasts")).to_have_text("Đã phân công các tin.")
    assert await Tip.filter(assignee_id=person.id).count() == 2


@SCRIPTS
async def test_note_is_added_to_chosen_tips(open_page: Open, three: list[Tip], scripts: bool) -> None:
    page = await open_page("/admin/tips?select=1", width=360, scripts=scripts)
    await page.check("[name=tip] >> nth=0")
    await page.check("[name=tip] >> nth=2")
    if scripts:
        assert await violations(page) == []
    await page.click(".selection >> text=Ghi chú")
    await page.fill("#field-note", "Đã báo tổ trưởng")
    await page.click("text=Ghi chú cho 2 tin")
    await expect(page.locator("#toasts")).to_contain_text("Đã thêm ghi chú")
    assert await TipEvent.filter(kind=TipEventKind.NOTED).count() == 2


async def _rows_stay_when_tip_arrives(page: Page, arrive: Callable[[], Awaitable[object]]) -> None:
    first = await page.locator("tbody tr >> nth=0").bounding_box()
    await arrive()
    await expect(page.locator(".arrivals")).to_have_text("Có 1 tin mới", timeout=15_000)
    assert await page.locator("tbody tr >> nth=0").bounding_box() == first
    assert await violations(page) == []
    await page.click(".arrivals")
    await expect(page.locator("tbody")).to_contain_text("Vừa đến (minh họa)")


@pytest.mark.parametrize("width", [360, 1280])
async def test_new_tip_is_announced_when_it_arrives(open_page: Open, three: list[Tip], width: int) -> None:
    page = await open_page("/admin/tips", width=width)
    async with page.expect_request("**/arrivals*"):
        pass
    await _rows_stay_when_tip_arrives(page, lambda: some_tip("Vừa đến (minh họa)"))


async def test_new_tip_is_first_when_inbox_is_opened_again(open_page: Open, three: list[Tip]) -> None:
    page = await open_page("/admin/tips", width=360, scripts=False)
    await expect(page.locator(".arrivals")).to_be_hidden()
    await some_tip("Vừa đến (minh họa)")
    await page.click(".dock >> text=Nguồn tin")
    await expect(page.locator("tbody tr >> nth=0")).to_contain_text("Vừa đến (minh họa)")


async def test_new_tip_is_announced_when_events_fail(open_page: Open, three: list[Tip]) -> None:
    page = await open_page("/admin")

    async def refuse_streams(route: Route) -> None:
        streamed = "event-stream" in route.request.headers.get("accept", "")
        await (route.fulfill(status=404) if streamed else route.continue_())

    await page.route("**/arrivals*", refuse_streams)
    await page.clock.install()
    await page.goto("/admin/tips")
    await page.clock.run_for(2_000)

    async def arrive() -> None:
        await some_tip("Vừa đến (minh họa)")
        await page.wait_for_timeout(500)
        await page.clock.run_for(31_000)

    await _rows_stay_when_tip_arrives(page, arrive)


@SCRIPTS
async def test_likely_duplicate_is_marked_from_tip(open_page: Open, person: Staff, scripts: bool) -> None:
    first = await some_tip("Mất máy bơm nước ngoài ruộng (minh họa)")
    again = await some_tip("Mất máy bơm nước sau vườn (minh họa)")
    page = await open_page(f"/admin/tips/{again.id}", width=360, scripts=scripts)
    await expect(page.locator(".duplicates")).to_contain_text("Mất máy bơm nước")
    await page.click(".duplicates >> text=Đánh dấu trùng")
    await expect(page.locator("#field-into")).to_have_value(first.code)
    await page.click("form.panel .main")
    await expect(page.locator(".facts")).to_contain_text(first.code)


async def test_picture_is_sent_when_it_is_chosen(open_page: Open, three: list[Tip]) -> None:
    page = await open_page(f"/admin/tips/{three[0].id}", width=360)
    chosen = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=a_picture())
    await page.set_input_files("#field-file", chosen)
    await expect(page.locator("#toasts")).to_contain_text("Đã")
    await expect(page.locator(".pictures img")).to_have_js_property("complete", value=True)
    await expect(page.locator(".pictures img")).to_have_js_property("naturalWidth", value=320)
    assert await violations(page) == []


async def test_form_of_tip_notes_place_and_picture(open_page: Open, officer: Staff) -> None:
    page = await open_page("/admin/tips/new", width=360)
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"latitude": 10.29251, "longitude": 105.76501})
    await page.fill("#field-body", "Mất máy bơm nước (minh họa)")
    await page.check("[name=category] >> nth=0")
    await page.click("text=Lấy vị trí của tôi")
    await expect(page.locator("[data-locate]")).to_have_text("Đã ghi vị trí")
    chosen = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=a_picture())
    await page.set_input_files("#field-camera", chosen)
    await page.click(".chosen button")
    await expect(page.locator("#field-camera")).to_be_focused()
    await expect(page.locator("#field-camera")).to_have_value("")
    await page.set_input_files("#field-camera", chosen)
    # Of the two inputs the last one counts.
    await page.set_input_files("#field-file", chosen)
    await expect(page.locator(".chosen")).to_contain_text("a.jpg")
    assert await violations(page) == []
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".pictures img")).to_have_count(1)
    row = await Tip.all().get()
    assert (row.lat, row.lon) == (10.29251, 105.76501)


async def test_category_of_folded_ones_can_be_chosen_after_another(open_page: Open, officer: Staff) -> None:
    page = await open_page("/admin/tips/new", width=360)
    await page.fill("#field-body", "Tin mẫu")
    await page.check("[name=category] >> nth=0")
    await page.click("#field-category summary")
    await page.check("[name=category] >> nth=7")
    await page.click(".preset > summary")
    await page.check("[name=channel][value=IN_PERSON]")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_have_text("Đã tiếp nhận tin.")
    assert (await Tip.get()).channel is Channel.IN_PERSON


@SCRIPTS
@pytest.mark.parametrize("path", ["/admin/tips/new", "/admin/tips/{tip}"])
async def test_picture_is_chosen_by_keyboard(
    open_page: Open, three: list[Tip], path: str, scripts: bool
) -> None:
    page = await open_page(path.format(tip=three[0].id), width=360, scripts=scripts)
    # A label names the input, which is there for whoever sees nothing.
    tile = page.get_by_label("Chọn ảnh" if "new" in path else "Thêm ảnh")
    # From the first listener on Chromium asks the test; that takes a moment.
    page.on("filechooser", lambda _chooser: None)
    await tile.focus()
    async with page.expect_file_chooser():
        await page.keyboard.press("Enter")


async def test_place_button_is_hidden_without_scripts(open_page: Open, officer: Staff) -> None:
    page = await open_page("/admin/tips/new", width=360, scripts=False)
    await expect(page.locator("[data-locate]")).to_be_hidden()


async def test_missing_location_is_said(open_page: Open) -> None:
    page = await open_page("/admin/tips/new", width=360)
    # Nobody has allowed it.
    await page.click("[data-locate]")
    await expect(page.locator("[data-locate]")).to_have_text("Không lấy được vị trí")
