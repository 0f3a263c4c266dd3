"""`make fuzz`: Schemathesis against `ketnoi run` on demonstration records, in two passes.

The first sends whatever fits the schema: a wrong value has to be refused as such, and nothing may fail
inside. The second knows more of strings and numbers than the schema says (a code is one that exists, a page has
a size), so all that it sends has to be answered without an error.
"""

import argparse
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
from typing import Any, Final

import httpx

from api.schema import text

SCHEMATHESIS: Final = Path(sys.prefix) / "fuzz" / "bin" / "schemathesis"
HOOKS: Final = Path(__file__).with_name("hooks.py")

# Arguments and input fields whose type says less than their description; with values that are right.
KNOWN: Final[dict[str, list[object]]] = {
    "Nothing": [None],
    "PageSize": [None, 1, 2, 50, 1000],
    "AreaCode": ["82", "877", "867", "30244", "29905", "01", "82@2024-12-31"],
    "IndicatorCode": ["tips.received", "groups.active"],
    "FirstMonth": ["2024-01", "2025-06"],
    "LastMonth": ["2025-07", "2026-11"],
}
_TYPES: Final = (
    # Paging: forward from the start. Cursors and paging backward have tests of their own.
    (r"\b(after|before|last): (String|Int)\b", r"\1: Nothing"),
    (r"\bfirst: Int\b", "first: PageSize"),
    (r"\barea: String\b", "area: AreaCode"),
    (r"(  area\(\n(?:.*\n){1,4}?    code: )String!", r"\1AreaCode!"),
    (r"\bindicators: \[String!\]!", "indicators: [IndicatorCode!]!"),
    (r"\bfrom: Month!", "from: FirstMonth!"),
    (r"\bto: Month!", "to: LastMonth!"),
)


def informed(schema: str) -> str:
    """The schema with scalars in the place of strings and numbers of which more is known."""
    for pattern, type_ in _TYPES:
        schema, found = re.subn(pattern, type_, schema)
        if not found:
            raise ValueError(f"nothing in the schema is like {pattern}")
    return "\n".join([schema, *(f"scalar {name}" for name in KNOWN)])


def main() -> int:
    """Run both passes; the exit code is that of the first that fails."""
    given = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    given.add_argument("--examples", type=int, default=1000, help="how many for each operation")
    given.add_argument("--only", help="a regular expression: the operations to ask, such as Query.tips")
    asked = given.parse_args()
    with TemporaryDirectory(prefix="ketnoi-fuzz-") as folder, _service(Path(folder)) as (url, key):
        path = Path(folder) / "informed.graphql"
        path.write_text(informed(text()), encoding="utf-8")
        return _pass(url, key, asked, f"{url}/graphql", "--exclude-checks=positive_data_acceptance") or _pass(
            url, key, asked, str(path), "--mode=positive", f"--url={url}/graphql", known=KNOWN
        )


def _pass(
    url: str, key: str, asked: argparse.Namespace, *arguments: str, known: dict[str, Any] | None = None
) -> int:
    """Run Schemathesis once, and give its exit code."""
    command = [SCHEMATHESIS, "run", *arguments, f"--header=Authorization: Bearer {key}"]
    command += ["--phases=coverage,fuzzing", "--request-timeout=30", "--warnings=off"]
    command += ["--continue-on-failure", f"--max-examples={asked.examples}"]
    if asked.only:
        command.append(f"--include-name-regex={asked.only}")
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(HOOKS),
        "KETNOI_FUZZ_KNOWN": json.dumps(known or {}),
    }
    return subprocess.run(command, env=environment, cwd=HOOKS.parent, check=False).returncode


@contextmanager
def _service(folder: Path) -> Iterator[tuple[str, str]]:
    """`ketnoi run` on an empty folder: its address and the key of a partner with every scope."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    data = folder / "data"
    environment = {**os.environ, "KETNOI_DATA_DIR": str(data), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    url = f"http://127.0.0.1:{port}"
    with (folder / "printed").open("wb") as printed:
        service = subprocess.Popen(
            [Path(sys.executable).with_name("ketnoi"), "run"], env=environment, stdout=printed, stderr=printed
        )
    try:
        while not _ready(url):
            if service.poll() is not None:
                raise SystemExit((folder / "printed").read_text(encoding="utf-8"))
            time.sleep(0.5)
        demo = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        yield url, demo["partners"][0]["key"]
    finally:
        service.terminate()
        service.wait()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    sys.exit(main())
