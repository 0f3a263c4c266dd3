import re
from collections.abc import Awaitable, Callable
from html import unescape

import httpx
import pytest

from records.core.actor import Role, system_actor
from records.nouns import groups
from records.tables import Group, Member
from records.tables.groups import GroupKind, GroupStatus
from tests.admin.forms import HTMX, hidden, send, some_tip
from tests.conftest import area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")


async def some_group(
    code: str = "TNT-01", name: str = "Tổ tự quản số 1 (minh họa)", area: str = "29905"
) -> Group:
    draft = groups.GroupDraft(
        code=code, name=name, kind=GroupKind.SELF_GOVERNING, area_id=(await area_ids(area))[0]
    )
    return await groups.create(draft, by=BY)


def entered(**changes: str) -> dict[str, str | list[str]]:
    typed = {"code": "TNT-77", "name": "Tổ tự quản mới (minh họa)", "kind": "SELF_GOVERNING", "area": "29905"}
    return {**typed, **changes}


def names(page: str) -> list[str]:
    found = re.findall(r'<th scope="row"[^>]*>\s*<a href="/admin/groups/[0-9a-f-]{36}">([^<]*)</a>', page)
    return [unescape(name) for name in found]


async def test_new_group_appears_in_list_and_on_its_page(staff_client: SignIn) -> None:
    client = await staff_client(Role.FRONT, "29905")
    typed = entered(founded_on="01/08/2018", households="1.234", stated_members="40", stated_on="2026-06-30")
    answer = await send(client, "/admin/groups", typed, at="/admin/groups/new")
    assert answer.status_code == 303
    page = (await client.get(answer.headers["location"])).text
    for text in ("Group added.", "Tổ tự quản mới (minh họa)", "01/08/2018", "1,234", "30/06/2026"):
        assert text in page
    assert names((await client.get("/admin/groups")).text) == ["Tổ tự quản mới (minh họa)"]


async def test_group_page_shows_meeting_place_when_entered(staff_client: SignIn) -> None:
    client = await staff_client(Role.FRONT, "29905")
    typed = entered(meeting_place="Nhà văn hóa khóm mẫu")
    answer = await send(client, "/admin/groups", typed, at="/admin/groups/new")
    assert "Nhà văn hóa khóm mẫu" in (await client.get(answer.headers["location"])).text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "Enter a value."),
        ("name", "a" * 201, "Use at most 200 characters."),
        ("meeting_place", "a" * 201, "Use at most 200 characters."),
        ("kind", "CLUB", "Choose one."),
        ("code", "TNT-01", "This code is already taken."),
        ("founded_on", "1/13/2020", "Enter a date that exists."),
        ("founded_on", "13/2020", "Enter a date as dd/mm/yyyy"),
        ("founded_on", "01/01/2999", "Enter a date that is not in the future."),
        ("households", "-3", "Enter a number that is not negative."),
        ("households", "x", "Enter a whole number."),
        ("founded_on", "01/01/1800", "Enter a date in 1900 or later."),
        ("households", "999999", "Enter a number from 0 to 100,000."),
        ("external_url", "javascript:alert(1)", "Enter an address that starts with https://."),
        ("programme", "x", "Choose one."),
        ("stated_on", "01/01/2026", "Enter how many members there were on that date."),
    ],
)
async def test_group_form_reports_problems_and_keeps_input(
    staff_client: SignIn, field: str, typed: str, said: str
) -> None:
    await some_group()
    client = await staff_client()
    answer = await send(
        client, "/admin/groups", entered(external_id="giữ lại") | {field: typed}, at="/admin/groups/new"
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "giữ lại" in answer.text
    assert await Group.all().count() == 1


async def test_group_conflict_shows_both_sides(staff_client: SignIn) -> None:
    group = await some_group()
    client = await staff_client()
    path = f"/admin/groups/{group.id}"
    page = (await client.get(path + "/edit")).text
    carried = {"csrf": hidden(page, "csrf"), "expected_version": hidden(page, "expected_version")}
    await groups.pause(
        group.id, expected_version=group.version, on=group.created_at.date(), reason="x", by=BY
    )
    answer = await client.post(path, data=carried | entered(code="TNT-01", name="Tên của tôi"))
    assert answer.status_code == 409
    assert "Tên của tôi" in answer.text
    assert group.name in answer.text
    assert (await Group.get(id=group.id)).name == group.name


async def test_group_goes_through_its_statuses(staff_client: SignIn) -> None:
    group, other = await some_group(), await some_group("TNT-02", "Tổ tự quản số 2 (minh họa)")
    client = await staff_client(Role.COMMANDER)
    path = f"/admin/groups/{group.id}"
    assert (await send(client, path + "/pause", {"reason": "", "on": ""})).status_code == 422
    assert (await send(client, path + "/pause", {"reason": "Mùa lũ", "on": "01/11/2025"})).status_code == 303
    assert (await send(client, path + "/resumption", {}, at=path)).status_code == 303
    unclear = await send(client, path + "/merger", {"into": "to tu quan", "on": "", "reason": "Sắp xếp"})
    assert unclear.status_code == 422
    assert "Several match" in unclear.text
    merged = {
        "into": "to tu quan",
        "into_asked": "to tu quan",
        "into_choice": other.code,
        "on": "",
        "reason": "Sắp xếp",
    }
    assert (await send(client, path + "/merger", merged)).status_code == 303
    assert (await Group.get(id=group.id)).status is GroupStatus.MERGED
    page = (await client.get(path)).text
    assert other.name in page
    assert "Mùa lũ" in page
    assert (await client.get(path + "/dissolution")).status_code == 409


async def test_removed_group_can_be_restored(staff_client: SignIn) -> None:
    group = await some_group()
    commander, officer = await staff_client(Role.COMMANDER), await staff_client(Role.OFFICER)
    path = f"/admin/groups/{group.id}"
    assert (await officer.get(path + "/removal")).status_code == 403
    assert (await send(commander, path + "/removal", {"reason": "Nhập nhầm"})).status_code == 303
    assert names((await commander.get("/admin/groups")).text) == []
    assert (await officer.get(path)).status_code == 404
    assert "Restore" in (await commander.get(path)).text
    assert names((await commander.get("/admin/groups?removed=1")).text) == [group.name]
    assert names((await commander.get("/admin/groups?removed=1&q=khongconhomnao")).text) == []
    assert (await send(commander, path + "/restoration", {}, at=path)).status_code == 303
    assert (await officer.get(path)).status_code == 200


async def test_members_join_change_role_and_leave(staff_client: SignIn) -> None:
    group = await some_group()
    client = await staff_client(Role.OFFICER, "29905")
    path = f"/admin/groups/{group.id}/members"
    typed = {"name": "Lê Thị Mẫu (minh họa)", "role": "HEAD", "joined_on": "01/04/2019", "birth_year": "1970"}
    assert (await send(client, path, dict(typed))).status_code == 303
    second = await send(client, path, typed | {"name": "Người thứ hai (minh họa)"})
    assert second.status_code == 422
    assert "The group already has a head." in second.text
    head = await Member.all().get()
    assert (
        await send(client, f"/admin/members/{head.id}/role", {"role": "DEPUTY", "on": "02/04/2020"})
    ).status_code == 303
    deputy = await Member.filter(left_on__isnull=True).get()
    early = await send(client, f"/admin/members/{deputy.id}/leaving", {"on": "01/01/2018"})
    assert early.status_code == 422
    assert (
        await send(client, f"/admin/members/{deputy.id}/leaving", {"on": "05/05/2021"})
    ).status_code == 303
    page = (await client.get(path)).text
    for text in ("Former members", "Deputy head", "Born in 1970", "05/05/2021"):
        assert text in page


async def test_group_page_shows_tips_to_those_who_may_see_them(staff_client: SignIn) -> None:
    group = await some_group()
    tip = await some_tip()
    await tip.__class__.filter(id=tip.id).update(group_id=group.id)
    officer, front = await staff_client(Role.OFFICER), await staff_client(Role.FRONT)
    link = f"/admin/tips?group={group.code}&amp;status=RECEIVED"
    assert link in (await officer.get(f"/admin/groups/{group.id}")).text
    assert tip.code in (await officer.get(unescape(link))).text
    assert link not in (await front.get(f"/admin/groups/{group.id}")).text


async def test_group_list_is_searched_filtered_and_sorted(staff_client: SignIn) -> None:
    await some_group("A-1", "Tổ số 10 (minh họa)")
    await some_group("A-2", "Tổ số 2 (minh họa)")
    far = await some_group("A-3", "Tổ Phú Hựu (minh họa)", "30244")
    await groups.dissolve(far.id, expected_version=1, on=far.created_at.date(), reason="x", by=BY)
    client = await staff_client(Role.COMMANDER, "82")
    asked = {
        "q=phu+huu": ["Tổ Phú Hựu (minh họa)"],
        "area=29905": ["Tổ số 2 (minh họa)", "Tổ số 10 (minh họa)"],
        "area=29905&sort=name-back": ["Tổ số 10 (minh họa)", "Tổ số 2 (minh họa)"],
        "status=DISSOLVED": ["Tổ Phú Hựu (minh họa)"],
        "kind=ZALO": [],
    }
    for query, wanted in asked.items():
        assert names((await client.get(f"/admin/groups?{query}")).text) == wanted, query
    fragment = (await client.get("/admin/groups?q=phu", headers=HTMX)).text
    assert "<html" not in fragment
    assert names(fragment) == ["Tổ Phú Hựu (minh họa)"]
    assert (await client.get("/admin/groups?kind=CLUB")).status_code == 422


async def test_codes_are_kept_in_capitals_when_typed_small(staff_client: SignIn) -> None:
    await some_group("MAU-SD-01")
    client = await staff_client()
    twin = await send(client, "/admin/groups", entered(code="mau-sd-01"), at="/admin/groups/new")
    assert twin.status_code == 422
    assert "This code is already taken." in twin.text
    assert (
        await send(client, "/admin/groups", entered(code=" mau-sd-02"), at="/admin/groups/new")
    ).status_code == 303
    assert [row.code for row in await Group.all().order_by("code")] == ["MAU-SD-01", "MAU-SD-02"]


@pytest.mark.parametrize("noun", ["groups", "tips", "staff"])
@pytest.mark.parametrize("typed", ["---", "%", "…"])
async def test_search_is_refused_when_only_signs_are_typed(
    staff_client: SignIn, noun: str, typed: str
) -> None:
    await some_group()
    await some_tip()
    client = await staff_client(Role.ADMINISTRATOR if noun == "staff" else Role.COMMANDER)
    answer = await client.get(f"/admin/{noun}", params={"q": typed})
    assert answer.status_code == 422
    assert "Enter letters or digits to search for." in answer.text
    assert "minh họa" not in answer.text


async def test_roster_heads_its_links_as_actions_when_editable(staff_client: SignIn) -> None:
    client = await staff_client(Role.FRONT, "29905")
    typed = {"name": "Người mẫu", "role": "MEMBER", "joined_on": "05/03/2020"}
    answer = await send(client, "/admin/groups", entered(), at="/admin/groups/new")
    roster = f"{answer.headers['location']}/members"
    await send(client, roster, typed, at=roster)
    page = (await client.get(roster)).text
    assert '<th scope="col">Actions</th>' in page
    assert 'data-name="Actions"' in page
