"""The parts of a schema by their coordinates, such as `Tip.code` (GraphQL specification, section 2.14)."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
    separate_operations,
    type_from_ast,
    visit,
)

SchemaElement: TypeAlias = (
    GraphQLNamedType
    | GraphQLField
    | GraphQLArgument
    | GraphQLInputField
    | GraphQLEnumValue
    | GraphQLDirective
)


def schema_elements(schema: GraphQLSchema) -> Iterator[tuple[str, SchemaElement]]:
    """Every element of `schema` that GraphQL does not define itself, with its coordinate."""
    for type_ in schema.type_map.values():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield type_.name, type_
        members: Mapping[str, SchemaElement] = {}
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            members = type_.fields
        elif isinstance(type_, GraphQLEnumType):
            members = type_.values
        for name, member in members.items():
            yield f"{type_.name}.{name}", member
            if isinstance(member, GraphQLField):
                yield from _argument_coordinates(f"{type_.name}.{name}", member.args)
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive
            yield from _argument_coordinates(f"@{directive.name}", directive.args)


def used_coordinates(
    schema: GraphQLSchema, document: DocumentNode, operation: str | None, variables: Mapping[str, Any] | None
) -> set[str]:
    """The coordinates that an operation of a valid document uses.

    These are fields, arguments, input fields, enum values and directives in the operation, its fragments and
    its variables.
    """
    separate = separate_operations(document)
    document = separate[operation] if operation else next(iter(separate.values()))
    types = TypeInfo(schema)
    collector = _CoordinateCollector(schema, types, variables or {})
    visit(document, TypeInfoVisitor(types, collector))
    return collector.coordinates


class _CoordinateCollector(Visitor):
    """Collects the coordinates of the nodes that it visits."""

    def __init__(self, schema: GraphQLSchema, types: TypeInfo, variables: Mapping[str, Any]) -> None:
        super().__init__()
        self._schema, self._types, self._variables = schema, types, variables
        self._coordinate = ""
        self.coordinates: set[str] = set()

    def enter_field(self, node: FieldNode, *_rest: object) -> None:
        """A field of the parent type."""
        if (parent := self._types.get_parent_type()) is not None:
            self._coordinate = f"{parent.name}.{node.name.value}"
            self.coordinates.add(self._coordinate)

    def enter_directive(self, node: DirectiveNode, *_rest: object) -> None:
        """A directive; its arguments follow."""
        self._coordinate = f"@{node.name.value}"
        self.coordinates.add(self._coordinate)

    def enter_argument(self, node: ArgumentNode, *_rest: object) -> None:
        """An argument of the field or directive entered last."""
        self.coordinates.add(f"{self._coordinate}({node.name.value}:)")

    def enter_object_field(self, node: ObjectFieldNode, *_rest: object) -> None:
        """A field of an input."""
        if (parent := self._types.get_parent_input_type()) is not None:
            self.coordinates.add(f"{get_named_type(parent).name}.{node.name.value}")

    def enter_enum_value(self, node: EnumValueNode, *_rest: object) -> None:
        """A value of an enum."""
        if (type_ := self._types.get_input_type()) is not None:
            self.coordinates.add(f"{get_named_type(type_).name}.{node.value}")

    def enter_variable_definition(self, node: VariableDefinitionNode, *_rest: object) -> None:
        """A variable with its value."""
        name = node.variable.name.value
        type_ = type_from_ast(self._schema, node.type)
        if type_ is not None and name in self._variables:
            self._add_values(get_named_type(type_), self._variables[name])

    def _add_values(self, type_: GraphQLNamedType, value: object) -> None:
        if isinstance(value, list):
            for item in value:
                self._add_values(type_, item)
        elif isinstance(type_, GraphQLEnumType) and isinstance(value, str):
            self.coordinates.add(f"{type_.name}.{value}")
        elif isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
            for name in type_.fields.keys() & value.keys():
                self.coordinates.add(f"{type_.name}.{name}")
                self._add_values(get_named_type(type_.fields[name].type), value[name])


def _argument_coordinates(
    of: str, arguments: Mapping[str, GraphQLArgument]
) -> Iterator[tuple[str, SchemaElement]]:
    for name, argument in arguments.items():
        yield f"{of}({name}:)", argument
