"""Figures: the numbers that units reported, with what their sources say of them."""

from datetime import date
from typing import Final

import strawberry

from api.nouns.areas.areas import AREA_DESCRIPTION, Area
from api.nouns.metrics import Indicator
from api.nouns.organisations import Organisation
from api.nouns.programmes import Programme
from api.reads.connections import Connection
from api.reads.declared import Condition, between, column, in_area, record_type, to_one, where
from api.reads.filters import ByUpdate, by_code, by_id, ids
from api.reads.node import Versioned
from api.reads.orders import UPDATED_AT, Key, KeyType
from api.reads.root_fields import paged
from api.reads.scalars import DayRange
from records.core.rights import Right
from records.metrics.disclosure import BASE, round_figure, rounding_key
from records.nouns.figures import NOT_SUPERSEDED
from records.tables.metrics import Qualifier

# Of these a partner sees no more than a rounded number, whatever the number is.
_SENSITIVE: Final = "(SELECT i.sensitive FROM indicators i WHERE i.id = {t}.indicator_id)"
_QUALIFIER: Final = (
    f"CASE WHEN {_SENSITIVE} AND {{t}}.qualifier = 'EXACT' THEN 'ABOUT' ELSE {{t}}.qualifier END"
)


def _rounding() -> tuple[bytes]:
    return (rounding_key(),)


@record_type(
    "figures",
    right=Right.FIGURES_READ,
    scoped=True,
    description=(
        "A number as reported by a unit (số liệu báo cáo), with the wording of its source; never a count "
        "of records."
    ),
    keys={
        "period_to": Key(KeyType.DAY, "the end of the period", nullable=True, name="PERIOD"),
        "updated_at": UPDATED_AT,
    },
)
class Figure(Versioned):
    """A reported number."""

    indicator: Indicator = to_one("indicator_id", "What the number measures.")
    area: Area = to_one("area_id", "The area that the number is about.")
    organisation: Organisation = to_one("organisation_id", "The organisation that reported it.")
    programme: Programme | None = to_one("programme_id", "The programme that it is about, if any.")
    value: float | None = column(
        f"(CASE WHEN {_SENSITIVE} THEN {round_figure('{0}', '{t}')} ELSE {{t}}.value END)::float8",
        "The number, in the unit of its indicator; null if the source gives only a magnitude "
        f"(`qualifier`). If `protected`, a nearby multiple of {BASE}.",
        values=_rounding,
    )
    qualifier: Qualifier = column(
        _QUALIFIER, "How the source qualifies the number; ABOUT instead of EXACT if `protected`."
    )
    protected: bool = column(
        _SENSITIVE,
        (
            f"Whether the number is randomly rounded to a multiple of {BASE}, as are all "
            "numbers of a sensitive indicator."
        ),
    )
    period: str = column("period_text", "The period in the source's words.")
    period_from: date | None = column("period_from", "The period's first day, where known.")
    period_to: date | None = column("period_to", "The period's last day, or the day of a count, where known.")
    source_text: str | None = column(
        f"CASE WHEN {_SENSITIVE} THEN NULL ELSE {{t}}.source_text END",
        "The number in the source's words; null if `protected`.",
    )
    source_name: str = column("source_name", "The source.")
    source_on: date | None = column("source_on", "The day of the source, where known.")


@strawberry.input(description="Which figures to list. All conditions must match.")
class FigureFilter(ByUpdate):
    """Filters of figures."""

    area: str | None = in_area(AREA_DESCRIPTION)
    id: list[strawberry.ID] | None = ids("Figure")
    indicator: list[str] | None = by_code("indicator_id", "Indicator", "Only these indicators, by code.")
    organisation_id: list[strawberry.ID] | None = by_id(
        "organisation_id", "Organisation", "Only those that these organisations reported, by id."
    )
    programme: list[str] | None = by_code(
        "programme_id", "Programme", "Only those of these programmes, by code."
    )
    # None on the value: whoever asked for more than 2 and less than 4 would know the number itself.
    qualifier: list[Qualifier] | None = where(f"{_QUALIFIER} = ANY({{0}}::text[])", "Only these qualifiers.")
    period_from: DayRange | None = between(
        "period_from", "Only figures whose period began on these days, where known."
    )
    period_to: DayRange | None = between(
        "period_to", "Only figures whose period ended on these days, where known."
    )


@strawberry.type
class FigureQueries:
    """The root field on figures."""

    figures: Connection[Figure] = paged(
        Figure,
        FigureFilter,
        "-period_to",
        "The figures in the caller's areas; for corrected figures, the latest.",
        where=[Condition(NOT_SUPERSEDED)],
    )
