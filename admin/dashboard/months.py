"""The tips received in each of the last months, beside those of the year before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from admin.kit.request import PageRequest
from admin.kit.values import Bar
from records.core.dates import add_months, month_of, today
from records.core.rights import Right, has_right
from records.database.fetch import fetch
from records.metrics import queries as metrics
from records.metrics.disclosure import can_count
from records.metrics.periods import Period
from records.tables import Area

MONTHS: Final = 12
_RECEIVED: Final = "tips.received"


@dataclass(frozen=True)
class Months:
    """The bars of the last months, and the sums of these and of as many months before them."""

    bars: Sequence[Bar]
    received: int
    earlier: int


async def received_tips(request: PageRequest, areas: Sequence[Area]) -> Months | None:
    """The tips of the last months, this one included; None where this person may not count them."""
    may_count = has_right(request.actor, Right.METRICS_READ) and can_count(request.actor, _RECEIVED)
    if not may_count or not areas:
        return None
    end = month_of(today())
    start = add_months(end, 1 - 2 * MONTHS)
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for area in areas:
        question = metrics.MetricQuery(
            indicators=[_RECEIVED], area=area, start=start, end=end, period=Period.MONTH
        )
        for result in await metrics.series(request.actor, question, fetch):
            for point in result.points:
                if point.start is not None:
                    sums[point.start] += point.value or 0
    counts = [int(sums[add_months(start, step)]) for step in range(2 * MONTHS)]
    earlier, received = counts[:MONTHS], counts[MONTHS:]
    had_any = any(earlier)
    bars = [
        Bar(f"{month:%m/%Y}", f"{month:%m/%y}", value, before if had_any else None)
        for month, value, before in (
            (add_months(end, step + 1 - MONTHS), received[step], earlier[step]) for step in range(MONTHS)
        )
    ]
    return Months(bars, sum(received), sum(earlier))
