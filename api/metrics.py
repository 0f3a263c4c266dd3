"""Metrics: what the records add up to over areas and periods."""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.areas import AREA_HELP, Area
from api.context import Info
from api.errors import check_scope
from api.node import Node, id_column
from api.reads.declared import column, noun, translated
from api.reads.run import read_by_id, read_list
from api.reads.selection import selection_of
from api.scalars import Month
from records import areas, metrics
from records.core.days import add_months
from records.core.periods import Period
from records.core.rights import Right
from records.tables.areas import AreaKind, Precision
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier


@noun("indicators", right=Right.METRICS_READ, description="What can be asked for as a metric.")
class Indicator(Node):
    """An indicator."""

    id: strawberry.ID = id_column("Indicator")
    code: str = column("code", "The code by which `metrics` names it.")
    name: str = translated("name", "The name, in the caller's language or the one asked for.")
    unit: str = translated("unit", "The unit, in the caller's language or the one asked for.")
    kind: IndicatorKind = column("kind", "What its values mean over a period.")
    source: IndicatorSource = column("source", "Where its values come from.")
    sensitive: bool = column("sensitive", "Whether small counts of it are hidden from partners.")
    higher_is_better: bool | None = column(
        "higher_is_better", "Whether more is better; null where neither is."
    )


@strawberry.type(description="The value of an indicator for one period.")
class MetricPoint:
    """A point of a series."""

    period: str = strawberry.field(
        description="The period: 2026-11, 2026-Q4, 2026-H2, 2026, or as its source said it."
    )
    start: date | None = strawberry.field(description="Its first day; null where the source does not say.")
    end: date | None = strawberry.field(description="Its last day; null where the source does not say.")
    value: float | None = strawberry.field(
        description="The value; null where it is not known, has no number, or is hidden."
    )
    qualifier: Qualifier = strawberry.field(description="What the source says of the number.")
    precision: Precision = strawberry.field(description="How sure the value is.")
    suppressed: bool = strawberry.field(
        description="Whether a small count of a sensitive indicator is hidden here."
    )

    @classmethod
    def of(cls, point: metrics.Point) -> "MetricPoint":
        """The point as partners see it."""
        return cls(
            period=point.period,
            start=point.start,
            end=point.end,
            value=None if point.value is None else float(point.value),
            qualifier=point.qualifier,
            precision=point.precision,
            suppressed=point.suppressed,
        )


@strawberry.type(description="The values of one indicator in one area, oldest first.")
class MetricSeries:
    """A series."""

    indicator: Indicator = strawberry.field(description="What was counted.")
    area: Area = strawberry.field(description="Where.")
    points: list[MetricPoint] = strawberry.field(description="The values, oldest first.")


@strawberry.type
class MetricQueries:
    """The root fields on metrics and indicators."""

    @strawberry.field(description="What can be asked for as a metric, in order.")
    async def indicators(self, info: Info) -> list[Indicator]:
        """All indicators."""
        return await read_list(info, Indicator, order=("position", "code"))

    @strawberry.field(
        description="Indicators over areas and periods, from monthly totals: one series for each indicator and area."
    )
    async def metrics(
        self,
        info: Info,
        indicators: Annotated[
            list[str],
            strawberry.argument(description=f"The indicators by code, at most {metrics.MOST_INDICATORS}."),
        ],
        area: Annotated[str, strawberry.argument(description=AREA_HELP)],
        start: Annotated[Month, strawberry.argument(name="from", description="The first month.")],
        to: Annotated[Month, strawberry.argument(description="The last month, included.")],
        by: Annotated[
            AreaKind | None,
            strawberry.argument(
                description="One series for each area of this level; for the whole area when not given."
            ),
        ] = None,
        period: Annotated[
            Period, strawberry.argument(description="The length of the periods.")
        ] = Period.MONTH,
        geography: Annotated[
            date | None,
            strawberry.argument(description="The day whose areas `by` means: today when not given."),
        ] = None,
    ) -> list[MetricSeries]:
        """The series."""
        actor = info.context.actor
        check_scope(actor, Right.METRICS_READ, field="Query.metrics")
        found = await metrics.series(
            actor,
            indicators=indicators,
            area=await areas.resolve(area),
            by=by,
            start=start,
            end=add_months(to, 1) - timedelta(days=1),
            period=period,
            geography=geography,
            fetch=info.context.snapshot.fetch,
        )
        asked = selection_of(info)
        area_fields, indicator_fields = asked.below("area"), asked.below("indicator")
        areas_by_id: dict[UUID, Area] = {}
        indicators_by_id: dict[UUID, Indicator] = {}
        if area_fields is not None:
            areas_by_id = await read_by_id(info, area_fields, {series.area.id for series in found})
        if indicator_fields is not None:
            indicators_by_id = await read_by_id(
                info, indicator_fields, {series.indicator.id for series in found}
            )
        return [
            MetricSeries(
                indicator=indicators_by_id.get(series.indicator.id, _NOT_ASKED),
                area=areas_by_id.get(series.area.id, _NOT_ASKED),
                points=[MetricPoint.of(point) for point in series.points],
            )
            for series in found
        ]


# Stands where an operation asks for no object.
_NOT_ASKED: Final[Any] = None
