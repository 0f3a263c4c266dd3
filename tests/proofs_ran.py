"""A run of all tests fails unless each test that the security pages cite as a proof ran and passed.

A run of a part (paths, -k, -m) says nothing of the others; that they exist is for tests/test_docs.py.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_DOCS = ROOT / "docs"
# What commands of their own run, by their folders; `make test` leaves it to them.
APART = (("tests/canary", "tests/outage"), ("tests/browser",), ("tests/security",))
_PAGES = [_DOCS / "explanation" / "security.md", _DOCS / "reference" / "asvs.md"]
_NAMED = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")
_passed: set[str] = set()
_not_passed: set[str] = set()


def read(*pages: Path) -> None:
    """Takes the proofs from `pages` from now on."""
    _PAGES[:] = pages


def named() -> set[str]:
    """The tests that the pages name."""
    return {name for page in _PAGES for name in _NAMED.findall(page.read_text(encoding="utf-8"))}


def unproven(config: pytest.Config) -> list[str]:
    """The named tests that did not run and pass; none where only a part was to run."""
    chosen = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "collectonly", "lf", "stepwise")
    if hasattr(config, "workerinput"):
        # One of several processes knows of its own tests only.
        return []
    if any(config.getoption(name, None) for name in chosen):
        return []
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        due = {name for name in named() if not name.startswith(sum(APART, ()))}
    elif tuple(config.args) in APART:
        due = {name for name in named() if name.startswith(tuple(config.args))}
    else:
        return []
    return sorted(name for name in due if name not in _passed or name in _not_passed)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Notes what became of a test; one of several with other values counts for all."""
    name = report.nodeid.partition("[")[0]
    if report.outcome != "passed":
        _not_passed.add(name)
    elif report.when == "call":
        _passed.add(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run."""
    if unproven(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what is missing."""
    if missing := unproven(config):
        terminalreporter.section("cited as proofs in the security pages, and not proven", red=True)
        for name in missing:
            terminalreporter.write_line(name)
