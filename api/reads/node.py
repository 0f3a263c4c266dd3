"""Global ids, and the lookup of records by them."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.cost.directives import ListSize
from api.cost.selection import selection_of
from api.errors import InvalidInput
from api.reads.context import Info
from api.reads.declared import DECLARATION, ID, RECORD_TYPES, column
from api.reads.execution import read_by_id
from records.core.errors import ProblemCode
from records.core.identifiers import ids
from records.core.language import _

MAX_IDS: Final = 100
TOO_MANY_IDS: Final = _("Request at most {most} ids at once.")


@strawberry.interface(description="A record that can be refetched by its id.")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(
        description="The record's id: globally unique, opaque and permanent.", metadata={DECLARATION: ID}
    )


@strawberry.type
class Versioned(Node):
    """A record that staff change: each change makes a new version."""

    updated_at: datetime = column("updated_at", "When this record last changed.")
    version: int = column("version", "Incremented by each change to the record.")


def global_id(type_name: str) -> Callable[[UUID], str]:
    """A function that makes the global ids of a type."""
    return partial(ids.global_id, type_name)


def parse_id(value: str, type_name: str | None = None) -> tuple[str, UUID] | None:
    """The type and the row's id in a global id; None if it is malformed or of another type."""
    try:
        mark, _colon, rest = b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True).partition(b":")
        found, id_ = mark.decode(), UUID(bytes=rest)
    except ValueError:
        return None
    matches = found in RECORD_TYPES if type_name is None else found == type_name
    return (found, id_) if matches else None


async def find_nodes(info: Info, requested: Sequence[tuple[str, UUID] | None]) -> list[Any]:
    """The requested records in order; None for each that is not visible to the caller."""
    _actor = info.context.actor  # raises for anonymous callers, whichever ids they send
    by_type: dict[str, set[UUID]] = {}
    for type_name, id_ in filter(None, requested):
        by_type.setdefault(type_name, set()).add(id_)
    found: dict[tuple[str, UUID], Node] = {}
    for type_name, group in by_type.items():
        records = await read_by_id(info, selection_of(info, type_name), group)
        found |= {(type_name, id_): record for id_, record in records.items()}
    return [found.get(key) if key else None for key in requested]


async def _node(
    info: Info,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="The record's id.")],  # noqa: A002 - Relay's name
) -> Node | None:
    found: Node | None = (await find_nodes(info, [parse_id(id)]))[0]
    return found


async def _nodes(
    info: Info,
    *,
    ids: Annotated[
        list[strawberry.ID], strawberry.argument(description=f"The records' ids, at most {MAX_IDS}.")
    ],
) -> list[Node | None]:
    if len(ids) > MAX_IDS:
        raise InvalidInput(TOO_MANY_IDS, ProblemCode.TOO_MANY, "ids", most=MAX_IDS)
    return await find_nodes(info, [parse_id(id_) for id_ in ids])


@strawberry.type
class NodeQueries:
    """The root fields `node` and `nodes`."""

    node: Node | None = strawberry.field(
        resolver=_node,
        description="The record with this id; null if there is none visible to the caller.",
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes,
        directives=[ListSize(assumed_size=MAX_IDS, slicing_arguments=["ids"])],
        description=(
            "The records with these ids, in the same order; null for each that is not visible to the caller."
        ),
    )
