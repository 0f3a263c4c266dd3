"""What integrators hold on to: the schema and its text, whole and without what is deprecated."""

from collections.abc import Callable, Collection
from copy import copy
from functools import cached_property
from hashlib import sha256
from typing import Final

import strawberry
from graphql import GraphQLSchema, lexicographic_sort_schema
from starlette.requests import HTTPConnection
from strawberry.printer import print_schema

from api.contract.deprecation import deprecations
from api.contract.pruning import prune

# As Federation has it: clients of the composed graph never see them.
_COMPOSITION_FIELDS: Final = {"Query._entities", "Query._service"}


class SchemaView:
    """A schema that can be asked, and its text."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema

    @cached_property
    def text(self) -> str:
        """The schema in GraphQL's schema language, in alphabetical order, without what only composers ask."""
        sorted_copy = lexicographic_sort_schema(core_schema(self.schema))
        printed = copy(self.schema)
        printed._schema = lexicographic_sort_schema(prune(sorted_copy, _COMPOSITION_FIELDS))  # noqa: SLF001 - see below
        # graphql-core's own printer leaves out the directives that stand at types and fields.
        return print_schema(printed) + "\n"

    @cached_property
    def tag(self) -> str:
        """The entity tag of the text."""
        return f'"{sha256(self.text.encode()).hexdigest()}"'


class Contract:
    """The two faces of the schema that `build` makes: the whole, and without what is deprecated."""

    def __init__(self, build: Callable[[], strawberry.Schema]) -> None:
        self.whole = SchemaView(build())
        deprecated = deprecations(core_schema(self.whole.schema))
        self.current = SchemaView(_without_elements(build(), deprecated)) if deprecated else self.whole

    def view_for(self, request: HTTPConnection) -> SchemaView:
        """The face that a request asks for: with `?deprecated=hide` the one without what is deprecated."""
        return self.current if request.query_params.get("deprecated") == "hide" else self.whole


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema of graphql-core that Strawberry made."""
    built: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry does not show it
    return built


def _without_elements(built: strawberry.Schema, coordinates: Collection[str]) -> strawberry.Schema:
    """`made`, which nobody has asked yet, without these parts."""
    pruned = prune(core_schema(built), coordinates)
    pruned._strawberry_schema = built  # type: ignore[attr-defined]  # noqa: SLF001 - as Strawberry does where it sorts
    built._schema = pruned  # noqa: SLF001 - Strawberry itself cannot leave parts out
    return built
