"""What requests are paid from: taken before an operation runs, and given back as far as it cost less."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Protocol

from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from api.cost.pricing import Weighed, weigh
from api.cost.sizes import READ
from records.access import partners
from records.core.actor import Actor

FREE_SECONDS: Final = 0.5
"""How long the database may take for a request: each millisecond more is paid like an object."""


@dataclass(slots=True)
class Charge:
    """What a request costs, and what remains of the budget that it is paid from.

    `overtime` is what no price foresaw: how long the database took beyond `FREE_SECONDS`, in milliseconds.
    """

    requested: int
    budget: partners.Budget
    actual: int | None = None
    overtime: int = 0

    def told(self) -> dict[str, Any]:
        """As `extensions.cost` tells it."""
        actual = {} if self.actual is None else {"actual": self.actual}
        budget = {
            "limit": self.budget.limit,
            "remaining": self.budget.remaining,
            "restorePerSecond": self.budget.restore,
        }
        overtime = {"overtime": self.overtime} if self.overtime else {}
        return {"requested": self.requested, **actual, **overtime, "budget": budget}

    def headers(self) -> Mapping[str, str]:
        """As programs that know no GraphQL read it (draft-ietf-httpapi-ratelimit-headers-10)."""
        limit, remaining, restore = self.budget.limit, self.budget.remaining, self.budget.restore
        return {
            "RateLimit-Policy": f'"cost";q={limit};w={ceil(limit / restore)}',
            "RateLimit": f'"cost";r={max(0, remaining)};t={ceil((limit - remaining) / restore)}',
        }


class Meter(Protocol):
    """How many rows were read for a request, and for how many seconds the database worked."""

    rows: int
    seconds: float


class Payer(Protocol):
    """The part of a request's context that says who pays, and for what."""

    caller: Actor | None
    # The caller asks for the cost instead of the answer.
    cost_only: bool
    weighed: Weighed | None
    charge: Charge | None

    @property
    def snapshot(self) -> Meter:
        """What the answer is read from."""


def cost_only(request: HTTPConnection) -> bool:
    """Whether the caller wants to know what the request costs, and not its answer."""
    return request.headers.get("ketnoi-cost", "").strip().lower() == "only"


async def charge(context: Payer, caller: Actor, cost: int) -> None:
    """Takes `cost` from the caller's budget, and notes it in `context`. Raises `TooCostly` or `Spent`."""
    try:
        left = await partners.take(caller, cost)
    except partners.Spent as error:
        context.charge = Charge(cost, error.budget)
        raise
    context.charge = Charge(cost, left) if left else None


async def settle(context: Payer, caller: Actor, actual: int) -> None:
    """Gives back what was charged beyond `actual`, less the overtime of the database."""
    paid = context.charge
    if paid is not None:
        overtime = max(0, ceil((context.snapshot.seconds - FREE_SECONDS) * 1000))
        back = paid.requested - actual - overtime
        left = await partners.give_back(caller, back) if back else None
        context.charge = Charge(paid.requested, left or paid.budget, actual, overtime)


async def pay_in_full(context: Payer) -> None:
    """Pays all that was charged, and the overtime, for an operation that was given up."""
    if context.caller is not None and context.charge is not None:
        await settle(context, context.caller, context.charge.requested)


async def pay_message(context: Payer, data: Any, check: Callable[[], Awaitable[None]]) -> None:
    """Pays what a message of a subscription cost: the first from what was charged, each other when it comes.

    Waits while too little is left: whoever follows misses nothing by that. Afterwards `check` raises where
    they may not go on.
    """
    weighed, paid, caller = context.weighed, context.charge, context.caller
    if weighed is None or paid is None or caller is None:
        return
    actual = weighed.actual(data)
    if paid.actual is None:
        await settle(context, caller, actual)
    else:
        left = await _taken_in_time(caller, actual, check)
        context.charge = Charge(paid.requested, left or paid.budget, actual)


async def pay_look(context: Payer, check: Callable[[], Awaitable[None]]) -> None:
    """Pays a look of a subscription that found nothing to tell. Waits and raises as `pay_message` does."""
    if context.charge is not None and context.caller is not None:
        await _taken_in_time(context.caller, READ.weight, check)


async def _taken_in_time(
    caller: Actor, cost: int, check: Callable[[], Awaitable[None]]
) -> partners.Budget | None:
    while True:
        try:
            return await partners.take(caller, cost)
        except partners.Spent as error:
            await asyncio.sleep(error.wait)
            await check()


class Charged(SchemaExtension):
    """Charges what an operation can cost before it runs, and settles what it did cost afterwards."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Raises `TooCostly` or `Spent` before anything is read."""
        execution = self.execution_context
        context: Payer = execution.context
        caller, document = context.caller, execution.graphql_document
        weighed = None
        if caller is not None and document is not None:
            schema = execution.schema._schema  # noqa: SLF001 - Strawberry does not show it
            weighed = weigh(schema, document, execution.operation_name, execution.variables)
        if caller is None or weighed is None:
            yield
        elif context.cost_only:
            budget = await partners.budget_of(caller)
            context.charge = Charge(weighed.requested, budget) if budget else None
            # With a result there, nothing is executed.
            execution.result = ExecutionResult(data=None, errors=None)
            yield
        else:
            await charge(context, caller, weighed.requested)
            context.weighed = weighed
            yield
            # A subscription goes on, and has no result yet: see `pay_message`.
            if (result := execution.result) is not None:
                # An error may have taken what was read out of the answer.
                read = context.snapshot.rows if result.errors else 0
                await settle(context, caller, weighed.actual(result.data, read=read))
