"""Areas with history: as of a day, above and below, and what became of which."""

import pytest
from tortoise.expressions import Q

from records.areas import areas
from records.tables import AreaSuccession
from tests.api.support import Ask, Counting

PAGE = """query($after: String) { areaSuccessions(filter: {area: "82"}, first: 100, after: $after) {
  totalCount nodes { whole old { code validFrom } new { code validFrom parent { code } } }
  pageInfo { hasNextPage endCursor } } }"""


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ('code: "82"', "Tỉnh Đồng Tháp"),
        ('code: "82", validOn: "2024-12-31"', "Tỉnh Tiền Giang"),
        ('code: "29905", validOn: "2025-06-30"', "Phường 1"),
        ('code: "29905", validOn: "2025-07-01"', "Phường Sa Đéc"),
        ('code: "867"', "Thành phố Sa Đéc"),
        # The day is said twice, or lies after its end.
        ('code: "82@2024-12-31", validOn: "2024-12-31"', None),
        ('code: "867", validOn: "2025-07-01"', None),
        ('code: "99999"', None),
    ],
)
async def test_area_code_names_area_of_given_day(ask: Ask, arguments: str, name: str | None) -> None:
    found = (await ask(f"{{ area({arguments}) {{ name }} }}"))["data"]["area"]
    assert found == (None if name is None else {"name": name})


async def test_area_shows_ancestors_and_children_of_its_time(ask: Ask, counting: Counting) -> None:
    query = """{ area(code: "29905", validOn: "2025-06-30") { ancestors { code kind } }
      today: area(code: "29905") { ancestors { name } } top: area(code: "82") { ancestors { code } }
      areas(validOn: "2025-06-30", filter: {parent: "867"}) { totalCount nodes { name parent { code } } } }"""
    await ask("{ __typename }")
    with counting() as statements:
        found = (await ask(query))["data"]
    assert found["area"]["ancestors"] == [
        {"code": "87", "kind": "PROVINCE"},
        {"code": "867", "kind": "DISTRICT"},
    ]
    assert found["today"]["ancestors"] == [{"name": "Tỉnh Đồng Tháp"}]
    assert found["top"]["ancestors"] == []
    assert found["areas"]["totalCount"] == 9
    assert {area["parent"]["code"] for area in found["areas"]["nodes"]} == {"867"}
    assert len([text for text in statements if "WITH RECURSIVE up" in text]) == 3


async def test_area_shows_its_origins_and_successions(ask: Ask) -> None:
    query = """{ whole: area(code: "29902", validOn: "2025-06-30") { successions {
                 whole effectiveOn legalBasis old { code } new { code name validFrom } } }
      ward: area(code: "29905") { origins { whole old { code } } successions { id } } }"""
    found = (await ask(query))["data"]
    (succession,) = found["whole"]["successions"]
    assert succession["legalBasis"]
    assert succession | {"legalBasis": ""} == {
        "whole": True,
        "effectiveOn": "2025-07-01",
        "legalBasis": "",
        "old": {"code": "29902"},
        "new": {"code": "29905", "name": "Phường Sa Đéc", "validFrom": "2025-07-01"},
    }
    assert found["ward"]["successions"] == []
    assert len(found["ward"]["origins"]) == 8
    assert all(origin["whole"] for origin in found["ward"]["origins"])


async def test_area_successions_are_read_whole_page_by_page(ask: Ask) -> None:
    links: list[tuple[str, str, bool]] = []
    after = None
    while True:
        page = (await ask(PAGE, after=after))["data"]["areaSuccessions"]
        links += [(node["old"]["code"], node["new"]["code"], node["whole"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    today = await areas.resolve_reference("82")
    rows = await AreaSuccession.filter(Q(new__parent_id=today.id) | Q(new_id=today.id)).values_list(
        "old__code", "new__code", "whole"
    )
    assert sorted(links) == sorted(rows)
    assert page["totalCount"] == len(links) > 200


@pytest.mark.parametrize(
    ("filter_", "olds"),
    [
        ('old: ["29902", "x"]', {"29902"}),
        ('new: "30214", whole: true, area: "867"', {"29923"}),
        ('area: "867", new: "29905"', None),
        ('area: "867", effectiveOn: {lt: "2025-07-01"}', set()),
    ],
)
async def test_area_successions_are_filtered_by_either_end(
    ask: Ask, filter_: str, olds: set[str] | None
) -> None:
    query = f"{{ areaSuccessions(filter: {{{filter_}}}) {{ totalCount nodes {{ old {{ code }} }} }} }}"
    found = (await ask(query))["data"]["areaSuccessions"]
    if olds is None:
        assert found["totalCount"] == 8
    else:
        assert {node["old"]["code"] for node in found["nodes"]} == olds


async def test_area_split_has_several_partial_successions(ask: Ask) -> None:
    query = (
        "{ areaSuccessions(filter: {whole: false}, first: 5) { nodes { old { successions { whole } } } } }"
    )
    for node in (await ask(query))["data"]["areaSuccessions"]["nodes"]:
        assert len(node["old"]["successions"]) > 1
        assert not any(succession["whole"] for succession in node["old"]["successions"])
