"""The view of the database for one request: what its statements raise, and what is logged of it."""

import asyncpg
import pytest
from starlette.applications import Starlette

from api.errors import QueryTimeout
from api.reads.snapshot import Snapshot
from records.database import outage
from tests.api.cost.test_work_is_paid import impatient
from tests.outage.test_log import told


@pytest.mark.parametrize("standalone", [True, False])
async def test_snapshot_logs_no_outage_when_query_is_slow(
    app: Starlette, standalone: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_log", outage._OutageLog())
    async with impatient(app), Snapshot(app.state.services.reader) as snapshot:
        with pytest.raises(QueryTimeout):
            await snapshot.fetch("SELECT pg_sleep(60)", (), standalone=standalone)
    assert told(caplog) == []


async def test_snapshot_stays_too_slow_when_query_was(app: Starlette) -> None:
    async with impatient(app), Snapshot(app.state.services.reader) as snapshot:
        for query in ("SELECT pg_sleep(60)", "SELECT 1"):
            with pytest.raises(QueryTimeout):
                await snapshot.fetch(query, ())


async def test_snapshot_repeats_error_when_query_failed(app: Starlette) -> None:
    async with Snapshot(app.state.services.reader) as snapshot:
        for query in ("SELECT 1 / 0", "SELECT 1"):
            with pytest.raises(asyncpg.DivisionByZeroError):
                await snapshot.fetch(query, ())
