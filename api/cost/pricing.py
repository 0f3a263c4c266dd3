"""What an operation costs: one for the request, and one for each object that its answer can hold.

It is worked out after validation and before anything is read, from what the schema declares
(`api.cost.directives`) and the values of the arguments. graphql-core merges the fields as it does to run
them, so that the cost is of what is asked for and not of how it is written.
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
    """A place in an operation: what is counted there, and `most`, what it costs at most with all below.

    `once` counts each time that the field is answered, `each` for every object that it gives, and `base` is
    what the field and those below it cost without any object.
    """

    per_field: int = 0
    per_object: int = 0
    maximum: int = 0
    base: int = 0
    children: dict[str, "CostNode"] = field(default_factory=dict)

    def actual_cost(self, value: Any) -> int:
        """What `value`, the answer at this place, cost."""
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
    """An operation with its values: what it costs at most, and what an answer cost."""

    root: CostNode

    @property
    def requested(self) -> int:
        """What it costs at most."""
        return _REQUEST + self.root.maximum

    def actual(self, data: Mapping[str, Any] | None, *, read: int = 0) -> int:
        """What the answer `data` cost: no less than the base and never more than `requested`.

        `read` is how many rows were read for an answer that does not show them, because something failed.
        """
        shown = self.root.actual_cost(data) if data is not None else 0
        return min(self.requested, _REQUEST + max(shown, self.root.base + read))


def estimate_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variable_values: Mapping[str, Any] | None,
) -> OperationCost | None:
    """The operation of a valid document that is `named`, or its only one, with the values `given`.

    None where these do not fit the variables: then it cannot run.
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
    """What is counted below an object, by response key; `sizes` are those that the field above declares."""
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
        # The field fails for an argument that is null, and reads nothing.
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
    """One object of a type, with all that is asked of it."""
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
    """Where objects of several types may stand, what counts whichever it is: an answer does not tell."""
    children = first.children | second.children
    for key in first.children.keys() & second.children.keys():
        children[key] = _merge_alternatives(first.children[key], second.children[key])
    minimum = {
        name: min(getattr(first, name), getattr(second, name)) for name in ("per_field", "per_object", "base")
    }
    return CostNode(**minimum, maximum=max(first.maximum, second.maximum), children=children)


def _search_word_cost(declared: GraphQLField, arguments: Mapping[str, Any]) -> int:
    """What the words in the inputs that a field was given cost."""
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
    """What a field or a type weighs: as its directive says, else `usual`."""
    return next((item.weight for item in _directives(declared) if isinstance(item, Cost)), usual)


def declared_sizes(declared: GraphQLField, arguments: Mapping[str, Any]) -> AssumedSizes:
    """How many objects a field gives at most, for these arguments."""
    list_size = next((item for item in _directives(declared) if isinstance(item, ListSize)), None)
    if list_size is not None:
        return list_size.sizes(arguments)
    sized = declared.extensions["strawberry-definition"].metadata.get(SIZES)
    return sized(arguments) if sized else AssumedSizes()


def _directives(declared: GraphQLField | GraphQLInputField | GraphQLObjectType) -> Iterator[object]:
    yield from declared.extensions["strawberry-definition"].directives or ()
