"""The queries that the service was built for, word for word."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from records.areas import areas
from records.core.actor import system_actor
from records.metrics.catalogue import category_id
from records.nouns import groups, tips
from records.nouns.groups import GroupDraft
from records.nouns.tips import TipDraft
from records.tables import TipOutcome
from records.tables.groups import GroupKind
from records.tables.tips import Channel, OutcomeKind, TipStatus
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group, add_tip, codes, error

GROUPS = """{
  groups(filter: {area: "877", kind: SELF_GOVERNING, search: "tan phu"}, orderBy: NAME, first: 50) {
  totalCount
  nodes { id code name kind memberCount area { code name parent { name } } tipCounts { status count } }
  pageInfo { hasNextPage endCursor } } }"""
TIPS = """{ tips(filter: {area: "82", status: [RECEIVED, VERIFYING], receivedAt: {gte: "2024-01-01"}},
  orderBy: RECEIVED_AT_DESC, first: 100) {
  nodes { code category { code name } channel status receivedAt area { code name } group { name }
    outcomes { kind count } } } }"""
METRICS = """{ metrics(indicators: ["tips.received", "groups.active"], area: "82", by: COMMUNE,
  from: "2024-01", to: "2025-12", period: QUARTER, geography: "2025-07-01") {
  indicator { code name unit } area { code name } points { period value qualifier precision } } }"""


async def test_query_reads_groups_of_former_district_with_tip_counts(ask: Ask) -> None:
    ten = await add_group("Tổ 10 Tân Phú", code="A10", stated_members=41, stated_on=date(2026, 1, 1))
    await add_group("Tổ 2 Tân Phú", code="A2", area=TAN_NHUAN_DONG)
    await add_group("Tổ 3 Tân Quy", code="A3")
    await add_group("Nhóm Zalo Tân Phú", code="A4", kind=GroupKind.ZALO)
    await add_tip("T1", group_id=ten.id)
    await add_tip("T2", group_id=ten.id, status=TipStatus.CLOSED)
    await add_tip("T3", group_id=ten.id)

    found = (await ask(GROUPS))["data"]["groups"]

    assert found["totalCount"] == 2
    assert [node["code"] for node in found["nodes"]] == ["A2", "A10"]
    assert found["nodes"][1] == {
        "id": found["nodes"][1]["id"],
        "code": "A10",
        "name": "Tổ 10 Tân Phú",
        "kind": "SELF_GOVERNING",
        "memberCount": 41,
        "area": {"code": PHU_HUU, "name": "Xã Phú Hựu", "parent": {"name": "Tỉnh Đồng Tháp"}},
        "tipCounts": [{"status": "RECEIVED", "count": 2}, {"status": "CLOSED", "count": 1}],
    }
    assert found["nodes"][0]["memberCount"] is None
    assert found["nodes"][0]["tipCounts"] == []
    assert found["pageInfo"]["hasNextPage"] is False


async def test_query_reads_open_tips_with_their_links(ask: Ask) -> None:
    group = await add_group("Tổ 1 Tân Phú", code="A1")
    first = await add_tip("T1", received=date(2024, 5, 1), group_id=group.id)
    await add_tip("T2", received=date(2025, 5, 1), status=TipStatus.VERIFYING)
    await add_tip("T3", received=date(2023, 5, 1))
    await add_tip("T4", received=date(2025, 5, 1), status=TipStatus.CLOSED)
    for kind in (OutcomeKind.WARNING, OutcomeKind.ARREST):
        await TipOutcome.create(
            id=uuid4(), tip_id=first.id, kind=kind, count=2, on_day=date(2024, 6, len(kind))
        )

    answer = await ask(TIPS)

    assert codes(answer, "tips") == ["T2", "T1"]
    assert answer["data"]["tips"]["nodes"][1] == {
        "code": "T1",
        "category": {"code": "THEFT", "name": "Theft"},
        "channel": "ZALO",
        "status": "RECEIVED",
        "receivedAt": "2024-05-01T00:00:00+00:00",
        "area": {"code": PHU_HUU, "name": "Xã Phú Hựu"},
        "group": {"name": "Tổ 1 Tân Phú"},
        "outcomes": [{"kind": "ARREST", "count": 2}, {"kind": "WARNING", "count": 2}],
    }
    assert answer["data"]["tips"]["nodes"][0]["outcomes"] == []


async def test_query_reads_metrics_by_quarter_in_communes(ask: Ask) -> None:
    by, area = system_actor("test"), await areas.resolve_reference(PHU_HUU)
    draft = GroupDraft("A1", "Tổ 1", GroupKind.SELF_GOVERNING, area.id, founded_on=date(2024, 5, 1))
    await groups.create(draft, by=by)
    for day in (date(2025, 4, 1), date(2025, 6, 30), date(2025, 7, 2)):
        await tips.submit(
            TipDraft("Tin mẫu", category_id("THEFT"), Channel.ZALO, area.id, received_at=_noon(day)), by=by
        )

    found = (await ask(METRICS))["data"]["metrics"]

    assert len(found) == 2 * 102
    series = {
        (one["indicator"]["code"], one["area"]["code"]): {p["period"]: p for p in one["points"]}
        for one in found
    }
    received = series["tips.received", PHU_HUU]
    assert list(received) == [f"{year}-Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
    assert received["2025-Q2"] == {
        "period": "2025-Q2",
        "value": 2,
        "qualifier": "EXACT",
        "precision": "EXACT",
    }
    assert received["2025-Q3"]["value"] == 1
    assert series["tips.received", TAN_NHUAN_DONG]["2025-Q2"]["value"] == 0
    assert series["groups.active", PHU_HUU]["2024-Q1"]["value"] == 0
    assert series["groups.active", PHU_HUU]["2025-Q4"]["value"] == 1
    assert found[0]["indicator"] == {"code": "tips.received", "name": "Tips received", "unit": "tips"}


async def test_query_accepts_variables_days_moments_and_languages(ask: Ask) -> None:
    await add_tip("T1", received=_noon(date(2026, 3, 1)))
    query = """query($from: DayOrMoment, $to: DayOrMoment, $all: Boolean = true) {
      tips(filter: {receivedAt: {gte: $from, lte: $to}}) {
        nodes { code vi: category { name(language: VI) } category { name code @skip(if: $all) } } } }"""

    whole_day = await ask(query, **{"from": "2026-03-01", "to": "2026-03-01"})
    moment = await ask(query, **{"from": "2026-03-01T12:00:00+07:00"})
    after = await ask(query, **{"from": "2026-03-01T12:00:01+07:00"})

    expected = {"code": "T1", "vi": {"name": "Trộm cắp"}, "category": {"name": "Theft"}}
    assert whole_day["data"]["tips"]["nodes"] == [expected]
    assert codes(moment, "tips") == ["T1"]
    assert codes(after, "tips") == []


async def test_day_starts_at_midnight_in_viet_nam(ask: Ask) -> None:
    await add_tip("T1", received=datetime(2026, 2, 28, 17, 0, tzinfo=UTC))
    await add_tip("T2", received=datetime(2026, 2, 28, 16, 59, tzinfo=UTC))

    for bounds, expected in {
        '{gte: "2026-03-01"}': ["T1"],
        '{lt: "2026-03-01"}': ["T2"],
        '{gt: "2026-02-28"}': ["T1"],
        '{lte: "2026-02-28"}': ["T2"],
    }.items():
        assert (
            codes(await ask(f"{{ tips(filter: {{receivedAt: {bounds}}}) {{ nodes {{ code }} }} }}"), "tips")
            == expected
        )


async def test_area_code_names_area_of_today_or_given_day(ask: Ask) -> None:
    found = await ask(
        """{ today: area(code: "82") { name } then: area(code: "82@2024-12-31") { name }
             gone: area(code: "877") { name validTo parent { name } }
             before: area(code: "29905@2025-06-30") { name successors { code name } }
             now: area(code: "29905") { predecessors { name } } }"""
    )
    assert found["data"]["today"]["name"] == "Tỉnh Đồng Tháp"
    assert found["data"]["then"]["name"] == "Tỉnh Tiền Giang"
    assert found["data"]["gone"] == {
        "name": "Huyện Châu Thành",
        "validTo": "2025-07-01",
        "parent": {"name": "Tỉnh Đồng Tháp"},
    }
    assert found["data"]["before"] == {
        "name": "Phường 1",
        "successors": [{"code": "29905", "name": "Phường Sa Đéc"}],
    }
    assert len(found["data"]["now"]["predecessors"]) == 8


async def test_areas_are_listed_for_day_or_for_all_time(ask: Ask) -> None:
    query = """query($on: Date, $all: Boolean = false) {
      areas(validOn: $on, allTime: $all, filter: {kind: PROVINCE}) { totalCount } }"""
    assert (await ask(query))["data"]["areas"]["totalCount"] == 34
    assert (await ask(query, on="2025-06-30"))["data"]["areas"]["totalCount"] == 63
    assert (await ask(query, all=True))["data"]["areas"]["totalCount"] == 97


async def test_search_folds_accents_and_matches_beginnings(ask: Ask) -> None:
    await add_group("Tổ Đường Sa Đéc", code="A1")
    await add_group("Tổ Sông Tiền", code="A2")
    for text in ("sa dec", "SA ĐÉC", "Sa Đe\u0301c", "đuong", "dec sa"):
        assert codes(
            await ask("query($s: String) { groups(filter: {search: $s}) { nodes { code } } }", s=text),
            "groups",
        ) == ["A1"]
    for text, found in (("", ["A1", "A2"]), ("  ", ["A1", "A2"]), ("  !?  ", [])):
        answer = await ask("query($s: String) { groups(filter: {search: $s}) { nodes { code } } }", s=text)
        assert sorted(codes(answer, "groups")) == found
    for text in ("' | 'x", "a:*b & !c", "\u0000"):
        assert "errors" not in await ask(
            "query($s: String) { groups(filter: {search: $s}) { nodes { code } } }", s=text
        )


async def test_area_is_named_in_refusal_when_unknown(ask: Ask) -> None:
    unknown = error(await ask('{ groups(filter: {area: "99999"}) { nodes { code } } }'))
    assert unknown["extensions"]["code"] == "UNKNOWN_CODE"
    assert unknown["extensions"]["problems"] == [
        {"field": "area", "code": "UNKNOWN_CODE", "message": "There is no area 99999."}
    ]
    for given in ("x' OR 1=1", "82@2024-13-40", "", "8" * 500):
        assert (await ask("query($a: String!) { area(code: $a) { name } }", a=given))["data"] == {
            "area": None
        }
        refused = error(
            await ask("query($a: String!) { groups(filter: {area: $a}) { totalCount } }", a=given)
        )
        assert refused["extensions"]["code"] == "UNKNOWN_CODE"
    metrics = '{ metrics(indicators: ["no"], area: "82", from: "2024-01", to: "2024-02") { area { code } } }'
    assert error(await ask(metrics))["extensions"]["problems"][0]["field"] == "indicators"


async def test_area_filter_finds_nothing_when_area_is_foreign(ask: Ask) -> None:
    await add_group("Tổ 1", code="A1", area=BA_DINH)
    assert codes(await ask('{ groups(filter: {area: "01"}) { nodes { code } } }'), "groups") == []


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ('gte: "0001-01-01", lte: "9999-12-31"', 1),
        ('gte: "0001-01-01T00:00:00+07:00"', 1),
        ('lte: "9999-12-31T23:59:59-07:00"', 1),
        ('gt: "9999-12-31"', 0),
        ('lt: "0001-01-01"', 0),
    ],
)
async def test_filter_accepts_first_and_last_possible_day(ask: Ask, bounds: str, found: int) -> None:
    await add_tip("T1")
    answer = await ask(f"{{ tips(filter: {{receivedAt: {{{bounds}}}}}) {{ totalCount }} }}")
    assert answer["data"]["tips"]["totalCount"] == found


async def test_filter_matches_nothing_when_text_contains_nul(ask: Ask) -> None:
    await add_tip("T1")
    query = "query($codes: [String!]) { tips(filter: {code: $codes}) { totalCount } }"
    assert (await ask(query, codes=["T\0", "T1"]))["data"]["tips"]["totalCount"] == 1
    assert (await ask(query, codes=["\0"]))["data"]["tips"]["totalCount"] == 0


async def test_month_is_refused_when_year_is_out_of_range(ask: Ask) -> None:
    query = """query($to: Month!) {
      metrics(indicators: ["tips.received"], area: "82", from: "2025-01", to: $to) { points { value } } }"""
    for month in ("9999-12", "0001-01", "3000-01"):
        assert error(await ask(query, to=month))["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
