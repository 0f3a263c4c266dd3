"""The enums of the public schema; their descriptions are declared with their members."""

from typing import Any, TypeVar

import strawberry

from records.core.actor import CredentialKind
from records.core.errors import ProblemCode
from records.core.labels import Described
from records.core.language import Language
from records.metrics.periods import Period
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind, Precision
from records.tables.delivery import ExportState
from records.tables.groups import GroupKind, GroupStatus, MemberRole
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier
from records.tables.organisations import DatePrecision, OrganisationKind
from records.tables.reviews import ReviewClass
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus

E = TypeVar("E", bound=Described)


def expose(enum: type[E]) -> type[E]:
    """Makes `enum` a GraphQL enum, described by its docstring and its members."""
    shown: Any = strawberry.enum(enum, description=enum.__doc__)
    for value in shown.__strawberry_definition__.values:
        value.description = enum[value.name].description
    return enum


for _enum in (
    *(ActivityKind, AreaKind, Channel, CredentialKind, DatePrecision, ExportState, GroupKind, GroupStatus),
    *(IndicatorKind, IndicatorSource, Language, LegalKind, MemberRole, OrganisationKind, OutcomeKind, Period),
    *(Precision, Priority, ProblemCode, Qualifier, ReviewClass, TipStatus),
):
    expose(_enum)
