"""Putting a change back from the history: shown first, done as an edit, refused where the rules say no."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest

from records.core.actor import Actor, Role, system_actor
from records.metrics.catalogue import category_id
from records.nouns import groups, tips
from records.nouns.catalogues import programmes
from records.nouns.groups import GroupDraft
from records.nouns.tips import TipDraft
from records.registry import history
from records.tables import AuditEntry, Group, Programme, Tip, TipCategory
from records.tables.groups import GroupKind
from records.tables.tips import Channel, LegalKind
from tests.admin.forms import hidden, send
from tests.admin.matrix import MATRIX
from tests.conftest import area_ids
from tests.nouns.programmes import draft as programme_draft

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TASK = system_actor("test")
WHY = {"motive": "Nhập nhầm (minh họa)"}
# What gives access may need a second person, and is taken away by actions of its own.
NOT_REVERTED = {
    *("/admin/staff/{id:uuid}", "/admin/partners/{id:uuid}", "/admin/webhooks/{id:uuid}"),
    # Points and criteria are rows of their own.
    *("/admin/reviews/{id:uuid}", "/admin/scorecards/{id:uuid}"),
}


async def tip_draft(**changed: Any) -> TipDraft:
    (area,) = await area_ids("29905")
    values: dict[str, Any] = {
        "title": "Tiêu đề cũ",
        "category_id": category_id("THEFT"),
        "channel": Channel.ZALO,
    }
    return TipDraft(**(values | {"area_id": area} | changed))


async def edited_tip(**changed: Any) -> tuple[Tip, AuditEntry]:
    """A tip that somebody edited, and the entry that tells of the edit."""
    tip = await tips.submit(await tip_draft(), by=TASK)
    await tips.edit(tip.id, await tip_draft(**changed), expected_version=1, by=TASK)
    return tip, (await history.entries_of(TASK, tip.id))[0]


def path_of(tip: Tip) -> str:
    return f"/admin/tips/{tip.id}/reversal"


async def put_back(
    client: httpx.AsyncClient, path: str, entry: AuditEntry, fields: dict[str, str] = WHY
) -> httpx.Response:
    sent = {"entry": str(entry.seq)} | fields
    return await send(client, path, sent, at=f"{path}?entry={entry.seq}")


def rows(page: str) -> list[list[str]]:
    """The table of what would change, in text."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")]
    return [[unescape(cell).strip() for cell in row] for row in cells if row]


async def test_edit_is_reverted_with_reason_and_audited_as_edit(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip, entry = await edited_tip(title="Tiêu đề mới", legal_kind=LegalKind.REPORT, lat=10.5, lon=105.5)
    link = f"{path_of(tip)}?entry={entry.seq}"
    assert link in (await commander.get(f"/admin/tips/{tip.id}")).text
    page = (await commander.get(link)).text
    assert ["Title", "Tiêu đề mới", "Tiêu đề cũ"] in rows(page)
    assert ["Latitude", "10.5", "–"] in rows(page)
    assert (await Tip.get(id=tip.id)).version == 2
    assert (await put_back(commander, path_of(tip), entry)).headers["location"] == f"/admin/tips/{tip.id}"
    now = await Tip.get(id=tip.id)
    assert (now.title, now.legal_kind, now.lat, now.due_at) == ("Tiêu đề cũ", LegalKind.SOURCE, None, None)
    told = (await history.entries_of(TASK, tip.id))[0]
    assert (told.action, told.motive, told.before and told.before["title"]) == (
        "tips.edit",
        WHY["motive"],
        "Tiêu đề mới",
    )
    # There is nothing left of it to revert, so it is not offered; the reversal itself can be.
    page = (await commander.get(f"/admin/tips/{tip.id}")).text
    assert link not in page
    assert f"entry={told.seq}" in page
    assert (await commander.get(link)).status_code == 409


async def test_revert_needs_reason(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip, entry = await edited_tip(title="Tiêu đề mới")
    answer = await put_back(commander, path_of(tip), entry, {"motive": " "})
    assert answer.status_code == 422
    assert "Enter a value" in answer.text
    assert (await Tip.get(id=tip.id)).title == "Tiêu đề mới"


async def test_revert_changes_only_fields_of_that_change(
    staff_client: SignIn,
) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip, entry = await edited_tip(title="Lần hai", place="Chợ")
    draft = await tip_draft(title="Lần ba", place="Chợ", body="Thêm sau")
    await tips.edit(tip.id, draft, expected_version=2, by=TASK)
    page = (await commander.get(f"{path_of(tip)}?entry={entry.seq}")).text
    assert [row[0] for row in rows(page)] == ["Title", "Place"]
    assert "These fields have changed again since, and that change would be lost: Title." in page
    await put_back(commander, path_of(tip), entry)
    now = await Tip.get(id=tip.id)
    assert (now.title, now.place, now.body) == ("Tiêu đề cũ", "", "Thêm sau")


async def test_revert_is_refused_when_rules_forbid_it(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip, entry = await edited_tip(category_id=category_id("GAMBLING"))
    await TipCategory.filter(id=category_id("THEFT")).update(active=False)
    try:
        answer = await put_back(commander, path_of(tip), entry)
    finally:
        await TipCategory.filter(id=category_id("THEFT")).update(active=True)
    assert answer.status_code == 422
    assert "This change cannot be reverted now" in answer.text
    assert "Category: Choose a category from the list." in answer.text
    assert (await Tip.get(id=tip.id)).category_id == category_id("GAMBLING")


async def test_revert_is_shown_again_when_record_changed_meanwhile(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip, entry = await edited_tip(title="Lần hai")
    page = (await commander.get(f"{path_of(tip)}?entry={entry.seq}")).text
    await tips.edit(tip.id, await tip_draft(title="Lần ba"), expected_version=2, by=TASK)
    sent = {name: hidden(page, name) for name in ("csrf", "entry", "expected_version")} | WHY
    late = await commander.post(path_of(tip), data=sent)
    assert late.status_code == 409
    assert ["Title", "Lần ba", "Tiêu đề cũ"] in rows(late.text)
    assert (await Tip.get(id=tip.id)).title == "Lần ba"


async def test_transition_is_not_reverted_like_edit(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    tip = await tips.submit(await tip_draft(), by=TASK)
    await tips.reject(tip.id, expected_version=1, reason="Không có cơ sở", by=TASK)
    for entry in await history.entries_of(TASK, tip.id):
        answer = await commander.get(f"{path_of(tip)}?entry={entry.seq}")
        assert answer.status_code == 409, entry.action
        assert "contains nothing that an edit could revert" in answer.text
    assert "/reversal" not in (await commander.get(f"/admin/tips/{tip.id}")).text


async def test_revert_is_refused_when_entry_is_of_another_record(staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    (one, _), (_, foreign) = await edited_tip(title="Một"), await edited_tip(title="Hai")
    for seq in (str(foreign.seq), "0", "999999999", "x", ""):
        assert (await commander.get(f"{path_of(one)}?entry={seq}")).status_code == 409, seq
    token = hidden((await commander.get("/admin")).text, "csrf")
    sent = {"csrf": token, "expected_version": "2", "entry": str(foreign.seq)} | WHY
    assert (await commander.post(path_of(one), data=sent)).status_code == 409
    assert (await Tip.get(id=one.id)).title == "Một"


@pytest.mark.parametrize(
    ("role", "areas", "status"),
    [
        (Role.AUDITOR, ("82",), 403),
        (Role.ADMINISTRATOR, ("82",), 403),
        (Role.FRONT, ("82",), 403),
        (Role.OFFICER, ("30244",), 404),
        (Role.OFFICER, ("29905",), 200),
    ],
)
async def test_revert_needs_right_to_edit(
    staff_client: SignIn, role: Role, areas: tuple[str, ...], status: int
) -> None:
    tip, entry = await edited_tip(title="Tiêu đề mới")
    client = await staff_client(role, *areas)
    assert (await client.get(f"{path_of(tip)}?entry={entry.seq}")).status_code == status
    token = hidden((await client.get("/admin")).text, "csrf")
    sent = {"csrf": token, "expected_version": "2", "entry": str(entry.seq)} | WHY
    assert (await client.post(path_of(tip), data=sent)).status_code == (303 if status == 200 else status)


async def test_group_edit_is_reverted(
    staff_client: SignIn, staff_actor: Callable[..., Awaitable[Actor]]
) -> None:
    by = await staff_actor(Role.OFFICER)
    near, far = await area_ids("29905", "30244")
    group = await groups.create(GroupDraft("MAU-01", "Tổ 1", GroupKind.ZALO, near, households=20), by=by)
    draft = GroupDraft("MAU-01", "Tổ 2", GroupKind.ZALO, far, households=None)
    await groups.edit(group.id, draft, expected_version=1, by=by)
    entry = (await history.entries_of(TASK, group.id))[0]
    path = f"/admin/groups/{group.id}/reversal"
    # Whoever works only where it is now cannot put it back to where they do not work.
    here = await staff_client(Role.COMMANDER, "30244")
    refused = await put_back(here, path, entry)
    assert refused.status_code == 422
    assert "Area: Choose an area that you work in." in refused.text
    everywhere = await staff_client(Role.COMMANDER)
    assert (await put_back(everywhere, path, entry)).status_code == 303
    now = await Group.get(id=group.id)
    assert (now.name, now.area_id, now.households) == ("Tổ 1", near, 20)
    assert "/reversal" in (await everywhere.get(f"/admin/groups/{group.id}")).text
    await groups.remove(group.id, expected_version=3, reason="Nhập nhầm", by=TASK)
    assert "/reversal" not in (await everywhere.get(f"/admin/groups/{group.id}")).text
    assert (await everywhere.get(f"{path}?entry={entry.seq}")).status_code == 404


async def test_programme_edit_is_reverted(staff_client: SignIn) -> None:
    draft = await programme_draft()
    row = await programmes.create(draft, by=TASK)
    await programmes.edit(row.id, replace(draft, name="Tên mới"), expected_version=1, by=TASK)
    entry = (await history.entries_of(TASK, row.id))[0]
    path = f"/admin/programmes/{row.id}/reversal"
    commander = await staff_client(Role.COMMANDER, "29905")
    assert f"{path}?entry={entry.seq}" in (await commander.get(f"/admin/programmes/{row.id}")).text
    assert (await put_back(commander, path, entry)).status_code == 303
    assert (await Programme.get(id=row.id)).name == draft.name
    assert (await history.entries_of(TASK, row.id))[0].motive == WHY["motive"]


async def test_history_offers_no_reversal_when_record_moved_away(staff_client: SignIn) -> None:
    near, far = await area_ids("29905", "30244")
    draft = replace(await programme_draft(), area_id=near)
    row = await programmes.create(draft, by=TASK)
    await programmes.edit(row.id, replace(draft, name="Tên mới"), expected_version=1, by=TASK)
    commander = await staff_client(Role.COMMANDER, "29905")
    page = f"/admin/programmes/{row.id}"
    assert "/reversal" in (await commander.get(page)).text
    await programmes.edit(row.id, replace(draft, name="Tên mới", area_id=far), expected_version=2, by=TASK)
    told = (await commander.get(page)).text
    assert "Tên mới" in told.partition("history-heading")[2]
    assert "/reversal" not in told


def test_each_record_with_edit_form_is_reverted() -> None:
    paths = {entry.rpartition(" ")[2] for entry in MATRIX}
    edited = {path.removesuffix("/edit") for path in paths if path.endswith("/edit")}
    assert {path for path in edited if f"{path}/reversal" not in paths} == NOT_REVERTED
