"""The programs on the guide's page: taken out of its HTML, put into files, run as an integrator would."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.guide.page import LANGUAGES
from api.guide.tasks import TASKS, ProgramKind, Task
from scripts.node_packages import PACKAGES, node

BY_NAME = {task.name: task for task in TASKS}
_SUFFIX = {"bash": "sh", "python": "py", "typescript": "ts"}
_STRICT = {
    "compilerOptions": {
        "strict": True,
        "noUncheckedIndexedAccess": True,
        "noUnusedLocals": False,
        "target": "es2022",
        "lib": ["es2023"],
        "module": "nodenext",
        "types": ["node"],
    }
}


class _Code(HTMLParser):
    """Gathers the text of each <pre> with an id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._in = dict(attrs).get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.found[self._in] = self.found.get(self._in, "") + data


def code_of(html: str) -> dict[str, str]:
    """The code on the page, as somebody copies it: by task and language, such as `tips-python`."""
    parser = _Code()
    parser.feed(html)
    return parser.found


@dataclass(frozen=True)
class Programs:
    """The folder of the programs, and the address that they call."""

    folder: Path
    address: str

    def of(self, name: str, language: str) -> Path:
        return self.folder / f"{name}.{_SUFFIX[language].replace('ts', 'js')}"


@pytest.fixture(scope="session")
async def programs(live: str, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """All programs of the page, as it is served in Vietnamese."""
    async with httpx.AsyncClient(base_url=live) as client:
        page = await client.get("/docs")
    # The service of the tests says another address than the one at which it runs here.
    text = page.text.replace("http://127.0.0.1:8000", live)
    return await _written(text, tmp_path_factory.mktemp("guide"), live)


async def _written(html: str, folder: Path, address: str) -> Programs:
    """The programs of the page, each with its setup; TypeScript is checked and compiled, all in one go."""
    code = code_of(html)
    for language, suffix in _SUFFIX.items():
        for task in TASKS:
            text = f"{code[f'setup-{language}']}\n\n{code[f'{task.name}-{language}']}\n"
            (folder / f"{task.name}.{suffix}").write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text(json.dumps(_STRICT))
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    compiler = PACKAGES / "node_modules" / "typescript" / "bin" / "tsc"
    process = await asyncio.create_subprocess_exec(
        *(node(), str(compiler), "--project", str(folder), "--pretty", "false"),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return Programs(folder, address)


@asynccontextmanager
async def running(program: Path, key: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that runs in a folder with nothing but the key in its environment; ended at the end."""
    runs = {".sh": "bash", ".py": sys.executable, ".js": node(), ".mjs": node()}[program.suffix]
    process = await asyncio.create_subprocess_exec(
        *(runs, str(program)),
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "KETNOI_KEY": key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            # With what it started.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def run(program: Path, key: str, folder: Path) -> tuple[int, str, str]:
    """How a program ended, and what it printed to both sides."""
    async with running(program, key, folder) as process, asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def answers(programs: Programs, name: str, key: str, folder: Path) -> dict[str, Any]:
    """What each language makes of a task, run one after the other; told in one form."""
    found = {}
    for language in LANGUAGES:
        own = folder / language
        own.mkdir(exist_ok=True)
        code, out, err = await run(programs.of(name, language), key, own)
        assert (code, err) == (0, ""), (language, out, err)
        found[language] = _told(BY_NAME[name], language, [json.loads(line) for line in out.splitlines()])
    return found


def same(found: dict[str, Any]) -> Any:
    """What all languages found."""
    one = found["python"]
    assert found == dict.fromkeys(LANGUAGES, one)
    return one


def _told(task: Task, language: str, lines: list[Any]) -> Any:
    """What a program told; curl shows whole answers, the others what matters of them."""
    if language != "bash":
        return lines if task.kind in {ProgramKind.WALK, ProgramKind.EXPORT} else next(iter(lines), None)
    match task.kind:
        case ProgramKind.IDEMPOTENCY:
            return lines[0]["data"]
        case ProgramKind.WALK:
            return [node for line in lines for node in line["data"][task.root]["nodes"]]
        case ProgramKind.CHANGE | ProgramKind.REPORT:
            return lines[0]["data"][task.root]
        case ProgramKind.EXPORT:
            return lines
        case _:
            return None
