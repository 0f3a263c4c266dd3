"""The schema: every noun's root fields put together, and its text for `schema.graphql`."""

from typing import Final

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import get_object_definition

import api.enums  # noqa: F401 - describes the enums of the records
from api.contract.served import Contract
from api.cost import limits
from api.cost.budget import ChargeExtension
from api.cost.directives import FREE, READ, Cost
from api.exports.requests import ExportMutations, ExportQueries
from api.feed.changes import ChangeQueries
from api.feed.subscription import Subscription
from api.mutations.activities import ActivityMutations
from api.mutations.enquiries import EnquiryMutations
from api.mutations.figures import FigureMutations
from api.mutations.tip_submission import TipSubmissionMutations
from api.mutations.tip_work import TipWorkMutations
from api.nouns.activities import ActivityQueries
from api.nouns.areas.areas import AreaQueries
from api.nouns.areas.successions import AreaSuccessionQueries
from api.nouns.enquiries.enquiries import EnquiryQueries
from api.nouns.enquiries.faq import FaqQueries
from api.nouns.figures import FigureQueries
from api.nouns.groups import GroupQueries
from api.nouns.hand_downs import HandDownQueries
from api.nouns.members import MemberQueries
from api.nouns.metrics import MetricQueries
from api.nouns.organisations import OrganisationQueries
from api.nouns.outlines import OutlineQueries
from api.nouns.programmes import ProgrammeQueries
from api.nouns.reviews import ReviewQueries
from api.nouns.tips import TipQueries
from api.nouns.viewer import ViewerQueries
from api.reads.node import NodeQueries
from api.reads.scalars import SCALARS
from api.reads.snapshot import SnapshotExtension
from api.schema.federation import FederationQueries, Service, subgraph


@strawberry.type(
    description="The data that a partner can read. Every field requires a key with the scope for its records."
)
class Query(
    ViewerQueries,
    NodeQueries,
    AreaQueries,
    AreaSuccessionQueries,
    OrganisationQueries,
    ProgrammeQueries,
    GroupQueries,
    MemberQueries,
    TipQueries,
    FaqQueries,
    OutlineQueries,
    HandDownQueries,
    ActivityQueries,
    ReviewQueries,
    MetricQueries,
    FigureQueries,
    EnquiryQueries,
    ChangeQueries,
    ExportQueries,
    FederationQueries,
):
    """The root of queries."""

    service: Service = strawberry.field(
        name="_service",
        resolver=lambda: Service(sdl=subgraph(text())),
        directives=[FREE],
        description="This service as a subgraph, for composers.",
    )


for _field in get_object_definition(Query, strict=True).fields:
    # Nothing that reads is free, also where it finds nothing. Some say otherwise themselves.
    if not any(isinstance(directive, Cost) for directive in _field.directives):
        _field.directives = [*_field.directives, READ]


@strawberry.type(
    description=(
        "The changes that a partner can make. Every field requires a key with the scope that it names. "
        "Problems with an input are returned as `problems`."
    )
)
class Mutation(
    TipSubmissionMutations,
    TipWorkMutations,
    ActivityMutations,
    EnquiryMutations,
    FigureMutations,
    ExportMutations,
):
    """The root of mutations."""


class _Schema(strawberry.Schema):
    """A schema that logs nothing by itself: `api.errors` does, without people's data."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Left to the door, which knows the request."""


def _without_null_defaults(made: strawberry.Schema) -> strawberry.Schema:
    """In Python an argument that was not given is None; in GraphQL it is simply not given."""
    for type_ in made._schema.type_map.values():  # noqa: SLF001 - Strawberry has no setting for it
        if isinstance(type_, GraphQLInputObjectType):
            given: list[GraphQLArgument | GraphQLInputField] = [*type_.fields.values()]
        elif isinstance(type_, GraphQLObjectType):
            given = [argument for field in type_.fields.values() for argument in field.args.values()]
        else:
            continue
        for argument in given:
            if argument.default_value is None:
                argument.default_value = Undefined
    return made


def build() -> strawberry.Schema:
    """The schema, made anew."""
    config = StrawberryConfig(scalar_map=SCALARS)
    return _without_null_defaults(
        _Schema(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            extensions=[*limits.extensions(), ChargeExtension, SnapshotExtension],
            config=config,
        )
    )


CONTRACT: Final = Contract(build)
schema: Final = CONTRACT.whole.schema


def text() -> str:
    """The schema in GraphQL's schema language, in alphabetical order, as `schema.graphql` holds it."""
    return CONTRACT.whole.text
