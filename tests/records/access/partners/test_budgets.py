"""Budgets of partners: taken, given back, filled up again; the same for all who take from them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from records.access import partners
from records.access.partners import Budget, BudgetExhausted, CostExceedsBudget
from records.core.actor import Actor, Scope, system_actor
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.tables import AuditEntry, Partner, PartnerBudget
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

TASK = system_actor("test")


async def caller(limit: int = 1000, restore: int = 1) -> Actor:
    """A partner with a budget, as it calls."""
    row = await partners.create(name="Đối tác mẫu", scopes=set(Scope), areas=await area_ids("82"), by=TASK)
    await partners.set_allowance(row.id, limit=limit, restore=restore, expected_version=row.version, by=TASK)
    found = await partners.authenticate_bearer(await partners.issue_key(row.id, by=TASK))
    assert found is not None
    return found


async def remaining(by: Actor) -> int:
    found = await partners.budget_of(by)
    assert found is not None
    return found.remaining


async def pass_by(**time: float) -> None:
    """As if so much time had gone by."""
    row = await PartnerBudget.get()
    await PartnerBudget.all().update(at=row.at - timedelta(**time))


async def test_budget_is_full_until_used(database: str) -> None:
    by = await caller()
    assert await partners.budget_of(by) == Budget(1000, 1, 1000)
    assert await partners.charge(by, 300) == Budget(1000, 1, 700)
    assert await partners.charge(by, 300) == Budget(1000, 1, 400)
    assert await remaining(by) == 400


async def test_budget_is_refilled_over_time_up_to_its_limit(database: str) -> None:
    by = await caller(restore=10)
    await partners.charge(by, 1000)
    await pass_by(seconds=30)
    assert 300 <= await remaining(by) < 400
    await partners.charge(by, 300)
    assert await remaining(by) < 100
    await pass_by(hours=1)
    assert await remaining(by) == 1000
    await partners.refund(by, 500)
    assert await remaining(by) == 1000


async def test_budget_gets_back_unused_cost(database: str) -> None:
    by = await caller()
    await partners.charge(by, 900)
    assert await partners.refund(by, 850) == Budget(1000, 1, 950)
    assert await remaining(by) == 950


async def test_budget_stays_and_tells_wait_when_cost_exceeds_it(database: str) -> None:
    by = await caller(restore=7)
    await partners.charge(by, 1000)
    with pytest.raises(BudgetExhausted) as refused:
        await partners.charge(by, 100)
    assert (refused.value.budget.remaining, refused.value.wait) == (0, 15)
    await pass_by(seconds=refused.value.wait)
    taken = await partners.charge(by, 100)
    assert taken is not None
    assert taken.remaining < 100


async def test_budget_refuses_cost_above_its_limit(database: str) -> None:
    by = await caller()
    with pytest.raises(CostExceedsBudget):
        await partners.charge(by, 1001)
    assert not await PartnerBudget.exists()
    assert await partners.charge(by, 1000) == Budget(1000, 1, 0)


async def test_budget_is_not_exceeded_when_many_take_at_once(database: str) -> None:
    by = await caller()
    taken = await asyncio.gather(*(partners.charge(by, 70) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(one, Budget) for one in taken) == 14
    assert {type(one) for one in taken} == {Budget, BudgetExhausted}
    left = sorted(one.remaining for one in taken if isinstance(one, Budget))
    assert left == [20 + 70 * number for number in range(14)]


async def test_budget_belongs_to_one_partner_and_staff_have_none(database: str) -> None:
    by = await caller()
    await partners.charge(by, 1000)
    other = await partners.create(name="Khác", scopes=set(Scope), areas=await area_ids("82"), by=TASK)
    them = await partners.authenticate_bearer(await partners.issue_key(other.id, by=TASK))
    assert them is not None
    assert await partners.budget_of(them) == Budget(50_000, 500, 50_000)
    assert await partners.charge(TASK, 10**9) is None
    assert await partners.refund(TASK, 1) is None
    assert await partners.budget_of(TASK) is None


async def test_budget_shrinks_at_once_when_limit_is_lowered(database: str) -> None:
    by = await caller(limit=5000)
    await partners.charge(by, 1)
    row = await Partner.get()
    row = await partners.set_allowance(row.id, limit=2000, restore=3, expected_version=row.version, by=TASK)
    key = await partners.issue_key(row.id, by=TASK)
    found = await partners.authenticate_bearer(key)
    assert found is not None
    assert await partners.budget_of(found) == Budget(2000, 3, 2000)
    entry = await AuditEntry.filter(row_id=row.id, before__isnull=False).order_by("-seq").first()
    changes = [one.after for one in await AuditEntry.filter(row_id=row.id).order_by("seq")]
    assert entry is not None
    assert {"budget_limit": 2000, "budget_restore": 3} in changes


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"limit": None, "restore": None}, {"limit", "restore"}),
        ({"limit": 999, "restore": 0}, {"limit", "restore"}),
        ({"limit": 10_000_001, "restore": 100_001}, {"limit", "restore"}),
        ({"limit": 1000, "restore": -1}, {"restore"}),
    ],
)
async def test_budget_limits_have_bounds(database: str, given: dict[str, Any], wrong: set[str]) -> None:
    await caller()
    row = await Partner.get()
    with pytest.raises(ValidationFailed) as refused:
        await partners.set_allowance(row.id, expected_version=row.version, by=TASK, **given)
    assert set(refused.value.problems) == wrong
    with pytest.raises(Conflict):
        await partners.set_allowance(row.id, limit=1000, restore=1, expected_version=row.version - 1, by=TASK)
    with pytest.raises(NotFound):
        await partners.set_allowance(uuid4(), limit=1000, restore=1, expected_version=1, by=TASK)


async def test_budget_table_is_unlogged(database: str) -> None:
    rows = await as_owner(database, "SELECT relpersistence FROM pg_class WHERE relname = 'partner_budgets'")
    assert [row[0] for row in rows] == [b"u"]
