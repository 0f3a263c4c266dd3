"""Limits on the size of documents, checked before a document is validated or executed.

Some of graphql-core's validation rules take time quadratic in the size of a document with its fragments
expanded, so they only run on small ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    NoFragmentCyclesRule,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.contract.deprecation import UsedDeprecations
from api.errors import InvalidInput, QueryTooLarge
from records.core.language import _

BODY_BYTES: Final = 256 * 1024
TOKENS: Final = 1500
COMMENTS: Final = 200
CHARACTERS: Final = 60_000
DEPTH: Final = 12
# Enough for the introspection queries of common tools, which unwrap nested list and non-null types.
SCHEMA_DEPTH: Final = 16
# Selections of `__schema` and `__type`, and aliased fields inside them.
SCHEMAS: Final = 3
ALIASES: Final = 30
DIRECTIVES: Final = 50
FIELDS: Final = 500
REPEATS: Final = 2000
VALUES: Final = 2000
SECONDS: Final = 20
_CACHED_DOCUMENTS: Final = 500
# Each error comes with a search for similar names.
_ERRORS: Final = 20
# Those of the specification, then Strawberry's own.
_RULES: Final = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True)
class _Size:
    """The depth of selections, and their contents with fragments expanded."""

    depth: int = 0
    schema_depth: int = 0
    schemas: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def combine(self, other: "_Size") -> "_Size":
        return _Size(
            max(self.depth, other.depth),
            max(self.schema_depth, other.schema_depth),
            self.schemas + other.schemas,
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
        )


class _Document:
    """Measures a document; each fragment once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._sizes: dict[str, _Size] = {}
        self._measuring: set[str] = set()
        # Whether a fragment contains itself; then neither its size nor its repeats are finite.
        self.circular = False
        self._roots: list[ExecutableDefinitionNode] = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]

    def size(self) -> _Size:
        """The size of all operations together, and of the fragments that none of them spreads."""
        size = _Size()
        for node in self._roots:
            size = size.combine(self._measure_definition(node))
        for name, fragment in self._fragments.items():
            if name not in self._sizes:
                size = size.combine(self._measure_fragment(name))
                self._roots.append(fragment)
        return size

    def count_repeats(self) -> int:
        """The number of pairs of fields with the same response key, which validation compares."""
        return sum(self._count_pairs([root.selection_set]) for root in self._roots)

    def _measure_definition(self, node: ExecutableDefinitionNode) -> _Size:
        on = node.type_condition.name.value if isinstance(node, FragmentDefinitionNode) else ""
        size = self._measure_selections(node.selection_set, schema=on.startswith("__"))
        return size.combine(_Size(directives=len(node.directives or ())))

    def _measure_selections(self, selection_set: SelectionSetNode | None, *, schema: bool) -> _Size:
        size = _Size()
        for node in selection_set.selections if selection_set else ():
            size = size.combine(self._measure_selection(node, schema=schema))
        return size

    def _measure_selection(self, node: SelectionNode, *, schema: bool) -> _Size:
        own = _Size(directives=len(node.directives or ()))
        if isinstance(node, FragmentSpreadNode):
            return own.combine(self._measure_fragment(node.name.value))
        if not isinstance(node, FieldNode):
            return own.combine(self._measure_selections(node.selection_set, schema=schema))  # type: ignore[attr-defined] # an inline fragment has one
        enters_schema, aliased = node.name.value in {"__schema", "__type"}, node.alias is not None
        nested = self._measure_selections(node.selection_set, schema=schema or enters_schema)
        return _Size(
            0 if schema or enters_schema else nested.depth + 1,
            nested.schema_depth + (schema or enters_schema),
            nested.schemas + (enters_schema or (schema and aliased)),
            nested.fields + 1,
            nested.aliases + aliased,
            nested.directives + own.directives,
        )

    def _measure_fragment(self, name: str) -> _Size:
        if name in self._measuring:
            self.circular = True
        elif name not in self._sizes and name in self._fragments:
            self._measuring.add(name)
            self._sizes[name] = self._measure_definition(self._fragments[name])
            self._measuring.remove(name)
        return self._sizes.get(name, _Size())

    def _count_pairs(self, merged: list[SelectionSetNode]) -> int:
        """The number of pairs in selection sets that are merged into one, and below it."""
        named: dict[str, int] = {}
        nested: dict[str, list[SelectionSetNode]] = {}
        visited: set[str] = set()
        pending = [*merged]
        while pending:
            for node in pending.pop().selections:
                if isinstance(node, FragmentSpreadNode):
                    name = node.name.value
                    if name not in visited and name in self._fragments:
                        visited.add(name)
                        pending.append(self._fragments[name].selection_set)
                elif isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    named[key] = named.get(key, 0) + 1
                    if node.selection_set:
                        nested.setdefault(key, []).append(node.selection_set)
                else:
                    pending.append(node.selection_set)  # type: ignore[attr-defined] # an inline fragment has one
        pairs = sum(number * (number - 1) // 2 for number in named.values())
        return pairs + sum(self._count_pairs(sets) for sets in nested.values())


def find_errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """The errors of a document: that it is too large, or else those of validation."""
    measured = _Document(document)
    size = measured.size()
    if measured.circular:
        return validate(schema, document, [NoFragmentCyclesRule])
    if error := _limit_error(measured, size):
        return [error]
    return validate(schema, document, _RULES, max_errors=_ERRORS)


def _limit_error(measured: _Document, size: _Size) -> GraphQLError | None:
    for text, found, most in (
        (_("The query is nested too deeply: {found} levels, at most {most}."), size.depth, DEPTH),
        (
            _("The query requests the schema too deeply: {found} levels, at most {most}."),
            size.schema_depth,
            SCHEMA_DEPTH,
        ),
        (_("The query requests the schema too often: {found} times, at most {most}."), size.schemas, SCHEMAS),
        (_("The query requests too many fields: {found}, at most {most}."), size.fields, FIELDS),
        (_("The query has too many aliases: {found}, at most {most}."), size.aliases, ALIASES),
        (_("The query has too many directives: {found}, at most {most}."), size.directives, DIRECTIVES),
    ):
        if found > most:
            return _error(text, found, most)
    if (found := measured.count_repeats()) > REPEATS:
        return _error(_("The query repeats fields too often: {found} pairs, at most {most}."), found, REPEATS)
    return None


def check_values(variables: Mapping[str, Any] | None) -> None:
    """Raises `QueryTooLarge` for variables that hold too many values."""
    left = VALUES
    pending: list[Any] = [variables or {}]
    while pending:
        container = pending.pop()
        values = container.values() if isinstance(container, dict) else container
        left -= len(values)
        if left < 0:
            raise QueryTooLarge(_("The variables hold too many values: at most {most}."), most=VALUES)
        pending += [value for value in values if isinstance(value, dict | list)]


def parse_document(text: str) -> DocumentNode:
    """The parsed document. Raises `GraphQLError` for invalid syntax or too many tokens."""
    return parse(text, **_PARSING)


# By the document itself, which is the same object for the same text: see ParserCache.
cached_errors: Final = lru_cache(_CACHED_DOCUMENTS)(find_errors)

_PARSING: Final[Any] = {
    "max_lexical_tokens": TOKENS,
    "max_comments": COMMENTS,
    "max_source_length": CHARACTERS,
}


class LimitsExtension(SchemaExtension):
    """Limits parsing, and validates each document that is small enough once."""

    def on_operation(self) -> Iterator[None]:
        """Sets the limits of the parser. Raises `QueryTooLarge`."""
        check_values(self.execution_context.variables)
        self.execution_context.parse_options = _PARSING
        yield

    def on_validate(self) -> Iterator[None]:
        """Raises `InvalidInput` if there are several operations and none is named."""
        context = self.execution_context
        document, named = context.graphql_document, context._provided_operation_name  # noqa: SLF001 - shown nowhere else
        if document is not None:
            operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
            if named is None and len(operations) > 1:
                raise InvalidInput(_("Use operationName to choose the operation to run."))
            context.pre_execution_errors = cached_errors(context.schema._schema, document)  # noqa: SLF001 - shown nowhere else
        yield


def extensions() -> list[type[SchemaExtension] | Any]:
    """The extensions that enforce these limits with bounded caches, and the one that records deprecations."""
    return [LimitsExtension, lambda: ParserCache(_CACHED_DOCUMENTS), UsedDeprecations]


def _error(text: str, found: int, most: int) -> GraphQLError:
    # Nested fragments can multiply a number to a thousand digits.
    refused = QueryTooLarge(text, found=min(found, 10**9), most=most)
    return GraphQLError(text.format(**refused.message.values), original_error=refused)
