"""How many calls a caller may make in a minute: nobody empties the records by machine or holds up others.

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
    """Calls per minute and caller. A caller that was quiet may make a minute's worth at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """With 0 everybody may call as often as they like."""
        self._most, self._clock = per_minute, clock
        # The moment at which each caller's calls will all have been made good again.
        self._good_at: dict[str, float] = {}

    def seconds_to_wait(self, caller: str) -> int:
        """0 when `caller` may call now, which is counted; else the seconds until they may."""
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
