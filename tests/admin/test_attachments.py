import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from records import attachments
from records.core.actor import Role
from records.tables import Attachment, Tip
from tests.admin.forms import hidden, some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    attachments.use(tmp_path)


def picture() -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = "CANARY"
    Image.new("RGB", (30, 20), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


async def attach(
    client: httpx.AsyncClient, tip: Tip, data: bytes, *, name: str = "ảnh.jpg", token: str | None = None
) -> httpx.Response:
    token = token or hidden((await client.get("/admin")).text, "csrf")
    return await client.post(
        f"/admin/tips/{tip.id}/attachments", data={"csrf": token}, files={"file": (name, data, "text/html")}
    )


async def test_a_picture_is_attached_on_the_page_of_its_tip_and_saved_from_there(
    staff_client: SignIn,
) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    page = (await client.get(f"/admin/tips/{tip.id}")).text
    assert 'enctype="multipart/form-data"' in page
    answer = await attach(client, tip, picture())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/admin/tips/{tip.id}")
    row = await Attachment.get()
    page = (await client.get(f"/admin/tips/{tip.id}")).text
    assert f'href="/admin/attachments/{row.id}"' in page
    assert "ảnh.jpg" in page
    saved = await client.get(f"/admin/attachments/{row.id}")
    assert saved.status_code == 200
    assert b"CANARY" not in saved.content
    assert Image.open(io.BytesIO(saved.content)).size == (30, 20)


async def test_a_picture_is_never_shown_as_a_page_of_ours(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    await attach(client, tip, picture(), name='x"; filename=evil.html\r\n<b>.html')
    saved = await client.get(f"/admin/attachments/{(await Attachment.get()).id}")
    assert saved.headers["content-type"] == "image/jpeg"
    assert saved.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert saved.headers["content-disposition"].endswith(".jpg")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["cache-control"] == "no-store"
    assert "sandbox" in saved.headers["content-security-policy"]
    assert saved.headers["content-security-policy"].startswith("default-src 'none'")


async def test_what_is_no_picture_or_too_large_is_refused(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    for data in (b"", b"<svg/>", b"%PDF-1.7", picture()[:100], b"\0" * (attachments.MOST_BYTES + 1)):
        assert (await attach(client, tip, data)).status_code == 422
    assert (await attach(client, tip, b"\0" * (attachments.MOST_BYTES + 200_000))).status_code == 422
    token = hidden((await client.get("/admin")).text, "csrf")
    path = f"/admin/tips/{tip.id}/attachments"
    for body, kind in (
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=x"),
        (b"csrf=x", "application/x-www-form-urlencoded"),
        (b"x", "text/plain"),
    ):
        answer = await client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in {403, 422}
    several = [("file", ("a.jpg", picture(), "image/jpeg")), ("file", ("b.jpg", picture(), "image/jpeg"))]
    assert (await client.post(path, data={"csrf": token}, files=several)).status_code == 422
    assert (await client.post(path, data={"csrf": token, "file": "text"})).status_code == 422
    assert await Attachment.all().count() == 0


async def test_a_form_with_a_file_is_taken_nowhere_else_and_never_without_its_token(
    staff_client: SignIn,
) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    assert (await attach(client, tip, picture(), token="0" * 64)).status_code == 403
    token = hidden((await client.get("/admin")).text, "csrf")
    elsewhere = await client.post(
        f"/admin/tips/{tip.id}/note", data={"csrf": token}, files={"file": ("a.jpg", picture())}
    )
    assert elsewhere.status_code == 422
    foreign = await client.post(
        f"/admin/tips/{tip.id}/attachments",
        data={"csrf": token},
        files={"file": ("a.jpg", picture())},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert foreign.status_code == 403
    assert await Attachment.all().count() == 0


async def test_a_picture_is_there_for_those_who_see_its_tip(staff_client: SignIn) -> None:
    tip = await some_tip(area="29905")
    near = await staff_client(Role.OFFICER, "29905")
    await attach(near, tip, picture())
    path = f"/admin/attachments/{(await Attachment.get()).id}"
    assert (await near.get(path)).status_code == 200
    assert (await near.get(f"/admin/attachments/{uuid4()}")).status_code == 404
    far = await staff_client(Role.OFFICER, "30244")
    assert (await far.get(path)).status_code == 404
    assert (await attach(far, tip, picture())).status_code == 404
    assert (await (await staff_client(Role.FRONT, "29905")).get(path)).status_code == 403
    analyst = await staff_client(Role.ANALYST, "29905")
    assert (await analyst.get(path)).status_code == 200
    assert "multipart/form-data" not in (await analyst.get(f"/admin/tips/{tip.id}")).text
    assert (await attach(analyst, tip, picture())).status_code == 403
    assert await Attachment.all().count() == 1
