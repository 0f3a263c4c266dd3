"""Limits on the connections that stay open in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from records.core.errors import DomainError
from records.core.language import _


class CapacityExceeded(DomainError):
    """As many are open as may be."""

    code: ClassVar[str] = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self) -> None:
        super().__init__(_("Too many subscriptions are open. Close one, or try again later."))


class ConcurrencyLimit:
    """Limits concurrent use in this process, in total and per owner.

    An owner is a session, a partner, or the client address of an anonymous caller.
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
