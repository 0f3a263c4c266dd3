"""Numbers computed by hand from real rows, and random work after which cells still equal the records."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tortoise.connection import get_connection

from records.areas import areas
from records.core.actor import Actor, ActorKind, Role, system
from records.core.days import LOCAL, local_day, now, today
from records.core.errors import Denied, Invalid, Refused
from records.metrics import cells
from records.metrics import queries as metrics
from records.metrics.catalogue import INDICATORS, category_id, indicator_id
from records.metrics.periods import Period
from records.metrics.points import Point
from records.metrics.queries import Question, Series
from records.nouns import activities, enquiries, figures, groups, tips
from records.nouns.activities import ActivityDraft
from records.nouns.enquiries import EnquiryDraft
from records.nouns.figures import FigureDraft
from records.nouns.groups import GroupDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables import Activity, Enquiry, Group, MetricCell, MetricDelta, Organisation, Tip, TipOutcome
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind, Precision
from records.tables.groups import GroupKind, GroupStatus
from records.tables.metrics import IndicatorSource, Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.tips import Channel, OutcomeKind, TipStatus

MakeActor = Callable[..., Awaitable[Actor]]
TASK = system("test")
EXACT, ESTIMATED, UNAVAILABLE = Precision.EXACT, Precision.ESTIMATED, Precision.UNAVAILABLE
BEFORE_REFORM = date(2024, 12, 31)


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
    place = await areas.resolve(area)
    return await metrics.series(by, Question(codes, place, start, end, period, each, geography), fetch)


async def one(*args: Any, **given: Any) -> list[Point]:
    (found,) = await ask(*args, **given)
    return found.points


async def values(*args: Any, **given: Any) -> dict[str, Decimal | None]:
    return {point.period: point.value for point in await one(*args, **given)}


Told = tuple[Decimal | int | None, Precision]


async def by_place(*args: Any, **given: Any) -> dict[str, Told]:
    """The first point of each place that has something to tell."""
    first = [(row.area.code, row.points[0]) for row in await ask(*args, **given)]
    found: dict[str, Told] = {code: (point.value, point.precision) for code, point in first}
    return {code: point for code, point in found.items() if point != (0, EXACT)}


async def tip(at: datetime | None = None, area: str = "29905", **given: Any) -> Tip:
    place = await areas.resolve(area)
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, place.id, received_at=at, **given)
    return await tips.submit(draft, by=TASK)


async def closed(row: Tip, *outcomes: OutcomeDraft) -> Tip:
    row = await tips.start_verifying(row.id, seen=row.version, by=TASK)
    given = outcomes or (OutcomeDraft(OutcomeKind.WARNING),)
    return await tips.close(row.id, seen=row.version, outcomes=given, by=TASK)


async def group(code: str, founded_on: date | None, area: str = "29905") -> Group:
    place = await areas.resolve(area)
    draft = GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, place.id, founded_on=founded_on)
    return await groups.create(draft, by=TASK)


async def figure(
    value: Decimal | None, code: str = "reported.groups", area: str = "29905", **given: Any
) -> UUID:
    return (await figures.report(await figure_draft(value, code, area, **given), by=TASK)).id


async def figure_draft(
    value: Decimal | None, code: str = "reported.groups", area: str = "29905", **given: Any
) -> FigureDraft:
    place = await areas.resolve(area)
    unit, _ = await Organisation.get_or_create(
        name="Công an mẫu", area_id=place.id, defaults={"folded": "", "kind": OrganisationKind.POLICE}
    )
    texts = {"period_text": "đến nay", "source_text": "nguồn", "source_name": "Bài báo mẫu"}
    defaults = texts | {"qualifier": Qualifier.EXACT}
    return FigureDraft(indicator_id(code), place.id, unit.id, value, **(defaults | given))


# Flows


async def test_a_flow_is_a_sum_over_periods_of_local_time(database: str) -> None:
    await tip(datetime(2025, 3, 31, 23, 30, tzinfo=LOCAL))
    await tip(datetime(2025, 4, 1, 0, 30, tzinfo=LOCAL))
    await tip(datetime(2025, 6, 30, 23, 59, tzinfo=LOCAL))
    await tip(datetime(2025, 7, 1, tzinfo=LOCAL))
    await tip(datetime(2024, 12, 31, 23, 59, tzinfo=LOCAL))
    spring = (date(2025, 3, 15), date(2025, 7, 2))
    for folded in (False, True):
        if folded:
            assert await cells.fold() == 5
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


async def test_periods_are_cut_when_the_window_cuts_them(database: str) -> None:
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


async def test_meetings_sessions_attendances_and_questions_are_counted_where_and_when_they_were(
    database: str,
) -> None:
    place = await areas.resolve("30244")
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


async def test_a_duplicate_was_received_once(database: str) -> None:
    at = datetime(2025, 9, 1, tzinfo=LOCAL)
    first, second = await tip(at), await tip(at)
    await tips.merge(second.id, seen=1, into=first.id, by=TASK)
    assert await values("tips.received") == {"2025": 1}
    await tips.reopen(second.id, seen=2, reason="Khác nhau", by=TASK)
    assert await values("tips.received") == {"2025": 2}


# Stocks


async def test_a_stock_is_what_there_is_at_the_end_of_a_period(database: str) -> None:
    await group("MAU-01", date(2024, 5, 20))
    rests = await group("MAU-02", date(2025, 2, 10))
    ends = await group("MAU-03", date(2025, 2, 28))
    rests = await groups.pause(rests.id, seen=1, on=date(2025, 6, 30), reason="Nghỉ", by=TASK)
    await groups.dissolve(ends.id, seen=1, on=date(2025, 7, 1), reason="Hết hộ", by=TASK)
    year = (date(2025, 1, 1), date(2025, 12, 31), Period.QUARTER)
    quarters = {"2025-Q1": 3, "2025-Q2": 2, "2025-Q3": 1, "2025-Q4": 1}
    assert await values("groups.active", "82", *year) == quarters
    # What was before the first period is in it.
    assert await values("groups.active", "82", date(2025, 11, 1), date(2025, 11, 1), Period.MONTH) == {
        "2025-11": 1
    }
    rests = await groups.dissolve(rests.id, seen=2, on=date(2025, 10, 5), reason="Hết hộ", by=TASK)
    assert await values("groups.active", "82", *year) == quarters
    await cells.fold()
    assert await values("groups.active", "82", *year) == quarters


async def test_a_group_that_wakes_a_group_taken_out_and_one_that_is_brought_back(database: str) -> None:
    row = await group("MAU-01", date(2025, 2, 10))
    months = (date(2025, 2, 1), date(2025, 4, 1), Period.MONTH)
    row = await groups.pause(row.id, seen=1, on=date(2025, 3, 1), reason="Nghỉ", by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 0, 0]
    row = await groups.resume(row.id, seen=2, by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 1, 1]
    row = await groups.remove(row.id, seen=3, reason="Nhầm", by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [0, 0, 0]
    await groups.restore(row.id, seen=4, by=TASK)
    assert list((await values("groups.active", "82", *months)).values()) == [1, 1, 1]


# Ratios


async def test_a_ratio_is_in_percent_and_unknown_without_a_denominator(database: str) -> None:
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


# The geography


async def test_records_of_old_communes_are_told_in_those_of_today(database: str) -> None:
    at = datetime(2024, 8, 1, tzinfo=LOCAL)
    for area in ("29905@2024-12-31", "29902@2024-12-31", "29923@2024-12-31", "30079@2024-12-31"):
        await tip(at, area)
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    span = (date(2024, 1, 1), date(2025, 12, 31))
    found = await ask("tips.received", "82", *span, each=AreaKind.COMMUNE)
    told: dict[str, list[Told]] = {
        row.area.code: [(p.value, p.precision) for p in row.points] for row in found
    }
    assert len(told) == 102
    assert told["29905"] == [(2, EXACT), (1, EXACT)]
    assert told["30214"] == [(1, EXACT), (0, EXACT)]
    # Xã Gáo Giồng was divided: its tip is told once, in the likelier commune, and said to be estimated.
    assert [told["30025"][0], told["30088"][0]].count((Decimal(1), ESTIMATED)) == 1
    assert sum(value or 0 for points in told.values() for value, _ in points) == 5
    assert [row.area.name_key for row in found] == sorted(row.area.name_key for row in found)
    # The whole province loses nothing of what was divided within it.
    assert await values("tips.received", "82", *span) == {"2024": 4, "2025": 1}
    assert await values("tips.received", "29905", *span) == {"2024": 2, "2025": 1}
    assert await values("tips.received", "877", *span) == {"2024": 0, "2025": 0}


async def test_what_was_counted_in_the_whole_cannot_be_told_apart_backwards(database: str) -> None:
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    await tip(datetime(2024, 8, 1, tzinfo=LOCAL), "29923@2024-12-31")
    told: dict[str, Any] = {"each": AreaKind.COMMUNE, "geography": BEFORE_REFORM}
    unknown: Told = (None, UNAVAILABLE)
    merged = ("29902", "29905", "29908", "29911", "29914", "29917", "29919", "29920")
    assert await by_place("tips.received", "867", **told) == dict.fromkeys(merged, unknown)
    year = await by_place("tips.received", "867", date(2024, 1, 1), date(2024, 12, 31), **told)
    assert year == {"29923": (1, EXACT)}


async def test_districts_are_told_in_the_geography_that_had_them(database: str) -> None:
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "29905")
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30244")
    await tip(datetime(2025, 2, 1, tzinfo=LOCAL), "30253@2024-12-31")
    # Xã Tân Dương lies in two old districts.
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30214")
    told: dict[str, Any] = {"each": AreaKind.DISTRICT, "geography": BEFORE_REFORM}
    assert await by_place("tips.received", "82", **told) == {
        "867": (None, UNAVAILABLE),
        "876": (None, UNAVAILABLE),
        "877": (2, EXACT),
    }
    assert await ask("tips.received", "82", each=AreaKind.DISTRICT) == []
    old = {row.area.code for row in await ask("tips.received", "82@2024-12-31", **told)}
    assert old < {row.area.code for row in await ask("tips.received", "82", **told)}


async def test_the_future_is_not_known(database: str) -> None:
    await group("MAU-01", date(2025, 1, 1))
    year = today().year
    for code in ("groups.active", "tips.received"):
        now_, next_, later = await one(code, "82", date(year, 1, 1), date(year + 2, 1, 1))
        assert now_.value is not None
        assert {(point.value, point.precision) for point in (next_, later)} == {(None, UNAVAILABLE)}


# Reported figures


async def test_figures_keep_their_qualifier_and_what_is_not_known_of_them(database: str) -> None:
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


async def test_so_many_figures_of_one_area_are_told_and_no_more(database: str) -> None:
    for number in range(24):
        await figure(Decimal(number), "reported.tips", period_to=date(2025, 6, 30))
    assert len(await one("reported.tips", "29905")) == 24
    await figure(Decimal(24), "reported.tips", period_to=date(2025, 6, 30))
    with pytest.raises(Invalid) as wrong:
        await one("reported.tips", "29905")
    assert set(wrong.value.problems) == {"indicators"}
    months = await one("reported.tips", "29905", date(2024, 1, 1), date(2025, 12, 31), Period.MONTH)
    assert len(months) == 25


async def test_more_areas_than_were_asked_for_are_refused_with_their_number(database: str) -> None:
    place = await areas.resolve("82")
    year = (date(2025, 1, 1), date(2025, 12, 31), Period.YEAR, AreaKind.COMMUNE)
    question = Question(["tips.received"], place, *year, most_areas=102)
    assert len(await metrics.series(TASK, question, fetch)) == 102
    with pytest.raises(Invalid) as wrong:
        await metrics.series(TASK, replace(question, most_areas=101), fetch)
    assert wrong.value.problems["most_areas"].values == {"found": 102}


async def test_a_figure_that_was_corrected_is_gone(database: str) -> None:
    first = await figure(Decimal(37))
    second = await figures.supersede(first, await figure_draft(Decimal(38)), by=TASK)
    assert [point.value for point in await one("reported.groups", "29905", end=today())] == [38]
    await figures.supersede(second.id, await figure_draft(Decimal(39)), by=TASK)
    assert [point.value for point in await one("reported.groups", "29905", end=today())] == [39]


async def test_a_figure_of_an_area_that_only_changed_its_code_or_name_is_told_for_it(database: str) -> None:
    await figure(Decimal(1037), area="877", period_to=date(2025, 6, 30))
    told: dict[str, Any] = {"each": AreaKind.DISTRICT, "geography": BEFORE_REFORM}
    found = {row.area.code: row.points for row in await ask("reported.groups", "82", **told)}
    assert [point.value for point in found["877"]] == [1037]
    assert not any(points for code, points in found.items() if code != "877")
    assert [point.value for point in await one("reported.groups", "877")] == [1037]
    assert await one("reported.groups", "82@2024-12-31") == []


# Who may see what


async def test_a_ward_sees_itself_and_may_not_ask_for_the_province(
    database: str, staff_actor: MakeActor
) -> None:
    ward = await staff_actor(Role.OFFICER, "29905")
    at = datetime(2025, 8, 1, tzinfo=LOCAL)
    await tip(at, "29905")
    await tip(at, "30244")
    await figure(Decimal(9), area="30244")
    assert await by_place("tips.received", "82", by=ward, each=AreaKind.COMMUNE) == {"29905": (1, EXACT)}
    assert len(await ask("tips.received", "82", by=ward, each=AreaKind.COMMUNE)) == 1
    for elsewhere in ("82", "30244", "82@2024-12-31"):
        with pytest.raises(Invalid) as wrong:
            await ask(["tips.received", "reported.groups"], elsewhere, by=ward)
        assert set(wrong.value.problems) == {"area"}
    nobody = Actor(ActorKind.STAFF, None, "Người mẫu", role=Role.OFFICER)
    assert await ask("tips.received", "82", by=nobody, each=AreaKind.COMMUNE) == []
    custodian = await staff_actor(Role.CUSTODIAN, "82")
    with pytest.raises(Denied):
        await ask("tips.received", by=custodian)


async def test_an_old_district_sees_what_became_of_it(database: str, staff_actor: MakeActor) -> None:
    district = await staff_actor(Role.OFFICER, "877")
    await tip(datetime(2025, 8, 1, tzinfo=LOCAL), "30244")
    await tip(datetime(2025, 2, 1, tzinfo=LOCAL), "30250@2024-12-31")
    assert await values("tips.received", "877", by=district) == {"2025": 2}
    assert await by_place("tips.received", "82", by=district, each=AreaKind.COMMUNE) == {"30244": (2, EXACT)}


# What may be asked


async def test_questions_that_are_too_large_or_name_nothing_are_refused(database: str) -> None:
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
        with pytest.raises(Invalid) as wrong:
            await attempt
        assert set(wrong.value.problems) == {field}


async def test_every_indicator_can_be_asked_for_and_twice_is_once(database: str) -> None:
    codes = [entry.code for entry in INDICATORS]
    found = await ask([*codes, codes[0]])
    assert [row.indicator.code for row in found] == codes
    counted = {entry.code for entry in INDICATORS if entry.source is IndicatorSource.RECORDS}
    assert {row.indicator.code for row in found if row.points} == counted


# The proof: whatever is done, deltas and cells hold what the records do.

AREAS = ("29905", "30244", "30214", "29905@2024-12-31", "30079@2024-12-31", "867", "87")


class Work:
    """Somebody who does anything that can be done, in any order."""

    def __init__(self, seed: int, places: list[UUID]) -> None:
        self.chance = Random(seed)  # noqa: S311 (the same work every time)
        self.places = places
        self.done = 0

    def day(self) -> date:
        return today() - timedelta(days=self.chance.randint(0, 900))

    def moment(self) -> datetime:
        return now() - timedelta(minutes=self.chance.randint(1, 900 * 24 * 60))

    def tip_draft(self) -> TipDraft:
        place, at = self.chance.choice(self.places), self.chance.choice([None, self.moment()])
        title = f"Tin {self.chance.randint(1, 99)}"
        return TipDraft(title, category_id("THEFT"), Channel.ZALO, place, received_at=at)

    def group_draft(self, code: str) -> GroupDraft:
        founded = self.chance.choice([None, self.day()])
        return GroupDraft(code, "Tổ", GroupKind.ZALO, self.chance.choice(self.places), founded_on=founded)

    async def activity_draft(self) -> ActivityDraft:
        row = await self.any(Group)
        kind, place = self.chance.choice(list(ActivityKind)), self.chance.choice(self.places)
        group_id = row.id if row else None
        return ActivityDraft(kind, self.day(), self.chance.randint(0, 90), place, group_id=group_id)

    async def any(self, model: Any) -> Any:
        rows = await model.all().order_by("id")
        return self.chance.choice(rows) if rows else None

    async def step(self) -> None:
        """One change; what the rules refuse changes nothing."""
        noun = self.chance.choice([self.on_tips, self.on_tips, self.on_groups, self.on_others])
        try:
            await noun()
            self.done += 1
        except Refused:
            pass

    async def on_tips(self) -> None:
        row = await self.any(Tip)
        seen = row.version if row else 1
        outcomes = [
            OutcomeDraft(kind, self.chance.randint(1, 9), self.chance.choice([None, self.day()]))
            for kind in self.chance.choices(list(OutcomeKind), k=3)
        ]
        move = self.chance.choice(["submit", "edit", "verify", "close", "close", "reject", "reopen", "merge"])
        if row is None or move == "submit":
            await tips.submit(self.tip_draft(), by=TASK)
        elif move == "edit":
            await tips.edit(row.id, self.tip_draft(), seen=seen, by=TASK)
        elif move == "verify" and row.status not in tips.ENDED:
            await tips.start_verifying(row.id, seen=seen, by=TASK)
        elif move == "close":
            await tips.close(row.id, seen=seen, outcomes=outcomes, by=TASK)
        elif move == "reject":
            await tips.reject(row.id, seen=seen, reason="Vì", by=TASK)
        elif move in {"verify", "reopen"}:
            await tips.reopen(row.id, seen=seen, reason="Vì", by=TASK)
        else:
            await tips.merge(row.id, seen=seen, into=(await self.any(Tip)).id, by=TASK)

    async def on_groups(self) -> None:
        row = await self.any(Group)
        move = self.chance.choice(["create", "edit", "pause", "resume", "dissolve", "merge", "remove"])
        if row is None or move == "create":
            code = f"MAU-{await Group.all().count()}"
            await groups.create(self.group_draft(code), by=TASK)
            return
        life: dict[str, Any] = {"seen": row.version, "by": TASK}
        ends = life | {"on": self.day(), "reason": "Vì"}
        if row.deleted_at is not None:
            await groups.restore(row.id, **life)
        elif move == "edit":
            await groups.edit(row.id, self.group_draft(row.code), **life)
        elif move == "pause":
            await groups.pause(row.id, **ends)
        elif move == "resume":
            await groups.resume(row.id, **life)
        elif move == "dissolve":
            await groups.dissolve(row.id, **ends)
        elif move == "merge":
            await groups.merge(row.id, into=(await self.any(Group)).id, **ends)
        else:
            await groups.remove(row.id, reason="Vì", **life)

    async def on_others(self) -> None:
        row = await self.any(Activity)
        move = self.chance.choice(["record", "edit", "ask"])
        place = self.chance.choice(self.places)
        if move == "ask":
            await enquiries.ask(
                EnquiryDraft(place, Channel.BOX, "Cư trú", "Ở đâu?", asked_at=self.moment()), by=TASK
            )
        elif row is None or move == "record":
            await activities.record(await self.activity_draft(), by=TASK)
        else:
            await activities.edit(row.id, await self.activity_draft(), seen=row.version, by=TASK)


async def held() -> dict[tuple[UUID, UUID, date], int]:
    total: Counter[tuple[UUID, UUID, date]] = Counter()
    for model in (MetricCell, MetricDelta):
        for row in await model.all():
            total[row.indicator_id, row.area_id, row.month] += row.value
    return {cell: value for cell, value in total.items() if value}


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


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_any_work_cells_and_deltas_hold_what_the_records_do(database: str, seed: int) -> None:
    work = Work(seed, [(await areas.resolve(code)).id for code in AREAS])
    for number in range(300):
        await work.step()
        if number % 30 == 29:
            assert await cells.adds_up(), number
        if number % 50 == 49:
            await cells.fold()
    assert work.done > 150
    expected = await counted()
    assert all(expected.values())
    series = await told(list(expected))
    assert series == expected
    before = await held()
    await cells.rebuild()
    assert await MetricDelta.all().count() == 0
    assert await held() == before
    assert await told(list(expected)) == series
    assert await cells.adds_up()


async def test_a_count_that_is_wrong_is_noticed_and_a_rebuild_puts_it_right(database: str) -> None:
    row = await tip(datetime(2025, 8, 1, tzinfo=LOCAL))
    assert await cells.adds_up()
    where: dict[str, Any] = {"area_id": row.area_id, "month": date(2025, 8, 1)}
    await MetricDelta.create(indicator_id=indicator_id("tips.received"), value=1, **where)
    assert not await cells.adds_up()
    assert await values("tips.received") == {"2025": 2}
    await cells.rebuild()
    assert await cells.adds_up()
    assert await values("tips.received") == {"2025": 1}
    assert await cells.fold() == 0
    assert local_day(row.received_at) == date(2025, 8, 1)
