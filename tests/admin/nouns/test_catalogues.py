"""The pages of the catalogues: organisations, tip categories, indicators and targets."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.metrics.catalogue import indicator_id
from records.nouns import activities
from records.nouns.activities import ActivityDraft
from records.nouns.catalogues import organisations, programmes, targets
from records.tables import IndicatorTarget, Organisation, TipCategory
from records.tables.activities import ActivityKind
from tests.admin.forms import filled, send, some_tip
from tests.nouns import categories as category_tables
from tests.nouns import organisations as organisation_tables
from tests.nouns import programmes as programme_tables
from tests.nouns import targets as target_tables
from tests.nouns.activities import group

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")
WHY = "Sắp xếp lại (minh họa)"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.ADMINISTRATOR, "82")


async def test_menu_leads_to_catalogues(client: httpx.AsyncClient) -> None:
    page = (await client.get("/admin")).text.partition("Catalogues")[2].partition("</ul>")[0]
    for path in ("organisations", "tip-categories", "indicators", "programmes"):
        assert f'href="/admin/{path}"' in page


async def test_organisation_is_added_edited_and_ended(client: httpx.AsyncClient) -> None:
    path = "/admin/organisations"
    typed = {"name": "Công an mẫu", "kind": "POLICE", "area": "29905"}
    added = await send(client, path, typed, at=f"{path}/new")
    assert added.status_code == 303, added.text
    one = added.headers["location"]
    assert (await send(client, one, typed | {"kind": "OTHER"}, at=f"{one}/edit")).status_code == 303
    ended = await send(client, f"{one}/end", {"reason": WHY}, at=f"{one}/end")
    assert ended.status_code == 303, ended.text
    row = await Organisation.get(name="Công an mẫu")
    assert (row.kind, row.active_to) == ("OTHER", today())
    assert one not in (await client.get(f"{path}?active=1")).text
    assert WHY in (await client.get(one)).text
    assert (await send(client, f"{one}/reopening", {"reason": WHY}, at=f"{one}/reopening")).status_code == 303


async def test_records_are_linked_both_ways(client: httpx.AsyncClient) -> None:
    above = await organisations.create(await organisation_tables.draft(), by=BY)
    host = await organisations.create(await organisation_tables.draft(parent_id=above.id), by=BY)
    programme = await programmes.create(await programme_tables.draft(host_id=host.id), by=BY)
    at = {
        "above": f"/admin/organisations/{above.id}",
        "host": f"/admin/organisations/{host.id}",
        "programme": f"/admin/programmes/{programme.id}",
    }
    for page, linked in (("above", "host"), ("host", "above"), ("host", "programme"), ("programme", "host")):
        assert f'href="{at[linked]}"' in (await client.get(at[page])).text, (page, linked)


async def test_end_names_what_an_organisation_leaves_behind(client: httpx.AsyncClient) -> None:
    host = await organisations.create(await organisation_tables.draft(), by=BY)
    await programmes.create(await programme_tables.draft(host_id=host.id), by=BY)
    assert "1 running programmes" in (await client.get(f"/admin/organisations/{host.id}/end")).text


async def test_officer_reads_organisation_of_the_province(
    staff_client: SignIn, client: httpx.AsyncClient
) -> None:
    above = await organisations.create(await organisation_tables.draft("82", name="Công an tỉnh mẫu"), by=BY)
    host = await organisations.create(await organisation_tables.draft(parent_id=above.id), by=BY)
    page = (await (await staff_client(Role.OFFICER, "29905")).get(f"/admin/organisations/{host.id}")).text
    assert "Công an tỉnh mẫu" in page
    assert f"/admin/organisations/{host.id}/edit" not in page


async def test_category_is_added_retired_and_removed(client: httpx.AsyncClient) -> None:
    path = "/admin/tip-categories"
    typed = {"code": "mau-01", "name_vi": "Loại mẫu", "name_en": "Sample", "formal": "1"}
    one = (await send(client, path, typed, at=f"{path}/new")).headers["location"]
    assert (await send(client, f"{one}/retirement", {}, at=f"{one}/retirement")).status_code == 303
    assert "No longer used" in (await client.get(path)).text
    assert (
        await send(client, f"{one}/removal", {"reason": "Nhập nhầm"}, at=f"{one}/removal")
    ).status_code == 303
    row = await TipCategory.get(code="MAU-01")
    assert (row.formal, row.sensitive, row.active, row.deleted_at is None) == (True, False, False, False)
    assert "Restore" in (await client.get(one)).text


async def test_category_that_is_used_cannot_be_removed(client: httpx.AsyncClient) -> None:
    above = await category_tables.make("29905")
    typed = {"code": "mau-02", "name_vi": "Loại mẫu", "name_en": "Sample", "parent": str(above)}
    await send(client, "/admin/tip-categories", typed, at="/admin/tip-categories/new")
    path = f"/admin/tip-categories/{above}/removal"
    answer = await send(client, path, {"reason": "Nhập nhầm"}, at=path)
    assert answer.status_code == 409
    assert "Retire it instead." in answer.text


async def test_indicator_shows_its_targets_and_what_is_reached(
    client: httpx.AsyncClient,
) -> None:
    given = await target_tables.draft(value=Decimal(4), year=today().year)
    row = await targets.set_target(given, by=BY)
    met = await group()
    meeting = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 30, met.area_id, group_id=met.id)
    await activities.record(meeting, by=BY)
    page = (await client.get(f"/admin/indicators/{given.indicator_id}")).text
    assert f'href="/admin/targets/{row.id}"' in page
    assert "25%" in page


@pytest.mark.parametrize(("role", "seen"), [(Role.FRONT, False), (Role.OFFICER, True)])
async def test_indicator_tells_count_of_tips_to_who_reads_them(
    staff_client: SignIn, role: Role, *, seen: bool
) -> None:
    received = indicator_id("tips.received")
    given = await target_tables.draft(indicator_id=received, value=Decimal(4), year=today().year)
    await targets.set_target(given, by=BY)
    await some_tip()
    page = (await (await staff_client(role, "29905")).get(f"/admin/indicators/{received}")).text
    assert ("25%" in page, "Not visible to you" in page) == (seen, not seen)


async def test_target_is_set_from_the_page_of_its_indicator(client: httpx.AsyncClient) -> None:
    indicator = indicator_id("activities.meetings")
    form = f"/admin/targets/new?indicator={indicator}"
    assert form in (await client.get(f"/admin/indicators/{indicator}")).text
    typed = filled((await client.get(form)).text) | {"area": "29905", "value": "1.200,5"}
    answer = await client.post("/admin/targets", data=typed)
    assert answer.status_code == 303, answer.text
    row = await IndicatorTarget.get()
    assert (row.indicator_id, row.value, row.year) == (indicator, Decimal("1200.5"), today().year)
    page = (await client.get(answer.headers["location"])).text
    for text in ("1,200.5", str(today().year), "Set by"):
        assert text in page


async def test_indicator_form_offers_no_formula(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/admin/indicators/{indicator_id('tips.closed_share')}/edit")).text
    assert 'name="name_vi"' in page
    for name in ("code", "kind", "numerator"):
        assert f'name="{name}"' not in page
