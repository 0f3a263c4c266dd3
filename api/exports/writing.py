"""Writing exports: page after page of a list, all from one view of the database, into a file.

One at a time in each process: an export holds a connection of the reader pool for as long as it takes.
"""

import asyncio
import os
import zlib
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import asyncpg
import orjson
import strawberry

from api.exports.paging import PageError, fetch_page, parse_export_query, without_charge
from api.reads.context import Context
from api.reads.snapshot import Snapshot
from records.changes.jobs import Kind, Lease
from records.core import events
from records.core.errors import ValidationFailed
from records.delivery import exports

PAGE: Final = 1000


def kind(pool: "asyncpg.Pool[asyncpg.Record]", schema: strawberry.Schema) -> Kind:
    """How exports are written: one at a time in each process, with a connection of `pool`."""
    return Kind(partial(run, pool, schema), tries=exports.TRIES, given_up=exports.given_up)


async def run(pool: "asyncpg.Pool[asyncpg.Record]", schema: strawberry.Schema, lease: Lease) -> None:
    """Writes one export. What is wrong with the query ends it; any other fault is raised."""
    job = await exports.begin(lease)
    if job is None:
        return
    with _File(job.path) as file:
        try:
            await _write(job, lease, pool, schema, file)
        except (PageError, ValidationFailed) as error:
            # What could be requested then cannot be now: a scope, an area or the schema has changed since.
            await exports.fail(lease, error.code)
        else:
            await exports.finish(lease, job, digest=await asyncio.to_thread(file.close))


async def _write(
    job: exports.Work,
    lease: Lease,
    pool: "asyncpg.Pool[asyncpg.Record]",
    schema: strawberry.Schema,
    file: "_File",
) -> None:
    """Writes the list page by page, and reports how many records it holds so far."""
    request, rows, after = orjson.loads(job.request), 0, None
    list_ = parse_export_query(request["query"], schema._schema)  # noqa: SLF001 - Strawberry does not show it
    async with Snapshot(pool, long_lived=True) as snapshot:
        context = without_charge(Context(job.actor, job.export.language, events.request_id(), snapshot))
        while True:
            found = await fetch_page(schema, list_, request["variables"], context, first=PAGE, after=after)
            await asyncio.to_thread(file.add, found.records)
            rows, after = rows + len(found.records), found.after
            await lease.report(rows)
            if after is None:
                return


class _File:
    """A gzip file of lines that only this service may read. The same lines give the same bytes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._gzip = zlib.compressobj(1, wbits=31)
        self._digest = sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, records: list[Any]) -> None:
        """Writes each record as a line of JSON."""
        lines = b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
        self._write(self._gzip.compress(lines))

    def close(self) -> str:
        """Ends the file, so that it outlasts a power cut; gives its SHA-256 in hexadecimal."""
        self._write(self._gzip.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._digest.hexdigest()

    def _write(self, compressed: bytes) -> None:
        self._digest.update(compressed)
        self._file.write(compressed)
