"""Budgets of partners: each pays for its requests from one, which fills up as time goes.

What is left stands in the database, the same for every process: a row each, in a table that is not logged (a
crash leaves the budgets full). One statement looks whether there is enough and takes it, so that of two
requests at once each sees what the other took.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final
from uuid import UUID

from tortoise.connection import get_connection

from records.access.partners.partner import change_partner
from records.core import events
from records.core.actor import Actor, Allowance
from records.core.errors import DomainError, ProblemCode
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.tables import Partner

MIN_LIMIT: Final = 1_000
MAX_LIMIT: Final = 10_000_000
MAX_REFILL: Final = 100_000

# $1 whose, $2 its limit, $3 its refill per second, $4 the cost that is charged, or refunded if negative.
_REMAINING: Final = (
    "least($2::float8, held.remaining"
    " + $3::float8 * greatest(0, extract(epoch FROM clock_timestamp() - held.at)::float8))"
)
_TAKE: Final = (
    "INSERT INTO partner_budgets AS held (partner_id, remaining, at)"
    " VALUES ($1, $2::float8 - $4::float8, clock_timestamp())"
    f" ON CONFLICT (partner_id) DO UPDATE SET remaining = {_REMAINING} - $4::float8, at = clock_timestamp()"
    f" WHERE {_REMAINING} >= $4::float8 RETURNING remaining"
)
_GIVE_BACK: Final = (
    "UPDATE partner_budgets AS held"
    " SET remaining = greatest(-$2::float8, least($2::float8, remaining + $4::float8))"
    f" WHERE partner_id = $1 RETURNING {_REMAINING} AS remaining"
)
_READ: Final = f"SELECT {_REMAINING} AS remaining FROM partner_budgets held WHERE partner_id = $1"


@dataclass(frozen=True, slots=True)
class Budget:
    """A partner's budget, and how much of it is left: below zero after what took longer than was paid for."""

    limit: int
    restore: int
    remaining: int

    def seconds_until(self, cost: int) -> int:
        """In how many seconds there will be enough for `cost`, if nothing else is asked."""
        return max(1, ceil((cost - self.remaining) / self.restore))


class CostExceedsBudget(DomainError):
    """It costs more than the budget ever holds."""

    code = "QUERY_TOO_COSTLY"


class BudgetExhausted(DomainError):
    """It costs more than is left of the budget; `budget` says what that is."""

    code = "BUDGET_SPENT"

    def __init__(self, budget: Budget, cost: int) -> None:
        self.wait = budget.seconds_until(cost)
        self.budget = budget
        super().__init__(
            _("This can cost {cost}, and {remaining} is left. Enough will be available in {wait} seconds."),
            cost=cost,
            remaining=max(0, budget.remaining),
            wait=self.wait,
        )


async def charge(by: Actor, cost: int) -> Budget | None:
    """Takes `cost` from the budget of `by`, if any; what remains.

    Raises `CostExceedsBudget` or `BudgetExhausted`.
    """
    allowed = by.allowance
    if allowed is None:
        return None
    if cost > allowed.limit:
        text = _("This can cost {cost}, and the whole budget of this key is {limit}. Request smaller pages.")
        raise CostExceedsBudget(text, cost=cost, limit=allowed.limit)
    remaining = await _remaining(_TAKE, by, allowed, cost)
    if remaining is None:
        events.log(Event.REQUEST_REFUSED, reason="budget", actor=by.id)
        raise BudgetExhausted(_budget(allowed, await _remaining(_READ, by, allowed)), cost)
    return _budget(allowed, remaining)


async def refund(by: Actor, cost: int) -> Budget | None:
    """Gives back what was taken and not needed; what remains, None for those who have no budget.

    Where more was needed than was taken, `cost` is negative: what remains may be below zero then.
    """
    allowed = by.allowance
    return _budget(allowed, await _remaining(_GIVE_BACK, by, allowed, cost)) if allowed else None


async def budget_of(by: Actor) -> Budget | None:
    """The budget of `by` as it stands; None for those who have none."""
    allowed = by.allowance
    return _budget(allowed, await _remaining(_READ, by, allowed)) if allowed else None


async def set_allowance(
    partner_id: UUID, *, limit: int | None, restore: int | None, expected_version: int, by: Actor
) -> Partner:
    """Sets a partner's budget and its refill.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    check = Validator()
    for field, value, minimum, maximum in (
        ("limit", limit, MIN_LIMIT, MAX_LIMIT),
        ("restore", restore, 1, MAX_REFILL),
    ):
        if value is None:
            check.add(field, "Enter a value.", ProblemCode.REQUIRED)
        check.number(field, value, minimum=minimum, maximum=maximum)
    check.raise_if_invalid()
    async with change_partner(partner_id, expected_version, "budget", by=by) as change:
        return await change.save(budget_limit=limit, budget_restore=restore)


async def _remaining(sql: str, by: Actor, allowed: Allowance, *cost: int) -> float | None:
    """The remainder that a statement returns; None where it found no row, or not enough."""
    values = [by.id, allowed.limit, allowed.restore, *cost]
    rows = await get_connection("default").execute_query_dict(sql, values)
    return rows[0]["remaining"] if rows else None


def _budget(allowed: Allowance, remaining: float | None) -> Budget:
    """A budget of which nothing is known is full."""
    return Budget(allowed.limit, allowed.restore, allowed.limit if remaining is None else int(remaining))
