"""Areas as administrators reorganise them, with scripts and without, on a phone and at a desk."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from records.access import staff
from records.core.actor import Role, system_actor
from records.core.language import Language
from records.nouns import areas, groups
from records.nouns.areas import AreaDraft
from records.tables import Area, Group, Staff
from tests.browser.conftest import Open, press, violations
from tests.conftest import PASSWORD, area_ids
from tests.hamlets import DAY, WHY, three_hamlets
from tests.records.nouns.group_support import draft

pytestmark = pytest.mark.browser
PATH = "/admin/areas"
BY = system_actor("test")


@pytest.fixture
async def person(database: str) -> Staff:
    """An administrator of the province, who reads Vietnamese."""
    return await staff.create(
        username="quantri-mau",
        name="Quản trị viên mẫu (minh họa)",
        password=PASSWORD,
        role=Role.ADMINISTRATOR,
        areas=await area_ids("82"),
        language=Language.VI,
        by=BY,
    )


@pytest.fixture
async def hamlets(database: str) -> AsyncIterator[list[Area]]:
    async with three_hamlets(database) as rows:
        yield rows


async def fill(page: Page, **fields: str) -> None:
    """Fills a form, with the day and the legal basis of every change."""
    for name, text in {**fields, "on": "01/03/2026", "legal_basis": WHY}.items():
        await page.fill(f"#field-{name}", text)


async def send(page: Page, text: str) -> None:
    await page.locator("form.panel").get_by_role("button", name=text, exact=True).click()


@pytest.mark.parametrize("scripts", [True, False])
async def test_hamlet_is_opened_from_the_tree_in_four_steps(
    open_page: Open, hamlets: list[Area], *, scripts: bool
) -> None:
    (ward,) = await area_ids("29905")
    page = await open_page(PATH, width=360, scripts=scripts)
    await page.click(f'#area-{ward} a[aria-expanded="false"]')
    await page.get_by_role("link", name="Khóm mẫu 3", exact=True).wait_for()
    await page.get_by_role("link", name="Phường Sa Đéc", exact=True).click()
    await press(page, "Thành lập khóm, ấp")
    await fill(page, name="Khóm mẫu 4")
    await send(page, "Thành lập khóm, ấp")
    await page.get_by_text("Đã thành lập khóm, ấp.").wait_for()
    await page.get_by_role("link", name="Khóm mẫu 4", exact=True).wait_for()


@pytest.mark.parametrize("scripts", [True, False])
async def test_hamlets_are_merged_in_five_steps(
    open_page: Open, hamlets: list[Area], *, scripts: bool
) -> None:
    await groups.create(await draft(area_id=hamlets[1].id), by=BY)
    path = f"{PATH}/{hamlets[0].id}"
    page = await open_page(path, width=360, scripts=scripts)
    await press(page, "Nhập khóm, ấp")
    await page.get_by_label("Khóm mẫu 2").check()
    await fill(page, name="Khóm mẫu chung")
    await send(page, "Tiếp tục")
    await page.get_by_text("2 khóm, ấp; 1 tổ, nhóm đang hoạt động").wait_for()
    await send(page, "Nhập khóm, ấp")
    await page.get_by_text("Đã nhập khóm, ấp.").wait_for()
    await page.get_by_role("link", name="Khóm mẫu chung", exact=True).click()
    await page.get_by_text("Hình thành từ").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
async def test_hamlet_is_split_in_five_steps(open_page: Open, hamlets: list[Area], *, scripts: bool) -> None:
    group = await groups.create(await draft(area_id=hamlets[0].id), by=BY)
    page = await open_page(f"{PATH}/{hamlets[0].id}", width=360, scripts=scripts)
    await press(page, "Chia khóm, ấp")
    await fill(page, names="Khóm mẫu 1\nKhóm mẫu 1A")
    await send(page, "Tiếp tục")
    await page.select_option(f"#field-group-{group.id}", label="Khóm mẫu 1A")
    await send(page, "Chia khóm, ấp")
    await page.get_by_text("Đã chia khóm, ấp.").wait_for()
    assert (await Group.get(id=group.id)).area_id == (await Area.get(name="Khóm mẫu 1A")).id


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
async def test_area_pages_are_accessible(
    open_page: Open, hamlets: list[Area], width: int, scheme: str
) -> None:
    (ward,) = await area_ids("29905")
    first, second, third = hamlets
    new = await areas.merge(
        first.id, AreaDraft("Khóm chung"), [second.id], expected_version=1, on=DAY, legal_basis=WHY, by=BY
    )
    await groups.create(await draft(area_id=new.id), by=BY)
    page = await open_page(width=width, scheme=scheme)
    for path in (
        PATH,
        f"{PATH}?open={ward}",
        f"{PATH}?q=sa+dec&day=31/12/2024",
        f"{PATH}/{ward}",
        f"{PATH}/{first.id}",
        f"{PATH}/{new.id}",
        f"{PATH}/{ward}/hamlet",
        f"{PATH}/{new.id}/merger",
        f"{PATH}/{third.id}/division",
    ):
        await page.goto(path)
        assert await violations(page) == [], path
    await page.goto(f"{PATH}/{new.id}/division")
    await fill(page, names="Một\nHai")
    await send(page, "Tiếp tục")
    assert await violations(page) == []
