"""The pages of hand-downs: acknowledging one, saying where it was discussed, and what others show of it."""

from collections.abc import Awaitable, Callable
from html import unescape

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.nouns import activities, groups, hand_downs
from records.nouns.activities import ActivityDraft
from records.tables import Activity, HandDown
from records.tables.activities import ActivityKind
from tests.admin.forms import filled, send
from tests.conftest import area_ids
from tests.nouns.hand_downs import make

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")
PATH = "/admin/hand-downs"
HERE = "29905"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.OFFICER, HERE)


@pytest.fixture
async def path(client: httpx.AsyncClient) -> str:
    """The address of a hand-down to a group."""
    return f"{PATH}/{await make(HERE)}"


async def meeting() -> Activity:
    """A meeting of the group today."""
    row = await HandDown.get()
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 20, row.area_id, group_id=row.group_id)
    return await activities.record(draft, by=BY)


async def test_hand_down_is_acknowledged(client: httpx.AsyncClient, path: str) -> None:
    assert f"{path}/receipt" in (await client.get(path)).text
    answer = await send(client, f"{path}/receipt", {"expected_version": "1"}, at=path)
    assert answer.status_code == 303, answer.text
    assert (await HandDown.get()).received_at is not None
    assert f"{path}/receipt" not in (await client.get(path)).text


async def test_hand_down_is_acknowledged_in_list_that_stays(client: httpx.AsyncClient, path: str) -> None:
    query = "?state=WAITING&sort=oldest"
    page = unescape((await client.get(PATH + query)).text)
    assert f'action="{path}/receipt{query}&listed=1"' in page
    answer = await send(client, f"{path}/receipt{query}&listed=1", {"expected_version": "1"}, at=PATH + query)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH + query)
    row = await HandDown.get().prefetch_related("group")
    assert row.received_at is not None
    assert row.group is not None
    page = unescape((await client.get(PATH)).text)
    assert f"Noted as received: {row.group.name}." in page
    assert f"{path}/receipt" not in page


async def test_list_returns_when_hand_down_was_acknowledged_elsewhere(
    client: httpx.AsyncClient, path: str
) -> None:
    row = await HandDown.get()
    await hand_downs.receive(row.id, expected_version=1, by=BY)
    query = "?state=WAITING"
    answer = await send(client, f"{path}/receipt{query}&listed=1", {"expected_version": "1"}, at=PATH + query)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH + query)
    assert "This has already been received." in (await client.get(PATH + query)).text
    assert (await HandDown.get()).version == 2


async def test_receipt_is_withdrawn_until_hand_down_is_discussed(
    client: httpx.AsyncClient, path: str
) -> None:
    row = await HandDown.get()
    assert f"{path}/withdrawal" not in (await client.get(path)).text
    await hand_downs.receive(row.id, expected_version=1, by=BY)
    answer = await send(client, f"{path}/withdrawal", {"expected_version": "2"}, at=path)
    assert answer.status_code == 303, answer.text
    assert "Receipt withdrawn." in (await client.get(path)).text
    assert (await HandDown.get()).received_at is None
    await hand_downs.receive(row.id, expected_version=3, activity_id=(await meeting()).id, by=BY)
    assert f"{path}/withdrawal" not in (await client.get(path)).text


async def test_list_has_no_button_for_those_who_receive_nothing(path: str, staff_client: SignIn) -> None:
    page = (await (await staff_client(Role.ANALYST)).get(PATH)).text
    assert path in page
    assert f"{path}/receipt" not in page


async def test_hand_down_is_discussed_in_activity_and_reopened(client: httpx.AsyncClient, path: str) -> None:
    held = await meeting()
    await send(client, f"{path}/discussion", {"activity": str(held.id)}, at=f"{path}/discussion")
    row = await HandDown.get()
    assert (row.activity_id, row.received_at is not None) == (held.id, True)
    assert f"/admin/activities/{held.id}" in (await client.get(path)).text
    await send(client, f"{path}/reopening", {}, at=f"{path}/reopening")
    assert (await HandDown.get()).activity_id is None


async def test_discussion_form_returns_when_nothing_is_chosen(client: httpx.AsyncClient, path: str) -> None:
    answer = await send(client, f"{path}/discussion", {}, at=f"{path}/discussion")
    assert answer.status_code == 422
    assert "Choose one." in answer.text


async def test_outline_chosen_in_activity_form_is_discussed(client: httpx.AsyncClient, path: str) -> None:
    held, row = await meeting(), await HandDown.get()
    at = f"/admin/activities/{held.id}/edit"
    form = filled((await client.get(at)).text) | {"outline": str(row.outline_id)}
    answer = await send(client, f"/admin/activities/{held.id}", form, at=at)
    assert answer.status_code == 303, answer.text
    assert (await HandDown.get()).activity_id == held.id


@pytest.mark.parametrize(
    ("state", "shown"), [("WAITING", True), ("ACKNOWLEDGED", False), ("DISCUSSED", False)]
)
async def test_list_shows_hand_downs_of_state(
    client: httpx.AsyncClient, path: str, state: str, *, shown: bool
) -> None:
    assert (path in (await client.get(f"{PATH}?state={state}")).text) is shown


async def test_hand_down_is_found_by_outline_and_group(client: httpx.AsyncClient, path: str) -> None:
    row = await HandDown.get().prefetch_related("group")
    assert row.group is not None
    for text, found in (("de cuong", True), (row.group.code, True), ("khac", False)):
        assert (path in (await client.get(f"{PATH}?q={text}")).text) is found


async def test_reminder_is_shown_on_dashboard_and_pages(client: httpx.AsyncClient, path: str) -> None:
    row = await HandDown.get()
    assert "Reminders of outlines" not in (await client.get("/admin")).text
    await hand_downs.remind(row.outline_id, by=BY)
    dashboard = (await client.get("/admin")).text
    assert "Reminders of outlines" in dashboard
    assert "Outlines to acknowledge" in dashboard
    assert path in (await client.get(f"{PATH}?state=WAITING&reminded=1")).text
    for page in (path, f"/admin/groups/{row.group_id}"):
        assert "reminded on" in (await client.get(page)).text


async def test_group_that_moved_is_not_named(client: httpx.AsyncClient, path: str) -> None:
    row = await HandDown.get().prefetch_related("group")
    assert row.group is not None
    assert row.group.code in (await client.get(f"/admin/groups/{row.group_id}")).text
    (elsewhere,) = await area_ids("30244")
    await groups.visible_to(BY).filter(id=row.group_id).update(area_id=elsewhere, name="Tổ đã đi")
    for page in (path, PATH, f"{PATH}?outline={row.outline_id}"):
        answer = await client.get(page)
        assert answer.status_code == 200
        assert "Tổ đã đi" not in answer.text


async def test_analyst_reads_and_may_not_acknowledge(staff_client: SignIn, path: str) -> None:
    client = await staff_client(Role.ANALYST, HERE)
    page = await client.get(path)
    assert page.status_code == 200
    assert f"{path}/receipt" not in page.text


async def test_list_has_no_column_of_buttons_when_all_are_received(
    client: httpx.AsyncClient, path: str
) -> None:
    assert '<th scope="col">Actions</th>' in (await client.get("/admin/hand-downs")).text
    await send(client, f"{path}/receipt", {}, at=path)
    assert '<th scope="col">Actions</th>' not in (await client.get("/admin/hand-downs")).text
