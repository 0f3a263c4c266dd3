"""Logging is set up in one place, and nothing of other libraries' texts comes through it."""

import asyncio
import json
import logging
import subprocess
import sys
import warnings

from records.core.events import Event, log, log_exception
from records.core.log import configure

CANARY = "Nguyen Canary 0912345678"
NAMES = ("uvicorn.error", "asyncio", "tortoise.db_client", "py.warnings", "nobody.knows.this")


def everything() -> None:
    """Logs in every way, on purpose with a canary: what a process of its own runs, at the lowest level."""
    configure()
    logging.getLogger().setLevel(logging.DEBUG)
    for name in NAMES:
        library = logging.getLogger(name)
        library.setLevel(logging.DEBUG)
        library.debug("value %s", CANARY)
        library.error(f"Traceback {CANARY}")
        library.error("%d", CANARY)  # an error of formatting prints its arguments
        try:
            raise LookupError(CANARY)
        except LookupError as error:
            library.exception(CANARY, extra={"x": CANARY})
            log_exception(error)
    warnings.warn(CANARY, stacklevel=1)
    log(Event.SIGN_IN_FAILED, step=CANARY + "é")

    async def forgotten() -> None:
        raise LookupError(CANARY)

    async def forgetting() -> None:
        task = asyncio.create_task(forgotten())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(forgetting(), debug=True)


def test_log_holds_no_library_text_at_debug() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.records.core.test_log import everything; everything()"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert "anary" not in done.stderr
    assert "0912345678" not in done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line.get("logger") for line in told} >= set(NAMES)
    assert {line["kind"] for line in told if line["event"] == "fault"} == {"builtins.LookupError"}
    assert all(line["at"].endswith("Z") for line in told)
