"""An administrator asks for a partner that reads tips, and a commander approves it on a phone."""

import pytest
from playwright.async_api import expect

from records.access import partners, staff
from records.access.approvals import requests
from records.access.guard import NeedsApproval
from records.core.actor import Role, Scope, system_actor
from records.core.language import Language
from records.tables import Approval, Partner, Staff
from tests.approving import somebody
from tests.browser.conftest import Open, violations
from tests.conftest import PASSWORD, area_ids

pytestmark = pytest.mark.browser


@pytest.fixture
async def person(database: str) -> Staff:
    """A commander of the whole province, who reads Vietnamese."""
    return await staff.create(
        username="chi-huy-mau",
        name="Chỉ huy mẫu",
        password=PASSWORD,
        role=Role.COMMANDER,
        areas=await area_ids("82"),
        language=Language.VI,
        by=system_actor("test"),
    )


@pytest.mark.parametrize(("scripts", "width", "scheme"), [(True, 360, "dark"), (False, 360, "light")])
async def test_partner_is_approved_on_phone(open_page: Open, scripts: bool, width: int, scheme: str) -> None:
    admin = await somebody(Role.ADMINISTRATOR)
    areas = await area_ids("29905")
    with pytest.raises(NeedsApproval) as needed:
        await partners.create(name="Đối tác mẫu", scopes={Scope.TIPS_READ}, areas=areas, by=admin)
    await requests.request_approval(needed.value.request, "Theo đề nghị của đơn vị (minh họa)", by=admin)
    page = await open_page("/admin/approvals", width=width, scripts=scripts, scheme=scheme)

    async def looks_right() -> None:
        if scripts:
            assert await violations(page) == []
        wide = await page.evaluate("document.documentElement.scrollWidth") if scripts else width
        assert wide <= width

    await looks_right()
    await page.click("main table a >> nth=0")
    await expect(page.locator("h1")).to_contain_text("Thêm hệ thống đối tác")
    await looks_right()
    await page.click("a.button.main")
    await expect(page.locator("main")).to_contain_text("tips:read")
    await looks_right()
    await page.click("button[value=approve]")
    await expect(page.locator("main h1")).to_contain_text("Phê duyệt")
    assert (await Partner.get()).scopes == ["tips:read"]
    assert (await Approval.get()).used_at is not None
