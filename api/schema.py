"""The schema: every noun's root fields put together, and its text for `schema.graphql`."""

from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

import api.enums  # noqa: F401 - describes the enums of the records
from api import limits
from api.areas import AreaQueries
from api.figures import FigureQueries
from api.groups import GroupQueries
from api.metrics import MetricQueries
from api.node import NodeQueries
from api.programmes import ProgrammeQueries
from api.scalars import SCALARS
from api.submit_tip import TipMutations
from api.tips import TipQueries


@strawberry.type(
    description="What can be read. Every field needs a key with the scope that its records need."
)
class Query(
    NodeQueries, AreaQueries, ProgrammeQueries, GroupQueries, TipQueries, MetricQueries, FigureQueries
):
    """The root of queries."""


@strawberry.type(description="What can be changed.")
class Mutation(TipMutations):
    """The root of mutations."""


class _Schema(strawberry.Schema):
    """A schema that logs nothing by itself: `api.errors` does, without people's data."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Left to the door, which knows the request."""


schema: Final = _Schema(
    query=Query,
    mutation=Mutation,
    extensions=limits.extensions(),
    config=StrawberryConfig(sort_schema=True, scalar_map=SCALARS),
)


def text() -> str:
    """The schema in GraphQL's schema language, as `schema.graphql` holds it."""
    return print_schema(schema) + "\n"
