"""The daily jobs of custodians, auditors and administrators, on a phone; docs/reference/daily-jobs.md."""

import re

import pytest
from playwright.async_api import expect

from records.core.actor import Role, system_actor
from records.core.language import Language
from records.nouns import legal_holds
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import LegalHold, Reveal, Staff
from tests.admin.forms import some_tip
from tests.approving import somebody
from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
BY = system_actor("test")
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
WHY = "Không cần cho việc xác minh"


@pytest.fixture
async def requested(database: str) -> Reveal:
    """An officer's request to see who gave a tip."""
    tip = await some_tip()
    await reporters.record(tip.id, ReporterDraft(name="Người báo tin mẫu"), by=BY)
    officer = await somebody(Role.OFFICER)
    return await reveals.request_reveal("tip_reporters", tip.id, "Cần hỏi lại giờ", by=officer)


async def works_as(person: Staff, role: Role) -> None:
    await Staff.filter(id=person.id).update(role=role)


@SCRIPTS
@pytest.mark.parametrize("approve", [True, False], ids=["approved", "refused"])
async def test_reveal_is_decided_from_overview_in_three_taps(
    open_page: Open, person: Staff, requested: Reveal, approve: bool, scripts: bool
) -> None:
    await works_as(person, Role.CUSTODIAN)
    page = await open_page("/admin", width=360, scripts=scripts)
    await page.click("text=Đề nghị xem dữ liệu niêm phong chờ bạn quyết định")
    await page.click("tbody th a")
    if approve:
        await page.click("button:text-is('Phê duyệt')")
    else:
        await page.click("button:text-is('Từ chối')")
        await expect(page.locator("#field-refusal-problem")).to_contain_text("Vui lòng điền mục này.")
        await page.fill("#field-refusal", WHY)
        await page.click("button:text-is('Từ chối')")
    await expect(page.locator("#toasts")).to_contain_text("Đã quyết định đề nghị.")
    row = await Reveal.get(id=requested.id)
    assert (row.approved, row.refusal) == (approve, None if approve else WHY)


@SCRIPTS
async def test_sealed_data_is_requested_and_viewed(open_page: Open, person: Staff, scripts: bool) -> None:
    tip = await some_tip()
    await reporters.record(tip.id, ReporterDraft(name="Người báo tin mẫu"), by=BY)
    page = await open_page(f"/admin/tips/{tip.id}", width=360, scripts=scripts)
    await page.click("text=Đề nghị xem người báo tin")
    await page.fill("#field-motive", "Cần hỏi lại giờ")
    await page.click("button:text-is('Gửi đề nghị')")
    await expect(page.locator("main")).to_contain_text("Chờ cán bộ quản lý dữ liệu niêm phong")
    custodian = await somebody(Role.CUSTODIAN)
    await reveals.decide((await Reveal.get()).id, approve=True, by=custodian)
    await page.reload()
    await page.click("button:text-is('Xem dữ liệu niêm phong')")
    await expect(page.locator("main")).to_contain_text("Người báo tin mẫu")


@SCRIPTS
async def test_legal_hold_is_placed_and_released(open_page: Open, person: Staff, scripts: bool) -> None:
    await works_as(person, Role.CUSTODIAN)
    tip = await some_tip()
    page = await open_page("/admin/retention", width=360, scripts=scripts)
    await page.click("a:text-is('Giữ lại hồ sơ')")
    await page.select_option("#field-noun", "tip")
    await page.fill("#field-code", tip.code)
    await page.fill("#field-reason", "Tòa án mẫu yêu cầu")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã giữ lại hồ sơ")
    assert await legal_holds.is_held("tip", tip.id)
    await page.click("#holds >> text=Thôi giữ lại")
    await page.fill("#field-reason", "Vụ án mẫu đã xong")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã thôi giữ lại hồ sơ.")
    assert (await LegalHold.get()).lifted_at is not None


@SCRIPTS
async def test_audit_is_searched_by_code(open_page: Open, person: Staff, scripts: bool) -> None:
    await works_as(person, Role.AUDITOR)
    tip, _other = await some_tip(), await some_tip("Tin khác (minh họa)")
    page = await open_page("/admin/audit", width=360, scripts=scripts)
    await page.click(".icon-link")
    await page.fill("#field-row", tip.code)
    await page.press("#field-row", "Enter")
    await page.wait_for_url(re.compile("row="))
    await expect(page.locator("tbody tr")).to_have_count(1)


@SCRIPTS
async def test_account_is_added_in_four_taps(open_page: Open, person: Staff, scripts: bool) -> None:
    await works_as(person, Role.ADMINISTRATOR)
    page = await open_page("/admin/staff", width=360, scripts=scripts)
    await page.locator('a[href="/admin/staff/new"]:visible').first.click()
    await page.fill("#field-name", "Cán bộ Mặt trận mẫu")
    await page.fill("#field-username", "mat-tran-mau")
    await page.select_option("#field-role", "FRONT")
    await page.select_option("#field-language", Language.VI.value)
    await page.fill("#field-areas", "29905")
    await page.click("form.panel button[type=submit].main")
    await expect(page.locator("h1")).to_contain_text("Mật khẩu mới")
    assert (await Staff.get(username="mat-tran-mau")).role is Role.FRONT
