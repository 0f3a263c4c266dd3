"""The pages of scorecards: one is made with its criteria, edited while unused, and followed by a version."""

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal

import httpx
import pytest

from admin.nouns.reviews.scorecards import criteria
from records.core.actor import Role
from records.nouns.reviews import scorecards
from records.nouns.reviews.criteria import MAX_CRITERIA
from records.tables import Criterion, Scorecard
from tests.admin.forms import filled, send
from tests.nouns.reviews import make as make_review
from tests.nouns.scorecards import make

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PATH = "/admin/scorecards"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    """Somebody who keeps the scorecards of Đồng Tháp."""
    return await staff_client(Role.COMMANDER, "82")


async def typed(client: httpx.AsyncClient) -> dict[str, str | list[str]]:
    form = filled((await client.get(f"{PATH}/new")).text)
    form |= {"name": "Thang điểm mẫu", "year_from": "2026", "excellent_from": "90", "good_from": "70,5"}
    form |= {"fair_from": "50", "criterion": ["Họp", "", "Tin"], "max_points": ["60", "", "40"]}
    return form | {"measure": ["MEETINGS", "", ""]}


async def add(client: httpx.AsyncClient, **given: str | list[str]) -> httpx.Response:
    """What the service answers to a new scorecard of the only province that is offered."""
    province = (await client.get(f"{PATH}/new")).text.partition('name="province"')[2]
    chosen = province.partition("</select>")[0].rpartition('value="')[2].partition('"')[0]
    return await client.post(PATH, data=await typed(client) | {"province": chosen} | given)


async def test_scorecard_is_added_with_criteria(client: httpx.AsyncClient) -> None:
    answer = await add(client)
    assert answer.status_code == 303, answer.text
    row = await Scorecard.get()
    assert (row.good_from, row.year_from) == (Decimal("70.5"), 2026)
    assert [one.name for one in await Criterion.all().order_by("position")] == ["Họp", "Tin"]
    page = (await client.get(answer.headers["location"])).text
    for text in ("70.5 to below 90 points", "Quarterly meetings held", "2026", "Edit"):
        assert text in page


async def test_scorecard_adds_up_parts(client: httpx.AsyncClient) -> None:
    rows = {"criterion": ["Họp", "Hộ dự", "Tin"], "max_points": ["40", "20,5", "39,5"]}
    parts = ["Sinh hoạt", "Sinh hoạt", "An ninh"]
    answer = await add(client, **rows, measure=["", "", ""], part=parts)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    page = (await client.get(path)).text
    sums = re.findall(r'rowgroup" colspan="2">([^<]+)</th>\s*<td class="number">\s*([0-9.]+)', page)
    assert sums == [("Sinh hoạt", "60.5"), ("An ninh", "39.5")]
    assert filled((await client.get(f"{path}/edit")).text)["part"] == parts
    long = await add(client, **rows, measure=["", "", ""], part=["x" * 121, "", ""], year_from="2027")
    assert long.status_code == 422


async def test_more_rows_are_offered_without_saving(client: httpx.AsyncClient) -> None:
    answer = await add(client, more="1")
    assert answer.status_code == 200
    again = filled(answer.text)
    assert again["criterion"] == ["Họp", "Tin", "", "", ""]
    assert await Scorecard.all().count() == 0


async def test_form_names_every_problem(client: httpx.AsyncClient) -> None:
    answer = await add(client, max_points=["60", "", "30"], fair_from="80")
    assert answer.status_code == 422
    for text in ("add up to 90; they must add up to 100", "Enter thresholds that rise"):
        assert text in answer.text
    assert "Enter a value." in (await add(client, name="", year_from="")).text


async def test_unused_scorecard_is_edited(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make('29905')}"
    form, later = [filled((await client.get(f"{path}/edit")).text) for _ in range(2)]
    assert form["criterion"] == ["Tiêu chí 1", "Tiêu chí 2", "Tiêu chí 3"]
    answer = await client.post(path, data=form | {"max_points": ["40", "40", "20"]})
    assert answer.status_code == 303, answer.text
    answer = await client.post(path, data=later | {"name": "Khác"})
    assert answer.status_code == 303
    saved = filled((await client.get(f"{path}/edit")).text)
    assert (saved["name"], saved["max_points"]) == ("Khác", ["40", "40", "20"])


async def test_criteria_of_two_people_are_asked_about_as_one(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make('29905')}"
    form, later = [filled((await client.get(f"{path}/edit")).text) for _ in range(2)]
    # The same points in another order are another scorecard.
    assert (await client.post(path, data=form | {"max_points": ["30", "50", "20"]})).status_code == 303
    assert filled((await client.get(f"{path}/edit")).text)["max_points"] == ["30", "50", "20"]
    asked = await client.post(path, data=later | {"max_points": ["20", "50", "30"]})
    assert asked.status_code == 409
    for text in ("Two people changed this", "1. Tiêu chí 1:", "(Quarterly meetings held)"):
        assert text in asked.text
    assert "Add criteria" not in asked.text
    again = filled(asked.text)
    assert again["max_points"] == ["20", "50", "30"]
    assert (await client.post(path, data=again)).status_code == 409
    answer = await client.post(path, data=again | {"keep-criteria": "theirs"})
    assert answer.status_code == 303
    saved = filled((await client.get(f"{path}/edit")).text)
    assert saved["max_points"] == ["30", "50", "20"]
    again["idempotency_key"] = saved["idempotency_key"]
    answer = await client.post(path, data=again | {"keep-criteria": "mine", "max_points": ["1", "2", "3"]})
    assert answer.status_code == 303
    assert filled((await client.get(f"{path}/edit")).text)["max_points"] == ["20", "50", "30"]


def test_text_of_criteria_gives_no_more_rows_than_may_be_refused() -> None:
    assert len(criteria.rows_of("a\n" * 20_000)) == MAX_CRITERIA + 1


async def test_edit_keeps_what_was_opened_when_rows_are_added(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make('29905')}"
    form = filled((await client.get(f"{path}/edit")).text)
    more = filled((await client.post(path, data=form | {"more": "1"})).text)
    assert more["criterion"] == ["Tiêu chí 1", "Tiêu chí 2", "Tiêu chí 3", "", "", ""]
    assert (more["opened"], more["expected_version"]) == (form["opened"], form["expected_version"])


async def test_used_scorecard_offers_only_a_new_version(client: httpx.AsyncClient) -> None:
    await make_review("29905")
    card = await Scorecard.get()
    page = (await client.get(f"{PATH}/{card.id}")).text
    assert f"{PATH}/{card.id}/edit" not in page
    assert (await client.get(f"{PATH}/{card.id}/edit")).status_code == 409
    form = filled((await client.get(f"{PATH}/{card.id}/version")).text)
    answer = await client.post(f"{PATH}/{card.id}/version", data=form | {"year_from": "2090"})
    assert answer.status_code == 303, answer.text
    new = await Scorecard.get(year_from=2090)
    assert len(await scorecards.criteria_of(new.id)) == 3


async def test_ward_sees_scorecards_and_changes_none(staff_client: SignIn) -> None:
    ward, card_id = await staff_client(Role.COMMANDER, "29905"), await make("29905")
    assert f"{PATH}/{card_id}/version" not in (await ward.get(f"{PATH}/{card_id}")).text
    assert (await ward.get(f"{PATH}/{card_id}/edit")).status_code == 403
    answer = await send(ward, PATH, {"name": "Mẫu"}, at=f"{PATH}/new")
    assert answer.status_code == 422
