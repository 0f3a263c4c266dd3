"""Limits on the WebSockets and subscriptions that are open in this process."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final

from records.core.errors import DomainError
from records.core.language import _

# Open subscriptions of one partner, per process.
MAX_SUBSCRIPTIONS_PER_CALLER: Final = 20


class CapacityExceeded(DomainError):
    """As many are open as may be."""

    code: ClassVar[str] = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self) -> None:
        super().__init__(_("Too many subscriptions are open. Close one, or try again later."))


class ConcurrencyLimit:
    """Limits concurrent use in this process, in total and per owner.

    An owner is a partner, or the client address of an anonymous caller (`authentication.rate_limit_key`).
    """

    def __init__(self, maximum: int, per_owner: int) -> None:
        self._maximum, self._per_owner = maximum, per_owner
        self._open: Counter[str] = Counter()

    @contextmanager
    def slot(self, owner: str) -> Iterator[None]:
        """Holds a slot while the context is open. Raises `CapacityExceeded`."""
        if self._open[owner] >= self._per_owner or self._open.total() >= self._maximum:
            raise CapacityExceeded
        self._open[owner] += 1
        try:
            yield
        finally:
            self._open[owner] -= 1
            if not self._open[owner]:
                del self._open[owner]


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
