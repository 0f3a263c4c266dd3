"""The daily jobs with reviews, at a phone, with and without JavaScript; docs/reference/daily-jobs.md."""

import pytest
from playwright.async_api import Page, expect

from records.access import staff
from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.language import Language
from records.nouns import reviews
from records.tables import Criterion, Group, Review
from records.tables.reviews import ReviewClass
from tests.browser.conftest import SCRIPTS, Open, violations
from tests.conftest import PASSWORD, area_ids
from tests.nouns.activities import group
from tests.nouns.reviews import card, draft

pytestmark = pytest.mark.browser
BY = system_actor("test")


@pytest.fixture
async def criteria(database: str) -> list[Criterion]:
    """A scorecard of 50, 30 and 20 points."""
    return await card()


@pytest.fixture
async def about(criteria: list[Criterion]) -> Group:
    return await group(name="Tổ mẫu 1", households=28)


async def sign_in_for_front(page: Page) -> None:
    """Goes on as somebody of the Fatherland Front."""
    await staff.create(
        username="mat-tran-mau",
        name="Cán bộ Mặt trận mẫu",
        password=PASSWORD,
        role=Role.FRONT,
        areas=await area_ids("29905"),
        language=Language.VI,
        by=BY,
    )
    await page.context.clear_cookies()
    await page.goto("/admin/sign-in")
    await page.fill("#field-username", "mat-tran-mau")
    await page.fill("#field-password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/admin")


@SCRIPTS
async def test_group_is_reviewed_and_signed_by_both_sides(
    open_page: Open, about: Group, scripts: bool
) -> None:
    page = await open_page(f"/admin/groups/{about.id}", width=360, scripts=scripts)
    await page.click("text=Đánh giá, xếp loại")
    for position, points in enumerate(("45,5", "20", "10"), start=1):
        await page.fill(f"#field-points-{position}", points)
    if scripts:
        await expect(page.locator("#score h2")).to_have_text("75,5 điểm: Khá")
        await expect(page.locator("#score")).to_contain_text("Đã chấm 3/3 tiêu chí")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu phiếu xếp loại")

    await page.click(".bar >> text=Ký cho bên công an")
    await page.click("form.panel button.main")
    await expect(page.locator(".facts")).to_contain_text("Chờ Mặt trận ký")

    await sign_in_for_front(page)
    await page.click("text=Phiếu xếp loại chờ bạn ký")
    await page.click("tbody tr:first-child th a")
    await page.click(".bar >> text=Ký cho bên Mặt trận")
    await page.click("form.panel button.main")
    await expect(page.locator(".facts")).to_contain_text("Đủ hai chữ ký")
    row = await Review.get()
    assert (row.review_class, row.signed_on) == (ReviewClass.GOOD, today())
    assert {row.by_police, row.by_front} == {"Chỉ huy mẫu (minh họa)", "Cán bộ Mặt trận mẫu"}


@SCRIPTS
async def test_signature_is_withdrawn_in_two_taps(open_page: Open, about: Group, scripts: bool) -> None:
    page = await open_page(f"/admin/groups/{about.id}/review", width=360, scripts=scripts)
    for position in (1, 2, 3):
        await page.fill(f"#field-points-{position}", "10")
    await page.click("button:text-is('Lưu')")
    await page.click(".bar >> text=Ký cho bên công an")
    await page.click("form.panel button.main")
    await page.click(".bar >> text=Rút chữ ký")
    await page.click("form.panel button.grave")
    await expect(page.locator(".facts")).to_contain_text("Chờ ký")
    await expect(page.locator(".bar")).to_contain_text("Ký cho bên công an")


@SCRIPTS
async def test_missing_review_is_begun_from_campaign(open_page: Open, about: Group, scripts: bool) -> None:
    page = await open_page("/admin/reviews", width=360, scripts=scripts)
    await page.click("text=Tổ chưa xếp loại")
    await page.click("tbody tr:first-child >> text=Đánh giá, xếp loại")
    await page.fill("#field-points-1", "50")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".facts")).to_contain_text("Đang chấm điểm")
    assert (await Review.get()).group_id == about.id


@SCRIPTS
async def test_scorecard_is_followed_by_new_version(open_page: Open, about: Group, scripts: bool) -> None:
    page = await open_page("/admin/scorecards", scripts=scripts)
    await page.click("tbody th a")
    await page.click("text=Tạo bản mới")
    await page.fill("#field-year_from", str(today().year + 1))
    await page.fill("#field-max_points-2", "10")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator(".summary")).to_contain_text("phải bằng 100")
    await page.fill("#field-max_points-2", "20")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã lưu thang điểm")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_reviews_are_accessible(
    open_page: Open, criteria: list[Criterion], about: Group, width: int, scheme: str
) -> None:
    earlier = draft(criteria, "50", "20", "10", actions="Củng cố sinh hoạt (mẫu)")
    await reviews.record(about.id, today().year - 1, earlier, by=BY)
    row = await reviews.record(about.id, today().year, draft(criteria, "50", "20", "5"), by=BY)
    other = await group(name="Tổ mẫu 2")
    signed = await reviews.record(other.id, today().year, draft(criteria, "10", "", "5"), by=BY)
    card_id = criteria[0].scorecard_id
    page = await open_page(width=width, scheme=scheme)
    for path in (
        "/admin/reviews",
        "/admin/reviews?status=LOST",
        "/admin/reviews/due",
        f"/admin/reviews/{row.id}",
        f"/admin/reviews/{signed.id}",
        f"/admin/reviews/{row.id}/edit",
        f"/admin/reviews/{row.id}/police-signature",
        f"/admin/groups/{about.id}",
        f"/admin/groups/{about.id}/review?year={today().year - 2}",
        "/admin/scorecards",
        "/admin/scorecards/new",
        f"/admin/scorecards/{card_id}",
        f"/admin/scorecards/{card_id}/version",
        f"/admin/scorecards/{card_id}/score?points-1=50",
    ):
        await page.goto(path)
        assert await violations(page) == [], path
        captions = "captions => captions.every(one => one.matches('.unseen') || one.offsetWidth > 200)"
        assert await page.locator("table.criteria caption").evaluate_all(captions), path


async def test_campaign_is_folded_on_phone(open_page: Open, about: Group) -> None:
    for width, is_open in ((360, False), (1280, True)):
        page = await open_page("/admin/reviews", width=width)
        assert await page.locator("[data-desk]").evaluate("part => part.open") is is_open
