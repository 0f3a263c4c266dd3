"""Handing outlines down to many, receiving and discussing them, and reminding."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.changes.unit_of_work import transaction
from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.demo import hamlets
from records.nouns import activities, groups, hand_downs, outlines
from records.nouns.activities import ActivityDraft
from records.nouns.hand_downs import HandDownProgress, HandDownState, Recipients, meetings, sending
from records.tables import Activity, AuditEntry, Group, HandDown, OutboxEvent, Outline
from records.tables.activities import ActivityKind
from tests.conftest import area_ids
from tests.nouns.activities import group
from tests.nouns.outlines import draft, office, published

MakeActor = Callable[..., Awaitable[Actor]]
HERE, ELSEWHERE = "29905", "30244"
BY = system_actor("test")


@pytest.fixture
async def chief(staff_actor: MakeActor) -> Actor:
    """A commander of the whole province."""
    return await staff_actor(Role.COMMANDER, "82")


async def to_groups(outline: Outline, *to: Group, by: Actor = BY) -> list[HandDown]:
    """The hand-downs of an outline to groups, by the police of the commune."""
    recipients = Recipients(groups=[one.id for one in to])
    return await hand_downs.send(outline.id, recipients, sender_id=await office(), by=by)


def met(to: Group, outline_id: UUID | None = None, **given: Any) -> ActivityDraft:
    """A meeting of a group today."""
    values = {"group_id": to.id, "outline_id": outline_id} | given
    return replace(ActivityDraft(ActivityKind.QUARTERLY_MEETING, today(), 20, to.area_id), **values)


async def test_hand_down_goes_to_each_open_group_below_area(chief: Actor) -> None:
    first, second, gone = await group(), await group(), await group()
    await group(ELSEWHERE)
    await groups.dissolve(gone.id, expected_version=1, on=today(), reason="Mẫu", by=BY)
    outline, areas = await published(), Recipients(areas=await area_ids(HERE))
    rows = await hand_downs.send(outline.id, areas, sender_id=await office(), by=chief)
    assert {row.group_id for row in rows} == {first.id, second.id}
    assert {row.area_id for row in rows} == {first.area_id}
    assert await AuditEntry.filter(action="outlines.hand_down").count() == 2
    assert await OutboxEvent.filter(type="outlines.hand_down").count() == 2


async def test_plan_counts_new_recipients_and_those_that_have_it(chief: Actor) -> None:
    first = await group()
    await group()
    outline, police = await published(), await office(ELSEWHERE)
    await to_groups(outline, first)
    to = Recipients(areas=await area_ids(HERE), groups=[first.id], organisations=[police])
    plan = await hand_downs.plan(outline.id, to, sender_id=await office(), by=chief)
    assert (len(plan.groups), len(plan.organisations), plan.already) == (1, 1, 1)
    assert (plan.size, plan.areas) == (2, 1)
    assert await HandDown.all().count() == 1


async def test_hand_down_reaches_nobody_twice(chief: Actor) -> None:
    to, outline = await group(), await published()
    assert len(await to_groups(outline, to, by=chief)) == 1
    assert await to_groups(outline, to, by=chief) == []
    assert await HandDown.all().count() == 1


async def test_hand_down_is_refused_when_one_recipient_is_wrong(staff_actor: MakeActor) -> None:
    chief = await staff_actor(Role.COMMANDER, HERE)
    ours, theirs, here, there = await group(), await group(ELSEWHERE), await office(), await office(ELSEWHERE)
    outline, elsewhere = await published(), await area_ids(ELSEWHERE)
    for to, sender, field in (
        (Recipients(), here, "areas"),
        (Recipients(areas=elsewhere), here, "areas"),
        (Recipients(groups=[ours.id, theirs.id]), here, "groups"),
        (Recipients(groups=[ours.id], organisations=[there]), here, "organisations"),
        (Recipients(groups=[ours.id], organisations=[here]), here, "organisations"),
        (Recipients(groups=[ours.id]), there, "sender"),
        (Recipients(groups=[ours.id]), uuid4(), "sender"),
    ):
        for verb in (hand_downs.plan, hand_downs.send):
            with pytest.raises(ValidationFailed) as wrong:
                await verb(outline.id, to, sender_id=sender, by=chief)
            assert set(wrong.value.problems) == {field}
    assert await HandDown.all().count() == 0


async def test_hand_down_is_refused_when_recipients_are_too_many(
    chief: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MAX_RECIPIENTS", 1)
    with pytest.raises(ValidationFailed):
        await to_groups(await published(), await group(), await group(), by=chief)


async def test_hand_down_needs_published_outline_that_is_valid(chief: Actor) -> None:
    to = await group()
    unpublished = await outlines.write(await draft(), by=chief)
    ended = await published(valid_until=date(2026, 1, 6))
    for outline in (unpublished, ended):
        with pytest.raises(Conflict):
            await to_groups(outline, to, by=chief)
    with pytest.raises(NotFound):
        await to_groups(Outline(id=uuid4()), to, by=chief)


async def test_sender_may_be_of_area_around(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, HERE)
    province, elsewhere = await office("82"), await office(ELSEWHERE)
    found = {row.id for row in await hand_downs.senders(officer)}
    assert province in found
    assert elsewhere not in found


async def test_hand_down_is_received_and_discussed(chief: Actor) -> None:
    to, other = await group(), await group(ELSEWHERE)
    row, elsewhere = await to_groups(await published(), to, other, by=chief)
    row, elsewhere = (row, elsewhere) if row.group_id == to.id else (elsewhere, row)
    assert hand_downs.state_of(row) is HandDownState.WAITING
    row = await hand_downs.receive(row.id, expected_version=1, by=chief)
    assert hand_downs.state_of(row) is HandDownState.ACKNOWLEDGED
    with pytest.raises(Conflict):
        await hand_downs.receive(row.id, expected_version=2, by=chief)
    meeting = await activities.record(met(to), by=chief)
    assert await hand_downs.discussable(row, chief) == [meeting]
    received_at = row.received_at
    row = await hand_downs.receive(row.id, expected_version=2, activity_id=meeting.id, by=chief)
    assert (hand_downs.state_of(row), row.received_at) == (HandDownState.DISCUSSED, received_at)
    with pytest.raises(ValidationFailed):
        await hand_downs.receive(elsewhere.id, expected_version=1, activity_id=meeting.id, by=chief)
    row = await hand_downs.reopen(row.id, expected_version=3, by=chief)
    assert hand_downs.state_of(row) is HandDownState.ACKNOWLEDGED


async def test_receipt_is_withdrawn_unless_discussed(chief: Actor) -> None:
    to = await group()
    (row,) = await to_groups(await published(), to)
    with pytest.raises(Conflict):
        await hand_downs.withdraw_receipt(row.id, expected_version=1, by=chief)
    row = await hand_downs.receive(row.id, expected_version=1, by=chief)
    row = await hand_downs.withdraw_receipt(row.id, expected_version=2, by=chief)
    assert hand_downs.state_of(row) is HandDownState.WAITING
    for told in (AuditEntry.filter(action="outlines.receive"), OutboxEvent.filter(type="outlines.receive")):
        assert await told.filter().count() == 2
    meeting = await activities.record(met(to), by=chief)
    await hand_downs.receive(row.id, expected_version=3, activity_id=meeting.id, by=chief)
    with pytest.raises(Conflict):
        await hand_downs.withdraw_receipt(row.id, expected_version=4, by=chief)


async def test_organisation_receives_and_discusses(chief: Actor) -> None:
    outline, police = await published(), await office(ELSEWHERE)
    (row,) = await hand_downs.send(
        outline.id, Recipients(organisations=[police]), sender_id=await office(), by=chief
    )
    assert (row.organisation_id, row.group_id) == (police, None)
    session = ActivityDraft(
        ActivityKind.OUTREACH, today(), 9, row.area_id, organisation_id=police, outline_id=outline.id
    )
    await meetings.record(session, by=chief)
    found = await hand_downs.of_recipients(outline.id, organisations=True, by=chief)
    assert (found, found.share) == (HandDownProgress(1, 1, 1), 100)
    assert await hand_downs.of_recipients(outline.id, organisations=False, by=chief) == HandDownProgress()


async def test_hand_downs_elsewhere_are_not_seen(staff_actor: MakeActor, chief: Actor) -> None:
    outline = await published()
    await to_groups(outline, await group(), await group(ELSEWHERE))
    officer = await staff_actor(Role.OFFICER, HERE)
    assert [await hand_downs.visible_to(who).count() for who in (officer, chief)] == [1, 2]
    assert (await hand_downs.by_outline([outline.id], by=officer))[outline.id] == HandDownProgress(1)
    assert await hand_downs.remind(outline.id, by=officer) == 1


async def test_progress_is_summed_by_area_where_most_are_missing_first(chief: Actor) -> None:
    outline = await published()
    first, second, third = await group(), await group(ELSEWHERE), await group(ELSEWHERE)
    await to_groups(outline, first, second, third)
    await meetings.record(met(first, outline.id), by=chief)
    found = await hand_downs.by_area(outline.id, by=chief)
    assert [(area.code, progress) for area, progress in found] == [
        (ELSEWHERE, HandDownProgress(2)),
        (HERE, HandDownProgress(1, 1, 1)),
    ]
    assert (found[1][1].share, found[0][1].missing, HandDownProgress().share) == (100, 2, None)


class UndoError(Exception):
    """Ends a test without a trace: the areas outlive the records."""


async def test_progress_is_of_each_hamlet_when_all_are_in_one_commune(chief: Actor) -> None:
    with suppress(UndoError):
        async with transaction():
            await hamlets.load_hamlets()
            outline, first, second = await published(), await group("MAU-29905-1"), await group("MAU-29905-2")
            await to_groups(outline, first, second)
            await meetings.record(met(first, outline.id), by=chief)
            found = await hand_downs.by_area(outline.id, by=chief)
            assert [(area.name, progress) for area, progress in found] == [
                ("Khóm mẫu 2", HandDownProgress(1)),
                ("Khóm mẫu 1", HandDownProgress(1, 1, 1)),
            ]
            await to_groups(outline, await group(ELSEWHERE))
            found = await hand_downs.by_area(outline.id, by=chief)
            assert [(area.code, progress.sent) for area, progress in found] == [(HERE, 2), (ELSEWHERE, 1)]
            raise UndoError


@pytest.mark.parametrize(("verb", "column"), [("remind", "reminded_at"), ("receive_all", "received_at")])
async def test_note_is_of_those_that_have_not_received_it(chief: Actor, verb: str, column: str) -> None:
    outline = await published()
    first, *others = await to_groups(outline, await group(), await group(), await group())
    await hand_downs.receive(first.id, expected_version=1, by=chief)
    assert await getattr(hand_downs, verb)(outline.id, by=chief) == 2
    noted = {row.id for row in await HandDown.filter(version=2, **{f"{column}__isnull": False})}
    assert noted - {first.id} == {row.id for row in others}
    assert await hand_downs.reminded(chief).count() == (2 if verb == "remind" else 0)


async def test_note_is_refused_when_all_have_received_it(chief: Actor) -> None:
    outline = await published()
    await to_groups(outline, await group())
    await hand_downs.receive_all(outline.id, by=chief)
    for verb in (hand_downs.receive_all, hand_downs.remind):
        with pytest.raises(Conflict):
            await verb(outline.id, by=chief)


async def test_meeting_discusses_its_outline_until_it_is_removed(chief: Actor) -> None:
    to, outline = await group(), await published()
    await to_groups(outline, to)
    meeting = await meetings.record(met(to, outline.id), by=chief)
    assert (await HandDown.get()).activity_id == meeting.id
    await meetings.remove(meeting.id, expected_version=1, reason="Mẫu", by=chief)
    assert (await HandDown.get()).activity_id is None
    await meetings.restore(meeting.id, expected_version=2, by=chief)
    assert (await HandDown.get()).activity_id == meeting.id


async def test_hand_down_follows_outline_of_edited_meeting(chief: Actor) -> None:
    to, outline, other = await group(), await published(), await published()
    await to_groups(outline, to)
    await to_groups(other, to)
    meeting = await meetings.record(met(to, outline.id), by=chief)
    await meetings.edit(meeting.id, met(to, other.id), expected_version=1, by=chief)
    found = {row.outline_id: row.activity_id for row in await HandDown.all()}
    assert found == {outline.id: None, other.id: meeting.id}


async def test_other_discussion_stays_when_meeting_is_edited(chief: Actor) -> None:
    to, outline = await group(), await published()
    (row,) = await to_groups(outline, to)
    meeting = await activities.record(met(to), by=chief)
    await hand_downs.receive(row.id, expected_version=1, activity_id=meeting.id, by=chief)
    await meetings.edit(meeting.id, met(to, minutes="Mẫu"), expected_version=1, by=chief)
    assert (await HandDown.get()).activity_id == (await Activity.get()).id


async def test_administrator_records_meeting_and_receives_nothing(staff_actor: MakeActor) -> None:
    to, outline = await group(), await published()
    await to_groups(outline, to)
    await meetings.record(met(to, outline.id), by=await staff_actor(Role.ADMINISTRATOR, HERE))
    assert (await HandDown.get()).received_at is None


async def test_activity_before_hand_down_is_not_offered(chief: Actor) -> None:
    to = await group()
    (row,) = await to_groups(await published(), to)
    await activities.record(met(to, held_on=today() - timedelta(days=1)), by=chief)
    assert await hand_downs.discussable(row, chief) == []
