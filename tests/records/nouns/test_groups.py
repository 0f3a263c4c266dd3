"""Groups: entering, editing, conflicts, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import activities, groups, members
from records.nouns.activities import ActivityDraft
from records.nouns.members import MemberDraft
from records.tables import AuditEntry, Group
from records.tables.activities import ActivityKind
from records.tables.groups import GroupStatus, MemberRole
from tests.conftest import area_ids
from tests.records.nouns.group_support import DAY, WHY, MakeActor, draft, found, in_status, untouched


def test_group_transitions_cover_statuses_and_ends_are_final() -> None:
    following = groups.NOUN.following
    assert all(status not in following(status) for status in GroupStatus)
    assert GroupStatus.ACTIVE in following(GroupStatus.PAUSED)
    assert following(GroupStatus.DISSOLVED) == following(GroupStatus.MERGED) == frozenset()


async def test_new_group_is_active_and_stored_as_typed(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    given = await draft(
        name="  Tổ nhân dân tự quản số 2 ",
        households=45,
        stated_members=120,
        stated_on=DAY,
        external_id=" ",
        external_url="https://zalo.me/g/mau",
    )
    row = await groups.create(given, by=officer)
    stored = await Group.get(id=row.id)
    assert (stored.status, stored.version, stored.inactive_on) == (GroupStatus.ACTIVE, 1, None)
    assert (stored.name, stored.folded) == (
        "Tổ nhân dân tự quản số 2",
        "mau 01 to nhan dan tu quan so 2",
    )
    assert (stored.households, stored.stated_members, stored.stated_on) == (45, 120, DAY)
    assert (stored.external_id, stored.external_url) == (None, "https://zalo.me/g/mau")


async def test_stated_members_are_of_today_when_undated(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    assert (await found(officer, stated_members=30)).stated_on == today()


@pytest.mark.parametrize("verb", ["edit", "pause", "resume", "dissolve", "merge", "remove"])
async def test_group_change_conflicts_when_changed_before(staff_actor: MakeActor, verb: str) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row, into = await found(commander), await found(commander, "MAU-02")
    await groups.edit(row.id, await draft(name="Tên khác"), expected_version=1, by=commander)
    edited = await draft(name="Tên thứ ba")
    before = await untouched()
    attempts: dict[str, Callable[[], Awaitable[Group]]] = {
        "edit": lambda: groups.edit(row.id, edited, expected_version=1, by=commander),
        "pause": lambda: groups.pause(row.id, expected_version=1, on=DAY, reason=WHY, by=commander),
        "resume": lambda: groups.resume(row.id, expected_version=1, by=commander),
        "dissolve": lambda: groups.dissolve(row.id, expected_version=1, on=DAY, reason=WHY, by=commander),
        "merge": lambda: groups.merge(
            row.id, expected_version=1, into=into.id, on=DAY, reason=WHY, by=commander
        ),
        "remove": lambda: groups.remove(row.id, expected_version=1, reason=WHY, by=commander),
    }
    with pytest.raises(Conflict):
        await attempts[verb]()
    assert await untouched() == before


async def test_group_edit_succeeds_once_when_many_edit_at_once(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await found(officer)
    drafts = [await draft(name=f"Tên {number}") for number in range(8)]
    results = await asyncio.gather(
        *(groups.edit(row.id, given, expected_version=1, by=officer) for given in drafts),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Group) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7
    assert (await Group.get(id=row.id)).version == 2
    assert await AuditEntry.filter(row_id=row.id).count() == 2


async def test_group_code_is_unique_when_created_many_times_at_once(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    given = await draft()
    results = await asyncio.gather(
        *(groups.create(given, by=officer) for _ in range(6)), return_exceptions=True
    )
    refusals = [result for result in results if isinstance(result, ValidationFailed)]
    assert len(refusals) == 5
    assert all(set(refusal.problems) == {"code"} for refusal in refusals)
    other = await found(officer, "MAU-02")
    before = await untouched()
    with pytest.raises(ValidationFailed) as wrong:
        await groups.edit(other.id, given, expected_version=1, by=officer)
    assert set(wrong.value.problems) == {"code"}
    assert await untouched() == before


async def test_ended_group_takes_no_records_but_paused_one_does(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    joins = MemberDraft("Người mẫu", MemberRole.MEMBER, DAY)
    for number, status in enumerate(GroupStatus):
        row = await in_status(status, commander, f"MAU-{number}")
        meets = ActivityDraft(
            ActivityKind.QUARTERLY_MEETING, DAY, 20, area_id=row.area_id, group_id=row.id, topics=["Mẫu"]
        )
        before = await AuditEntry.all().count()
        if groups.NOUN.following(status):
            await members.join(row.id, joins, by=commander)
            await activities.record(meets, by=commander)
            assert await AuditEntry.all().count() == before + 2
        else:
            for attempt in (
                members.join(row.id, joins, by=commander),
                activities.record(meets, by=commander),
            ):
                with pytest.raises(Conflict):
                    await attempt
            assert await AuditEntry.all().count() == before


async def test_group_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.COMMANDER, "29905"), await staff_actor(Role.COMMANDER, "30244")
    row = await found(here)
    own = await found(elsewhere, "MAU-02", area="30244")
    assert [group.id for group in await groups.visible_to(elsewhere)] == [own.id]
    before = await untouched()
    given = await draft()
    for attempt in (
        groups.edit(row.id, given, expected_version=1, by=elsewhere),
        groups.pause(row.id, expected_version=1, on=DAY, reason=WHY, by=elsewhere),
        groups.merge(row.id, expected_version=1, into=own.id, on=DAY, reason=WHY, by=elsewhere),
        groups.remove(row.id, expected_version=1, reason=WHY, by=elsewhere),
        groups.pause(uuid4(), expected_version=1, on=DAY, reason=WHY, by=elsewhere),
    ):
        with pytest.raises(NotFound) as refusal:
            await attempt
        assert refusal.value.message.text == "There is no such group."
    for wrong in (
        groups.create(given, by=elsewhere),
        # Nor can a group be moved to where one does not work.
        groups.edit(own.id, given, expected_version=1, by=elsewhere),
    ):
        with pytest.raises(ValidationFailed) as refused:
            await wrong
        assert set(refused.value.problems) == {"area"}
    with pytest.raises(ValidationFailed) as unknown:
        await groups.merge(own.id, expected_version=1, into=row.id, on=DAY, reason=WHY, by=elsewhere)
    assert set(unknown.value.problems) == {"into"}
    assert await untouched() == before


async def test_group_reports_all_problems_and_stores_nothing(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await found(officer)
    before = await untouched()
    tomorrow = today() + timedelta(days=1)
    bad = await draft(
        code=" ",
        name="x" * 201,
        external_id="x" * 121,
        external_url="javascript:alert(1)",
        founded_on=tomorrow,
        households=-1,
        stated_members=1_000_001,
        stated_on=tomorrow,
        area="30244",
        programme_id=uuid4(),
    )
    problems = {
        *("code", "name", "external_id", "external_url", "founded_on", "households", "stated_members"),
        *("stated_on", "area", "programme"),
    }
    for attempt in (groups.create(bad, by=officer), groups.edit(row.id, bad, expected_version=1, by=officer)):
        with pytest.raises(ValidationFailed) as wrong:
            await attempt
        assert set(wrong.value.problems) == problems
    with pytest.raises(ValidationFailed) as wrong:
        await found(officer, "MAU-02", stated_on=DAY)
    assert set(wrong.value.problems) == {"stated_members"}
    assert await untouched() == before


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("https://zalo.me/g/mau", True),
        ("", True),
        ("http://zalo.me/g/mau", False),
        ("https://", False),
        ("https://[", False),
        ("zalo.me/g/mau", False),
        ("//zalo.me", False),
    ],
)
async def test_group_url_must_be_safe(staff_actor: MakeActor, address: str, fits: bool) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    if fits:
        assert (await found(officer, external_url=address)).external_url == address
    else:
        with pytest.raises(ValidationFailed) as wrong:
            await found(officer, external_url=address)
        assert set(wrong.value.problems) == {"external_url"}


async def test_group_founding_after_end_is_refused_without_data(
    staff_actor: MakeActor,
) -> None:
    commander = await staff_actor(Role.COMMANDER)
    row = await found(commander)
    row = await groups.dissolve(row.id, expected_version=1, on=DAY, reason=WHY, by=commander)
    before = await untouched()
    with pytest.raises(ValidationFailed) as wrong:
        await groups.edit(
            row.id, await draft(founded_on=DAY + timedelta(days=1)), expected_version=2, by=commander
        )
    assert set(wrong.value.problems) == {""}
    assert await untouched() == before


async def test_group_edit_updates_search_keys_and_ignores_no_change(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    row = await found(officer)
    old_key = row.name_key
    given = replace(await draft(), name="Tổ Ánh Dương")
    row = await groups.edit(row.id, given, expected_version=1, by=officer)
    assert (row.folded, row.version) == ("mau 01 to anh duong", 2)
    assert row.name_key != old_key
    before = await untouched()
    assert (await groups.edit(row.id, given, expected_version=2, by=officer)).version == 2
    assert await untouched() == before


async def test_system_actor_has_no_area_limit_but_needs_existing_area(database: str) -> None:
    task = system_actor("test")
    assert (await found(task)).area_id == (await area_ids("29905"))[0]
    before = await untouched()
    with pytest.raises(ValidationFailed):
        await groups.create(replace(await draft("MAU-02"), area_id=UUID(int=7)), by=task)
    assert await untouched() == before
