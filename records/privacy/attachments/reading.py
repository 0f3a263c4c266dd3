"""Looking at the pictures of records."""

import asyncio
from hashlib import sha256
from uuid import UUID

from tortoise.transactions import in_transaction

from records.changes.rows import check_visible
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.rights import check_right
from records.privacy.attachments import pictures
from records.privacy.attachments.files import path_of
from records.privacy.attachments.owners import TABLE, Owner
from records.security import vault
from records.security.sealing import DecryptionError, RowCipher, keyring
from records.tables import Attachment


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
    return await pictures.thumbnail(data)


async def content(owner: Owner, actor: Actor, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A picture and its bytes.

    Raises `PermissionDenied` or `NotFound`; `DecryptionError` when its file was changed.
    """
    async with in_transaction("default"):
        await vault.lock_keys()
        row = await load(owner, actor, attachment_id)
        assert row.data_key is not None  # noqa: S101 - the table says so
        seal = RowCipher.for_row(keyring(), TABLE, row.id, row.data_key)
    try:
        stored = await asyncio.to_thread(path_of(row.sha256).read_bytes)
    except FileNotFoundError:
        raise NotFound("There is no such picture.") from None
    if sha256(stored).hexdigest() != row.sha256:
        raise DecryptionError("attachments.sha256")
    return row, seal.open_bytes("content", stored)
