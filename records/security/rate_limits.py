"""A rate limit per caller, against scraping and against callers that slow down others.

Counted in this process and not in the database: a count there would cost more than most calls.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import Final

from records.core import events
from records.core.events import Event

_MAX_CALLERS: Final = 10_000


class RateLimiter:
    """Limits the calls per minute of each caller, with bursts of up to a minute's worth."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """0 means no limit."""
        self._most, self._clock = per_minute, clock
        # When each caller's allowance is full again.
        self._good_at: dict[str, float] = {}

    def seconds_to_wait(self, caller: str) -> int:
        """Counts a call and returns 0 if `caller` may call now, else the seconds until it may."""
        if not self._most:
            return 0
        moment, each = self._clock(), 60 / self._most
        good_at = max(self._good_at.get(caller, moment), moment) + each
        if good_at - moment > 60:
            events.log(Event.REQUEST_REFUSED, reason="pace")
            return ceil(good_at - moment - 60)
        if len(self._good_at) >= _MAX_CALLERS:
            self._good_at = {name: until for name, until in self._good_at.items() if until > moment}
        self._good_at[caller] = good_at
        return 0
