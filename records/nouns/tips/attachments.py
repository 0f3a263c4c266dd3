"""Pictures that belong to a tip: made anew from what came, sealed, and kept in the data folder.

Each is sealed under a data key of its own, which is in its row; erasing destroys the key first and the file
afterwards. A file without such a row is noise, left by an interruption: `orphaned_files` finds it.
"""

import asyncio
import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from tortoise.expressions import F
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from records.changes.locks import lock_number
from records.changes.rows import check_visible
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import reason_field
from records.core.errors import NotFound, ProblemCode, ValidationFailed
from records.core.identifiers.ids import uuid7
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.settings import installation
from records.core.validation import checked_text
from records.nouns import legal_holds, tips
from records.nouns.tips import pictures
from records.nouns.tips.pictures import Picture
from records.security import vault
from records.security.sealing import DecryptionError, RowCipher, keyring
from records.tables import Attachment, Tip

MAX_BYTES: Final = 10 * 1024 * 1024
# A tip may hold this many.
MAX_ATTACHMENTS: Final = 20
REASON: Final = reason_field(500)

_TABLE: Final = "attachments"
_TOO_LARGE: Final = _("Choose a picture of at most {most} MB.")
# The file of a picture, whole or half written.
_FILE: Final = re.compile(r"[0-9a-f]{64}(\.new)?")
# The largest picture takes some 300 MiB while it is made anew.
_CONCURRENCY: Final = asyncio.Semaphore(2)


async def add(tip_id: UUID, data: bytes, *, by: Actor) -> Attachment:
    """A picture that belongs to the tip from now on.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.

    It is called by the tip's code: what the file was called may name whoever sent it.
    """
    check_right(by, Right.TIPS_NOTE)
    await check_visible(tips.NOUN, tips.visible_to(by), tip_id)
    return await attach(tip_id, await encode(data), by=by)


async def encode(data: bytes) -> Picture:
    """The uploaded picture, made anew. Raises `ValidationFailed`."""
    if len(data) > MAX_BYTES:
        raise ValidationFailed.of("file", _TOO_LARGE, ProblemCode.TOO_LONG, most=MAX_BYTES // 1024**2)
    async with _CONCURRENCY:
        return await asyncio.to_thread(pictures.encode_again, data)


async def attach(tip_id: UUID, picture: Picture, *, by: Actor) -> Attachment:
    """The picture, which belongs to the tip from now on. Raises as `add`."""
    check_right(by, Right.TIPS_NOTE)
    row = Attachment(id=uuid7(), tip_id=tip_id, media_type=picture.media_type, size=len(picture.content))
    path = None
    try:
        async with transaction():
            await vault.lock_keys()
            seal, row.data_key = RowCipher.new(keyring(), _TABLE, row.id)
            content = seal.close_bytes("content", picture.content)
            row.sha256 = sha256(content).hexdigest()
            path = _path(row.sha256)
            await asyncio.to_thread(_write, path, content)
            tip = await tips.load(tip_id, by)
            if await _of(tip_id).count() >= MAX_ATTACHMENTS:
                raise ValidationFailed.of(
                    "file",
                    "A tip can have at most {most} pictures.",
                    ProblemCode.TOO_MANY,
                    most=MAX_ATTACHMENTS,
                )
            number = await Attachment.filter(tip_id=tip_id).count() + 1
            row.name = f"{tip.code}-{number}{picture.ending}"
            await row.save(force_create=True)
            audit_values = {"attachment_id": str(row.id)}
            await record_change(tips.NOUN, tip, by=by, action=Right.TIPS_NOTE, before={}, after=audit_values)
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    return row


def can_add(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may add a picture to `tip`."""
    return has_right(actor, Right.TIPS_NOTE) and tip.deleted_at is None


async def of_tip(actor: Actor, tip_id: UUID) -> list[Attachment]:
    """The pictures of a tip, oldest first. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(tips.NOUN, tips.visible_to(actor), tip_id)
    return await _of(tip_id).order_by("id")


async def load(actor: Actor, attachment_id: UUID) -> Attachment:
    """A picture of a tip that `actor` sees. Raises `PermissionDenied` or `NotFound`."""
    check_right(actor, Right.TIPS_READ)
    row = await Attachment.get_or_none(id=attachment_id, deleted_at__isnull=True)
    if row is None or not await tips.visible_to(actor).filter(id=row.tip_id).exists():
        raise NotFound("There is no such picture.")
    return row


async def thumbnail(actor: Actor, attachment_id: UUID) -> bytes:
    """A picture as a small square JPEG. Raises as `content`."""
    _row, data = await content(actor, attachment_id)
    async with _CONCURRENCY:
        return await asyncio.to_thread(pictures.thumbnail, data)


async def content(actor: Actor, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A picture and its bytes.

    Raises `PermissionDenied` or `NotFound`; `DecryptionError` when its file was changed.
    """
    async with in_transaction("default"):
        await vault.lock_keys()
        row = await load(actor, attachment_id)
        assert row.data_key is not None  # noqa: S101 - the table says so
        seal = RowCipher.for_row(keyring(), _TABLE, row.id, row.data_key)
    try:
        stored = await asyncio.to_thread(_path(row.sha256).read_bytes)
    except FileNotFoundError:
        raise NotFound("There is no such picture.") from None
    if sha256(stored).hexdigest() != row.sha256:
        raise DecryptionError("attachments.sha256")
    return row, seal.open_bytes("content", stored)


def can_erase(actor: Actor, row: Attachment) -> bool:
    """Whether `actor` may erase a picture; a legal hold on its tip may still keep it."""
    return has_right(actor, Right.ATTACHMENTS_ERASE) and row.deleted_at is None


async def erase(attachment_id: UUID, *, reason: str, by: Actor) -> None:
    """Erases a picture for good.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` under a legal hold.
    """
    check_right(by, Right.ATTACHMENTS_ERASE)
    reason = checked_text("reason", reason, REASON)
    async with transaction():
        row = await load(by, attachment_id)
        tip = await Tip.filter(id=row.tip_id).select_for_update().get()
        await legal_holds.check_free("tip", tip.id)
        await erase_all(tip, motive=reason, action=Right.ATTACHMENTS_ERASE, by=by, only=row.id)
    await delete_files(tip.id)


async def erase_all(tip: Tip, *, motive: str, action: Right, by: Actor, only: UUID | None = None) -> None:
    """Destroys the data keys of a tip's pictures, or of one; for a transaction that has locked the tip.

    Once it is committed, `delete_files` takes the files away.
    """
    rows = await _of(tip.id)
    count = len(rows)
    for row in rows:
        if only in {None, row.id}:
            await Attachment.filter(id=row.id).update(
                data_key=None, name="", deleted_at=now(), version=F("version") + 1
            )
            before = {"pictures": count, "attachment_id": str(row.id)}
            count -= 1
            after = {"pictures": count}
            await record_change(
                tips.NOUN, tip, by=by, action=action, before=before, after=after, motive=motive
            )


async def delete_files(tip_id: UUID) -> None:
    """Takes the files of a tip's erased pictures away, as far as they are still there."""
    for row in await Attachment.filter(tip_id=tip_id, data_key__isnull=True):
        with suppress(OSError):
            _path(row.sha256).unlink()


async def orphaned_files() -> list[Path]:
    """The files that are no picture's, whole or half written."""
    folder = installation.settings().attachments
    async with in_transaction("default"):
        # Nobody adds one meanwhile: it has both its file and its row, or neither.
        await lock_number(vault.LOCK)
        paths = await asyncio.to_thread(
            lambda: [path for path in folder.glob("??/*") if _is_attachment_file(path)]
        )
        rows = await Attachment.filter(deleted_at__isnull=True).values_list("sha256", flat=True)
    known = {str(name) for name in rows}
    return [path for path in paths if path.name not in known]


def _of(tip_id: UUID) -> QuerySet[Attachment]:
    return Attachment.filter(tip_id=tip_id, deleted_at__isnull=True)


def _path(name: str) -> Path:
    return installation.settings().attachments / name[:2] / name


def _is_attachment_file(path: Path) -> bool:
    return _FILE.fullmatch(path.name) is not None and path.is_file()


def _write(path: Path, data: bytes) -> None:
    """Writes a file that only this service may read: whole, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
