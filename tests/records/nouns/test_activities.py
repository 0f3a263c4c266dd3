import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.metrics import cells
from records.nouns import activities, groups
from records.nouns.activities import ActivityDraft, AlreadyMet, QuarterState
from records.nouns.groups import GroupDraft
from records.tables import Activity, AuditEntry, Group, MetricDelta, Organisation, OutboxEvent
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind, GroupStatus
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]
HELD = date(2025, 9, 15)


async def group_by(by: Actor, area: str = "29905") -> Group:
    (area_id,) = await area_ids(area)
    draft = GroupDraft(f"MAU-{area}", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id)
    return await groups.create(draft, by=by)


async def police() -> Organisation:
    (area_id,) = await area_ids("29905")
    name = "Công an mẫu"
    return await Organisation.create(name=name, folded=name, kind=OrganisationKind.POLICE, area_id=area_id)


async def draft(area: str = "29905", **given: Any) -> ActivityDraft:
    (area_id,) = await area_ids(area)
    values: dict[str, Any] = {
        "kind": ActivityKind.QUARTERLY_MEETING,
        "held_on": HELD,
        "attendance": 30,
        "area_id": area_id,
    }
    return ActivityDraft(**(values | given))


async def untouched() -> tuple[int, ...]:
    versions = sum(row.version for row in await Activity.all())
    told = [await model.filter(noun="activity").count() for model in (AuditEntry, OutboxEvent)]
    return (versions, *told, await MetricDelta.all().count())


async def test_group_meeting_is_in_area_of_group(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "82")
    group = await group_by(officer)
    given = await draft(
        "30244", group_id=group.id, topics=["Phòng cháy", " ", "Ma túy"], minutes=" Biên bản "
    )
    row = await activities.record(given, by=officer)
    assert (row.area_id, row.recorded_by_id) == (group.area_id, officer.id)
    stored = await Activity.get(id=row.id)
    assert (stored.topics, stored.minutes) == (["Phòng cháy", "Ma túy"], "Biên bản")
    assert await cells.matches_rows()


async def test_organisation_holds_sessions_without_group(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    given = await draft(kind=ActivityKind.OUTREACH, organisation_id=(await police()).id)
    row = await activities.record(given, by=officer)
    assert (row.group_id, row.area_id) == (None, given.area_id)
    assert (await activities.record(given, by=system_actor("test"))).recorded_by_id is None


async def test_activity_reports_all_problems_and_stores_nothing(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    before = await untouched()
    bad = await draft(
        "30244",
        held_on=today() + timedelta(days=1),
        attendance=-1,
        households_present=100_001,
        minutes="x" * 20_001,
        topics=["x"] * 21,
        outline_id=uuid4(),
    )
    with pytest.raises(ValidationFailed) as wrong:
        await activities.record(bad, by=officer)
    problems = {
        "held_on",
        "attendance",
        "households_present",
        "minutes",
        "topics",
        "outline",
        "area",
        "group",
    }
    assert set(wrong.value.problems) == problems
    outreach = await draft(kind=ActivityKind.OUTREACH, organisation_id=uuid4(), topics=["x" * 101])
    with pytest.raises(ValidationFailed) as wrong:
        await activities.record(outreach, by=officer)
    assert set(wrong.value.problems) == {"organisation", "topics"}
    with pytest.raises(NotFound):
        await activities.record(await draft(group_id=uuid4()), by=officer)
    assert await untouched() == before


async def test_activity_edit_moves_its_counts(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "82")
    group, other = await group_by(officer), await group_by(officer, "30244")
    row = await activities.record(await draft(group_id=group.id), by=officer)
    moved = await draft(
        group_id=other.id, kind=ActivityKind.OUTREACH, attendance=12, held_on=date(2025, 10, 1)
    )
    row = await activities.edit(row.id, moved, expected_version=1, by=officer)
    assert (row.area_id, row.attendance, row.version) == (other.area_id, 12, 2)
    assert await cells.matches_rows()
    before = await untouched()
    assert (await activities.edit(row.id, moved, expected_version=2, by=officer)).version == 2
    with pytest.raises(Conflict):
        await activities.edit(row.id, await draft(group_id=group.id), expected_version=1, by=officer)
    assert await untouched() == before


async def test_activity_can_be_corrected_when_its_group_has_ended(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "82")
    group, other = await group_by(officer), await group_by(officer, "30244")
    row = await activities.record(await draft(group_id=group.id), by=officer)
    elsewhere = await activities.record(await draft(group_id=other.id), by=officer)
    await groups.dissolve(group.id, expected_version=1, on=today(), reason="Hết hộ", by=officer)
    row = await activities.edit(
        row.id, await draft(group_id=group.id, attendance=31), expected_version=1, by=officer
    )
    assert (row.attendance, row.area_id) == (31, group.area_id)
    with pytest.raises(Conflict):
        await activities.edit(elsewhere.id, await draft(group_id=group.id), expected_version=1, by=officer)
    assert await cells.matches_rows()


async def test_activity_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    group = await group_by(here)
    row = await activities.record(await draft(group_id=group.id), by=here)
    assert await activities.visible_to(elsewhere).count() == 0
    before = await untouched()
    for attempt in (
        activities.record(await draft(group_id=group.id), by=elsewhere),
        activities.edit(row.id, await draft(group_id=group.id), expected_version=1, by=elsewhere),
        activities.edit(uuid4(), await draft(group_id=group.id), expected_version=1, by=here),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await untouched() == before


async def test_removed_activity_is_hidden_until_restored(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await activities.record(await draft(group_id=(await group_by(officer)).id), by=officer)
    row = await activities.remove(row.id, expected_version=1, reason="Nhập nhầm", by=officer)
    assert await activities.visible_to(officer).count() == 0
    assert await activities.visible_to(officer, removed=True).count() == 1
    assert await cells.matches_rows()
    entry = await AuditEntry.filter(noun="activity", row_id=row.id).order_by("-seq").first()
    assert entry is not None
    assert entry.motive == "Nhập nhầm"
    with pytest.raises(Conflict):
        await activities.restore(row.id, expected_version=1, by=officer)
    assert (await activities.restore(row.id, expected_version=2, by=officer)).version == 3
    assert await activities.visible_to(officer).count() == 1
    assert await cells.matches_rows()


async def test_activity_is_not_removed_when_no_reason_is_given(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await activities.record(await draft(group_id=(await group_by(officer)).id), by=officer)
    before = await untouched()
    with pytest.raises(ValidationFailed):
        await activities.remove(row.id, expected_version=1, reason=" ", by=officer)
    with pytest.raises(NotFound):
        await activities.restore(row.id, expected_version=1, by=officer)
    assert await untouched() == before


async def test_missing_lists_groups_without_meeting_in_quarter(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "82")
    met, other = await group_by(officer), await group_by(officer, "30244")
    row = await activities.record(await draft(group_id=met.id), by=officer)
    await activities.record(await draft(group_id=other.id, kind=ActivityKind.OUTREACH), by=officer)
    assert [one.id for one in await activities.missing(officer, HELD)] == [other.id]
    assert await activities.missing(officer, date(2025, 10, 1)).count() == 2
    assert await activities.missing(await staff_actor(Role.OFFICER, "30244"), HELD).count() == 1
    await activities.remove(row.id, expected_version=1, reason="Nhập nhầm", by=officer)
    assert await activities.missing(officer, HELD).count() == 2


@pytest.mark.parametrize(
    "values",
    [
        {"kind": GroupKind.ZALO},
        {"status": GroupStatus.PAUSED, "inactive_on": HELD},
        {"founded_on": date(2025, 10, 1)},
    ],
)
async def test_missing_leaves_out_group_when_it_need_not_meet(
    staff_actor: MakeActor, values: dict[str, Any]
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await Group.filter(id=(await group_by(officer)).id).update(**values)
    assert await activities.missing(officer, HELD).count() == 0


async def test_quarters_say_which_meetings_were_held(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    row = await activities.record(await draft(group_id=group.id), by=officer)
    quarters = await activities.quarters_of(group, HELD.year, by=officer)
    missed = QuarterState.MISSING
    assert [one.state for one in quarters] == [missed, missed, QuarterState.HELD, missed]
    assert [one.id for one in quarters[2].meetings] == [row.id]
    assert (quarters[2].start, quarters[2].end) == (date(2025, 7, 1), date(2025, 9, 30))
    group.founded_on, group.inactive_on = date(2025, 4, 1), date(2025, 9, 30)
    states = [one.state for one in await activities.quarters_of(group, HELD.year, by=officer)]
    assert states == [QuarterState.NONE, missed, QuarterState.HELD, QuarterState.NONE]


async def test_quarter_of_today_is_due_until_it_ends(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    now = await activities.quarters_of(group, today().year, by=officer)
    coming = await activities.quarters_of(group, today().year + 1, by=officer)
    assert [one.state for one in now].count(QuarterState.DUE) == 1
    assert {one.state for one in coming} == {QuarterState.NONE}


async def test_other_meetings_are_those_of_the_same_quarter(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    row = await activities.record(await draft(group_id=group.id), by=officer)

    async def others(day: date, *, known: Sequence[UUID] = (), before: Activity | None = None) -> list[UUID]:
        one = await draft(group_id=group.id, held_on=day, known_meetings=known)
        return [found.id for found in await activities.other_meetings(one, before=before, by=officer)]

    assert await others(date(2025, 7, 1)) == [row.id]
    assert await others(date(2025, 7, 1), known=[row.id]) == []
    assert await others(date(2025, 7, 1), before=row) == []
    assert await others(date(2025, 10, 1)) == []


async def test_meeting_counts_when_its_group_has_moved(staff_actor: MakeActor) -> None:
    there, here = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    group = await group_by(there)
    first = await activities.record(await draft(group_id=group.id), by=there)
    again = await draft(group_id=group.id, held_on=HELD + timedelta(days=1))
    assert await activities.other_meetings(again, by=here) == []
    (group.area_id,) = await area_ids("30244")
    await group.save(update_fields=["area_id"])
    assert await activities.missing(here, HELD).count() == 0
    quarters = await activities.quarters_of(group, HELD.year, by=here)
    assert [one.id for one in quarters[2].meetings] == [first.id]
    met = await activities.met_by_quarter(Group.filter(id=group.id), HELD.year, by=here)
    assert met == {quarters[2].start: 1}
    # Whoever sees the meeting itself still does.
    for actor in (here, there):
        assert [one.id for one in await activities.other_meetings(again, by=actor)] == [first.id]
    with pytest.raises(AlreadyMet):
        await activities.record(replace(again, known_meetings=()), by=here)


async def test_second_meeting_of_quarter_is_refused_until_it_is_known(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    first = await activities.record(await draft(group_id=group.id, known_meetings=()), by=officer)
    again = await draft(group_id=group.id, held_on=HELD + timedelta(days=1))
    unknown, known = (replace(again, known_meetings=ids) for ids in ((), [first.id]))
    with pytest.raises(AlreadyMet) as refused:
        await activities.record(unknown, by=officer)
    assert refused.value.meeting.id == first.id
    second = await activities.record(known, by=officer)
    # It stays one of its quarter; that of another quarter moves into one where the group has met.
    await activities.edit(second.id, unknown, expected_version=1, by=officer)
    later = await draft(group_id=group.id, held_on=date(2025, 10, 1), known_meetings=())
    third = await activities.record(later, by=officer)
    with pytest.raises(AlreadyMet):
        await activities.edit(third.id, known, expected_version=1, by=officer)
    # Another system decides for itself.
    await activities.record(again, by=officer)


async def test_one_of_two_meetings_is_refused_when_recorded_at_once(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    for _round in range(5):
        group = await groups.create(
            GroupDraft(f"MAU-{_round}", "Tổ mẫu", GroupKind.SELF_GOVERNING, (await area_ids("29905"))[0]),
            by=officer,
        )
        one = await draft(group_id=group.id, known_meetings=())
        writers = [activities.record(one, by=officer) for _writer in range(3)]
        done = await asyncio.gather(*writers, return_exceptions=True)
        assert sorted(type(each).__name__ for each in done) == ["Activity", "AlreadyMet", "AlreadyMet"]
        assert await Activity.filter(group_id=group.id).count() == 1


@pytest.mark.parametrize("kind", [GroupKind.ZALO, GroupKind.FACEBOOK])
async def test_quarterly_meeting_is_refused_when_group_is_online(
    staff_actor: MakeActor, kind: GroupKind
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await groups.create(
        GroupDraft("MAU-Z", "Nhóm mẫu", kind, (await area_ids("29905"))[0]), by=officer
    )
    meeting = await draft(group_id=group.id)
    with pytest.raises(ValidationFailed) as wrong:
        await activities.record(meeting, by=officer)
    assert wrong.value.problems["kind"].text == "Only self-governing groups meet quarterly."
    row = await activities.record(await draft(group_id=group.id, kind=ActivityKind.OUTREACH), by=officer)
    with pytest.raises(ValidationFailed):
        await activities.edit(row.id, meeting, expected_version=1, by=officer)


async def test_kind_of_group_is_named_beside_other_problem(staff_actor: MakeActor) -> None:
    officer, elsewhere = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.OFFICER, "30244")
    group = await group_by(officer)
    await Group.filter(id=group.id).update(kind=GroupKind.ZALO)
    wrong = await draft(group_id=group.id, attendance=-1)
    for actor, named in ((officer, {"attendance", "kind"}), (elsewhere, {"attendance"})):
        with pytest.raises(ValidationFailed) as refused:
            await activities.record(wrong, by=actor)
        assert set(refused.value.problems) == named


async def test_quarterly_meeting_can_be_corrected_when_group_changed_kind(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    row = await activities.record(await draft(group_id=group.id), by=officer)
    await Group.filter(id=group.id).update(kind=GroupKind.ZALO)
    corrected = await draft(group_id=group.id, attendance=31)
    row = await activities.edit(row.id, corrected, expected_version=1, by=officer)
    assert row.attendance == 31
    with pytest.raises(ValidationFailed):
        await activities.record(corrected, by=officer)


async def test_quarterly_meeting_is_refused_when_group_is_missing(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    with pytest.raises(ValidationFailed) as wrong:
        await activities.record(await draft(organisation_id=(await police()).id), by=officer)
    assert set(wrong.value.problems) == {"group"}
