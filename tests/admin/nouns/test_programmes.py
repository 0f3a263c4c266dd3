"""The pages of programmes, which come from the declaration."""

import re
from collections.abc import Awaitable, Callable
from datetime import date

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.nouns.catalogues import programmes
from records.tables import Programme
from tests.admin.forms import hidden, send
from tests.nouns.programmes import draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH = "/admin/programmes"
WHY = "Đã kết thúc (minh họa)"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.COMMANDER, "29905")


async def added(client: httpx.AsyncClient, precision: str = "MONTH") -> str:
    """The address of a new programme."""
    typed = {"code": "MH-01", "name": "Mô hình mẫu số 1", "area": "29905", "started_on": "01/03/2025"}
    typed |= {"host": str((await draft()).host_id), "started_precision": precision}
    answer = await send(client, PATH, typed, at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_menu_leads_to_programmes(client: httpx.AsyncClient) -> None:
    assert f'href="{PATH}"' in (await client.get("/admin")).text


async def test_list_finds_programme_when_searched(client: httpx.AsyncClient) -> None:
    path = await added(client)
    assert path in (await client.get(f"{PATH}?q=mo+hinh")).text
    assert path not in (await client.get(f"{PATH}?q=khac")).text


async def test_detail_shows_fields_and_history(client: httpx.AsyncClient) -> None:
    page = (await client.get(await added(client))).text
    for text in ("Mô hình mẫu số 1", "Month", "History", "Created", "Edit"):
        assert text in page


@pytest.mark.parametrize(
    ("precision", "shown"), [("DAY", "01/03/2025"), ("MONTH", "03/2025"), ("YEAR", "2025")]
)
async def test_start_is_shown_as_exactly_as_it_is_known(
    client: httpx.AsyncClient, precision: str, shown: str
) -> None:
    path = await added(client, precision)
    facts = (await client.get(path)).text.partition("<dl>")[2].partition("</dl>")[0]
    history = (await client.get(path)).text.partition('data-name="After"')[2]
    for page in (facts, (await client.get(PATH)).text, history):
        assert re.findall(r"(?:\d\d/)*2025\b", page) == [shown]


async def test_history_shows_start_as_it_was_known_then(client: httpx.AsyncClient) -> None:
    path = await added(client, "YEAR")
    exact = await draft(started_on=date(2025, 4, 2))
    row = await Programme.get(code="MH-01")
    await programmes.edit(row.id, exact, expected_version=1, by=system_actor("test"))
    cells = r'Started on</th>\s*<td data-name="Before">(.*?)</td>\s*<td data-name="After">(.*?)<'
    assert re.findall(cells, (await client.get(path)).text) == [("2025", "02/04/2025")]


async def test_end_is_recorded_when_confirmed(client: httpx.AsyncClient) -> None:
    path = await added(client)
    answer = await send(client, f"{path}/end", {"on": "02/03/2025", "reason": WHY}, at=f"{path}/end")
    assert answer.status_code == 303, answer.text
    page = (await client.get(path)).text
    assert "02/03/2025" in page
    assert WHY in page
    assert (await Programme.get()).ended_on is not None


async def test_end_is_undone_when_reopened(client: httpx.AsyncClient) -> None:
    path = await added(client)
    await send(client, f"{path}/end", {"reason": WHY}, at=f"{path}/end")
    answer = await send(client, f"{path}/reopening", {"reason": "Nhập nhầm"}, at=f"{path}/reopening")
    assert answer.status_code == 303, answer.text
    assert (await Programme.get()).ended_on is None


async def test_group_form_offers_ended_programme_only_to_its_groups(client: httpx.AsyncClient) -> None:
    path = await added(client)
    programme_id = path.rpartition("/")[2]
    group = {"code": "MAU-01", "name": "Tổ mẫu", "kind": "SELF_GOVERNING", "area": "29905"}
    created = await send(client, "/admin/groups", group | {"programme": programme_id}, at="/admin/groups/new")
    await send(client, f"{path}/end", {"reason": WHY}, at=f"{path}/end")
    assert programme_id in (await client.get(f"{created.headers['location']}/edit")).text
    assert programme_id not in (await client.get("/admin/groups/new")).text
    # The list still finds the groups that have it.
    assert programme_id in (await client.get("/admin/groups")).text


async def test_page_offers_no_change_when_officers_read(
    staff_client: SignIn, client: httpx.AsyncClient
) -> None:
    path = await added(client)
    page = (await (await staff_client(Role.OFFICER, "30244")).get(path)).text
    assert "Mô hình mẫu số 1" in page
    assert f"{path}/edit" not in page
    assert f"{path}/end" not in page


async def test_page_offers_no_change_when_programme_lies_elsewhere(
    staff_client: SignIn, client: httpx.AsyncClient
) -> None:
    path = await added(client)
    elsewhere = await staff_client(Role.COMMANDER, "30244")
    page = (await elsewhere.get(path)).text
    assert "Mô hình mẫu số 1" in page
    for form in (f"{path}/edit", f"{path}/end"):
        assert form not in page
        assert (await elsewhere.get(form)).status_code == 403, form
    token = hidden((await elsewhere.get("/admin")).text, "csrf")
    for target in (path, f"{path}/end"):
        assert (
            await elsewhere.post(target, data={"csrf": token, "expected_version": "1"})
        ).status_code == 403, target
