"""What became of areas: from which old one to which new one, for those who keep codes of their own."""

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, AreaSuccession
from api.reads.connections import Connection
from api.reads.declared import between, flag, in_area
from api.reads.filters import by_code, ids
from api.reads.root_fields import paged
from api.reads.scalars import DayRange


@strawberry.input(description="Which successions to list. All conditions must match.")
class AreaSuccessionFilter:
    """Filters of successions."""

    area: str | None = in_area(
        f"{AREA_DESCRIPTION} Either the old or the new area must match.", "old_id", "new_id"
    )
    id: list[strawberry.ID] | None = ids("AreaSuccession")
    old: list[str] | None = by_code("old_id", "Area", "Only from areas with these codes.")
    new: list[str] | None = by_code("new_id", "Area", "Only to areas with these codes.")
    whole: bool | None = flag(
        "whole", "Only successions of areas that became one (true), or were split (false)."
    )
    effective_on: DayRange | None = between(
        "effective_on", "Only successions that took effect on these days."
    )


@strawberry.type
class AreaSuccessionQueries:
    """The root field on successions."""

    area_successions: Connection[AreaSuccession] = paged(
        AreaSuccession,
        AreaSuccessionFilter,
        "effective_on",
        "Which area became which: the table for converting old codes into new ones.",
    )
