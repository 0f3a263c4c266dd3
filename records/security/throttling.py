"""Throttling of failed attempts: waits grow with failures and never affect other people.

What is counted is a try from one address, a try of one name or partner system from that address, and a try
on a device that signed in before. So a stranger who guesses slows down only themselves. No address or name is
kept, only an HMAC of it. A try is counted before it is looked at: a thousand at once are a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tortoise.connection import get_connection
from tortoise.expressions import F

from records.core import events
from records.core.dates import now
from records.core.errors import DomainError
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.security.addresses import client_source
from records.security.sealing import keyring
from records.tables import Throttle

FORGOTTEN: Final = timedelta(days=1)
"""A count without a try for so long is forgotten."""


class TooManyAttempts(DomainError):
    """There were too many recent attempts."""

    code = "TOO_MANY"

    def __init__(self) -> None:
        super().__init__(_("Too many attempts. Wait a while, then try again."))


@dataclass(frozen=True)
class ThrottleLimit:
    """A count: of what, how many tries are free, and how long the wait after another may become."""

    key: str
    free_attempts: int
    longest: timedelta
    # Whether others are counted here too: then what one got right does not clear what went wrong.
    shared: bool = False


def per_address(address: str) -> ThrottleLimit:
    """Attempts from one address, which a whole office may share."""
    return ThrottleLimit(_key("address", client_source(address)), 50, timedelta(minutes=15), shared=True)


def per_name(address: str, username: str) -> ThrottleLimit:
    """Attempts for one user name from one address."""
    return ThrottleLimit(_key("name", f"{client_source(address)}\0{username}"), 5, timedelta(hours=1))


def per_device(device: str) -> ThrottleLimit:
    """Attempts on a device that has signed in before."""
    return ThrottleLimit(_key("device", device), 10, timedelta(hours=1))


def per_reauthentication(of: str) -> ThrottleLimit:
    """Attempts at a second factor or at reauthentication."""
    return ThrottleLimit(_key("proof", of), 5, timedelta(hours=1))


def per_client_address(address: str) -> ThrottleLimit:
    """Attempts of partner systems from one address, which several may share."""
    return ThrottleLimit(
        _key("client-address", client_source(address)), 50, timedelta(minutes=15), shared=True
    )


def per_client(address: str, client_id: str) -> ThrottleLimit:
    """Tries of one partner system from one address; a system may well ask several times at once."""
    return ThrottleLimit(_key("client", f"{client_source(address)}\0{client_id}"), 20, timedelta(hours=1))


def per_lookup(of: str) -> ThrottleLimit:
    """Looks for somebody by phone, by one person: a day of calls is free, trying numbers out is not."""
    return ThrottleLimit(_key("lookup", of), 30, timedelta(minutes=15))


async def claim_attempt(limits: Sequence[ThrottleLimit]) -> None:
    """Counts one attempt in each of `limits`. Raises `TooManyAttempts` before the wait is over.

    The wait doubles with each try beyond the free ones, from one second on; a day without a try forgets them.
    """
    moment = now()
    for limit in limits:
        counted = await get_connection("default").execute_query_dict(
            "INSERT INTO throttles AS held (key, tries, since) VALUES ($1, 1, $2) "
            "ON CONFLICT (key) DO UPDATE SET since = $2, "
            "tries = CASE WHEN held.since < $3 THEN 1 ELSE held.tries + 1 END "
            "WHERE held.tries < $4 OR held.since + least($5 * interval '1 second', "
            "power(2, least(held.tries - $4, 30)) * interval '1 second') <= $2 RETURNING key",
            [limit.key, moment, moment - FORGOTTEN, limit.free_attempts, limit.longest.total_seconds()],
        )
        if not counted:
            events.log(Event.THROTTLED, source=limit.key[:16])
            raise TooManyAttempts


async def record_success(limits: Sequence[ThrottleLimit]) -> None:
    """Takes back the try that was counted, and every one of one's own."""
    for limit in limits:
        counted = Throttle.filter(key=limit.key)
        if limit.shared:
            await counted.filter(tries__gt=1).update(tries=F("tries") - 1)
        else:
            await counted.delete()


async def remember(address: str, client_id: str) -> None:
    """Remembers for a day that a partner system authenticated from this address."""
    await Throttle.update_or_create({"tries": 1, "since": now()}, key=_known(address, client_id))


async def is_remembered(address: str, client_id: str) -> bool:
    """Whether the partner system authenticated from this address in the last day."""
    since = now() - FORGOTTEN
    return await Throttle.filter(key=_known(address, client_id), since__gte=since).exists()


def _known(address: str, client_id: str) -> str:
    return _key("known-client", f"{client_source(address)}\0{client_id}")


def _key(kind: str, value: str) -> str:
    return keyring().blind_index(f"throttle:{kind}", value).hex()
