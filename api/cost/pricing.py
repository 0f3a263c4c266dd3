"""What an operation costs: one for the request, and one for each object that its answer can hold.

It is worked out after validation and before anything is read, from what the schema declares
(`api.cost.sizes`) and the values of the arguments. graphql-core merges the fields as it does to run them,
so that the cost is of what is asked for and not of how it is written.
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

from api.cost.selection import Operation
from api.cost.sizes import MOST_WORDS, SIZES, Cost, ListSize, Sizes
from records.core.text import words

_REQUEST: Final = 1


@dataclass(slots=True)
class Place:
    """A place in an operation: what is counted there, and `most`, what it costs at most with all below.

    `once` counts each time that the field is answered, `each` for every object that it gives, and `base` is
    what the field and those below it cost without any object.
    """

    once: int = 0
    each: int = 0
    most: int = 0
    base: int = 0
    below: dict[str, "Place"] = field(default_factory=dict)

    def spent(self, value: Any) -> int:
        """What `value`, the answer at this place, cost."""
        if isinstance(value, list):
            return self.once + sum(self._of(one) for one in value)
        return self.once + self._of(value)

    def _of(self, value: Any) -> int:
        if not isinstance(value, Mapping):
            return 0
        return self.each + sum(below.spent(value[key]) for key, below in self.below.items() if key in value)


@dataclass(frozen=True, slots=True)
class Weighed:
    """An operation with its values: what it costs at most, and what an answer cost."""

    root: Place

    @property
    def requested(self) -> int:
        """What it costs at most."""
        return _REQUEST + self.root.most

    def actual(self, data: Mapping[str, Any] | None, *, read: int = 0) -> int:
        """What the answer `data` cost: no less than the base and never more than `requested`.

        `read` is how many rows were read for an answer that does not show them, because something failed.
        """
        shown = self.root.spent(data) if data is not None else 0
        return min(self.requested, _REQUEST + max(shown, self.root.base + read))


def weigh(
    schema: GraphQLSchema, document: DocumentNode, named: str | None, given: Mapping[str, Any] | None
) -> Weighed | None:
    """The operation of a valid document that is `named`, or its only one, with the values `given`.

    None where these do not fit the variables: then it cannot run.
    """
    definitions = document.definitions
    operations = (one for one in definitions if isinstance(one, OperationDefinitionNode))
    node = next(one for one in operations if named is None or (one.name and one.name.value == named))
    fragments = {
        one.name.value: FragmentDetails(one) for one in definitions if isinstance(one, FragmentDefinitionNode)
    }
    variables = get_variable_values(schema, node.variable_definitions or (), dict(given or {}))
    root = schema.get_root_type(node.operation)
    if isinstance(variables, list) or root is None:
        return None
    operation = Operation(schema, node, fragments, variables)
    asked = collect_fields(schema, fragments, variables, root, node)
    below = _below(operation, root, asked.grouped_field_set, {})
    most, base = (sum(getattr(place, name) for place in below.values()) for name in ("most", "base"))
    return Weighed(Place(most=most, base=base, below=below))


def _below(
    operation: Operation,
    type_: GraphQLObjectType,
    asked: Mapping[str, list[FieldDetails]],
    sizes: Mapping[str, int],
) -> dict[str, Place]:
    """What is counted below an object, by response key; `sizes` are those that the field above declares."""
    found: dict[str, Place] = {}
    for key, details in asked.items():
        name = details[0].node.name.value
        if not name.startswith("__"):
            place = _place(operation, type_.fields[name], details, sizes.get(name))
            if place.most or place.below:
                found[key] = place
    return found


def _place(
    operation: Operation, field_: GraphQLField, details: list[FieldDetails], size: int | None
) -> Place:
    named = get_named_type(field_.type)
    try:
        given = get_argument_values(field_, details[0].node, operation.variables)
    except GraphQLError:
        # The field fails for an argument that is null, and reads nothing.
        return Place()
    once = weight_of(field_, 0) + _words(field_, given)
    place = Place(once=once, most=once, base=once)
    if not is_composite_type(named):
        return place
    sizes = sizes_of(field_, given)
    types = [named] if isinstance(named, GraphQLObjectType) else [*operation.schema.get_possible_types(named)]
    each = [_object(operation, type_, details, sizes.below) for type_ in types]
    place.each = min(one.each for one in each)
    place.most += (sizes.own if size is None else size) * max(one.most for one in each)
    if not is_list_type(get_nullable_type(field_.type)):
        place.base += min(one.base for one in each)
    for one in each:
        for key, below in one.below.items():
            place.below[key] = _either(place.below[key], below) if key in place.below else below
    return place


def _object(
    operation: Operation, type_: GraphQLObjectType, details: list[FieldDetails], sizes: Mapping[str, int]
) -> Place:
    """One object of a type, with all that is asked of it."""
    asked = collect_subfields(
        operation.schema, operation.fragments, operation.variables, operation.node, type_, details
    )
    each, below = weight_of(type_, 1), _below(operation, type_, asked.grouped_field_set, sizes)
    base = sum(place.base for place in below.values())
    return Place(each=each, most=each + sum(place.most for place in below.values()), base=base, below=below)


def _either(one: Place, other: Place) -> Place:
    """Where objects of several types may stand, what counts whichever it is: an answer does not tell."""
    below = one.below | other.below
    for key in one.below.keys() & other.below.keys():
        below[key] = _either(one.below[key], other.below[key])
    least = {name: min(getattr(one, name), getattr(other, name)) for name in ("once", "each", "base")}
    return Place(**least, most=max(one.most, other.most), below=below)


def _words(declared: GraphQLField, given: Mapping[str, Any]) -> int:
    """What the words in the inputs that a field was given cost."""
    cost = 0
    for name, argument in declared.args.items():
        type_, value = get_named_type(argument.type), given.get(name)
        if isinstance(type_, GraphQLInputObjectType) and isinstance(value, Mapping):
            texts = {key: text for key, text in value.items() if isinstance(text, str)}
            cost += sum(
                weight_of(type_.fields[key], 0) * min(len(words(text)), MOST_WORDS)
                for key, text in texts.items()
                if key in type_.fields
            )
    return cost


def weight_of(declared: GraphQLField | GraphQLInputField | GraphQLObjectType, usual: int) -> int:
    """What a field or a type weighs: as its directive says, else `usual`."""
    return next((one.weight for one in _directives(declared) if isinstance(one, Cost)), usual)


def sizes_of(declared: GraphQLField, given: Mapping[str, Any]) -> Sizes:
    """How many objects a field gives at most, for these arguments."""
    listed = next((one for one in _directives(declared) if isinstance(one, ListSize)), None)
    if listed is not None:
        return listed.sizes(given)
    sized = declared.extensions["strawberry-definition"].metadata.get(SIZES)
    return sized(given) if sized else Sizes()


def _directives(declared: GraphQLField | GraphQLInputField | GraphQLObjectType) -> Iterator[object]:
    yield from declared.extensions["strawberry-definition"].directives or ()
