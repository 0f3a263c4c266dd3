"""Several tips at once: what the preview says, and that all are changed or none."""

import re
from html import unescape

import httpx
import pytest

from records.core.actor import Role
from records.nouns import tips
from records.tables import Staff, Tip, TipEvent
from records.tables.tips import TipEventKind
from tests.admin.forms import hidden, some_tip
from tests.admin.nouns.tip_support import BY, SignIn

ASSIGN, NOTE = "/admin/tips/assignments", "/admin/tips/notes"


async def preview(client: httpx.AsyncClient, path: str, rows: list[Tip], **query: str) -> str:
    """The page of the preview for these tips."""
    chosen: dict[str, str | list[str]] = {"tip": [str(row.id) for row in rows], **query}
    return unescape((await client.get(path, params=chosen)).text)


async def confirm(client: httpx.AsyncClient, path: str, page: str, **fields: str) -> httpx.Response:
    """What is answered to the form of a preview."""
    chosen = re.findall(r'type="hidden"\s+name="tip"\s+value="([^"]*:\d+)"', page)
    data: dict[str, str | list[str]] = {"csrf": hidden(page, "csrf"), "tip": chosen, **fields}
    return await client.post(path, data=data)


async def test_selection_leads_from_list_to_preview(staff_client: SignIn) -> None:
    row = await some_tip()
    client = await staff_client(Role.OFFICER, "29905")
    page = (await client.get("/admin/tips?status=OPEN&sort=oldest")).text
    assert re.search(rf'name="tip"\s+value="{row.id}"\s+form="selection"', page)
    assert re.search(r'type="hidden" name="sort" value="oldest"', page)
    assert "selection" not in (await (await staff_client(Role.ANALYST)).get("/admin/tips")).text


async def test_preview_says_who_gets_which_tip_and_what_is_skipped(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    me = await Staff.all().get()
    mine, done, free = [await some_tip(f"{name} (minh họa)") for name in ("Của tôi", "Xong", "Mới")]
    await tips.assign(mine.id, expected_version=1, assignee=me.id, by=BY)
    await tips.reject(done.id, expected_version=1, reason="x", by=BY)
    rows = [mine, done, free]
    assert "3 tips chosen" in await preview(client, ASSIGN, rows)
    page = await preview(client, ASSIGN, rows, staff=str(me.id))
    for text in (
        "1 of 3 tips are changed",
        "Assigned to this person already",
        "Work on it has ended",
        f"– → {me.name}",
    ):
        assert text in page
    answer = await confirm(client, ASSIGN + "?status=OPEN", page, staff=str(me.id))
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/tips?status=OPEN")
    assert (await Tip.get(id=free.id)).assignee_id == me.id
    assert (await Tip.get(id=done.id)).assignee_id is None


async def test_preview_names_missing_person_beside_field(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    rows = [await some_tip()]
    assert "field-staff-problem" not in await preview(client, ASSIGN, rows)
    page = await preview(client, ASSIGN, rows, staff="")
    assert 'id="field-staff-problem"' in page
    assert "Choose a person from the list." in page


async def test_preview_says_that_nobody_can_take_ended_tips(staff_client: SignIn) -> None:
    client, done = await staff_client(Role.COMMANDER, "82"), await some_tip()
    await tips.reject(done.id, expected_version=1, reason="x", by=BY)
    page = await preview(client, ASSIGN, [done], staff="")
    assert "Nobody can take on any of these tips." in page
    assert "field-staff" not in page


async def test_preview_skips_tip_when_person_works_elsewhere(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    await staff_client(Role.OFFICER, "29905")
    officer = await Staff.get(role=Role.OFFICER)
    rows = [await some_tip(), await some_tip("Nơi khác (minh họa)", area="30244")]
    page = await preview(client, ASSIGN, rows, staff=str(officer.id))
    assert "1 of 2 tips are changed" in page
    assert "This person does not work in that area" in page


async def test_bulk_is_refused_when_tip_changed_meanwhile(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    me = await Staff.all().get()
    rows = [await some_tip(), await some_tip("Tin hai (minh họa)")]
    page = await preview(client, ASSIGN, rows, staff=str(me.id))
    await tips.start_verifying(rows[1].id, expected_version=1, by=BY)
    answer = await confirm(client, ASSIGN, page, staff=str(me.id))
    assert answer.status_code == 409
    assert "Someone else has changed this" in answer.text
    assert not await Tip.filter(assignee_id__isnull=False).exists()
    assert (await confirm(client, ASSIGN, unescape(answer.text), staff=str(me.id))).status_code == 303
    assert await Tip.filter(assignee_id=me.id).count() == 2


async def test_note_is_added_to_all_chosen_tips(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    rows = [await some_tip(), await some_tip("Tin hai (minh họa)")]
    page = await preview(client, NOTE, rows)
    assert (await confirm(client, NOTE, page, note=" ")).status_code == 422
    assert (await confirm(client, NOTE, page, note="Đã báo tổ trưởng")).status_code == 303
    assert await TipEvent.filter(kind=TipEventKind.NOTED, note="Đã báo tổ trưởng").count() == 2


@pytest.mark.parametrize("path", [ASSIGN, NOTE])
async def test_preview_leaves_out_tips_of_other_areas(staff_client: SignIn, path: str) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    here, elsewhere = await some_tip(), await some_tip("Nơi khác (minh họa)", area="30244")
    page = await preview(client, path, [here, elsewhere])
    assert "Nơi khác" not in page
    assert "1 of the chosen tips are no longer in your list." in page


@pytest.mark.parametrize("path", [ASSIGN, NOTE])
async def test_bulk_is_refused_when_form_is_broken_or_too_long(staff_client: SignIn, path: str) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    row = await some_tip()
    page = await preview(client, path, [row])
    token = {"csrf": hidden(page, "csrf")}
    for chosen in ([], ["x:1"], [f"{row.id}"], [f"{row.id}:x"]):
        fields: dict[str, str | list[str]] = {**token, "tip": chosen, "note": "Ghi", "staff": str(row.id)}
        assert (await client.post(path, data=fields)).status_code == 422
    many = [f"tip=00000000-0000-0000-0000-{number:012d}" for number in range(tips.MAX_AT_ONCE + 1)]
    assert "Choose at most 100 tips." in (await client.get(f"{path}?{'&'.join(many)}")).text
