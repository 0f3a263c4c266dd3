"""Exports: a list that a partner takes away whole, as a file that is kept for a day.

The rules and the rows. What the file holds is known to the door that writes it.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.queryset import QuerySet

from records.access import partners
from records.access.partners.partner import load
from records.changes import jobs
from records.changes.jobs import Lease
from records.changes.unit_of_work import audit, transaction
from records.core import events
from records.core.actor import Actor, Scope
from records.core.dates import now
from records.core.errors import Conflict, NotFound
from records.core.events import Event
from records.core.identifiers.ids import uuid7
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.settings import installation
from records.security import vault
from records.security.sealing import RowCipher, keyring
from records.tables import Export, Partner
from records.tables.changes.jobs import JobState

RETENTION: Final = timedelta(hours=24)
MOST_A_DAY: Final = 24
TRIES: Final = 3
JOB: Final = "export"

_TABLE: Final = "exports"
_UNFINISHED: Final = (JobState.WAITING, JobState.RUNNING)
_FORGET: Final = "UPDATE exports SET data_key = NULL, request = NULL, digest = $2 WHERE job_id = $1"


@dataclass(frozen=True)
class Work:
    """An export to be written: for whom, what was requested, and where the file is written."""

    export: Export
    actor: Actor
    request: str
    path: Path


def visible_to(actor: Actor) -> QuerySet[Export]:
    """The exports of a partner with their jobs, the newest first. Raises `PermissionDenied`."""
    check_right(actor, Right.EXPORTS_RUN)
    recent = Export.filter(partner_id=actor.id, created_at__gt=now() - 2 * RETENTION)
    return recent.select_related("job").order_by("-created_at", "-id")


def ends_at(export: Export) -> datetime | None:
    """The time at which the file of a finished export is removed; None while there is none."""
    job = export.job
    return job.finished_at + RETENTION if job.finished_at and job.state is JobState.DONE else None


async def start(root: str, request: str, *, language: Language, by: Actor) -> Export:
    """A new export of the list `root`, which waits for a worker. Raises `PermissionDenied` or `Conflict`.

    A partner has one at a time, and a number of them a day.
    """
    check_right(by, Right.EXPORTS_RUN)
    async with transaction():
        await vault.lock_keys()
        # Of several that start at once one counts first.
        if await Partner.filter(id=by.id).select_for_update().get_or_none() is None:
            raise NotFound("There is no such partner.")
        theirs = Export.filter(partner_id=by.id, created_at__gt=now() - RETENTION)
        if await theirs.filter(job__state__in=_UNFINISHED).exists():
            raise Conflict(_("An export is already running: wait until it has finished."))
        if await theirs.count() >= MOST_A_DAY:
            raise Conflict(_("You may start {most} exports within 24 hours."), most=MOST_A_DAY)
        export_id = uuid7()
        job_id = await jobs.enqueue(JOB, {"export": str(export_id)})
        row = Export(id=export_id, job_id=job_id, partner_id=by.id, root=root, language=language, **_sees(by))
        seal, row.data_key = RowCipher.new(keyring(), _TABLE, row.id)
        row.request = seal.encrypt("request", request)
        await row.save(force_create=True)
        await audit(
            "export", row.id, by=by, action=Right.EXPORTS_RUN.value, before=None, after={"root": root}
        )
    return row


async def find(export_id: UUID, *, by: Actor) -> Export | None:
    """The partner's export; None where it has none of that id. Raises `PermissionDenied`."""
    return await visible_to(by).get_or_none(id=export_id)


async def file_of(export_id: UUID, *, by: Actor) -> tuple[Export, Path]:
    """A finished export and its file. Raises `PermissionDenied` or `NotFound`.

    Whoever may no longer see all that the file shows does not get it.
    """
    row = await find(export_id, by=by)
    ends = ends_at(row) if row else None
    sees = _sees(by)
    if row is None or ends is None or ends <= now() or any(set(getattr(row, k)) - set(sees[k]) for k in sees):
        raise NotFound(_("There is no such file."))
    events.log(Event.EXPORT, actor=by.id, step="fetched", export=row.id)
    return row, file(row.id)


async def begin(lease: Lease) -> Work | None:
    """The work of a job; None if its partner may no longer call, and the export has failed."""
    row = await Export.get(id=lease.job.arguments["export"])
    actor = await partners.refresh_actor(row.partner_id, {Scope(scope) for scope in row.scopes})
    if actor is None:
        await fail(lease, "FORBIDDEN")
        return None
    async with lease.storing():
        await vault.lock_keys()
        await row.refresh_from_db()
        assert row.data_key is not None  # noqa: S101 - it is destroyed when the job ends
        assert row.request is not None  # noqa: S101 - the table says so
        request = RowCipher.for_row(keyring(), _TABLE, row.id, row.data_key).decrypt("request", row.request)
        await Export.filter(id=row.id).update(**_sees(actor))
    # Each run writes a file of its own: what a dead one left is nobody's.
    return Work(row, actor, request, file(row.id, f"-{lease.token}"))


async def finish(lease: Lease, work: Work, *, digest: str) -> None:
    """The file is whole; the request is destroyed. Raises `LeaseLost`."""
    async with lease.storing():
        work.path.rename(file(work.export.id))
        await _destroy_request(lease, digest)
        await lease.finish()
    events.log(Event.EXPORT, actor=work.export.partner_id, step="written", export=work.export.id)


async def fail(lease: Lease, code: str) -> None:
    """The export ends with an error; the request is destroyed. Raises `LeaseLost`."""
    async with lease.storing():
        await given_up(lease)
        await lease.fail(code)


async def given_up(lease: Lease) -> None:
    """Destroys the request of an export that fails."""
    await _destroy_request(lease, None)
    export = await Export.get(job_id=lease.job.id)
    events.log(Event.EXPORT, actor=export.partner_id, step="failed", export=export.id)


async def cancel(partner_id: UUID, *, by: Actor) -> None:
    """Ends the unfinished export of a partner and destroys its request.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    async with transaction():
        partner = await load(partner_id, by)
        export = await Export.filter(partner_id=partner.id, job__state__in=_UNFINISHED).first()
        if export is None:
            raise Conflict(_("There is no unfinished export."))
        await cancel_export(export, by=by)


async def cancel_export(export: Export, *, by: Actor) -> None:
    """Ends an unfinished export of a partner that `by` manages. Raises `PermissionDenied` or `Conflict`."""
    check_right(by, Right.PARTNERS_MANAGE)
    async with transaction():
        if not await jobs.cancel(export.job_id):
            raise Conflict(_("There is no unfinished export."))
        await get_connection("default").execute_query(_FORGET, [export.job_id, None])
        after, action = {"cancelled": True}, Right.PARTNERS_MANAGE.value
        await audit("export", export.id, by=by, action=action, before=None, after=after)
    events.log(Event.EXPORT, actor=by.id, step="cancelled", export=export.id)


async def clear() -> int:
    """Removes the files whose day is over and what dead workers left, later the rows; gives how many rows."""
    moment = now()
    there = list(installation.settings().exports.glob("*.ndjson.gz"))
    unfinished = await Export.filter(job__state__in=_UNFINISHED).values_list("id", flat=True)
    done = Export.filter(job__state=JobState.DONE, job__finished_at__gt=moment - RETENTION)
    downloadable = {file(row.id).name async for row in done}
    being_written = tuple(str(export_id) for export_id in unfinished)
    for path in there:
        if path.name not in downloadable and not path.name.startswith(being_written):
            with suppress(OSError):
                path.unlink()
    old = await Export.filter(job__finished_at__lt=moment - 2 * RETENTION).values_list("id", flat=True)
    return await Export.filter(id__in=list(old)).delete()


async def _destroy_request(lease: Lease, digest: str | None) -> None:
    await get_connection("default").execute_query(_FORGET, [lease.job.id, digest])


def _sees(actor: Actor) -> dict[str, list[str]]:
    return {"scopes": sorted(actor.scopes), "areas": sorted(str(area) for area in actor.areas or ())}


def file(export_id: UUID, run: str = "") -> Path:
    """The path of the file of an export, or of the one that the run `run` of its job writes."""
    return installation.settings().exports / f"{export_id}{run}.ndjson.gz"
