"""Subscriptions: the change feed delivered as it grows, over WebSocket or an event stream.

Notifications trigger a read of the feed from the last cursor. A client that reconnects with its cursor, to
any process, therefore receives each change once and in order.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import strawberry

from api.cost.budget import charge_poll
from api.feed.changes import FEED_DIRECTIVES, After, ChangeFeed, First, InArea, Types, read_feed
from api.reads.context import Context, Info
from api.reads.snapshot import Snapshot
from edge.services import Services

# The time between polls without notifications, and the minimum time between two reads.
_POLL_SECONDS: Final = 10.0
_MIN_INTERVAL_SECONDS: Final = 0.25
# After this time without messages the client gets an empty one with a fresh cursor.
_CURSOR_REFRESH_SECONDS: Final = 300.0


@dataclass(slots=True, kw_only=True)
class SubscriptionContext(Context):
    """The context of a subscription, with a new snapshot for each read."""

    services: Services
    # Raises `DomainError` where who follows may not go on.
    check: Callable[[], Awaitable[None]]
    # The position from which to continue: first the client's, then that of the last message.
    cursor: str | None = None

    def new_snapshot(self) -> Snapshot:
        """A snapshot of the current database, which replaces the previous one."""
        self.snapshot, self._viewer = Snapshot(self.services.reader), None
        return self.snapshot


async def _changes(
    info: Info, *, after: After = None, types: Types = None, area: InArea = None, first: First = None
) -> AsyncGenerator[ChangeFeed, Any]:
    context = info.context
    if not isinstance(context, SubscriptionContext):
        raise TypeError("a subscription needs a context that lasts")
    after, last_sent, pause = context.cursor or after, 0.0, _MIN_INTERVAL_SECONDS
    last_checked = time.monotonic()
    while True:
        notification = context.services.notifications.next_notification()
        async with context.new_snapshot():
            feed = await read_feed(info, after=after, types=types, area=area, first=first)
        advanced, after, now = feed.cursor != after, feed.cursor, time.monotonic()
        send = bool(feed.changes) or not last_sent or (advanced and now - last_sent > _CURSOR_REFRESH_SECONDS)
        if send or now - last_checked > _POLL_SECONDS:
            # After the read, so that nothing is sent that was read after access ended.
            await context.check()
            last_checked = now
        if send:
            context.cursor, last_sent = after, now
            yield feed
        else:
            await charge_poll(context, context.check)
        if feed.has_more and advanced:
            continue
        # An older writer holds back what rang, or a replica has yet to learn of it: look again soon, less and
        # less so.
        waiting = feed.has_more or feed.delivered_below <= context.services.notifications.last_txid
        pause = min(pause * 2, _POLL_SECONDS) if waiting and not advanced else _MIN_INTERVAL_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(notification.wait(), pause if waiting else _POLL_SECONDS)
        await asyncio.sleep(max(0.0, now + _MIN_INTERVAL_SECONDS - time.monotonic()))


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
        directives=FEED_DIRECTIVES,
        description=(
            "`Query.changes`, delivered as it grows: first all changes after the cursor, then each "
            "change soon after it is committed. The first message is sent at once and may be empty. Keep "
            "the `cursor` of the newest message and send it as `after` to continue from there at any "
            "time: nothing is skipped or repeated."
        ),
    )
