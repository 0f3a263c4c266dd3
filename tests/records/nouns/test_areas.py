"""Reorganising hamlets: what follows from each change, and what is refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from records.areas import areas as geography
from records.areas.scope import actor_can_reach
from records.core.actor import Actor, ActorKind, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.nouns import areas, groups
from records.nouns.areas import AreaDraft
from records.tables import Area, AreaAt, AreaReach, AreaSuccession, AuditEntry, Group, OutboxEvent
from tests.conftest import area_ids
from tests.hamlets import DAY, SINCE, WHY, three_hamlets
from tests.records.nouns.group_support import draft

MakeActor = Callable[..., Awaitable[Actor]]


@pytest.fixture
async def hamlets(database: str) -> AsyncIterator[list[Area]]:
    async with three_hamlets(database) as rows:
        yield rows


@pytest.fixture
async def admin(staff_actor: MakeActor) -> Actor:
    return await staff_actor(Role.ADMINISTRATOR, "82")


async def merged(by: Actor, hamlets: list[Area], name: str = "Khóm mẫu chung") -> Area:
    first, second, _third = hamlets
    return await areas.merge(
        first.id, AreaDraft(name), [second.id], expected_version=1, on=DAY, legal_basis=WHY, by=by
    )


async def group_in(area_id: UUID, by: Actor, code: str = "MAU-01") -> Group:
    return await groups.create(await draft(code, area_id=area_id), by=by)


async def homes(area_id: UUID, on: date) -> set[tuple[str, UUID, str]]:
    """Where records of the area belong in the geography of a day: kind, home and precision."""
    rows = await AreaAt.filter(area_id=area_id, epoch=on).values_list("kind", "home_id", "precision")
    return {(str(kind), home, str(precision)) for kind, home, precision in rows}


async def reach(ancestor_id: UUID) -> set[UUID]:
    return {row.area_id async for row in AreaReach.filter(ancestor_id=ancestor_id)}


async def test_hamlet_lies_in_its_commune_when_opened(hamlets: list[Area], admin: Actor) -> None:
    (commune,) = await area_ids("29905")
    new = await areas.open_hamlet(commune, AreaDraft("  Khóm mới "), on=DAY, legal_basis=WHY, by=admin)
    assert (new.name, new.code, new.valid_from, new.parent_id) == ("Khóm mới", "29905-1", DAY, commune)
    assert new.id in await reach(commune)
    assert ("HAMLET", new.id, "EXACT") in await homes(new.id, DAY)
    assert ("HAMLET", new.id, "EXACT") not in await homes(new.id, SINCE)
    assert [row.id for row in await geography.search("khom moi")] == [new.id]
    again = await areas.open_hamlet(commune, AreaDraft("Khóm nữa"), on=DAY, legal_basis=WHY, by=admin)
    assert again.code == "29905-2"


async def test_change_is_audited_and_published_with_its_legal_basis(
    hamlets: list[Area], admin: Actor
) -> None:
    new = await merged(admin, hamlets)
    for row_id, before in ((hamlets[0].id, {"valid_to": None}), (new.id, None)):
        entry = await AuditEntry.get(row_id=row_id)
        assert (entry.action, entry.motive, entry.before) == ("areas.manage", WHY, before)
        assert entry.area_id == row_id
        assert await OutboxEvent.filter(row_id=row_id, noun="area").count() == 1


async def test_rename_keeps_the_code_and_the_land(hamlets: list[Area], admin: Actor) -> None:
    old = hamlets[0]
    new = await areas.rename(old.id, "Khóm Hòa Khánh", expected_version=1, on=DAY, legal_basis=WHY, by=admin)
    assert (new.code, new.name, new.valid_from) == (old.code, "Khóm Hòa Khánh", DAY)
    link = await AreaSuccession.get(old_id=old.id)
    assert (link.new_id, link.whole, link.effective_on, link.legal_basis) == (new.id, True, DAY, WHY)
    assert old.id in await reach(new.id)
    assert ("HAMLET", new.id, "EXACT") in await homes(old.id, DAY)
    assert [row.name for row in await areas.names_of(new)] == ["Khóm mẫu 1", "Khóm Hòa Khánh"]
    assert [row.name for row in await areas.names_of(old)] == ["Khóm mẫu 1", "Khóm Hòa Khánh"]
    with pytest.raises(ValidationFailed) as refusal:
        await areas.rename(new.id, new.name, expected_version=1, on=today(), legal_basis=WHY, by=admin)
    assert set(refusal.value.problems) == {"name"}


async def test_merged_hamlet_answers_for_those_that_it_was_made_of(
    hamlets: list[Area], admin: Actor, staff_actor: MakeActor
) -> None:
    first, second, third = hamlets
    group = await group_in(first.id, admin)
    new = await merged(admin, hamlets)
    assert new.code == first.code
    assert await reach(new.id) == {new.id, first.id, second.id}
    for old in (first, second):
        assert {home for _kind, home, precision in await homes(old.id, DAY) if precision == "EXACT"} >= {
            new.id
        }
    assert ("HAMLET", third.id, "EXACT") in await homes(third.id, DAY)
    # Nothing moves: the group lies where it was, and in the new hamlet.
    assert (await Group.get(id=group.id)).area_id == first.id
    assert [row.id for row in await areas.open_groups_in([new.id], by=admin)] == [group.id]
    officer = Actor(ActorKind.STAFF, None, "Người mẫu", role=Role.OFFICER, areas=frozenset({new.id}))
    assert await actor_can_reach(officer, second.id)
    assert not await actor_can_reach(officer, third.id)
    assert [one.area.id for one in await areas.origins_of(new)] == [first.id, second.id]
    assert [one.area.id for one in await areas.successors_of(first)] == [new.id]


async def test_groups_go_where_they_were_said_to_lie_when_split(hamlets: list[Area], admin: Actor) -> None:
    old = hamlets[0]
    one, other = await group_in(old.id, admin), await group_in(old.id, admin, "MAU-02")
    ended = await group_in(old.id, admin, "MAU-03")
    await groups.dissolve(ended.id, expected_version=1, on=date(2025, 9, 1), reason="Mẫu", by=admin)
    parts = await areas.split(
        old.id,
        [old.name, "Khóm mẫu 1A"],
        {one.id: 1, other.id: 0},
        expected_version=1,
        on=DAY,
        legal_basis=WHY,
        by=admin,
    )
    assert [part.code for part in parts] == ["MAU-1", "29905-1"]
    assert (await Group.get(id=one.id)).area_id == parts[1].id
    assert (await Group.get(id=other.id)).area_id == parts[0].id
    assert (await Group.get(id=ended.id)).area_id == old.id
    event = await OutboxEvent.filter(row_id=one.id).order_by("-seq").first()
    assert event
    assert (event.type, event.area_id, event.left_area_id) == ("areas.manage", parts[1].id, old.id)
    assert ("HAMLET", parts[0].id, "ESTIMATED") in await homes(old.id, DAY)
    # Nobody sees a record because of land on which it may not lie.
    assert old.id not in await reach(parts[0].id)
    assert {part.id for part in parts} < await reach(old.id)
    assert [row.whole for row in await AreaSuccession.filter(old_id=old.id)] == [False, False]


async def test_ended_hamlet_leaves_its_land_to_the_commune(hamlets: list[Area], admin: Actor) -> None:
    old = hamlets[0]
    group = await group_in(old.id, admin)
    with pytest.raises(Conflict):
        await areas.end(old.id, expected_version=1, on=DAY, legal_basis=WHY, by=admin)
    await groups.dissolve(group.id, expected_version=1, on=DAY, reason="Mẫu", by=admin)
    await areas.end(old.id, expected_version=1, on=DAY, legal_basis=WHY, by=admin)
    (commune,) = await area_ids("29905")
    assert {("COMMUNE", commune, "EXACT")} == {
        one for one in await homes(old.id, DAY) if one[0] != "PROVINCE"
    }
    assert await AreaSuccession.filter(old_id=old.id).count() == 0


async def test_derived_tables_equal_a_rebuild_when_hamlets_changed(hamlets: list[Area], admin: Actor) -> None:
    async def derived() -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
        rows = await AreaAt.all().values_list("epoch", "kind", "area_id", "home_id", "precision")
        return set(await AreaReach.all().values_list("ancestor_id", "area_id")), set(rows)

    await merged(admin, hamlets)
    # A change that is recorded late begins a geography between two others.
    await areas.rename(
        hamlets[2].id, "Khóm muộn", expected_version=1, on=DAY - timedelta(days=9), legal_basis=WHY, by=admin
    )
    before = await derived()
    await geography.rebuild()
    assert await derived() == before


async def test_one_merge_wins_when_two_take_the_same_hamlet(hamlets: list[Area], admin: Actor) -> None:
    first, second, third = hamlets

    async def merge(main: Area, other: Area, name: str) -> Area:
        return await areas.merge(
            main.id, AreaDraft(name), [other.id], expected_version=1, on=DAY, legal_basis=WHY, by=admin
        )

    results = await asyncio.gather(
        merge(first, second, "Khóm A"), merge(second, third, "Khóm B"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["Area", "Conflict"]
    assert await Area.filter(valid_from=DAY).count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_other_roles_may_not_reorganise(
    hamlets: list[Area], staff_actor: MakeActor, role: Role
) -> None:
    with pytest.raises(PermissionDenied):
        await merged(await staff_actor(role, "82"), hamlets)


async def test_administrator_of_a_commune_may_not_reorganise_it(
    hamlets: list[Area], staff_actor: MakeActor
) -> None:
    with pytest.raises(PermissionDenied):
        await merged(await staff_actor(Role.ADMINISTRATOR, "29905"), hamlets)
    with pytest.raises(NotFound):
        await merged(await staff_actor(Role.ADMINISTRATOR, "01"), hamlets)


@pytest.mark.parametrize("on", [SINCE, SINCE - timedelta(days=1), today() + timedelta(days=1)])
async def test_change_refuses_a_day_outside_the_life_of_the_hamlet(
    hamlets: list[Area], admin: Actor, on: date
) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        await areas.end(hamlets[0].id, expected_version=1, on=on, legal_basis=WHY, by=admin)
    assert set(refusal.value.problems) == {"on"}


async def test_hamlet_is_not_opened_before_its_commune(hamlets: list[Area], admin: Actor) -> None:
    (commune,) = await area_ids("29905")
    with pytest.raises(ValidationFailed) as refusal:
        await areas.open_hamlet(
            commune, AreaDraft("Khóm mới"), on=SINCE - timedelta(days=1), legal_basis=WHY, by=admin
        )
    assert set(refusal.value.problems) == {"on"}
    for area_id in (hamlets[0].id, *await area_ids("82", "29905@2024-12-31")):
        with pytest.raises(Conflict):
            await areas.open_hamlet(area_id, AreaDraft("Khóm"), on=DAY, legal_basis=WHY, by=admin)


@pytest.mark.parametrize("code", ["MAU-2", "mau-2", "KHÓM", "A B", "X" * 17])
async def test_open_refuses_a_code_that_is_taken_or_malformed(
    hamlets: list[Area], admin: Actor, code: str
) -> None:
    (commune,) = await area_ids("29905")
    with pytest.raises(ValidationFailed) as refusal:
        await areas.open_hamlet(commune, AreaDraft("Khóm", code), on=DAY, legal_basis=WHY, by=admin)
    assert set(refusal.value.problems) == {"code"}


async def test_merge_refuses_what_is_no_hamlet_of_the_commune(hamlets: list[Area], admin: Actor) -> None:
    (elsewhere,) = await area_ids("30244")
    far = await areas.open_hamlet(elsewhere, AreaDraft("Ấp xa"), on=SINCE, legal_basis=WHY, by=admin)
    for others in ([], [uuid4()], [hamlets[0].id], [far.id]):
        with pytest.raises(ValidationFailed) as refusal:
            await areas.merge(
                hamlets[0].id,
                AreaDraft("Khóm"),
                others,
                expected_version=1,
                on=DAY,
                legal_basis=WHY,
                by=admin,
            )
        assert set(refusal.value.problems) == {"others"}


async def test_split_refuses_when_a_group_has_no_place(hamlets: list[Area], admin: Actor) -> None:
    group = await group_in(hamlets[0].id, admin)
    for places in ({}, {group.id: 2}, {group.id: 0, uuid4(): 1}):
        with pytest.raises(ValidationFailed) as refusal:
            await areas.split(
                hamlets[0].id, ["A", "B"], places, expected_version=1, on=DAY, legal_basis=WHY, by=admin
            )
        assert set(refusal.value.problems) == {"places"}
    assert (await Area.get(id=hamlets[0].id)).valid_to is None


@pytest.mark.parametrize("names", [[], ["A"], ["A", " A "], ["A", "B" * 121], ["A"] * 21])
async def test_split_refuses_names_that_are_no_parts(
    hamlets: list[Area], admin: Actor, names: list[str]
) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        await areas.split(hamlets[0].id, names, {}, expected_version=1, on=DAY, legal_basis=WHY, by=admin)
    assert set(refusal.value.problems) == {"names"}


async def test_change_needs_a_legal_basis(hamlets: list[Area], admin: Actor) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        await areas.end(hamlets[0].id, expected_version=1, on=DAY, legal_basis="  ", by=admin)
    assert set(refusal.value.problems) == {"legal_basis"}


async def test_contents_count_what_a_merger_concerns(hamlets: list[Area], admin: Actor) -> None:
    await group_in(hamlets[0].id, admin)
    await group_in(hamlets[1].id, admin, "MAU-02")
    found = await areas.contents_of({hamlets[0].id, hamlets[1].id}, by=admin)
    assert (found.hamlets, found.groups, found.accounts) == (2, 2, 0)


async def test_hamlet_takes_no_code_that_an_ended_area_had(hamlets: list[Area], admin: Actor) -> None:
    await areas.end(hamlets[0].id, expected_version=1, on=DAY, legal_basis=WHY, by=admin)
    draft, commune = AreaDraft("Khóm mẫu khác", hamlets[0].code), hamlets[0].parent_id
    assert commune
    with pytest.raises(ValidationFailed) as refusal:
        await areas.open_hamlet(commune, draft, on=DAY, legal_basis=WHY, by=admin)
    assert set(refusal.value.problems) == {"code"}
