"""Numbers computed by hand from real rows, and random work after which cells still equal the records."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from records.areas import areas
from records.core.dates import LOCAL, today
from records.core.errors import ValidationFailed
from records.metrics import cells
from records.metrics import queries as metrics
from records.metrics.catalogue import INDICATORS
from records.metrics.periods import Period
from records.metrics.points import Point
from records.metrics.queries import MetricQuery
from records.nouns import activities, enquiries, figures, groups, tips
from records.nouns.activities import ActivityDraft
from records.nouns.enquiries import EnquiryDraft
from records.nouns.groups import GroupDraft
from records.tables import Group
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind
from records.tables.metrics import IndicatorSource, Qualifier
from records.tables.tips import Channel
from tests.records.metrics.support import (
    ESTIMATED,
    EXACT,
    TASK,
    UNAVAILABLE,
    ask,
    closed,
    fetch,
    figure,
    figure_draft,
    one,
    tip,
    values,
)


async def group(code: str, founded_on: date | None, area: str = "29905") -> Group:
    place = await areas.resolve_reference(area)
    draft = GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, place.id, founded_on=founded_on)
    return await groups.create(draft, by=TASK)


# Flows


async def test_flow_is_sum_over_periods_of_local_time(database: str) -> None:
    await tip(datetime(2025, 3, 31, 23, 30, tzinfo=LOCAL))
    await tip(datetime(2025, 4, 1, 0, 30, tzinfo=LOCAL))
    await tip(datetime(2025, 6, 30, 23, 59, tzinfo=LOCAL))
    await tip(datetime(2025, 7, 1, tzinfo=LOCAL))
    await tip(datetime(2024, 12, 31, 23, 59, tzinfo=LOCAL))
    spring = (date(2025, 3, 15), date(2025, 7, 2))
    for folded in (False, True):
        if folded:
            assert await cells.fold_deltas() == 5
        assert await values("tips.received", "82", *spring, Period.MONTH) == {
            "2025-03": 1,
            "2025-04": 1,
            "2025-05": 0,
            "2025-06": 1,
            "2025-07": 1,
        }
        assert await values("tips.received", "82", *spring, Period.QUARTER) == {
            "2025-Q1": 1,
            "2025-Q2": 2,
            "2025-Q3": 1,
        }
        # A period is cut to the months that are asked for.
        march = date(2025, 3, 1)
        assert await values("tips.received", "82", march, march, Period.HALF_YEAR) == {"2025-H1": 1}
        assert await values("tips.received", "82", *spring, Period.HALF_YEAR) == {"2025-H1": 3, "2025-H2": 1}
        years = await values("tips.received", "82", date(2023, 1, 1), date(2025, 1, 1))
        assert years == {"2023": 0, "2024": 1, "2025": 0}


async def test_periods_are_cut_when_window_cuts_them(database: str) -> None:
    points = await one("tips.received", "82", date(2025, 5, 5), date(2025, 10, 5), Period.QUARTER)
    assert [(point.period, point.start, point.end, point.complete) for point in points] == [
        ("2025-Q2", date(2025, 5, 1), date(2025, 6, 30), False),
        ("2025-Q3", date(2025, 7, 1), date(2025, 9, 30), True),
        ("2025-Q4", date(2025, 10, 1), date(2025, 10, 31), False),
    ]
    assert {(point.value, point.qualifier, point.precision) for point in points} == {
        (Decimal(0), Qualifier.EXACT, EXACT)
    }


async def test_points_are_incomplete_when_their_period_runs(database: str) -> None:
    year = today().year
    found = await one("tips.received", "82", date(year - 1, 1, 1), date(year + 1, 12, 31))
    assert [point.complete for point in found] == [True, False, False]
    assert [point.precision for point in found] == [EXACT, EXACT, UNAVAILABLE]


async def test_flows_count_activities_and_enquiries_by_place_and_day(
    database: str,
) -> None:
    place = await areas.resolve_reference("30244")
    row = await group("MAU-01", date(2025, 8, 1), "30244")
    for kind, day, attendance in (
        (ActivityKind.QUARTERLY_MEETING, date(2025, 9, 30), 20),
        (ActivityKind.QUARTERLY_MEETING, date(2025, 10, 1), 25),
        (ActivityKind.OUTREACH, date(2025, 9, 1), 100),
        (ActivityKind.PATROL, date(2025, 9, 1), 3),
    ):
        await activities.record(ActivityDraft(kind, day, attendance, place.id, group_id=row.id), by=TASK)
    at = datetime(2025, 10, 1, 0, 10, tzinfo=LOCAL)
    draft = EnquiryDraft(place.id, Channel.PHONE, "Cư trú", "Ở đâu?", asked_at=at)
    await enquiries.ask(draft, by=TASK)
    codes = [
        *("activities.meetings", "activities.outreach", "activities.attendance", "enquiries.asked"),
    ]
    found = await ask(codes, "30244", date(2025, 7, 1), date(2025, 12, 31), Period.QUARTER)
    assert {row.indicator.code: [point.value for point in row.points] for row in found} == {
        "activities.meetings": [1, 1],
        "activities.outreach": [1, 0],
        "activities.attendance": [123, 25],
        "enquiries.asked": [0, 1],
    }
    assert [row.indicator.code for row in found] == codes


async def test_duplicate_tip_is_counted_once(database: str) -> None:
    at = datetime(2025, 9, 1, tzinfo=LOCAL)
    first, second = await tip(at), await tip(at)
    await tips.merge(second.id, expected_version=1, into=first.id, by=TASK)
    assert await values("tips.received") == {"2025": 1}
    await tips.reopen(second.id, expected_version=2, reason="Khác nhau", by=TASK)
    assert await values("tips.received") == {"2025": 2}


# Stocks


async def test_stock_is_count_at_end_of_period(database: str) -> None:
    await group("MAU-01", date(2024, 5, 20))
    rests = await group("MAU-02", date(2025, 2, 10))
    ends = await group("MAU-03", date(2025, 2, 28))
    rests = await groups.pause(rests.id, expected_version=1, on=date(2025, 6, 30), reason="Nghỉ", by=TASK)
    await groups.dissolve(ends.id, expected_version=1, on=date(2025, 7, 1), reason="Hết hộ", by=TASK)
    year = (date(2025, 1, 1), date(2025, 12, 31), Period.QUARTER)
    quarters = {"2025-Q1": 3, "2025-Q2": 2, "2025-Q3": 1, "2025-Q4": 1}
    assert await values("groups.active", "82", *year) == quarters
    # What was before the first period is in it.
    assert await values("groups.active", "82", date(2025, 11, 1), date(2025, 11, 1), Period.MONTH) == {
        "2025-11": 1
    }
    rests = await groups.dissolve(
        rests.id, expected_version=2, on=date(2025, 10, 5), reason="Hết hộ", by=TASK
    )
    assert await values("groups.active", "82", *year) == quarters
    await cells.fold_deltas()
    assert await values("groups.active", "82", *year) == quarters


async def test_stock_follows_resumed_removed_and_restored_groups(database: str) -> None:
    row = await group("MAU-01", date(2025, 2, 10))
    months = (date(2025, 2, 1), date(2025, 4, 1), Period.MONTH)
    row = await groups.pause(row.id, expected_version=1, on=date(2025, 3, 1), reason="Nghỉ", by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 0, 0]
    row = await groups.resume(row.id, expected_version=2, by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 1, 1]
    row = await groups.remove(row.id, expected_version=3, reason="Nhầm", by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [0, 0, 0]
    await groups.restore(row.id, expected_version=4, by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 1, 1]


# Ratios


async def test_ratio_is_percent_and_unknown_without_denominator(database: str) -> None:
    year = today().year
    span = (date(year - 1, 1, 1), date(year, 12, 31))
    last = datetime(year - 1, 5, 1, tzinfo=LOCAL)
    for _ in range(3):
        await tip(last)
    row = await tip()
    await closed(row)
    await tip()
    await tip()
    assert await values("tips.closed_share", "82", *span) == {str(year - 1): 0, str(year): Decimal("33.33")}
    before = await one("tips.closed_share", "82", date(year - 2, 1, 1), date(year - 2, 1, 1))
    assert [(point.value, point.precision) for point in before] == [(None, UNAVAILABLE)]
    parts = await ask(["tips.closed_share", "tips.closed"], "82", *span)
    assert [[point.value for point in row.points] for row in parts] == [[0, Decimal("33.33")], [0, 1]]


async def test_metric_is_unavailable_in_future(database: str) -> None:
    await group("MAU-01", date(2025, 1, 1))
    year = today().year
    for code in ("groups.active", "tips.received"):
        now_, next_, later = await one(code, "82", date(year, 1, 1), date(year + 2, 1, 1))
        assert now_.value is not None
        assert {(point.value, point.precision) for point in (next_, later)} == {(None, UNAVAILABLE)}


# Reported figures


async def test_figures_keep_qualifier_and_unknown_parts(database: str) -> None:
    await figure(None, "reported.tips", qualifier=Qualifier.HUNDREDS)
    await figure(
        *(Decimal(600), "reported.tips"),
        qualifier=Qualifier.OVER,
        period_text="5 năm",
        period_from=date(2020, 1, 1),
        period_to=date(2024, 12, 31),
    )
    await figure(Decimal(40), "reported.tips", period_text="đến tháng 6", period_to=date(2025, 6, 30))
    over, dated, unknown = await one("reported.tips", "29905", date(2024, 1, 1), today())
    assert over == Point(
        *("5 năm", date(2020, 1, 1), date(2024, 12, 31), Decimal(600), Qualifier.OVER, ESTIMATED, True)
    )
    assert dated == Point("đến tháng 6", None, date(2025, 6, 30), Decimal(40), Qualifier.EXACT, EXACT, True)
    assert unknown == Point("đến nay", None, None, None, Qualifier.HUNDREDS, ESTIMATED, False)
    # Of those that say when, only the ones whose days are touched.
    assert [p.period for p in await one("reported.tips", "29905", today(), today())] == ["đến nay"]
    # A figure of a ward is not one of its province.
    assert await one("reported.tips", "82") == []


@pytest.mark.parametrize("source_on", [date(2025, 6, 10), None])
async def test_undated_figures_are_told_when_known(database: str, source_on: date | None) -> None:
    await figure(Decimal(37), source_on=source_on)
    known = source_on or today()
    before = known.replace(day=1) - timedelta(days=1)
    assert await one("reported.groups", "29905", date(2001, 1, 1), date(2001, 12, 31)) == []
    assert await one("reported.groups", "29905", date(2001, 1, 1), before) == []
    for start in (date(2001, 1, 1), known):
        (point,) = await one("reported.groups", "29905", start, known)
        assert (point.value, point.precision) == (Decimal(37), ESTIMATED)
        assert (point.start, point.end, point.complete) == (None, None, False)


async def test_figures_of_one_area_are_limited(database: str) -> None:
    for number in range(24):
        await figure(Decimal(number), "reported.tips", period_to=date(2025, 6, 30))
    assert len(await one("reported.tips", "29905")) == 24
    await figure(Decimal(24), "reported.tips", period_to=date(2025, 6, 30))
    with pytest.raises(ValidationFailed) as wrong:
        await one("reported.tips", "29905")
    assert set(wrong.value.problems) == {"indicators"}
    months = await one("reported.tips", "29905", date(2024, 1, 1), date(2025, 12, 31), Period.MONTH)
    assert len(months) == 25


async def test_metrics_refuse_more_areas_than_asked(database: str) -> None:
    place = await areas.resolve_reference("82")
    year = (date(2025, 1, 1), date(2025, 12, 31), Period.YEAR, AreaKind.COMMUNE)
    question = MetricQuery(["tips.received"], place, *year, most_areas=102)
    assert len(await metrics.series(TASK, question, fetch)) == 102
    with pytest.raises(ValidationFailed) as wrong:
        await metrics.series(TASK, replace(question, most_areas=101), fetch)
    assert wrong.value.problems["most_areas"].values == {"found": 102}


async def test_figure_is_hidden_when_corrected(database: str) -> None:
    first = await figure(Decimal(37))
    second = await figures.supersede(first, await figure_draft(Decimal(38)), by=TASK)
    assert [point.value for point in await one("reported.groups", "29905", end=today())] == [38]
    await figures.supersede(second.id, await figure_draft(Decimal(39)), by=TASK)
    assert [point.value for point in await one("reported.groups", "29905", end=today())] == [39]


# What may be asked


async def test_metric_query_is_refused_when_too_large_or_unknown(database: str) -> None:
    day = date(2025, 1, 1)
    communes: dict[str, Any] = {"each": AreaKind.COMMUNE}
    for field, attempt in (
        ("indicators", ask([])),
        ("indicators", ask(["tips.received", "khong.co"])),
        ("indicators", ask([f"khong.co.{number}" for number in range(21)])),
        (
            "indicators",
            ask("tips.received", "82", date(1900, 1, 1), date(2200, 1, 1), Period.MONTH, **communes),
        ),
        ("to", ask("tips.received", "82", day, day - timedelta(days=1))),
        ("from", ask("tips.received", "82", date(1000, 1, 1), day)),
        ("geography", ask("tips.received", "82", geography=date(2004, 7, 7), **communes)),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await attempt
        assert set(wrong.value.problems) == {field}


async def test_metric_query_accepts_all_indicators_and_ignores_repeats(database: str) -> None:
    codes = [entry.code for entry in INDICATORS]
    found = await ask([*codes, codes[0]])
    assert [row.indicator.code for row in found] == codes
    counted = {entry.code for entry in INDICATORS if entry.source is IndicatorSource.RECORDS}
    assert {row.indicator.code for row in found if row.points} == counted
