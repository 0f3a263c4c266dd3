"""What helps in lists: facets, chosen columns, saved views, links back, copying, room for a finger."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from records.core.actor import Role, system_actor
from records.core.dates import now, today
from records.nouns import tips
from records.tables import Group, Programme, SavedView, Staff, Tip
from records.tables.tips import LegalKind, Priority
from tests.admin.forms import some_tip
from tests.admin.places import HERE
from tests.admin.places import group as make_group
from tests.browser.conftest import SCRIPTS, Open, become, violations
from tests.nouns import programmes as programme_tables

pytestmark = pytest.mark.browser


@pytest.fixture
async def tip(database: str) -> Tip:
    """A tip that is being verified, beside one that is new."""
    await some_tip("Tin mới (mẫu)")
    found = await some_tip("Người lạ quanh chợ (mẫu)")
    return await tips.start_verifying(found.id, expected_version=found.version, by=system_actor("test"))


@pytest.fixture
async def group(database: str) -> Group:
    return await make_group(HERE)


@SCRIPTS
async def test_facet_narrows_list(open_page: Open, tip: Tip, scripts: bool) -> None:
    page = await open_page("/admin/tips", scripts=scripts)
    facet = page.locator(".facets a", has_text="Đang xác minh")
    await expect(facet).to_contain_text("1")
    await facet.click()
    await expect(page.locator("#results tbody tr")).to_have_count(1)
    assert "status=VERIFYING" in page.url
    await expect(page.locator(".facets [aria-current]")).to_contain_text("Đang xác minh")
    await expect(page.locator("#field-status")).to_have_value("VERIFYING")
    if scripts:
        assert await violations(page) == []


async def test_chip_stays_marked_in_another_order(open_page: Open, tip: Tip) -> None:
    page = await open_page("/admin/tips?sort=oldest")
    await expect(page.locator(".chips [aria-current]")).to_have_text("Tất cả")
    await page.goto(f"/admin/reviews?year={today().year}")
    await expect(page.locator(".chips [aria-current]")).to_have_text(str(today().year))


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.OFFICER, ["Tổng quan", "Nguồn tin", "Tổ, nhóm"]),
        (Role.FRONT, ["Tổng quan", "Tổ, nhóm", "Đề cương"]),
        (Role.CUSTODIAN, ["Tổng quan", "Phê duyệt", "Dữ liệu niêm phong"]),
        (Role.AUDITOR, ["Tổng quan", "Phê duyệt", "Nhật ký"]),
    ],
)
async def test_dock_leads_to_work_of_role(
    open_page: Open, person: Staff, role: Role, pages: list[str]
) -> None:
    await become(person, role)
    page = await open_page("/admin/account", width=360)
    texts = await page.locator(".dock a").all_inner_texts()
    assert [text.strip() for text in texts][:3] == pages


async def test_person_is_in_sight_below_long_menu(open_page: Open) -> None:
    page = await open_page()
    await expect(page.get_by_text("Đăng xuất")).to_be_in_viewport()


@SCRIPTS
async def test_columns_are_chosen_and_kept_by_filters(open_page: Open, group: Group, scripts: bool) -> None:
    page = await open_page("/admin/groups", scripts=scripts)
    await page.click(".tool summary >> nth=0")
    await page.check("[name=columns][value=founded_on]")
    await page.uncheck(".tool [name=columns][value=kind]")
    await page.click("text=Hiện các cột này")
    await expect(page.locator("thead")).to_contain_text("Ngày thành lập")
    await expect(page.locator("thead")).not_to_contain_text("Loại")
    await page.fill("#field-q", group.code)
    await page.press("#field-q", "Enter")
    await expect(page.locator("#results tbody tr")).to_have_count(1)
    await expect(page.locator("thead")).to_contain_text("Ngày thành lập")


@SCRIPTS
async def test_view_is_saved_and_opened(open_page: Open, group: Group, scripts: bool) -> None:
    page = await open_page("/admin/groups?status=ACTIVE", scripts=scripts)
    await page.click(".tool summary >> nth=1")
    if scripts:
        assert await violations(page) == []
    await page.fill("#view-name", "Đang hoạt động của tôi")
    await page.click("text=Lưu cách xem này")
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu cách xem")
    assert (await SavedView.get()).query == "status=ACTIVE"
    await page.goto("/admin/groups")
    await page.click(".chips >> text=Đang hoạt động của tôi")
    await page.wait_for_url("**/admin/groups?status=ACTIVE")
    await expect(page.locator(".chips [aria-current]")).to_have_text("Đang hoạt động của tôi")
    await page.click(".tool summary >> nth=1")
    await page.click("text=Gỡ “Đang hoạt động của tôi”")
    await expect(page.locator("#toasts")).to_contain_text("Đã gỡ cách xem")


@SCRIPTS
async def test_link_back_leads_to_filtered_list(open_page: Open, group: Group, scripts: bool) -> None:
    page = await open_page("/admin/groups?status=ACTIVE", scripts=scripts)
    await page.click("#results tbody th a")
    await page.wait_for_url(f"**/admin/groups/{group.id}")
    await page.click(".above a")
    await page.wait_for_url("**/admin/groups?status=ACTIVE")


async def test_link_back_leads_to_filtered_list_after_edit(open_page: Open, group: Group) -> None:
    page = await open_page("/admin/groups?status=ACTIVE")
    await page.click("#results tbody th a")
    await page.goto(f"/admin/groups/{group.id}/edit")
    await page.fill("#field-households", "33")
    await page.click("button:text-is('Lưu')")
    await page.wait_for_url(f"**/admin/groups/{group.id}")
    await page.click(".above a")
    await page.wait_for_url("**/admin/groups?status=ACTIVE")


async def test_copy_is_said(open_page: Open, tip: Tip) -> None:
    page = await open_page(f"/admin/tips/{tip.id}")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.click("[data-copy]:visible >> nth=0")
    await expect(page.locator("#toasts")).to_have_text("Đã sao chép.")


@pytest.mark.parametrize("width", [1280, 1440])
async def test_rows_have_one_line_at_desk(open_page: Open, tip: Tip, group: Group, width: int) -> None:
    long = "Tổ nhân dân tự quản khu dân cư kiểu mẫu số 1 (mẫu)" * 3
    await Tip.filter(id=tip.id).update(title=long)
    await Group.filter(id=group.id).update(name=long)
    await Programme.filter(id=await programme_tables.make("29905")).update(name=long)
    page = await open_page(width=width)
    # Beside the preview more rows are in sight.
    for path, wanted in (
        ("/admin/programmes", {44, 45}),
        ("/admin/groups", {44, 45}),
        ("/admin/tips", {32, 33}),
    ):
        await page.goto(path)
        heights = await page.eval_on_selector_all(
            "#results tbody tr", "rows => rows.map(row => row.getBoundingClientRect().height)"
        )
        assert heights, path
        assert {round(height) for height in heights} <= wanted, path
    assert await page.get_attribute("#results th[title] >> nth=0", "title") == long


async def test_inbox_shows_17_tips_with_place_and_person_beside_preview(
    open_page: Open, person: Staff, tip: Tip
) -> None:
    for index in range(20):
        await some_tip(f"Tin {index} (mẫu)")
    await Tip.all().update(assignee_id=person.id)
    page = await open_page()
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.goto("/admin/tips")
    await page.click("#results tbody a >> nth=0")
    await expect(page.locator(".preview h2 >> nth=0")).to_be_visible()
    bottoms = await page.eval_on_selector_all(
        "#results tbody tr", "rows => rows.map(row => row.getBoundingClientRect().bottom)"
    )
    assert sum(bottom <= 900 for bottom in bottoms) >= 17
    for name in ("Địa bàn", "Người phụ trách"):
        await expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    assert await violations(page) == []


async def test_inbox_beside_preview_cuts_no_deadline(open_page: Open, tip: Tip) -> None:
    await Tip.filter(id=tip.id).update(
        due_at=now() - timedelta(days=124), legal_kind=LegalKind.REPORT, priority=Priority.URGENT
    )
    page = await open_page()
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.goto("/admin/tips")
    row = page.locator("#results tbody tr", has_text=tip.title)
    due = row.locator(".due")
    await expect(due).to_have_text("quá hạn 124 ngày")
    assert await due.evaluate("time => time.offsetWidth <= time.parentElement.clientWidth - 12")
    assert await due.evaluate("time => time.getClientRects().length") == 1
    assert "text: Khẩn" in await row.locator("th").aria_snapshot()
    await expect(row.locator("td .short")).to_have_text("Xác minh")
    tops = await page.locator(".facets a").evaluate_all("links => links.map(link => link.offsetTop)")
    assert len(set(tops)) == 1
    await page.set_viewport_size({"width": 1000, "height": 900})
    await expect(row.locator("td .short")).to_be_hidden()


async def test_moments_are_relative_and_exact_in_title(open_page: Open, tip: Tip) -> None:
    page = await open_page("/admin/tips")
    time = page.locator("#results tbody time >> nth=0")
    await expect(time).to_have_text("vừa xong")
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d", await time.get_attribute("title") or "")
