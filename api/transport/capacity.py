"""How many sockets and subscriptions may be open in this process, and for whom."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final

from records.core.errors import DomainError
from records.core.language import _

# How many a partner may have open at once, in one process.
MAX_SUBSCRIPTIONS_PER_CALLER: Final = 20


class CapacityExceeded(DomainError):
    """As many are open as may be."""

    code: ClassVar[str] = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self) -> None:
        super().__init__(_("Too many subscriptions are open. Close one, or try again later."))


class ConcurrencyLimit:
    """How many of something may be open in this process: of everybody together, and of each.

    Each is a partner, or an address where nobody has said who they are (`authentication.rate_limit_key`).
    """

    def __init__(self, maximum: int, per_owner: int) -> None:
        self._maximum, self._per_owner = maximum, per_owner
        self._open: Counter[str] = Counter()

    @contextmanager
    def slot(self, owner: str) -> Iterator[None]:
        """Keeps a place for as long as this lasts. Raises `CapacityExceeded`."""
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
    """What is open in this process."""

    sockets: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(maximum=1000, per_owner=50))
    subscriptions: ConcurrencyLimit = field(
        default_factory=lambda: ConcurrencyLimit(maximum=1000, per_owner=MAX_SUBSCRIPTIONS_PER_CALLER)
    )
    _callbacks: set[Callable[[], object]] = field(default_factory=set)

    @contextmanager
    def on_shutdown(self, callback: Callable[[], object]) -> Iterator[None]:
        """Meanwhile `end` is called when the process stops."""
        self._callbacks.add(callback)
        try:
            yield
        finally:
            self._callbacks.discard(callback)

    def shut_down(self) -> None:
        """The process stops: whoever waits for something that may never come is told."""
        for callback in tuple(self._callbacks):
            callback()
