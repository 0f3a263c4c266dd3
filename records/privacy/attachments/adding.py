"""Adding pictures to records."""

import asyncio
from hashlib import sha256
from typing import Final
from uuid import UUID

from records.changes.rows import check_visible, lock
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.errors import ProblemCode, ValidationFailed
from records.core.identifiers.ids import uuid7
from records.core.language import gettext_noop as _
from records.core.rights import check_right, has_right
from records.privacy.attachments.files import path_of, write
from records.privacy.attachments.owners import TABLE, Owner
from records.privacy.attachments.pictures import Picture, encode
from records.security import vault
from records.security.sealing import RowCipher, keyring
from records.tables import Attachment
from records.tables.base import Editable

# A record may have this many.
MAX_ATTACHMENTS: Final = 20
_TOO_MANY: Final = _("A record can have at most {most} pictures.")


async def add(owner: Owner, row_id: UUID, data: bytes, *, by: Actor) -> Attachment:
    """A picture that belongs to the record from now on.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, owner.add)
    await check_visible(owner.noun, owner.noun.visible_to(by), row_id)
    return await attach(owner, row_id, await encode(data), by=by)


async def attach(owner: Owner, row_id: UUID, picture: Picture, *, by: Actor) -> Attachment:
    """The picture, which belongs to the record from now on. Raises as `add`."""
    check_right(by, owner.add)
    row = Attachment(id=uuid7(), media_type=picture.media_type, size=len(picture.content))
    setattr(row, owner.column, row_id)
    path = None
    try:
        async with transaction():
            await vault.lock_keys()
            seal, row.data_key = RowCipher.new(keyring(), TABLE, row.id)
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
