"""Pickers: whatever one offers or shows is read back, by every way in which a person may say it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from admin.kit.forms.fields import Form
from admin.kit.pickers import area_code, name_codes, read_areas
from records.areas import areas
from records.core.actor import Role, system_actor
from records.demo import article, groups, hamlets
from records.nouns.groups import GroupDraft
from records.nouns.groups import create as make_group
from records.tables import Area, AreaReach, Group, Tip
from tests.admin.forms import HTMX, filled
from tests.admin.privacy.test_reveals import typed
from tests.databases import Empty, login

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")


@pytest.fixture(scope="module")
async def database(database_url: str, _connected: None, empty: Empty) -> AsyncIterator[str]:
    """The shared database, emptied after the last of these tests: none minds what another has recorded."""
    yield database_url
    await empty()


@pytest.fixture(scope="module")
async def places(database: str) -> AsyncIterator[dict[str, Group]]:
    """The hamlets and groups of the demonstration."""
    await hamlets.load_hamlets()
    organisations = await article.load_organisations()
    yield await groups.load_groups(await article.load_programmes(organisations), BY)
    async with login(database) as connection:
        mine = "(SELECT id FROM areas WHERE kind = 'HAMLET')"
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(f"DELETE FROM area_reach WHERE area_id IN {mine} OR ancestor_id IN {mine}")
        await connection.execute(f"DELETE FROM area_at WHERE area_id IN {mine} OR home_id IN {mine}")
        await connection.execute("DELETE FROM areas WHERE kind = 'HAMLET'")


def offered(page: str) -> list[str]:
    """What the choices of a picker would send."""
    return [unescape(value) for value in re.findall(r'type="radio"[^>]*?value="([^"]*)"', page, re.DOTALL)]


def filters(page: str) -> dict[str, str]:
    """What the filter by area would send."""
    form = unescape(page).partition('id="search"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(area\w*)"[^>]*?value="([^"]*)"', form, re.DOTALL))


async def test_picker_offers_communes_before_their_hamlets(places: dict[str, Group]) -> None:
    found = [row.name for row in await areas.search("phu huu")]
    communes = [name for name in found if not name.startswith("Ấp")]
    assert "Xã Phú Hựu" in communes
    assert found[: len(communes)] == communes
    assert len(found) > len(communes)


async def test_code_is_named_by_kind_of_its_input(places: dict[str, Group]) -> None:
    group, request = next(iter(places.values())), cast("Any", SimpleNamespace(actor=BY))
    form = Form({"place": "29905", "into": group.code, "kept": "29905"})
    await name_codes(request, form, {"place": "area", "into": "group", "kept": "line"})
    assert set(form.named) == {"place", "into"}
    assert (form.named["place"].value, form.named["into"].value) == ("29905", group.code)


async def test_group_prefills_tip_that_can_be_saved(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.COMMANDER)
    for group in places.values():
        form = filled((await client.get(f"/admin/tips/new?group={group.code}")).text)
        assert form["group_choice"] == group.code
        assert group.code not in form["group"]
        answer = await client.post("/admin/tips", data=form | await _told())
        assert answer.status_code == 303, (group.code, answer.text)
        tip = await Tip.all().order_by("-id").first()
        assert tip
        assert (tip.group_id, tip.area_id) == (group.id, group.area_id)
    assert (await client.get("/admin/tips/new?group=mau-sd-01")).text.count('value="MAU-SD-01"') == 1


@pytest.mark.parametrize("noun", ["tips", "groups", "staff"])
async def test_list_filters_by_every_hamlet(
    staff_client: SignIn, places: dict[str, Group], noun: str
) -> None:
    client = await staff_client(Role.ADMINISTRATOR if noun == "staff" else Role.COMMANDER)
    for code, name, _commune in hamlets.HAMLETS:
        for said in (code, code.lower(), f"{code}@2025-08-01", name):
            answer = await client.get(f"/admin/{noun}", params={"area": said})
            assert answer.status_code == 200, said
    if noun == "groups":
        page = (await client.get("/admin/groups?area=MAU-30244-1")).text
        assert "MAU-PH-01" in page
        assert "MAU-TN-01" not in page


async def test_picker_offers_areas_by_code_and_name(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.COMMANDER)
    for typed_text, wanted in (
        ("MAU-29905", {"MAU-29905-1", "MAU-29905-2", "MAU-29905-3"}),
        ("mau-30244-1", {"MAU-30244-1"}),
        ("MAU-30244-1@2025-08-01", {"MAU-30244-1"}),
        ("2990", {"29905"}),
        ("khom mau 2", {"MAU-29905-2"}),
        ("29902", {"29902@2025-06-01"}),
    ):
        page = (await client.get("/admin/areas/choices", params={"area": typed_text}, headers=HTMX)).text
        assert wanted <= set(offered(page)), (typed_text, offered(page))
    for nothing in ("---", "%", "_", "'", "zzz"):
        page = (await client.get("/admin/areas/choices", params={"area": nothing}, headers=HTMX)).text
        assert offered(page) == []


async def test_picker_offers_groups_by_code(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.COMMANDER)
    for code in places:
        for said in (code, code.lower(), code[:-1]):
            page = await client.get("/admin/groups/choices", params={"group": said}, headers=HTMX)
            assert code in offered(page.text), said


async def test_picker_values_are_read_back(places: dict[str, Group]) -> None:
    request = cast("Any", SimpleNamespace(actor=BY))
    for area in await Area.filter(code__in=await _codes_of_the_province()).order_by("code", "valid_from"):
        form = Form({"areas": area_code(area)})
        assert (await read_areas(request, form), form.problems) == ([area.id], {}), area.code


async def test_list_filters_by_every_area_of_province(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.COMMANDER)
    for area in await Area.filter(code__in=await _codes_of_the_province()):
        answer = await client.get("/admin/groups", params={"area": area_code(area)}, headers=HTMX)
        assert answer.status_code == 200, area_code(area)


async def _codes_of_the_province() -> list[str]:
    """The codes of all that lies in the province of today, or did."""
    province = await areas.resolve_reference("82")
    reached = await AreaReach.filter(ancestor_id=province.id).values_list("area_id", flat=True)
    return [area.code for area in await Area.filter(id__in=reached)]


async def _told() -> dict[str, str | list[str]]:
    entered = await typed(body="Lời mẫu")
    return {name: entered[name] for name in ("title", "body", "category", "channel")}


async def test_filter_shows_name_where_code_stands(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.COMMANDER)
    for code, name in (
        ("29905", "Phường Sa Đéc, Tỉnh Đồng Tháp"),
        ("MAU-29905-2", "Khóm mẫu 2, Phường Sa Đéc"),
        ("29902@2025-06-01", "Phường 3, Thành phố Sa Đéc, until 01/07/2025"),
    ):
        form = filters((await client.get("/admin/groups", params={"area": code})).text)
        assert (form["area"], form["area_choice"]) == (name, code)
        again = {one: form[one] for one in ("area", "area_asked", "area_choice")}
        assert filters((await client.get("/admin/groups", params=again)).text)["area_choice"] == code
        # What is typed over the name counts.
        form = filters((await client.get("/admin/groups", params=again | {"area": "30244"})).text)
        assert form["area_choice"] == "30244"


async def test_groups_alike_are_told_apart_by_code(staff_client: SignIn, places: dict[str, Group]) -> None:
    client, one = await staff_client(Role.COMMANDER), places["MAU-SD-01"]
    alone = (await client.get("/admin/groups/choices?group=MAU-SD-01", headers=HTMX)).text
    assert '<span class="dim">' not in alone
    twin = await make_group(GroupDraft("MAU-SD-01B", one.name, one.kind, one.area_id), by=BY)
    page = (await client.get("/admin/groups/choices?group=MAU-SD-01", headers=HTMX)).text
    for row in (one, twin):
        assert f'<span class="dim">{row.code}</span>' in page
    form = filled((await client.get(f"/admin/tips/new?group={twin.code}")).text)
    assert str(form["group"]).endswith(f" ({twin.code})")


async def test_new_record_has_the_only_commune_of_its_author(
    staff_client: SignIn, places: dict[str, Group]
) -> None:
    for communes, code in ((["29905"], "29905"), (["29905", "30244"], None), (["82"], None)):
        page = (await (await staff_client(Role.OFFICER, *communes)).get("/admin/enquiries/new")).text
        assert filled(page).get("area_choice") == code


@pytest.mark.parametrize("noun", ["staff", "partners"])
async def test_areas_are_found_by_name_and_ticked_without_scripts(
    staff_client: SignIn, places: dict[str, Group], noun: str
) -> None:
    client, path = await staff_client(Role.ADMINISTRATOR, "29905", "30244"), f"/admin/{noun}"
    form = filled((await client.get(f"{path}/new")).text) | {"name": "Mẫu", "area": "khom mau", "find": "1"}
    found = await client.post(path, data=form | {"areas": ["30244"]})
    assert found.status_code == 422
    assert 'class="summary"' not in found.text
    ticks = re.findall(r'name="areas" value="([^"]*)"( checked)?', found.text)
    assert ticks[0] == ("30244", " checked")
    assert {"MAU-29905-1", "MAU-29905-2"} <= {value for value, ticked in ticks if not ticked}
    assert filled(found.text)["name"] == "Mẫu"


async def test_areas_are_read_as_ticked_and_typed(places: dict[str, Group]) -> None:
    request, codes = cast("Any", SimpleNamespace(actor=BY)), ["29905", "30244"]
    for given, wanted, problem in (
        ({"areas": ["29905"], "area": "30244"}, codes, ""),
        ({"areas": ["29905"], "area": "Phường Sa Đéc"}, ["29905"], ""),
        ({"areas": ["29905", "MAU-29905-1"], "area": "khom mau"}, ["29905", "MAU-29905-1"], ""),
        ({"areas": ["29905"], "area": "khom mau"}, ["29905"], "Several match. Choose one below."),
        ({"areas": ["29905"], "area": "zzz"}, ["29905"], "No area in which you work has this name."),
    ):
        form = Form(given)
        read = await read_areas(request, form)
        assert [(await Area.get(id=one)).code for one in read] == wanted, given
        assert [one.text for one in form.problems.values()] == ([problem] if problem else []), given


async def test_ticked_areas_stay_beside_matches(staff_client: SignIn, places: dict[str, Group]) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    query = {"several": "1", "areas": ["30244", "nowhere"], "area": "2990"}
    page = (await client.get("/admin/areas/choices", params=query, headers=HTMX)).text
    assert re.findall(r'name="areas" value="([^"]*)"( checked)?', page) == [
        ("30244", " checked"),
        ("nowhere", " checked"),
        ("29905", ""),
    ]
    page = (await client.get("/admin/areas/choices", params=query | {"area": "zzz"}, headers=HTMX)).text
    assert "No match for this name." in page


async def test_picker_names_no_area_in_which_person_does_not_work(
    staff_client: SignIn, places: dict[str, Group]
) -> None:
    client = await staff_client(Role.COMMANDER, "29905")
    form = filters((await client.get("/admin/groups?area=30244")).text)
    assert (form["area"], "area_choice" in form) == ("30244", False)
    assert filters((await client.get("/admin/groups?area=29905")).text)["area"].startswith("Phường Sa Đéc")
    admin = await staff_client(Role.ADMINISTRATOR, "29905")
    query = {"several": "1", "areas": "30244"}
    page = (await admin.get("/admin/areas/choices", params=query, headers=HTMX)).text
    assert re.findall(r"<label>.*?checked>\s*(\S+)\s*</label>", page, re.DOTALL) == ["30244"]
