"""How far the targets of an indicator are reached."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from admin.kit.request import PageRequest
from records.database.fetch import fetch
from records.metrics import queries as metrics
from records.metrics.disclosure import can_count
from records.metrics.periods import Period
from records.metrics.points import Point
from records.nouns.catalogues import targets
from records.tables import Indicator, IndicatorTarget
from records.tables.metrics import IndicatorKind, IndicatorSource

_MAX_TARGETS: Final = 12


@dataclass(frozen=True)
class TargetProgress:
    """A target, and what its year has come to; None where that is not known."""

    target: IndicatorTarget
    reached: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """The share that is reached; None where there is none of this target."""
        if self.reached is None or self.target.value <= 0:
            return None
        return self.reached / self.target.value * 100


async def progress_of(request: PageRequest, indicator: Indicator) -> list[TargetProgress]:
    """The targets of the latest years, with what is reached of each."""
    rows = targets.visible_to(request.actor).filter(indicator_id=indicator.id)
    latest = await rows.order_by("-year", "-created_at").limit(_MAX_TARGETS).prefetch_related("area")
    return [TargetProgress(row, await _reached(request, indicator, row)) for row in latest]


async def _reached(request: PageRequest, indicator: Indicator, target: IndicatorTarget) -> Decimal | None:
    if not can_count(request.actor, indicator.code):
        return None
    first, last = date(target.year, 1, 1), date(target.year, 12, 31)
    question = metrics.MetricQuery([indicator.code], target.area, first, last, Period.YEAR)
    (series,) = await metrics.series(request.actor, question, fetch)
    points = [point for point in series.points if _is_of_year(indicator, point, first, last)]
    return points[-1].value if points else None


def _is_of_year(indicator: Indicator, point: Point, first: date, last: date) -> bool:
    """Whether a point tells of the year: figures tell of other periods too, a stock of its last day."""
    if indicator.source is IndicatorSource.RECORDS:
        return True
    if indicator.kind is IndicatorKind.STOCK:
        return point.end is not None and first <= point.end <= last
    return (point.start, point.end) == (first, last)
