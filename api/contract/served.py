"""The schema as served to integrators, with and without its deprecated elements."""

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

# Only for composition: clients of the federated graph never see them.
_COMPOSITION_FIELDS: Final = {"Query._entities", "Query._service"}


class SchemaView:
    """An executable schema and its text."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema

    @cached_property
    def text(self) -> str:
        """The schema in SDL, sorted, without the fields for composition."""
        sorted_copy = lexicographic_sort_schema(core_schema(self.schema))
        printed = copy(self.schema)
        printed._schema = lexicographic_sort_schema(prune(sorted_copy, _COMPOSITION_FIELDS))  # noqa: SLF001 - a copy, which Strawberry then prints
        # graphql-core's own printer leaves out the directives that stand at types and fields.
        return print_schema(printed) + "\n"

    @cached_property
    def tag(self) -> str:
        """The entity tag of the text."""
        return f'"{sha256(self.text.encode()).hexdigest()}"'


class Contract:
    """The schema that `build` makes in two views: whole, and without deprecated elements."""

    def __init__(self, build: Callable[[], strawberry.Schema]) -> None:
        self.whole = SchemaView(build())
        deprecated = deprecations(core_schema(self.whole.schema))
        self.current = SchemaView(_without_elements(build(), deprecated)) if deprecated else self.whole

    def view_for(self, request: HTTPConnection) -> SchemaView:
        """The view that a request selects: with `?deprecated=hide` the one without deprecated elements."""
        return self.current if request.query_params.get("deprecated") == "hide" else self.whole


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema of a Strawberry schema."""
    built: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry does not show it
    return built


def _without_elements(built: strawberry.Schema, coordinates: Collection[str]) -> strawberry.Schema:
    """`built`, which must not have been used yet, without these elements."""
    pruned = prune(core_schema(built), coordinates)
    pruned._strawberry_schema = built  # type: ignore[attr-defined]  # noqa: SLF001 - as Strawberry does where it sorts
    built._schema = pruned  # noqa: SLF001 - Strawberry itself cannot leave parts out
    return built
