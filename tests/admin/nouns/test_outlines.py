"""The pages of outlines: writing with a preview, publishing, handing down, and reminding."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.language import format_date
from records.nouns import hand_downs, outlines
from records.nouns.hand_downs import Recipients
from records.tables import HandDown, Outline
from records.tables.activities import OutlineStatus
from tests.admin.forms import filled, send
from tests.conftest import area_ids
from tests.nouns.activities import group
from tests.nouns.outlines import draft, make, office, published

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")
PATH = "/admin/outlines"
HERE, ELSEWHERE = "29905", "30244"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.COMMANDER, HERE)


async def written() -> dict[str, str]:
    """A form of an outline as somebody filled it in."""
    police = str(await office())
    return {"code": "dc-1", "title": "Phòng cháy (mẫu)", "body": "# Ba việc", "organisation": police}


async def hand_down(client: httpx.AsyncClient, outline: Outline, **chosen: str | list[str]) -> httpx.Response:
    """What the service answers to the choice of recipients."""
    at = f"{PATH}/{outline.id}/hand-down"
    return await send(client, at, {"sender": str(await office())} | chosen)


async def test_preview_saves_nothing_and_keeps_input(client: httpx.AsyncClient) -> None:
    form = await written() | {
        "body": "# Ba việc\n\n<b>đậm</b> [liên kết](https://mau.example)",
        "preview": "1",
    }
    answer = await send(client, PATH, form, at=f"{PATH}/new")
    assert answer.status_code == 200
    assert "<h3>Ba việc</h3>" in answer.text
    assert "&lt;b&gt;đậm&lt;/b&gt;" in answer.text
    assert '<a href="https://mau.example" rel="noreferrer noopener">' in answer.text
    assert filled(answer.text)["title"] == "Phòng cháy (mẫu)"
    assert await Outline.all().count() == 0


@pytest.mark.parametrize("text", ["[x](javascript:alert(1))", "![x](https://mau.example/a.png)", "<script>"])
async def test_text_holds_no_script_and_no_picture(client: httpx.AsyncClient, text: str) -> None:
    outline = await published(body=f"Trước {text} sau")
    page = (await client.get(f"{PATH}/{outline.id}")).text.partition('class="written"')[2]
    assert "Trước" in page
    for markup in ('href="javascript', "<img", "<script"):
        assert markup not in page.partition("</section>")[0]


async def test_preview_of_edit_keeps_version_of_form(client: httpx.AsyncClient) -> None:
    row_id = await make(HERE)
    at = f"{PATH}/{row_id}/edit"
    form = filled((await client.get(at)).text) | {"body": "Mới", "preview": "1"}
    await Outline.filter(id=row_id).update(title="Của người khác", version=2)
    page = (await send(client, f"{PATH}/{row_id}", form, at=at)).text
    assert filled(page)["expected_version"] == "1"
    assert "<p>Mới</p>" in page


async def test_outline_is_written_edited_and_published(client: httpx.AsyncClient) -> None:
    answer = await send(client, PATH, await written(), at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    form = filled((await client.get(f"{path}/edit")).text) | {"title": "Phòng cháy mùa khô (mẫu)"}
    assert (await send(client, path, form, at=f"{path}/edit")).status_code == 303
    assert f"{path}/publication" in (await client.get(path)).text
    await send(client, f"{path}/publication", {"on": "05/01/2026"}, at=f"{path}/publication")
    row = await Outline.get()
    assert (row.code, row.title) == ("DC-1", "Phòng cháy mùa khô (mẫu)")
    assert (row.status, row.issued_on) == (OutlineStatus.PUBLISHED, date(2026, 1, 5))
    assert f'"{path}/edit"' not in (await client.get(path)).text


async def test_new_edition_opens_its_form_with_same_text(client: httpx.AsyncClient) -> None:
    outline = await published(body="Bản đầu")
    answer = await send(client, f"{PATH}/{outline.id}/edition", {}, at=f"{PATH}/{outline.id}")
    later = await Outline.get(edition=2)
    assert answer.headers["location"] == f"{PATH}/{later.id}/edit"
    assert filled((await client.get(answer.headers["location"])).text)["body"] == "Bản đầu"
    page = (await client.get(f"{PATH}/{outline.id}")).text
    assert f'href="{PATH}/{later.id}"' in page
    assert f"{PATH}/{outline.id}/edition" not in page


async def test_edition_is_not_handed_down_when_superseded(
    client: httpx.AsyncClient,
) -> None:
    first = await published()
    path, link = f"{PATH}/{first.id}", f'href="{PATH}/{first.id}/hand-down"'
    later = await outlines.revise(first.id, by=BY)
    assert link in (await client.get(path)).text
    await outlines.publish(later.id, expected_version=1, on=today(), by=BY)
    page = (await client.get(path)).text
    assert link not in page
    assert f'<a href="{PATH}/{later.id}">Edition 2 was published</a>' in page
    assert f'href="{PATH}/{later.id}/hand-down"' in (await client.get(f"{PATH}/{later.id}")).text


async def test_hand_down_is_counted_before_it_is_sent(client: httpx.AsyncClient) -> None:
    outline, (area_id,) = await published(), await area_ids(HERE)
    first = await group()
    await group()
    await hand_downs.send(outline.id, Recipients(groups=[first.id]), sender_id=await office(), by=BY)
    counted = await hand_down(client, outline, areas=[str(area_id)])
    assert counted.status_code == 200
    assert "Goes to 1 groups in 1 areas." in counted.text
    assert "Goes to 0" not in counted.text
    assert "Have it already and do not get it again: 1" in counted.text
    assert await HandDown.all().count() == 1
    answer = await hand_down(client, outline, areas=[str(area_id)], confirmed=confirmation(counted))
    assert answer.status_code == 303, answer.text
    assert await HandDown.all().count() == 2


async def test_hand_down_is_counted_again_when_recipients_changed(client: httpx.AsyncClient) -> None:
    outline, (area_id,), row = await published(), await area_ids(HERE), await group()
    counted = await hand_down(client, outline, groups=row.code)
    await group()
    answer = await hand_down(client, outline, areas=[str(area_id)], confirmed=confirmation(counted))
    assert answer.status_code == 200
    assert "Goes to 2 groups" in answer.text
    assert await HandDown.all().count() == 0


def confirmation(answer: httpx.Response) -> str:
    """What the button sends that confirms the count."""
    return answer.text.partition('name="confirmed"')[2].partition('value="')[2].partition('"')[0]


async def test_code_of_group_elsewhere_is_unknown(client: httpx.AsyncClient) -> None:
    outline, theirs = await published(), await group(ELSEWHERE)
    answers = [await hand_down(client, outline, groups=code) for code in (theirs.code, "MAU-0")]
    assert {answer.status_code for answer in answers} == {422}
    assert "No group visible to you has the code MAU-0." in answers[1].text


async def test_expired_outline_is_not_handed_down(client: httpx.AsyncClient) -> None:
    outline, row = await published(valid_until=today() - timedelta(days=1)), await group()
    assert f"{PATH}/{outline.id}/hand-down" not in (await client.get(f"{PATH}/{outline.id}")).text
    assert (await hand_down(client, outline, groups=row.code)).status_code == 409


async def test_page_shows_progress_and_reminds(client: httpx.AsyncClient) -> None:
    outline, first, second = await published(), await group(), await group()
    to = Recipients(groups=[first.id, second.id])
    row, _other = await hand_downs.send(outline.id, to, sender_id=await office(), by=BY)
    await hand_downs.receive(row.id, expected_version=1, by=BY)
    path = f"{PATH}/{outline.id}"
    page = (await client.get(path)).text
    assert "Handed down to 2 groups" in page
    assert f"/admin/hand-downs?outline={outline.id}&amp;area={HERE}&amp;state=WAITING" in page
    form = (await client.get(f"{path}/reminder")).text
    assert "Groups and organisations that have not received it: 1" in form
    await send(client, f"{path}/reminder", {}, at=f"{path}/reminder")
    assert await HandDown.filter(reminded_at__isnull=False).count() == 1


async def test_list_shows_share_that_discussed(client: httpx.AsyncClient) -> None:
    outline, row = await published(), await group()
    await hand_downs.send(outline.id, Recipients(groups=[row.id]), sender_id=await office(), by=BY)
    page = (await client.get(PATH)).text
    assert "0/1" not in page
    assert f'href="{PATH}?counted=1"' in page
    counted = (await client.get(f"{PATH}?counted=1")).text
    assert "0 %" in counted
    assert "0/1" in counted


async def test_removed_draft_is_listed_and_restored(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make(HERE)}"
    await send(client, f"{path}/removal", {"reason": "Nhập nhầm"}, at=f"{path}/removal")
    assert path not in (await client.get(PATH)).text
    assert path in (await client.get(f"{PATH}?removed=1")).text
    assert (await send(client, f"{path}/restoration", {"expected_version": "2"}, at=path)).status_code == 303
    assert path in (await client.get(PATH)).text


async def test_published_outline_is_not_removed(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{(await published()).id}"
    assert f"{path}/removal" not in (await client.get(path)).text
    assert (await client.get(f"{path}/removal")).status_code == 409


async def test_officer_reads_and_may_not_publish(staff_client: SignIn) -> None:
    row = await outlines.write(await draft(), by=BY)
    client = await staff_client(Role.OFFICER, HERE)
    assert f"{PATH}/{row.id}/publication" not in (await client.get(f"{PATH}/{row.id}")).text
    later = format_date(today())
    answer = await send(client, f"{PATH}/{row.id}/publication", {"on": later}, at=f"{PATH}/{row.id}")
    assert answer.status_code == 403
