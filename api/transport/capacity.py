"""How many sockets and subscriptions may be open in this process, and for whom."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final

from records.core.errors import Refused
from records.core.language import _

# How many a partner may have open at once, in one process.
SUBSCRIPTIONS: Final = 20


class Full(Refused):
    """As many are open as may be."""

    code: ClassVar[str] = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self) -> None:
        super().__init__(_("Too many subscriptions are open. Close one, or try again later."))


class Room:
    """How many of something may be open in this process: of everybody together, and of each.

    Each is a partner, or an address where nobody has said who they are (`calling.counted`).
    """

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, whose: str) -> Iterator[None]:
        """Keeps a place for as long as this lasts. Raises `Full`."""
        if self._open[whose] >= self._each or self._open.total() >= self._most:
            raise Full
        self._open[whose] += 1
        try:
            yield
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]


@dataclass
class Streams:
    """What is open in this process."""

    sockets: Room = field(default_factory=lambda: Room(most=1000, each=50))
    subscriptions: Room = field(default_factory=lambda: Room(most=1000, each=SUBSCRIPTIONS))
    _ends: set[Callable[[], object]] = field(default_factory=set)

    @contextmanager
    def until(self, end: Callable[[], object]) -> Iterator[None]:
        """Meanwhile `end` is called when the process stops."""
        self._ends.add(end)
        try:
            yield
        finally:
            self._ends.discard(end)

    def end(self) -> None:
        """The process stops: whoever waits for something that may never come is told."""
        for end in tuple(self._ends):
            end()
