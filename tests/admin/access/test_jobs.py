from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.changes import jobs
from records.core.actor import Role
from records.core.dates import now
from records.core.identifiers.ids import uuid7
from records.tables import AuditEntry, Export, Job
from records.tables.changes.jobs import JobState
from tests.admin.forms import send
from tests.admin.places import export_job

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_jobs_are_listed_by_state_with_their_error(staff_client: SignIn) -> None:
    moment = now()
    await Job.create(
        kind="mau-hong", state=JobState.FAILED, error="MAU_LOI", due_at=moment, finished_at=moment
    )
    await jobs.enqueue("mau-cho", {})
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    failed = (await client.get("/admin/jobs?state=FAILED")).text
    assert "mau-hong" in failed
    assert "MAU_LOI" in failed
    assert "mau-cho" not in failed
    assert "mau-cho" in (await client.get("/admin/jobs")).text
    assert (await client.get("/admin/jobs?state=x")).status_code == 422


async def test_jobs_hide_exports_of_partners_elsewhere(staff_client: SignIn) -> None:
    await jobs.enqueue("export", {"export": str(uuid7())})
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    assert ">Export" not in (await client.get("/admin/jobs")).text.partition("<tbody>")[2]


async def test_jobs_are_named_in_words(staff_client: SignIn) -> None:
    for kind in ("cleaning", "metrics.fold"):
        await jobs.enqueue(kind, {})
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    page = (await client.get("/admin/jobs")).text
    assert "Updating metrics" in page
    assert "metrics.fold" not in page


async def ended(state: JobState, kind: str = "cleaning") -> Job:
    moment = now()
    error = "MAU_LOI" if state is JobState.FAILED else ""
    return await Job.create(
        kind=kind, state=state, error=error, attempts=3, due_at=moment, finished_at=moment
    )


@pytest.mark.parametrize("kind", ["cleaning", "metrics.fold", "mau-cho"])
async def test_job_of_installation_is_never_cancelled(staff_client: SignIn, kind: str) -> None:
    job_id = await jobs.enqueue(kind, {})
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    path = f"/admin/jobs/{job_id}/cancellation"
    assert path not in (await client.get("/admin/jobs")).text
    assert (await client.get(path)).status_code == 409
    assert (await send(client, path, {}, at="/admin/jobs")).status_code == 409
    assert (await Job.get(id=job_id)).state is JobState.WAITING


async def test_export_is_not_cancelled_when_partner_is_elsewhere(staff_client: SignIn) -> None:
    job_id = await export_job("30244")
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    path = f"/admin/jobs/{job_id}/cancellation"
    assert (await client.get(path)).status_code == 404
    assert (await send(client, path, {}, at="/admin/jobs")).status_code == 404
    assert (await Job.get(id=job_id)).state is JobState.WAITING


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
async def test_ended_job_runs_again_when_retried(staff_client: SignIn, state: JobState) -> None:
    job = await ended(state)
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    path = f"/admin/jobs/{job.id}/retry"
    assert path in (await client.get("/admin/jobs")).text
    assert (await send(client, path, {})).status_code == 303
    again = await Job.get(id=job.id)
    assert (again.state, again.attempts, again.error, again.finished_at) == (JobState.WAITING, 0, "", None)
    entry = await AuditEntry.get(noun="job")
    assert (entry.row_id, entry.action, entry.after) == (job.id, "jobs.retry", {"kind": job.kind})
    assert (await send(client, path, {})).status_code == 409
    auditor = await staff_client(Role.AUDITOR, "29905")
    assert "Background job" in (await auditor.get("/admin/audit?noun=job")).text


async def test_export_is_cancelled_and_never_retried(staff_client: SignIn) -> None:
    job_id = await export_job("29905")
    client = await staff_client(Role.ADMINISTRATOR, "29905")
    assert (await send(client, f"/admin/jobs/{job_id}/cancellation", {})).status_code == 303
    path = f"/admin/jobs/{job_id}/cancellation"
    assert (await send(client, path, {}, at="/admin/jobs")).status_code == 409
    export = await Export.get(job_id=job_id)
    assert (export.request, export.data_key) == (None, None)
    assert f"{job_id}/retry" not in (await client.get("/admin/jobs")).text
    assert (await send(client, f"/admin/jobs/{job_id}/retry", {})).status_code == 409
