"""Usage by partners: requests by day, and uses of what is deprecated; never their content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tortoise.functions import Max, Sum

from records.access.partners.partner import check_manages
from records.access.partners.usage_counter import UsageCounter
from records.core.actor import Actor
from records.core.dates import today
from records.tables import PartnerDeprecation, PartnerUsage

DAYS: Final = 30

# Each sorted, so that two processes that write at once take the rows in one order.
_REQUESTS: Final = UsageCounter(
    "INSERT INTO partner_usage AS held (id, partner_id, day, requests)"
    " SELECT given.id, given.partner_id, given.day, given.requests"
    " FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::int[])"
    " AS given (id, partner_id, day, what, requests) JOIN partners p ON p.id = given.partner_id"
    " ORDER BY given.partner_id, given.day"
    " ON CONFLICT (partner_id, day) DO UPDATE SET requests = held.requests + excluded.requests"
)
_DEPRECATED: Final = UsageCounter(
    "INSERT INTO partner_deprecations AS held (id, partner_id, day, coordinate, requests)"
    " SELECT given.* FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::int[])"
    " AS given (id, partner_id, day, coordinate, requests) JOIN partners p ON p.id = given.partner_id"
    " ORDER BY given.partner_id, given.day, given.coordinate"
    " ON CONFLICT (partner_id, day, coordinate) DO UPDATE SET requests = held.requests + excluded.requests"
)


@dataclass(frozen=True, slots=True)
class DeprecatedUse:
    """The number of recent requests that used a deprecated part of the API, and the day of the last one."""

    coordinate: str
    requests: int
    last_on: date


def count_request(by: Actor) -> None:
    """Counts one request of a partner, today; `store_requests` stores it."""
    _REQUESTS.increment(by)


def count_deprecated(by: Actor | None, coordinates: Iterable[str]) -> None:
    """Counts one request that used deprecated parts, today; `store_requests` stores it."""
    for coordinate in coordinates:
        _DEPRECATED.increment(by, coordinate)


async def store_requests() -> None:
    """Stores what was counted since the last time. What cannot be stored now is kept for the next time."""
    await _REQUESTS.store()
    await _DEPRECATED.store()


async def requests_by_day(actor: Actor, partner_id: UUID) -> list[PartnerUsage]:
    """A partner's requests by day, newest first, without empty days.

    Raises `PermissionDenied` or `NotFound`.
    """
    since = await _since(actor, partner_id)
    return await PartnerUsage.filter(partner_id=partner_id, day__gte=since).order_by("-day")


async def deprecated_uses(actor: Actor, partner_id: UUID) -> list[DeprecatedUse]:
    """The deprecated parts that a partner used of late, by coordinate.

    Raises `PermissionDenied` or `NotFound`.
    """
    since = await _since(actor, partner_id)
    rows = (
        PartnerDeprecation.filter(partner_id=partner_id, day__gte=since)
        .group_by("coordinate")
        .annotate(total=Sum("requests"), last_on=Max("day"))
        .order_by("coordinate")
    )
    return [DeprecatedUse(*row) for row in await rows.values_list("coordinate", "total", "last_on")]


async def _since(actor: Actor, partner_id: UUID) -> date:
    """The first of the last days. Raises `PermissionDenied` or `NotFound`."""
    await check_manages(actor, partner_id)
    return today() - timedelta(days=DAYS - 1)
