"""An export is written once, whatever becomes of its worker, and is gone in time."""

from hashlib import sha256
from typing import Any

import httpx
import pytest

from api.exports import writing
from records.changes.jobs import Worker
from records.core.actor import Scope, system_actor
from records.core.dates import now
from records.core.errors import Conflict
from records.delivery import exports
from records.tables import AuditEntry, Export, Job, Partner
from records.tables.changes.jobs import JobState
from tests.api.exports.support import SHOWN, Reading, fetched, kinds, started, written
from tests.api.support import Ask, add_group
from tests.background import end_waits, run_due


async def test_export_fails_when_partner_loses_rights_while_waiting(
    ask: Ask, reading: Reading, pool: Any
) -> None:
    key = await reading()
    await started(ask, key=key)
    await Partner.all().update(scopes=["exports:run", "areas:read"])
    await run_due(kinds(pool))
    row, job = await Export.get(), await Job.get()
    assert (job.state, job.error, row.request, row.data_key) == (JobState.FAILED, "FORBIDDEN", None, None)

    await Export.all().delete()
    await Job.all().delete()
    await Partner.all().update(scopes=[scope.value for scope in Scope])
    await started(ask, key=key)
    await Partner.all().update(active=False)
    await run_due(kinds(pool))
    assert (await Job.get()).error == "FORBIDDEN"
    assert (await Export.get()).request is None


async def test_export_is_written_once_when_its_worker_was_slow(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    await add_group("Tổ mẫu")
    key = await reading()
    begun = await started(ask, key=key)
    slow = await Worker(kinds(pool)).claim()
    assert slow is not None
    await end_waits()
    await run_due(kinds(pool))
    row = await Export.get()

    await Worker(kinds(pool)).work(slow)

    await row.refresh_from_db()
    shown = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]
    answer = await fetched(api, shown["path"], key)
    assert shown["digest"] == row.digest == sha256(answer.content).hexdigest()
    await exports.clear()
    assert [path.name for path in exports.file(row.id).parent.iterdir()] == [exports.file(row.id).name]


async def test_export_fails_when_every_attempt_failed(
    ask: Ask, reading: Reading, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(writing, "_write", failing)
    key = await reading()
    begun = await started(ask, key=key)
    for _try in range(exports.TRIES):
        await end_waits()
        assert await run_due(kinds(pool)) == 1
    shown = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]
    assert (shown["state"], shown["error"], shown["path"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert (await Export.get()).request is None


@pytest.mark.parametrize("claimed", [False, True])
async def test_export_fails_and_is_forgotten_when_cancelled(
    ask: Ask, reading: Reading, pool: Any, claimed: bool
) -> None:
    key = await reading()
    begun = await started(ask, key=key)
    working = Worker(kinds(pool))
    lease = await working.claim() if claimed else None
    partner = await Partner.get()
    await exports.cancel(partner.id, by=system_actor("test"))
    if lease is not None:
        await working.work(lease)
    assert await run_due(kinds(pool)) == 0

    shown = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]
    assert (shown["state"], shown["error"], shown["path"]) == ("FAILED", "CANCELLED", None)
    row = await Export.get()
    assert (row.request, row.data_key) == (None, None)
    assert await AuditEntry.filter(row_id=row.id, actor_name="test").count() == 1
    with pytest.raises(Conflict):
        await exports.cancel(partner.id, by=system_actor("test"))
    assert (await started(ask, key=key))["problems"] == []


async def test_export_file_expires_before_its_row(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    key = await reading()
    shown = await written(ask, pool, key=key)
    await Job.all().update(finished_at=now() - exports.RETENTION)
    assert (await fetched(api, shown["path"], key)).status_code == 404
    await exports.clear()
    assert not exports.file((await Export.get()).id).exists()
    await Job.all().update(finished_at=now() - 3 * exports.RETENTION)
    await exports.clear()
    assert not await Export.exists()


async def test_export_query_is_sealed_and_erased_when_written(ask: Ask, pool: Any) -> None:
    query = '{ groups(filter: {search: "Nguyễn Thị Mẫu"}) { nodes { code } } }'
    await started(ask, query)
    row = await Export.get()
    assert row.request is not None
    assert "Mẫu".encode() not in row.request
    await run_due(kinds(pool))
    row = await Export.get()
    assert (row.request, row.data_key) == (None, None)
