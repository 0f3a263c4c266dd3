"""A worker in a process of its own, which stops at SIGTERM.

python -m tests.records.changes.jobs.process URL FOLDER

It writes a line into a file for each job that it starts, and waits before the effect while a file `hold` is
there. The effect is a number that each of them raises by one.
"""

import asyncio
import signal
import sys
from pathlib import Path

from tortoise.connection import get_connection

from records.changes.jobs import Kind, Lease, Worker, scheduled
from records.database.connect import connect_database
from tests.background import until

EFFECT = """
INSERT INTO counters AS held (series, number) VALUES ($1, 1)
ON CONFLICT (series) DO UPDATE SET number = held.number + 1"""


def kinds(folder: Path) -> dict[str, Kind]:
    """A kind of job with an effect in the database, and a schedule."""

    async def released() -> bool:
        return not (folder / "hold").exists()

    async def run(lease: Lease) -> None:
        note(folder / "started", str(lease.job.arguments["number"]))
        await until(released)
        async with lease.storing():
            await get_connection("default").execute_query(EFFECT, [f"job {lease.job.arguments['number']}"])
            await lease.finish()

    async def tick() -> int:
        note(folder / "ticks", "tick")
        return 1

    return {"effect": Kind(run, at_once=4), "tick": scheduled(tick, every=3600)}


def note(path: Path, line: str) -> None:
    """Appends a line, in one go."""
    with path.open("a", buffering=1) as file:
        file.write(f"{line}\n")


def noted(path: Path) -> list[str]:
    """The lines so far."""
    return path.read_text().splitlines() if path.exists() else []


async def main(url: str, folder: Path) -> None:
    async with connect_database(url, max_size=4):
        working = asyncio.ensure_future(Worker(kinds(folder)).run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
        await asyncio.wait({working})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
