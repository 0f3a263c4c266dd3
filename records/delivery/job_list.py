"""The background jobs that somebody may see and run again, and the exports that they may cancel."""

from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.access import partners
from records.changes import jobs
from records.changes.unit_of_work import audit, transaction
from records.core.actor import Actor
from records.core.errors import Conflict, NotFound
from records.delivery import exports, webhooks
from records.tables import Export, Job
from records.tables.changes.jobs import JobState

RETRY: Final = "jobs.retry"


def visible_to(actor: Actor) -> QuerySet[Job]:
    """The jobs of the installation, and the exports of partners that `actor` manages.

    Webhooks are on the pages of their partners. Raises `PermissionDenied`.
    """
    managed = Subquery(partners.visible_to(actor).values("id"))
    theirs = Subquery(Export.filter(partner_id__in=managed).values("job_id"))
    return Job.filter(~Q(kind__in=[exports.JOB, webhooks.JOB]) | Q(kind=exports.JOB, id__in=theirs))


async def find(job_id: UUID, *, by: Actor) -> Job:
    """A job that `by` may see. Raises `PermissionDenied` or `NotFound`."""
    job = await visible_to(by).get_or_none(id=job_id)
    if job is None:
        raise NotFound("There is no such job.")
    return job


def can_cancel(job: Job) -> bool:
    """Whether the job is an unfinished export.

    What the installation does for itself keeps records erased in time and metrics true: nobody stops it here.
    """
    return job.kind == exports.JOB and job.state in {JobState.WAITING, JobState.RUNNING}


def check_cancellable(job: Job) -> None:
    """Raises `Conflict` if the job cannot be cancelled."""
    if not can_cancel(job):
        raise Conflict("Only an export that has not ended can be cancelled.")


def can_retry(job: Job) -> bool:
    """Whether the job ended without success; the request of an export is destroyed with its end."""
    return job.state in {JobState.FAILED, JobState.CANCELLED} and job.kind != exports.JOB


async def cancel(job_id: UUID, *, by: Actor) -> None:
    """Ends an unfinished export of a partner that `by` manages.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with transaction():
        job = await find(job_id, by=by)
        check_cancellable(job)
        await exports.cancel_export(await Export.get(job_id=job.id), by=by)


async def retry(job_id: UUID, *, by: Actor) -> None:
    """Lets a job run again that failed or was cancelled, but no export.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with transaction():
        job = await find(job_id, by=by)
        if job.kind == exports.JOB or not await jobs.retry(job.id):
            raise Conflict("Only a job that failed or was cancelled runs again, and no export.")
        await audit("job", job.id, by=by, action=RETRY, before=None, after={"kind": job.kind})
