"""The cost of an operation: one for the request, and one for each object that the response can contain.

It is computed after validation and before anything is read, from what the schema declares
(`api.cost.directives`) and the values of the arguments. graphql-core merges the fields as it does to run
them, so that the cost depends on what is selected and not on how it is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import get_argument_values, get_variable_values

from api.cost.directives import MAX_SEARCH_WORDS, SIZES, AssumedSizes, Cost, ListSize
from api.cost.selection import Operation
from records.core.text import split_words

_REQUEST: Final = 1


@dataclass(slots=True)
class CostNode:
    """The cost of a field in an operation; `maximum` is its highest cost, including its children.

    `per_field` counts each time that the field is resolved, `per_object` for every object that it returns,
    and `base` is what the field and its children cost without any object.
    """

    per_field: int = 0
    per_object: int = 0
    maximum: int = 0
    base: int = 0
    children: dict[str, "CostNode"] = field(default_factory=dict)

    def actual_cost(self, value: Any) -> int:
        """What `value`, the result of this field, cost."""
        if isinstance(value, list):
            return self.per_field + sum(self._of(item) for item in value)
        return self.per_field + self._of(value)

    def _of(self, value: Any) -> int:
        if not isinstance(value, Mapping):
            return 0
        return self.per_object + sum(
            child.actual_cost(value[key]) for key, child in self.children.items() if key in value
        )


@dataclass(frozen=True, slots=True)
class OperationCost:
    """The estimated cost of an operation, from which the actual cost of a result is computed."""

    root: CostNode

    @property
    def requested(self) -> int:
        """The maximum cost, which is charged up front."""
        return _REQUEST + self.root.maximum

    def actual(self, data: Mapping[str, Any] | None, *, read: int = 0) -> int:
        """The cost of the result `data`: at least the base and at most `requested`.

        `read` is the number of rows that were read for a result from which an error removed them.
        """
        shown = self.root.actual_cost(data) if data is not None else 0
        return min(self.requested, _REQUEST + max(shown, self.root.base + read))


def estimate_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variable_values: Mapping[str, Any] | None,
) -> OperationCost | None:
    """The cost of the operation named `operation_name`, or of the only one, in a valid document.

    None if the variable values are invalid, in which case the operation cannot run.
    """
    definitions = document.definitions
    operations = (item for item in definitions if isinstance(item, OperationDefinitionNode))
    node = next(
        item
        for item in operations
        if operation_name is None or (item.name and item.name.value == operation_name)
    )
    fragments = {
        item.name.value: FragmentDetails(item)
        for item in definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    variables = get_variable_values(schema, node.variable_definitions or (), dict(variable_values or {}))
    root = schema.get_root_type(node.operation)
    if isinstance(variables, list) or root is None:
        return None
    operation = Operation(schema, node, fragments, variables)
    collected = collect_fields(schema, fragments, variables, root, node)
    children = _child_costs(operation, root, collected.grouped_field_set, {})
    maximum, base = (
        sum(getattr(cost_node, name) for cost_node in children.values()) for name in ("maximum", "base")
    )
    return OperationCost(CostNode(maximum=maximum, base=base, children=children))


def _child_costs(
    operation: Operation,
    type_: GraphQLObjectType,
    collected: Mapping[str, list[FieldDetails]],
    sizes: Mapping[str, int],
) -> dict[str, CostNode]:
    """The costs of an object's fields, by response key; `sizes` are declared by the parent field."""
    nodes: dict[str, CostNode] = {}
    for key, details in collected.items():
        name = details[0].node.name.value
        if not name.startswith("__"):
            cost_node = _cost_node(operation, type_.fields[name], details, sizes.get(name))
            if cost_node.maximum or cost_node.children:
                nodes[key] = cost_node
    return nodes


def _cost_node(
    operation: Operation, field_: GraphQLField, details: list[FieldDetails], size: int | None
) -> CostNode:
    named_type = get_named_type(field_.type)
    try:
        arguments = get_argument_values(field_, details[0].node, operation.variables)
    except GraphQLError:
        # The field fails because a required argument is null, and reads nothing.
        return CostNode()
    per_field = declared_weight(field_, 0) + _search_word_cost(field_, arguments)
    cost_node = CostNode(per_field=per_field, maximum=per_field, base=per_field)
    if not is_composite_type(named_type):
        return cost_node
    sizes = declared_sizes(field_, arguments)
    types = (
        [named_type]
        if isinstance(named_type, GraphQLObjectType)
        else [*operation.schema.get_possible_types(named_type)]
    )
    objects = [_object_cost(operation, type_, details, sizes.children) for type_ in types]
    cost_node.per_object = min(item.per_object for item in objects)
    cost_node.maximum += (sizes.own if size is None else size) * max(item.maximum for item in objects)
    if not is_list_type(get_nullable_type(field_.type)):
        cost_node.base += min(item.base for item in objects)
    for item in objects:
        for key, child in item.children.items():
            cost_node.children[key] = (
                _merge_alternatives(cost_node.children[key], child) if key in cost_node.children else child
            )
    return cost_node


def _object_cost(
    operation: Operation, type_: GraphQLObjectType, details: list[FieldDetails], sizes: Mapping[str, int]
) -> CostNode:
    """The cost of one object of a type, with the fields selected of it."""
    collected = collect_subfields(
        operation.schema, operation.fragments, operation.variables, operation.node, type_, details
    )
    per_object, children = (
        declared_weight(type_, 1),
        _child_costs(operation, type_, collected.grouped_field_set, sizes),
    )
    base = sum(cost_node.base for cost_node in children.values())
    return CostNode(
        per_object=per_object,
        maximum=per_object + sum(cost_node.maximum for cost_node in children.values()),
        base=base,
        children=children,
    )


def _merge_alternatives(first: CostNode, second: CostNode) -> CostNode:
    """The cost that holds for either of two types: the result does not show which one an object has."""
    children = first.children | second.children
    for key in first.children.keys() & second.children.keys():
        children[key] = _merge_alternatives(first.children[key], second.children[key])
    minimum = {
        name: min(getattr(first, name), getattr(second, name)) for name in ("per_field", "per_object", "base")
    }
    return CostNode(**minimum, maximum=max(first.maximum, second.maximum), children=children)


def _search_word_cost(declared: GraphQLField, arguments: Mapping[str, Any]) -> int:
    """The cost of the search words in the input arguments of a field."""
    cost = 0
    for name, argument in declared.args.items():
        type_, value = get_named_type(argument.type), arguments.get(name)
        if isinstance(type_, GraphQLInputObjectType) and isinstance(value, Mapping):
            texts = {key: text for key, text in value.items() if isinstance(text, str)}
            cost += sum(
                declared_weight(type_.fields[key], 0) * min(len(split_words(text)), MAX_SEARCH_WORDS)
                for key, text in texts.items()
                if key in type_.fields
            )
    return cost


def declared_weight(declared: GraphQLField | GraphQLInputField | GraphQLObjectType, usual: int) -> int:
    """The weight of a field or type according to its directive, or else `usual`."""
    return next((item.weight for item in _directives(declared) if isinstance(item, Cost)), usual)


def declared_sizes(declared: GraphQLField, arguments: Mapping[str, Any]) -> AssumedSizes:
    """The maximum number of objects of a field for these arguments."""
    list_size = next((item for item in _directives(declared) if isinstance(item, ListSize)), None)
    if list_size is not None:
        return list_size.sizes(arguments)
    sized = declared.extensions["strawberry-definition"].metadata.get(SIZES)
    return sized(arguments) if sized else AssumedSizes()


def _directives(declared: GraphQLField | GraphQLInputField | GraphQLObjectType) -> Iterator[object]:
    yield from declared.extensions["strawberry-definition"].directives or ()
