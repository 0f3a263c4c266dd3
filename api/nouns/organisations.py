"""Organisations: police bodies, Front committees and others, each with a life of its own."""

from datetime import date

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.reads.connections import Connection
from api.reads.declared import column, in_area, record_type, to_one, where
from api.reads.filters import ByUpdate, by_id, ids, search_filter
from api.reads.node import Versioned
from api.reads.orders import NAME, UPDATED_AT
from api.reads.root_fields import paged
from records.core.rights import Right
from records.tables.organisations import OrganisationKind


@record_type(
    "organisations",
    right=Right.AREAS_READ,
    description=(
        "A police body, a Front committee or another organisation (đơn vị, cơ quan). Its lifetime need "
        "not match that of its area."
    ),
    keys={"name_key": NAME, "updated_at": UPDATED_AT},
)
class Organisation(Versioned):
    """An organisation."""

    name: str = column("name", "The full name.")
    kind: OrganisationKind = column("kind", "Its kind.")
    area: Area = to_one("area_id", "The area that it works for.")
    parent: "Organisation | None" = to_one("parent_id", "The organisation above it.")
    active_from: date | None = column("active_from", "The first day on which it existed, where known.")
    active_to: date | None = column(
        "active_to", "The first day on which it no longer existed; null while it does."
    )


@strawberry.input(description="Which organisations to list. All conditions must match.")
class OrganisationFilter(ByUpdate):
    """Filters of organisations."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Organisation")
    kind: list[OrganisationKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these kinds.")
    parent_id: list[strawberry.ID] | None = by_id(
        "parent_id", "Organisation", "Only the direct children of these organisations, by id."
    )
    active_on: date | None = where(
        "coalesce({t}.active_from, '-infinity') <= {0}::date"
        " AND coalesce({t}.active_to, 'infinity') > {0}::date",
        "Only organisations that existed on this day; an unknown beginning counts as earlier.",
    )
    search: str | None = search_filter()


@strawberry.type
class OrganisationQueries:
    """The root field on organisations."""

    organisations: Connection[Organisation] = paged(
        Organisation,
        OrganisationFilter,
        "name_key",
        "The organisations, including former ones. They are a catalogue: every key sees all of them.",
    )
