"""How much partners ask: requests by day, counted here and stored now and then; never what they asked."""

from collections import Counter
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tortoise.connection import get_connection

from records.core.actor import Actor
from records.core.days import today
from records.core.errors import NotFound
from records.core.ids import uuid7
from records.partners.partner import visible_to
from records.tables import PartnerUsage

DAYS: Final = 30

# Sorted, so that two processes that write at once take the rows in one order.
_ADD: Final = (
    "INSERT INTO partner_usage AS held (id, partner_id, day, requests)"
    " SELECT given.* FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::int[])"
    " AS given (id, partner_id, day, requests) JOIN partners p ON p.id = given.partner_id"
    " ORDER BY given.partner_id, given.day"
    " ON CONFLICT (partner_id, day) DO UPDATE SET requests = held.requests + excluded.requests"
)

_counted: Counter[tuple[UUID, date]] = Counter()


def count_request(by: Actor) -> None:
    """Counts one request of a partner, today; `store_requests` stores it."""
    if by.id is not None:
        _counted[by.id, today()] += 1


async def store_requests() -> None:
    """Stores what was counted since the last time, in one statement. Where that fails nothing is lost."""
    taken = dict(_counted)
    _counted.clear()
    if not taken:
        return
    columns = [
        [uuid7() for _ in taken],
        [id_ for id_, _ in taken],
        [day for _, day in taken],
        [*taken.values()],
    ]
    try:
        await get_connection("default").execute_query(_ADD, columns)
    except BaseException:
        _counted.update(taken)
        raise


async def requests_by_day(actor: Actor, partner_id: UUID) -> list[PartnerUsage]:
    """The requests of a partner on each of the last days, newest first. Raises `Denied` or `NotFound`.

    A day without any is left out, and the last minute may be missing.
    """
    if not await visible_to(actor).filter(id=partner_id).exists():
        raise NotFound("There is no such partner.")
    since = today() - timedelta(days=DAYS - 1)
    return await PartnerUsage.filter(partner_id=partner_id, day__gte=since).order_by("-day")
