"""The dashboard: what waits, by role; own tips, whose hands tips are in, and those received per month."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response
from tortoise.connection import get_connection

from admin.dashboard import waiting
from admin.dashboard.workload import workload
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.dates import add_months, month_of, now, today
from records.core.rights import Right, has_right
from records.metrics import queries as metrics
from records.metrics.disclosure import can_count
from records.metrics.periods import Period
from records.nouns import tips
from records.tables import Area, Tip

MONTHS: Final = 12
_MAX_ASSIGNED: Final = 10
_RECEIVED: Final = "tips.received"


@dataclass(frozen=True)
class Month:
    """A bar of the chart."""

    start: date
    value: int


async def show(request: PageRequest) -> Response:
    """The dashboard of what this user may see."""
    areas = await Area.filter(id__in=list(request.actor.areas or ())).order_by("name_key")
    counted = await waiting.counts(request)
    counts = sorted(counted, key=waiting.urgency)
    return render(
        request,
        "dashboard/show.html",
        areas=areas,
        counts=counts,
        menu_counts={
            one.path.partition("?")[0]: (one.text, one.value)
            for one in reversed(counted)
            if one.tone != "plain"
        },
        lead=next((one for one in counts if one.tone != "plain"), None),
        may_submit_tip=has_right(request.actor, Right.TIPS_SUBMIT),
        workload=await workload(request),
        mine=await _assigned_tips(request),
        months=await _tips_by_month(request, areas),
        now=now(),
    )


async def _assigned_tips(request: PageRequest) -> list[Tip] | None:
    """The open tips in this person's hands, the nearest deadline first; None for those who work on none."""
    if not has_right(request.actor, tips.WORK):
        return None
    rows = tips.unfinished(tips.visible_to(request.actor)).filter(assignee_id=request.actor.id)
    result = await rows.order_by("due_at", "received_at").limit(_MAX_ASSIGNED)
    if result:
        await Tip.fetch_for_list(result, "area")
    return result


async def _tips_by_month(request: PageRequest, areas: Sequence[Area]) -> list[Month] | None:
    """The tips of the last months, this one included; None where this person may not count them."""
    may_count = has_right(request.actor, Right.METRICS_READ) and can_count(request.actor, _RECEIVED)
    if not may_count or not areas:
        return None
    end = month_of(today())
    start = add_months(end, 1 - MONTHS)
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for area in areas:
        question = metrics.MetricQuery(
            indicators=[_RECEIVED], area=area, start=start, end=end, period=Period.MONTH
        )
        for result in await metrics.series(request.actor, question, _query):
            for point in result.points:
                if point.start is not None:
                    sums[point.start] += point.value or 0
    return [Month(month, int(sums[month])) for month in (add_months(start, step) for step in range(MONTHS))]


async def _query(sql: str, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = await get_connection("default").execute_query_dict(sql, list(values))
    return rows
