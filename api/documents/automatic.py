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
class _PartnerCache:
    """What one partner left, in the order of last use, with the moments of those uses."""

    texts: "OrderedDict[str, tuple[str, float]]" = field(default_factory=OrderedDict)
    size: int = 0

    def evict(self) -> None:
        """Drops what was not used for the longest time."""
        _digest, (text, _used) = self.texts.popitem(last=False)
        self.size -= len(text.encode())

    def expire(self, until: float) -> None:
        """Drops what was last used before `until`."""
        while self.texts and next(iter(self.texts.values()))[1] < until:
            self.evict()


class AutomaticDocuments:
    """Texts that partners sent with their hash, each partner's its own, in the memory of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._caches: OrderedDict[UUID, _PartnerCache] = OrderedDict()

    def get(self, partner: UUID, digest: str) -> str | None:
        """The text with this hash that the partner left, unless it was not used for a day."""
        cache = self._cache_of(partner)
        if cache is None or digest not in cache.texts:
            return None
        text, _used = cache.texts.pop(digest)
        cache.texts[digest] = (text, self._clock())
        return text

    def store(self, partner: UUID, digest: str, text: str) -> None:
        """Keeps a text for the partner; what it used least lately makes room."""
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
