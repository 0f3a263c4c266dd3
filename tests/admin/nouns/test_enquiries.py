"""The pages of enquiries: recording, answering, correcting and publishing."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from admin.kit.nouns import lists
from records.core.actor import Role
from records.core.dates import now
from records.tables import Enquiry
from tests.admin.forms import send
from tests.nouns.enquiries import make

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH = "/admin/enquiries"
ASKED = {
    "topic": "Cư trú",
    "channel": "ZALO",
    "question": "Đăng ký tạm trú ở đâu? (mẫu)",
    "area": "29905",
}


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.OFFICER, "29905")


async def added(client: httpx.AsyncClient) -> str:
    """The address of a new enquiry."""
    answer = await send(client, PATH, ASKED, at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def answered(client: httpx.AsyncClient) -> str:
    """The address of an enquiry with an answer."""
    path = await added(client)
    answer = await send(client, f"{path}/answer", {"answer": "Tại phường"}, at=f"{path}/answer")
    assert answer.status_code == 303, answer.text
    return path


async def test_answer_is_shown_with_question(client: httpx.AsyncClient) -> None:
    path = await answered(client)
    page = (await client.get(path)).text
    for text in ("Đăng ký tạm trú ở đâu? (mẫu)", "Tại phường", "Answered", "Publish"):
        assert text in page
    assert f"{path}/answer" not in page


async def test_answer_form_keeps_text_when_answered_meanwhile(client: httpx.AsyncClient) -> None:
    path = await added(client)
    row_id = path.rpartition("/")[2]
    await Enquiry.filter(id=row_id).update(topic="Hộ tịch", version=2)
    stale = {"answer": "Tại phường", "expected_version": "1"}
    answer = await send(client, f"{path}/answer", stale, at=f"{path}/answer")
    assert answer.status_code == 409
    assert "Tại phường" in answer.text
    assert (await Enquiry.get(id=row_id)).answer == ""


async def test_correction_begins_with_present_answer(client: httpx.AsyncClient) -> None:
    path = await answered(client)
    assert "Tại phường" in (await client.get(f"{path}/correction")).text
    await send(client, f"{path}/correction", {"answer": "Tại nhà"}, at=f"{path}/correction")
    assert (await Enquiry.get()).answer == "Tại nhà"


async def test_faq_shows_answer_only_while_published(client: httpx.AsyncClient) -> None:
    path = await answered(client)
    assert "Tại phường" not in (await client.get(f"{PATH}/faq")).text
    version = {"expected_version": "2"}
    assert (await send(client, f"{path}/publication", version, at=path)).status_code == 303
    page = (await client.get(f"{PATH}/faq?q=tam+tru")).text
    assert "Tại phường" in page
    assert "Cư trú" in page
    assert "Tại phường" not in (await client.get(f"{PATH}/faq?q=khac")).text
    await send(client, f"{path}/withdrawal", {"expected_version": "3"}, at=path)
    assert "Tại phường" not in (await client.get(f"{PATH}/faq")).text


@pytest.mark.parametrize(
    ("status", "shown"), [("UNANSWERED", False), ("ANSWERED", True), ("PUBLISHED", False)]
)
async def test_list_shows_enquiries_of_status(client: httpx.AsyncClient, status: str, *, shown: bool) -> None:
    path = await answered(client)
    assert (path in (await client.get(f"{PATH}?status={status}")).text) is shown


async def test_list_pages_through_all_when_unanswered_come_first(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    ids = [str(await make("29905")) for _ in range(7)]
    for row_id in ids[:3]:
        await Enquiry.filter(id=row_id).update(answer="Có", answered_at=now())
    unanswered, done = sorted(ids[3:], reverse=True), ids[2::-1]
    seen, back, here = [], [], PATH
    while here:
        page = (await client.get(here)).text
        seen.append([row_id for row_id in unanswered + done if f"{PATH}/{row_id}" in page])
        back.append(here)
        here = link(page, "next")
    assert [row_id for rows in seen for row_id in rows] == unanswered + done
    page = (await client.get(back[-1])).text
    for expected in seen[-2::-1]:
        page = (await client.get(link(page, "prev"))).text
        assert [row_id for row_id in unanswered + done if f"{PATH}/{row_id}" in page] == expected


def link(page: str, rel: str) -> str:
    """The address of the link with this relation, or nothing."""
    _, found, rest = page.partition(f'rel="{rel}"')
    return rest.partition('href="')[2].partition('"')[0].replace("&amp;", "&") if found else ""


async def test_removed_enquiry_is_listed_and_restored(client: httpx.AsyncClient) -> None:
    path = await added(client)
    await send(client, f"{path}/removal", {"reason": "Nhập nhầm"}, at=f"{path}/removal")
    assert path not in (await client.get(PATH)).text
    assert path in (await client.get(f"{PATH}?removed=1")).text
    answer = await send(client, f"{path}/restoration", {"expected_version": "2"}, at=path)
    assert answer.status_code == 303
    assert path in (await client.get(PATH)).text


async def test_analyst_reads_and_may_not_answer(staff_client: SignIn, client: httpx.AsyncClient) -> None:
    path = await added(client)
    page = (await (await staff_client(Role.ANALYST, "29905")).get(path)).text
    assert "Đăng ký tạm trú ở đâu? (mẫu)" in page
    assert f"{path}/answer" not in page
    assert f"{path}/edit" not in page
