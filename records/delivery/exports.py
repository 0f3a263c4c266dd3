"""Exports: a list that a partner takes away whole, as a file that is kept for a day.

The rules and the rows. What the file holds is known to the door that writes it.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.access import partners
from records.changes.change import audit, change
from records.core import events
from records.core.actor import Actor, Scope
from records.core.days import now
from records.core.errors import Conflict, NotFound
from records.core.events import Event
from records.core.identifiers.ids import uuid7
from records.core.language import Language
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.core.settings import installation
from records.database.fetch import fetch
from records.security import vault
from records.security.sealing import Seal, keyring
from records.tables import Export, Partner
from records.tables.delivery import ExportState

KEPT: Final = timedelta(hours=24)
MOST_A_DAY: Final = 24
TRIES: Final = 3
LONGEST_PAUSE: Final = timedelta(minutes=2)
"""A worker that said nothing for so long is taken for dead."""

_TABLE: Final = "exports"
_UNFINISHED: Final = (ExportState.WAITING, ExportState.RUNNING)
_CLAIM: Final = """
WITH claimed AS (
  UPDATE exports SET state = 'RUNNING', attempts = attempts + 1, heartbeat_at = now() WHERE id = (
    SELECT id FROM exports WHERE state = 'WAITING' OR (state = 'RUNNING' AND heartbeat_at < $1)
    ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
  ) RETURNING id
) SELECT id FROM claimed"""


@dataclass(frozen=True)
class Work:
    """An export to be written: for whom, what was asked, and where the file goes."""

    export: Export
    actor: Actor
    request: str
    path: Path


def visible_to(actor: Actor) -> QuerySet[Export]:
    """The exports of a partner, the newest first. Raises `Denied`."""
    check_may(actor, Right.EXPORTS_RUN)
    return Export.filter(partner_id=actor.id, created_at__gt=now() - 2 * KEPT).order_by("-created_at", "-id")


def ends_at(export: Export) -> datetime | None:
    """When the file of a finished export is removed; None while there is none."""
    return export.finished_at + KEPT if export.finished_at and export.state is ExportState.DONE else None


async def start(root: str, request: str, *, language: Language, by: Actor) -> Export:
    """A new export of the list `root`, which waits for a worker. Raises `Denied` or `Conflict`.

    A partner has one at a time, and a number of them a day.
    """
    check_may(by, Right.EXPORTS_RUN)
    async with change():
        await vault.hold()
        # Of several that start at once one counts first.
        if await Partner.filter(id=by.id).select_for_update().get_or_none() is None:
            raise NotFound("There is no such partner.")
        theirs = Export.filter(partner_id=by.id, created_at__gt=now() - KEPT)
        if await theirs.filter(state__in=_UNFINISHED).exists():
            raise Conflict(_("An export is already running: wait until it has finished."))
        if await theirs.count() >= MOST_A_DAY:
            raise Conflict(_("You may start {most} exports within 24 hours."), most=MOST_A_DAY)
        row = Export(id=uuid7(), partner_id=by.id, root=root, language=language, **_sees(by))
        seal, row.data_key = Seal.new(keyring(), _TABLE, row.id)
        row.request = seal.close("request", request)
        await row.save(force_create=True)
        await audit(
            "export", row.id, by=by, action=Right.EXPORTS_RUN.value, before=None, after={"root": root}
        )
    return row


async def find(export_id: UUID, *, by: Actor) -> Export | None:
    """The partner's export; None where it has none of that id. Raises `Denied`."""
    return await visible_to(by).get_or_none(id=export_id)


async def file_of(export_id: UUID, *, by: Actor) -> tuple[Export, Path]:
    """A finished export and its file. Raises `Denied` or `NotFound`.

    Whoever may no longer see all that the file shows does not get it.
    """
    row = await find(export_id, by=by)
    ends = ends_at(row) if row else None
    sees = _sees(by)
    if row is None or ends is None or ends <= now() or any(set(getattr(row, k)) - set(sees[k]) for k in sees):
        raise NotFound(_("There is no such file."))
    events.log(Event.EXPORT, actor=by.id, step="fetched", export=row.id)
    return row, _path(row)


async def claim() -> Work | None:
    """The export that has waited longest, or whose worker died; None where there is none.

    What nobody may ask for any more, or has failed too often, fails here.
    """
    while True:
        async with change():
            found = await fetch(_CLAIM, [now() - LONGEST_PAUSE])
            if not found:
                return None
            await vault.hold()
            row = await Export.get(id=found[0]["id"])
            actor = await partners.acting_again(row.partner_id, {Scope(scope) for scope in row.scopes})
            assert row.data_key is not None  # noqa: S101 - the table says so
            assert row.request is not None  # noqa: S101 - the table says so
            request = Seal.of(keyring(), _TABLE, row.id, row.data_key).open("request", row.request)
            if actor is not None:
                await Export.filter(id=row.id).update(**_sees(actor))
        if row.attempts > TRIES:
            await fail(row, "INTERNAL_SERVER_ERROR")
        elif actor is None:
            await fail(row, "FORBIDDEN")
        else:
            return Work(row, actor, request, _path(row))


async def beat(export: Export, rows: int) -> bool:
    """Says that the worker lives and has written so many rows; False where another has taken over."""
    return await _ours(export).update(rows=rows, heartbeat_at=now()) > 0


async def finish(export: Export, *, rows: int, digest: str) -> bool:
    """The file is whole; False where another worker has taken over. The request is destroyed."""
    return await _end(export, state=ExportState.DONE, rows=rows, digest=digest, step="written")


async def fail(export: Export, code: str) -> bool:
    """The export ends with an error; False where another worker has taken over. The request is destroyed."""
    return await _end(export, state=ExportState.FAILED, error=code, step="failed")


async def clear() -> None:
    """Removes the files whose day is over, with what is left of a worker that died; later their rows too."""
    moment, there = now(), list(installation.settings().exports.glob("*.ndjson.gz"))
    rows = Export.filter(Q(finished_at__isnull=True) | Q(finished_at__gt=moment - KEPT))
    kept = {_path(row).name async for row in rows}
    for path in there:
        if path.name not in kept:
            with suppress(OSError):
                path.unlink()
    await Export.filter(finished_at__lt=moment - 2 * KEPT).delete()


async def _end(export: Export, *, step: str, **values: Any) -> bool:
    ended = await _ours(export).update(data_key=None, request=None, finished_at=now(), **values)
    if ended:
        events.log(Event.EXPORT, actor=export.partner_id, step=step, export=export.id)
    return ended > 0


def _ours(export: Export) -> QuerySet[Export]:
    """The export, as long as nobody else has taken it over."""
    return Export.filter(id=export.id, state=ExportState.RUNNING, attempts=export.attempts)


def _sees(actor: Actor) -> dict[str, list[str]]:
    return {"scopes": sorted(actor.scopes), "areas": sorted(str(area) for area in actor.areas or ())}


def _path(export: Export) -> Path:
    """Each worker writes a file of its own: what a dead one left is nobody's."""
    return installation.settings().exports / f"{export.id}-{export.attempts}.ndjson.gz"
