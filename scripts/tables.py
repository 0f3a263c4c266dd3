"""Generates tables in the docs from the code: nouns, rights, log events, errors.

python scripts/tables.py           writes tables.md, and tables in logging.md and graphql.md (docs/reference)
python scripts/tables.py --check   exits with 1 if they are out of date
"""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.guide.errors import ERRORS
from records.core.actor import Role, Scope
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.events import Event
from records.core.rights import ROLE_RIGHTS, SCOPE_RIGHTS, Right
from records.database import grants
from records.registry.nouns import NOUNS

PATH: Final = Path(__file__).parents[1] / "docs" / "reference" / "tables.md"
LOGGING: Final = PATH.with_name("logging.md")
GRAPHQL: Final = PATH.with_name("graphql.md")


def text() -> str:
    """The current content of tables.md."""
    lines = [
        "# Tables in the code",
        "",
        "Written by `python scripts/tables.py` from the code; a test compares them.",
        "",
        "## The nouns and their fields (`records/registry/nouns.py`)",
        "",
        *(line for noun in NOUNS for line in noun_lines(noun)),
        "## What each role may do (`records/core/rights.py`)",
        "",
        *_markdown_table(
            "right", [right.value for right in Right], [(role.value, ROLE_RIGHTS[role]) for role in Role]
        ),
        "## What each scope of a partner gives (`records/core/rights.py`)",
        "",
        *_markdown_table(
            "right", [right.value for right in Right], [(scope.value, SCOPE_RIGHTS[scope]) for scope in Scope]
        ),
        "## What the database lets each of its roles do (`records/database/grants.py`)",
        "",
        "| table | ketnoi_app | ketnoi_reader |",
        "|---|---|---|",
        *(
            f"| {table} | {', '.join(sorted(privileges))} | {_column_selects(columns)} |"
            for table, (privileges, columns) in sorted(grants.TABLES.items())
        ),
        *(f"| {view} (a view) |  | {_column_selects(grants.READS)} |" for view in grants.VIEWS),
        "",
    ]
    return "\n".join(lines)


def noun_lines(noun: Noun) -> Iterator[str]:
    """The table of a noun's fields."""
    yield f"### {noun.label} (`{noun.name}`)"
    yield ""
    feed = (
        f"followed as `{noun.feed.type}`, webhook `{noun.name}.changed`"
        if noun.feed
        else "not followed by partners"
    )
    yield f"Table `{noun.table._meta.db_table}`; read with `{noun.right.value}`; {feed}."  # noqa: SLF001 - Tortoise offers no other way
    yield ""
    if noun.transitions:
        yield from _diagram(noun)
    yield "| field | label | type | rules |"
    yield "|---|---|---|---|"
    for name, field in {**noun.fields, **noun.inputs, **noun.history_only}.items():
        yield f"| {name} | {field.label} | {_type(field)} | {', '.join(_rules(noun, name, field))} |"
    yield ""


def _diagram(noun: Noun) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for way in noun.transitions:
        for source in sorted(way.sources):
            yield f"    {source.value} --> {way.target.value}: {way.right.value}"
    yield "```"
    yield ""


def _type(field: Field) -> str:
    if isinstance(field.type, Kind):
        return field.type.name.lower().replace("_", " ")
    return field.type.__name__


def _rules(noun: Noun, name: str, field: Field) -> Iterator[str]:
    if name in noun.inputs and field.required:
        yield "required"
    if field.max_length is not None:
        yield f"at most {field.max_length:,} characters"
    if field.max_items:
        yield f"at most {field.max_items} of them"
    if field.maximum is not None:
        yield f"from {field.minimum:,} to {field.maximum:,}"
    if field.past:
        yield "not in the future"
    if field.searchable:
        yield "searched"
    if field.constraints:
        yield "unique"
    if name in noun.history_only:
        yield "in the history only"
    elif not field.audited:
        yield "not in the history"


def _column_selects(columns: grants.Reader | tuple[str, ...]) -> str:
    if isinstance(columns, tuple):
        return f"SELECT of {', '.join(columns)}"
    return "SELECT" if columns is grants.READS else ""


def _markdown_table(head: str, rows: list[str], columns: list[tuple[str, frozenset[Right]]]) -> Iterator[str]:
    used = [(name, rights) for name, rights in columns if rights]
    yield f"| {head} | " + " | ".join(name for name, _ in used) + " |"
    yield "|---" * (len(used) + 1) + "|"
    for row in rows:
        yield f"| {row} | " + " | ".join("x" if row in rights else "" for _, rights in used) + " |"
    yield ""


def logging_text() -> str:
    """The page on the log, with the events as they are now."""
    return _insert_table(_events(), LOGGING)


def graphql_text() -> str:
    """The page on GraphQL, with the codes of errors as they are now."""
    return _insert_table(_errors(), GRAPHQL)


def _insert_table(table: Iterator[str], path: Path) -> str:
    """The page at `path`, with `table` in the place of the one that has its head."""
    lines = list(table)
    before, _, rest = path.read_text(encoding="utf-8").partition(lines[0])
    return before + "\n".join([*lines, ""]) + rest[rest.index("\n\n") + 1 :]


def _errors() -> Iterator[str]:
    yield "| Code | What it means, and what to do |"
    yield "|---|---|"
    for codes, meaning in ERRORS.items():
        yield f"| {', '.join(f'`{code}`' for code in codes)} | {meaning} |"


def _events() -> Iterator[str]:
    yield "| event | level | fields of its own | when |"
    yield "|---|---|---|---|"
    for spec in (event.value for event in Event):
        fields = ", ".join(f"`{name}`" for name in spec.fields)
        yield f"| `{spec.name}` | {logging.getLevelName(spec.level)} | {fields} | {spec.description} |"


if __name__ == "__main__":
    for path, now in ((PATH, text()), (LOGGING, logging_text()), (GRAPHQL, graphql_text())):
        if "--check" not in sys.argv:
            path.write_text(now, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != now:
            sys.exit(f"{path.name} is not what the code says: run python scripts/tables.py")
