"""Targets of indicators, and what indicators are called."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.errors import NotFound, PermissionDenied, ValidationFailed
from records.metrics import catalogue
from records.metrics.catalogue import indicator_id
from records.nouns.catalogues import indicators, targets
from records.nouns.catalogues.indicators import IndicatorDraft
from records.tables import AuditEntry, Indicator, IndicatorTarget
from tests.nouns.targets import draft

MakeActor = Callable[..., Awaitable[Actor]]


@pytest.fixture
async def commander(staff_actor: MakeActor) -> Actor:
    return await staff_actor(Role.COMMANDER, "29905")


@pytest.fixture
async def renamed(database: str) -> AsyncIterator[Indicator]:
    """An indicator that has its own names again afterwards."""
    row = await Indicator.get(id=indicator_id("activities.patrols"))
    yield row
    await Indicator.filter(id=row.id).update(
        name_vi=row.name_vi, name_en=row.name_en, description_vi="", description_en="", version=1
    )


async def test_target_says_who_set_it(commander: Actor, staff_actor: MakeActor) -> None:
    row = await targets.set_target(await draft(value=Decimal("120.5")), by=commander)
    stored = await IndicatorTarget.get(id=row.id)
    assert (stored.value, stored.year, stored.set_by_id) == (Decimal("120.5"), 2026, commander.id)
    other = await staff_actor(Role.ADMINISTRATOR, "29905")
    changed = await targets.edit(row.id, await draft(value=Decimal(150)), expected_version=1, by=other)
    assert (changed.value, changed.set_by_id) == (Decimal(150), other.id)
    assert await AuditEntry.filter(row_id=row.id, action="targets.set").count() == 2


async def test_set_names_each_problem_of_a_draft(commander: Actor) -> None:
    wrong = await draft("30244", indicator_id=uuid4(), year=1999, value=Decimal("1.00001"))
    with pytest.raises(ValidationFailed) as refusal:
        await targets.set_target(wrong, by=commander)
    assert set(refusal.value.problems) == {"indicator", "area", "year", "value"}


async def test_set_refuses_second_target_of_a_place_and_year(commander: Actor) -> None:
    first = await targets.set_target(await draft(), by=commander)
    with pytest.raises(ValidationFailed) as refusal:
        await targets.set_target(await draft(), by=commander)
    assert set(refusal.value.problems) == {"year"}
    await targets.set_target(await draft(year=2027), by=commander)
    # Its place is free once it is removed, and taken again when it comes back.
    await targets.remove(first.id, expected_version=1, reason="Nhập nhầm", by=commander)
    await targets.set_target(await draft(), by=commander)
    with pytest.raises(ValidationFailed):
        await targets.restore(first.id, expected_version=2, by=commander)


async def test_target_is_hidden_outside_areas(commander: Actor, staff_actor: MakeActor) -> None:
    row = await targets.set_target(await draft(), by=commander)
    elsewhere = await staff_actor(Role.COMMANDER, "30244")
    assert await targets.visible_to(elsewhere).count() == 0
    with pytest.raises(NotFound):
        await targets.remove(row.id, expected_version=1, reason="Mẫu", by=elsewhere)


async def test_indicator_keeps_its_names_when_catalogue_is_loaded(
    renamed: Indicator, staff_actor: MakeActor
) -> None:
    administrator = await staff_actor(Role.ADMINISTRATOR)
    given = IndicatorDraft("Số cuộc tuần tra", "Patrols on foot", description_vi="Cả tuần tra chung")
    row = await indicators.edit(renamed.id, given, expected_version=1, by=administrator)
    await catalogue.load()
    stored = await Indicator.get(id=row.id)
    assert (stored.name_vi, stored.description_vi) == ("Số cuộc tuần tra", "Cả tuần tra chung")
    assert stored.code == "activities.patrols"
    with pytest.raises(ValidationFailed) as refusal:
        await indicators.edit(row.id, replace(given, name_en=" "), expected_version=2, by=administrator)
    assert set(refusal.value.problems) == {"name_en"}


async def test_indicator_is_not_renamed_when_commander_tries(renamed: Indicator, commander: Actor) -> None:
    with pytest.raises(PermissionDenied):
        await indicators.edit(renamed.id, IndicatorDraft("A", "B"), expected_version=1, by=commander)
