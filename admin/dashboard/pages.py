"""The overview: what waits, what is mine, and how many tips came in month by month."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response
from tortoise.connection import get_connection

from admin.kit.pages import page
from admin.kit.request import Visit
from records.access.approvals import requests as approvals
from records.core.days import add_months, month_of, now, today
from records.core.rights import Right, may
from records.metrics import queries as metrics
from records.metrics.periods import Period
from records.nouns import groups, tips
from records.tables import Area, Tip
from records.tables.groups import GroupStatus
from records.tables.tips import TipStatus

MONTHS: Final = 12
_MOST_MINE: Final = 10


@dataclass(frozen=True)
class Count:
    """A number on the overview, and the list that it counts."""

    text: str
    value: int
    path: str
    tone: str = "plain"


@dataclass(frozen=True)
class Month:
    """A bar of the chart."""

    start: date
    value: int


async def show(visit: Visit) -> Response:
    """The overview of what this person may see."""
    areas = await Area.filter(id__in=list(visit.actor.areas or ())).order_by("name_key")
    return page(
        visit,
        "dashboard/show.html",
        areas=areas,
        counts=await _counts(visit),
        mine=await _mine(visit),
        months=await _received(visit, areas),
        now=now(),
    )


async def _counts(visit: Visit) -> list[Count]:
    found = []
    if may(visit.actor, Right.TIPS_READ):
        rows = tips.visible_to(visit.actor)
        opened = rows.exclude(status__in=list(tips.ENDED))
        waiting = await rows.filter(status=TipStatus.RECEIVED).count()
        overdue = await opened.filter(due_at__lt=now()).count()
        found = [
            Count(visit._("Open tips"), await opened.count(), "/admin/tips?status=OPEN"),
            Count(
                visit._("Tips not viewed yet"),
                waiting,
                "/admin/tips?status=RECEIVED&sort=oldest",
                "warn" if waiting else "plain",
            ),
            Count(
                visit._("Overdue tips"),
                overdue,
                "/admin/tips?overdue=1&sort=deadline",
                "bad" if overdue else "plain",
            ),
        ]
    if may(visit.actor, Right.APPROVALS_DECIDE):
        waiting = await approvals.waiting(visit.actor).count()
        text = visit._("Requests that wait for your approval")
        found.append(Count(text, waiting, "/admin/approvals", "warn" if waiting else "plain"))
    if may(visit.actor, Right.APPROVALS_ASK) and (usable := await approvals.usable(visit.actor).count()):
        found.append(
            Count(visit._("Approved requests that you can carry out"), usable, "/admin/approvals", "warn")
        )
    if may(visit.actor, Right.GROUPS_READ):
        active = groups.visible_to(visit.actor).filter(status=GroupStatus.ACTIVE)
        found.append(Count(visit._("Active groups"), await active.count(), "/admin/groups?status=ACTIVE"))
    return found


async def _mine(visit: Visit) -> list[Tip] | None:
    """The open tips in this person's hands, the nearest deadline first; None for those who work on none."""
    if not may(visit.actor, tips.WORK):
        return None
    rows = tips.visible_to(visit.actor).filter(assignee_id=visit.actor.id)
    found = (
        await rows.exclude(status__in=list(tips.ENDED)).order_by("due_at", "received_at").limit(_MOST_MINE)
    )
    if found:
        await Tip.fetch_for_list(found, "area")
    return found


async def _received(visit: Visit, areas: Sequence[Area]) -> list[Month] | None:
    """The tips of the last months, this one included; None where this person may not see numbers."""
    if not may(visit.actor, Right.METRICS_READ) or not areas:
        return None
    end = month_of(today())
    start = add_months(end, 1 - MONTHS)
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for area in areas:
        question = metrics.Question(
            indicators=["tips.received"], area=area, start=start, end=end, period=Period.MONTH
        )
        for found in await metrics.series(visit.actor, question, _fetch):
            for point in found.points:
                if point.start is not None:
                    sums[point.start] += point.value or 0
    return [Month(month, int(sums[month])) for month in (add_months(start, step) for step in range(MONTHS))]


async def _fetch(sql: str, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = await get_connection("default").execute_query_dict(sql, list(values))
    return rows
