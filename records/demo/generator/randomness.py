"""Chance that falls the same way for the same seed, on every Python."""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from math import log
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things that come up as often as their weights say."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.things = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def pick(self, roll: float) -> T:
        """The thing on which `roll` (from 0, below 1) falls."""
        bounds = self._bounds
        return self.things[bisect(bounds, roll * bounds[-1], 0, len(bounds) - 1)]


class RandomSource:
    """A stream of chances of its own for each `topic`, so that one noun does not shift another."""

    def __init__(self, seed: int, topic: str) -> None:
        # Only `random` and `getrandbits` are promised to stay the same from one Python to the next.
        source = Random(f"{seed} {topic}")  # noqa: S311 - made-up records, not secrets
        self.roll = source.random
        self.bits = source.getrandbits

    def integer_between(self, minimum: int, maximum: int) -> int:
        """A whole number from `minimum` to `maximum`."""
        return minimum + int(self.roll() * (maximum - minimum + 1))

    def choice(self, things: list[T] | tuple[T, ...]) -> T:
        """One of `things`, each as likely as the others."""
        return things[int(self.roll() * len(things))]

    def exponential(self, mean: float) -> float:
        """A time until something happens that happens every `mean` on average."""
        return -mean * log(1 - self.roll())

    def id_at(self, second: float) -> UUID:
        """A UUIDv7 (RFC 9562, section 5.7) of that second since 1970."""
        bits = int(second * 1000) << 80 | self.bits(80)
        bits = bits & ~(0xF << 76) | 7 << 76
        bits = bits & ~(0x3 << 62) | 2 << 62
        return UUID(int=bits)

    def shuffled(self, things: list[T]) -> list[T]:
        """`things` in another order."""
        return [
            thing for _, _, thing in sorted((self.roll(), index, thing) for index, thing in enumerate(things))
        ]
