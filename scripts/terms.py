#!/usr/bin/env python
"""Finds words that docs/glossary.md refuses (column *Not*) in texts, docs, comments and names.

A plain entry is refused in texts and names, one in `code type` in names only, one in "quotation marks" only
as the whole of a text. Exits with 1 if any is found.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import click
from graphql import build_schema

from commands import main as main_command
from scripts.messages import ROOT, read_catalogue

GLOSSARY: Final = ROOT / "docs" / "glossary.md"
_SOURCES: Final = ("admin", "api", "commands", "edge", "records", "scripts")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What a page quotes from a program or a specification, and the addresses of its links.
_QUOTED: Final = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL)
# Tokens after which a string is a docstring, and those that say nothing about that.
_BREAKS: Final = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
_INVISIBLE: Final = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}
Place = tuple[str, str]
Scope = Literal["everywhere", "names", "whole texts"]
_SCOPES: Final[dict[str, Scope]] = {"`": "names", '"': "whole texts"}


@dataclass(frozen=True)
class Entry:
    """A refused word, the term to use instead, and where the word is refused."""

    word: str
    term: str
    scope: Scope


def entries(glossary: str) -> list[Entry]:
    """The refused words in the table of `glossary`."""
    rows = [
        [cell.strip() for cell in line.split("|")] for line in glossary.splitlines() if line.startswith("| ")
    ]
    return [
        Entry(word.strip('`"').lower(), term, _SCOPES.get(word[0], "everywhere"))
        for _start, term, _vietnamese, _meaning, refused, _end in rows[1:]
        for word in refused.split(", ")
        if word
    ]


def faults(places: Iterable[Place], refused: Iterable[Entry]) -> list[str]:
    """A line for each refused word in `places`, which are pairs of a place and its text."""
    terms = {entry.word: entry.term for entry in refused}
    parts = {entry.word for entry in refused if entry.scope != "whole texts"}
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(parts)))})(?!\w)")
    found = []
    for place, text in places:
        lowered = text.lower()
        hits = set(pattern.findall(lowered)) | ({lowered.strip(" .")} & (terms.keys() - parts))
        found += [f"{place}: use {terms[word]!r}, not {word!r}" for word in sorted(hits)]
    return found


def texts() -> Iterator[Place]:
    """The texts that people read: messages and their translations, descriptions in the schema, docs."""
    for message in read_catalogue():
        if message.id:
            yield "locale", str(message.id)
            yield f"locale: {message.id}", str(message.string)
    yield from descriptions((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    yield from command_helps("ketnoi", main_command)
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        if page != GLOSSARY:
            content = _QUOTED.sub(" ", page.read_text(encoding="utf-8"))
            yield from ((str(page.relative_to(ROOT)), line) for line in content.splitlines())


def descriptions(schema: str) -> Iterator[Place]:
    """The descriptions of types, fields, arguments and enum values."""
    for name, kind in build_schema(schema).type_map.items():
        members = [*getattr(kind, "fields", {}).values(), *getattr(kind, "values", {}).values()]
        arguments = [one for member in members for one in getattr(member, "args", {}).values()]
        yield from ((f"schema: {name}", part.description or "") for part in (kind, *members, *arguments))


def command_helps(path: str, command: click.Command) -> Iterator[Place]:
    """The short helps of a command and of its subcommands, and the helps of their options."""
    yield path, command.short_help or ""
    yield from ((path, option.help or "") for option in command.params if isinstance(option, click.Option))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if found := command.get_command(context, name):
                yield from command_helps(f"{path} {name}", found)


def comments() -> Iterator[Place]:
    """The lines of docstrings and comments in Python code."""
    for folder in (*_SOURCES, "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                place = path.relative_to(ROOT)
                prose = prose_of(path.read_text(encoding="utf-8"))
                yield from ((f"{place}:{line}", text) for line, text in prose)


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of the comments and docstrings of Python code."""
    statement_ended = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and statement_ended):
            yield from enumerate(token.string.splitlines(), token.start[0])
        if token.type not in _INVISIBLE:
            statement_ended = token.type in _BREAKS


def names() -> Iterator[Place]:
    """The words of file names, and of what Python code calls classes, functions, parameters and variables."""
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            place = str(path.relative_to(ROOT))
            if "__pycache__" not in place and "migrations" not in place:
                yield place, split_name(path.stem)
                if path.suffix == ".py":
                    found = identifiers(path.read_text(encoding="utf-8"))
                    yield from ((f"{place}: {name}", split_name(name)) for name in sorted(found))


def identifiers(source: str) -> set[str]:
    """The names that Python code gives to something."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
    return found


def split_name(name: str) -> str:
    """The words of an identifier or a file name: both `PartnerKey` and `partner_key` are "partner key"."""
    return " ".join(_WORD.findall(name)).lower()


def main() -> int:
    refused = entries(GLOSSARY.read_text(encoding="utf-8"))
    found = faults(texts(), [entry for entry in refused if entry.scope != "names"])
    found += faults(comments(), [entry for entry in refused if entry.scope == "everywhere"])
    found += faults(names(), [entry for entry in refused if entry.scope != "whole texts"])
    for line in sorted(set(found)):
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
