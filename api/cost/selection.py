"""What an operation asks of an object; graphql-core works out fragments, aliases, @skip and @include."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, get_named_type
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.field import StrawberryField


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation that is running."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues


@dataclass(frozen=True)
class Selection:
    """The fields that are asked for below some places of an operation where objects of one type stand."""

    operation: Operation
    type: GraphQLObjectType
    details: list[FieldDetails]

    @cached_property
    def fields(self) -> dict[str, list[FieldDetails]]:
        """The places at which each field (by its GraphQL name) is asked for, under whatever aliases."""
        operation = self.operation
        collected = collect_subfields(
            operation.schema,
            operation.fragments,
            operation.variables,
            operation.node,
            self.type,
            self.details,
        )
        fields: dict[str, list[FieldDetails]] = {}
        for details in collected.grouped_field_set.values():
            fields.setdefault(details[0].node.name.value, []).extend(details)
        return {name: details for name, details in fields.items() if not name.startswith("__")}

    def subselection(self, name: str, type_name: str | None = None) -> "Selection | None":
        """What is asked for below the field `name`; None when that field is not asked for.

        `type_name` names the object type where the field's own type is abstract.
        """
        details = self.fields.get(name)
        if details is None:
            return None
        named = get_named_type(self.type.fields[name].type)
        object_type = self.operation.schema.type_map[type_name] if type_name else named
        if not isinstance(object_type, GraphQLObjectType):
            raise TypeError(f"{self.type.name}.{name} holds no objects")
        return Selection(self.operation, object_type, details)

    def arguments(self, name: str) -> list[dict[str, Any]]:
        """The arguments of the field `name` at each place where it is asked for."""
        return [
            get_argument_values(self.type.fields[name], details.node, self.operation.variables)
            for details in self.fields.get(name, ())
        ]

    def strawberry_field(self, name: str) -> StrawberryField:
        """The Strawberry field behind the GraphQL field `name`."""
        field = self.type.fields[name].extensions["strawberry-definition"]
        if not isinstance(field, StrawberryField):
            raise TypeError(f"{self.type.name}.{name} is no Strawberry field")
        return field


def selection_of(info: strawberry.Info[Any], type_name: str | None = None) -> Selection:
    """What is asked for below the field that is being resolved.

    `type_name` names the object type where the field's own type is abstract.
    """
    raw = info._raw_info  # noqa: SLF001 - Strawberry shows fragments and directives in no other exact form
    operation = Operation(
        schema=raw.schema,
        node=raw.operation,
        fragments={name: FragmentDetails(node) for name, node in raw.fragments.items()},
        variables=VariableValues({}, raw.variable_values),  # type: ignore[arg-type] # Strawberry hands on the plain dict
    )
    type_ = raw.schema.type_map[type_name] if type_name else get_named_type(raw.return_type)
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{type_} is no object type")
    return Selection(operation, type_, [FieldDetails(node, None) for node in raw.field_nodes])
