"""The mutation reportFigure: a number with its source, or the correction of one that was reported."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from api.reads.node import global_id
from records.core.actor import Scope
from records.core.declarations.fields import max_lengths
from records.core.text import normalize_for_search
from records.nouns import figures
from records.tables import Figure, Organisation, Programme
from records.tables.metrics import Qualifier
from tests.api.mutation_inputs import add_figure, document, figure_input
from tests.api.support import BA_DINH, PHU_HUU, Ask, add_office, error

MakeKey = Callable[..., Awaitable[str]]
REPORT = document("reportFigure", "recordId figure { value qualifier protected period }")
PERIOD = {"periodFrom": "2025-01-01", "periodTo": "2025-12-31"}


async def given(**fields: Any) -> dict[str, Any]:
    office = await Organisation.first() or await add_office()
    return figure_input(PHU_HUU, global_id("Organisation")(office.id)) | fields


async def problems(ask: Ask, **fields: Any) -> list[tuple[str, str]]:
    payload = (await ask(REPORT, input=await given(**fields)))["data"]["reportFigure"]
    assert (payload["recordId"], payload["figure"]) == (None, None)
    return [(problem["field"], problem["code"]) for problem in payload["problems"]]


async def test_figure_is_stored_as_its_source_states_it(ask: Ask) -> None:
    office = await add_office()
    await Programme.create(
        code="MAU",
        name="Mô hình mẫu",
        folded=normalize_for_search("Mô hình mẫu"),
        host_id=office.id,
        area_id=office.area_id,
        started_on=date(2025, 1, 1),
    )
    fields = {"value": 1234.5678, "qualifier": "OVER", "programme": "MAU", "sourceOn": "2026-01-10", **PERIOD}
    fields |= {"indicator": "reported.groups"}
    payload = (await ask(REPORT, input=await given(**fields)))["data"]["reportFigure"]
    assert payload["problems"] == []
    assert payload["figure"] == {
        "value": 1234.5678,
        "qualifier": "OVER",
        "protected": False,
        "period": "Năm 2025",
    }
    row = await Figure.get()
    assert payload["recordId"] == global_id("Figure")(row.id)
    assert (row.value, row.qualifier) == (Decimal("1234.5678"), Qualifier.OVER)
    assert (row.period_from, row.period_to, row.source_on) == (
        date(2025, 1, 1),
        date(2025, 12, 31),
        date(2026, 1, 10),
    )
    assert row.programme_id == (await Programme.get()).id
    assert (row.source_text, row.source_name) == ("71 tin", "Báo cáo mẫu")


async def test_figure_has_no_number_when_qualifier_is_magnitude(ask: Ask) -> None:
    payload = (await ask(REPORT, input=await given(value=None, qualifier="HUNDREDS")))["data"]["reportFigure"]
    assert payload["figure"]["value"] is None
    assert await problems(ask, value=5, qualifier="HUNDREDS") == [("value", "INCONSISTENT")]
    assert await problems(ask, value=None, qualifier="EXACT") == [("value", "INCONSISTENT")]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"indicator": "khong.co"}, [("indicator", "UNKNOWN_CODE")]),
        # Counted from records: nobody reports it.
        ({"indicator": "tips.received"}, [("indicator", "UNKNOWN_CODE")]),
        ({"indicator": "a\0b"}, [("indicator", "UNKNOWN_CODE")]),
        ({"area": BA_DINH}, [("area", "OUTSIDE_AREAS")]),
        ({"area": "99999"}, [("area", "UNKNOWN_CODE")]),
        ({"organisationId": "x"}, [("organisationId", "NOT_FOUND")]),
        ({"programme": "KHÔNG CÓ"}, [("programme", "UNKNOWN_CODE")]),
        ({"programme": "a\0b"}, [("programme", "UNKNOWN_CODE")]),
        ({"value": 1e12}, [("value", "OUT_OF_RANGE")]),
        ({"value": 1e300}, [("value", "OUT_OF_RANGE")]),
        ({"value": 0.00001}, [("value", "MALFORMED")]),
        ({"period": ""}, [("period", "REQUIRED")]),
        ({"period": "x" * (max_lengths(figures.FigureDraft)["period_text"] + 1)}, [("period", "TOO_LONG")]),
        ({"sourceText": " "}, [("sourceText", "REQUIRED")]),
        ({"sourceName": ""}, [("sourceName", "REQUIRED")]),
        ({"sourceOn": "2999-01-01"}, [("sourceOn", "IN_FUTURE")]),
        ({"periodFrom": "2025-01-01"}, [("periodTo", "INCONSISTENT")]),
        ({"periodFrom": "2025-01-02", "periodTo": "2025-01-01"}, [("periodTo", "INCONSISTENT")]),
        ({"period": "", "area": "x y"}, [("period", "REQUIRED"), ("area", "UNKNOWN_CODE")]),
    ],
)
async def test_figure_problems_name_their_field(
    ask: Ask, wrong: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert await problems(ask, **wrong) == expected
    assert await Figure.all().count() == 0


async def test_figure_is_superseded_by_one_correction_only(ask: Ask) -> None:
    old = await add_figure()
    correction = {"supersedes": global_id("Figure")(old.id)}
    payload = (await ask(REPORT, input=await given(**correction)))["data"]["reportFigure"]
    assert payload["problems"] == []
    list_size = await ask("{ figures { nodes { id } } }")
    assert list_size["data"]["figures"]["nodes"] == [{"id": payload["recordId"]}]
    new = await Figure.get(supersedes_id=old.id)
    assert new.value == 71
    assert (await Figure.get(id=old.id)).value == 70
    assert await problems(ask, **correction) == [("supersedes", "CONFLICT")]


async def test_figure_is_hidden_when_scope_only_reports(ask: Ask, partner_key: MakeKey) -> None:
    key = await partner_key(scopes={Scope.FIGURES_WRITE})
    refused = error(await ask(REPORT, key=key, input=await given()))
    assert refused["extensions"]["field"] == "ReportFigurePayload.figure"
    assert await Figure.all().count() == 0
    done = await ask(document("reportFigure", "recordId"), key=key, input=await given())
    assert done["data"]["reportFigure"]["recordId"] == global_id("Figure")((await Figure.get()).id)
    assert error(await ask("{ figures { totalCount } }", key=key))["extensions"]["code"] == "FORBIDDEN"
