"""Releases of the schema, which are stored unchanged, and the changelog derived from them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from graphql import (
    GraphQLDirective,
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    is_input_object_type,
    print_ast,
    specified_directives,
)
from graphql.utilities import BreakingChange, DangerousChange, SafeChangeType, find_schema_changes

from api.contract.coordinates import SchemaElement, schema_elements
from api.contract.deprecation import Deprecation, deprecations
from api.contract.pruning import prune
from records.core.settings import ROOT, OperatorError

FOLDER: Final = ROOT / "docs" / "reference" / "schema"
CHANGELOG: Final = ROOT / "docs" / "reference" / "schema-changes.md"
NOTICE: Final = timedelta(days=180)
"""The minimum time between the deprecation of a schema element and its removal."""

# These are compared by graphql-core itself.
_SPECIFIED: Final = frozenset(directive.name for directive in specified_directives)
_NAME: Final = re.compile(r"\d+\.\d+\.\d+")
_HEAD: Final = re.compile(r"# Released as (\S+) on (\S+)\.\n\n")
_PREAMBLE: Final = """# Changes of the schema

Written by `ketnoi schema --write` from the released schemas in [`schema/`](schema/); a test compares them.

- *Dangerous*: no query stops working, but some clients have to know, such as one that lists an enum's values.
- *Deprecated*: still there, with what to use instead and the last day on which it is, 180 days later or more.
- *Gone, as announced*: that day was over. Nothing else goes: a test fails on what would break a query.
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A released schema."""

    name: str
    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between two schemas, as lines of text."""

    breaking: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    dangerous: list[str] = field(default_factory=list)
    deprecated: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    described: list[str] = field(default_factory=list)


def changes(before: str, after: str, today: date) -> Changes:
    """The changes from one schema text to the next; `today` is the day of the next one."""
    old, new = build_schema(before), build_schema(after)
    announced = deprecations(old)
    expired = {
        name: item
        for name, item in announced.items()
        if item.last_day < today and name not in dict(schema_elements(new))
    }
    found = Changes(removed=[f"`{name}` (use `{item.replacement}`)" for name, item in expired.items()])
    found.deprecated.extend(
        f"`{name}`: {item.reason}" for name, item in deprecations(new).items() if announced.get(name) != item
    )
    # What had been announced, and all that led nowhere else, is as if it had never been there.
    for change in find_schema_changes(prune(old, expired) if expired else old, new):
        if isinstance(change, BreakingChange):
            found.breaking.append(change.description)
        elif isinstance(change, DangerousChange):
            found.dangerous.append(change.description)
        elif change.type is SafeChangeType.DESCRIPTION_CHANGED:
            found.described.append(change.description.partition(" has changed to")[0].partition(" of ")[2])
        else:
            found.added.append(change.description)
    # This graphql-core does not look at.
    found.breaking.extend(
        f"{name} takes only one of its fields now."
        for name, type_ in new.type_map.items()
        if _is_one_of(type_) and name in old.type_map and not _is_one_of(old.type_map[name])
    )
    found.breaking.extend(
        f"The last day of {name} was {item.last_day} and has become {deprecations(new)[name].last_day}."
        for name, item in announced.items()
        if name in deprecations(new) and deprecations(new)[name].last_day < item.last_day
    )
    found.dangerous.extend(_changed_directives(old, new))
    return found


def contract_errors(schema: GraphQLSchema) -> list[str]:
    """Errors in the deprecations of a schema, and elements without a description."""
    elements, announced = dict(schema_elements(schema)), deprecations(schema)
    # Strawberry does not support descriptions of directive arguments; the directive describes them.
    described = {name: part for name, part in elements.items() if not re.match(r"@\w+\(", name)}
    missing = [f"{name} has no description." for name, part in described.items() if not part.description]
    return missing + [
        line
        for name, item in announced.items()
        for line in _deprecation_errors(name, item, elements, announced)
    ]


def releases() -> list[Release]:
    """The released schemas, oldest first."""
    found = [_read(path) for path in FOLDER.glob("*.graphql")]
    return sorted(found, key=lambda release: _number(release.name))


def freeze(name: str, text: str, today: date) -> Path:
    """Stores `text` as the schema of the release `name`, and returns the file.

    Raises `OperatorError` if the name is not a higher version number, or for breaking changes.
    """
    before = releases()
    if not _NAME.fullmatch(name) or (before and _number(name) <= _number(before[-1].name)):
        last = f", after {before[-1].name}" if before else ""
        raise OperatorError(f"a release has a name such as 0.2.0{last}")
    if before and (broken := changes(before[-1].text, text, today).breaking):
        raise OperatorError("this breaks callers:\n" + "\n".join(broken))
    path = FOLDER / f"{name}.graphql"
    FOLDER.mkdir(exist_ok=True)
    path.write_text(f"# Released as {name} on {today}.\n\n{text}", encoding="utf-8")
    return path


def changelog(released: Sequence[Release], text: str, today: date) -> str:
    """The changelog, newest first, including the changes from the last release to `text`."""
    pages: list[str] = []
    for before, after in zip(released, [*released[1:], Release("", today, text)], strict=True):
        heading = f"{after.name}, {after.day}" if after.name else "Not released yet"
        entries = [*_as_markdown(changes(before.text, after.text, after.day))]
        if entries or after.name:
            pages.append(
                "\n".join(["", f"## {heading}", *(entries or ["", "Nothing that callers see."]), ""])
            )
    first = [f"\n## {released[0].name}, {released[0].day}\n\nThe first.\n"] if released else []
    return "".join([_PREAMBLE, *reversed(pages), *first])


def _as_markdown(found: Changes) -> list[str]:
    headings = {
        "Breaking": found.breaking,
        "Gone, as announced": found.removed,
        "Dangerous": found.dangerous,
        "Deprecated": found.deprecated,
        "Added or widened": found.added,
        "Described anew": found.described,
    }
    lines: list[str] = []
    for heading, entries in headings.items():
        if entries:
            lines += ["", f"### {heading}", "", *[f"- {entry}" for entry in entries]]
    return lines


def _deprecation_errors(
    name: str, item: Deprecation, elements: Mapping[str, SchemaElement], announced: Mapping[str, Deprecation]
) -> list[str]:
    lines = []
    if item.replacement not in elements or item.replacement in announced:
        lines.append(f"{name} names {item.replacement} instead, which is not there or deprecated too.")
    if item.last_day - item.deprecated_on < NOTICE:
        lines.append(f"{name} goes less than {NOTICE.days} days after it was deprecated.")
    return lines


def _changed_directives(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """Changes of the directives of types and fields, which declare costs and sizes."""
    before, after = _applied(old), _applied(new)
    return [
        f"{name} said {before[name] or 'no directive'} and says {after[name] or 'no directive'}."
        for name in before
        if name in after and before[name] != after[name]
    ]


def _applied(schema: GraphQLSchema) -> dict[str, str]:
    """The directives of each element of a schema that was built from text."""
    return {
        name: " ".join(
            sorted(
                print_ast(item)
                for item in part.ast_node.directives or ()
                if item.name.value not in _SPECIFIED
            )
        )
        for name, part in schema_elements(schema)
        if part.ast_node is not None and not isinstance(part, GraphQLDirective)
    }


def _is_one_of(type_: GraphQLNamedType) -> bool:
    return is_input_object_type(type_) and type_.is_one_of


def _read(path: Path) -> Release:
    text = path.read_text(encoding="utf-8")
    head = _HEAD.match(text)
    if head is None or head[1] != path.stem:
        raise OperatorError(f"{path.name} does not begin with its release and day")
    return Release(head[1], date.fromisoformat(head[2]), text[head.end() :])


def _number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))
