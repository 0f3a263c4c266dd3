"""What is counted: the checks that were made, and the foreign rows among the answers."""

from collections import Counter
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from random import Random
from typing import Any


class Wrong(AssertionError):
    """The service said something else than the oracle."""


@dataclass
class Proof:
    """The checks that were made so far, by kind."""

    most: int
    random: Random
    kinds: Counter[str] = field(default_factory=Counter)
    foreign: int = 0

    @property
    def done(self) -> bool:
        """Whether there were enough."""
        return self.kinds.total() >= self.most

    def same(self, kind: str, found: object, expected: object, *about: object) -> None:
        """One check: a number, a status, whether something is there. Raises `Wrong`."""
        self.kinds[kind] += 1
        if found != expected:
            # A record where none should be, or more of them than there are to see.
            self.foreign += int(found is True or (isinstance(found, int) and found > _number(expected)))
            raise Wrong(f"{kind} {about}: found {found!r}, expected {expected!r}")

    def rows(
        self, kind: str, found: Collection[Hashable], expected: Collection[Hashable], *about: object
    ) -> None:
        """One check: exactly these rows, each once. Raises `Wrong`."""
        self.kinds[kind] += 1
        foreign, missing = set(found) - set(expected), set(expected) - set(found)
        self.foreign += len(foreign)
        if foreign or missing or len(found) != len(expected):
            raise Wrong(f"{kind} {about}: {len(foreign)} foreign rows, {len(missing)} missing")

    def absent(self, kind: str, codes: Collection[str], text: str, *about: object) -> None:
        """One check: none of these codes stands in a page. Raises `Wrong`."""
        self.rows(kind, [code for code in codes if code in text], [], *about)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
