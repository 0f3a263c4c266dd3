"""Removes elements from a schema, together with types that become unreachable."""

from collections.abc import Collection, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
)


def prune(schema: GraphQLSchema, coordinates: Collection[str]) -> GraphQLSchema:
    """`schema` without the fields, arguments and enum values at `coordinates`.

    The types are modified in place: `schema` must not have been used before, and must not be used afterwards.
    """
    types = schema.type_map.values()
    for type_ in types:
        _remove_members(type_, coordinates)
    objects = [type_ for type_ in types if isinstance(type_, GraphQLObjectType)]
    pruned, implementations = _reachable_schema(schema, []), list[GraphQLObjectType]()
    # Keep the types that implement a reachable interface; they may lead to further interfaces.
    while found := [
        type_ for type_ in objects if type_ not in implementations and _implements(type_, pruned)
    ]:
        implementations += found
        pruned = _reachable_schema(schema, implementations)
    return pruned


def _remove_members(type_: GraphQLNamedType, coordinates: Collection[str]) -> None:
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        _delete_members(type_.fields, type_.name + ".{}", coordinates)
        for name, field in type_.fields.items():
            _delete_members(field.args, f"{type_.name}.{name}({{}}:)", coordinates)
    elif isinstance(type_, GraphQLInputObjectType):
        _delete_members(type_.fields, type_.name + ".{}", coordinates)
    elif isinstance(type_, GraphQLEnumType):
        _serialize_every_value(type_)
        _delete_members(type_.values, type_.name + ".{}", coordinates)


def _delete_members(members: dict[str, Any], coordinate: str, coordinates: Collection[str]) -> None:
    for name in [name for name in members if coordinate.format(name) in coordinates]:
        del members[name]


def _serialize_every_value(type_: GraphQLEnumType) -> None:
    """Keeps removed values in output: clients cannot send them any more, but records may still have them."""
    names: dict[object, str] = {value.value: name for name, value in type_.values.items()}

    def serialize(output_value: object) -> str:
        return names[output_value]

    type_.coerce_output_value = serialize  # type: ignore[method-assign] # outputs more values than it accepts


def _reachable_schema(schema: GraphQLSchema, types: Sequence[GraphQLNamedType]) -> GraphQLSchema:
    """A schema of the types reachable from the roots of `schema`, and `types`."""
    return GraphQLSchema(
        schema.query_type,
        schema.mutation_type,
        schema.subscription_type,
        types=types,
        directives=schema.directives,
        extensions=schema.extensions,
    )


def _implements(type_: GraphQLObjectType, schema: GraphQLSchema) -> bool:
    return any(interface.name in schema.type_map for interface in type_.interfaces)
