"""An in-memory cache of automatic persisted queries, separate for each partner.

Nothing is written to disk: a query written by an integrator may contain anybody's name.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

# Per partner, and the number of partners: 50 MiB at most.
_DOCUMENTS: Final = 100
_BYTES: Final = 256 * 1024
_PARTNERS: Final = 200
_UNUSED_SECONDS: Final = 24 * 60 * 60


@dataclass(slots=True)
class _PartnerCache:
    """The texts of one partner in the order of last use, each with the time of that use."""

    texts: "OrderedDict[str, tuple[str, float]]" = field(default_factory=OrderedDict)
    size: int = 0

    def evict(self) -> None:
        """Removes the least recently used text."""
        _digest, (text, _used) = self.texts.popitem(last=False)
        self.size -= len(text.encode())

    def expire(self, until: float) -> None:
        """Removes the texts that were last used before `until`."""
        while self.texts and next(iter(self.texts.values()))[1] < until:
            self.evict()


class AutomaticDocuments:
    """A cache of the queries that partners sent with their hash."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._caches: OrderedDict[UUID, _PartnerCache] = OrderedDict()

    def get(self, partner: UUID, digest: str) -> str | None:
        """The text that the partner sent with this hash, unless it was unused for a day."""
        cache = self._cache_of(partner)
        if cache is None or digest not in cache.texts:
            return None
        text, _used = cache.texts.pop(digest)
        cache.texts[digest] = (text, self._clock())
        return text

    def store(self, partner: UUID, digest: str, text: str) -> None:
        """Stores a text for the partner, evicting its least recently used ones to make room."""
        size = len(text.encode())
        if size > _BYTES or self.get(partner, digest) is not None:
            return
        cache = self._cache_of(partner) or self._caches.setdefault(partner, _PartnerCache())
        while len(cache.texts) >= _DOCUMENTS or cache.size + size > _BYTES:
            cache.evict()
        cache.texts[digest] = (text, self._clock())
        cache.size += size
        while len(self._caches) > _PARTNERS:
            self._caches.popitem(last=False)

    def _cache_of(self, partner: UUID) -> _PartnerCache | None:
        cache = self._caches.get(partner)
        if cache is not None:
            cache.expire(self._clock() - _UNUSED_SECONDS)
            self._caches.move_to_end(partner)
        return cache
