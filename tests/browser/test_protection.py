"""Sealed data requested, viewed and refused, and the audit searched, on a phone."""

import re

import pytest
from playwright.async_api import expect

from records.core.actor import Role, system_actor
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import Reveal, Staff
from tests.admin.forms import some_tip
from tests.approving import somebody
from tests.browser.conftest import SCRIPTS, Open, become

pytestmark = pytest.mark.browser
BY = system_actor("test")
WHY = "Không cần cho việc xác minh"


@pytest.fixture
async def requested(database: str) -> Reveal:
    """An officer's request to see who gave a tip."""
    tip = await some_tip()
    await reporters.record(tip.id, ReporterDraft(name="Người báo tin mẫu"), by=BY)
    officer = await somebody(Role.OFFICER)
    return await reveals.request_reveal("tip_reporters", tip.id, "Cần hỏi lại giờ", by=officer)


@SCRIPTS
async def test_reveal_is_refused_with_reason(
    open_page: Open, person: Staff, requested: Reveal, scripts: bool
) -> None:
    await become(person, Role.CUSTODIAN)
    page = await open_page("/admin", width=360, scripts=scripts)
    await page.click("text=Đề nghị xem dữ liệu niêm phong chờ bạn quyết định")
    await page.click("tbody th a")
    await page.click("button:text-is('Từ chối')")
    await expect(page.locator("#field-refusal-problem")).to_contain_text("Vui lòng điền mục này.")
    await page.fill("#field-refusal", WHY)
    await page.click("button:text-is('Từ chối')")
    await expect(page.locator("#toasts")).to_contain_text("Đã từ chối đề nghị.")
    row = await Reveal.get(id=requested.id)
    assert (row.approved, row.refusal) == (False, WHY)


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
async def test_audit_is_searched_by_code(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.AUDITOR)
    tip, _other = await some_tip(), await some_tip("Tin khác (minh họa)")
    page = await open_page("/admin/audit", width=360, scripts=scripts)
    await page.click(".icon-link")
    await page.fill("#field-q", tip.code)
    await page.press("#field-q", "Enter")
    await page.wait_for_url(re.compile("q="))
    await expect(page.locator("table.rows tbody tr")).to_have_count(1)
