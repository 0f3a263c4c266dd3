"""Exports a long list of tips and measures the memory of the process that writes it.

python -m tests.export --tips 1000000

It ends with 1 when the file is not the list, each tip once and in its order; when the digest is not that of
the file; and when the second half of the writing takes more memory than the first, but for `SPARE` MiB.
"""

import argparse
import asyncio
import gzip
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

import orjson
import psutil

from api.exports import writing
from api.schema.assembly import schema
from commands._database import migrate
from records.core.actor import Scope
from records.core.settings import installation
from records.database import embedded
from records.delivery import exports
from records.tables import Export, Job
from tests.background import run_due
from tests.service import Service, serving
from tests.walk import Wrong, fill, new_key, tell, whole

SPARE: Final = 16
"""What an allocator may take more, in MiB; a million records of this list are some hundred times as much."""

_START: Final = (
    """mutation($query: String!) { startExport(input: {query: $query}) { problems { message } } }"""
)
_LIST: Final = (
    "{ tips(orderBy: CODE) { nodes { code title status receivedAt area { code name } category { code } } } }"
)


async def export(service: Service, folder: Path) -> list[tuple[int, float]]:
    """Exports every tip of Đồng Tháp; gives how much memory was taken, in MiB, by how many rows.

    Raises `Wrong` where the file is not what is there.
    """
    usual = installation.settings()
    installation.use(replace(usual, data_dir=folder, key_path=usual.key_file))
    headers = {"Authorization": f"Bearer {await new_key(Scope.EXPORTS_RUN)}"}
    body = {"query": _START, "variables": {"query": _LIST}}
    answer = (await service.client.post("/graphql", json=body, headers=headers)).json()
    row = await Export.get_or_none()
    if row is None:
        raise Wrong(answer)
    taken: list[tuple[int, float]] = []
    watching = asyncio.create_task(_watch(taken))
    await run_due({exports.JOB: writing.kind(service.app.state.services.reader, schema)})
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await row.refresh_from_db()
    path = exports.file(row.id)
    packed = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            packed.update(part)
    if packed.hexdigest() != row.digest:
        raise Wrong(f"the digest is {row.digest}, and should be {packed.hexdigest()}")
    with gzip.open(path) as lines:
        met = [orjson.loads(line)["code"] for line in lines]
    if met != await whole(service.owner, "CODE"):
        raise Wrong(f"{len(met):,} tips in the file are not those that are there, in their order")
    return [*taken, (len(met), taken[-1][1])]


async def _watch(taken: list[tuple[int, float]]) -> None:
    process = psutil.Process()
    while True:
        job = await Job.first()
        taken.append((job.progress if job else 0, process.memory_info().rss / (1 << 20)))
        await asyncio.sleep(0.2)


def check(taken: list[tuple[int, float]]) -> None:
    """Raises `Wrong` where memory grows with the rows."""
    half = taken[-1][0] / 2
    before, after = (max(mib for rows, mib in taken if (rows > half) is later) for later in (False, True))
    if after > before + SPARE:
        raise Wrong(f"{before:.0f} MiB in the first half, {after:.0f} MiB in the second")


async def _prove(url: str, count: int, folder: Path) -> None:
    await migrate(url)
    async with serving(url) as service:
        await fill(service.owner, count)
        began = monotonic()
        taken = await export(service, folder)
        tell(f"{taken[-1][0]:,} tips written and compared in {monotonic() - began:.0f} s")
        for rows, mib in taken[:: max(1, len(taken) // 10)]:
            tell(f"{rows:>11,} rows {mib:>6.0f} MiB")
        check(taken)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tips", type=int, default=1_000_000)
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), fast=True) as url:
            asyncio.run(_prove(url, given.tips, Path(folder) / "exports"))
    except Wrong as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
