"""Budgets of partners: charged before an operation runs, refunded afterwards by what it cost less."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Protocol

from starlette.requests import HTTPConnection
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from api.cost.directives import READ
from api.cost.pricing import OperationCost, estimate_cost
from records.access import partners
from records.core.actor import Actor

FREE_DATABASE_SECONDS: Final = 0.5
"""Database time per request that is free; each further millisecond costs as much as an object."""


@dataclass(slots=True)
class Charge:
    """The cost of a request, and what remains of the budget that pays for it.

    `overtime` is the time, in milliseconds, for which the database worked beyond `FREE_DATABASE_SECONDS`.
    """

    requested: int
    budget: partners.Budget
    actual: int | None = None
    overtime: int = 0

    def as_extension(self) -> dict[str, Any]:
        """The content of `extensions.cost`."""
        actual = {} if self.actual is None else {"actual": self.actual}
        budget = {
            "limit": self.budget.limit,
            "remaining": self.budget.remaining,
            "restorePerSecond": self.budget.restore,
        }
        overtime = {"overtime": self.overtime} if self.overtime else {}
        return {"requested": self.requested, **actual, **overtime, "budget": budget}

    def headers(self) -> Mapping[str, str]:
        """The RateLimit headers (draft-ietf-httpapi-ratelimit-headers-10)."""
        limit, remaining, restore = self.budget.limit, self.budget.remaining, self.budget.restore
        return {
            "RateLimit-Policy": f'"cost";q={limit};w={ceil(limit / restore)}',
            "RateLimit": f'"cost";r={max(0, remaining)};t={ceil((limit - remaining) / restore)}',
        }


class Meter(Protocol):
    """The rows that were read for a request, and the seconds for which the database worked."""

    rows: int
    seconds: float


class Payer(Protocol):
    """The part of a request's context that charging needs."""

    caller: Actor | None
    # The caller requests the cost instead of the result.
    cost_only: bool
    operation_cost: OperationCost | None
    charge: Charge | None

    @property
    def snapshot(self) -> Meter:
        """The snapshot that the request reads from."""


def cost_only(request: HTTPConnection) -> bool:
    """Whether the caller requests the cost of the request instead of its result."""
    return request.headers.get("ketnoi-cost", "").strip().lower() == "only"


async def charge(context: Payer, caller: Actor, cost: int) -> None:
    """Takes `cost` from the caller's budget, and notes it in `context`.

    Raises `CostExceedsBudget` or `BudgetExhausted`.
    """
    try:
        remaining = await partners.charge(caller, cost)
    except partners.BudgetExhausted as error:
        context.charge = Charge(cost, error.budget)
        raise
    context.charge = Charge(cost, remaining) if remaining else None


async def settle(context: Payer, caller: Actor, actual: int) -> None:
    """Refunds what was charged beyond `actual`, minus the database overtime."""
    charged = context.charge
    if charged is not None:
        overtime = max(0, ceil((context.snapshot.seconds - FREE_DATABASE_SECONDS) * 1000))
        refund = charged.requested - actual - overtime
        remaining = await partners.refund(caller, refund) if refund else None
        context.charge = Charge(charged.requested, remaining or charged.budget, actual, overtime)


async def charge_in_full(context: Payer) -> None:
    """Settles an operation that was aborted: the full charge, plus overtime."""
    if context.caller is not None and context.charge is not None:
        await settle(context, context.caller, context.charge.requested)


async def charge_message(context: Payer, data: Any, check: Callable[[], Awaitable[None]]) -> None:
    """Charges a message of a subscription: the first from the initial charge, each other when it is sent.

    Waits while the budget is too low, which loses no messages. After each wait `check` raises if the
    subscription may not continue.
    """
    operation_cost, charged, caller = context.operation_cost, context.charge, context.caller
    if operation_cost is None or charged is None or caller is None:
        return
    actual = operation_cost.actual(data)
    if charged.actual is None:
        await settle(context, caller, actual)
    else:
        remaining = await _take_when_available(caller, actual, check)
        context.charge = Charge(charged.requested, remaining or charged.budget, actual)


async def charge_poll(context: Payer, check: Callable[[], Awaitable[None]]) -> None:
    """Charges a poll of a subscription that found no changes. Waits and raises like `charge_message`."""
    if context.charge is not None and context.caller is not None:
        await _take_when_available(context.caller, READ.weight, check)


async def _take_when_available(
    caller: Actor, cost: int, check: Callable[[], Awaitable[None]]
) -> partners.Budget | None:
    while True:
        try:
            return await partners.charge(caller, cost)
        except partners.BudgetExhausted as error:
            await asyncio.sleep(error.wait)
            await check()


class ChargeExtension(SchemaExtension):
    """Charges the estimated cost before an operation runs, and settles the actual cost afterwards."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Raises `CostExceedsBudget` or `BudgetExhausted` before anything is read."""
        execution = self.execution_context
        context: Payer = execution.context
        caller, document = context.caller, execution.graphql_document
        operation_cost = None
        if caller is not None and document is not None:
            schema = execution.schema._schema  # noqa: SLF001 - Strawberry does not show it
            operation_cost = estimate_cost(schema, document, execution.operation_name, execution.variables)
        if caller is None or operation_cost is None:
            yield
        elif context.cost_only:
            budget = await partners.budget_of(caller)
            context.charge = Charge(operation_cost.requested, budget) if budget else None
            # Strawberry executes nothing if there is a result already.
            execution.result = ExecutionResult(data=None, errors=None)
            yield
        else:
            await charge(context, caller, operation_cost.requested)
            context.operation_cost = operation_cost
            yield
            # A subscription has no result yet: see `charge_message`.
            if (result := execution.result) is not None:
                # An error may have removed what was read from the result.
                read = context.snapshot.rows if result.errors else 0
                await settle(context, caller, operation_cost.actual(result.data, read=read))
