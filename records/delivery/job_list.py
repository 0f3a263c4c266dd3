"""The background jobs that somebody may see, cancel and retry."""

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

CANCEL: Final = "jobs.cancel"
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
    """Whether the job is unfinished."""
    return job.state in {JobState.WAITING, JobState.RUNNING}


def can_retry(job: Job) -> bool:
    """Whether the job ended without success; the request of an export is destroyed with its end."""
    return job.state in {JobState.FAILED, JobState.CANCELLED} and job.kind != exports.JOB


async def cancel(job_id: UUID, *, by: Actor) -> None:
    """Ends an unfinished job; a scheduled one stays ended until somebody retries it or a process starts.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with transaction():
        job = await find(job_id, by=by)
        if job.kind == exports.JOB:
            await exports.cancel_export(await Export.get(job_id=job.id), by=by)
        elif await jobs.cancel(job.id):
            await _record(job, CANCEL, by=by)
        else:
            raise Conflict("This job has already ended.")


async def retry(job_id: UUID, *, by: Actor) -> None:
    """Lets a job run again that failed or was cancelled.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with transaction():
        job = await find(job_id, by=by)
        if job.kind == exports.JOB or not await jobs.retry(job.id):
            raise Conflict("Only a job that failed or was cancelled runs again, and no export.")
        await _record(job, RETRY, by=by)


async def _record(job: Job, action: str, *, by: Actor) -> None:
    await audit("job", job.id, by=by, action=action, before=None, after={"kind": job.kind})
