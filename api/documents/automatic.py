"""Texts of automatic persisted queries, in the memory of this process, each partner's its own.

They are written down nowhere: a text that an integrator wrote may hold anybody's name.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

# What one partner may leave here, and how many partners are remembered: 50 MiB at most.
_DOCUMENTS: Final = 100
_BYTES: Final = 256 * 1024
_PARTNERS: Final = 200
_UNUSED_SECONDS: Final = 24 * 60 * 60


@dataclass(slots=True)
class _Shelf:
    """What one partner left, in the order of last use, with the moments of those uses."""

    texts: "OrderedDict[str, tuple[str, float]]" = field(default_factory=OrderedDict)
    size: int = 0

    def drop(self) -> None:
        """Drops what was not used for the longest time."""
        _hashed, (text, _used) = self.texts.popitem(last=False)
        self.size -= len(text.encode())

    def expire(self, until: float) -> None:
        """Drops what was last used before `until`."""
        while self.texts and next(iter(self.texts.values()))[1] < until:
            self.drop()


class Automatic:
    """Texts that partners sent with their hash, each partner's its own, in the memory of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shelves: OrderedDict[UUID, _Shelf] = OrderedDict()

    def get(self, partner: UUID, hashed: str) -> str | None:
        """The text with this hash that the partner left, unless it was not used for a day."""
        shelf = self._shelf(partner)
        if shelf is None or hashed not in shelf.texts:
            return None
        text, _used = shelf.texts.pop(hashed)
        shelf.texts[hashed] = (text, self._clock())
        return text

    def keep(self, partner: UUID, hashed: str, text: str) -> None:
        """Keeps a text for the partner; what it used least lately makes room."""
        size = len(text.encode())
        if size > _BYTES or self.get(partner, hashed) is not None:
            return
        shelf = self._shelf(partner) or self._shelves.setdefault(partner, _Shelf())
        while len(shelf.texts) >= _DOCUMENTS or shelf.size + size > _BYTES:
            shelf.drop()
        shelf.texts[hashed] = (text, self._clock())
        shelf.size += size
        while len(self._shelves) > _PARTNERS:
            self._shelves.popitem(last=False)

    def _shelf(self, partner: UUID) -> _Shelf | None:
        shelf = self._shelves.get(partner)
        if shelf is not None:
            shelf.expire(self._clock() - _UNUSED_SECONDS)
            self._shelves.move_to_end(partner)
        return shelf
