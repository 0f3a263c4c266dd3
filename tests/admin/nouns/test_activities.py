"""The pages of activities: the list, what a group has not held yet, and recording a meeting in a few taps."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from admin.nouns.activities.quarters import numeral
from records.core.actor import Role, system_actor
from records.core.dates import add_months, today
from records.core.language import format_date
from records.nouns import activities, hand_downs, outlines
from records.nouns.activities import ActivityDraft, quarter_of
from records.nouns.hand_downs import Recipients
from records.nouns.outlines import OutlineDraft
from records.tables import Activity, Group, HandDown, Organisation, Outline
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind
from records.tables.organisations import OrganisationKind
from tests.admin.forms import filled, send
from tests.conftest import area_ids
from tests.nouns.activities import group, make

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
BY = system_actor("test")
PATH = "/admin/activities"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.OFFICER, "29905")


async def handed_down(to: Group) -> Outline:
    """A published outline that a group has been sent."""
    police = await Organisation.create(
        name="Công an mẫu", folded="cong an mau", kind=OrganisationKind.POLICE, area_id=to.area_id
    )
    row = await outlines.write(OutlineDraft("DC-01", "Phòng cháy (mẫu)", "Nội dung", police.id), by=BY)
    row = await outlines.publish(row.id, expected_version=1, on=date(2025, 1, 1), by=BY)
    await hand_downs.send(row.id, Recipients(groups=[to.id]), sender_id=police.id, by=BY)
    return row


async def record(client: httpx.AsyncClient, to: Group, **typed: str) -> httpx.Response:
    """What the service answers to the form of a meeting that was opened and filled in."""
    at = f"/admin/groups/{to.id}/meeting"
    return await send(client, at, filled((await client.get(at)).text) | typed)


def question(answer: httpx.Response) -> str:
    """What the first checkbox of the form confirms."""
    found = re.search(r'type="checkbox" name="certain" value="([\w-]+)"', answer.text)
    assert found, "nothing is asked"
    return found[1]


async def test_meeting_is_recorded_with_what_was_tapped(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    outline = await handed_down(row)
    page = (await client.get(f"/admin/groups/{row.id}/meeting")).text
    for text in ("Phòng cháy (mẫu)", "All 28", "Today"):
        assert text in page
    answer = await record(
        client,
        row,
        attendance="40",
        households_present_choice="28",
        outline_choice=str(outline.id),
        topics="Phòng cháy\r\n\r\nMa túy",
    )
    assert answer.status_code == 303, answer.text
    meeting = await Activity.get()
    assert (meeting.group_id, meeting.area_id, meeting.held_on) == (row.id, row.area_id, today())
    assert (meeting.attendance, meeting.households_present, meeting.outline_id) == (40, 28, outline.id)
    assert meeting.topics == ["Phòng cháy", "Ma túy"]


async def test_outline_is_received_when_meeting_discussed_it(client: httpx.AsyncClient) -> None:
    row = await group()
    outline = await handed_down(row)
    await record(client, row, attendance="40", outline_choice=str(outline.id))
    sent = await HandDown.get()
    assert sent.received_at is not None
    assert sent.activity_id == (await Activity.get()).id


async def test_meeting_asks_when_typed_and_tapped_answers_differ(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    typed = {"attendance": "9", "households_present": "27", "held_on": "1/1/2025"}
    typed["certain"] = "quarter-2025-01-01"
    answer = await record(client, row, **typed, households_present_choice="28")
    assert answer.status_code == 422
    assert "two different answers" in answer.text
    assert await Activity.all().count() == 0
    again = filled(answer.text)
    assert (await client.post(f"/admin/groups/{row.id}/meeting", data=again)).status_code == 303
    meeting = await Activity.get()
    assert (meeting.households_present, meeting.held_on) == (27, date(2025, 1, 1))


async def test_preset_day_yields_to_typed_day(client: httpx.AsyncClient) -> None:
    row = await group()
    typed = {"held_on": "1/1/2025", "certain": "quarter-2025-01-01"}
    assert (await record(client, row, attendance="9", **typed)).status_code == 303
    assert (await Activity.get()).held_on == date(2025, 1, 1)


async def test_meeting_asks_when_typed_and_tapped_days_differ(client: httpx.AsyncClient) -> None:
    tapped = format_date(today() - timedelta(days=1))
    row = await group()
    answer = await record(client, row, attendance="9", held_on="1/1/2025", held_on_choice=tapped)
    assert answer.status_code == 422
    assert "two different answers" in answer.text


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"attendance": "9", "held_on": "1/1/2025"}, "quarter-2025-01-01"),
        ({"attendance": "281"}, "attendance-281-28"),
        ({"attendance": "9", "households_present": "29"}, "households-29-28"),
    ],
)
async def test_meeting_is_asked_about_when_implausible(
    client: httpx.AsyncClient, typed: dict[str, str], name: str
) -> None:
    row = await group(households=28)
    answer = await record(client, row, **typed)
    assert (answer.status_code, question(answer)) == (422, name)
    assert (await record(client, row, **typed, certain=name)).status_code == 303


async def test_flash_names_quarter_of_recorded_meeting(client: httpx.AsyncClient) -> None:
    typed = {"held_on": "1/11/2025", "certain": "quarter-2025-11-01"}
    answer = await record(client, await group(), attendance="9", **typed)
    page = await client.get(answer.headers["location"])
    assert "Meeting of quarter IV/2025 recorded." in page.text


async def test_second_meeting_is_asked_about_when_recorded_at_once(staff_client: SignIn) -> None:
    row, writers = await group(), [await staff_client(Role.OFFICER, "29905") for _writer in range(3)]
    answers = await asyncio.gather(*(record(one, row, attendance="9") for one in writers))
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422]
    for answer in answers:
        if answer.status_code == 422:
            assert question(answer) == f"second-{(await Activity.get()).id}"


async def test_meeting_form_keeps_input_when_wrong(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    answer = await record(client, row, attendance="nhiều", households_present_choice="28", minutes="Đã bàn")
    assert answer.status_code == 422
    again = filled(answer.text)
    assert (again["attendance"], again["households_present_choice"]) == ("nhiều", "28")
    assert again["minutes"] == "Đã bàn"
    assert "Enter a whole number." in answer.text
    assert await Activity.all().count() == 0


async def test_meeting_form_says_that_number_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await record(client, await group(), attendance="99999999999")
    assert answer.status_code == 422
    assert "<h2>There is a problem</h2>" in answer.text
    assert "This number is too large." in answer.text
    assert "Enter a whole number." not in answer.text


async def test_second_meeting_is_recorded_once_confirmed(client: httpx.AsyncClient) -> None:
    row = await group()
    await record(client, row, attendance="30")
    answer = await record(client, row, attendance="31")
    assert answer.status_code == 422
    assert "The group already met on" in answer.text
    assert "<h2>Please confirm</h2>" in answer.text
    assert await Activity.all().count() == 1
    given = {"attendance": "31", "certain": question(answer)}
    assert (await record(client, row, **given)).status_code == 303
    assert await Activity.all().count() == 2


async def test_more_households_than_group_has_are_asked_about(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    answer = await record(client, row, attendance="40", households_present="82")
    assert answer.status_code == 422
    assert "More households present (82) than the group has (28)." in answer.text
    assert f'href="#field-certain-{question(answer)}"' in answer.text
    assert not await Activity.exists()
    answer = await record(client, row, attendance="40", households_present="82", certain=question(answer))
    assert answer.status_code == 303
    assert (await Activity.get()).households_present == 82


async def test_each_question_is_asked_when_another_is_confirmed(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    await record(client, row, attendance="30")
    second = question(await record(client, row, attendance="31"))
    answer = await record(client, row, attendance="31", households_present="82", certain=second)
    assert answer.status_code == 422
    assert "More households present" in answer.text
    assert "already met" not in answer.text
    assert filled(answer.text)["certain"] == second


async def test_question_is_asked_again_when_what_was_confirmed_changes(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    asked = question(await record(client, row, attendance="40", households_present="82"))
    answer = await record(client, row, attendance="", households_present="82", certain=asked)
    assert filled(answer.text)["certain"] == asked
    answer = await record(client, row, attendance="40", households_present="8200", certain=asked)
    assert (answer.status_code, "More households present (8" in answer.text) == (422, True)
    assert not await Activity.exists()


async def test_saved_households_are_not_asked_about_again(client: httpx.AsyncClient) -> None:
    row = await group(households=28)
    given = {"attendance": "40", "households_present": "82"}
    await record(client, row, **given, certain=question(await record(client, row, **given)))
    path = f"{PATH}/{(await Activity.get()).id}"
    typed = filled((await client.get(f"{path}/edit")).text) | {"minutes": "Đã bàn"}
    assert (await client.post(path, data=typed)).status_code == 303
    typed = filled((await client.get(f"{path}/edit")).text) | {"households_present": "83"}
    assert (await client.post(path, data=typed)).status_code == 422


async def test_next_group_is_offered_after_saving(client: httpx.AsyncClient) -> None:
    first, second = await group(name="Tổ mẫu 1"), await group(name="Tổ mẫu 2")
    page = (await client.get((await record(client, first, attendance="30")).headers["location"])).text
    assert f"/admin/groups/{second.id}/meeting" in page
    page = (await client.get((await record(client, second, attendance="30")).headers["location"])).text
    assert "Every group has met in Quarter" in page


async def test_meeting_has_no_form_when_group_is_not_self_governing(client: httpx.AsyncClient) -> None:
    row = await group()
    form = filled((await client.get(f"/admin/groups/{row.id}/meeting")).text) | {"attendance": "30"}
    await Group.filter(id=row.id).update(kind=GroupKind.ZALO)
    assert (await client.get(f"/admin/groups/{row.id}/meeting")).status_code == 404
    assert (await client.post(f"/admin/groups/{row.id}/meeting", data=form)).status_code == 404
    assert not await Activity.exists()


async def test_missing_lists_groups_of_chosen_quarter(client: httpx.AsyncClient) -> None:
    row = await group()
    await record(client, row, attendance="30")
    way = f"/admin/groups/{row.id}/meeting"
    assert way not in (await client.get(f"{PATH}/missing")).text
    earlier = add_months(quarter_of(today())[0], -3)
    page = (await client.get(f"{PATH}/missing?quarter={earlier}")).text
    assert f"{way}?quarter={earlier}" in page
    assert "Today" not in (await client.get(f"{way}?quarter={earlier}")).text
    assert (await client.get(f"{PATH}/missing?quarter=soon")).status_code == 422
    assert "Today" in (await client.get(f"{way}?quarter=9999-12-31")).text


async def test_group_page_shows_its_quarters(client: httpx.AsyncClient) -> None:
    row = await group()
    page = (await client.get(f"/admin/groups/{row.id}")).text
    assert f"/admin/groups/{row.id}/meeting?quarter={quarter_of(today())[0]}" in page
    await record(client, row, attendance="30")
    assert f"{PATH}/{(await Activity.get()).id}" in (await client.get(f"/admin/groups/{row.id}")).text


async def test_group_page_shows_meeting_before_its_move_without_link(client: httpx.AsyncClient) -> None:
    row = await group("30244")
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 5, row.area_id, group_id=row.id)
    await activities.record(draft, by=BY)
    (row.area_id,) = await area_ids("29905")
    await row.save(update_fields=["area_id"])
    page = (await client.get(f"/admin/groups/{row.id}")).text
    assert re.search(rf'class="held">.*?{format_date(today())}', page, re.DOTALL)
    assert f"{PATH}/{(await Activity.get()).id}" not in page


async def test_list_is_filtered_and_sorted_by_day(client: httpx.AsyncClient) -> None:
    row = await group()
    for month in (3, 6):
        draft = ActivityDraft(ActivityKind.PATROL, date(2025, month, 1), 5, row.area_id, group_id=row.id)
        await activities.record(draft, by=BY)
    page = (await client.get(f"{PATH}?kind=PATROL&group={row.code}")).text
    assert page.index("Patrol · 01/06/2025") < page.index("Patrol · 01/03/2025")
    page = (await client.get(f"{PATH}?kind=PATROL&sort=earliest")).text
    assert page.index("Patrol · 01/03/2025") < page.index("Patrol · 01/06/2025")
    assert (await client.get(f"{PATH}?after={row.id}:31/31/2025")).status_code == 422


async def test_outreach_of_organisation_needs_no_group(client: httpx.AsyncClient) -> None:
    police = await Organisation.create(
        name="Công an mẫu",
        folded="cong an mau",
        kind=OrganisationKind.POLICE,
        area_id=(await group()).area_id,
    )
    typed = filled((await client.get(f"{PATH}/new")).text)
    typed |= {"attendance": "60", "area": "29905", "organisation": str(police.id), "topics": "Ma túy"}
    answer = await send(client, PATH, typed, at=f"{PATH}/new")
    assert answer.status_code == 303, answer.text
    assert (await Activity.get()).organisation_id == police.id


async def test_activity_is_edited_with_its_topics(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make('29905')}"
    typed = filled((await client.get(f"{path}/edit")).text) | {"topics": "Ma túy\r\nPhòng cháy"}
    answer = await client.post(path, data=typed)
    assert answer.status_code == 303, answer.text
    assert (await Activity.get()).topics == ["Ma túy", "Phòng cháy"]


async def test_removed_activity_can_be_restored(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{await make('29905')}"
    await send(client, f"{path}/removal", {"reason": "Nhập nhầm"})
    assert path not in (await client.get(PATH)).text
    assert path in (await client.get(f"{PATH}?removed=1")).text
    assert (await send(client, f"{path}/restoration", {}, at=path)).status_code == 303
    assert path in (await client.get(PATH)).text
    assert format_date(date(2025, 1, 1)) in (await client.get(path)).text


async def test_group_shows_earlier_quarters_since_first_meeting(client: httpx.AsyncClient) -> None:
    row, last_year = await group(households=28), today().year - 1
    for day, present in ((date(last_year, 8, 1), 20), (today(), 22)):
        meeting = ActivityDraft(ActivityKind.QUARTERLY_MEETING, day, 30, row.area_id, row.id)
        await activities.record(replace(meeting, households_present=present), by=BY)
    page = (await client.get(f"/admin/groups/{row.id}")).text
    assert "Earlier years: met in 1 of 4 quarters" in page
    assert re.findall(r"<h3>(\d{4})</h3>", page) == [str(last_year)]
    for text in ("22/28 households", "20 households", f"Record the meeting of quarter {numeral(today())}"):
        assert text in page
