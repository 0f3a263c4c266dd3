"""The pages of tips: entering, editing, steps and history."""

import re
from html import unescape

import pytest

from records.core.actor import Role
from records.nouns import tips
from records.tables import AuditEntry, Staff, Tip, TipOutcome
from records.tables.tips import Channel, LegalKind, Priority, TipStatus
from tests.admin.forms import HTMX, filled, hidden, send, some_tip
from tests.admin.nouns.tip_support import BY, SignIn, titles
from tests.conftest import area_ids


async def entered(**changes: str) -> dict[str, str | list[str]]:
    """What somebody types for a new tip."""
    category = (await tips.categories())[0]
    typed = {
        "title": "Mất xe đạp trước chợ (minh họa)",
        "category": str(category.id),
        "channel": "PHONE",
        "legal_kind": "SOURCE",
        "priority": "NORMAL",
        "area": "29905",
        "received_at": "05/03/2026 14:30",
    }
    return {**typed, **changes}


async def test_new_tip_appears_in_inbox_and_on_its_page(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    answer = await send(client, "/admin/tips", await entered(body="Bà con kể lại."), at="/admin/tips/new")
    assert answer.status_code == 303
    page = (await client.get(answer.headers["location"])).text
    assert "Tip added." in page
    assert "Bà con kể lại." in page
    assert "05/03/2026 14:30" in page
    assert "Tip added." not in (await client.get(answer.headers["location"])).text
    assert titles((await client.get("/admin/tips")).text) == ["Mất xe đạp trước chợ (minh họa)"]


@pytest.mark.parametrize(
    "typed", ["05/03/2026 14:30", "5/3/2026 14:30", "2026-03-05T14:30", "2026-03-05 14:30", "5.3.2026 14h30"]
)
async def test_moments_are_read_in_vietnamese_and_iso_form(staff_client: SignIn, typed: str) -> None:
    client = await staff_client()
    await send(client, "/admin/tips", await entered(received_at=typed), at="/admin/tips/new")
    assert (await Tip.all().get()).received_at.isoformat() == "2026-03-05T07:30:00+00:00"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "a" * 201, "Use at most 200 characters."),
        ("body", "b" * 20_001, "Use at most 20,000 characters."),
        ("category", "not-an-id", "Choose one."),
        ("category", "00000000-0000-0000-0000-000000000000", "Choose a category from the list."),
        ("channel", "PIGEON", "Choose one."),
        ("area", "", "Enter a value."),
        ("area", "99999", "There is no area 99999."),
        ("area", "82@2024-02-31", "Enter a date that exists."),
        ("area", "Nơi không có thật", "No area in which you work has this name."),
        ("area", "00001", "Choose an area that you work in."),
        ("group", "KHÔNG-CÓ", "No group visible to you has this code or name."),
        ("received_at", "31/02/2026 10:00", "Enter a date that exists."),
        ("received_at", "01/01/0001 00:00", "Enter a date in 1900 or later."),
        ("received_at", "31/12/9999 23:59", "Enter a date in 2999 or earlier."),
        ("received_at", "05/03/2999 10:00", "Enter a time that is not in the future."),
        ("received_at", "05/03/2026 25:00", "Enter a date and a time as dd/mm/yyyy hh:mm"),
        ("lat", "x", "Enter a number such as"),
        ("lat", "10,29", "Enter both latitude and longitude, or neither."),
    ],
)
async def test_tip_form_reports_problems_by_field_and_keeps_input(
    staff_client: SignIn, field: str, typed: str, said: str
) -> None:
    client = await staff_client()
    fields = await entered(place="Cạnh cầu sắt", **{field: typed})
    answer = await send(client, "/admin/tips", fields, at="/admin/tips/new")
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert said in page
    assert f'id="field-{field}-problem"' in page
    assert f'href="#field-{field}"' in page
    assert "Cạnh cầu sắt" in page
    if len(typed) > 5:
        assert field in {"category", "channel"} or typed in page
    assert not await Tip.all().exists()


async def test_tip_form_names_problems_in_order_of_fields(staff_client: SignIn) -> None:
    client = await staff_client()
    fields = await entered(title="", lat="x", received_at="31/02/2026 10:00")
    page = (await send(client, "/admin/tips", fields, at="/admin/tips/new")).text
    named = re.findall(r'href="#field-(\w+)"', page)
    assert named == re.findall(r'id="field-(\w+)-problem"', page) == ["body", "lat", "received_at"]


@pytest.mark.parametrize(
    ("title", "body", "stored", "shown"),
    [
        # What stands above as the title is not said again.
        ("", "\nHai người lạ (mẫu)\nHỏi từng nhà.", "Hai người lạ (mẫu)", "Hỏi từng nhà."),
        ("", "a" * 201, f"{'a' * 199}…", "a" * 201),
        ("Tiêu đề mẫu", "Hai người lạ (mẫu)", "Tiêu đề mẫu", "Hai người lạ (mẫu)"),
    ],
)
async def test_first_line_becomes_title_when_title_is_empty(
    staff_client: SignIn, title: str, body: str, stored: str, shown: str
) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/tips", await entered(title=title, body=body), at="/admin/tips/new")
    assert answer.status_code == 303
    tip = await Tip.get()
    assert (tip.title, tip.body) == (stored, body.strip())
    page = (await client.get(answer.headers["location"])).text
    assert f'<div class="prose told">{shown}</div>' in page


async def test_first_line_that_can_be_seen_becomes_title(staff_client: SignIn) -> None:
    client = await staff_client()
    fields = await entered(title="", body="\u200b\nHai người lạ (mẫu)")
    assert (await send(client, "/admin/tips", fields, at="/admin/tips/new")).status_code == 303
    assert (await Tip.get()).title == "Hai người lạ (mẫu)"


async def test_empty_title_stays_empty_when_form_returns(staff_client: SignIn) -> None:
    client = await staff_client()
    fields = await entered(title="", body="Hai người lạ (mẫu)", lat="x")
    answer = await send(client, "/admin/tips", fields, at="/admin/tips/new")
    assert answer.status_code == 422
    assert (filled(answer.text)["title"], filled(answer.text)["body"]) == ("", "Hai người lạ (mẫu)")


async def test_area_is_chosen_by_name_without_scripts(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    answer = await send(client, "/admin/tips", await entered(area="tan phu"), at="/admin/tips/new")
    assert answer.status_code == 422
    assert "Several match" in answer.text
    choices = re.findall(r'name="area_choice"\s+value="(\d+)"', answer.text)
    assert len(choices) > 1
    chosen = await entered(area="tan phu", area_asked="tan phu", area_choice=choices[0])
    assert (await send(client, "/admin/tips", chosen, at="/admin/tips/new")).status_code == 303
    assert (await Tip.all().get()).area_id == (await area_ids(choices[0]))[0]


async def test_area_choice_is_ignored_when_other_text_is_typed(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER, "82")
    typed = await entered(area="29905", area_asked="tan phu", area_choice="30244")
    await send(client, "/admin/tips", typed, at="/admin/tips/new")
    assert (await Tip.all().get()).area_id == (await area_ids("29905"))[0]


async def test_area_choices_come_as_fragment_or_page(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    fragment = await client.get("/admin/areas/choices?area=sa+dec", headers=HTMX)
    assert "Phường Sa Đéc" in fragment.text
    assert "<html" not in fragment.text
    assert "Phường Sa Đéc" in (await client.get("/admin/areas/choices?area=sa+dec")).text
    assert "area_choice" not in (await client.get("/admin/areas/choices?area=ha+noi", headers=HTMX)).text


async def test_tip_edit_changes_nothing_when_saved_unchanged(staff_client: SignIn) -> None:
    tip = await some_tip(kind=LegalKind.REPORT)
    client = await staff_client()
    path = f"/admin/tips/{tip.id}"
    page = (await client.get(path + "/edit")).text
    typed = {
        "title": tip.title,
        "category": str(tip.category_id),
        "channel": tip.channel.value,
        "legal_kind": tip.legal_kind.value,
        "priority": tip.priority.value,
        "area": "29905",
        "received_at": re.search(r'name="received_at"\s+type="text"\s+value="([^"]*)"', page)[1],  # type: ignore[index]
    }
    assert (await send(client, path, dict(typed), at=path + "/edit")).status_code == 303
    kept = await Tip.get(id=tip.id)
    assert (kept.version, kept.received_at, kept.due_at) == (tip.version, tip.received_at, tip.due_at)


async def test_tip_conflict_shows_both_sides(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client()
    path = f"/admin/tips/{tip.id}"
    page = await client.get(path + "/edit")
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    await tips.edit(
        tip.id,
        tips.TipDraft(
            title="Tiêu đề của người khác",
            category_id=tip.category_id,
            channel=tip.channel,
            area_id=tip.area_id,
        ),
        expected_version=tip.version + 1,
        by=BY,
    )
    typed = await entered(title="Tiêu đề của tôi", body="Gõ rất lâu")
    carried = {"csrf": hidden(page.text, "csrf"), "expected_version": hidden(page.text, "expected_version")}
    answer = await client.post(path, data=carried | typed)
    assert answer.status_code == 409
    for text in (
        "Tiêu đề của tôi",
        "Tiêu đề của người khác",
        "Gõ rất lâu",
        "Your version",
        "Version of test",
    ):
        assert text in answer.text
    assert (await Tip.get(id=tip.id)).title == "Tiêu đề của người khác"
    again = {"csrf": carried["csrf"], "expected_version": hidden(answer.text, "expected_version")}
    assert (await client.post(path, data=again | typed)).status_code == 303
    assert (await Tip.get(id=tip.id)).title == "Tiêu đề của tôi"


async def test_tip_goes_from_received_to_closed_with_outcomes(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client(Role.OFFICER, "29905")
    me = await Staff.all().order_by("-created_at").first()
    assert me is not None
    path = f"/admin/tips/{tip.id}"
    assert (await send(client, path + "/verification", {}, at=path)).status_code == 303
    assert (await send(client, path + "/assignment", {"assignee": str(me.id)})).status_code == 303
    assert (await send(client, path + "/note", {"note": "Đã gặp tổ trưởng"})).status_code == 303
    assert (await send(client, path + "/action", {"note": ""})).status_code == 303
    outcomes: dict[str, str | list[str]] = {
        "kind": ["ARREST", "WARNING"],
        "count-ARREST": "2",
        "count-WARNING": "",
        "outcome_note-WARNING": "Nhắc nhở gia đình",
        "on_day": "05/03/2026",
        "note": "Xong",
    }
    assert (await send(client, path + "/closure", outcomes)).status_code == 303
    assert (await Tip.get(id=tip.id)).status is TipStatus.CLOSED
    stored = {(row.kind.value, row.count) for row in await TipOutcome.filter(tip_id=tip.id)}
    assert stored == {("ARREST", 2), ("WARNING", 1)}
    page = (await client.get(path)).text
    for text in (
        "Đã gặp tổ trưởng",
        "Nhắc nhở gia đình",
        "Verification started",
        "Tip closed",
        me.name,
    ):
        assert text in page


@pytest.mark.parametrize(
    ("kind", "count", "on_day", "said"),
    [
        ("", "", "", "Enter the outcome."),
        ("ARREST", "0", "", "Enter a number from 1 to"),
        ("ARREST", "nhiều", "", "Enter a whole number."),
        ("ARREST", "1", "31/13/2026", "Enter a date that exists."),
        ("PRIZE", "1", "", "Choose one."),
    ],
)
async def test_tip_stays_open_when_outcome_is_invalid(
    staff_client: SignIn, kind: str, count: str, on_day: str, said: str
) -> None:
    tip = await some_tip()
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    client = await staff_client()
    fields = {
        "kind": kind,
        f"count-{kind}": count,
        "on_day": on_day,
        "note": "Giữ lại ghi chú này",
    }
    answer = await send(client, f"/admin/tips/{tip.id}/closure", dict(fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Giữ lại ghi chú này" in answer.text
    assert (await Tip.get(id=tip.id)).status is TipStatus.VERIFYING
    assert not await TipOutcome.all().exists()


async def test_closure_shows_problem_beside_outcomes_when_empty(staff_client: SignIn) -> None:
    tip = await some_tip()
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    client = await staff_client()
    answer = await send(client, f"/admin/tips/{tip.id}/closure", {"kind": "", "note": ""})
    assert 'aria-describedby="field-outcomes-problem"' in answer.text
    assert re.search(r'id="field-outcomes-problem">.{,80}Enter the outcome\.', answer.text, re.DOTALL)


async def test_action_is_hidden_and_refused_when_not_possible(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client(Role.COMMANDER)
    path = f"/admin/tips/{tip.id}"
    page = (await client.get(path)).text
    assert f"{path}/closure" not in page
    assert (await client.get(path + "/closure")).status_code == 409
    assert (await send(client, path + "/closure", {"kind": "ARREST"}, at=path)).status_code == 409
    assert (await Tip.get(id=tip.id)).status is TipStatus.RECEIVED


async def test_action_is_hidden_and_refused_when_role_lacks_right(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client(Role.OFFICER)
    path = f"/admin/tips/{tip.id}"
    assert ">Reject<" not in (await client.get(path)).text
    assert (await client.get(path + "/rejection")).status_code == 403
    assert (await send(client, path + "/rejection", {"reason": "x"}, at=path)).status_code == 403


async def test_commander_rejects_reopens_and_extends_with_reason(staff_client: SignIn) -> None:
    tip = await some_tip(kind=LegalKind.DENUNCIATION)
    client = await staff_client(Role.COMMANDER)
    path = f"/admin/tips/{tip.id}"
    assert (await send(client, path + "/rejection", {"reason": " "})).status_code == 422
    assert (await send(client, path + "/rejection", {"reason": "Không thuộc thẩm quyền"})).status_code == 303
    assert (await send(client, path + "/reopening", {"reason": "Có tình tiết mới"})).status_code == 303
    assert (await send(client, path + "/extension", {"reason": "Phức tạp"})).status_code == 303
    assert (await client.get(path + "/extension")).status_code == 409
    assert "Không thuộc thẩm quyền" in (await client.get(path)).text


async def test_duplicate_names_other_tip(staff_client: SignIn) -> None:
    tip, other = await some_tip(), await some_tip("Cùng một chuyện (minh họa)")
    client = await staff_client()
    path = f"/admin/tips/{tip.id}"
    assert (await send(client, path + "/duplicate", {"into": "TB-1999-000001"})).status_code == 422
    assert (await send(client, path + "/duplicate", {"into": other.code.lower()})).status_code == 303
    assert other.code in (await client.get(path)).text
    assert tip.code in (await client.get(f"/admin/tips/{other.id}")).text


async def test_form_is_returned_as_typed_when_version_is_old(staff_client: SignIn) -> None:
    tip = await some_tip()
    await tips.start_verifying(tip.id, expected_version=tip.version, by=BY)
    client = await staff_client()
    page = await client.get(f"/admin/tips/{tip.id}/action")
    sent = {"csrf": hidden(page.text, "csrf"), "expected_version": "1", "note": "Viết từ lâu"}
    answer = await client.post(f"/admin/tips/{tip.id}/action", data=sent)
    assert answer.status_code == 409
    assert "Viết từ lâu" in answer.text
    assert hidden(answer.text, "expected_version") == "2"


async def test_form_changes_nothing_without_version(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client()
    path = f"/admin/tips/{tip.id}"
    answer = await send(client, path + "/verification", {"expected_version": "one"}, at=path)
    assert answer.status_code == 422
    assert (await Tip.get(id=tip.id)).status is TipStatus.RECEIVED


async def test_tip_history_shows_actor_and_old_and_new_values(staff_client: SignIn) -> None:
    tip = await some_tip()
    client = await staff_client()
    me = await Staff.all().get()
    path = f"/admin/tips/{tip.id}"
    typed = await entered(
        title="Sửa lại (minh họa)", priority=Priority.URGENT.value, channel=Channel.BOX.value
    )
    await send(client, path, typed, at=path + "/edit")
    page = (await client.get(path)).text
    history = page[page.index("story-heading") :]
    assert history.index("Tip corrected") < history.index("4 changes") < history.index("Tip received")
    for text in (me.name, tip.title, "Sửa lại (minh họa)", "Normal", "Urgent", "Zalo", "Suggestion box"):
        assert text in history
    assert await AuditEntry.filter(row_id=tip.id).count() == 2


async def test_markup_is_shown_as_text(staff_client: SignIn) -> None:
    tip = await some_tip('<script>alert(1)</script> "minh họa"')
    client = await staff_client()
    for path in (
        f"/admin/tips/{tip.id}",
        f"/admin/tips/{tip.id}/edit",
        "/admin/tips",
        f"/admin/tips/{tip.id}/note",
    ):
        page = (await client.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


async def test_null_character_is_harmless(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/tips", await entered(title="a\0b", body="c\0"), at="/admin/tips/new")
    assert answer.status_code == 303
    assert (await Tip.all().get()).title == "ab"
    assert (await client.get("/admin/tips?q=%00&area=%00&group=%00")).status_code in {200, 422}


async def test_direction_signs_are_not_stored(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await send(
        client, "/admin/tips", await entered(title="Mất \u202exe\u2066 máy\u200b"), at="/admin/tips/new"
    )
    assert answer.status_code == 303
    assert (await Tip.get()).title == "Mất xe máy"
