"""The pages of assignments, handover, links, the head of a group, and the search for members."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from html import unescape

import httpx
import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.nouns import assignments, groups, members, tips
from records.nouns.assignments import AssignmentDraft
from records.nouns.members import MemberDraft
from records.tables import Assignment, Group, GroupLink, Member, Staff, Tip
from records.tables.groups import AssignmentKind, MemberRole
from tests.admin.forms import HTMX, hidden, send, some_tip
from tests.conftest import area_ids
from tests.nouns.activities import group
from tests.nouns.group_links import online_group

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeActor = Callable[..., Awaitable[Actor]]
BY = system_actor("test")
PATH = "/admin/assignments"
OFFICER = AssignmentDraft(AssignmentKind.AREA_OFFICER, date(2025, 8, 1))


async def joined(about: Group, name: str, role: MemberRole = MemberRole.MEMBER) -> Member:
    return await members.join(about.id, MemberDraft(name, role, date(2025, 8, 1)), by=BY)


async def test_officer_is_assigned_to_group_from_its_page(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    about, officer = await group(), await staff_actor(Role.OFFICER, "29905")
    client = await staff_client(Role.COMMANDER, "29905")
    page = (await client.get(f"/admin/groups/{about.id}")).text
    assert "No officer in charge" in page
    form = f"{PATH}/new?group={about.code}"
    assert form in page
    assert about.name in (await client.get("/admin/groups?vacant=1")).text
    typed = {"group": about.code, "kind": "AREA_OFFICER", "staff": str(officer.id), "starts_on": "01/08/2025"}
    answer = await send(client, PATH, typed, at=form)
    assert answer.headers["location"] == f"/admin/groups/{about.id}"
    page = (await client.get(f"/admin/groups/{about.id}")).text
    assert "No officer in charge" not in page
    assert officer.name in page
    assert about.name not in (await client.get("/admin/groups?vacant=1")).text


async def test_form_offers_people_of_place_and_capacities_of_role(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    here, elsewhere = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.FRONT, "30244")
    client = await staff_client(Role.FRONT, "29905", "30244")
    for path, offered in (("", [here, elsewhere]), ("?area=29905", [here])):
        page = (await client.get(f"{PATH}/new{path}")).text
        assert [one for one in (here, elsewhere) if str(one.id) in page] == offered, path
        assert "AREA_OFFICER" not in page


async def test_form_keeps_input_and_names_problem(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER)
    typed = {"area": "29905", "kind": "FRONT_CONTACT", "officer_name": "", "starts_on": "01/08/2025"}
    answer = await send(client, PATH, typed, at=f"{PATH}/new")
    assert answer.status_code == 422
    assert "Choose a person, or enter a name." in answer.text
    assert 'value="29905"' in answer.text


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({}, {"area", "kind", "staff"}),
        ({"area": "29905", "group": "MAU-X", "kind": "FRONT_CONTACT"}, {"group", "staff"}),
        ({"area": "nowhere", "kind": "FRONT_CONTACT", "officer_name": "Mẫu"}, {"area"}),
    ],
)
async def test_form_names_every_missing_field_at_once(
    staff_client: SignIn, typed: dict[str, str], fields: set[str]
) -> None:
    await group(code="MAU-X")
    client = await staff_client(Role.COMMANDER)
    answer = await send(client, PATH, typed | {"starts_on": "01/08/2025"}, at=f"{PATH}/new")
    assert answer.status_code == 422
    assert set(re.findall(r'href="#field-([a-z_]+)"', answer.text)) == fields


async def test_list_shows_current_assignments_and_ended_ones_apart(staff_client: SignIn) -> None:
    (area_id,) = await area_ids("29905")
    draft = replace(OFFICER, area_id=area_id)
    ended = await assignments.assign(replace(draft, officer_name="Người cũ mẫu"), by=BY)
    await assignments.end(ended.id, expected_version=1, on=date(2025, 9, 1), by=BY)
    about = await group()
    await assignments.assign(
        replace(draft, officer_name="Người mới mẫu", area_id=None, group_id=about.id), by=BY
    )
    client = await staff_client(Role.OFFICER, "29905")
    for query, shown, absent in (("", "mới", "cũ"), ("?ended=1", "cũ", "mới"), ("?area=29905", "mới", "cũ")):
        page = (await client.get(f"{PATH}{query}", headers=HTMX)).text
        assert f"Người {shown} mẫu" in page, query
        assert f"Người {absent} mẫu" not in page, query
    assert "Người" not in (await client.get(f"{PATH}?kind=FRONT_CONTACT", headers=HTMX)).text


async def test_assignment_is_given_to_next_person_and_ended(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    (area_id,) = await area_ids("29905")
    one, other = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    row = await assignments.assign(replace(OFFICER, area_id=area_id, staff_id=one.id), by=BY)
    client, path = await staff_client(Role.COMMANDER), f"{PATH}/{row.id}"
    typed = {"staff": str(other.id), "officer_name": "", "on": "01/09/2025"}
    assert (await send(client, f"{path}/replacement", typed)).status_code == 303
    assert "01/09/2025" in (await client.get(path)).text
    next_ = await Assignment.get(ends_on__isnull=True)
    assert next_.staff_id == other.id
    assert (await send(client, f"{PATH}/{next_.id}/end", {"on": ""})).status_code == 303
    assert (await Assignment.get(id=next_.id)).ends_on == today()


async def test_front_is_offered_no_change_of_officers(staff_client: SignIn) -> None:
    (area_id,) = await area_ids("29905")
    row = await assignments.assign(replace(OFFICER, area_id=area_id, officer_name="Mẫu"), by=BY)
    client = await staff_client(Role.FRONT, "29905")
    assert f"{PATH}/{row.id}/end" not in (await client.get(f"{PATH}/{row.id}")).text
    assert (await client.get(f"{PATH}/{row.id}/end")).status_code == 409


async def handed(officer: Actor) -> Tip:
    """An open tip and an area in the hands of an officer."""
    assert officer.id
    (area_id,) = await area_ids("29905")
    await assignments.assign(replace(OFFICER, area_id=area_id, staff_id=officer.id), by=BY)
    return await tips.assign((await some_tip()).id, expected_version=1, assignee=officer.id, by=BY)


async def test_handover_is_previewed_and_carried_out(staff_client: SignIn, staff_actor: MakeActor) -> None:
    officer, next_ = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    tip, client, path = await handed(officer), await staff_client(Role.COMMANDER), f"{PATH}/handover"
    assert str(officer.id) in (await client.get(path)).text
    preview = f"{path}?from={officer.id}&to={next_.id}"
    page = (await client.get(preview)).text
    assert "<strong>1</strong> areas: Phường Sa Đéc" in page
    assert "<strong>1</strong> open tips" in page
    both = {"from": str(officer.id), "to": str(next_.id), "seen": hidden(page, "seen")}
    answer = await send(client, path, both | {"on": ""}, at=preview)
    assert answer.status_code == 303, answer.text
    assert "Everything was handed over." in (await client.get(PATH)).text
    assert (await Tip.get(id=tip.id)).assignee_id == next_.id
    assert "looks after nothing" in (await send(client, path, both, at="/admin/account")).text


async def test_handover_is_previewed_again_when_something_was_added(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    officer, next_ = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    tip, client, path = await handed(officer), await staff_client(Role.COMMANDER), f"{PATH}/handover"
    preview = f"{path}?from={officer.id}&to={next_.id}"
    both = {"from": str(officer.id), "to": str(next_.id), "on": ""}
    seen = hidden((await client.get(preview)).text, "seen")
    await tips.assign((await some_tip()).id, expected_version=1, assignee=officer.id or tip.id, by=BY)
    answer = await send(client, path, both | {"seen": seen}, at=preview)
    assert answer.status_code == 409
    for text in ("Check the new preview.", "<strong>2</strong> open tips", "Hand over everything"):
        assert text in answer.text
    assert (await Tip.get(id=tip.id)).assignee_id == officer.id
    again = both | {"seen": hidden(answer.text, "seen")}
    assert (await send(client, path, again, at=preview)).status_code == 303
    assert await Tip.filter(assignee_id=next_.id).count() == 2


async def test_preview_of_handover_names_who_is_missing(staff_client: SignIn, staff_actor: MakeActor) -> None:
    officer, idle = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    await handed(officer)
    client, path = await staff_client(Role.COMMANDER), f"{PATH}/handover"
    assert "problem" not in (await client.get(path)).text
    assert "problem" not in (await client.get(f"{path}?from={officer.id}")).text
    for query, field in (("from=", "from"), (f"from={officer.id}&to=", "to"), (f"from={idle.id}", "from")):
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 422, query
        assert f'id="field-{field}-problem"' in answer.text, query


async def test_handover_asks_for_nobody_when_there_is_no_successor(staff_client: SignIn) -> None:
    client, me = await staff_client(Role.COMMANDER), await Staff.get(role=Role.COMMANDER)
    (area_id,) = await area_ids("29905")
    await assignments.assign(replace(OFFICER, area_id=area_id, staff_id=me.id), by=BY)
    page = (await client.get(f"{PATH}/handover?from={me.id}")).text
    assert "Nobody else could take over any of this." in page
    assert 'name="to"' not in page
    assert '<button type="submit">Preview</button>' in page


async def test_handover_is_refused_when_something_would_be_left(
    staff_client: SignIn, staff_actor: MakeActor
) -> None:
    officer, next_ = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "29905")
    await handed(officer)
    about = await group("30244")
    await Staff.filter(id=officer.id).update(name="Người bàn giao mẫu")
    client, path = await staff_client(Role.COMMANDER), f"{PATH}/handover"
    await assignments.assign(replace(OFFICER, group_id=about.id, officer_name="Mẫu"), by=BY)
    await Assignment.filter(group_id=about.id).update(staff_id=officer.id, officer_name="")
    both = {"from": str(officer.id), "to": str(next_.id)}
    page = (await client.get(f"{path}?from={officer.id}&to={next_.id}")).text
    assert "1 of these would be left" in page
    assert "Hand over everything" not in page
    answer = await send(client, path, both | {"on": ""}, at="/admin/account")
    assert answer.status_code == 422
    assert "1 of these would be left" in answer.text


async def test_groups_are_linked_and_link_is_shown_both_ways(staff_client: SignIn) -> None:
    one, other = await group(), await online_group()
    client = await staff_client(Role.OFFICER, "29905")
    path = f"/admin/groups/{one.id}"
    answer = await send(client, f"{path}/link", {"group": other.code, "on": "01/08/2025"})
    assert answer.status_code == 303, answer.text
    for here, there in ((one, other), (other, one)):
        assert f'href="/admin/groups/{there.id}"' in (await client.get(f"/admin/groups/{here.id}")).text
    row = await GroupLink.get()
    assert (await send(client, f"/admin/group-links/{row.id}/end", {"on": ""})).status_code == 303
    page = (await client.get(path)).text
    assert f"/admin/group-links/{row.id}/end" not in page
    assert "Link ended" in page


async def test_head_is_changed_in_one_form(staff_client: SignIn) -> None:
    about = await group()
    client, page = await staff_client(Role.FRONT, "29905"), f"/admin/groups/{about.id}"
    assert f"{page}/members?role=HEAD" in (await client.get(page)).text
    head, row = await joined(about, "Lê Mẫu Cũ", MemberRole.HEAD), await joined(about, "Trần Mẫu Mới")
    path = f"/admin/members/{head.id}/successor"
    assert path in (await client.get(page)).text
    both = {"member": str(row.id), "name": "Ai khác", "on": ""}
    assert (await send(client, path, both)).status_code == 422
    assert (await send(client, path, both | {"name": ""})).status_code == 303
    assert (await Member.get(role=MemberRole.HEAD, left_on__isnull=True)).name == "Trần Mẫu Mới"
    assert (await send(client, path, both, at="/admin/account")).status_code == 409


async def test_head_contact_stays_sealed_on_page_of_group(staff_client: SignIn) -> None:
    about = await group()
    head = await joined(about, "Lê Mẫu Cũ", MemberRole.HEAD)
    officer, front = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.FRONT, "29905")
    phone = {"phone": "0912 345 678", "address": ""}
    await send(officer, f"/admin/members/{head.id}/contact", phone)
    page = (await officer.get(f"/admin/groups/{about.id}")).text
    assert f"/admin/members/{head.id}/reveal" in page
    assert "345 678" not in page
    assert f"/admin/members/{head.id}/reveal" not in (await front.get(f"/admin/groups/{about.id}")).text


async def test_pause_is_no_first_action_of_group(staff_client: SignIn) -> None:
    for role in (Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT):
        for about in (await group(), await online_group()):
            page = (await (await staff_client(role, "29905")).get(f"/admin/groups/{about.id}")).text
            bar = page.partition('class="bar"')[2].partition("</section>")[0]
            assert "/pause" not in bar.partition("<details")[0], role
            assert "/pause" in bar, role


async def test_timeline_tells_what_each_person_may_see(staff_client: SignIn) -> None:
    about = await group(founded_on=date(2025, 7, 15))
    await joined(about, "Lê Mẫu Cũ", MemberRole.HEAD)
    await groups.pause(about.id, expected_version=1, on=date(2025, 9, 1), reason="Mùa lũ", by=BY)
    await groups.resume(about.id, expected_version=2, by=BY)
    officer, analyst = await staff_client(Role.OFFICER, "29905"), await staff_client(Role.ANALYST, "29905")
    path = f"/admin/groups/{about.id}"
    told, less = [
        unescape((await client.get(path)).text).partition('class="story"')[2].partition("</ol>")[0]
        for client in (officer, analyst)
    ]
    for text in (
        "Group founded",
        "15/07/2025",
        "Head: term begins",
        "Lê Mẫu Cũ",
        "Paused",
        "01/09/2025",
        "Mùa lũ",
    ):
        assert text in told, text
    assert "Group founded" in less
    assert "Mẫu Cũ" not in less
    assert "Mùa lũ" not in less


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    """The names that the search finds, in its order."""
    page = unescape((await client.get(f"/admin/members?{query}", headers=HTMX)).text)
    return [part.partition("</a>")[0].rpartition(">")[2] for part in page.split('<th scope="row">')[1:]]


@pytest.fixture
async def searched(staff_client: SignIn) -> httpx.AsyncClient:
    """An officer, and members of two groups here and one elsewhere."""
    here, there = await group(), await group("30244")
    for name, role in (("Mẫu Văn Dang", MemberRole.HEAD), ("Mẫu Văn Đặng", MemberRole.MEMBER)):
        await joined(here, name, role)
    await joined(there, "Mẫu Thị Đặng")
    return await staff_client(Role.OFFICER, "29905")


async def test_members_are_found_by_name_exact_accents_first(searched: httpx.AsyncClient) -> None:
    both = ["Mẫu Văn Dang", "Mẫu Văn Đặng"]
    assert await found(searched, "q=dang") == both
    assert await found(searched, "q=Đặng") == both[::-1]
    assert await found(searched, "q=Đặng&role=HEAD") == both[:1]
    assert await found(searched, "area=29905") == both
    assert await found(searched, "q=khong") == []


async def test_member_search_goes_on_after_first_page(searched: httpx.AsyncClient) -> None:
    about = await Group.filter(name__contains="mẫu").first()
    assert about
    for number in range(30):
        await joined(await group() if number % 2 else about, f"Mẫu Số {number}")
    first = unescape((await searched.get("/admin/members?q=Mẫu")).text)
    more = first.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    pages = [*await found(searched, "q=Mẫu"), *await found(searched, more.partition("?")[2])]
    assert len(pages) == len(set(pages)) == 32
