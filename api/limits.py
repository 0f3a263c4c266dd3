"""How much one request may ask for, checked before it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import (
    AddValidationRules,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)

from api.deprecation import UsedDeprecations
from api.errors import BadInput, TooLarge
from records.core.language import _

BODY_BYTES: Final = 256 * 1024
TOKENS: Final = 1500
DEPTH: Final = 12
ALIASES: Final = 30
FIELDS: Final = 500
_CACHED_DOCUMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class _Size:
    """How deep a selection goes, and how many fields and aliases it holds with its fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0


class WithinLimits(ValidationRule):
    """Reports operations that are too deep, too large or hold too many aliases."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        definitions = context.document.definitions
        self._fragments = {
            node.name.value: node.selection_set
            for node in definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._sizes: dict[str, _Size] = {}
        for node in definitions:
            if isinstance(node, OperationDefinitionNode):
                size = self._size(node.selection_set)
                self._check(
                    _("The query is nested too deeply: {found} levels, at most {most}."), size.depth, DEPTH
                )
                self._check(
                    _("The query asks for too many fields: {found}, at most {most}."), size.fields, FIELDS
                )
                self._check(
                    _("The query has too many aliases: {found}, at most {most}."), size.aliases, ALIASES
                )

    def _check(self, text: str, found: int, most: int) -> None:
        if found > most:
            # A number that fragments have multiplied can have a thousand digits.
            refused = TooLarge(text, found=min(found, 10**9), most=most)
            self.report_error(GraphQLError(text.format(**refused.message.values), original_error=refused))

    def _size(self, selection_set: SelectionSetNode) -> _Size:
        depth = fields = aliases = 0
        for node in selection_set.selections:
            if isinstance(node, FragmentSpreadNode):
                below = self._fragment(node.name.value)
            elif isinstance(node, FieldNode) and node.name.value.startswith("__"):
                # Introspection has a rule of its own.
                continue
            else:
                below = self._size(node.selection_set) if node.selection_set else _Size()  # type: ignore[attr-defined] # fields and inline fragments have one
            field = isinstance(node, FieldNode)
            depth = max(depth, below.depth + field)
            fields += below.fields + field
            aliases += below.aliases + (isinstance(node, FieldNode) and node.alias is not None)
        return _Size(depth, fields, aliases)

    def _fragment(self, name: str) -> _Size:
        if name not in self._sizes:
            # Stands while the fragment is measured, so that a circle ends; another rule reports it.
            self._sizes[name] = _Size()
            if name in self._fragments:
                self._sizes[name] = self._size(self._fragments[name])
        return self._sizes[name]


class OneOperation(SchemaExtension):
    """Refuses to guess which of several operations is meant."""

    def on_validate(self) -> Iterator[None]:
        """Raises `BadInput` before validation."""
        document = self.execution_context.graphql_document
        named = self.execution_context._provided_operation_name  # noqa: SLF001 - shown nowhere else
        if document is not None and named is None:
            operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
            if len(operations) > 1:
                raise BadInput(_("Please say by operationName which operation to run."))
        yield


# Always the same classes: they are part of the key under which a validation is cached.
_RULES: Final[list[Any]] = [WithinLimits]


def extensions() -> list[type[SchemaExtension] | Any]:
    """The schema's extensions: limits, bounded caches, and what notes deprecations."""
    return [
        lambda: MaxTokensLimiter(TOKENS),
        OneOperation,
        lambda: AddValidationRules(_RULES),
        lambda: ParserCache(_CACHED_DOCUMENTS),
        lambda: ValidationCache(_CACHED_DOCUMENTS),
        UsedDeprecations,
    ]
