"""The service as a subgraph of Apollo Federation 2: its schema for composers, and records by their keys.

What a composed graph asks here is asked as everywhere: with a key, its scopes and its areas.
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

import re
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.cost.directives import ListSize
from api.errors import InvalidInput
from api.nouns.activities import Activity
from api.nouns.areas.areas import Area, AreaSuccession
from api.nouns.enquiries.enquiries import OpenEnquiry
from api.nouns.enquiries.faq import FrequentQuestion
from api.nouns.figures import Figure
from api.nouns.groups import Group
from api.nouns.hand_downs import HandDown
from api.nouns.metrics import Indicator
from api.nouns.organisations import Organisation
from api.nouns.outlines import Outline
from api.nouns.programmes import Programme
from api.nouns.reviews import Review, Scorecard
from api.nouns.tips import Tip, TipCategory
from api.reads.context import Info
from api.reads.node import TOO_MANY_IDS, find_nodes, parse_id
from api.reads.scalars import Representation
from records.core.errors import ProblemCode

# Each is three of the values that the variables of a request may hold.
MAX_REPRESENTATIONS: Final = 500

_LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])\n\n'
)
_NODE_TYPES: Final = re.compile(r"^type \w+ implements Node\b", re.MULTILINE)
# Of Relay, and so of every subgraph that follows it.
_SHAREABLE_TYPES: Final = re.compile(r"^type PageInfo\b", re.MULTILINE)

Entity = Annotated[
    Activity
    | Area
    | AreaSuccession
    | Figure
    | FrequentQuestion
    | Group
    | HandDown
    | Indicator
    | OpenEnquiry
    | Organisation
    | Outline
    | Programme
    | Review
    | Scorecard
    | Tip
    | TipCategory,
    strawberry.union("_Entity", description="Every type of record that other subgraphs may extend."),
]


@strawberry.type(name="_Service", description="This service as a subgraph.")
class Service:
    """A subgraph."""

    sdl: str = strawberry.field(description="The schema with the directives of Federation 2.")


def subgraph(text: str) -> str:
    """The text of a schema with what composers need: which types are found by their id, which are shared."""
    text = _NODE_TYPES.sub(r'\g<0> @key(fields: "id")', text)
    return _LINK + _SHAREABLE_TYPES.sub(r"\g<0> @shareable", text)


async def _entities(
    info: Info,
    *,
    representations: Annotated[
        list[Representation],
        strawberry.argument(description=f"What the records are found by, at most {MAX_REPRESENTATIONS}."),
    ],
) -> list[Entity | None]:
    if len(representations) > MAX_REPRESENTATIONS:
        raise InvalidInput(TOO_MANY_IDS, ProblemCode.TOO_MANY, "representations", most=MAX_REPRESENTATIONS)
    return await find_nodes(
        info, [_parse_representation(representation) for representation in representations]
    )


def _parse_representation(representation: Representation) -> tuple[str, UUID] | None:
    """The type and the row's id that a representation names; None where it names nothing of ours."""
    match representation:
        case {"__typename": str(type_name), "id": str(id_)}:
            return parse_id(id_, type_name)
        case _:
            return None


@strawberry.type
class FederationQueries:
    """The root field by which composed graphs find records."""

    entities: list[Entity | None] = strawberry.field(
        name="_entities",
        resolver=_entities,
        directives=[ListSize(assumed_size=MAX_REPRESENTATIONS, slicing_arguments=["representations"])],
        description="The records that these represent, in their order; null where there is none to see.",
    )
