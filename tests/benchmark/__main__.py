"""Times the pages of a province with 12,587 groups and 1,000,000 tips: how long until the first byte comes.

python -m tests.benchmark --data FOLDER

FOLDER (else a folder of its own that is removed again) holds the province, which is made there if it is not
there yet. A service in a process of its own answers one request at a time, over HTTP on
the loopback, to people who have signed in. It ends with 1 when the 95th percentile of a page misses its
target.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import asyncpg
import httpx

from records.core.actor import Role
from records.database import embedded
from tests.benchmark.pages import PAGES, Kind, Page
from tests.benchmark.province import AUDIT_ENTRIES, complete
from tests.benchmark.service import command, running_service

WARM_UP: Final = 5
_TIMEOUT: Final = 60


@dataclass(frozen=True)
class Timing:
    """How many milliseconds the answers to a page took until their first byte."""

    page: Page
    milliseconds: Sequence[float]

    @property
    def p50(self) -> float:
        """The median."""
        return median(self.milliseconds)

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return quantiles(self.milliseconds, n=20, method="inclusive")[-1]

    @property
    def missed(self) -> bool:
        """Whether the page has a target, and misses it."""
        return self.page.kind.target is not None and self.p95 > self.page.kind.target


async def _holds(url: str, **wanted: int) -> bool:
    """Whether each table holds so many rows."""
    connection = await asyncpg.connect(url)
    try:
        counts = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in wanted}
        return all(counts[table] >= count for table, count in wanted.items())
    finally:
        await connection.close()


async def _complete(url: str, data: Path) -> None:
    connection = await asyncpg.connect(url)
    try:
        await complete(connection, data)
    finally:
        await connection.close()


@contextmanager
def _service(data: Path, groups: int, tips: int) -> Iterator[str]:
    """The address of a service on the province, which is made before if it is not there."""
    with embedded.running(data) as url:
        environment = {**os.environ, "KETNOI_DATA_DIR": str(data), "DATABASE_URL": url}
        # The first start loads the demonstration.
        with running_service(environment):
            pass
        if not asyncio.run(_holds(url, groups=groups, tips=tips)):
            tell(f"Making {groups:,} groups and {tips:,} tips; this takes some ten minutes.")
            command(environment, "demo", "--groups", str(groups), "--tips", str(tips))
        # Written last: without them a run before this one was stopped between the two.
        if not asyncio.run(_holds(url, audit_entries=AUDIT_ENTRIES)):
            asyncio.run(_complete(url, data))
        with running_service(environment) as address:
            yield address


def sign_in(address: str, data: Path, role: Role) -> httpx.Client:
    """A client with the session of the demonstration person of `role`."""
    people = json.loads((data / "demo.json").read_text(encoding="utf-8"))["staff"]
    person = next(one for one in people if one["role"] == role)
    client = httpx.Client(base_url=address, timeout=_TIMEOUT)
    form = {"username": person["username"], "password": person["password"]}
    if client.post("/admin/sign-in", data=form).status_code != 303:
        sys.exit(f"{person['username']} cannot sign in")
    return client


def time_page(client: httpx.Client, page: Page, requests: int) -> Timing:
    """Requests a page so many times after a warm-up, each after the last."""
    path, milliseconds = _first_record(client, page.path), list[float]()
    for _ in range(WARM_UP + requests):
        began = perf_counter()
        with client.stream("GET", path) as response:
            milliseconds.append((perf_counter() - began) * 1000)
            response.read()
        if response.status_code != 200:
            sys.exit(f"{page.role} {path}: {response.status_code}")
    return Timing(page, milliseconds[WARM_UP:])


def _first_record(client: httpx.Client, path: str) -> str:
    """`path`; where it ends with a star the page of the first record in the list before it."""
    if not path.endswith("/*"):
        return path
    found = re.search(rf'href="({re.escape(path[:-1])}[0-9a-f-]{{36}})', client.get(path[:-2]).text)
    if found is None:
        sys.exit(f"no record in {path[:-2]}")
    return found[1]


def tell(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _measure(address: str, data: Path, pages: Sequence[Page], requests: int) -> list[Timing]:
    timings = []
    clients: dict[Role, httpx.Client] = {}
    tell(f"{'p50':>7}{'p95':>7}{'target':>8}  page")
    for page in pages:
        if page.role not in clients:
            clients[page.role] = sign_in(address, data, page.role)
        timing = time_page(clients[page.role], page, requests)
        timings.append(timing)
        target = "" if page.kind.target is None else str(page.kind.target)
        missed = "  MISSED" if timing.missed else ""
        tell(f"{timing.p50:>7.1f}{timing.p95:>7.1f}{target:>8}  {page.role} {page.path}{missed}")
    return timings


def summary(timings: Sequence[Timing]) -> Iterator[str]:
    """A line for each kind of page: how many meet the target, and the slowest."""
    for kind in Kind:
        of_kind = [one for one in timings if one.page.kind is kind]
        if of_kind:
            slowest = max(of_kind, key=lambda one: one.p95)
            met = sum(not one.missed for one in of_kind)
            told = "" if kind.target is None else f"{met} of {len(of_kind)} meet {kind.target} ms; "
            yield (
                f"{kind.value}: {told}the slowest is {slowest.page.role} {slowest.page.path},"
                f" {slowest.p95:.0f} ms"
            )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--groups", type=int, default=12_587)
    parser.add_argument("--tips", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--only", type=re.compile, default="", help="pages whose role and path hold this")
    given = parser.parse_args()
    pages = [page for page in PAGES if re.search(given.only, f"{page.role} {page.path}")]
    with ExitStack() as stack:
        data = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(_service(data.resolve(), given.groups, given.tips))
        timings = _measure(address, data, pages, given.requests)
    tell("")
    for line in summary(timings):
        tell(line)
    sys.exit(any(timing.missed for timing in timings))


if __name__ == "__main__":
    main()
