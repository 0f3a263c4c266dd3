"""Looking up by code: what lies elsewhere or was removed is not there, for whoever asks by whatever name."""

from datetime import date

import pytest

from records.core.dates import now
from records.tables import Group, GroupLink, Indicator, Programme, Tip, TipCategory
from records.tables.groups import GroupKind, GroupStatus
from tests.api.support import BA_DINH, Ask, add_group, add_programme, add_tip, codes

ALL = """{ group(code: "A1") { code name } tip(code: "T1") { code group { code } }
  programme(code: "P1") { code host { name } updatedAt } indicator(code: "tips.resolved_ratio") { code }
  tipCategory(code: "THEFT") { code name parent { code } } area(code: "82") { code } }"""


async def test_nouns_are_found_by_code(ask: Ask) -> None:
    group = await add_group("Tổ 1", code="A1")
    await add_tip("T1", group_id=group.id)
    await add_programme("P1")
    ratio = await Indicator.filter(kind="RATIO", source="RECORDS").first()
    assert ratio
    found = (await ask(ALL.replace("tips.resolved_ratio", ratio.code)))["data"]
    assert found["group"] == {"code": "A1", "name": "Tổ 1"}
    assert found["tip"] == {"code": "T1", "group": {"code": "A1"}}
    assert found["programme"]["host"] == {"name": "Đơn vị mẫu P1"}
    assert found["programme"]["updatedAt"]
    assert found["indicator"] == {"code": ratio.code}
    assert found["tipCategory"] == {"code": "THEFT", "name": "Theft", "parent": None}
    assert found["area"] == {"code": "82"}


@pytest.mark.parametrize("code", ["a1", "A1 ", " A1"])
async def test_code_is_found_in_any_case(ask: Ask, code: str) -> None:
    await add_group("Tổ 1", code="A1")
    answer = await ask("query($c: String!) { group(code: $c) { code } }", c=code)
    assert answer["data"] == {"group": {"code": "A1"}}


@pytest.mark.parametrize("code", ["A", "", "\0", "A1\0", "x" * 5000, "A1' OR 1=1"])
async def test_code_is_not_found_when_it_differs(ask: Ask, code: str) -> None:
    await add_group("Tổ 1", code="A1")
    answer = await ask("query($c: String!) { group(code: $c) { code } }", c=code)
    assert answer["data"] == {"group": None}
    assert "errors" not in answer
    assert codes(
        await ask("query($c: [String!]) { groups(filter: {code: $c}) { nodes { code } } }", c=[code, "A1"]),
        "groups",
    ) == ["A1"]


async def test_record_is_not_found_when_elsewhere_or_removed(ask: Ask) -> None:
    await add_group("Tổ 1", code="A1", area=BA_DINH)
    await add_tip("T1", area=BA_DINH)
    await add_programme("P1")
    await add_group("Tổ 2", code="A2")
    await add_tip("T2")
    for table, code in ((Group, "A2"), (Tip, "T2"), (Programme, "P1")):
        await table.filter(code=code).update(deleted_at=now())
    query = '{ a: group(code: "A1") { id } b: group(code: "A2") { id } c: tip(code: "T1") { id } '
    query += 'd: tip(code: "T2") { id } e: programme(code: "P1") { id } }'
    assert (await ask(query))["data"] == dict.fromkeys("abcde")


async def test_category_is_listed_only_when_active_or_asked_for(ask: Ask) -> None:
    await TipCategory.filter(code="THEFT").update(active=False)
    try:
        query = """{ tipCategory(code: "THEFT") { active } tipCategories { code }
                     all: tipCategories(inactive: true, filter: {code: ["THEFT", "ROBBERY"]}) {
                       code active } }"""
        found = (await ask(query))["data"]
    finally:
        await TipCategory.filter(code="THEFT").update(active=True)
    assert found["tipCategory"] == {"active": False}
    assert "THEFT" not in {category["code"] for category in found["tipCategories"]}
    assert {(category["code"], category["active"]) for category in found["all"]} == {
        ("THEFT", False),
        ("ROBBERY", True),
    }


async def test_ratio_names_numerator_and_denominator(ask: Ask) -> None:
    query = (
        "{ indicators(filter: {kind: RATIO, source: RECORDS}) { numerator { kind } denominator { kind } } }"
    )
    found = (await ask(query))["data"]["indicators"]
    assert found
    assert {part["kind"] for ratio in found for part in ratio.values()} <= {"FLOW", "STOCK"}
    by_code = (await ask('{ indicators(filter: {code: "tips.received"}) { code } }'))["data"]["indicators"]
    assert by_code == [{"code": "tips.received"}]


async def test_programmes_are_searched_and_filtered_by_period(ask: Ask) -> None:
    await add_programme("P1", name="Nhóm Zalo kết nối", started_on=date(2019, 4, 1))
    await add_programme("P2", name="Tổ tự quản", started_on=date(2018, 8, 1), ended_on=date(2020, 1, 1))

    async def picked(filter_: str) -> list[str]:
        return codes(
            await ask(f"{{ programmes(filter: {{{filter_}}}) {{ nodes {{ code }} }} }}"), "programmes"
        )

    assert await picked('search: "ket noi"') == ["P1"]
    assert await picked("active: true") == ["P1"]
    assert await picked("active: false") == ["P2"]
    assert await picked('startedOn: {lt: "2019-01-01"}') == ["P2"]
    assert await picked('endedOn: {gte: "2019-01-01"}') == ["P2"]
    host = (await ask('{ programme(code: "P1") { host { id } } }'))["data"]["programme"]["host"]["id"]
    assert await picked(f'hostId: ["{host}", "x"]') == ["P1"]


async def test_group_shows_its_successor_and_its_links(ask: Ask) -> None:
    whole = await add_group("Tổ 1", code="A1")
    await add_group(
        "Tổ 2",
        code="A2",
        status=GroupStatus.MERGED,
        merged_into_id=whole.id,
        inactive_on=date(2026, 1, 1),
        ended_on=date(2026, 1, 2),
    )
    online = await add_group("Nhóm 1", code="Z1", kind=GroupKind.ZALO)
    far = await add_group("Tổ 9", code="A9", area=BA_DINH)
    former = await add_group("Tổ 8", code="A8")
    for other, ended in ((whole, None), (far, None), (former, date(2026, 1, 1))):
        await GroupLink.create(
            online_id=online.id, group_id=other.id, linked_on=date(2025, 1, 1), ended_on=ended
        )
    query = '{ merged: group(code: "A2") { endedOn mergedInto { code linkedGroups { code } } }'
    query += ' online: group(code: "Z1") { linkedGroups { code } }'
    query += ' former: group(code: "A8") { linkedGroups { code } } }'
    found = (await ask(query))["data"]
    into = {"code": "A1", "linkedGroups": [{"code": "Z1"}]}
    assert found["merged"] == {"endedOn": "2026-01-02", "mergedInto": into}
    assert found["online"] == {"linkedGroups": [{"code": "A1"}]}
    assert found["former"] == {"linkedGroups": []}
