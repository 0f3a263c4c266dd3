"""Who sees rounded numbers, how they are rounded, and that a rounded figure stays what it is."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tortoise.connection import get_connection

from records.areas import areas
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.errors import PermissionDenied
from records.core.rights import ROLE_RIGHTS, Right
from records.database.fetch import fetch
from records.metrics import catalogue
from records.metrics import queries as metrics
from records.metrics.catalogue import INDICATORS, indicator_id
from records.metrics.disclosure import BASE, is_rounded, round_cell, rounding_key
from records.metrics.periods import Period
from records.metrics.points import Point
from records.nouns import figures
from records.nouns.figures import FigureDraft
from records.tables import Indicator, MetricCell, Organisation
from records.tables.areas import Precision
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind

TASK = system_actor("test")
OF_TIPS = {
    *("tips.received", "tips.closed", "tips.closed_share"),
    *("outcomes.arrests", "outcomes.cases_solved", "outcomes.spots_cleared"),
}
ALWAYS = {"reported.tips", "reported.education"}


async def partner(*scopes: Scope) -> Actor:
    place = await areas.resolve_reference("82")
    return Actor(
        *(ActorKind.PARTNER, None, "Đối tác mẫu"), scopes=frozenset(scopes), areas=frozenset({place.id})
    )


async def ask_all(codes: list[str], by: Actor, *, area: str, year: int = 2025) -> list[metrics.Series]:
    question = metrics.MetricQuery(
        codes, await areas.resolve_reference(area), date(year, 1, 1), date(year, 12, 31), Period.YEAR
    )
    return await metrics.series(by, question, fetch)


async def ask(code: str, by: Actor, *, area: str = "82", year: int = 2025) -> Point:
    ((point,),) = [series.points for series in await ask_all([code], by, area=area, year=year)]
    return point


async def draft(value: int, **given: Any) -> FigureDraft:
    place = await areas.resolve_reference("29905")
    unit, _ = await Organisation.get_or_create(
        name="Công an mẫu", area_id=place.id, defaults={"folded": "", "kind": OrganisationKind.POLICE}
    )
    figure = FigureDraft(
        indicator_id=indicator_id("reported.education"),
        area_id=place.id,
        organisation_id=unit.id,
        value=Decimal(value),
        qualifier=Qualifier.EXACT,
        period_text="Năm 2025",
        source_text="nguồn",
        source_name="Báo cáo mẫu",
        period_from=date(2025, 1, 1),
        period_to=date(2025, 12, 31),
    )
    return replace(figure, **given)


@pytest.mark.parametrize(
    ("scopes", "exact"),
    [
        ((), set()),
        ((Scope.GROUPS_READ, Scope.ACTIVITIES_READ, Scope.TIPS_WRITE, Scope.FIGURES_WRITE), set()),
        ((Scope.TIPS_READ,), OF_TIPS),
        ((Scope.TIPS_WORK,), OF_TIPS),
        ((Scope.ENQUIRIES_READ,), {"enquiries.asked"}),
        ((Scope.ENQUIRIES_WRITE,), set()),
    ],
)
async def test_partners_see_exact_numbers_when_they_can_count(
    database: str, scopes: Sequence[Scope], exact: set[str]
) -> None:
    who = await partner(Scope.METRICS_READ, *scopes)
    seen_rounded = {row.code for row in await Indicator.all() if is_rounded(who, row)}
    assert seen_rounded == (OF_TIPS | ALWAYS | {"enquiries.asked"}) - exact
    assert {is_rounded(TASK, row) for row in await Indicator.all()} == {False}


async def test_staff_see_exact_numbers_when_counts_are_small(database: str) -> None:
    place, month = await areas.resolve_reference("29905"), date(2025, 3, 1)
    for code in ("tips.received", "tips.closed"):
        await MetricCell.create(indicator_id=indicator_id(code), area_id=place.id, month=month, value=1)
    staff = Actor(ActorKind.STAFF, None, "Cán bộ mẫu", role=Role.OFFICER, areas=frozenset({place.id}))
    for code, value in (("tips.received", 1), ("tips.closed_share", 100)):
        point = await ask(code, staff, area="29905")
        assert (point.value, point.protected, point.precision) == (Decimal(value), False, Precision.EXACT)
        point = await ask(code, await partner(Scope.METRICS_READ), area="29905")
        assert (point.protected, point.qualifier) == (True, Qualifier.ABOUT)


@pytest.mark.parametrize("role", [role for role in Role if Right.METRICS_READ in ROLE_RIGHTS[role]])
async def test_staff_count_what_they_may_read(database: str, role: Role) -> None:
    place = await areas.resolve_reference("29905")
    staff = Actor(ActorKind.STAFF, None, "Cán bộ mẫu", role=role, areas=frozenset({place.id}))
    counted = set()
    for entry in INDICATORS:
        with suppress(PermissionDenied):
            await ask_all([entry.code], staff, area="29905")
            counted.add(entry.code)
    everything = {entry.code for entry in INDICATORS}
    police = role in {Role.COMMANDER, Role.OFFICER, Role.ANALYST}
    assert counted == (everything if police else everything - OF_TIPS - {"enquiries.asked"})


@pytest.mark.parametrize("value", [-7, -5, -4, -1, 0, 1, 2, 3, 4, 5, 7, 1_000_003])
async def test_rounding_keeps_mean_when_many_are_added(database: str, value: int) -> None:
    low, high = (round_cell(f"(c.value + {more})", "$1") for more in (0, 1))
    rows = await get_connection("default").execute_query_dict(
        f"SELECT {low} AS low, {high} AS high FROM (SELECT gen_random_uuid() AS indicator_id,"
        " gen_random_uuid() AS area_id, date '2025-01-01' AS month, $2::bigint AS value"
        " FROM generate_series(1, 4000)) c",
        [rounding_key(), value],
    )
    assert {int(row["low"]) for row in rows} <= {value // BASE * BASE, -(-value // BASE) * BASE}
    # A cell that grows is never told as a smaller one.
    assert all(row["low"] <= row["high"] for row in rows)
    # Six standard deviations of the mean.
    assert abs(sum(int(row["low"]) - value for row in rows) / len(rows)) < 0.24


async def test_figures_are_rounded_alike_when_corrected(database: str) -> None:
    who = await partner(Scope.METRICS_READ)
    seen: dict[int, Decimal | None] = {}
    row = await figures.report(await draft(0), by=TASK)
    for value in [*range(11), *range(11)]:
        row = await figures.supersede(row.id, await draft(value, source_text=f"nguồn {value}"), by=TASK)
        point = await ask("reported.education", who, area="29905")
        assert (point.protected, point.qualifier, point.precision) == (
            *(True, Qualifier.ABOUT),
            Precision.ESTIMATED,
        )
        assert point.value == seen.setdefault(value, point.value)
        exact = await ask("reported.education", TASK, area="29905")
        assert (exact.value, exact.qualifier, exact.protected) == (value, Qualifier.EXACT, False)
    told = [seen[value] or Decimal(0) for value in range(11)]
    assert set(told) == {Decimal(0), Decimal(5), Decimal(10)}
    assert told == sorted(told)
    assert all(abs(shown - value) < BASE for value, shown in enumerate(told))


async def test_catalogue_raises_protection_when_loaded(database: str) -> None:
    guarded = {entry.code for entry in INDICATORS if entry.sensitive}
    await Indicator.filter(code="tips.received").update(sensitive=False)
    await Indicator.filter(code="activities.meetings").update(sensitive=True)
    try:
        await catalogue.load()
        rows = {row.code for row in await Indicator.filter(sensitive=True)}
        # What an operator guards besides stays guarded, and nobody sees it exactly.
        assert rows == guarded | {"activities.meetings"}
        row = await Indicator.get(code="activities.meetings")
        assert is_rounded(await partner(*Scope), row)
    finally:
        await Indicator.filter(code="activities.meetings").update(sensitive=False)
        await Indicator.all().update(version=1)


def test_indicator_declares_exact_scopes_when_sensitive() -> None:
    assert {entry.code for entry in INDICATORS if entry.sensitive} == OF_TIPS | ALWAYS | {"enquiries.asked"}
    assert all(entry.sensitive for entry in INDICATORS if entry.exact_with)
    by_code = {entry.code: entry for entry in INDICATORS}
    for entry in INDICATORS:
        for part in filter(None, (entry.numerator, entry.denominator)):
            assert (by_code[part].sensitive, by_code[part].exact_with) == (entry.sensitive, entry.exact_with)
