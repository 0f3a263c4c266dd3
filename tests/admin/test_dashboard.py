import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import httpx
import pytest

from admin.dashboard import pages
from admin.dashboard.waiting import WAITING
from records.core.actor import Role, system_actor
from records.core.dates import now, today
from records.core.rights import ROLE_RIGHTS, Right
from records.nouns import groups, tips
from records.nouns.groups import GroupDraft
from records.tables import Staff, Tip
from records.tables.groups import GroupKind
from records.tables.tips import LegalKind
from tests.admin.forms import some_tip
from tests.conftest import area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_dashboard_counts_tips_of_own_areas(staff_client: SignIn) -> None:
    mine = await some_tip("Của tôi (minh họa)")
    await some_tip("Nơi khác (minh họa)", area="30244")
    client = await staff_client(Role.OFFICER, "29905")
    me = await Staff.all().get()
    await tips.assign(mine.id, expected_version=mine.version, assignee=me.id, by=system_actor("test"))
    page = (await client.get("/admin")).text
    assert re.search(r"<strong>1</strong> <span>New tips", page)
    assert "Của tôi (minh họa)" in page
    assert "Nơi khác" not in page
    chart = page.partition('<figure class="chart">')[2].partition("</svg>")[0]
    assert "<title" in chart
    assert "<desc" in chart
    assert chart.count("<rect") == 12
    this_month = today().strftime("%m/%Y")
    assert re.search(rf'<th scope="row">{this_month}</th>\s*<td class="number">1</td>', page)


@pytest.mark.parametrize("role", [role for role in Role if Right.TIPS_READ not in ROLE_RIGHTS[role]])
async def test_dashboard_hides_tips_when_right_is_missing(staff_client: SignIn, role: Role) -> None:
    await some_tip("Chỉ công an xem (minh họa)", area="29905")
    client = await staff_client(role, "29905")
    answer = await client.get("/admin")
    assert answer.status_code == 200
    for text in ("New tips", "Chỉ công an xem", "Tips received", "<figure"):
        assert text not in answer.text


_COUNT = re.compile(r'<a href="([^"]+)"><strong>([0-9]+)</strong> <span>([^<]+)')


async def _world(me: Staff) -> None:
    """Tips, groups and accounts, of which some wait and others do not."""
    task = system_actor("test")
    deadlines = (-timedelta(days=1), timedelta(days=1), timedelta(days=9))
    for number, late in enumerate(deadlines):
        for mine in (True, False):
            tip = await some_tip(f"Tin mẫu {number}")
            if mine and tips.WORK in ROLE_RIGHTS[me.role]:
                await tips.assign(tip.id, expected_version=tip.version, assignee=me.id, by=task)
            await Tip.filter(id=tip.id).update(due_at=now() + late, legal_kind=LegalKind.REPORT)
    (area_id,) = await area_ids("29905")
    for number in range(2):
        draft = GroupDraft(f"MAU-{number}", f"Tổ mẫu {number}", GroupKind.SELF_GOVERNING, area_id)
        await groups.create(draft, by=task)


@pytest.mark.parametrize("role", Role)
async def test_dashboard_numbers_equal_their_lists(staff_client: SignIn, role: Role) -> None:
    client = await staff_client(role, "29905")
    await _world(await Staff.all().get())
    counts = _COUNT.findall((await client.get("/admin")).text)
    assert sorted(unescape(text) for _path, _number, text in counts) == sorted(
        one.text for one in WAITING if role in one.roles and not one.rare
    )
    assert [number == "0" for _path, number, _text in counts] == sorted(
        number == "0" for _path, number, _text in counts
    )
    assert counts, "nobody's dashboard is empty"
    for path, number, text in counts:
        page = (await client.get(unescape(path))).text
        if total := re.search(r'class="total" role="status">\s*([0-9]+) found', page):
            assert total[1] == number, text
        else:
            # The first section of the page lists what waits.
            first = page.partition("<tbody>")[2].partition("</tbody>")[0] if number != "0" else ""
            assert first.count("<tr") == int(number), text


async def test_dashboard_counts_what_is_overdue_and_soon(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    await _world(await Staff.all().get())
    counts = {text: number for _path, number, text in _COUNT.findall((await client.get("/admin")).text)}
    assert counts == {
        "New tips": "6",
        "My overdue tips": "1",
        "My tips due within 3 days": "1",
        "Enquiries without an answer": "0",
        "Outlines to acknowledge": "0",
        "Groups without a meeting this quarter": "2",
    }


async def test_dashboard_shows_workload_to_commander(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "29905")
    me = await Staff.all().get()
    await _world(me)
    page = (await client.get("/admin")).text
    shown = re.findall(rf'<a href="(/admin/tips\?assignee={me.id}[^"]*)"[^>]*>([0-9]+)</a>', page)
    assert [number for _path, number in shown] == ["3", "1", "1"]
    for path, number in shown:
        assert f">\n        {number} found" in (await client.get(unescape(path))).text


async def test_dashboard_leads_to_first_tip_of_most_urgent_queue(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "29905")
    await _world(await Staff.all().get())
    late = await Tip.filter(due_at__lt=now()).order_by("due_at", "id").first()
    assert late
    found = re.search(r'<a class="button main lead" href="([^"]+)">', (await client.get("/admin")).text)
    assert found
    path = unescape(found[1])
    assert path == f"/admin/tips/{late.id}?overdue=1&sort=deadline"
    assert "<span>1/2</span>" in (await client.get(path)).text


async def test_dashboard_offers_no_queue_when_nothing_waits(staff_client: SignIn) -> None:
    page = (await (await staff_client(Role.COMMANDER, "29905")).get("/admin")).text
    assert "Work one by one" not in page
    assert "count-none" in page


async def test_dashboard_says_plus_when_counting_stopped(
    staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("admin.dashboard.counts", "admin.kit.pages"):
        monkeypatch.setattr(f"{module}.MAX_COUNT", 2)
    for number in range(4):
        await some_tip(f"Tin {number} (minh họa)")
    page = (await (await staff_client(Role.OFFICER, "29905")).get("/admin")).text
    assert "<strong>2+</strong> <span>New tips" in page


async def test_dashboard_leads_nobody_to_factors_of_others(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    await staff_client(Role.OFFICER)
    page = (await client.get("/admin")).text
    assert "Accounts without a second factor" in page
    assert "main lead" not in page


async def test_workload_shows_twenty_by_name_and_counts_others(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "29905")
    people = [
        await Staff.create(
            username=f"mau-{number}",
            name=f"Cán bộ mẫu {number:02d}",
            name_key=f"{number:02d}",
            role=Role.OFFICER,
            password_hash="-",
        )
        for number in range(22)
    ]
    # The last has two, all others one.
    for person in [*people, people[-1]]:
        await Tip.filter(id=(await some_tip()).id).update(assignee_id=person.id)
    page = (await client.get("/admin")).text
    assert re.findall(r'<th scope="row">\s*(Cán bộ mẫu \d\d)', page) == [
        f"Cán bộ mẫu {number:02d}" for number in (*range(19), 21)
    ]
    assert "Others with open tips: 2" in page


async def test_dashboard_shows_day_of_viet_nam(staff_client: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    tomorrow = today() + timedelta(days=1)
    monkeypatch.setattr(pages, "today", lambda: tomorrow)
    assert f"{tomorrow:%d/%m/%Y} ·" in (await client.get("/admin")).text
