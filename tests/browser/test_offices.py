"""Daily jobs of custodian, auditor, administrator and analyst, on a phone; docs/reference/daily-jobs.md."""

import pytest
from playwright.async_api import Page, expect

from records.access import partners
from records.core.actor import Role, Scope, system_actor
from records.delivery import webhooks
from records.delivery.webhooks import WebhookDraft
from records.metrics.catalogue import category_id
from records.nouns import legal_holds
from records.nouns.tips import TipDraft
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import LegalHold, Reveal, Staff, StaffArea, Tip, Webhook
from records.tables.delivery import WebhookState
from records.tables.tips import Channel
from tests.approving import somebody
from tests.browser.conftest import SCRIPTS, Open, become, violations
from tests.conftest import area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")


async def told_tip() -> Tip:
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, (await area_ids("29905"))[0])
    return await reporters.submit(draft, ReporterDraft(name="Người mẫu"), by=BY)


async def sound(page: Page, scripts: bool) -> None:
    """Nothing is wrong with what is seen; without scripts axe-core cannot look."""
    if scripts:
        assert await violations(page) == []


@SCRIPTS
async def test_reveal_is_approved_from_home_in_three_taps(
    open_page: Open, person: Staff, scripts: bool
) -> None:
    await become(person, Role.CUSTODIAN)
    officer = await somebody(Role.OFFICER)
    reveal = await reveals.request_reveal("tip_reporters", (await told_tip()).id, "Cần hỏi lại", by=officer)
    page = await open_page(width=360, scripts=scripts)
    await page.click("text=Đề nghị xem dữ liệu niêm phong chờ bạn quyết định")
    await page.click(f"a[href='/admin/reveals/{reveal.id}/decision']")
    await sound(page, scripts)
    await page.fill("#field-minutes", "30")
    await page.click("button[value=approve]")
    await page.wait_for_url("**/admin/reveals")
    assert (await Reveal.get(id=reveal.id)).decided_by_id == person.id


@SCRIPTS
async def test_legal_hold_is_placed_and_released(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.CUSTODIAN)
    tip = await told_tip()
    page = await open_page("/admin/retention", width=360, scripts=scripts)
    await page.click("a.button.main")
    await page.select_option("#field-noun", "tip")
    await page.fill("#field-code", tip.code)
    await page.fill("#field-reason", "Theo đề nghị của tòa (mẫu)")
    await sound(page, scripts)
    await page.click("main form button.main")
    await page.wait_for_url("**/admin/retention")
    hold = await LegalHold.get(row_id=tip.id)
    await page.click(f"a[href='/admin/legal-holds/{hold.id}/release']")
    await page.fill("#field-reason", "Tòa đã trả lời (mẫu)")
    await page.click("main form button[type=submit] >> nth=0")
    await page.wait_for_url("**/admin/retention")
    assert not await legal_holds.is_held("tip", tip.id)


@SCRIPTS
async def test_views_of_week_lead_to_trace_of_record(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.AUDITOR)
    officer = await somebody(Role.OFFICER)
    tip = await told_tip()
    reveal = await reveals.request_reveal("tip_reporters", tip.id, "Cần hỏi lại", by=officer)
    await reveals.decide(reveal.id, approve=True, minutes=30, by=await somebody(Role.CUSTODIAN))
    await reveals.open_reveal(reveal.id, by=officer)
    page = await open_page(width=360, scripts=scripts)
    await page.click("text=Lượt xem dữ liệu niêm phong trong 7 ngày")
    await page.click(f"#results a[href='/admin/audit?row={tip.id}'] >> nth=0")
    await expect(page.locator("#results tbody tr")).not_to_have_count(1)
    await sound(page, scripts)
    # Whose content stays closed.
    await expect(page.locator("main")).not_to_contain_text("Tin mẫu")


@SCRIPTS
async def test_account_is_added_with_first_password(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.ADMINISTRATOR)
    page = await open_page("/admin/staff", width=360, scripts=scripts)
    await page.click("a[href='/admin/staff/new']:visible")
    await page.fill("#field-username", "mat-tran-moi")
    await page.fill("#field-name", "Cán bộ mẫu mới")
    await page.select_option("#field-role", "FRONT")
    await page.fill("#field-area", "29905")
    await page.click("main form button.main")
    await expect(page.locator("main code >> nth=0")).to_have_text("mat-tran-moi")
    await sound(page, scripts)
    assert (await Staff.get(username="mat-tran-moi")).renew_password


@SCRIPTS
async def test_failing_webhook_is_resumed_from_dashboard(
    open_page: Open, person: Staff, scripts: bool
) -> None:
    await become(person, Role.ADMINISTRATOR)
    partner = await somebody_to_notify()
    page = await open_page(width=360, scripts=scripts)
    await page.click("text=Đối tác có webhook đang lỗi")
    await page.click(f"main a[href*='/admin/partners/{partner}'] >> nth=0")
    await page.click(f"main a[href='/admin/partners/{partner}/webhooks']")
    await page.click("main a[href*='/admin/webhooks/'] >> nth=0")
    await sound(page, scripts)
    await page.click("main >> text='Tiếp tục'")
    await expect(page.locator("#toasts")).to_contain_text("Đã cập nhật webhook.")
    assert (await Webhook.get()).state is WebhookState.ACTIVE


async def somebody_to_notify() -> str:
    """The id of a partner whose receiver fails."""
    areas = await area_ids("29905")
    partner = await partners.create(
        name="Đối tác mẫu", scopes={Scope.TIPS_READ, Scope.CHANGES_READ}, areas=areas, by=BY
    )
    draft = WebhookDraft("https://mau.example/nhan", ["tip"])
    webhook, _secret = await webhooks.create(partner.id, draft, by=BY)
    await Webhook.filter(id=webhook.id).update(state=WebhookState.FAILING)
    return str(partner.id)


@SCRIPTS
async def test_open_tips_are_read_from_dashboard(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.ANALYST)
    tip = await told_tip()
    page = await open_page(width=360, scripts=scripts)
    await page.click("main >> text=Tin chưa giải quyết")
    await page.click(f"main a[href^='/admin/tips/{tip.id}']")
    await expect(page.locator("h1")).to_contain_text(tip.title)
    await sound(page, scripts)
    await expect(page.locator(".bar button")).to_have_count(0)


@SCRIPTS
async def test_account_gets_areas_by_name(open_page: Open, person: Staff, scripts: bool) -> None:
    await become(person, Role.ADMINISTRATOR)
    page = await open_page("/admin/staff/new", width=360, scripts=scripts)
    await page.fill("#field-username", "mau-moi")
    await page.fill("#field-name", "Cán bộ mẫu")
    await page.select_option("#field-role", "FRONT")
    for name in ("sa dec", "tan phu"):
        await page.fill("#field-area", name)
        if not scripts:
            await page.click("button[name=find]")
        await page.check("#field-area-choices input:not(:checked) >> nth=0")
        await sound(page, scripts)
    await expect(page.locator("#field-area-choices :checked")).to_have_count(2)
    await page.click("form.panel button.main")
    await expect(page.locator("h1")).to_be_visible()
    account = await Staff.get(username="mau-moi")
    assert await StaffArea.filter(staff_id=account.id).count() == 2
