"""Two people edit one record: neither undoes what the other saved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx
import pytest

from admin.kit.forms.fields import Form
from admin.kit.forms.merging import digests, merge
from records.access import partners
from records.core.actor import Role, system_actor
from records.core.dates import today
from records.nouns import tips
from records.tables import Group, Staff, Tip
from tests.admin.forms import HTMX, filled, send, some_tip
from tests.admin.places import account, group, partner, webhook
from tests.nouns import scorecards

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
Fields = dict[str, str | list[str]]
BY: Final = system_actor("test")
PLACE: Final = "29905"


@dataclass(frozen=True)
class Story:
    """An edit form: what one person changes, what the other does, and a field that both change."""

    role: Role
    path: Callable[[], Awaitable[str]]
    one: Fields
    other: Fields
    both: tuple[str, str, str]


async def _tip() -> str:
    return f"/admin/tips/{(await some_tip()).id}"


async def _group() -> str:
    return f"/admin/groups/{(await group(PLACE)).id}"


async def _account() -> str:
    return f"/admin/staff/{await account(PLACE)}"


async def _partner() -> str:
    return f"/admin/partners/{(await partner(PLACE)).id}"


async def _webhook() -> str:
    return f"/admin/webhooks/{(await webhook(PLACE)).id}"


async def _scorecard() -> str:
    return f"/admin/scorecards/{await scorecards.make(PLACE)}"


STORIES: Final = {
    "tips": Story(
        Role.OFFICER,
        _tip,
        {"title": "Tiêu đề của A", "place": "Bờ kênh"},
        {"body": "Lời của B\n\nđoạn hai"},
        ("title", "Mất máy bơm", "Mất máy bơm nước"),
    ),
    "groups": Story(
        Role.OFFICER,
        _group,
        {"name": "Tổ mẫu của A", "households": "40"},
        {"founded_on": "01/08/2018"},
        ("name", "Tổ mẫu một", "Tổ mẫu hai"),
    ),
    "staff": Story(
        Role.ADMINISTRATOR,
        _account,
        {"areas": ["29905", "30244"]},
        {"email": "mau@example.vn"},
        ("name", "Cán bộ mẫu A", "Cán bộ mẫu B"),
    ),
    "partners": Story(
        Role.ADMINISTRATOR,
        _partner,
        {"areas": "30244", "scopes": ["areas:read", "groups:read"]},
        {"contact": "Người mẫu"},
        ("name", "Đối tác mẫu một", "Đối tác mẫu hai"),
    ),
    "webhooks": Story(
        Role.ADMINISTRATOR,
        _webhook,
        {"description": "Của A"},
        {"address": "https://other.invalid/hooks"},
        ("description", "Một", "Hai"),
    ),
    "scorecards": Story(
        Role.COMMANDER,
        _scorecard,
        {"max_points": ["30", "50", "20"]},
        {"good_from": "75"},
        ("name", "Thang điểm một", "Thang điểm hai"),
    ),
}


async def opened(client: httpx.AsyncClient, path: str) -> Fields:
    """The edit form as somebody has it before them."""
    return filled((await client.get(f"{path}/edit")).text)


def kept(fields: Fields) -> Fields:
    """The fields of a form but for what belongs to the form itself."""
    own = {"csrf", "idempotency_key", "expected_version", "opened", "conflict"}
    return {name: value for name, value in fields.items() if name not in own}


@pytest.mark.parametrize("noun", STORIES)
async def test_second_editor_keeps_changes_of_first(staff_client: SignIn, noun: str) -> None:
    story = STORIES[noun]
    client, path = await staff_client(story.role), await story.path()
    one, other = await opened(client, path), await opened(client, path)
    assert (await client.post(path, data=one | story.one)).status_code == 303
    answer = await client.post(path, data=other | story.other)
    # With each conflict page the person presses save again.
    while answer.status_code == 409:
        answer = await client.post(path, data=filled(answer.text))
    assert answer.status_code == 303
    assert kept(await opened(client, path)) == kept(one) | story.one | story.other


@pytest.mark.parametrize("noun", STORIES)
@pytest.mark.parametrize("keep", ["mine", "theirs"])
async def test_conflict_is_saved_as_chosen(staff_client: SignIn, noun: str, keep: str) -> None:
    story = STORIES[noun]
    (name, first, second), client, path = story.both, await staff_client(story.role), await story.path()
    one, other = await opened(client, path), await opened(client, path)
    assert (await client.post(path, data=one | {name: first})).status_code == 303
    asked = await client.post(path, data=other | story.other | {name: second})
    assert asked.status_code == 409
    assert "Two people changed this" in asked.text
    assert "checked" not in asked.text.partition('class="versions"')[2].partition("</fieldset>")[0]
    unanswered = await client.post(path, data=filled(asked.text))
    assert unanswered.status_code == 409
    assert "Choose which version to keep." in unanswered.text
    assert "Choose which version to keep." not in asked.text
    assert (await opened(client, path))[name] == first
    form = filled(unanswered.text)
    assert (await client.post(path, data=form | {f"keep-{form['conflict']}": keep})).status_code == 303
    saved = await opened(client, path)
    assert saved[name] == {"mine": second, "theirs": first}[keep]
    assert kept(saved) == kept(one) | story.other | {name: saved[name]}


async def test_merge_is_reported_when_it_took_field(staff_client: SignIn) -> None:
    client, path = await staff_client(Role.OFFICER), await _tip()
    one, other = await opened(client, path), await opened(client, path)
    await client.post(path, data=one | {"title": "Tiêu đề của A", "place": "Bờ kênh"})
    answer = await client.post(path, data=other | {"body": "Lời của B"})
    page = (await client.get(answer.headers["location"])).text
    assert (
        "Someone else saved these fields in the meantime, and their version was kept: Title, Place." in page
    )


async def test_third_change_is_asked_about_while_second_is(staff_client: SignIn) -> None:
    client, path = await staff_client(Role.OFFICER), await _tip()
    first, second, third = [await opened(client, path) for _ in range(3)]
    await client.post(path, data=first | {"title": "Một"})
    asked = await client.post(path, data=second | {"title": "Hai", "body": "Lời của B"})
    await client.post(path, data=third | {"place": "Bờ kênh"})
    fourth = await opened(client, path)
    await client.post(path, data=fourth | {"title": "Bốn"})
    again = await client.post(path, data=filled(asked.text) | {"keep-title": "mine"})
    assert again.status_code == 409
    for text in ("Bốn", "Hai", "Bờ kênh"):
        assert text in again.text
    assert (await client.post(path, data=filled(again.text) | {"keep-title": "mine"})).status_code == 303
    tip = await Tip.get()
    assert (tip.title, tip.body, tip.place) == ("Hai", "Lời của B", "Bờ kênh")


async def _asked(staff_client: SignIn, role: Role = Role.OFFICER) -> tuple[httpx.AsyncClient, str, str]:
    """Somebody who is asked about the name of a group, which a commander saved, and about nothing else."""
    other, path = await staff_client(Role.COMMANDER), await _group()
    client = await staff_client(role)
    form = await opened(client, path)
    await other.post(
        path, data=await opened(other, path) | {"name": "Tổ mẫu một", "founded_on": "01/08/2018"}
    )
    asked = await client.post(path, data=form | {"name": "Tổ mẫu hai"})
    assert asked.status_code == 409
    return client, path, asked.text


async def test_conflict_names_other_person_and_marks_words(staff_client: SignIn) -> None:
    _client, _path, page = await _asked(staff_client)
    other = (await Staff.get(role=Role.COMMANDER)).name
    assert f"{other} saved on " in page
    assert f"Version of {other}" in page
    assert "Fields to choose: 1." in page
    assert "Tổ mẫu <mark>hai</mark>" in page
    merged = page.partition("merged without a question")[2].partition("</details>")[0]
    assert other in merged
    assert "01/08/2018" in merged


async def test_conflict_names_nobody_without_right_to_history(staff_client: SignIn) -> None:
    _client, _path, page = await _asked(staff_client, Role.FRONT)
    assert (await Staff.get(role=Role.COMMANDER)).name not in page
    assert "Someone else saved while you were writing." in page


@pytest.mark.parametrize(("keep", "saved"), [("new", "Tổ mẫu ba"), ("mine", "Tổ mẫu hai")])
async def test_conflict_is_written_anew_only_where_chosen(
    staff_client: SignIn, keep: str, saved: str
) -> None:
    client, path, page = await _asked(staff_client)
    answer = await client.post(path, data=filled(page) | {"name": "Tổ mẫu ba", "keep-name": keep})
    assert answer.status_code == 303
    assert (await Group.get()).name == saved


async def test_position_is_kept_whole_when_both_moved_it(staff_client: SignIn) -> None:
    client, path = await staff_client(Role.OFFICER), await _tip()
    await client.post(path, data=await opened(client, path) | {"lat": "10.1", "lon": "105.1"})
    one, other = await opened(client, path), await opened(client, path)
    await client.post(path, data=one | {"lat": "10.2"})
    asked = await client.post(path, data=other | {"lon": "105.9"})
    assert asked.status_code == 409
    await client.post(path, data=filled(asked.text) | {"keep-lat": "mine"})
    tip = await Tip.get()
    assert (tip.lat, tip.lon) == (10.1, 105.9)


async def test_access_is_never_merged_from_two_edits(staff_client: SignIn) -> None:
    client, path = await staff_client(Role.ADMINISTRATOR), await _partner()
    one, other = await opened(client, path), await opened(client, path)
    await client.post(path, data=one | {"areas": "82"})
    asked = await client.post(path, data=other | {"scopes": ["groups:read", "areas:read"]})
    assert asked.status_code == 409


async def test_edit_raises_no_conflict_when_only_status_changed(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.OFFICER), await some_tip()
    form = await opened(client, f"/admin/tips/{tip.id}")
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    answer = await client.post(f"/admin/tips/{tip.id}", data=form | {"place": "Bờ kênh"})
    assert answer.status_code == 303
    stored = await Tip.get(id=tip.id)
    assert (stored.place, stored.status.value) == ("Bờ kênh", "VERIFYING")


async def test_wrong_input_keeps_merge_when_refused(staff_client: SignIn) -> None:
    client, path = await staff_client(Role.OFFICER), await _tip()
    one, other = await opened(client, path), await opened(client, path)
    await client.post(path, data=one | {"title": "Tiêu đề của A"})
    refused = await client.post(path, data=other | {"place": "Bờ kênh", "lat": "x"})
    assert refused.status_code == 422
    form = filled(refused.text)
    assert (form["title"], form["place"], form["lat"]) == ("Tiêu đề của A", "Bờ kênh", "x")
    assert (await client.post(path, data=form | {"lat": ""})).status_code == 303
    tip = await Tip.get()
    assert (tip.title, tip.place) == ("Tiêu đề của A", "Bờ kênh")


@pytest.mark.parametrize("forged", ["", "title", "title=0 body=", "=" * 50, "title=%00 place=x=y"])
async def test_forged_digests_grant_nothing(staff_client: SignIn, forged: str) -> None:
    client, path = await staff_client(Role.OFFICER), await _tip()
    one, other = await opened(client, path), await opened(client, path)
    await client.post(path, data=one | {"title": "Tiêu đề của A"})
    answer = await client.post(path, data=other | {"opened": forged})
    assert answer.status_code == 409
    assert (await Tip.get()).title == "Tiêu đề của A"


def test_merge_keeps_field_when_form_has_none() -> None:
    current = {"title": "A", "group": "G-1"}
    typed = Form({"expected_version": "1", "opened": digests(current), "title": "B"})
    merged = merge(typed, current | {"group": "G-2"}, version=2)
    assert (merged.conflicts, merged.adopted, merged.form.text("group")) == ([], [], "G-2")


async def test_action_shows_changes_made_meanwhile(staff_client: SignIn) -> None:
    await staff_client(Role.OFFICER)
    client, tip = await staff_client(Role.COMMANDER), await some_tip()
    path = f"/admin/tips/{tip.id}/assignment"
    workers = await tips.assignable(BY, tip)
    form = filled((await client.get(path, headers=HTMX)).text)
    assert (await send(client, path, {"assignee": str(workers[0].id)})).status_code == 303
    late = await client.post(path, data=form | {"assignee": str(workers[1].id)}, headers=HTMX)
    assert late.status_code == 409
    assert "Changes since you opened this" in late.text
    told = late.text.partition('role="alert"')[2].partition("</dl>")[0]
    assert f"{(await Staff.get(role=Role.COMMANDER)).name} changed this on" in told
    assert "Assigned to" in told
    assert workers[0].name in told
    assert (await Tip.get(id=tip.id)).assignee_id == workers[0].id


async def test_budget_form_shows_changes_made_meanwhile(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(PLACE)
    path = f"/admin/partners/{row.id}/budget"
    form = filled((await client.get(path)).text)
    await partners.set_allowance(row.id, limit=20_000, restore=20, expected_version=row.version, by=BY)
    late = await client.post(path, data=form | {"limit": "30000", "restore": "30"})
    assert late.status_code == 409
    assert "20,000" in late.text


async def test_actions_never_undo_edits(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.COMMANDER), await group(PLACE)
    path = f"/admin/groups/{row.id}/pause"
    form = filled((await client.get(path)).text)
    edit = await opened(client, f"/admin/groups/{row.id}")
    await client.post(f"/admin/groups/{row.id}", data=edit | {"name": "Tổ mẫu đổi tên"})
    fields = {"reason": "Mùa lũ", "on": today().isoformat()}
    late = await client.post(path, data=form | fields)
    assert late.status_code == 409
    assert "Tổ mẫu đổi tên" in late.text
    assert (await client.post(path, data=filled(late.text))).status_code == 303
    stored = await Group.get(id=row.id)
    assert (stored.name, stored.status.value) == ("Tổ mẫu đổi tên", "PAUSED")


async def test_refusal_names_other_person_when_action_is_impossible(staff_client: SignIn) -> None:
    other, tip = await staff_client(Role.COMMANDER), await some_tip()
    client, path = await staff_client(Role.OFFICER), f"/admin/tips/{tip.id}/verification"
    page = f"/admin/tips/{tip.id}"
    assert (await send(other, path, {}, at=page)).status_code == 303
    for late in (await client.get(path), await send(client, path, {}, at=page)):
        assert late.status_code == 409
        assert f"{(await Staff.get(role=Role.COMMANDER)).name} changed this on" in late.text
        assert f'href="{page}"' in late.text
