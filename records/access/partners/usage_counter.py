"""Counting what partners do, in memory, and adding it up in the database now and then, in one statement."""

from collections import Counter
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.connection import get_connection

from records.core.actor import Actor
from records.core.dates import today
from records.core.identifiers.ids import uuid7


class UsageCounter:
    """Counts of one kind, each of a partner on a day, and of one `item` among several where it says so.

    `statement` adds ids, partners, days, items and counts, in that order, to what is stored.
    """

    def __init__(self, statement: str) -> None:
        self.statement: Final = statement
        self._counted: Counter[tuple[UUID, date, str]] = Counter()

    def increment(self, by: Actor | None, item: str = "") -> None:
        """Counts once for a partner, today. Who has no key is not counted."""
        if by is not None and by.id is not None:
            self._counted[by.id, today(), item] += 1

    async def store(self) -> None:
        """Stores what was counted since the last time. Where that fails nothing is lost."""
        taken = dict(self._counted)
        self._counted.clear()
        if not taken:
            return
        partners, days, items = zip(*taken, strict=True)
        columns = [[uuid7() for _ in taken], partners, days, items, [*taken.values()]]
        try:
            await get_connection("default").execute_query(self.statement, columns)
        except BaseException:
            self._counted.update(taken)
            raise
