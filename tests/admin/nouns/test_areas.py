"""The pages of areas: the tree of a day, an area with its history, and the forms that reorganise hamlets."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.nouns import areas, groups
from records.nouns.areas import AreaDraft
from records.tables import Area, Assignment, Group
from records.tables.groups import AssignmentKind
from tests.admin.forms import HTMX, hidden, some_tip
from tests.conftest import area_ids
from tests.hamlets import DAY, SINCE, WHY, three_hamlets
from tests.records.nouns.group_support import draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH, BY = "/admin/areas", system_actor("test")
ACTIONS = ("name", "merger", "division", "ending")
TYPED: dict[str, str | list[str]] = {"on": "01/03/2026", "legal_basis": WHY}


@pytest.fixture
async def hamlets(database: str) -> AsyncIterator[list[Area]]:
    async with three_hamlets(database) as rows:
        yield rows


@pytest.fixture
async def admin(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.ADMINISTRATOR, "82")


def linked(page: str) -> list[str]:
    """The ids of the areas to which a page links, in their order."""
    return list(dict.fromkeys(re.findall(rf'href="{PATH}/([0-9a-f-]{{36}})"', page)))


async def submit(
    client: httpx.AsyncClient, path: str, fields: Mapping[str, str | list[str]]
) -> tuple[httpx.Response, httpx.Response]:
    """The preview of a change, and what follows when it is confirmed."""
    page = (await client.get(path)).text
    sent = {name: hidden(page, name) for name in ("csrf", "expected_version", "seen")} | dict(fields)
    preview = await client.post(path, data=sent)
    sent |= {name: hidden(preview.text, name) for name in ("csrf", "seen")}
    return preview, await client.post(path, data=sent)


async def test_tree_opens_level_by_level(admin: httpx.AsyncClient, hamlets: list[Area]) -> None:
    (province, ward) = await area_ids("82", "29905")
    closed = (await admin.get(PATH)).text
    assert {str(province), str(ward)} < set(linked(closed))
    assert not {str(row.id) for row in hamlets} & set(linked(closed))
    opened = (await admin.get(f"{PATH}?open={ward}")).text
    below = linked(opened)
    assert below.index(str(ward)) < below.index(str(hamlets[0].id)) < below.index(str(hamlets[2].id))
    assert f'id="area-{ward}"' in opened


async def test_tree_shows_areas_of_another_day(admin: httpx.AsyncClient, hamlets: list[Area]) -> None:
    page = (await admin.get(f"{PATH}?day=31/12/2024")).text
    assert set(linked(page)) == {str(one) for one in await area_ids("87", "82@2024-12-31")}
    assert (await admin.get(f"{PATH}?day=31/13/2024")).status_code == 422


async def test_search_finds_area_of_its_day_in_own_areas(
    admin: httpx.AsyncClient, hamlets: list[Area], staff_client: SignIn
) -> None:
    new = await areas.rename(
        hamlets[0].id, "Khóm Hòa Khánh", expected_version=1, on=DAY, legal_basis=WHY, by=BY
    )
    assert linked((await admin.get(f"{PATH}?q=hoa+khanh")).text) == [str(new.id)]
    assert linked((await admin.get(f"{PATH}?q=hoa+khanh&day=01/12/2025")).text) == []
    assert linked((await admin.get(f"{PATH}?q=mau-1&day=01/12/2025")).text) == [str(hamlets[0].id)]
    elsewhere = await staff_client(Role.OFFICER, "30244")
    assert linked((await elsewhere.get(f"{PATH}?q=hoa+khanh")).text) == []
    assert (await elsewhere.get(f"{PATH}/{new.id}")).status_code == 404


async def test_area_shows_names_origin_and_successors(admin: httpx.AsyncClient, hamlets: list[Area]) -> None:
    new = await areas.rename(hamlets[0].id, "Khóm Hai", expected_version=1, on=DAY, legal_basis=WHY, by=BY)
    page = (await admin.get(f"{PATH}/{new.id}")).text
    for text in ("Where it came from", "Khóm mẫu 1", "entirely", WHY, "Names over time", "History"):
        assert text in page
    old = (await admin.get(f"{PATH}/{hamlets[0].id}")).text
    assert "What it became" in old
    assert "ceased to exist on 01/03/2026" in old
    ward = (await admin.get(f"{PATH}/{(await area_ids('29905'))[0]}")).text
    assert "Phường 2" in ward


async def test_area_shows_who_works_there_and_what_is_open(hamlets: list[Area], staff_client: SignIn) -> None:
    group = await groups.create(await draft(area_id=hamlets[0].id), by=BY)
    tip = await some_tip()
    await type(tip).filter(id=tip.id).update(area_id=hamlets[0].id, group_id=group.id)
    await Assignment.create(
        kind=AssignmentKind.AREA_OFFICER,
        officer_name="Cảnh sát mẫu",
        area_id=hamlets[0].id,
        starts_on=SINCE,
    )
    new = await areas.rename(hamlets[0].id, "Khóm Hai", expected_version=1, on=DAY, legal_basis=WHY, by=BY)
    head = await staff_client(Role.COMMANDER, "82")
    page = (await head.get(f"{PATH}/{new.id}")).text
    assert "Cảnh sát mẫu" in page
    assert re.search(r'href="/admin/groups\?area=MAU-1">1<', page)
    assert re.search(r'href="/admin/tips\?area=MAU-1">1<', page)
    front = (await (await staff_client(Role.FRONT, "82")).get(f"{PATH}/{new.id}")).text
    assert "/admin/groups?area=MAU-1" in front
    assert "/admin/tips?area=" not in front
    auditor = (await (await staff_client(Role.AUDITOR, "82")).get(f"{PATH}/{new.id}")).text
    assert "Cảnh sát mẫu" not in auditor


async def test_hamlet_is_opened_in_its_commune(admin: httpx.AsyncClient, hamlets: list[Area]) -> None:
    (ward,) = await area_ids("29905")
    path = f"{PATH}/{ward}/hamlet"
    page = (await admin.get(path)).text
    sent = {name: hidden(page, name) for name in ("csrf", "expected_version")}
    assert (await admin.post(path, data=sent | {"name": "Khóm mới"})).status_code == 422
    answer = await admin.post(path, data=sent | TYPED | {"name": "Khóm mới"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}/{ward}")
    assert (await Area.get(name="Khóm mới")).code == "29905-1"
    assert "Khóm mới" in (await admin.get(f"{PATH}/{ward}")).text


async def test_merger_is_shown_with_what_it_concerns_before_it_happens(
    admin: httpx.AsyncClient, hamlets: list[Area]
) -> None:
    for number, row in enumerate(hamlets[:2]):
        await groups.create(await draft(f"MAU-{number}", area_id=row.id), by=BY)
    fields = TYPED | {"name": "Khóm chung", "others": str(hamlets[1].id)}
    preview, answer = await submit(admin, f"{PATH}/{hamlets[0].id}/merger", fields)
    assert preview.status_code == 200
    assert "hamlets: 2, open groups: 2, assignments: 0" in preview.text
    assert answer.status_code == 303, answer.text
    assert (await Area.get(name="Khóm chung")).valid_from == DAY


async def test_merger_is_shown_again_when_another_hamlet_was_ticked(
    admin: httpx.AsyncClient, hamlets: list[Area]
) -> None:
    path = f"{PATH}/{hamlets[0].id}/merger"
    fields: Mapping[str, str | list[str]] = TYPED | {"name": "Khóm chung", "others": str(hamlets[1].id)}
    page = (await admin.get(path)).text
    sent = {name: hidden(page, name) for name in ("csrf", "expected_version", "seen")}
    preview = await admin.post(path, data={**sent, **fields}, headers=HTMX)
    sent |= {name: hidden(preview.text, name) for name in ("csrf", "seen")}
    both = {**fields, "others": [str(hamlets[1].id), str(hamlets[2].id)]}
    again = await admin.post(path, data={**sent, **both})
    assert "hamlets: 3" in again.text
    assert not await Area.filter(name="Khóm chung").exists()


async def test_division_asks_where_each_open_group_lies(
    admin: httpx.AsyncClient, hamlets: list[Area]
) -> None:
    group = await groups.create(await draft(area_id=hamlets[0].id), by=BY)
    path = f"{PATH}/{hamlets[0].id}/division"
    fields: Mapping[str, str | list[str]] = TYPED | {"names": "Khóm Một\r\nKhóm Hai"}
    preview, unanswered = await submit(admin, path, fields)
    assert f'name="group-{group.id}"' in preview.text
    assert unanswered.status_code == 422
    assert f'href="#field-group-{group.id}"' in unanswered.text
    answer = (await submit(admin, path, {**fields, f"group-{group.id}": "1"}))[1]
    assert answer.status_code == 303, answer.text
    assert (await Group.get(id=group.id)).area_id == (await Area.get(name="Khóm Hai")).id


async def test_second_change_of_a_hamlet_is_a_conflict(admin: httpx.AsyncClient, hamlets: list[Area]) -> None:
    path = f"{PATH}/{hamlets[0].id}/ending"
    page = (await admin.get(path)).text
    sent = {name: hidden(page, name) for name in ("csrf", "expected_version")} | TYPED
    await areas.merge(
        hamlets[0].id,
        AreaDraft("Khóm chung"),
        [hamlets[1].id],
        expected_version=1,
        on=DAY,
        legal_basis=WHY,
        by=BY,
    )
    assert (await admin.post(path, data=sent)).status_code == 409


@pytest.mark.parametrize("role", list(Role))
async def test_reorganising_is_for_administrators_of_the_province(
    hamlets: list[Area], staff_client: SignIn, role: Role
) -> None:
    (ward,) = await area_ids("29905")
    paths = [f"{PATH}/{ward}/hamlet", *(f"{PATH}/{hamlets[0].id}/{one}" for one in ACTIONS)]
    for area, may in (("82", role is Role.ADMINISTRATOR), ("29905", False)):
        client = await staff_client(role, area)
        shown = (await client.get(f"{PATH}/{hamlets[0].id}")).text
        assert (f"{hamlets[0].id}/merger" in shown) is may
        csrf = hidden(shown, "csrf")
        for path in paths:
            assert (await client.get(path)).status_code == (200 if may else 403), (area, path)
            answer = await client.post(path, data={"csrf": csrf, "expected_version": "1"})
            assert answer.status_code == (422 if may else 403), (area, path)
