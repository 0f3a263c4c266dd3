"""A GraphQL query for each argument there is, and for each field of each input, with a canary in it."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
)

from api.schema.assembly import schema
from tests.canary import canaries

WRONG = (canaries.FREE, [canaries.FREE], {canaries.FREE: canaries.FREE}, canaries.PHONE)


def every() -> Iterator[dict[str, Any]]:
    """The bodies of the requests."""
    made = schema._schema
    roots = {"query": made.query_type, "mutation": made.mutation_type, "subscription": made.subscription_type}
    for kind, root in roots.items():
        assert root is not None
        for name, asked in root.fields.items():
            leaf = is_leaf_type(get_named_type(asked.type))
            selection = "" if leaf else " { __typename }"
            types = {argument: given.type for argument, given in asked.args.items()}
            declared = ", ".join(f"${argument}: {type_}" for argument, type_ in types.items())
            passed = ", ".join(f"{argument}: ${argument}" for argument in types)
            query = (
                f"{kind}({declared}) {{ {name}({passed}){selection} }}"
                if types
                else f"{{ {name}{selection} }}"
            )
            needed = {a: likely(type_) for a, type_ in types.items() if isinstance(type_, GraphQLNonNull)}
            for argument, type_ in types.items():
                for value in values(type_, 0):
                    yield {"query": query, "variables": needed | {argument: value}}
                inline = f'{kind} {{ {name}({argument}: "{canaries.FREE}"){selection} }}'
                yield {"query": inline, "operationName": None}


def values(type_: GraphQLInputType, depth: int) -> Iterator[Any]:
    """Values for an argument: a canary of each kind at each place in it."""
    yield from WRONG if depth == 0 else WRONG[::2]
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(bare, GraphQLList):
        yield from ([value] for value in values(bare.of_type, depth))
    elif isinstance(bare, GraphQLInputObjectType) and depth < 3:
        needed = likely(bare)
        for name, given in bare.fields.items():
            for value in values(given.type, depth + 1):
                yield needed | {name: value}


def likely(type_: GraphQLInputType) -> Any:
    """A value that fits, where one is needed."""
    if isinstance(type_, GraphQLNonNull):
        return likely(type_.of_type)
    if isinstance(type_, GraphQLList):
        return []
    if isinstance(type_, GraphQLInputObjectType):
        needed = {n: likely(f.type) for n, f in type_.fields.items() if isinstance(f.type, GraphQLNonNull)}
        return needed | ({"area": "29905", "category": "THEFT"} if "category" in needed else {})
    return {"Month": "2026-01", "Int": 1, "Float": 1.0}.get(str(type_), "29905")
