"""The inbox of tips: filters, order and pages."""

import re
from datetime import timedelta
from html import unescape

import pytest

from records.core.actor import Role
from records.core.dates import now
from records.nouns import tips
from records.tables import Staff, Tip
from records.tables.tips import LegalKind
from tests.admin.forms import HTMX, some_tip
from tests.admin.nouns.tip_support import BY, SignIn, titles
from tests.admin.places import group


async def test_inbox_is_filtered_as_requested(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "82")
    me = await Staff.all().get()
    old = await some_tip("Cũ (minh họa)", kind=LegalKind.REPORT)
    await Tip.filter(id=old.id).update(
        due_at=now() - timedelta(days=1), received_at=now() - timedelta(days=300)
    )
    mine = await some_tip("Của tôi (minh họa)")
    await tips.assign(mine.id, expected_version=mine.version, assignee=me.id, by=BY)
    far = await some_tip("Nơi khác (minh họa)", area="30244")
    await tips.reject(far.id, expected_version=far.version, reason="x", by=BY)
    asked = {
        "q=cua+toi": ["Của tôi (minh họa)"],
        f"q={old.code.lower()}": ["Cũ (minh họa)"],
        "status=REJECTED": ["Nơi khác (minh họa)"],
        "status=OPEN": ["Của tôi (minh họa)", "Cũ (minh họa)"],
        "area=30244": ["Nơi khác (minh họa)"],
        "area=Phu+Huu": ["Nơi khác (minh họa)"],
        "overdue=1": ["Cũ (minh họa)"],
        "mine=1": ["Của tôi (minh họa)"],
        "sort=deadline": ["Cũ (minh họa)", "Của tôi (minh họa)"],
        "sort=oldest": ["Cũ (minh họa)", "Của tôi (minh họa)", "Nơi khác (minh họa)"],
        "channel=PHONE": [],
        "from=01/01/2000&to=02/01/2000": [],
    }
    for query, wanted in asked.items():
        assert titles((await client.get(f"/admin/tips?{query}")).text) == wanted, query


@pytest.mark.parametrize(
    "query",
    [
        "status=LOST",
        "channel=x",
        "category=x",
        "area=nowhere-at-all",
        "from=yesterday",
        "to=2026-13-01",
        "from=01/01/0001",
        "to=31/12/9999",
        "after=x",
        "after=00000000-0000-0000-0000-000000000000:2026",
        "before=%00",
    ],
)
async def test_inbox_shows_problem_and_no_tips_when_filter_is_invalid(
    staff_client: SignIn, query: str
) -> None:
    await some_tip()
    answer = await (await staff_client()).get(f"/admin/tips?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert titles(answer.text) == []


async def test_work_is_listed_worst_first(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "82")
    me = await Staff.all().get()
    for title, days in (
        ("Chờ lâu", None),
        ("Còn 9 ngày", 9),
        ("Mới", None),
        ("Quá hạn", -2),
        ("Còn 1 ngày", 1),
    ):
        tip = await some_tip(title, kind=LegalKind.REPORT if days else LegalKind.SOURCE)
        due_at = now() + timedelta(days=days) if days else None
        await Tip.filter(id=tip.id).update(due_at=due_at, assignee_id=me.id)
    page = (await client.get("/admin/tips")).text
    (mine,) = re.findall(r'href="(/admin/tips\?mine=1[^"]*)"', page)
    assert titles((await client.get(unescape(mine))).text) == [
        *("Quá hạn", "Còn 1 ngày", "Còn 9 ngày", "Chờ lâu", "Mới")
    ]


@pytest.mark.parametrize("sort", ["newest", "oldest", "changed", "deadline"])
async def test_inbox_pages_show_each_tip_once_in_both_directions(staff_client: SignIn, sort: str) -> None:
    for index in range(60):
        await some_tip(f"Tin {index} (minh họa)")
    # Same moments on purpose: the id decides.
    await Tip.all().update(received_at=now(), updated_at=now())
    client = await staff_client()
    path = last = f"/admin/tips?sort={sort}"
    forth = []
    while path:
        page = (await client.get(path)).text
        forth.append(titles(page))
        found = re.search(r'rel="next"\s+href="([^"]*)"', page)
        last, path = path, unescape(found[1]) if found else ""
    assert [len(page) for page in forth] == [25, 25, 10]
    assert len({title for page in forth for title in page}) == 60
    back, path = [], last
    while path:
        page = (await client.get(path)).text
        back.append(titles(page))
        found = re.search(r'rel="prev"\s+href="([^"]*)"', page)
        path = unescape(found[1]) if found else ""
    assert back == forth[::-1]


async def test_htmx_gets_list_without_page(staff_client: SignIn) -> None:
    await some_tip()
    client = await staff_client()
    fragment = (await client.get("/admin/tips", headers=HTMX)).text
    assert titles(fragment) == titles((await client.get("/admin/tips")).text)
    assert "<html" not in fragment
    assert "<html" in (await client.get("/admin/tips", headers=HTMX | {"HX-Request-Type": "full"})).text


async def test_group_filter_is_seen_in_inbox(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.OFFICER, "82"), await group("30244")
    await some_tip("Nơi khác (minh họa)", area="30244")
    page = (await client.get("/admin/tips", params={"group": row.code})).text
    assert titles(page) == []
    field = re.search(r'<input[^>]*name="group"[^>]*>', page)
    assert field
    assert f'value="{row.name}, Xã Phú Hựu"' in field[0]
    assert "hidden" not in field[0]
    assert f'value="{row.code}"' in page


async def test_tip_is_found_by_number_of_its_code(staff_client: SignIn) -> None:
    first, second = await some_tip("Tin một (minh họa)"), await some_tip("Tin hai (minh họa)")
    client = await staff_client()
    year, number = first.code.split("-")[1:]
    for typed in (number, str(int(number)), f"{year}-{number}", f"tb-{year}-{number}", first.code):
        page = (await client.get("/admin/tips", params={"q": typed})).text
        assert first.code in page, typed
        assert second.code not in page, typed


async def test_tip_is_below_title_of_inbox_when_shown_beside_it(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "82")
    tip = await some_tip("Bên cạnh (minh họa)")
    path = f"/admin/tips/{tip.id}?status=OPEN"
    beside, alone = [
        (await client.get(path, headers=HTMX | {"HX-Current-URL": f"https://mau.example{page}"})).text
        for page in ("/admin/tips?status=OPEN", path)
    ]
    assert (beside.count("<h1"), alone.count("<h1")) == (0, 1)
    assert ('class="neighbours"' in beside, 'class="neighbours"' in alone) == (False, True)
    for fragment in (beside, alone):
        assert f'hx-post="/admin/tips/{tip.id}/taking-on?status=OPEN"' in fragment
