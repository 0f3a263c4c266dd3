import re
from collections.abc import Awaitable, Callable

import httpx

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.nouns import tips
from records.tables import Staff
from tests.admin.forms import some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_overview_counts_tips_of_own_areas(staff_client: SignIn) -> None:
    mine = await some_tip("Của tôi (minh họa)")
    await some_tip("Nơi khác (minh họa)", area="30244")
    client = await staff_client(Role.OFFICER, "29905")
    me = await Staff.all().get()
    await tips.assign(mine.id, expected_version=mine.version, to=me.id, by=system_actor("test"))
    page = (await client.get("/admin")).text
    assert re.search(r"<strong>1</strong> <span>Open tips", page)
    assert "Của tôi (minh họa)" in page
    assert "Nơi khác" not in page
    chart = page.partition('<figure class="chart">')[2].partition("</svg>")[0]
    assert "<title" in chart
    assert "<desc" in chart
    assert chart.count("<rect") == 12
    this_month = today().strftime("%m/%Y")
    assert re.search(rf'<th scope="row">{this_month}</th>\s*<td class="number">1</td>', page)


async def test_overview_hides_tips_when_right_is_missing(staff_client: SignIn) -> None:
    await some_tip("Không cho Mặt trận xem (minh họa)")
    page = (await (await staff_client(Role.FRONT)).get("/admin")).text
    assert "Open tips" not in page
    assert "Không cho Mặt trận xem" not in page


async def test_overview_has_no_numbers_for_auditor(staff_client: SignIn) -> None:
    answer = await (await staff_client(Role.AUDITOR)).get("/admin")
    assert answer.status_code == 200
    assert "<figure" not in answer.text
