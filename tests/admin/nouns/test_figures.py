"""The pages of figures: entering one beside the last period's, correcting it, and the list."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.nouns import figures
from records.tables import Figure
from records.tables.metrics import Qualifier
from tests.admin.forms import HTMX, filled, send
from tests.nouns.figures import draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH = "/admin/figures"
BY = system_actor("test")


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.COMMANDER, "29905")


async def typed(**changes: str) -> dict[str, str]:
    given = await draft()
    fields = {
        "indicator": str(given.indicator_id),
        "organisation": str(given.organisation_id),
        "qualifier": "OVER",
        "value": "1.500,5",
        "period_text": "quý III/2026",
        "period_from": "01/07/2026",
        "period_to": "30/09/2026",
        "source_text": "trên 1.500",
        "source_name": "Báo cáo mẫu",
    }
    return fields | changes


async def test_figure_is_stored_exactly_with_area_of_its_organisation(client: httpx.AsyncClient) -> None:
    answer = await send(client, PATH, await typed(), at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    row = await Figure.get()
    assert (row.value, row.qualifier, row.period_to) == (
        *(Decimal("1500.5"), Qualifier.OVER, date(2026, 9, 30)),
    )
    assert row.area_id == (await draft()).area_id
    page = (await client.get(answer.headers["location"])).text
    assert "Over 1,500.5" in page


async def test_thousand_is_not_read_as_one(client: httpx.AsyncClient) -> None:
    await send(client, PATH, await typed(value="1.000"), at=f"{PATH}/new")
    assert (await Figure.get()).value == 1000


async def test_form_keeps_input_when_a_number_is_unreadable(client: httpx.AsyncClient) -> None:
    answer = await send(client, PATH, await typed(value="1,000,000"), at=f"{PATH}/new")
    assert answer.status_code == 422
    assert 'value="1,000,000"' in answer.text
    assert "Enter a number such as 1.234,5." in answer.text
    assert await Figure.all().count() == 0


async def test_form_asks_for_organisation_alone_when_its_area_follows(client: httpx.AsyncClient) -> None:
    for area, fields in (("", {"organisation"}), ("nowhere", {"organisation", "area"})):
        answer = await send(client, PATH, await typed(organisation="", area=area), at=f"{PATH}/new")
        assert answer.status_code == 422
        assert set(re.findall(r'href="#field-([a-z_]+)"', answer.text)) == fields


async def test_last_period_is_shown_when_indicator_is_chosen(
    client: httpx.AsyncClient,
) -> None:
    given = await draft(period_text="quý II/2026")
    await figures.report(given, by=BY)
    chosen = f"{PATH}/new?indicator={given.indicator_id}&organisation={given.organisation_id}"
    for headers in ({}, HTMX):
        page = (await client.get(chosen, headers=headers)).text
        assert "quý II/2026" in page
        assert ("<form" in page) is not bool(headers)
    assert "Last period" not in (await client.get(f"{PATH}/new")).text


async def test_last_period_is_shown_and_nothing_stored_without_scripts(client: httpx.AsyncClient) -> None:
    await figures.report(await draft(period_text="quý II/2026"), by=BY)
    answer = await send(client, PATH, await typed(step="last", value="12"), at=f"{PATH}/new")
    assert answer.status_code == 200
    assert "quý II/2026" in answer.text
    assert 'value="12"' in answer.text
    assert await Figure.all().count() == 1


async def test_correction_starts_from_old_values_and_supersedes(client: httpx.AsyncClient) -> None:
    old = await figures.report(await draft(value=Decimal("1500.5")), by=BY)
    path = f"{PATH}/{old.id}/correction"
    form = (await client.get(path)).text
    assert 'value="1500,5"' in form
    answer = await client.post(path, data=filled(form) | {"value": "1.600"})
    assert answer.status_code == 303, answer.text
    new = await Figure.get(supersedes_id=old.id)
    assert (new.value, new.source_text, answer.headers["location"]) == (
        *(Decimal(1600), "37 nhóm", f"{PATH}/{new.id}"),
    )
    for one in (old, new):
        page = (await client.get(f"{PATH}/{one.id}")).text
        assert "Corrections" in page
    again = await client.post(path, data=filled((await client.get(path)).text))
    assert again.status_code == 409
    assert "This figure has already been corrected." in again.text


async def test_list_strikes_what_was_corrected(client: httpx.AsyncClient) -> None:
    old = await figures.report(await draft(), by=BY)
    new = await figures.supersede(old.id, await draft(value=Decimal(38)), by=BY)
    page = (await client.get(PATH)).text
    row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"{PATH}/{old.id}" in row)
    assert re.search(r'<span class="struck">37 \w+</span>', row)
    assert f'<a href="{PATH}/{new.id}">38' in row
    current = (await client.get(f"{PATH}?current=1")).text
    assert (f"{PATH}/{old.id}" in current, f"{PATH}/{new.id}" in current) == (False, True)


@pytest.mark.parametrize(("year", "there"), [(2025, False), (2026, True), (2027, False)])
async def test_list_is_filtered_by_year_of_the_period(
    client: httpx.AsyncClient, year: int, *, there: bool
) -> None:
    given = await draft(period_from=date(2026, 7, 1), period_to=date(2026, 9, 30))
    row = await figures.report(given, by=BY)
    assert (str(row.id) in (await client.get(f"{PATH}?year={year}")).text) is there
    mine = f"{PATH}?organisation={given.organisation_id}&indicator={given.indicator_id}"
    assert str(row.id) in (await client.get(mine)).text
    assert (await client.get(f"{PATH}?year=99999")).status_code == 422


async def test_page_offers_no_correction_when_officer_reads(staff_client: SignIn) -> None:
    row = await figures.report(await draft(), by=BY)
    officer = await staff_client(Role.OFFICER, "29905")
    assert "correction" not in (await officer.get(f"{PATH}/{row.id}")).text
    assert (await officer.get(f"{PATH}/{row.id}/correction")).status_code == 403
