"""What partners may ask for: a budget each, from which requests are paid, and which fills up as time goes.

What is left stands in the database, the same for every process: a row each, in a table that is not logged (a
crash leaves the budgets full). One statement looks whether there is enough and takes it, so that of two
requests at once each sees what the other took.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any, Final
from uuid import UUID

from records.core import events
from records.core.actor import Actor, Allowance
from records.core.change import change, update
from records.core.check import Check
from records.core.errors import Refused
from records.core.events import Event
from records.core.fetch import fetch
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.partners.partner import NOUN, load
from records.tables import Partner

LEAST_LIMIT: Final = 1_000
MOST_LIMIT: Final = 10_000_000
MOST_RESTORE: Final = 100_000

# $1 whose, $2 its limit, $3 how much comes back in a second, $4 how much is taken or given back.
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
    "UPDATE partner_budgets AS held SET remaining = least($2::float8, remaining + $4::float8)"
    f" WHERE partner_id = $1 RETURNING {_REMAINING}"
)
_LOOK: Final = f"SELECT {_REMAINING} FROM partner_budgets held WHERE partner_id = $1"


@dataclass(frozen=True, slots=True)
class Budget:
    """A partner's budget, and how much of it is left."""

    limit: int
    restore: int
    remaining: int

    def wait(self, cost: int) -> int:
        """In how many seconds there will be enough for `cost`, if nothing else is asked."""
        return max(0, ceil((cost - self.remaining) / self.restore))


class TooCostly(Refused):
    """It costs more than the budget ever holds."""

    code = "QUERY_TOO_COSTLY"


class Spent(Refused):
    """It costs more than is left of the budget; `budget` says what that is."""

    code = "BUDGET_SPENT"

    def __init__(self, budget: Budget, cost: int) -> None:
        self.wait = budget.wait(cost)
        self.budget = budget
        super().__init__(
            _("This can cost {cost}, and {remaining} is left. In {wait} seconds there will be enough."),
            cost=cost,
            remaining=budget.remaining,
            wait=self.wait,
        )


async def take(by: Actor, cost: int) -> Budget | None:
    """Takes `cost` from the budget of `by`: what is left then, None where there is no budget to keep.

    Raises `TooCostly` or `Spent`; then nothing is taken.
    """
    if by.id is None or by.allowance is None:
        return None
    if cost > by.allowance.limit:
        text = _("This can cost {cost}, and the whole budget of this key is {limit}. Ask for smaller pages.")
        raise TooCostly(text, cost=cost, limit=by.allowance.limit)
    rows = await fetch(_TAKE, _values(by.id, by.allowance, cost))
    if rows:
        return _budget(by.allowance, rows[0][0])
    events.log(Event.REQUEST_REFUSED, reason="budget", actor=by.id)
    left = await budget_of(by)
    assert left is not None  # noqa: S101 - there is an allowance
    raise Spent(left, cost)


async def give_back(by: Actor, cost: int) -> Budget | None:
    """Gives back what was taken and not needed; what is left then."""
    if by.id is None or by.allowance is None:
        return None
    rows = await fetch(_GIVE_BACK, _values(by.id, by.allowance, cost))
    return _budget(by.allowance, rows[0][0] if rows else by.allowance.limit)


async def budget_of(by: Actor) -> Budget | None:
    """The budget of `by` as it stands; None for whoever has none."""
    if by.id is None or by.allowance is None:
        return None
    rows = await fetch(_LOOK, [by.id, by.allowance.limit, by.allowance.restore])
    return _budget(by.allowance, rows[0][0] if rows else by.allowance.limit)


async def set_allowance(
    partner_id: UUID, *, limit: int | None, restore: int | None, seen: int, by: Actor
) -> Partner:
    """Sets how large a partner's budget is, and how much of it comes back in a second.

    Raises `Denied`, `NotFound`, `Invalid` or `Conflict`.
    """
    check_may(by, Right.PARTNERS_MANAGE)
    check = Check()
    for field, given, least, most in (
        ("limit", limit, LEAST_LIMIT, MOST_LIMIT),
        ("restore", restore, 1, MOST_RESTORE),
    ):
        if given is None:
            check.add(field, "Please fill this in.")
        check.number(field, given, least=least, most=most)
    check.done()
    async with change():
        row = await load(partner_id, by)
        events.log(Event.PARTNER_CHANGED, actor=by.id, what="budget", partner=row.id)
        values: dict[str, Any] = {"budget_limit": limit, "budget_restore": restore}
        return await update(NOUN, row, seen=seen, by=by, action=Right.PARTNERS_MANAGE, **values)


def _values(id_: UUID, allowance: Allowance, cost: int) -> list[object]:
    return [id_, allowance.limit, allowance.restore, cost]


def _budget(allowance: Allowance, remaining: float) -> Budget:
    return Budget(allowance.limit, allowance.restore, int(remaining))
