"""What requests are paid from: taken before an operation runs, and given back as far as it cost less."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import strawberry
from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from api.cost.pricing import weigh
from api.cost.sizes import READ, WRAPPER
from api.reads.context import Context, Info
from records.access import partners
from records.core.actor import Actor


@strawberry.type(description="What a partner's requests are paid from.", directives=[WRAPPER])
class Budget:
    """A partner's budget."""

    limit: int = strawberry.field(
        description="How much cost it holds when it is full: no request may cost more."
    )
    remaining: int = strawberry.field(
        description="How much cost is left now that this request is paid; what it does not need comes back. "
        "Below zero after a request that the database worked on for long."
    )
    restore_per_second: int = strawberry.field(description="How much cost comes back in a second.")


async def budget(info: Info) -> Budget | None:
    """The budget that this request was paid from; None for whoever has none. Raises `Unauthenticated`."""
    _actor, charged = info.context.actor, info.context.charge
    if charged is None:
        return None
    held = charged.budget
    return Budget(limit=held.limit, remaining=held.remaining, restore_per_second=held.restore)


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


def cost_only(request: HTTPConnection) -> bool:
    """Whether the caller wants to know what the request costs, and not its answer."""
    return request.headers.get("ketnoi-cost", "").strip().lower() == "only"


async def charge(context: Context, caller: Actor, cost: int) -> None:
    """Takes `cost` from the caller's budget, and notes it in `context`. Raises `TooCostly` or `Spent`."""
    try:
        left = await partners.take(caller, cost)
    except partners.Spent as no:
        context.charge = Charge(cost, no.budget)
        raise
    context.charge = Charge(cost, left) if left else None


async def settle(context: Context, caller: Actor, actual: int) -> None:
    """Gives back what was charged beyond `actual`, less the overtime of the database."""
    paid = context.charge
    if paid is not None:
        overtime = max(0, ceil((context.snapshot.seconds - FREE_SECONDS) * 1000))
        back = paid.requested - actual - overtime
        left = await partners.give_back(caller, back) if back else None
        context.charge = Charge(paid.requested, left or paid.budget, actual, overtime)


async def pay_in_full(context: Context) -> None:
    """Pays all that was charged, and the overtime, for an operation that was given up."""
    if context.caller is not None and context.charge is not None:
        await settle(context, context.caller, context.charge.requested)


async def pay_message(context: Context, data: Any, check: Callable[[], Awaitable[None]]) -> None:
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


async def pay_look(context: Context, check: Callable[[], Awaitable[None]]) -> None:
    """Pays a look of a subscription that found nothing to tell. Waits and raises as `pay_message` does."""
    if context.charge is not None and context.caller is not None:
        await _taken_in_time(context.caller, READ.weight, check)


async def _taken_in_time(
    caller: Actor, cost: int, check: Callable[[], Awaitable[None]]
) -> partners.Budget | None:
    while True:
        try:
            return await partners.take(caller, cost)
        except partners.Spent as no:
            await asyncio.sleep(no.wait)
            await check()


class Charged(SchemaExtension):
    """Charges what an operation can cost before it runs, and settles what it did cost afterwards."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Raises `TooCostly` or `Spent` before anything is read."""
        execution = self.execution_context
        context: Context = execution.context
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
