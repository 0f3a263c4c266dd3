"""Every way to a sensitive figure shows the same rounded number, and no way shows the number itself."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest

from api.reads.node import global_id
from records.areas import areas
from records.core.actor import Scope, system_actor
from records.metrics.catalogue import indicator_id
from records.nouns import figures
from records.nouns.figures import FigureDraft
from records.tables import Figure, Organisation
from records.tables.metrics import Qualifier
from tests.api.support import PHU_HUU, Ask, PartnerKey, add_office

TASK = system_actor("test")
_SHOWN: Final = "id value qualifier protected sourceText"
WAYS: Final = f"""query($id: ID!) {{
  figures(filter: {{indicator: ["reported.education"]}}) {{ totalCount nodes {{ {_SHOWN} }} }}
  node(id: $id) {{ ... on Figure {{ {_SHOWN} }} }}
  _entities(representations: [{{__typename: "Figure", id: $id}}]) {{ ... on Figure {{ {_SHOWN} }} }}
  changes(types: [FIGURE]) {{ changes {{ record {{ ... on Figure {{ {_SHOWN} }} }} }} }}
  metrics(indicators: ["reported.education"], area: "{PHU_HUU}", from: "2025-01", to: "2025-12") {{
    points {{ value qualifier protected precision }} }} }}"""


async def report(value: int, supersedes: Figure | None = None) -> Figure:
    office = await Organisation.first() or await add_office(area=PHU_HUU)
    draft = FigureDraft(
        indicator_id=indicator_id("reported.education"),
        area_id=(await areas.resolve_reference(PHU_HUU)).id,
        organisation_id=office.id,
        value=Decimal(value),
        qualifier=Qualifier.EXACT,
        period_text="Năm 2025",
        source_text=f"{value} người",
        source_name="Báo cáo mẫu",
        period_from=date(2025, 1, 1),
        period_to=date(2025, 12, 31),
    )
    if supersedes:
        return await figures.supersede(supersedes.id, draft, by=TASK)
    return await figures.report(draft, by=TASK)


@pytest.mark.parametrize("value", [0, 1, 3, 4, 5, 676])
async def test_figures_are_rounded_alike_when_read_anyhow(
    ask: Ask, partner_key: PartnerKey, value: int
) -> None:
    row = await report(value)
    key = await partner_key(scopes={Scope.METRICS_READ, Scope.CHANGES_READ})
    id_ = global_id("Figure")(row.id)
    said = (await ask(WAYS, key=key, id=id_))["data"]
    list_size: dict[str, Any] = said["figures"]["nodes"][0]
    assert list_size["value"] % 5 == 0
    assert abs(list_size["value"] - value) < 5
    assert list_size == {
        "id": id_,
        "value": list_size["value"],
        "qualifier": "ABOUT",
        "protected": True,
        "sourceText": None,
    }
    assert [said["node"], said["_entities"][0]] == [list_size, list_size]
    assert said["changes"]["changes"] == [{"record": list_size}]
    ((point,),) = [series["points"] for series in said["metrics"]]
    assert point == {
        "value": list_size["value"],
        "qualifier": "ABOUT",
        "protected": True,
        "precision": "ESTIMATED",
    }


async def test_corrected_figures_are_rounded_alike_when_found_by_id(
    ask: Ask, partner_key: PartnerKey
) -> None:
    first = await report(3)
    second = await report(3, supersedes=first)
    key = await partner_key(scopes={Scope.METRICS_READ})
    ids = [global_id("Figure")(row.id) for row in (first, second)]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Figure { value sourceText } } }"
    old, new = (await ask(query, key=key, ids=ids))["data"]["nodes"]
    assert old == new
    assert old["sourceText"] is None


async def test_filter_hides_numbers_when_they_are_rounded(ask: Ask, partner_key: PartnerKey) -> None:
    await report(3)
    key = await partner_key(scopes={Scope.METRICS_READ})
    for qualifier, count in (("EXACT", 0), ("ABOUT", 1)):
        query = f"{{ figures(filter: {{qualifier: [{qualifier}]}}) {{ totalCount }} }}"
        assert (await ask(query, key=key))["data"]["figures"]["totalCount"] == count
