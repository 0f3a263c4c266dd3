"""Adding pictures to records, and looking at them."""

import asyncio
from hashlib import sha256
from typing import Final
from uuid import UUID

from tortoise.transactions import in_transaction

from records.changes.rows import check_visible, lock
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.errors import NotFound, ProblemCode, ValidationFailed
from records.core.identifiers.ids import uuid7
from records.core.language import gettext_noop as _
from records.core.rights import check_right, has_right
from records.privacy.attachments import pictures
from records.privacy.attachments.files import path_of, write
from records.privacy.attachments.owners import Owner
from records.privacy.attachments.pictures import Picture
from records.security import vault
from records.security.sealing import DecryptionError, RowCipher, keyring
from records.tables import Attachment
from records.tables.base import Editable

MAX_BYTES: Final = 10 * 1024 * 1024
# A record may have this many.
MAX_ATTACHMENTS: Final = 20

_TABLE: Final = "attachments"
_TOO_LARGE: Final = _("Choose a picture of at most {most} MB.")
_TOO_MANY: Final = _("A record can have at most {most} pictures.")
# The largest picture takes some 300 MiB while it is made anew.
_CONCURRENCY: Final = asyncio.Semaphore(2)


async def add(owner: Owner, row_id: UUID, data: bytes, *, by: Actor) -> Attachment:
    """A picture that belongs to the record from now on.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, owner.add)
    await check_visible(owner.noun, owner.noun.visible_to(by), row_id)
    return await attach(owner, row_id, await encode(data), by=by)


async def encode(data: bytes) -> Picture:
    """The uploaded picture, made anew. Raises `ValidationFailed`."""
    if len(data) > MAX_BYTES:
        raise ValidationFailed.of("file", _TOO_LARGE, ProblemCode.TOO_LONG, most=MAX_BYTES // 1024**2)
    async with _CONCURRENCY:
        return await asyncio.to_thread(pictures.encode_again, data)


async def attach(owner: Owner, row_id: UUID, picture: Picture, *, by: Actor) -> Attachment:
    """The picture, which belongs to the record from now on. Raises as `add`."""
    check_right(by, owner.add)
    row = Attachment(id=uuid7(), media_type=picture.media_type, size=len(picture.content))
    setattr(row, owner.column, row_id)
    path = None
    try:
        async with transaction():
            await vault.lock_keys()
            seal, row.data_key = RowCipher.new(keyring(), _TABLE, row.id)
            content = seal.close_bytes("content", picture.content)
            row.sha256 = sha256(content).hexdigest()
            path = path_of(row.sha256)
            await asyncio.to_thread(write, path, content)
            record = await lock(owner.noun, owner.noun.visible_to(by), row_id)
            if await owner.pictures(row_id).count() >= MAX_ATTACHMENTS:
                raise ValidationFailed.of("file", _TOO_MANY, ProblemCode.TOO_MANY, most=MAX_ATTACHMENTS)
            number = await Attachment.filter(**{owner.column: row_id}).count() + 1
            row.name = f"{owner.stem(record)}-{number}{picture.ending}"
            await row.save(force_create=True)
            audit_values = {"attachment_id": str(row.id)}
            await record_change(owner.noun, record, by=by, action=owner.add, before={}, after=audit_values)
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    return row


def can_add(owner: Owner, actor: Actor, record: Editable) -> bool:
    """Whether `actor` may add a picture to `record`."""
    return has_right(actor, owner.add) and record.deleted_at is None


async def of_record(owner: Owner, actor: Actor, row_id: UUID) -> list[Attachment]:
    """The pictures of a record, oldest first. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(owner.noun, owner.noun.visible_to(actor), row_id)
    return await owner.pictures(row_id).order_by("id")


async def load(owner: Owner, actor: Actor, attachment_id: UUID) -> Attachment:
    """A picture of a record that `actor` sees. Raises `PermissionDenied` or `NotFound`."""
    check_right(actor, owner.noun.right)
    mine = {f"{owner.column}__isnull": False}
    row = await Attachment.filter(**mine, id=attachment_id, deleted_at__isnull=True).first()
    if row is None or not await owner.noun.visible_to(actor).filter(id=owner.row_id(row)).exists():
        raise NotFound("There is no such picture.")
    return row


async def thumbnail(owner: Owner, actor: Actor, attachment_id: UUID) -> bytes:
    """A picture as a small square JPEG. Raises as `content`."""
    _row, data = await content(owner, actor, attachment_id)
    async with _CONCURRENCY:
        return await asyncio.to_thread(pictures.thumbnail, data)


async def content(owner: Owner, actor: Actor, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A picture and its bytes.

    Raises `PermissionDenied` or `NotFound`; `DecryptionError` when its file was changed.
    """
    async with in_transaction("default"):
        await vault.lock_keys()
        row = await load(owner, actor, attachment_id)
        assert row.data_key is not None  # noqa: S101 - the table says so
        seal = RowCipher.for_row(keyring(), _TABLE, row.id, row.data_key)
    try:
        stored = await asyncio.to_thread(path_of(row.sha256).read_bytes)
    except FileNotFoundError:
        raise NotFound("There is no such picture.") from None
    if sha256(stored).hexdigest() != row.sha256:
        raise DecryptionError("attachments.sha256")
    return row, seal.open_bytes("content", stored)
