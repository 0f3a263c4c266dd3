"""Figures as staff enter and correct them, with scripts and without; docs/reference/daily-jobs.md."""

from decimal import Decimal

import pytest
from playwright.async_api import expect

from records.core.actor import Role, system_actor
from records.nouns import figures
from records.nouns.catalogues import targets
from records.tables import Figure, Staff
from records.tables.metrics import Qualifier
from tests.browser.conftest import SCRIPTS, Open, become, violations
from tests.nouns import categories as category_tables
from tests.nouns import organisations as organisation_tables
from tests.nouns import targets as target_tables
from tests.nouns.figures import draft

pytestmark = pytest.mark.browser
BY = system_actor("test")
PATH = "/admin/figures"


@SCRIPTS
async def test_figure_is_entered_beside_last_period_and_corrected(
    open_page: Open, person: Staff, *, scripts: bool
) -> None:
    given = await draft(period_text="quý II/2026", value=Decimal(1480), qualifier=Qualifier.OVER)
    await figures.report(given, by=BY)
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.locator(f'a[href="{PATH}/new"]:visible').first.click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.select_option("#field-indicator", str(given.indicator_id))
    await page.select_option("#field-organisation", str(given.organisation_id))
    if not scripts:
        await page.click("text=Xem kỳ trước")
    await expect(page.locator("#last")).to_contain_text("Trên 1.480 tổ")
    assert not any("csrf" in address for address in asked)
    await page.select_option("#field-qualifier", "NEARLY")
    await page.fill("#field-value", "1.500")
    await page.fill("#field-period_text", "quý III/2026")
    await page.fill("#field-source_text", "gần 1.500")
    await page.fill("#field-source_name", "Báo cáo mẫu")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã ghi số liệu.")
    await expect(page.locator("#record")).to_contain_text("Gần 1.500 tổ")
    await page.click(".bar >> text=Đính chính")
    await page.fill("#field-value", "1.502,5")
    await page.click("button:text-is('Lưu')")
    await expect(page.locator("#toasts")).to_contain_text("Đã đính chính số liệu.")
    await expect(page.locator(".struck")).to_contain_text("Gần 1.500 tổ")
    newest = await Figure.get(supersedes_id__isnull=False)
    assert (newest.value, newest.qualifier) == (Decimal("1502.5"), Qualifier.NEARLY)
    assert await figures.visible_to(BY).count() == 2


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
async def test_pages_of_figures_and_catalogues_are_accessible(
    open_page: Open, person: Staff, width: int, scheme: str
) -> None:
    given = await draft()
    old = await figures.report(given, by=BY)
    new = await figures.supersede(old.id, await draft(value=Decimal(38)), by=BY)
    category, target = await category_tables.make("29905"), await target_tables.make("29905")
    await targets.set_target(await target_tables.draft(), by=BY)
    organisation = await organisation_tables.make("29905")
    chosen = f"indicator={given.indicator_id}&organisation={given.organisation_id}"
    indicator = (await target_tables.draft()).indicator_id
    await become(person, Role.ADMINISTRATOR)
    page = await open_page(width=width, scheme=scheme)
    for path in (
        PATH,
        f"{PATH}/new?{chosen}",
        f"{PATH}/{old.id}",
        f"{PATH}/{new.id}/correction",
        "/admin/organisations",
        f"/admin/organisations/{organisation}",
        f"/admin/organisations/{given.organisation_id}",
        f"/admin/organisations/{organisation}/end",
        "/admin/tip-categories",
        f"/admin/tip-categories/{category}",
        f"/admin/tip-categories/{category}/edit",
        "/admin/indicators",
        f"/admin/indicators/{indicator}",
        f"/admin/targets/{target}",
        f"/admin/targets/new?indicator={indicator}",
    ):
        await page.goto(path)
        assert await violations(page) == [], path
