import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.metrics.catalogue import indicator_id
from records.nouns import figures
from records.tables import AuditEntry, Figure, OutboxEvent, Programme
from records.tables.metrics import Qualifier
from tests.nouns import programmes as programme_tables
from tests.nouns.figures import draft

MakeActor = Callable[..., Awaitable[Actor]]


async def untouched() -> tuple[int, ...]:
    told = [await model.filter(noun="figure").count() for model in (AuditEntry, OutboxEvent)]
    return (await Figure.all().count(), *told)


async def test_figure_keeps_statements_of_its_source(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    given = await draft(value=Decimal("1500.5"), qualifier=Qualifier.OVER, period_text=" 5 năm ")
    row = await Figure.get(id=(await figures.report(given, by=commander)).id)
    assert (row.value, row.qualifier, row.period_text) == (Decimal("1500.5"), Qualifier.OVER, "5 năm")
    assert (row.period_from, row.period_to) == (None, None)
    entry = await AuditEntry.get(row_id=row.id)
    assert entry.after is not None
    assert (entry.action, entry.after["value"]) == ("figures.report", "1500.5000")


async def test_figure_has_no_value_when_qualifier_is_size(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    for qualifier in Qualifier:
        sized = qualifier in figures.WITHOUT_VALUE
        fits = await draft(qualifier=qualifier, value=None if sized else Decimal(7))
        assert (await figures.report(fits, by=commander)).qualifier is qualifier
        with pytest.raises(ValidationFailed) as wrong:
            await figures.report(replace(fits, value=Decimal(7) if sized else None), by=commander)
        assert set(wrong.value.problems) == {"value"}


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1e12", "-1e12"])
async def test_figure_value_must_be_storable_number(staff_actor: MakeActor, value: str) -> None:
    commander = await staff_actor(Role.COMMANDER)
    with pytest.raises(ValidationFailed) as wrong:
        await figures.report(await draft(value=Decimal(value)), by=commander)
    assert set(wrong.value.problems) == {"value"}


async def test_figure_correction_supersedes_unchanged_figure(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    first = await figures.report(await draft(), by=commander)
    second = await figures.supersede(first.id, await draft(value=Decimal(38)), by=commander)
    assert second.supersedes_id == first.id
    assert [row.id for row in await figures.visible_to(commander)] == [second.id]
    kept = await Figure.get(id=first.id)
    assert (kept.value, kept.version) == (Decimal(37), 1)
    before = await untouched()
    with pytest.raises(Conflict):
        await figures.supersede(first.id, await draft(), by=commander)
    assert await untouched() == before
    third = await figures.supersede(second.id, await draft(value=Decimal(39)), by=commander)
    assert [row.id for row in await figures.visible_to(commander)] == [third.id]


async def test_figure_takes_one_correction_when_several_come_at_once(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    first = await figures.report(await draft(), by=commander)
    given = await draft(value=Decimal(38))
    results = await asyncio.gather(
        *(figures.supersede(first.id, given, by=commander) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == [*["Conflict"] * 3, "Figure"]
    assert await Figure.filter(supersedes_id=first.id).count() == 1


async def test_figure_reports_all_problems_and_stores_nothing(
    staff_actor: MakeActor,
) -> None:
    commander = await staff_actor(Role.COMMANDER, "29905")
    before = await untouched()
    bad = await draft(
        "30244",
        indicator_id=indicator_id("tips.received"),
        organisation_id=uuid4(),
        programme_id=uuid4(),
        value=None,
        period_text=" ",
        source_text="x" * 2001,
        source_name="x" * 301,
        source_on=today() + timedelta(days=1),
        period_from=date(2025, 2, 1),
        period_to=date(2025, 1, 31),
    )
    with pytest.raises(ValidationFailed) as wrong:
        await figures.report(bad, by=commander)
    assert set(wrong.value.problems) == {
        *("indicator", "organisation", "programme", "value", "period_text", "source_text", "source_name"),
        *("source_on", "period_to", "area"),
    }
    with pytest.raises(ValidationFailed) as wrong:
        await figures.report(await draft(period_from=date(2025, 2, 1)), by=commander)
    assert set(wrong.value.problems) == {"period_to"}
    assert await untouched() == before


@pytest.mark.parametrize(
    ("area", "runs", "accepted"),
    [
        ("29905", "", True),
        ("82", "", True),
        ("30244", "", False),
        ("30244", "host_id", True),
        ("30244", "partner_id", True),
    ],
)
async def test_figure_needs_organisation_of_its_area_or_programme(
    staff_actor: MakeActor, area: str, runs: str, *, accepted: bool
) -> None:
    commander = await staff_actor(Role.COMMANDER, "29905")
    unit = (await draft(area)).organisation_id
    programme = await Programme.get(id=await programme_tables.make("29905"))
    if runs:
        await Programme.filter(id=programme.id).update(**{runs: unit})
    given = await draft(organisation_id=unit, programme_id=programme.id)
    first = await figures.report(await draft(), by=commander)
    for write in (figures.report, partial(figures.supersede, first.id)):
        if accepted:
            assert (await write(given, by=commander)).organisation_id == unit
        else:
            with pytest.raises(ValidationFailed) as wrong:
                await write(given, by=commander)
            assert set(wrong.value.problems) == {"organisation"}


async def test_figure_is_hidden_and_not_corrected_outside_areas(staff_actor: MakeActor) -> None:
    here, elsewhere = await staff_actor(Role.COMMANDER, "29905"), await staff_actor(Role.COMMANDER, "30244")
    row = await figures.report(await draft(), by=here)
    assert await figures.visible_to(elsewhere).count() == 0
    with pytest.raises(NotFound):
        await figures.supersede(row.id, await draft("30244"), by=elsewhere)
    with pytest.raises(NotFound):
        await figures.supersede(uuid4(), await draft(), by=here)
    with pytest.raises(ValidationFailed):
        await figures.supersede(row.id, await draft("30244"), by=here)
    assert await Figure.all().count() == 1


async def test_latest_figure_is_that_of_the_last_period(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)

    async def of(quarter: int | None, value: int, **given: Any) -> Figure:
        end = date(2026, quarter * 3, 28) if quarter else None
        return await figures.report(
            await draft(value=Decimal(value), period_to=end, period_from=end and end.replace(day=1), **given),
            by=commander,
        )

    undated = await of(None, 1)
    unit = undated.organisation_id
    assert (await figures.latest(undated.indicator_id, unit, by=commander)) == undated
    last, wrong = await of(2, 3), await of(1, 2)
    await of(3, 9, indicator_id=indicator_id("reported.members"))
    assert (await figures.latest(undated.indicator_id, unit, by=commander)) == last
    right = await figures.supersede(
        last.id,
        await draft(value=Decimal(4), period_to=last.period_to, period_from=last.period_from),
        by=commander,
    )
    assert (await figures.latest(undated.indicator_id, unit, by=commander)) == right
    assert await figures.latest(wrong.indicator_id, uuid4(), by=commander) is None


async def test_versions_hold_the_chain_of_corrections(staff_actor: MakeActor) -> None:
    commander = await staff_actor(Role.COMMANDER)
    chain = [await figures.report(await draft(), by=commander)]
    for value in (38, 39):
        given = await draft(value=Decimal(value))
        chain.append(await figures.supersede(chain[-1].id, given, by=commander))
    newest_first = [row.id for row in reversed(chain)]
    for row in chain:
        assert [one.id for one in await figures.versions(row, by=commander)] == newest_first
    assert await figures.recorded(commander).count() == 3
    newer = await figures.corrections([row.id for row in chain], by=commander)
    assert {old: new.id for old, new in newer.items()} == dict(
        zip(newest_first[1:], newest_first, strict=False)
    )
