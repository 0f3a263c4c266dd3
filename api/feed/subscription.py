"""Subscriptions: the change feed told as it grows, over a socket or an event stream.

The bell says when to look, and the feed itself, read from the last cursor, says what there is: so a client
that comes back with its cursor, to whichever process, is told each event once and in order.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import strawberry

from api.cost.budget import pay_look
from api.feed.changes import SIZED, After, ChangeFeed, First, InArea, Types, read_changes
from api.reads.context import Context, Info
from api.reads.snapshot import Snapshot
from edge.services import Services

# Without a ring it is looked after this time; rings that come close together are answered by one look.
_QUIET_SECONDS: Final = 10.0
_APART_SECONDS: Final = 0.25
# Where nothing is told to a caller for long, others write: its place is told anyhow, for it to begin from.
_PLACE_SECONDS: Final = 300.0


@dataclass(slots=True, kw_only=True)
class Live(Context):
    """The context of a subscription, which outlives many views of the database."""

    services: Services
    # Raises `Refused` where who follows may not go on.
    check: Callable[[], Awaitable[None]]
    # Where to go on: first what the client says, then the place of what was told last.
    cursor: str | None = None

    def look(self) -> Snapshot:
        """A view of the database as it is now, until the next one is asked for."""
        self.snapshot, self._viewer = Snapshot(self.services.reader), None
        return self.snapshot


async def _changes(
    info: Info, *, after: After = None, types: Types = None, area: InArea = None, first: First = None
) -> AsyncGenerator[ChangeFeed, Any]:
    live = info.context
    if not isinstance(live, Live):
        raise TypeError("a subscription needs a context that lasts")
    after, told, pause = live.cursor or after, 0.0, _APART_SECONDS
    checked = time.monotonic()
    while True:
        rung = live.services.bell.next()
        async with live.look():
            feed = await read_changes(info, after=after, types=types, area=area, first=first)
        moved, after, moment = feed.cursor != after, feed.cursor, time.monotonic()
        tell = bool(feed.changes) or not told or (moved and moment - told > _PLACE_SECONDS)
        if tell or moment - checked > _QUIET_SECONDS:
            # After the read: what is told was read with rights that held until then.
            await live.check()
            checked = moment
        if tell:
            live.cursor, told = after, moment
            yield feed
        else:
            await pay_look(live, live.check)
        if feed.has_more and moved:
            continue
        # An older writer holds back what rang, or a replica has yet to learn of it: look again soon, less and
        # less so.
        waiting = feed.has_more or feed.told_below <= live.services.bell.heard
        pause = min(pause * 2, _QUIET_SECONDS) if waiting and not moved else _APART_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(rung.wait(), pause if waiting else _QUIET_SECONDS)
        await asyncio.sleep(max(0.0, moment + _APART_SECONDS - time.monotonic()))


@strawberry.type(
    description=(
        "The subscriptions, over graphql-transport-ws or as an event stream: each message says where to "
        "continue."
    )
)
class Subscription:
    """The root of subscriptions."""

    changes: AsyncGenerator[ChangeFeed, Any] = strawberry.subscription(
        resolver=_changes,
        directives=SIZED,
        description=(
            "`Query.changes`, delivered as it grows: first all changes after the cursor, then each "
            "change soon after it is committed. The first message is sent at once and may be empty. Keep "
            "the `cursor` of the newest message and send it as `after` to continue from there at any "
            "time: nothing is skipped or repeated."
        ),
    )
