"""The schema directives `@cost` and `@listSize`, and the weights and sizes used with them.

The directives are those of Apollo Federation 2.9 (after IBM's draft,
https://ibm.github.io/graphql-specs/cost-spec.html), so that a client, or a gateway, can compute a cost from
the schema alone. `api.cost.pricing` does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location

MAX_PAGE_SIZE: Final = 1000
"""The largest page size."""

CATALOGUE: Final = 100
"""The largest size of a list that is returned whole."""

SIZES: Final = "sizes"
"""The metadata key of a Strawberry field for sizes that no directive can express."""


@dataclass(frozen=True, slots=True)
class AssumedSizes:
    """The maximum number of objects of a field: in its own list, and in the lists of its child fields."""

    own: int = 1
    children: Mapping[str, int] = field(default_factory=dict)


Sized = Callable[[Mapping[str, Any]], AssumedSizes]
"""Computes the sizes of a field from its arguments."""


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION, Location.INPUT_FIELD_DEFINITION, Location.OBJECT],
    description=(
        "The cost of an object of this type instead of 1, of a field in addition to its objects, or of "
        "an input field per word of its text."
    ),
)
class Cost:
    """A weight."""

    weight: int = strawberry.field(description="How much.")


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="The number of objects assumed for a list: never fewer than it contains.",
)
class ListSize:
    """The size of a list, or of the lists below a page."""

    # In alphabetical order, like the sorted schema: otherwise the printer emits the directive twice.
    assumed_size: int = strawberry.field(
        description="How many, where no slicing argument is given. A list without one holds no more."
    )
    require_one_slicing_argument: bool = strawberry.field(
        default=False, description="Whether one slicing argument has to be given. Here none ever has to."
    )
    sized_fields: list[str] | None = strawberry.field(
        default=UNSET, description="The fields below that hold the list; the field itself when not given."
    )
    slicing_arguments: list[str] | None = strawberry.field(
        default=UNSET,
        description="The arguments that say how many: a number, or a list by its length. The largest counts.",
    )

    def sizes(self, arguments: Mapping[str, Any]) -> AssumedSizes:
        """The sizes for these arguments; a number out of range is clamped, because it is refused later."""
        selected = [
            arguments[name] for name in self.slicing_arguments or () if arguments.get(name) is not None
        ]
        counts = [value if isinstance(value, int) else len(value) for value in selected]
        size = min(max(0, *counts), MAX_PAGE_SIZE) if counts else self.assumed_size
        if self.sized_fields:
            return AssumedSizes(children=dict.fromkeys(self.sized_fields, size))
        return AssumedSizes(own=size)


WRAPPER: Final = Cost(weight=0)
"""For types that only wrap objects that are counted themselves."""

CHANGE: Final = Cost(weight=10)
"""For mutations."""

READ: Final = Cost(weight=2)
"""For fields that run a query, whatever it finds."""

FREE: Final = Cost(weight=0)
"""For fields of `Query` that run no query."""

SEARCH_WORD: Final = Cost(weight=5)
"""For input fields of search words."""

MAX_SEARCH_WORDS: Final = 10
"""The maximum number of search words."""


def list_size(maximum: int) -> list[object]:
    """The directives of a list that never has more than `maximum` entries."""
    return [ListSize(assumed_size=maximum)]
