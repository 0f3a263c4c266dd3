"""The command line as an operator types it: a process of its own, on a database of its own.

Each is forked from a process that has imported the program already: importing takes longer than a command.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from commands import main

Ketnoi = Callable[..., Awaitable[tuple[int, str]]]

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "records.access.partners", "records.access.staff"])


@pytest.fixture
def ketnoi(fresh_database: str, tmp_path: Path) -> Ketnoi:
    """Runs `ketnoi` on a fresh database; gives the exit code and what it printed."""
    read, printed = tmp_path / "stdin", tmp_path / "stdout"

    async def run(*words: str, typed: str = "", url: str = fresh_database) -> tuple[int, str]:
        read.write_text(typed, encoding="utf-8")
        environment = {**os.environ, "DATABASE_URL": url}
        process = _FORKS.Process(target=_command, args=(words, environment, read, printed))
        process.start()
        await asyncio.to_thread(process.join)
        assert process.exitcode is not None
        return process.exitcode, printed.read_text(encoding="utf-8")

    return run


def _command(words: Sequence[str], environment: Mapping[str, str], read: Path, printed: Path) -> None:
    """Does what the installed script does, from one file into another."""
    os.environ.clear()
    os.environ.update(environment)
    with read.open("rb") as given, printed.open("wb") as told:
        for file, descriptor in ((given, 0), (told, 1), (told, 2)):
            os.dup2(file.fileno(), descriptor)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - until the process ends
    main(words, "ketnoi")
