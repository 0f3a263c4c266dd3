"""What requests are paid from: taken before an operation runs, and given back as far as it cost less."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import strawberry
from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from api.context import Context, Info
from api.cost import weigh
from api.sizes import WRAPPER
from records import partners
from records.core.actor import Actor


@strawberry.type(description="What a partner's requests are paid from.", directives=[WRAPPER])
class Budget:
    """A partner's budget."""

    limit: int = strawberry.field(
        description="How much cost it holds when it is full: no request may cost more."
    )
    remaining: int = strawberry.field(
        description="How much cost is left now that this request is paid; what it does not need comes back."
    )
    restore_per_second: int = strawberry.field(description="How much cost comes back in a second.")


async def budget(info: Info) -> Budget | None:
    """The budget that this request was paid from; None for whoever has none. Raises `Unauthenticated`."""
    _actor, charged = info.context.actor, info.context.charge
    if charged is None:
        return None
    held = charged.budget
    return Budget(limit=held.limit, remaining=held.remaining, restore_per_second=held.restore)


@dataclass(slots=True)
class Charge:
    """What a request costs, and what remains of the budget that it is paid from."""

    requested: int
    budget: partners.Budget
    actual: int | None = None

    def told(self) -> dict[str, Any]:
        """As `extensions.cost` tells it."""
        actual = {} if self.actual is None else {"actual": self.actual}
        budget = {
            "limit": self.budget.limit,
            "remaining": self.budget.remaining,
            "restorePerSecond": self.budget.restore,
        }
        return {"requested": self.requested, **actual, "budget": budget}

    def headers(self) -> Mapping[str, str]:
        """As programs that know no GraphQL read it (draft-ietf-httpapi-ratelimit-headers-10)."""
        limit, remaining, restore = self.budget.limit, self.budget.remaining, self.budget.restore
        return {
            "RateLimit-Policy": f'"cost";q={limit};w={ceil(limit / restore)}',
            "RateLimit": f'"cost";r={remaining};t={ceil((limit - remaining) / restore)}',
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
    """Gives back what was charged beyond `actual`."""
    paid = context.charge
    if paid is not None:
        left = await partners.give_back(caller, paid.requested - actual) if actual < paid.requested else None
        context.charge = Charge(paid.requested, left or paid.budget, actual)


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
        return
    while True:
        try:
            left = await partners.take(caller, actual)
        except partners.Spent as no:
            await asyncio.sleep(no.wait)
            await check()
        else:
            context.charge = Charge(paid.requested, left or paid.budget, actual)
            return


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
            if execution.result is not None:
                await settle(context, caller, weighed.actual(execution.result.data))
