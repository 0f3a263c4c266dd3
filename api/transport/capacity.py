"""Limits on the WebSockets and subscriptions that are open in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from edge.capacity import ConcurrencyLimit

# Open subscriptions of one partner, per process.
MAX_SUBSCRIPTIONS_PER_CALLER: Final = 20


@dataclass
class Streams:
    """The WebSockets and subscriptions that are open in this process."""

    sockets: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(maximum=1000, per_owner=50))
    subscriptions: ConcurrencyLimit = field(
        default_factory=lambda: ConcurrencyLimit(maximum=1000, per_owner=MAX_SUBSCRIPTIONS_PER_CALLER)
    )
    _callbacks: set[Callable[[], object]] = field(default_factory=set)

    @contextmanager
    def on_shutdown(self, callback: Callable[[], object]) -> Iterator[None]:
        """Calls `callback` if the process shuts down while the context is open."""
        self._callbacks.add(callback)
        try:
            yield
        finally:
            self._callbacks.discard(callback)

    def close(self) -> None:
        """Wakes every stream that waits for an event, because the process is shutting down."""
        for callback in tuple(self._callbacks):
            callback()
