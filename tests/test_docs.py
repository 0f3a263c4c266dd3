"""The docs that are made from the code are the code's."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from records.core.actor import Scope
from records.core.rights import GIVES, Right
from records.delivery.feed import FOLLOWED
from tests import proofs_ran
from tests.api.test_access import ROOTS

ROOT = Path(__file__).parents[1]
# Those of ASVS 5.0 that a reviewer looks for first.
ASVS = """
1.2.1 1.2.4 1.3.6 2.2.1 2.3.3 2.3.4 2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6
3.5.1 3.5.3 4.1.1 4.1.3 4.3.1 4.3.2 6.2.1 6.2.4 6.2.9 6.2.12 6.3.1 6.3.3 6.5.1 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2
7.4.5 7.5.1 8.2.1 8.2.2 8.2.3 8.3.1 8.4.1 11.3.3 11.4.2 13.4.2 13.4.5 14.2.1 14.3.2 15.3.1 15.3.3 16.2.5
16.3.2 16.4.1 16.5.1 16.5.3
"""


def test_the_tables_in_the_docs_are_those_of_the_code() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/tables.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_link_in_the_docs_leads_somewhere() -> None:

    broken = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("records/**/*.md")]:
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        broken += [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert broken == []


def test_every_file_that_the_page_on_security_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:admin|api|commands|edge|records|scripts|tests)/[\w./]+)`", page))
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_docs_name_the_scopes_of_every_root_field() -> None:
    page = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
    rows = [
        (set(re.findall(r"`(\w+:\w+)`", scopes)), set(re.findall(r"`(\w+)`", fields)))
        for scopes, fields in re.findall(r"^\| (`\w+:\w+`.*?) \| (.*) \|$", page, re.MULTILINE)
    ]
    told = {(scope, field) for scopes, fields in rows for scope in scopes for field in fields}
    for field, (right, _) in ROOTS["Query"].items():
        # Every scope gives areas, and says so in a sentence.
        if right is not None and right is not Right.AREAS_READ:
            assert {scope for scope, name in told if name == field} == {
                scope.value for scope, rights in GIVES.items() if right in rights
            }, field
    assert {scope.value for scope in Scope} <= set(re.findall(r"`(\w+:\w+)`", page))


def test_docs_name_the_scope_of_every_mutation() -> None:
    page = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| `(\w+:\w+)` \|", page, re.MULTILINE))
    for field, (right, _) in ROOTS["Mutation"].items():
        assert right is not None
        assert right in GIVES[Scope(told[field])], field


def test_docs_name_every_type_of_webhooks() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| `type` \| (.*) \|$", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+\.\w+)`", row)) == {f"{noun}.changed" for noun in FOLLOWED} | {
        "webhook.test"
    }


def functions(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_every_test_that_is_named_as_a_proof_is_there() -> None:
    missing = []
    for name in proofs_ran.named():
        path, _, function = name.partition("::")
        there = (ROOT / path).is_file() and function in functions(ROOT / path)
        missing += [] if there and Path(path).name.startswith("test_") else [name]
    assert len(proofs_ran.named()) > 100
    assert missing == []


def test_every_requirement_of_the_table_has_a_proof_and_stands_once() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = page.partition("### Met, and proven")[2].partition("###")[0]
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.*)$", table, re.MULTILINE)
    numbers = [number for number, _ in rows]
    assert sorted(set(numbers)) == sorted(numbers)
    proven = {number for number, row in rows if re.search(r"`tests/[\w/]+\.py::test_\w+`", row)}
    assert set(ASVS.split()) <= proven
    assert proven == set(numbers)


PROJECT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from records.core.actor import Scope
from records.core.rights import GIVES, Right
from records.delivery.feed import FOLLOWED
from tests import proofs_ran
from tests.api.test_access import ROOTS
from tests.proofs_ran import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary
proofs_ran.read(Path(__file__).parents[1] / "security.md")
"""
NAMED = "tests/test_it.py::test_one"


@pytest.mark.parametrize(
    ("tests", "arguments", "fails"),
    [
        ("def test_one(): pass", (), False),
        ("def test_two(): pass", (), True),
        ("import pytest\n@pytest.mark.skip\ndef test_one(): pass", (), True),
        (
            "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_one(x): x == 2 and pytest.skip()",
            (),
            True,
        ),
        ("import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_one(x): pass", (), False),
        ("def test_two(): pass\ndef test_one(): pass", ("-k", "two"), False),
        ("def test_two(): pass", ("tests/test_it.py",), False),
    ],
    ids=["ran", "missing", "skipped", "one of two skipped", "both ran", "a part by -k", "a part by path"],
)
def test_a_run_of_everything_fails_when_a_proof_did_not_run(
    tmp_path: Path, tests: str, arguments: tuple[str, ...], fails: bool
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "security.md").write_text(f"| 1.2.1 | `{NAMED}` |", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n", encoding="utf-8")
    (tmp_path / "tests" / "conftest.py").write_text(PROJECT.format(root=str(ROOT)), encoding="utf-8")
    (tmp_path / "tests" / "test_it.py").write_text(tests, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, NAMED in done.stdout) == (int(fails), fails), done.stdout


def test_no_threat_stands_twice_in_the_security_page() -> None:
    rows = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    heads = {number - 1 for number, row in enumerate(rows) if row.startswith("|---")}
    named = [
        tuple(row.split("|")[1:3])
        for number, row in enumerate(rows)
        if row.startswith("| ") and number not in heads
    ]
    assert [row for row, times in Counter(named).items() if times > 1] == []
