import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import groups, members
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.registry import history
from records.tables import AuditEntry, Group, Member, OutboxEvent
from records.tables.groups import GroupKind, MemberRole
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]
JOINED, LATER = date(2025, 8, 1), date(2025, 9, 1)


async def group_by(by: Actor, code: str = "MAU-01", area: str = "29905") -> Group:
    (area_id,) = await area_ids(area)
    return await groups.create(GroupDraft(code, "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id), by=by)


def person(name: str = "Người Mẫu", role: MemberRole = MemberRole.MEMBER, **given: Any) -> MemberDraft:
    return MemberDraft(name, role, given.pop("joined_on", JOINED), **given)


async def terms(group_id: UUID) -> list[tuple[str, MemberRole, date, date | None]]:
    rows = await Member.filter(group_id=group_id).order_by("id")
    return [(row.name, row.role, row.joined_on, row.left_on) for row in rows]


async def untouched() -> tuple[int, ...]:
    versions = sum(row.version for row in await Member.all())
    told = [await model.filter(noun="member").count() for model in (AuditEntry, OutboxEvent)]
    return (versions, await Member.all().count(), *told)


async def test_member_joins_and_leaves_and_term_stays(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    row = await members.join(group.id, person(" Người  Mẫu ", birth_year=1980), by=front)
    assert (row.version, row.left_on, row.birth_year) == (1, None, 1980)
    row = await members.leave(row.id, expected_version=1, on=LATER, by=front)
    assert (row.version, row.left_on, row.deleted_at) == (2, LATER, None)
    assert await terms(group.id) == [("Người  Mẫu", MemberRole.MEMBER, JOINED, LATER)]
    assert [member.id for member in await (await members.of_group(front, group.id))] == [row.id]
    with pytest.raises(Conflict):
        await members.leave(row.id, expected_version=2, on=LATER, by=front)


async def test_group_has_one_head_at_most(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group, other = await group_by(front), await group_by(front, "MAU-02")
    head = await members.join(group.id, person(role=MemberRole.HEAD), by=front)
    before = await untouched()
    with pytest.raises(ValidationFailed) as wrong:
        await members.join(group.id, person(role=MemberRole.HEAD), by=front)
    assert set(wrong.value.problems) == {"role"}
    assert await untouched() == before
    await members.join(other.id, person(role=MemberRole.HEAD), by=front)
    await members.leave(head.id, expected_version=1, on=LATER, by=front)
    await members.join(group.id, person("Người Kế", MemberRole.HEAD, joined_on=LATER), by=front)
    assert await terms(group.id) == [
        ("Người Mẫu", MemberRole.HEAD, JOINED, LATER),
        ("Người Kế", MemberRole.HEAD, LATER, None),
    ]


async def test_group_gets_one_head_when_many_become_head_at_once(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    rows = [await members.join(group.id, person(f"Người {number}"), by=front) for number in range(3)]
    results = await asyncio.gather(
        *(members.join(group.id, person(role=MemberRole.HEAD), by=front) for _ in range(3)),
        *(
            members.change_role(row.id, expected_version=1, role=MemberRole.HEAD, on=LATER, by=front)
            for row in rows
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Member) for result in results) == 1
    refusals = [result for result in results if isinstance(result, ValidationFailed)]
    assert [set(refusal.problems) for refusal in refusals] == [{"role"}] * 5
    assert await Member.filter(group_id=group.id, role=MemberRole.HEAD, left_on__isnull=True).count() == 1


async def test_role_change_closes_term_and_opens_another(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    old = await members.join(group.id, person(birth_year=1970), by=front)
    new = await members.change_role(old.id, expected_version=1, role=MemberRole.HEAD, on=LATER, by=front)
    assert (new.id != old.id, new.birth_year, new.left_on) == (True, 1970, None)
    assert await terms(group.id) == [
        ("Người Mẫu", MemberRole.MEMBER, JOINED, LATER),
        ("Người Mẫu", MemberRole.HEAD, LATER, None),
    ]


async def test_term_stays_open_when_role_is_taken(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    await members.join(group.id, person("Người Đầu", MemberRole.HEAD), by=front)
    row = await members.join(group.id, person(), by=front)
    before = await untouched()
    with pytest.raises(ValidationFailed) as wrong:
        await members.change_role(row.id, expected_version=1, role=MemberRole.HEAD, on=LATER, by=front)
    assert set(wrong.value.problems) == {"role"}
    await groups.dissolve(group.id, expected_version=1, on=today(), reason="Hết hộ", by=front)
    with pytest.raises(Conflict):
        await members.change_role(row.id, expected_version=1, role=MemberRole.DEPUTY, on=LATER, by=front)
    assert await untouched() == before


async def test_member_may_leave_when_group_has_ended(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    row = await members.join(group.id, person(), by=front)
    await groups.dissolve(group.id, expected_version=1, on=today(), reason="Hết hộ", by=front)
    assert (await members.leave(row.id, expected_version=1, on=LATER, by=front)).left_on == LATER


@pytest.mark.parametrize("on", [JOINED - timedelta(days=1), today() + timedelta(days=1)])
async def test_term_ends_between_its_start_and_today(staff_actor: MakeActor, on: date) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    row = await members.join((await group_by(front)).id, person(), by=front)
    before = await untouched()
    for attempt in (
        members.leave(row.id, expected_version=1, on=on, by=front),
        members.change_role(row.id, expected_version=1, role=MemberRole.DEPUTY, on=on, by=front),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await attempt
        assert set(wrong.value.problems) == {"on"}
    assert await untouched() == before


async def test_term_end_conflicts_when_closed_before(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    row = await members.join((await group_by(front)).id, person(), by=front)
    results = await asyncio.gather(
        *(members.leave(row.id, expected_version=1, on=LATER, by=front) for _ in range(4)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == [*["Conflict"] * 3, "Member"]
    assert (await Member.get(id=row.id)).version == 2


async def test_member_reports_all_problems_at_once(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    for bad in (
        person(" ", joined_on=today() + timedelta(days=1), birth_year=1899),
        person("x" * 121, joined_on=date(1, 1, 1), birth_year=today().year + 1),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await members.join(group.id, bad, by=front)
        assert set(wrong.value.problems) == {"name", "joined_on", "birth_year"}
    assert await Member.all().count() == 0


async def test_members_are_sorted_by_given_name(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    names = ["Lê Mẫu An", "Nguyễn Mẫu An", "Phạm Mẫu Ân", "Trần Mẫu Dũng", "Bùi Mẫu Đạt", "Âu Mẫu Út"]
    for name in reversed(names):
        await members.join(group.id, person(name), by=front)
    assert [row.name for row in await (await members.of_group(front, group.id))] == names


async def test_member_is_hidden_when_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.FRONT, "29905"), await staff_actor(Role.FRONT, "30244")
    group = await group_by(here)
    row = await members.join(group.id, person(), by=here)
    before = await untouched()
    for attempt in (
        members.of_group(elsewhere, group.id),
        members.join(group.id, person(), by=elsewhere),
        members.leave(row.id, expected_version=1, on=LATER, by=elsewhere),
        members.change_role(row.id, expected_version=1, role=MemberRole.HEAD, on=LATER, by=elsewhere),
        members.leave(uuid4(), expected_version=1, on=LATER, by=here),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await untouched() == before


async def test_member_history_is_in_area_of_group_and_names_no_person(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    group = await group_by(officer)
    row = await members.join(group.id, person("Người Không Kể Tên"), by=officer)
    await members.leave(row.id, expected_version=1, on=LATER, by=officer)
    entries = await history.entries_of(officer, row.id)
    assert [entry.after and entry.after.get("left_on") for entry in entries] == ["2025-09-01", None]
    assert {entry.area_id for entry in entries} == {group.area_id}
    assert {event.area_id for event in await OutboxEvent.filter(row_id=row.id)} == {group.area_id}
    assert "Không Kể Tên" not in str([(entry.before, entry.after, entry.motive) for entry in entries])
    assert await history.entries_of(await staff_actor(Role.OFFICER, "30244"), row.id) == []


async def test_head_is_replaced_by_member_in_one_step(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    head = await members.join(group.id, person("Người Đầu", MemberRole.HEAD), by=front)
    row = await members.join(group.id, person("Người Kế", birth_year=1980), by=front)
    new = await members.replace_head(head.id, expected_version=1, member=row.id, name="", on=LATER, by=front)
    assert (new.role, new.name, new.birth_year) == (MemberRole.HEAD, "Người Kế", 1980)
    assert await terms(group.id) == [
        ("Người Đầu", MemberRole.HEAD, JOINED, LATER),
        ("Người Kế", MemberRole.MEMBER, JOINED, LATER),
        ("Người Kế", MemberRole.HEAD, LATER, None),
    ]


async def test_head_is_replaced_by_somebody_new_in_one_step(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group = await group_by(front)
    head = await members.join(group.id, person("Người Đầu", MemberRole.HEAD), by=front)
    results = await asyncio.gather(
        *(
            members.replace_head(head.id, expected_version=1, member=None, name=name, on=LATER, by=front)
            for name in ("Người Một", "Người Hai")
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Member"]
    assert await Member.filter(group_id=group.id, role=MemberRole.HEAD, left_on__isnull=True).count() == 1


async def test_head_stays_when_successor_is_not_clear(staff_actor: MakeActor) -> None:
    front = await staff_actor(Role.FRONT, "29905")
    group, other = await group_by(front), await group_by(front, "MAU-02")
    head = await members.join(group.id, person("Người Đầu", MemberRole.HEAD), by=front)
    row = await members.join(group.id, person("Người Kế"), by=front)
    stranger = await members.join(other.id, person("Người Khác"), by=front)
    before = await untouched()
    for member, name in ((None, " "), (row.id, "Người Kế"), (stranger.id, ""), (head.id, "")):
        with pytest.raises(ValidationFailed) as wrong:
            await members.replace_head(
                head.id, expected_version=1, member=member, name=name, on=LATER, by=front
            )
        assert set(wrong.value.problems) == {"member"}
    with pytest.raises(Conflict):
        await members.replace_head(row.id, expected_version=1, member=None, name="Ai", on=LATER, by=front)
    assert await untouched() == before
