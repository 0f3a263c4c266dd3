"""The documentation agrees with the code, and with itself."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import commands
from records.core.actor import Scope
from records.core.rights import SCOPE_RIGHTS, Right
from scripts import tables
from tests import proofs_ran
from tests.api.test_access import ROOTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
THREATS = DOCS / "explanation" / "security.md"
DAILY_JOBS = DOCS / "reference" / "daily-jobs.md"
REQUIREMENTS = DOCS / "reference" / "asvs.md"
RECORDS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
GRAPHQL = (DOCS / "reference" / "graphql.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("records/**/*.md")]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
SOURCES = "admin|api|commands|deploy|docs|edge|locale|records|scripts|static|tests"
# Those of ASVS 5.0 that a reviewer looks for first.
ASVS = """
1.2.1 1.2.4 1.3.6 2.2.1 2.3.3 2.3.4 2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6
3.5.1 3.5.3 4.1.1 4.1.3 4.3.1 4.3.2 6.2.1 6.2.4 6.2.9 6.2.12 6.3.1 6.3.3 6.5.1 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2
7.4.5 7.5.1 8.2.1 8.2.2 8.2.3 8.3.1 8.4.1 11.3.3 11.4.2 13.4.2 13.4.5 14.2.1 14.3.2 15.3.1 15.3.3 16.2.5
16.3.2 16.4.1 16.5.1 16.5.3
"""


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (tables.PATH, tables.text),
        (tables.LOGGING, tables.logging_text),
        (tables.GRAPHQL, tables.graphql_text),
    ],
)
def test_generated_tables_match_code(page: Path, text: Callable[[], str]) -> None:
    assert page.read_text(encoding="utf-8") == text(), "run python -m scripts.tables"


def prose(page: Path) -> str:
    """The text of `page` without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Each link of `page` to a file of the repository: the file, and the heading in it if one is named."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if ":" not in link:
            target, _, anchor = link.partition("#")
            yield (page.parent / target).resolve() if target else page, anchor


def anchors(page: Path) -> set[str]:
    """The ids that a renderer gives to the headings of `page`."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_page
def test_links_in_docs_have_targets(page: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert broken == []


@each_page
def test_paths_named_in_docs_exist(page: Path) -> None:
    named = re.findall(rf"`((?:{SOURCES})/[\w./-]+)[`:]", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_pages_are_reached_from_start_page() -> None:
    found: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix == ".md" and page not in found:
            found.add(page)
            waiting += [target for target, _ in links(page)]
    assert {page for page in PAGES if page.is_relative_to(DOCS)} - found == set()


@each_page
def test_make_targets_named_in_docs_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


def takes(command: click.Command, arguments: list[str]) -> bool:
    """Whether `command` has the subcommands and long options among `arguments`."""
    if isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        found = command.get_command(click.Context(command), arguments[0])
        return found is not None and takes(found, arguments[1:])
    options = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    return {word.partition("=")[0] for word in arguments if word.startswith("--")} <= options


@each_page
def test_commands_named_in_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"(?:`|^|ketnoi/bin/|venv/bin/)ketnoi ([a-z-][^`\n#]*)", text, re.MULTILINE)
    assert [line for line in lines if not takes(commands.main, line.split())] == []


@each_page
def test_commands_in_docs_have_one_form(page: Path) -> None:
    assert re.findall(r"\.venv/bin/\w+", page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/README.md"])
def test_start_page_tells_the_path_of_commands(name: str) -> None:
    assert '`export PATH="$PWD/.venv/bin:$PATH"`' in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", RECORDS, ids=lambda page: page.stem)
def test_decision_record_has_its_form(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = int(page.name[:4])
    assert re.match(
        rf"# {number}\. \S.*\n\nDate: 20\d\d-\d\d-\d\d\. Status: (accepted|superseded by)\b", text
    )
    heads = re.findall(r"^## (Context|Decision|Consequences)$", text, re.MULTILINE)
    assert heads == ["Context", "Decision", "Consequences"]


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_index_lists_decision_records_without_repetition() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    titles = [page.read_text(encoding="utf-8").partition("\n")[0][2:].split(". ", 1)[1] for page in RECORDS]
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (20[\d-]+) \|", index, re.MULTILINE)
    assert [(int(number), title, name) for number, title, name, _ in rows] == [
        (number, title, page.name)
        for number, (title, page) in enumerate(zip(titles, RECORDS, strict=True), 1)
    ]


def test_glossary_has_one_sorted_row_for_each_term() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line[:1] == "|"]
    assert rows[0] == ["Term", "Tiếng Việt", "Meaning", "Not"]
    assert all(len(row) == len(rows[0]) and all(row[:3]) for row in rows)
    terms = [row[0].casefold() for row in rows[2:]]
    assert terms == sorted(set(terms))


def test_graphql_page_names_scopes_of_each_field() -> None:
    rows = [
        (set(re.findall(r"`(\w+:\w+)`", scopes)), set(re.findall(r"`(\w+)`", fields)))
        for scopes, fields in re.findall(r"^\| (`\w+:\w+`.*?) \| (.*) \|$", GRAPHQL, re.MULTILINE)
    ]
    named = {(scope, field) for scopes, fields in rows for scope in scopes for field in fields}
    for field, (right, _) in ROOTS["Query"].items():
        # Every scope gives areas, which a sentence says.
        if right is not None and right is not Right.AREAS_READ:
            assert {scope for scope, name in named if name == field} == {
                scope.value for scope, rights in SCOPE_RIGHTS.items() if right in rights
            }, field
    assert {scope.value for scope in Scope} <= set(re.findall(r"`(\w+:\w+)`", GRAPHQL))


def test_graphql_page_names_scope_of_each_mutation() -> None:
    named = dict(re.findall(r"^\| `(\w+)` \| `(\w+:\w+)` \|", GRAPHQL, re.MULTILINE))
    for field, (right, _) in ROOTS["Mutation"].items():
        assert right is not None
        assert right in SCOPE_RIGHTS[Scope(named[field])], field


def functions(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_tests_cited_as_proofs_exist() -> None:
    missing = []
    for name in proofs_ran.named():
        path, _, function = name.partition("::")
        there = (ROOT / path).is_file() and function in functions(ROOT / path)
        missing += [] if there and Path(path).name.startswith("test_") else [name]
    assert len(proofs_ran.named()) > 100
    assert missing == []


def test_requirements_are_proven_and_listed_without_repetition() -> None:
    table = REQUIREMENTS.read_text(encoding="utf-8").partition("## Met, and proven")[2].partition("##")[0]
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
from tests import proofs_ran
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
def test_full_run_fails_when_proof_did_not_run(
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


@pytest.mark.parametrize("page", [THREATS, REQUIREMENTS], ids=["threats", "requirements"])
def test_security_pages_list_nothing_twice(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("|---")}
    named = [
        tuple(line.split("|")[1:3])
        for number, line in enumerate(lines)
        if line.startswith("| ") and number not in heads
    ]
    assert [row for row, times in Counter(named).items() if times > 1] == []


def test_daily_jobs_name_tests_with_and_without_scripts() -> None:
    for line in DAILY_JOBS.read_text(encoding="utf-8").splitlines():
        for path, name in re.findall(r"`(tests/\S+?)::(\w+)`", line):
            module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            functions = [one for one in module.body if isinstance(one, ast.AsyncFunctionDef)]
            (arguments,) = [one.args for one in functions if one.name == name]
            names = {one.arg for one in [*arguments.args, *arguments.kwonlyargs]}
            assert "scripts" in names or "JavaScript" in line, line
