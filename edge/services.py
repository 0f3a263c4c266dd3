"""The services that requests need: built once at start-up and available to each request."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
from starlette.requests import HTTPConnection

from edge.assets import Assets
from edge.capacity import ConcurrencyLimit
from records.access.staff.oidc.provider import Provider
from records.core.settings import Settings
from records.database.notifications import OutboxNotifications
from records.database.readiness import Readiness
from records.security.rate_limits import RateLimiter


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services of this process. Domain functions use Tortoise and need none of these."""

    settings: Settings
    # Read-only, without privileges on sealed tables.
    reader: "asyncpg.Pool[asyncpg.Record]"
    readiness: Readiness
    # Set when shutdown begins.
    stopping: asyncio.Event
    pace: RateLimiter
    notifications: OutboxNotifications
    # Event streams of the pages of staff; the owner is a session.
    page_streams: ConcurrencyLimit
    assets: Assets
    provider: Provider | None
    # Returns the names of the operations in a GraphQL document, or raises `ValueError` if it is invalid.
    operation_names: Callable[[str], str]


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that handles this connection."""
    services: Services = connection.app.state.services
    return services
