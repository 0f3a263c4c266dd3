from collections.abc import Awaitable, Callable

import httpx

from records.changes import jobs
from records.core.actor import Role
from records.core.dates import now
from records.core.identifiers.ids import uuid7
from records.tables import Job
from records.tables.changes.jobs import JobState

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
