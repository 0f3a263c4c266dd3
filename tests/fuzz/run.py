"""`make fuzz`: Schemathesis against `ketnoi run` on demonstration records, in two passes.

The first sends whatever fits the schema: a wrong value has to be refused as such, nothing may fail inside.
The second knows more of strings and numbers than the schema says (a code exists, a page has a size), so all
that it sends has to be answered without an error. Before both it has to find a fault that was put there.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from api.schema.assembly import text
from records.access import partners
from records.core.actor import system_actor
from records.core.errors import ProblemCode
from records.core.settings import Settings, installation
from records.database import embedded
from records.database.connect import connect_database
from records.tables import Partner

SCHEMATHESIS: Final = Path(sys.prefix) / "fuzz" / "bin" / "schemathesis"
HOOKS: Final = Path(__file__).with_name("hooks.py")

# Arguments and input fields whose type says less than their description, with values that are right.
KNOWN: Final[dict[str, list[object]]] = {
    "Nothing": [None],
    "PageSize": [None, 1, 2, 50, 100],
    "Most": [1, 2, 1000, 10_000],
    "MostAreas": [1000, 10_000],
    "AreaCode": ["82", "877", "867", "30244", "29905", "82@2024-12-31"],
    "IndicatorCode": ["tips.received", "groups.active"],
    "CategoryCode": ["THEFT", "STRANGERS"],
    "Geography": [None, "2024-12-31", "2025-07-01"],
    "FirstMonth": ["2024-01", "2025-06"],
    "LastMonth": ["2025-07", "2026-11"],
}
_TYPES: Final = (
    # Paging: forward, from the start. Cursors and paging backward have tests of their own.
    (r"\b(after|before|last): (String|Int)\b", r"\1: Nothing"),
    (r"\bfirst: Int\b", "first: PageSize"),
    (r"\bupTo: Int!", "upTo: Most!"),
    (r"\bmostAreas: Int!", "mostAreas: MostAreas!"),
    (r"\b(area|parent): String\b", r"\1: AreaCode"),
    (r"(  area\(\n(?:.*\n){1,4}?    code: )String!", r"\1AreaCode!"),
    # One: a list may be empty, and then there is nothing to ask.
    (r"\bindicators: \[String!\]!", "indicators: IndicatorCode!"),
    (r"\bcategory: String!", "category: CategoryCode!"),
    (r"\bgeography: Date\b", "geography: Geography"),
    (r"\bfrom: Month!", "from: FirstMonth!"),
    (r"\bto: Month!", "to: LastMonth!"),
)
_SERVICE: Final = "from commands import main; main(['run'])"
# Met by every search that holds a letter which is not ASCII.
_FAULTY: Final = """
from api.reads import filters
from records.core.search import tsquery
def faulty(text, *, prefix):
    if any(ord(letter) > 127 for letter in text):
        raise ValueError("planted")
    return tsquery(text, prefix=prefix)
filters.tsquery = faulty
"""


def informed(schema: str) -> str:
    """The schema with scalars in the place of strings and numbers of which more is known."""
    for pattern, type_ in _TYPES:
        schema, found = re.subn(pattern, type_, schema)
        if not found:
            raise ValueError(f"nothing in the schema is like {pattern}")
    return "\n".join([schema, *(f"scalar {name}" for name in KNOWN)])


def main() -> int:
    """Find the planted fault, then run both passes; the exit code is that of the first that fails."""
    given = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    given.add_argument("--examples", type=int, default=1000, help="how many for each operation")
    given.add_argument("--only", help="a regular expression of operations, such as ^Query.tips$")
    asked = given.parse_args()
    known = informed(text())
    with _service(_FAULTY + _SERVICE) as (url, key):
        # In the second way: in the first, most of what is asked is refused before it comes so far.
        if _pass(url, key, "--include-name=Query.groups", examples=100, schema=known) != 1:
            raise SystemExit("The planted fault was not found: what follows would prove nothing.")
    sys.stdout.write("The planted fault was found, as it should be. From here on nothing may be found.\n")
    sys.stdout.flush()
    only = [f"--include-name-regex={asked.only}"] if asked.only else []
    with _service(_SERVICE) as (url, key):
        return _pass(url, key, *only, examples=asked.examples) or _pass(
            url, key, *only, examples=asked.examples, schema=known
        )


def _pass(url: str, key: str, *arguments: str, examples: int, schema: str | None = None) -> int:
    """Run Schemathesis once, and give its exit code; with a `schema` of ours no answer may be an error."""
    endpoint = f"{url}/graphql"
    command: list[str | Path] = [SCHEMATHESIS, "run", *arguments, f"--header=Authorization: Bearer {key}"]
    command += ["--phases=fuzzing", "--request-timeout=30", "--warnings=off", "--continue-on-failure"]
    command += [f"--max-examples={examples}"]
    known = KNOWN if schema else {}
    with TemporaryDirectory(prefix="ketnoi-fuzz-") as folder:
        if schema is None:
            command += [endpoint, "--exclude-checks=positive_data_acceptance"]
        else:
            path = Path(folder) / "informed.graphql"
            path.write_text(schema, encoding="utf-8")
            command += [path, f"--url={endpoint}", "--mode=positive"]
        environment = {
            "SCHEMATHESIS_HOOKS": str(HOOKS),
            "KETNOI_FUZZ_KNOWN": json.dumps(known),
            "KETNOI_FUZZ_CODES": json.dumps([*ProblemCode]),
        }
        return subprocess.run(command, env=os.environ | environment, cwd=folder, check=False).returncode


@contextmanager
def _service(program: str) -> Iterator[tuple[str, str]]:
    """A Python program that is `ketnoi run`, on an empty folder: its address, and a key with every scope."""
    with TemporaryDirectory(prefix="ketnoi-fuzz-") as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        data, printed = Path(folder, "data"), Path(folder, "printed")
        environment = os.environ | {"KETNOI_DATA_DIR": str(data), "PORT": str(port)}
        environment.pop("DATABASE_URL", None)
        url = f"http://127.0.0.1:{port}"
        with printed.open("wb") as out:
            service = subprocess.Popen(
                [sys.executable, "-c", program], env=environment, stdout=out, stderr=out
            )
        try:
            while not _ready(url):
                if service.poll() is not None:
                    raise SystemExit(printed.read_text(encoding="utf-8"))
                time.sleep(0.5)
            demo = json.loads((data / "demo.json").read_text(encoding="utf-8"))
            installation.use(Settings(data, "127.0.0.1", port))
            with embedded.running(data, shared=True) as database:
                asyncio.run(_allow_most(database))
            yield url, demo["partners"][0]["key"]
        finally:
            service.terminate()
            service.wait()


async def _allow_most(database: str) -> None:
    """A budget that what comes does not spend: how it is spent has tests of its own."""
    async with connect_database(database, max_size=1):
        most = {"limit": partners.MAX_LIMIT, "restore": partners.MAX_REFILL}
        for row in await Partner.all():
            await partners.set_allowance(
                row.id, **most, expected_version=row.version, by=system_actor("fuzz")
            )


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    sys.exit(main())
