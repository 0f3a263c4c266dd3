"""Metrics: what the records add up to over areas and periods."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.cost.directives import CATALOGUE, SIZES, AssumedSizes, list_size
from api.cost.selection import selection_of
from api.errors import check_scope
from api.nouns.areas.areas import (
    AREA_DESCRIPTION,
    DEFAULT_AREA_COUNT,
    Area,
    MostAreas,
    assumed_area_count,
    check_most_areas,
)
from api.reads.areas import resolve_area
from api.reads.connections import FILTER
from api.reads.context import Info
from api.reads.declared import column, flag, record_type, to_one, translated, where
from api.reads.execution import read_by_id, read_list
from api.reads.filters import codes, ids, updated_since
from api.reads.node import Node
from api.reads.root_fields import coded
from api.reads.scalars import Month
from records.core.dates import add_months
from records.core.errors import ValidationFailed
from records.core.rights import Right
from records.metrics import queries as metrics
from records.metrics.disclosure import BASE
from records.metrics.periods import Period
from records.metrics.points import Point
from records.tables.areas import AreaKind, Precision
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier


@record_type(
    "indicators",
    right=Right.METRICS_READ,
    description="An indicator (chỉ tiêu) that can be requested as a metric.",
)
class Indicator(Node):
    """An indicator."""

    code: str = column("code", "The code by which `metrics` names it.")
    name: str = translated("name", "The name, in the caller's or the requested language.")
    unit: str = translated("unit", "The unit, in the caller's or the requested language.")
    kind: IndicatorKind = column("kind", "What its values mean over a period.")
    source: IndicatorSource = column("source", "Where its values come from.")
    sensitive: bool = column(
        "sensitive", "Whether partners see rounded values, unless they may read the records counted."
    )
    higher_is_better: bool | None = column(
        "higher_is_better", "Whether a higher value is better; null if neither is."
    )
    numerator: "Indicator | None" = to_one("numerator_id", "The numerator of a ratio.")
    denominator: "Indicator | None" = to_one("denominator_id", "The denominator of a ratio.")
    updated_at: datetime = column("updated_at", "When this record last changed.")


@strawberry.input(description="Which indicators to list. All conditions must match.")
class IndicatorFilter:
    """Filters of indicators."""

    id: list[strawberry.ID] | None = ids("Indicator")
    code: list[str] | None = codes(capitals=False)
    kind: list[IndicatorKind] | None = where("{t}.kind = ANY({0}::text[])", "Only these kinds.")
    source: list[IndicatorSource] | None = where("{t}.source = ANY({0}::text[])", "Only from these sources.")
    sensitive: bool | None = flag(
        "sensitive", "Only indicators whose values partners see rounded (true), or all others (false)."
    )
    updated_since: datetime | None = updated_since()


@strawberry.type(description="The value of an indicator for one period.")
class MetricPoint:
    """A point of a series."""

    period: str = strawberry.field(
        description="The period: 2026-11, 2026-Q4, 2026-H2, 2026, or as given by its source."
    )
    start: date | None = strawberry.field(
        description="The first day that counts; null if the source does not give it."
    )
    end: date | None = strawberry.field(
        description="The last day that counts; null if the source does not give it."
    )
    value: float | None = strawberry.field(
        description="The value, in the unit of its indicator; null if it is not known or has no "
        f"number. If `protected`, it is the sum of counts rounded to multiples of {BASE}."
    )
    qualifier: Qualifier = strawberry.field(description="How the source qualifies the number.")
    precision: Precision = strawberry.field(description="How certain the value is.")
    complete: bool = strawberry.field(
        description=(
            "Whether the value covers the whole period: false while the period runs or is in the future, "
            "if `from` or `to` cut it, and if the source does not give its days."
        )
    )
    protected: bool = strawberry.field(
        description="Whether the value is protected: each count of an area and month is randomly "
        f"rounded to a multiple of {BASE} before counts are added up. This applies to "
        "every value of a sensitive indicator, unless the key may read the records "
        "counted."
    )

    @classmethod
    def of(cls, point: Point) -> "MetricPoint":
        """The point as partners see it."""
        return cls(
            period=point.period,
            start=point.start,
            end=point.end,
            value=None if point.value is None else float(point.value),
            qualifier=point.qualifier,
            precision=point.precision,
            complete=point.complete,
            protected=point.protected,
        )


@strawberry.type(description="The values of one indicator in one area, oldest first.")
class MetricSeries:
    """A series."""

    indicator: Indicator = strawberry.field(description="What the values measure.")
    area: Area = strawberry.field(description="The area that the values are about.")
    points: list[MetricPoint] = strawberry.field(description="The values, oldest first.")


# Stands where an operation asks for no object.
_NOT_REQUESTED: Final[Any] = None


async def _indicators(
    info: Info,
    *,
    filter: Annotated[IndicatorFilter | None, FILTER] = None,  # noqa: A002 - the name that GraphQL users know
) -> list[Indicator]:
    return await read_list(info, Indicator, filter, order=("position", "code"))


async def _metrics(
    info: Info,
    *,
    indicators: Annotated[
        list[str],
        strawberry.argument(description=f"The indicators by code, at most {metrics.MAX_INDICATORS}."),
    ],
    area: Annotated[str, strawberry.argument(description=AREA_DESCRIPTION)],
    start: Annotated[
        Month,
        strawberry.argument(
            name="from", description="The first month: an earlier part of a period is cut off."
        ),
    ],
    to: Annotated[
        Month,
        strawberry.argument(description="The last month, inclusive: a later part of a period is cut off."),
    ],
    by: Annotated[
        AreaKind | None,
        strawberry.argument(
            description="One series for each area of this level; by default a single series."
        ),
    ] = None,
    period: Annotated[Period, strawberry.argument(description="The length of the periods.")] = Period.MONTH,
    geography: Annotated[
        date | None, strawberry.argument(description="The day whose areas `by` refers to: today by default.")
    ] = None,
    most_areas: MostAreas = DEFAULT_AREA_COUNT,
) -> list[MetricSeries]:
    context = info.context
    check_scope(context.actor, Right.METRICS_READ, field="Query.metrics")
    check_most_areas(most_areas)
    query = metrics.MetricQuery(
        indicators=indicators,
        area=await resolve_area(area, context.snapshot),
        start=start,
        end=_end(to),
        period=period,
        by=by,
        geography=geography,
        most_areas=most_areas,
    )
    all_series = await metrics.series(context.actor, query, context.snapshot.fetch)
    selection = selection_of(info)
    areas_by_id: dict[UUID, Area] = {}
    indicators_by_id: dict[UUID, Indicator] = {}
    if (subselection := selection.subselection("area")) is not None:
        areas_by_id = await read_by_id(info, subselection, {series.area.id for series in all_series})
    if (subselection := selection.subselection("indicator")) is not None:
        indicators_by_id = await read_by_id(
            info, subselection, {series.indicator.id for series in all_series}
        )
    return [
        MetricSeries(
            indicator=indicators_by_id.get(series.indicator.id, _NOT_REQUESTED),
            area=areas_by_id.get(series.area.id, _NOT_REQUESTED),
            points=[MetricPoint.of(point) for point in series.points],
        )
        for series in all_series
    ]


def _end(to: date) -> date:
    """The last day of the month."""
    return add_months(to, 1) - timedelta(days=1)


def _sizes(arguments: Mapping[str, Any]) -> AssumedSizes:
    """How many series and points there are at most."""
    codes = arguments["indicators"][: metrics.MAX_INDICATORS]
    try:
        points = metrics.max_points(
            codes, arguments["from"], _end(arguments["to"]), Period(arguments["period"])
        )
    except ValidationFailed:
        # Refused before anything is read.
        points = 0
    return AssumedSizes(len(codes) * assumed_area_count(arguments), {"points": points})


@strawberry.type
class MetricQueries:
    """The root fields on metrics and indicators."""

    indicators: list[Indicator] = strawberry.field(
        resolver=_indicators,
        directives=list_size(CATALOGUE),
        description="The indicators that can be requested as metrics, in order.",
    )
    indicator: Indicator | None = coded(Indicator, "The indicator with this code; null if there is none.")
    metrics: list[MetricSeries] = strawberry.field(
        resolver=_metrics,
        metadata={SIZES: _sizes},
        description=(
            "Indicators over areas and periods: one series for each indicator and area. The cost is that "
            "of `mostAreas` areas if `by` is given, and of a point for each period; for `reported.…` "
            "indicators, of two points for each period and at least 24. A reported figure is included if "
            "its days overlap the requested months; one without days, from the day of its source on, or "
            "else from when it was recorded."
        ),
    )
