import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from records.core.actor import Role, system_actor
from records.core.dates import now
from records.nouns import legal_holds
from records.privacy import attachments
from records.tables import Attachment, Session, Tip
from tests.admin.forms import a_picture, hidden, send, some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def folder(data_dir: Path) -> Path:
    return data_dir / "attachments"


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def attach(
    client: httpx.AsyncClient, tip: Tip, data: bytes, *, name: str = "ảnh.jpg", token: str | None = None
) -> httpx.Response:
    token = token or hidden((await client.get("/admin")).text, "csrf")
    return await client.post(
        f"/admin/tips/{tip.id}/attachments", data={"csrf": token}, files={"file": (name, data, "text/html")}
    )


async def test_picture_is_attached_on_tip_page_and_saved_from_there(
    staff_client: SignIn,
) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    page = (await client.get(f"/admin/tips/{tip.id}")).text
    assert 'enctype="multipart/form-data"' in page
    answer = await attach(client, tip, a_picture())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/admin/tips/{tip.id}")
    row = await Attachment.get()
    page = (await client.get(f"/admin/tips/{tip.id}")).text
    assert f'href="/admin/attachments/{row.id}"' in page
    assert f"Picture: {tip.code}-1.jpg" in page
    assert "ảnh" not in row.name
    saved = await client.get(f"/admin/attachments/{row.id}")
    assert saved.status_code == 200
    assert b"CANARY" not in saved.content
    assert Image.open(io.BytesIO(saved.content)).size == (30, 20)


async def test_picture_is_never_served_as_page(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    await attach(client, tip, a_picture(), name='x"; filename=evil.html\r\n<b>.html')
    saved = await client.get(f"/admin/attachments/{(await Attachment.get()).id}")
    assert saved.headers["content-type"] == "image/jpeg"
    assert saved.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert saved.headers["content-disposition"].endswith(".jpg")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["cache-control"] == "no-store"
    assert "sandbox" in saved.headers["content-security-policy"]
    assert saved.headers["content-security-policy"].startswith("default-src 'none'")


async def test_picture_is_refused_when_invalid_or_too_large(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    for data in (b"", b"<svg/>", b"%PDF-1.7", a_picture()[:100], b"\0" * (attachments.MAX_BYTES + 1)):
        assert (await attach(client, tip, data)).status_code == 422
    answer = await attach(client, tip, b"\0" * (attachments.MAX_BYTES + 200_000))
    assert answer.status_code == 422
    assert "This file is too large: at most 10 MB can be sent." in answer.text
    assert tip.title in answer.text
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
    several = [("file", ("a.jpg", a_picture(), "image/jpeg")), ("file", ("b.jpg", a_picture(), "image/jpeg"))]
    assert (await client.post(path, data={"csrf": token}, files=several)).status_code == 422
    assert (await client.post(path, data={"csrf": token, "file": "text"})).status_code == 422
    assert await Attachment.all().count() == 0


async def test_file_form_is_refused_without_token_or_elsewhere(
    staff_client: SignIn,
) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    assert (await attach(client, tip, a_picture(), token="0" * 64)).status_code == 403
    token = hidden((await client.get("/admin")).text, "csrf")
    elsewhere = await client.post(
        f"/admin/tips/{tip.id}/note", data={"csrf": token}, files={"file": ("a.jpg", a_picture())}
    )
    assert elsewhere.status_code == 422
    foreign = await client.post(
        f"/admin/tips/{tip.id}/attachments",
        data={"csrf": token},
        files={"file": ("a.jpg", a_picture())},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert foreign.status_code == 403
    assert await Attachment.all().count() == 0


async def test_picture_is_served_to_those_who_see_its_tip(staff_client: SignIn) -> None:
    tip = await some_tip(area="29905")
    near = await staff_client(Role.OFFICER, "29905")
    await attach(near, tip, a_picture())
    path = f"/admin/attachments/{(await Attachment.get()).id}"
    assert (await near.get(path)).status_code == 200
    assert (await near.get(f"/admin/attachments/{uuid4()}")).status_code == 404
    far = await staff_client(Role.OFFICER, "30244")
    assert (await far.get(path)).status_code == 404
    assert (await attach(far, tip, a_picture())).status_code == 404
    assert (await (await staff_client(Role.FRONT, "29905")).get(path)).status_code == 403
    analyst = await staff_client(Role.ANALYST, "29905")
    assert (await analyst.get(path)).status_code == 200
    assert "multipart/form-data" not in (await analyst.get(f"/admin/tips/{tip.id}")).text
    assert (await attach(analyst, tip, a_picture())).status_code == 403
    assert await Attachment.all().count() == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_picture_is_served_without_metadata(staff_client: SignIn, tmp_path: Path, kind: str) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    given = a_picture(kind)
    assert given.count(b"CANARY") == 2
    # What it is called and what the browser takes it for count for nothing.
    assert (await attach(client, tip, given, name="x.exe")).status_code == 303
    saved = await client.get(f"/admin/attachments/{(await Attachment.get()).id}")
    assert saved.headers["content-type"] == f"image/{kind.lower()}"
    made = Image.open(io.BytesIO(saved.content))
    assert (made.format, made.size, dict(made.getexif())) == (kind, (30, 20), {})
    assert b"CANARY" not in saved.content
    assert not any(b"CANARY" in content for content in stored(tmp_path))


async def test_picture_is_refused_when_it_has_too_many_pixels(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    answer = await attach(client, tip, out.getvalue())
    assert answer.status_code == 422
    assert "too many pixels" in answer.text
    assert await Attachment.all().count() == 0


async def test_picture_is_erased_by_commander_with_reason_in_history(
    staff_client: SignIn, tmp_path: Path
) -> None:
    officer, commander = await staff_client(Role.OFFICER), await staff_client(Role.COMMANDER)
    tip = await some_tip()
    await attach(officer, tip, a_picture())
    page, path = f"/admin/tips/{tip.id}", f"/admin/attachments/{(await Attachment.get()).id}"
    assert f"{path}/removal" not in (await officer.get(page)).text
    assert f"{path}/removal" in (await commander.get(page)).text
    assert (await send(commander, f"{path}/removal", {"reason": ""})).status_code == 422
    answer = await send(commander, f"{path}/removal", {"reason": "Ảnh gửi nhầm"})
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    shown = (await commander.get(page)).text
    assert path not in shown
    assert "Ảnh gửi nhầm" in shown
    for left in (path, f"{path}/removal"):
        assert (await commander.get(left)).status_code == 404
    assert stored(tmp_path) == []


async def test_picture_is_not_erased_by_others_or_under_legal_hold(staff_client: SignIn) -> None:
    officer, commander = await staff_client(Role.OFFICER), await staff_client(Role.COMMANDER)
    tip = await some_tip()
    await attach(officer, tip, a_picture())
    page, path = f"/admin/tips/{tip.id}", f"/admin/attachments/{(await Attachment.get()).id}"
    given = {"reason": "Vì"}
    assert (await officer.get(f"{path}/removal")).status_code == 403
    assert (await send(officer, f"{path}/removal", given, at=page)).status_code == 403
    far = await staff_client(Role.COMMANDER, "01")
    assert (await send(far, f"{path}/removal", given, at="/admin")).status_code == 404
    hold = await legal_holds.place("tip", tip.id, reason="Theo yêu cầu của toà", by=system_actor("test"))
    assert (await send(commander, f"{path}/removal", given)).status_code == 409
    await legal_holds.lift("tip", hold.row_id, reason="Xong", by=system_actor("test"))
    await Session.all().update(proved_at=now() - timedelta(hours=1))
    left = await send(commander, f"{path}/removal", given, at=page)
    assert left.headers["location"].startswith("/admin/proof?")
    assert (await commander.get(path)).status_code == 200


async def test_tip_form_keeps_input_when_its_picture_is_too_large(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    typed = {"csrf": hidden((await client.get("/admin/tips/new")).text, "csrf"), "title": "Mất xe (minh họa)"}
    large = {"file": ("a.jpg", b"\0" * (attachments.MAX_BYTES + 200_000), "image/jpeg")}
    answer = await client.post("/admin/tips", data=typed, files=large)
    assert answer.status_code == 422
    assert 'value="Mất xe (minh họa)"' in answer.text
    # With everything else that is wrong.
    for field in ("file", "category"):
        assert f'href="#field-{field}"' in answer.text
    assert not await Tip.exists()
