"""Organisations: entering, editing and ending them, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, PermissionDenied, ValidationFailed
from records.nouns.catalogues import organisations
from records.tables import AuditEntry, Organisation, OutboxEvent
from tests.nouns.organisations import draft

MakeActor = Callable[..., Awaitable[Actor]]
WHY = "Sắp xếp lại (minh họa)"


@pytest.fixture
async def administrator(staff_actor: MakeActor) -> Actor:
    return await staff_actor(Role.ADMINISTRATOR, "29905")


async def test_organisation_is_found_and_followed_when_created(administrator: Actor) -> None:
    row = await organisations.create(await draft(name=" Công an mẫu số 1 "), by=administrator)
    stored = await Organisation.get(id=row.id)
    assert (stored.name, stored.folded) == ("Công an mẫu số 1", "cong an mau so 1")
    assert stored.name_key
    for table in (AuditEntry, OutboxEvent):
        assert await table.filter(row_id=row.id).count() == 1


async def test_create_names_each_problem_of_a_draft(administrator: Actor) -> None:
    wrong = await draft("30244", name="", parent_id=uuid4(), active_from=today() + timedelta(days=1))
    with pytest.raises(ValidationFailed) as refusal:
        await organisations.create(wrong, by=administrator)
    assert set(refusal.value.problems) == {"name", "parent", "area", "active_from"}


async def test_create_refuses_second_of_a_name_in_an_area(administrator: Actor) -> None:
    given = await draft()
    await organisations.create(given, by=administrator)
    with pytest.raises(ValidationFailed) as refusal:
        await organisations.create(given, by=administrator)
    assert set(refusal.value.problems) == {"name"}


async def test_end_is_undone_when_reopened(administrator: Actor) -> None:
    row = await organisations.create(await draft(), by=administrator)
    ended = await organisations.end(row.id, expected_version=1, on=today(), reason=WHY, by=administrator)
    assert (ended.active_to, organisations.can_end(administrator, ended)) == (today(), False)
    with pytest.raises(Conflict):
        await organisations.end(row.id, expected_version=2, on=today(), reason=WHY, by=administrator)
    opened = await organisations.reopen(row.id, expected_version=2, reason=WHY, by=administrator)
    assert (opened.active_to, organisations.can_end(administrator, opened)) == (None, True)
    assert await AuditEntry.filter(row_id=row.id, motive=WHY).count() == 2


@pytest.mark.parametrize("on", [date(2020, 1, 1), date(2999, 1, 1)])
async def test_end_refuses_a_day_outside_its_life(administrator: Actor, on: date) -> None:
    row = await organisations.create(await draft(active_from=date(2020, 1, 1)), by=administrator)
    with pytest.raises(ValidationFailed) as refusal:
        await organisations.end(row.id, expected_version=1, on=on, reason=WHY, by=administrator)
    assert set(refusal.value.problems) == {"on"}


async def test_ended_organisation_is_kept_but_not_chosen_anew(administrator: Actor) -> None:
    above = await organisations.create(await draft(), by=administrator)
    given = await draft(parent_id=above.id)
    row = await organisations.create(given, by=administrator)
    await organisations.end(above.id, expected_version=1, on=today(), reason=WHY, by=administrator)
    renamed = replace(given, name="Đơn vị mẫu mới")
    assert (await organisations.edit(row.id, renamed, expected_version=1, by=administrator)).version == 2
    with pytest.raises(ValidationFailed) as refusal:
        await organisations.create(await draft(parent_id=above.id), by=administrator)
    assert set(refusal.value.problems) == {"parent"}


async def test_edit_refuses_organisation_below_itself(administrator: Actor) -> None:
    given = await draft()
    top = await organisations.create(given, by=administrator)
    middle = await organisations.create(await draft(parent_id=top.id), by=administrator)
    low = await organisations.create(await draft(parent_id=middle.id), by=administrator)
    for parent in (top, low):
        moved = replace(given, parent_id=parent.id)
        with pytest.raises(ValidationFailed) as refusal:
            await organisations.edit(top.id, moved, expected_version=1, by=administrator)
        assert set(refusal.value.problems) == {"parent"}


async def test_one_of_two_moves_wins_when_they_would_make_a_circle(administrator: Actor) -> None:
    drafts = [await draft(), await draft()]
    rows = [await organisations.create(given, by=administrator) for given in drafts]
    results = await asyncio.gather(
        *(
            organisations.edit(
                rows[i].id, replace(drafts[i], parent_id=rows[1 - i].id), expected_version=1, by=administrator
            )
            for i in (0, 1)
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Organisation", "ValidationFailed"]


async def test_organisation_is_read_but_not_kept_elsewhere(
    administrator: Actor, staff_actor: MakeActor
) -> None:
    given = await draft()
    row = await organisations.create(given, by=administrator)
    elsewhere = await staff_actor(Role.ADMINISTRATOR, "30244")
    assert not organisations.can_manage(elsewhere, await organisations.find(row.id, by=elsewhere))
    with pytest.raises(PermissionDenied):
        await organisations.edit(row.id, given, expected_version=1, by=elsewhere)
