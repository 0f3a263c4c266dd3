"""Pictures that belong to a tip: made anew from what came, sealed, and kept in the data folder.

Only the pixels of the file that came are kept: where, when and with what it was taken is not.
"""

import asyncio
import os
import warnings
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any, Final
from uuid import UUID

from PIL import Image, ImageOps
from tortoise.queryset import QuerySet

from records import tips
from records.core.actor import Actor
from records.core.change import change, tell
from records.core.errors import Invalid, Message, NotFound
from records.core.ids import uuid7
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.core.sealing import BrokenSealError, Seal, keyring
from records.core.text import clean
from records.tables import Attachment, Tip

MOST_BYTES: Final = 10 * 1024 * 1024
# A tip may hold this many.
MOST: Final = 20

_MOST_PIXELS: Final = 40_000_000
_MOST_SIDE: Final = 12_000
_MOST_NAME: Final = 100
_NOT_A_PICTURE: Final = _("Please choose a picture: JPEG, PNG or WebP.")
_TOO_LARGE: Final = _("Please choose a picture of at most {most} MB.")
_TOO_WIDE: Final = _("This picture has too many pixels.")

# What each kind is called, its ending, and how it is written.
_KINDS: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    "JPEG": ("image/jpeg", ".jpg", {"quality": 88}),
    "PNG": ("image/png", ".png", {}),
    "WEBP": ("image/webp", ".webp", {"quality": 88}),
}

# Pillow asks this before it reads a single pixel; its warning is as much a "no" as its error.
Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
# A picture of that size takes some 300 MiB while it is made anew.
_AT_ONCE: Final = asyncio.Semaphore(2)

_folder: list[Path] = []


def use(folder: Path) -> None:
    """Keeps the files in `folder` from now on."""
    _folder[:] = [folder]


async def add(tip_id: UUID, name: str, data: bytes, *, by: Actor) -> Attachment:
    """A picture that belongs to the tip from now on. Raises `Denied`, `NotFound` or `Invalid`."""
    check_may(by, Right.TIPS_NOTE)
    if not await tips.visible_to(by).filter(id=tip_id).exists():
        raise NotFound("There is no such tip.")
    if len(data) > MOST_BYTES:
        raise _wrong(_TOO_LARGE, most=MOST_BYTES // 1024**2)
    async with _AT_ONCE:
        kind, content = await asyncio.to_thread(made_anew, data)
    media_type, ending, _options = _KINDS[kind]
    row = Attachment(
        id=uuid7(),
        tip_id=tip_id,
        name=(clean(PurePath(name.replace("\\", "/")).stem)[:_MOST_NAME].strip() or "anh") + ending,
        media_type=media_type,
        size=len(content),
    )
    sealed = Seal.derived(keyring(), "attachments", row.id).close_bytes("content", content)
    row.sha256 = sha256(sealed).hexdigest()
    path = _path(row.sha256)
    await asyncio.to_thread(_write, path, sealed)
    try:
        async with change():
            tip = await tips.visible_to(by).select_for_update().get_or_none(id=tip_id)
            if tip is None:
                raise NotFound("There is no such tip.")
            if await _of(tip_id).count() >= MOST:
                raise _wrong(_("A tip can hold at most {most} pictures."), most=MOST)
            await row.save(force_create=True)
            told = {"attachment_id": str(row.id)}
            await tell(tips.NOUN, tip, by=by, action=Right.TIPS_NOTE, before=None, after=told)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def can_add(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may add a picture to `tip`."""
    return may(actor, Right.TIPS_NOTE) and tip.deleted_at is None


async def of_tip(actor: Actor, tip_id: UUID) -> list[Attachment]:
    """The pictures of a tip, oldest first. Raises `Denied` or `NotFound`."""
    if not await tips.visible_to(actor).filter(id=tip_id).exists():
        raise NotFound("There is no such tip.")
    return await _of(tip_id).order_by("id")


async def content(actor: Actor, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A picture and its bytes. Raises `Denied` or `NotFound`; `BrokenSealError` when its file was changed."""
    check_may(actor, Right.TIPS_READ)
    row = await Attachment.get_or_none(id=attachment_id, deleted_at__isnull=True)
    if row is None or not await tips.visible_to(actor).filter(id=row.tip_id).exists():
        raise NotFound("There is no such picture.")
    try:
        sealed = await asyncio.to_thread(_path(row.sha256).read_bytes)
    except FileNotFoundError:
        raise NotFound("There is no such picture.") from None
    if sha256(sealed).hexdigest() != row.sha256:
        raise BrokenSealError("attachments.sha256")
    return row, Seal.derived(keyring(), "attachments", row.id).open_bytes("content", sealed)


def made_anew(data: bytes) -> tuple[str, bytes]:
    """The kind of a picture, and the picture written anew: upright, one frame, and nothing but its pixels.

    What it is follows from its content. Raises `Invalid`.
    """
    try:
        with Image.open(BytesIO(data), formats=list(_KINDS)) as given:
            if max(given.size) > _MOST_SIDE:
                raise _wrong(_TOO_WIDE)
            kind = str(given.format)
            see_through = kind != "JPEG" and (given.mode in {"RGBA", "LA"} or "transparency" in given.info)
            upright = ImageOps.exif_transpose(given).convert("RGBA" if see_through else "RGB")
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _wrong(_TOO_WIDE) from None
    except Exception:  # noqa: BLE001 - a decoder that stumbles over a forged file raises anything at all
        raise _wrong(_NOT_A_PICTURE) from None
    # A new image: what stood beside the pixels stays behind.
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    out = BytesIO()
    bare.save(out, kind, **_KINDS[kind][2])
    return kind, out.getvalue()


def _wrong(text: str, **values: str | int) -> Invalid:
    return Invalid({"file": Message(text, values)})


def _of(tip_id: UUID) -> QuerySet[Attachment]:
    return Attachment.filter(tip_id=tip_id, deleted_at__isnull=True)


def _path(name: str) -> Path:
    return _folder[0] / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Writes a file that only this service may read: whole, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
