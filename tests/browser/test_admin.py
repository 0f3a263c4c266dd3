from datetime import timedelta

import pytest
from playwright.async_api import Dialog, expect

from records.core.actor import Role, system_actor
from records.core.dates import now
from records.nouns import groups, tips
from records.tables import Group, Session, Staff, Tip, TipOutcome
from records.tables.groups import GroupKind
from records.tables.tips import LegalKind, TipStatus
from tests.admin.forms import some_tip
from tests.browser.conftest import SCRIPTS, Open, become, press, violations, violations_everywhere
from tests.conftest import PASSWORD, area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")


@pytest.fixture
async def tip(database: str) -> Tip:
    """A formal tip that is late."""
    found = await some_tip("Người lạ mặt quanh chợ (minh họa)", kind=LegalKind.REPORT)
    await Tip.filter(id=found.id).update(due_at=now() - timedelta(days=3))
    return found


@pytest.fixture
async def more_tips(database: str) -> None:
    """Enough others for two pages."""
    for index in range(30):
        await some_tip(f"Tin số {index} (minh họa)")


@pytest.fixture
async def group(database: str) -> Group:
    area = (await area_ids("29905"))[0]
    draft = groups.GroupDraft(
        code="TNT-01", name="Tổ tự quản số 1 (minh họa)", kind=GroupKind.SELF_GOVERNING, area_id=area
    )
    return await groups.create(draft, by=BY)


@pytest.mark.parametrize(
    "paths",
    [
        ("", "/tips", "/tips?status=LOST", "/tips?overdue=1&q=khong+co", "/tips/{tip}", "/tips/{tip}/edit"),
        ("/tips/{tip}/closure", "/tips/{tip}/assignment", "/tips/new", "/areas/choices?area=sa+dec"),
        ("/groups", "/groups/new", "/groups/{group}", "/groups/{group}/members", "/groups/{group}/merger"),
        ("/nothing",),
    ],
    ids=["tips", "work-on-tips", "groups", "nothing"],
)
async def test_pages_are_accessible_and_fit_screen(
    open_page: Open, tip: Tip, more_tips: None, group: Group, paths: tuple[str, ...]
) -> None:
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    page = await open_page()
    for path in paths:
        await page.goto("/admin" + path.format(tip=tip.id, group=group.id))
        assert await violations_everywhere(page) == [], path


@pytest.mark.parametrize("width", [360, 1280])
async def test_touch_targets_are_large_enough(open_page: Open, tip: Tip, more_tips: None, width: int) -> None:
    page = await open_page(width=width)
    for path in ("/admin/tips", f"/admin/tips/{tip.id}", f"/admin/tips/{tip.id}/edit"):
        await page.goto(path)
        heights = await page.eval_on_selector_all(
            "button:enabled, .button, .dock a, .chips a, .icon-link, select, summary,"
            " .quick label, input:not([type=hidden], [type=checkbox], [type=radio])",
            "found => found.map(e => e.getBoundingClientRect().height).filter(height => height > 0)",
        )
        assert heights
        assert min(heights) >= 44, path


@SCRIPTS
@pytest.mark.parametrize("width", [360, 1280])
async def test_tip_is_recorded_verified_assigned_and_closed(
    open_page: Open, person: Staff, width: int, scripts: bool
) -> None:
    page = await open_page("/admin/tips", width=width, scripts=scripts)
    await page.click(".create:visible")
    await page.fill("#field-body", "Mất xe đạp trước chợ (minh họa)")
    await page.check("[name=category] >> nth=1")
    await page.check("[name=channel][value=PHONE]")
    await page.fill("#field-area", "tan phu")
    if not scripts:
        await page.click("button:text-is('Lưu')")
        await expect(page.locator(".summary")).to_contain_text("Có nhiều mục khớp với nội dung bạn nhập")
    await page.check("#field-area-choices input[type=radio] >> nth=0")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_have_text("Đã tiếp nhận tin.")

    await press(page, "Bắt đầu xác minh")
    await expect(page.locator(".facts")).to_contain_text("Đang xác minh")
    await press(page, "Phân công")
    await page.select_option("#field-assignee", label=person.name)
    await page.click("form.panel button.main")
    await expect(page.locator("dl")).to_contain_text(person.name)

    await press(page, "Kết thúc với kết quả")
    await page.check("[name=kind][value=ARREST]")
    await page.fill("#field-count-ARREST", "2")
    await page.check("[name=kind][value=WARNING]")
    await page.click("form.panel button.main")
    await expect(page.locator(".facts")).to_contain_text("Đã kết thúc")
    await expect(page.locator("#toasts")).to_contain_text("Đã kết thúc tin")

    stored = await Tip.all().get()
    assert stored.status is TipStatus.CLOSED
    outcomes = await TipOutcome.filter(tip_id=stored.id)
    assert {(row.kind.value, row.count) for row in outcomes} == {("ARREST", 2), ("WARNING", 1)}


async def test_filters_and_paging_change_only_list_and_address(
    open_page: Open, tip: Tip, more_tips: None
) -> None:
    page = await open_page("/admin/tips")
    await page.evaluate("window.same = true")
    await expect(page.locator("tbody tr")).to_have_count(25)
    await page.click("[rel=next]")
    await expect(page.locator("tbody tr")).to_have_count(6)
    assert "after=" in page.url
    await page.check("[name=overdue]")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert "overdue=1" in page.url
    assert await page.evaluate("window.same") is True
    await page.reload()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.go_back()
    await expect(page.locator("tbody tr")).to_have_count(6)


@SCRIPTS
async def test_list_is_searched(open_page: Open, tip: Tip, more_tips: None, scripts: bool) -> None:
    page = await open_page("/admin/tips", scripts=scripts)
    await page.fill("#field-q", "nguoi la mat")
    await page.press("#field-q", "Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text("Người lạ mặt quanh chợ")


@SCRIPTS
async def test_refused_form_returns_filled_with_focus_on_problem(
    open_page: Open, tip: Tip, scripts: bool
) -> None:
    page = await open_page(f"/admin/tips/{tip.id}/edit", scripts=scripts)
    await page.fill("#field-title", "")
    await page.fill("#field-place", "Cạnh cầu sắt")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_be_visible()
    await expect(page.locator("#field-place")).to_have_value("Cạnh cầu sắt")
    if scripts:
        await expect(page.locator(".summary")).to_be_focused()
    await page.click(".summary a")
    await expect(page.locator("#field-title")).to_be_focused()


async def test_second_editor_undoes_nothing(open_page: Open, tip: Tip) -> None:
    one, other = await open_page(f"/admin/tips/{tip.id}/edit"), await open_page(f"/admin/tips/{tip.id}/edit")
    await one.fill("#field-title", "Tiêu đề của A (minh họa)")
    await one.fill("#field-place", "Bờ kênh")
    await one.click("button:text-is('Lưu')")
    await expect(one.locator("h1")).to_have_text("Tiêu đề của A (minh họa)")
    await other.fill("#field-body", "Lời của B")
    await other.click("button:text-is('Lưu')")
    await expect(other.locator("#toasts")).to_contain_text("Tiêu đề, Địa điểm")
    stored = await Tip.get(id=tip.id)
    assert (stored.title, stored.place, stored.body) == ("Tiêu đề của A (minh họa)", "Bờ kênh", "Lời của B")


@SCRIPTS
async def test_conflict_is_shown_on_phone(open_page: Open, person: Staff, tip: Tip, scripts: bool) -> None:
    page = await open_page(f"/admin/tips/{tip.id}/edit", width=360, scripts=scripts)
    other = await open_page(f"/admin/tips/{tip.id}/edit")
    await other.fill("#field-title", "Tiêu đề của người kia (minh họa)")
    await other.click("button:text-is('Lưu')")
    await expect(other.locator("h1")).to_have_text("Tiêu đề của người kia (minh họa)")
    await page.fill("#field-title", "Tiêu đề của tôi (minh họa)")
    await page.fill("#field-place", "Bờ kênh")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".conflict")).to_contain_text("Hai người cùng sửa")
    await expect(page.locator(".conflict")).to_contain_text(person.name)
    await expect(page.locator(".versions")).to_have_count(1)
    if scripts:
        assert await violations(page) == []
    for version in await page.locator(".versions label").all():
        box = await version.bounding_box()
        assert box
        assert box["height"] >= 44
    await page.click("label >> text=Tiêu đề của tôi")
    await expect(page.locator(".kept.mine")).to_contain_text("Tiêu đề của tôi")
    await page.click("text=Lưu bản đã ghép")
    await expect(page.locator("h1")).to_have_text("Tiêu đề của tôi (minh họa)")
    assert (await Tip.get(id=tip.id)).place == "Bờ kênh"


@pytest.mark.parametrize("width", [360, 1280])
async def test_session_loss_is_told_in_sight(open_page: Open, person: Staff, tip: Tip, width: int) -> None:
    page = await open_page(f"/admin/tips/{tip.id}", width=width)
    await press(page, "Thêm ghi chú")
    await page.fill("#field-note", "Viết đã lâu")
    await Session.all().update(expires_at=now())
    await page.click("form.panel button.main")
    await expect(page.locator("#toasts")).to_contain_text("Phiên đăng nhập đã hết")
    await expect(page.locator("#toasts")).to_be_in_viewport(ratio=1)
    await expect(page.locator("#field-note")).to_have_value("Viết đã lâu")
    assert await violations(page) == []
    async with page.expect_popup() as opened:
        await page.click("#toasts a")
    other = await opened.value
    await other.fill("#field-username", person.username)
    await other.fill("#field-password", PASSWORD)
    await other.click("main button")
    await other.wait_for_url("**/admin")
    await page.click("form.panel button.main")
    await expect(page.locator(".story")).to_contain_text("Viết đã lâu")


async def test_full_form_is_sent_once_after_session_loss(open_page: Open, person: Staff, tip: Tip) -> None:
    page = await open_page(f"/admin/tips/{tip.id}/edit", width=360)
    await page.fill("#field-title", "Viết đã lâu (minh họa)")
    await Session.all().update(expires_at=now())
    await page.click("button:text-is('Lưu')")
    async with page.expect_popup() as opened:
        await page.click("ol a")
    other = await opened.value
    await other.fill("#field-username", person.username)
    await other.fill("#field-password", PASSWORD)
    await other.click("main button")
    await other.wait_for_url("**/admin")
    await page.click("button:text-is('Gửi lại')")
    await expect(page.locator("h1")).to_have_text("Viết đã lâu (minh họa)")


@pytest.mark.parametrize("width", [360, 1280])
async def test_focus_stays_in_form_when_it_comes_back(open_page: Open, tip: Tip, width: int) -> None:
    page = await open_page(f"/admin/tips/{tip.id}", width=width)
    await press(page, "Bắt đầu xác minh")
    await expect(page.locator("h1")).to_be_focused()
    await press(page, "Thêm ghi chú")
    await expect(page.locator("#doing h2")).to_be_focused()
    await page.click("form.panel button.main")
    await expect(page.locator("#doing .summary")).to_be_focused()
    await press(page, "Phân công")
    await expect(page.locator("#doing h2", has_text="Phân công")).to_be_focused()


async def test_pages_work_with_keyboard_alone(open_page: Open, tip: Tip) -> None:
    page = await open_page("/admin/tips")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.goto(f"/admin/tips/{tip.id}")
    await page.focus(".more > summary")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator(".menu a >> nth=0")).to_be_focused()
    await page.focus(".menu >> text=Thêm ghi chú")
    await page.keyboard.press("Enter")
    await expect(page.locator("#doing h2")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type("Ghi bằng bàn phím")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".story")).to_contain_text("Ghi bằng bàn phím")
    await expect(page.locator("h1")).to_be_focused()


async def test_pages_load_nothing_from_elsewhere(open_page: Open, tip: Tip, live: str) -> None:
    page = await open_page("/admin")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"/admin/tips/{tip.id}")
    assert asked
    assert all(url.startswith((live, "data:")) for url in asked)


async def test_language_changes_and_page_stays(open_page: Open, tip: Tip) -> None:
    page = await open_page("/admin/tips?q=nguoi")
    await page.click("text=English")
    await expect(page.locator("h1")).to_have_text("Tips")
    assert page.url.endswith("/admin/tips?q=nguoi")
    assert await page.get_attribute("html", "lang") == "en"


async def test_inbox_shows_eight_rows_on_phone(open_page: Open, tip: Tip, more_tips: None) -> None:
    page = await open_page("/admin/tips", width=360)
    await page.set_viewport_size({"width": 360, "height": 780})
    dock = await page.locator(".dock").bounding_box()
    eighth = await page.locator("tbody tr >> nth=7").bounding_box()
    assert dock
    assert eighth
    assert eighth["y"] + eighth["height"] <= dock["y"]


@SCRIPTS
async def test_menu_of_phone_opens_and_closes(open_page: Open, tip: Tip, scripts: bool) -> None:
    page = await open_page("/admin/tips", width=360, scripts=scripts)
    await expect(page.locator(".rail")).to_be_hidden()
    await page.click(".dock a[href='#menu']")
    await expect(page.locator(".rail")).to_be_visible()
    if scripts:
        assert await violations(page) == []
    await page.click(".rail .shut")
    await expect(page.locator(".rail")).to_be_hidden()


@SCRIPTS
async def test_search_of_phone_opens_from_its_icon(
    open_page: Open, tip: Tip, more_tips: None, scripts: bool
) -> None:
    page = await open_page("/admin/tips", width=360, scripts=scripts)
    await page.click(".icon-link")
    await page.fill("#field-q", "nguoi la mat")
    await page.press("#field-q", "Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)


async def test_nothing_is_stuck_to_low_screen(open_page: Open, tip: Tip) -> None:
    page = await open_page(width=320)
    await page.set_viewport_size({"width": 320, "height": 256})
    for path, part in (("/admin/tips", ".dock"), (f"/admin/tips/{tip.id}", ".bar")):
        await page.goto(path)
        position = await page.eval_on_selector(part, "found => getComputedStyle(found).position")
        assert position == "static"


@SCRIPTS
async def test_appearance_stays_when_it_is_chosen(open_page: Open, tip: Tip, scripts: bool) -> None:
    page = await open_page("/admin/tips?q=nguoi", scripts=scripts)
    await page.click("text=Giao diện")
    await page.select_option("[name=theme]", "CONTRAST")
    await page.select_option("[name=text]", "LARGE")
    await page.click("text=Áp dụng")
    await expect(page.locator("#toasts")).to_have_text("Đã đổi giao diện.")
    assert page.url.endswith("/admin/tips?q=nguoi")
    await page.goto(f"/admin/tips/{tip.id}")
    assert await page.get_attribute("html", "data-theme") == "CONTRAST"
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    if scripts:
        assert await violations(page) == []


async def test_components_are_accessible(open_page: Open, person: Staff) -> None:
    await become(person, Role.ADMINISTRATOR)
    page = await open_page("/admin/components")
    assert await violations_everywhere(page) == []


async def test_pages_stay_within_their_weight(open_page: Open, tip: Tip, more_tips: None) -> None:
    page = await open_page()
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    for path, most in (("/admin/tips", 60_000), ("/admin/groups", 60_000), ("/admin/tips/new", 50_000)):
        await page.goto("about:blank", wait_until="networkidle")
        received.clear()
        await page.goto(path, wait_until="networkidle")
        assert len(received) <= 8, path
        assert sum(received) <= most, path


async def test_leaving_changed_form_asks_first(open_page: Open, tip: Tip) -> None:
    page = await open_page(f"/admin/tips/{tip.id}/edit")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.fill("#field-place", "Bờ kênh")
    await page.click(".above a", no_wait_after=True)
    await expect(page.locator("#field-place")).to_have_value("Bờ kênh")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã")
    assert asked == ["beforeunload"]


async def test_print_leaves_out_what_paper_cannot_do(open_page: Open, tip: Tip) -> None:
    page = await open_page(f"/admin/tips/{tip.id}")
    await page.emulate_media(media="print")
    for part in (".rail", ".bar", ".above", "form >> nth=0", ".change >> nth=0"):
        await expect(page.locator(part)).to_be_hidden()
    await expect(page.locator("h1")).to_be_visible()
