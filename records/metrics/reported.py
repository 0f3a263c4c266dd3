"""Metrics that units reported: the figures of places, as points."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from records.core.dates import today
from records.database.fetch import Fetch, Row
from records.metrics.disclosure import round_figure, rounding_key
from records.metrics.points import MetricScope, Point
from records.tables import Indicator
from records.tables.areas import Precision
from records.tables.metrics import Qualifier

# The days that a figure is about, and for one without days those on which it was known: from its source on,
# or else from when it was recorded.
_IN_WINDOW = (
    "CASE WHEN f.period_to IS NULL"
    " THEN coalesce(f.source_on, (f.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) <= $4"
    " ELSE coalesce(f.period_from, f.period_to) <= $4 AND f.period_to >= $3 END"
)


async def reported_points(
    metric_scope: MetricScope,
    indicators: Sequence[Indicator],
    days: tuple[date, date],
    rounded: Collection[UUID],
    fetch: Fetch,
) -> dict[tuple[UUID, UUID], list[Point]]:
    """The figures reported for each place, under any of its versions, whose period touches `days`.

    One whose days its source does not say is among them where it was known by the last of `days`. Those of
    the indicators in `rounded` are rounded. Two areas that lie in each other are versions of the same place.
    """
    values: list[Any] = [[row.id for row in indicators], [place.id for place in metric_scope.places], *days]
    scope, value = metric_scope.condition("f", values), "f.value"
    if rounded:
        values += [list(rounded), rounding_key()]
        among, key = f"${len(values) - 1}", f"${len(values)}"
        value = f"CASE WHEN f.indicator_id = ANY({among}) THEN {round_figure(key)} ELSE f.value END"
    rows = await fetch(
        f"SELECT f.indicator_id, here.ancestor_id AS home_id, {value} AS value, f.qualifier,"
        " f.period_text, f.period_from, f.period_to FROM figures f"
        " JOIN area_reach here ON here.area_id = f.area_id AND here.ancestor_id = ANY($2)"
        " JOIN area_reach back ON back.area_id = here.ancestor_id AND back.ancestor_id = f.area_id"
        " WHERE f.indicator_id = ANY($1) AND f.deleted_at IS NULL"
        " AND NOT EXISTS (SELECT FROM figures newer WHERE newer.supersedes_id = f.id)"
        f" AND {_IN_WINDOW} AND {scope} ORDER BY f.period_to NULLS LAST, f.period_from, f.id",
        values,
    )
    points: dict[tuple[UUID, UUID], list[Point]] = defaultdict(list)
    for row in rows:
        protected = row["indicator_id"] in rounded
        points[row["indicator_id"], row["home_id"]].append(_point(row, protected=protected))
    return points


def _point(row: Row, *, protected: bool) -> Point:
    qualifier, end = Qualifier(row["qualifier"]), row["period_to"]
    exact = qualifier is Qualifier.EXACT and end is not None and not protected
    return Point(
        period=row["period_text"],
        start=row["period_from"],
        end=end,
        value=row["value"],
        qualifier=Qualifier.ABOUT if protected and qualifier is Qualifier.EXACT else qualifier,
        precision=Precision.EXACT if exact else Precision.ESTIMATED,
        complete=end is not None and end < today(),
        protected=protected,
    )
