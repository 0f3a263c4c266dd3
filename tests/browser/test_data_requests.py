"""A custodian takes a data subject's request on a phone, with and without scripts."""

import pytest
from playwright.async_api import expect

from records.access import staff
from records.core.actor import Role, system_actor
from records.core.language import Language
from records.metrics.catalogue import category_id
from records.nouns import legal_holds
from records.nouns.tips import TipDraft
from records.privacy import reporters
from records.privacy.reporters import ReporterDraft
from records.tables import Staff, Tip
from records.tables.tips import Channel
from tests.approving import approve_the_last
from tests.browser.conftest import Open, violations
from tests.conftest import PASSWORD, area_ids

pytestmark = pytest.mark.browser
BY = system_actor("test")
PHONE = "0912 345 678"


@pytest.fixture
async def person(database: str) -> Staff:
    """A custodian who works in the whole province, and reads Vietnamese."""
    return await staff.create(
        username="giu-niem-phong-mau",
        name="Người giữ niêm phong mẫu",
        password=PASSWORD,
        role=Role.CUSTODIAN,
        areas=await area_ids("82"),
        language=Language.VI,
        by=BY,
    )


async def told(title: str) -> Tip:
    draft = TipDraft(title, category_id("THEFT"), Channel.BOX, (await area_ids("29905"))[0])
    return await reporters.submit(draft, ReporterDraft(name="Người mẫu", phone=PHONE), by=BY)


@pytest.mark.parametrize(("scripts", "width", "scheme"), [(True, 360, "dark"), (False, 1280, "light")])
async def test_data_request_is_received_answered_and_erased(
    open_page: Open, scripts: bool, width: int, scheme: str
) -> None:
    free, held = await told("Tin một (minh họa)"), await told("Tin hai (minh họa)")
    await legal_holds.place("tip", held.id, reason="Theo yêu cầu của toà", by=BY)
    page = await open_page("/admin/data-requests", width=width, scripts=scripts, scheme=scheme)

    async def looks_right() -> None:
        if scripts:
            assert await violations(page) == []

    await looks_right()
    await page.fill("#field-phone", "12")
    await page.fill("#field-identified", "Đã gọi lại số này")
    await page.click("form.panel button")
    await expect(page.locator("#field-phone-problem")).to_be_visible()
    await expect(page.locator("#field-identified")).to_have_value("Đã gọi lại số này")
    await looks_right()
    await page.fill("#field-phone", PHONE)
    await page.click("form.panel button")
    await expect(page.locator(".letter")).to_contain_text("phê duyệt")
    await looks_right()
    await approve_the_last(Role.AUDITOR)
    await page.reload()
    await expect(page.locator(".letter li")).to_have_count(2)
    await expect(page.locator(".letter")).not_to_contain_text(free.code)
    await expect(page.locator(".letter")).to_contain_text("Hiện chưa xóa được")
    assert "912345678" not in page.url.replace(" ", "")
    await looks_right()
    await page.emulate_media(media="print")
    await expect(page.locator(".letter")).to_be_visible()
    await expect(page.locator("#field-answer")).to_be_hidden()
    await expect(page.locator(".rail")).to_be_hidden()
    await page.emulate_media(media="screen", color_scheme="dark" if scheme == "dark" else "light")
    await page.check("input[name=record]")
    await page.fill("#field-motive", "Theo yêu cầu")
    await page.click("button.grave")
    await expect(page.locator(".letter li")).to_have_count(1)
    await page.fill("#field-answer", "Đã đọc cho người hỏi")
    await page.click("form.panel button.main")
    await expect(page.locator(".letter")).to_contain_text("Đã đọc cho người hỏi")
    await looks_right()
    assert (await Tip.get(id=free.id)).anonymous
    assert not (await Tip.get(id=held.id)).anonymous
