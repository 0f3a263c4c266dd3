"""Metrics that are counted from records: monthly cells, summed for areas of the geography asked for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from records.core.dates import today
from records.database.fetch import Fetch
from records.metrics.disclosure import round_cell, rounding_key
from records.metrics.periods import Period, Span
from records.metrics.points import MetricScope, Point, less_precise
from records.tables import Area, Indicator
from records.tables.areas import Precision
from records.tables.metrics import IndicatorKind, Qualifier

# Indicator, place, and the first day of the period; None before the first one.
_Where = tuple[UUID | None, UUID, date | None]


class EstimatedSum(NamedTuple):
    """A sum of cells, and how precise it is."""

    value: int
    precision: Precision

    def plus(self, other: "EstimatedSum") -> "EstimatedSum":
        """Both together."""
        return EstimatedSum(self.value + other.value, less_precise(self.precision, other.precision))


Sums = Mapping[_Where, EstimatedSum]

_NOTHING: Final = EstimatedSum(0, Precision.EXACT)
_BUCKET: Final = {
    Period.MONTH: "c.month",
    Period.QUARTER: "date_trunc('quarter', c.month)::date",
    Period.HALF_YEAR: "make_date(extract(year FROM c.month)::int,"
    " CASE WHEN extract(month FROM c.month) < 7 THEN 1 ELSE 7 END, 1)",
    Period.YEAR: "date_trunc('year', c.month)::date",
}


async def sum_cells(
    metric_scope: MetricScope,
    indicators: Sequence[Indicator],
    spans: Sequence[Span],
    rounded: Collection[UUID],
    fetch: Fetch,
) -> Sums:
    """The sum of each indicator, by place and period; before the first one for stocks.

    Each cell of the indicators in `rounded` is rounded before it is added.
    """
    stocks = [row.id for row in indicators if row.kind is IndicatorKind.STOCK]
    ids, places = [row.id for row in indicators], [place.id for place in metric_scope.places]
    values: list[Any] = [ids, places, spans[0].start, spans[-1].end, stocks]
    homes = "SELECT area_id, ancestor_id AS home_id, 'EXACT' AS precision FROM area_reach"
    homes += " WHERE ancestor_id = ANY($2)"
    if metric_scope.by is not None:
        homes = "SELECT area_id, home_id, precision FROM area_at"
        homes += " WHERE home_id = ANY($2) AND epoch = $6 AND kind = $7"
        values += [metric_scope.epoch, metric_scope.by.value]
    scope = metric_scope.condition("d", values)
    cells, value = (
        (
            "SELECT d.indicator_id, d.area_id, d.month, p.home_id, p.precision, {value} AS value"
            " FROM (SELECT indicator_id, area_id, month, value FROM metric_cells"
            "  UNION ALL SELECT indicator_id, area_id, month, value FROM metric_deltas) d"
            f" JOIN ({homes}) p ON p.area_id = d.area_id"
            " WHERE d.indicator_id = ANY($1) AND d.month <= $4"
            f" AND (d.month >= $3 OR d.indicator_id = ANY($5)) AND {scope}"
        ),
        "c.value",
    )
    if rounded:
        # A cell is rounded as a whole: with what is not folded into it yet.
        cells = cells.format(value="sum(d.value)") + " GROUP BY 1, 2, 3, 4, 5"
        values += [list(rounded), rounding_key()]
        among, key = f"${len(values) - 1}", f"${len(values)}"
        value = f"CASE WHEN c.indicator_id = ANY({among}) THEN {round_cell('c.value', key)} ELSE c.value END"
    bucket = f"CASE WHEN c.month >= $3 THEN {_BUCKET[spans[0].period]} END"
    source = cells.format(value="d.value")
    rows = await fetch(
        f"SELECT c.indicator_id, c.home_id, {bucket} AS bucket, c.precision, sum({value})::bigint AS value"
        f" FROM ({source}) c GROUP BY 1, 2, 3, 4 HAVING sum({value}) <> 0",
        values,
    )
    result: dict[_Where, EstimatedSum] = {}
    for row in rows:
        cell_key = (row["indicator_id"], row["home_id"], row["bucket"])
        result[cell_key] = result.get(cell_key, _NOTHING).plus(
            EstimatedSum(row["value"], Precision(row["precision"]))
        )
    return result


def points(row: Indicator, area: Area, spans: Sequence[Span], sums: Sums, *, protected: bool) -> list[Point]:
    """The points of an indicator in one place. That they are `protected` never depends on their values."""
    result, level = [], sums.get((row.id, area.id, None), _NOTHING)
    for span in spans:
        cell = sums.get((row.id, area.id, span.bucket), _NOTHING)
        level = level.plus(cell)
        value: Decimal | None
        if row.kind is IndicatorKind.RATIO:
            numerator = sums.get((row.numerator_id, area.id, span.bucket), _NOTHING)
            denominator = sums.get((row.denominator_id, area.id, span.bucket), _NOTHING)
            precision = less_precise(numerator.precision, denominator.precision)
            value = (
                round(Decimal(100 * numerator.value) / denominator.value, 2) if denominator.value else None
            )
        else:
            shown = level if row.kind is IndicatorKind.STOCK else cell
            value, precision = Decimal(shown.value), shown.precision
        if protected:
            precision = less_precise(precision, Precision.ESTIMATED)
        if span.start > today() or precision is Precision.UNAVAILABLE or value is None:
            value, precision = None, Precision.UNAVAILABLE
        result.append(
            Point(
                period=span.label,
                start=span.start,
                end=span.end,
                value=value,
                qualifier=Qualifier.ABOUT if protected else Qualifier.EXACT,
                precision=precision,
                complete=span.whole and span.end < today(),
                protected=protected,
            )
        )
    return result
