"""Erasing pictures, and the files that belong to none."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from records.changes.locks import lock_number
from records.changes.rows import lock
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import reason_field
from records.core.rights import Right, check_right, has_right
from records.core.validation import checked_text
from records.nouns import legal_holds
from records.privacy.attachments.files import all_files, path_of
from records.privacy.attachments.owners import Owner
from records.privacy.attachments.reading import load
from records.security import vault
from records.tables import Attachment
from records.tables.base import Editable

_REASON: Final = reason_field(500)


def can_erase(owner: Owner, actor: Actor, row: Attachment) -> bool:
    """Whether `actor` may erase a picture; a legal hold on its record may still keep it."""
    return has_right(actor, owner.erase) and row.deleted_at is None


async def erase(owner: Owner, attachment_id: UUID, *, reason: str, by: Actor) -> None:
    """Erases a picture for good.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` under a legal hold.
    """
    check_right(by, owner.erase)
    reason = checked_text("reason", reason, _REASON)
    async with transaction():
        row = await load(owner, by, attachment_id)
        record = await lock(owner.noun, owner.noun.visible_to(by), owner.row_id(row))
        await legal_holds.check_free(owner.noun.name, record.id)
        await erase_all(owner, record, motive=reason, action=owner.erase, by=by, only=row.id)
    await delete_files(owner, record.id)


async def erase_all(
    owner: Owner, record: Editable, *, motive: str, action: Right, by: Actor, only: UUID | None = None
) -> None:
    """Destroys the data keys of a record's pictures, or of one; for a transaction that has locked the record.

    Once it is committed, `delete_files` removes the files.
    """
    rows = await owner.pictures(record.id)
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
                owner.noun, record, by=by, action=action, before=before, after=after, motive=motive
            )


async def delete_files(owner: Owner, row_id: UUID) -> None:
    """Removes the files of a record's erased pictures, as far as they are still there."""
    for row in await Attachment.filter(**{owner.column: row_id}, data_key__isnull=True):
        with suppress(OSError):
            path_of(row.sha256).unlink()


async def orphaned_files() -> list[Path]:
    """The files that belong to no picture, whole or half written."""
    async with in_transaction("default"):
        # Nobody adds one meanwhile: it has both its file and its row, or neither.
        await lock_number(vault.LOCK)
        paths = await asyncio.to_thread(all_files)
        rows = await Attachment.filter(deleted_at__isnull=True).values_list("sha256", flat=True)
    known = {str(name) for name in rows}
    return [path for path in paths if path.name not in known]
