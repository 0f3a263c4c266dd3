"""Results of an attempt: delivered, retried with growing delays, or given up."""

from datetime import timedelta
from random import SystemRandom
from typing import Final

from tortoise.connection import get_connection

from records.changes.jobs import Lease
from records.core.actor import system_actor
from records.delivery.webhooks import endpoints
from records.delivery.webhooks.requests import Answer
from records.tables import WebhookDelivery
from records.tables.delivery import DeliveryProblem, DeliveryState, WebhookState

# After each attempt that failed, in seconds, as the specification suggests; after the last it is given up.
DELAYS: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# A webhook of which nothing was taken for so long is stopped.
FAILING: Final = timedelta(days=5)
_LONGEST_REST: Final = 300

# What somebody sent again meanwhile has other attempts, and stays as it is.
_SETTLE: Final = """
UPDATE webhook_deliveries
SET state = $2, attempts = attempts + $3, status = $4, problem = $5, tried_at = now(),
  due_at = now() + make_interval(secs => $6)
WHERE id = $1 AND state = 'WAITING' AND attempts = $7"""
_GOOD: Final = "UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = $1 AND failures > 0"
_BAD: Final = """
UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, now())
WHERE id = $1 RETURNING failures, failing_since <= now() - $2::interval AS too_long"""

_random: Final = SystemRandom()


async def withhold(row: WebhookDelivery) -> None:
    """Settles a delivery that the partner may not have."""
    await _settle(row, DeliveryState.WITHHELD, tries=0)


async def note(row: WebhookDelivery, result: Answer | DeliveryProblem, lease: Lease) -> float | None:
    """Stores what came of an attempt: None where it was taken, else for how many seconds to rest.

    Raises `LeaseLost`.
    """
    answer = result if isinstance(result, Answer) else None
    status = answer.status if answer else None
    async with lease.storing():
        if answer and answer.good:
            await _settle(row, DeliveryState.DELIVERED, status=status)
            await get_connection("default").execute_query(_GOOD, [row.webhook_id])
            return None
        problem = result if isinstance(result, DeliveryProblem) else DeliveryProblem.ANSWER
        wait = answer.wait.total_seconds() if answer and answer.wait else 0.0
        left = DELAYS[row.attempts : row.attempts + 1]
        state = DeliveryState.WAITING if left else DeliveryState.FAILED
        seconds = max(wait, _about(sum(left)))
        await _settle(row, state, status=status, problem=problem, seconds=seconds)
        (failing,) = await get_connection("default").execute_query_dict(_BAD, [row.webhook_id, FAILING])
    if status == 410:
        await endpoints.stop(row.webhook_id, WebhookState.GONE, by=system_actor("webhooks"))
    elif failing["too_long"]:
        await endpoints.stop(row.webhook_id, WebhookState.FAILING, by=system_actor("webhooks"))
    # Each failure in a row doubles the rest, so that what does not answer takes ever less of our time.
    return max(wait, _about(min(2 ** min(failing["failures"], 10), _LONGEST_REST)))


async def _settle(
    row: WebhookDelivery,
    state: DeliveryState,
    *,
    tries: int = 1,
    status: int | None = None,
    problem: DeliveryProblem | None = None,
    seconds: float = 0,
) -> None:
    values = [row.id, state.value, tries, status, problem.value if problem else None, seconds, row.attempts]
    await get_connection("default").execute_query(_SETTLE, values)


def _about(seconds: float) -> float:
    """A little more or less, so that what failed together does not come back together."""
    return seconds * _random.uniform(0.9, 1.1)
