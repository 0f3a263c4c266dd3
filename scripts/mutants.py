"""Mutation testing of the modules on which privacy depends: every mutant must fail a test.

python -m scripts.mutants             every module of tests/mutants.toml
python -m scripts.mutants MODULE...   some of them

Exits with 1 if a mutant survives without a reason in that file, or a reason there has no survivor.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, NoReturn

import pytest

from records.database import embedded
from scripts.mutation import Mutant, Position, mutants

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = ROOT / "tests" / "mutants.toml"
_AT_ONCE: Final = 2
_OURS: Final = {"admin", "api", "commands", "edge", "records", "scripts", "server", "tests"}
_PYTEST: Final = (
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "--hypothesis-seed=0"),
    # Some libraries whose asserts pytest would rewrite are there already.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
_IMPORT_IT: Final = 99


class _Child(BaseException):
    """Raised in a forked process, with its number."""

    def __init__(self, number: int) -> None:
        self.number = number


def _run_in_forks(count: int, timeout: float) -> Iterator[tuple[int, int]]:
    """Yields the number and exit status of each child; in a child it raises `_Child`.

    A child that runs for more than `timeout` seconds is killed, because some mutants never end.
    """
    coming = iter(range(count))
    going: dict[int, tuple[int, float]] = {}
    while True:
        while len(going) < _AT_ONCE and (number := next(coming, None)) is not None:
            pid = os.fork()
            if pid == 0:
                raise _Child(number)
            going[pid] = number, time.monotonic()
        if not going:
            return
        time.sleep(0.01)
        for pid, (number, began) in list(going.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del going[pid]
                yield number, os.waitstatus_to_exitcode(status)
            elif time.monotonic() - began > timeout:
                os.kill(pid, signal.SIGKILL)


class _Loop:
    """Runs the tests, collected once: as the module is, then with each mutant in a process of its own."""

    def __init__(self, path: Path, todo: Sequence[Mutant], report: Path) -> None:
        self._path, self._todo, self._report = path, todo, report
        self._failed = report.with_suffix(".failed")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.write_text(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        todo: Sequence[Mutant | None] = [None]
        functions = [
            found
            for found in gc.get_objects()
            if type(found) is FunctionType and found.__code__.co_filename == str(self._path)
        ]
        # What is there stays shared with the children.
        gc.freeze()
        try:
            began = time.monotonic()
            if any(code for _, code in _run_in_forks(1, 600)):
                os._exit(1)
            # Enough for a machine that has something else to do meanwhile.
            timeout = 60 + 10 * (time.monotonic() - began)
            todo = self._todo
            ended = {}
            for number, code in _run_in_forks(len(todo), timeout):
                ended[number] = code
                if code:
                    # What noticed this one is likely to notice the next one, too.
                    noticed = self._failed.read_text() if self._failed.exists() else ""
                    first = [item for item in session.items if item.nodeid == noticed]
                    session.items[:] = first + [item for item in session.items if item.nodeid != noticed]
            self._report.write_text(json.dumps({"timeout": timeout, "ended": list(ended.items())}))
            os._exit(0)
        except _Child as child:
            if mutant := todo[child.number]:
                _silence()
                changed = compile(mutant.source, str(self._path), "exec")
                if not (
                    _install(functions, changed)
                    if mutant.position is Position.BODY
                    else _set(self._path, changed)
                ):
                    os._exit(_IMPORT_IT)
        return (yield)


def _install(functions: list[FunctionType], changed: CodeType) -> bool:
    """Gives each function the body that it has in `changed`, where it leans on nothing else around it."""
    bodies = dict(_bodies(changed))
    try:
        for function in functions:
            function.__code__ = bodies[function.__code__.co_qualname]
    except ValueError:
        return False
    return True


def _set(path: Path, changed: CodeType) -> bool:
    """Gives each constant of the module at `path` its value in `changed`, unless another module took it."""
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in _OURS}
    name, there = next((name, vars(module)) for name, module in ours.items() if module.__file__ == str(path))
    fresh: dict[str, object] = {"__name__": name, "__file__": str(path)}
    exec(changed, fresh)  # noqa: S102 - our own code
    for constant in set(fresh) & set(there):
        old, new = there[constant], fresh[constant]
        if isinstance(new, FunctionType | ModuleType | type) or constant.startswith("__") or new == old:
            continue
        if any(vars(module).get(constant) is old for module in ours.values() if vars(module) is not there):
            return False
        there[constant] = new
    return True


def _bodies(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            yield from _bodies(constant)


def _import_as(path: Path, source: str) -> None:
    """From now on the module at `path` is imported as if it were `source`."""
    plain = SourceFileLoader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        return compile(source, self.path, "exec") if self.path == str(path) else plain(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign] # to load mutated code


def _pytest(tests: list[str], *plugins: object) -> NoReturn:
    """Ends this process with what pytest says, which imports our own modules anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    code = 3
    try:
        code = int(pytest.main([*_PYTEST, *tests], plugins=list(plugins)))
    except BaseException:  # noqa: BLE001 - nothing may go on in a child
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _silence(output: str = os.devnull) -> None:
    to = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(to, 1)
    os.dup2(to, 2)


def _survivors(module: str, tests: list[str], every: list[Mutant], scratch: Path) -> list[Mutant]:
    """The mutants that no test notices. Raises `SystemExit` when the tests fail without any."""
    path, report, output = ROOT / module, scratch / "report.json", scratch / "output.txt"
    inside = [mutant for mutant in every if mutant.position is not Position.REST]
    report.unlink(missing_ok=True)
    try:
        list(_run_in_forks(1, 24 * 3600))
    except _Child:
        _silence(str(output))
        _pytest(tests, _Loop(path, inside, report))
    if not report.exists():
        raise SystemExit(f"{module}: its tests fail as it is:\n{output.read_text(errors='replace')[-3000:]}")
    results = json.loads(report.read_text())
    survived = [inside[number] for number, code in results["ended"] if code == 0]
    others = [mutant for mutant in every if mutant.position is Position.REST]
    others += [inside[number] for number, code in results["ended"] if code == _IMPORT_IT]
    try:
        survived += [
            others[number]
            for number, code in _run_in_forks(len(others), results["timeout"] + 10)
            if code == 0
        ]
    except _Child as child:
        _silence()
        _import_as(path, others[child.number].source)
        _pytest(tests)
    return sorted(survived, key=lambda mutant: mutant.number)


def _errors(module: str, survived: list[Mutant], reasons: list[dict[str, str]]) -> Iterator[str]:
    """Survivors without a reason, and reasons without a survivor."""
    expected = {(reason["line"], reason["change"]) for reason in reasons}
    for mutant in survived:
        if (mutant.line, mutant.change) not in expected:
            yield f"{module}:{mutant.number} {mutant.change!r} survives in {mutant.line!r}"
    for line, change in expected - {(mutant.line, mutant.change) for mutant in survived}:
        yield f"{module}: {change!r} does not survive in {line!r}"


def _import_libraries() -> None:
    """Imports what the service imports, but none of our own modules."""
    code = "import hypothesis, pytest_asyncio, pytest_cov, server, sys; print(*sys.modules)"
    results = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in results.stdout.split():
        if name.partition(".")[0] not in _OURS:
            with suppress(ImportError):
                importlib.import_module(name)


def main(modules: list[str]) -> int:
    """Tries every mutant; the number with which the command ends."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    wrong = 0
    _import_libraries()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(scratch)
        if "TEST_DATABASE_URL" not in os.environ:
            scratch.chmod(0o711)
            os.environ["TEST_DATABASE_URL"] = stack.enter_context(embedded.running(scratch, fast=True))
        for module in modules or table["modules"]:
            began = time.monotonic()
            every = mutants((ROOT / module).read_text(encoding="utf-8"))
            survived = _survivors(module, table["modules"][module], every, scratch)
            seconds = time.monotonic() - began
            print(f"{module}: {len(every)} mutants, {len(survived)} survive, {seconds:.0f} s", flush=True)
            reasons = [reason for reason in table.get("survivors", []) if reason["module"] == module]
            for found in _errors(module, survived, reasons):
                wrong += 1
                print(found, flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
