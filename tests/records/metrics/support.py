"""What the tests of metrics share: records to count, and queries."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection

from records.areas import areas
from records.core.actor import Actor, system_actor
from records.core.dates import today
from records.metrics import queries as metrics
from records.metrics.catalogue import category_id, indicator_id
from records.metrics.periods import Period
from records.metrics.points import Point
from records.metrics.queries import MetricQuery, Series
from records.nouns import figures, tips
from records.nouns.figures import FigureDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables import Activity, Enquiry, Group, Organisation, Tip, TipOutcome
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind, Precision
from records.tables.groups import GroupStatus
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import Channel, OutcomeKind, TipStatus

TASK = system_actor("test")


EXACT, ESTIMATED, UNAVAILABLE = Precision.EXACT, Precision.ESTIMATED, Precision.UNAVAILABLE


async def fetch(sql: str, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    return await get_connection("default").execute_query_dict(sql, list(values))


async def ask(
    indicators: str | list[str],
    area: str = "82",
    start: date = date(2025, 1, 1),
    end: date = date(2025, 12, 31),
    period: Period = Period.YEAR,
    *,
    by: Actor = TASK,
    each: AreaKind | None = None,
    geography: date | None = None,
) -> list[Series]:
    codes = [indicators] if isinstance(indicators, str) else indicators
    place = await areas.resolve_reference(area)
    return await metrics.series(by, MetricQuery(codes, place, start, end, period, each, geography), fetch)


async def one(*args: Any, **given: Any) -> list[Point]:
    (found,) = await ask(*args, **given)
    return found.points


async def values(*args: Any, **given: Any) -> dict[str, Decimal | None]:
    return {point.period: point.value for point in await one(*args, **given)}


async def tip(at: datetime | None = None, area: str = "29905", **given: Any) -> Tip:
    place = await areas.resolve_reference(area)
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, place.id, received_at=at, **given)
    return await tips.submit(draft, by=TASK)


async def closed(row: Tip, *outcomes: OutcomeDraft) -> Tip:
    row = await tips.start_verifying(row.id, expected_version=row.version, by=TASK)
    given = outcomes or (OutcomeDraft(OutcomeKind.WARNING),)
    return await tips.close(row.id, expected_version=row.version, outcomes=given, by=TASK)


async def figure(
    value: Decimal | None, code: str = "reported.groups", area: str = "29905", **given: Any
) -> UUID:
    return (await figures.report(await figure_draft(value, code, area, **given), by=TASK)).id


async def figure_draft(
    value: Decimal | None, code: str = "reported.groups", area: str = "29905", **given: Any
) -> FigureDraft:
    place = await areas.resolve_reference(area)
    unit, _ = await Organisation.get_or_create(
        name="Công an mẫu", area_id=place.id, defaults={"folded": "", "kind": OrganisationKind.POLICE}
    )
    texts = {"period_text": "đến nay", "source_text": "nguồn", "source_name": "Bài báo mẫu"}
    defaults = texts | {"qualifier": Qualifier.EXACT}
    return FigureDraft(indicator_id(code), place.id, unit.id, value, **(defaults | given))


async def counted() -> dict[str, int]:
    """The same totals once more, in the plainest way: row by row."""
    live = [row for row in await Tip.all() if row.status is not TipStatus.DUPLICATE]
    outcomes = await TipOutcome.all()
    meetings = await Activity.all()
    return {
        "tips.received": len(live),
        "tips.closed": sum(row.status is TipStatus.CLOSED for row in live),
        "groups.active": await Group.filter(status=GroupStatus.ACTIVE, deleted_at__isnull=True).count(),
        "outcomes.arrests": sum(row.count for row in outcomes if row.kind is OutcomeKind.ARREST),
        "outcomes.cases_solved": sum(row.count for row in outcomes if row.kind is OutcomeKind.CASE_SOLVED),
        "outcomes.spots_cleared": sum(row.count for row in outcomes if row.kind is OutcomeKind.SPOT_CLEARED),
        "activities.meetings": sum(row.kind is ActivityKind.QUARTERLY_MEETING for row in meetings),
        "activities.outreach": sum(row.kind is ActivityKind.OUTREACH for row in meetings),
        "activities.patrols": sum(row.kind is ActivityKind.PATROL for row in meetings),
        "activities.attendance": sum(row.attendance for row in meetings),
        "enquiries.asked": await Enquiry.all().count(),
    }


async def told(codes: list[str]) -> dict[str, Decimal]:
    """The totals that the metrics tell: flows over all years, stocks at the end of this one."""
    year = today().year
    found = await ask(codes, "82", date(year - 4, 1, 1), date(year, 12, 31))
    return {
        row.indicator.code: (
            row.points[-1].value or Decimal(0)
            if row.indicator.code == "groups.active"
            else sum((point.value or Decimal(0) for point in row.points), Decimal(0))
        )
        for row in found
    }
