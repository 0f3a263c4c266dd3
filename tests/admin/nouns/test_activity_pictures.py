"""Pictures of meetings: sent with the form, added on the page, and shown to those who see the meeting."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx
import pytest

from records.core.actor import Role
from records.privacy import attachments
from records.tables import Activity, Attachment, AuditEntry, Group
from tests.admin.forms import a_picture, filled, hidden, send
from tests.nouns.activities import group, make

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
HERE, ELSEWHERE = "29905", "30244"
PATH: Final = "/admin/activities"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.OFFICER, HERE)


def stored(data_dir: Path) -> list[bytes]:
    return [path.read_bytes() for path in (data_dir / "attachments").rglob("*") if path.is_file()]


async def record(client: httpx.AsyncClient, to: Group, *pictures: bytes) -> httpx.Response:
    """What the service answers to the form of a meeting that is sent with pictures."""
    at = f"/admin/groups/{to.id}/meeting"
    typed = filled((await client.get(at)).text) | {"attendance": "40", "minutes": "Đã bàn"}
    files = [("file", ("Bà Tư mẫu.jpg", data, "text/html")) for data in pictures]
    return await client.post(at, data=typed, files=files)


async def attach(client: httpx.AsyncClient, activity: object, data: bytes) -> httpx.Response:
    token = hidden((await client.get("/admin")).text, "csrf")
    path = f"{PATH}/{activity}/attachments"
    return await client.post(path, data={"csrf": token}, files={"file": ("a.jpg", data, "image/jpeg")})


async def test_meeting_is_recorded_with_its_picture(client: httpx.AsyncClient, data_dir: Path) -> None:
    answer = await record(client, await group(), a_picture())
    assert answer.status_code == 303, answer.text
    meeting, row = await Activity.get(), await Attachment.get()
    assert (row.activity_id, row.tip_id) == (meeting.id, None)
    assert row.name == f"{meeting.held_on:%Y-%m-%d}-1.jpg"
    page = (await client.get(f"{PATH}/{meeting.id}")).text
    for address in (f'href="{PATH}/attachments/{row.id}"', f'src="{PATH}/attachments/{row.id}/thumbnail"'):
        assert address in page
    saved = await client.get(f"{PATH}/attachments/{row.id}")
    assert saved.headers["content-disposition"].startswith("attachment; ")
    assert (await client.get(f"{PATH}/attachments/{row.id}/thumbnail")).status_code == 200
    assert not any(b"CANARY" in content for content in (saved.content, *stored(data_dir)))


async def test_activity_is_recorded_with_its_picture(client: httpx.AsyncClient) -> None:
    typed = filled((await client.get(f"{PATH}/new")).text)
    given = typed | {"attendance": "40", "group": (await group()).code}
    answer = await client.post(PATH, data=given, files={"file": ("a.jpg", a_picture(), "image/jpeg")})
    assert answer.status_code == 303, answer.text
    assert (await Attachment.get()).activity_id == (await Activity.get()).id


async def test_meeting_form_says_that_picture_has_to_be_chosen_again(client: httpx.AsyncClient) -> None:
    row = await group()
    at = f"/admin/groups/{row.id}/meeting"
    typed = filled((await client.get(at)).text) | {"attendance": "many"}
    answer = await client.post(at, data=typed, files={"file": ("a.jpg", a_picture(), "image/jpeg")})
    assert answer.status_code == 422
    assert "Choose the picture once more" in answer.text
    assert "Choose the picture once more" not in (await client.post(at, data=typed)).text


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"%PDF-1.7", a_picture()[:100], b"\0" * (attachments.MAX_BYTES + 200_000)]
)
async def test_meeting_form_keeps_input_when_picture_is_refused(
    client: httpx.AsyncClient, data: bytes
) -> None:
    row = await group()
    answer = await record(client, row, data)
    assert answer.status_code == 422
    assert filled(answer.text)["minutes"] == "Đã bàn"
    assert 'href="#field-file"' in answer.text
    assert (await record(client, row, a_picture(), a_picture())).status_code == 422
    assert not await Activity.exists()
    assert (await attach(client, await make(HERE), data)).status_code == 422
    assert not await Attachment.exists()


async def test_meeting_has_a_limited_number_of_pictures(client: httpx.AsyncClient) -> None:
    meeting = await make(HERE)
    values = {"name": "a", "media_type": "image/png", "size": 1, "sha256": "0" * 64, "data_key": b"1:"}
    rows = [Attachment(activity_id=meeting, **values) for _ in range(attachments.MAX_ATTACHMENTS)]
    await Attachment.bulk_create(rows)
    answer = await attach(client, meeting, a_picture())
    assert answer.status_code == 422
    assert "A record can have at most 20 pictures." in answer.text


async def test_meeting_picture_is_served_to_those_who_see_its_meeting(
    client: httpx.AsyncClient, staff_client: SignIn
) -> None:
    meeting = await make(HERE)
    assert (await attach(client, meeting, a_picture())).status_code == 303
    path = f"{PATH}/attachments/{(await Attachment.get()).id}"
    for role in (Role.OFFICER, Role.COMMANDER):
        foreign = await staff_client(role, ELSEWHERE)
        for asked in (path, f"{path}/thumbnail", f"{path}/removal"):
            assert (await foreign.get(asked)).status_code == 404
        assert (await send(foreign, f"{path}/removal", {"reason": "Vì"}, at="/admin")).status_code == 404
        assert (await attach(foreign, meeting, a_picture())).status_code == 404
    analyst = await staff_client(Role.ANALYST, HERE)
    assert (await analyst.get(path)).status_code == 200
    assert "multipart/form-data" not in (await analyst.get(f"{PATH}/{meeting}")).text
    assert (await attach(analyst, meeting, a_picture())).status_code == 403
    # Neither is the one kind of picture found at the addresses of the other.
    assert (await client.get(path.replace(PATH, "/admin"))).status_code == 404
    assert await Attachment.all().count() == 1


async def test_meeting_picture_is_erased_with_reason(client: httpx.AsyncClient, data_dir: Path) -> None:
    meeting = await make(HERE)
    await attach(client, meeting, a_picture())
    path = f"{PATH}/attachments/{(await Attachment.get()).id}"
    assert f"{path}/removal" in (await client.get(f"{PATH}/{meeting}")).text
    answer = await send(client, f"{path}/removal", {"reason": "Ảnh gửi nhầm"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}/{meeting}")
    assert (await client.get(path)).status_code == 404
    assert stored(data_dir) == []
    told = await AuditEntry.filter(row_id=meeting).order_by("-seq").first()
    assert told is not None
    assert (told.motive, told.after) == ("Ảnh gửi nhầm", {"pictures": 0})


async def test_meeting_pictures_are_gone_and_back_with_their_meeting(client: httpx.AsyncClient) -> None:
    meeting = await make(HERE)
    await attach(client, meeting, a_picture())
    path, page = f"{PATH}/attachments/{(await Attachment.get()).id}", f"{PATH}/{meeting}"
    await send(client, f"{page}/removal", {"reason": "Nhập nhầm"})
    assert (await client.get(path)).status_code == 404
    assert "attachments" not in (await client.get(page)).text
    await send(client, f"{page}/restoration", {}, at=page)
    assert (await client.get(path)).status_code == 200
