"""An export is written once, whatever becomes of its worker, and is gone in time."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx

from api.exports import writing
from api.schema import schema
from records.core.actor import Scope
from records.core.days import now
from records.delivery import exports
from records.tables import Export, Partner
from records.tables.delivery import ExportState
from tests.api.exports.support import SHOWN, Reading, fetched, started, written
from tests.api.support import Ask, add_group


async def test_what_the_partner_lost_while_it_waited_is_not_written(
    ask: Ask, reading: Reading, pool: Any
) -> None:
    key = await reading()
    await started(ask, key=key)
    await Partner.all().update(scopes=["exports:run", "areas:read"])
    work = await exports.claim()
    assert work is not None
    await writing.run(work, pool, schema)
    row = await Export.get()
    assert (row.state, row.error, row.request, row.data_key) == (ExportState.FAILED, "FORBIDDEN", None, None)

    await Export.all().delete()
    await Partner.all().update(scopes=[scope.value for scope in Scope])
    await started(ask, key=key)
    await Partner.all().update(active=False)
    assert await exports.claim() is None
    assert (await Export.get()).error == "FORBIDDEN"


async def test_a_worker_that_dies_loses_nothing(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    await add_group("Tổ mẫu")
    key = await reading()
    begun = await started(ask, key=key)
    dead = await exports.claim()
    assert dead is not None
    assert await exports.claim() is None, "it was said a moment ago that the worker lives"
    await Export.all().update(heartbeat_at=now() - exports.LONGEST_PAUSE - timedelta(seconds=1))

    alive = await exports.claim()
    assert alive is not None
    await writing.run(alive, pool, schema)
    await writing.run(dead, pool, schema)

    shown = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]
    answer = await fetched(api, shown["path"], key)
    assert shown["digest"] == sha256(answer.content).hexdigest()
    await exports.clear()
    assert [path.name for path in alive.path.parent.iterdir()] == [alive.path.name]


async def test_what_fails_again_and_again_ends(ask: Ask, reading: Reading) -> None:
    key = await reading()
    begun = await started(ask, key=key)
    for _try in range(exports.TRIES):
        assert await exports.claim() is not None
        await Export.all().update(heartbeat_at=now() - timedelta(hours=1))
    assert await exports.claim() is None
    shown = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]
    assert (shown["state"], shown["error"], shown["path"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)


async def test_the_file_is_gone_after_a_day_and_its_row_after_two(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    key = await reading()
    shown = await written(ask, pool, key=key)
    await Export.all().update(finished_at=now() - exports.KEPT)
    assert (await fetched(api, shown["path"], key)).status_code == 404
    await exports.clear()
    row = await Export.get()
    await Export.all().update(finished_at=now() - 3 * exports.KEPT)
    await exports.clear()
    assert row.state is ExportState.DONE
    assert not await Export.exists()


async def test_what_was_asked_is_sealed_while_it_waits_and_destroyed_when_it_was_read(
    ask: Ask, pool: Any
) -> None:
    query = '{ groups(filter: {search: "Nguyễn Thị Mẫu"}) { nodes { code } } }'
    await started(ask, query)
    row = await Export.get()
    assert row.request is not None
    assert "Mẫu".encode() not in row.request
    work = await exports.claim()
    assert work is not None
    assert "Nguyễn Thị Mẫu" in work.request
    await writing.run(work, pool, schema)
    row = await Export.get()
    assert (row.request, row.data_key) == (None, None)
