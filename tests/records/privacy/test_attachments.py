import asyncio
import io
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image, PngImagePlugin

from records.core.actor import Actor, Role, system_actor
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import legal_holds
from records.privacy import attachments, retention
from records.privacy.attachments import Owner, erasure
from records.privacy.attachments.pictures import encode_again
from records.security.sealing import DecryptionError
from records.tables import Attachment, AuditEntry
from tests.admin.forms import some_tip

TASK = system_actor("test")
CANARY = b"CANARY-10.2925-105.7650"

MakeActor = Callable[..., Awaitable[Actor]]


@pytest.fixture(autouse=True)
def folder(data_dir: Path) -> Path:
    return data_dir / "attachments"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def telling() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = CANARY.decode()
    return exif


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_picture_loses_its_metadata() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    for kind, options in (
        ("JPEG", {"exif": telling(), "icc_profile": CANARY * 9, "comment": CANARY, "xmp": CANARY}),
        ("PNG", {"exif": telling(), "icc_profile": CANARY * 9, "pnginfo": text}),
        ("WEBP", {"exif": telling(), "icc_profile": CANARY * 9, "xmp": CANARY}),
    ):
        given = picture(kind, **options) + CANARY
        assert CANARY in given
        media_type, _ending, content = encode_again(given)
        assert media_type == f"image/{kind.lower()}"
        assert CANARY not in content
        made = opened(content)
        assert made.format == kind
        assert not made.getexif()
        assert not {"icc_profile", "exif", "xmp", "comment", "Comment"} & set(made.info)


def test_picture_is_upright_without_orientation_tag() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode_again(picture(exif=exif)).content
    made = opened(content).convert("RGB")
    assert made.size == (20, 40)
    top, bottom = made.getpixel((10, 5)), made.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("WEBP", "RGBA"), ("PNG", "P"), ("JPEG", "CMYK")]
)
def test_picture_accepts_all_colour_modes(kind: str, mode: str) -> None:
    assert opened(encode_again(picture(kind, mode=mode)).content).size == (40, 20)


def test_animated_picture_keeps_one_frame() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(opened(encode_again(out.getvalue()).content), "n_frames", 1) == 1


def test_picture_is_refused_when_content_is_no_picture() -> None:
    whole = picture()
    for data in (
        *(
            b"",
            b"x",
            b"%PDF-1.7 ...",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<html>",
            b"MZ" + b"\0" * 99,
        ),
        *(picture("GIF"), picture("BMP"), picture("TIFF"), whole[:200], b"\xff\xd8\xff\xe0" + b"\0" * 500),
        *(picture("PNG")[:60], b"RIFF\x20\0\0\0WEBPVP8 " + b"\0" * 40),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            encode_again(data)
        assert set(wrong.value.problems) == {"file"}


def test_picture_is_refused_unread_when_it_has_too_many_pixels() -> None:
    for size in ((6500, 6500), (20_000, 10)):
        bomb = _blank(size)
        assert len(bomb) < 1_000_000
        with pytest.raises(ValidationFailed) as wrong:
            encode_again(bomb)
        assert "pixels" in wrong.value.problems["file"].text


def test_picture_keeps_first_of_several_in_one_jpeg() -> None:
    """As phones write them, with a portrait or a map of brightness beside the picture."""
    out = io.BytesIO()
    first = opened(picture())
    first.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9), "green")])
    made = encode_again(out.getvalue())
    assert made.media_type == "image/jpeg"
    assert opened(made.content).size == (40, 20)


def test_picture_is_scaled_down_when_large() -> None:
    made = opened(encode_again(picture(size=(6_000, 3_000))).content)
    assert made.size == (4_096, 2_048)


def test_webp_is_refused_at_half_of_the_pixels() -> None:
    out = io.BytesIO()
    Image.new("RGB", (5_000, 4_001)).save(out, "WEBP", quality=10, method=0)
    with pytest.raises(ValidationFailed) as wrong:
        encode_again(out.getvalue())
    assert "pixels" in wrong.value.problems["file"].text


def test_picture_stays_small_when_it_loses_its_palette() -> None:
    noise = Image.effect_noise((3_000, 3_000), 200).quantize(4)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(encode_again(out.getvalue()).content) <= attachments.MAX_BYTES


def _blank(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    return out.getvalue()


async def test_picture_is_stored_sealed_under_its_hash(database: str, folder: Path) -> None:
    tip = await some_tip()
    row = await attachments.add(attachments.TIPS, tip.id, picture("PNG"), by=TASK)
    assert (row.name, row.media_type) == (f"{tip.code}-1.png", "image/png")
    [stored] = files(folder)
    assert stored == folder / row.sha256[:2] / row.sha256
    assert stored.stat().st_mode & 0o777 == 0o600
    assert b"PNG" not in stored.read_bytes()
    found, content = await attachments.content(attachments.TIPS, TASK, row.id)
    assert found.id == row.id
    assert len(content) == row.size
    assert opened(content).format == "PNG"
    told = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert told is not None
    assert told.after == {"attachment_id": str(row.id)}


async def test_picture_is_sealed_for_each_tip(database: str, folder: Path) -> None:
    one, other = await some_tip(), await some_tip()
    rows = [await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK) for tip in (one, other)]
    assert rows[0].sha256 != rows[1].sha256
    await Attachment.filter(id=rows[0].id).update(sha256=rows[1].sha256)
    with pytest.raises(DecryptionError):
        await attachments.content(attachments.TIPS, TASK, rows[0].id)


async def test_picture_is_not_returned_when_file_was_changed(database: str, folder: Path) -> None:
    row = await attachments.add(attachments.TIPS, (await some_tip()).id, picture(), by=TASK)
    stored = folder / row.sha256[:2] / row.sha256
    sound = stored.read_bytes()
    stored.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    with pytest.raises(DecryptionError):
        await attachments.content(attachments.TIPS, TASK, row.id)
    stored.unlink()
    with pytest.raises(NotFound):
        await attachments.content(attachments.TIPS, TASK, row.id)


async def test_picture_is_seen_by_those_who_see_its_tip(database: str, staff_actor: MakeActor) -> None:
    tip = await some_tip(area="29905")
    row = await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK)
    near, far = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "01")
    assert (await attachments.content(attachments.TIPS, near, row.id))[0].id == row.id
    assert len(await attachments.of_record(attachments.TIPS, near, tip.id)) == 1
    for refused in (
        attachments.content(attachments.TIPS, far, row.id),
        attachments.of_record(attachments.TIPS, far, tip.id),
        attachments.add(attachments.TIPS, tip.id, picture(), by=far),
        attachments.content(attachments.TIPS, near, uuid4()),
    ):
        with pytest.raises(NotFound):
            await refused
    front = await staff_actor(Role.FRONT, "29905")
    analyst = await staff_actor(Role.ANALYST, "29905")
    with pytest.raises(PermissionDenied):
        await attachments.content(attachments.TIPS, front, row.id)
    with pytest.raises(PermissionDenied):
        await attachments.add(attachments.TIPS, tip.id, picture(), by=analyst)


async def test_refused_picture_leaves_no_file(database: str, folder: Path) -> None:
    tip = await some_tip()
    with pytest.raises(ValidationFailed):
        await attachments.add(attachments.TIPS, tip.id, os.urandom(attachments.MAX_BYTES + 1), by=TASK)
    await Attachment.bulk_create(
        [
            Attachment(
                tip_id=tip.id, name="a", media_type="image/png", size=1, sha256="0" * 64, data_key=b"1:"
            )
            for _ in range(attachments.MAX_ATTACHMENTS)
        ]
    )
    with pytest.raises(ValidationFailed):
        await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK)
    assert files(folder) == []


async def test_erased_picture_loses_key_name_and_file(database: str, folder: Path) -> None:
    tip = await some_tip()
    kept = await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK)
    row = await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK)
    path = folder / row.sha256[:2] / row.sha256
    copy = path.read_bytes()
    await attachments.erase(attachments.TIPS, row.id, reason="Gửi nhầm", by=TASK)
    erased = await Attachment.get(id=row.id)
    assert (erased.data_key, erased.name, erased.deleted_at is not None) == (None, "", True)
    assert not path.exists()
    assert [left.id for left in await attachments.of_record(attachments.TIPS, TASK, tip.id)] == [kept.id]
    # The file of a backup helps nobody: the key is not there any more.
    path.write_bytes(copy)
    with pytest.raises(NotFound):
        await attachments.content(attachments.TIPS, TASK, row.id)
    with pytest.raises(NotFound):
        await attachments.erase(attachments.TIPS, row.id, reason="Lần nữa", by=TASK)
    assert (await attachments.content(attachments.TIPS, TASK, kept.id))[0].id == kept.id
    told = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert told is not None
    assert (told.action, told.motive, told.after) == ("attachments.erase", "Gửi nhầm", {"pictures": 1})
    assert told.before == {"pictures": 2, "attachment_id": str(row.id)}


async def test_picture_is_not_erased_under_legal_hold(database: str, folder: Path) -> None:
    tip = await some_tip()
    row = await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK)
    await legal_holds.place("tip", tip.id, reason="Theo yêu cầu của toà", by=TASK)
    with pytest.raises(Conflict):
        await attachments.erase(attachments.TIPS, row.id, reason="Gửi nhầm", by=TASK)
    assert (await attachments.content(attachments.TIPS, TASK, row.id))[0].id == row.id
    with pytest.raises(ValidationFailed):
        await attachments.erase(attachments.TIPS, row.id, reason=" ", by=TASK)


async def test_picture_is_not_erased_outside_areas(database: str, staff_actor: MakeActor) -> None:
    row = await attachments.add(attachments.TIPS, (await some_tip(area="29905")).id, picture(), by=TASK)
    far = await staff_actor(Role.COMMANDER, "01")
    with pytest.raises(NotFound):
        await attachments.erase(attachments.TIPS, row.id, reason="Vì", by=far)
    with pytest.raises(PermissionDenied):
        await attachments.erase(
            attachments.TIPS, row.id, reason="Vì", by=await staff_actor(Role.OFFICER, "29905")
        )
    await attachments.erase(
        attachments.TIPS, row.id, reason="Vì", by=await staff_actor(Role.COMMANDER, "29905")
    )


async def test_picture_file_is_swept_away_when_erasure_was_cut_short(
    database: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = await some_tip()
    kept, row = [await attachments.add(attachments.TIPS, tip.id, picture(), by=TASK) for _ in range(2)]

    async def crashes(owner: Owner, tip_id: UUID) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "delete_files", crashes)
        with pytest.raises(ConnectionError):
            await attachments.erase(attachments.TIPS, row.id, reason="Gửi nhầm", by=TASK)
    with pytest.raises(NotFound):
        await attachments.content(attachments.TIPS, TASK, row.id)
    half = folder / "ab" / ("ab" * 32 + ".new")
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    foreign = folder / "ab" / "README"
    foreign.write_bytes(b"not of this service")
    assert await retention.orphaned_files(by=TASK) == 2
    assert len(files(folder)) == 4
    assert await retention.remove_orphaned_files(by=TASK) == 2
    assert set(files(folder)) == {folder / kept.sha256[:2] / kept.sha256, foreign}
    assert await retention.orphaned_files(by=TASK) == 0


async def test_picture_is_no_stray_while_being_added(database: str, folder: Path) -> None:
    tip_ids = [(await some_tip()).id for _ in range(6)]
    adding = asyncio.gather(*(attachments.add(attachments.TIPS, id_, picture(), by=TASK) for id_ in tip_ids))
    while not adding.done():
        assert await attachments.orphaned_files() == []
        await asyncio.sleep(0)
    assert len(await adding) == len(files(folder)) == 6
