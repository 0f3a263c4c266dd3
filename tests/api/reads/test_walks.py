"""Walks through a list, page by page, while somebody writes: what stands still is met exactly once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from records.core.dates import now
from records.tables import Tip
from records.tables.tips import LegalKind
from tests.api.support import BA_DINH, PHU_HUU, Ask, add_tip
from tests.conftest import area_ids

STEADY, RESTLESS, PAGE = 40, 25, 7
MOST_PAGES: Final = 60
QUERY: Final = """query($first: Int, $after: String, $last: Int, $before: String, $order: TipOrder) {
  tips(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes { code } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ORDERS: Final = ("RECEIVED_AT", "RECEIVED_AT_DESC", "DUE_AT", "DUE_AT_DESC", "UPDATED_AT_DESC", "CODE")


class Writer:
    """Somebody who inserts, moves, removes and re-orders tips, over and over."""

    def __init__(self, chance: Random, places: list[Any]) -> None:
        self.chance, self.places, self.written = chance, places, 0
        self._wrote = asyncio.Event()

    async def write(self) -> None:
        """One change after another, until it is stopped."""
        while True:
            await self._change(f"R{self.chance.randrange(RESTLESS):02d}")
            self.written += 1
            self._wrote.set()

    async def has_written(self) -> None:
        """Waits for the next change."""
        self._wrote.clear()
        await self._wrote.wait()

    async def _change(self, code: str) -> None:
        chance, tip = self.chance, Tip.filter(code=code)
        match chance.randrange(5):
            case 0:
                await add_tip(f"N{self.written:04d}", received=moment(chance), **deadline(chance))
            case 1:
                await tip.update(area_id=chance.choice(self.places))
            case 2:
                await tip.update(deleted_at=chance.choice([None, now()]))
            case 3:
                await tip.update(received_at=moment(chance), **deadline(chance))
            case _:
                await tip.update(updated_at=moment(chance))


def moment(chance: Random) -> datetime:
    """One of a few moments, so that many rows share one."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(12))


def deadline(chance: Random) -> dict[str, Any]:
    """What a tip with a deadline has, or one without."""
    due = moment(chance) if chance.random() < 0.5 else None
    return {"legal_kind": LegalKind.REPORT if due else LegalKind.SOURCE, "due_at": due}


@asynccontextmanager
async def somebody_writing(chance: Random) -> AsyncIterator[Writer]:
    writer = Writer(chance, await area_ids(PHU_HUU, BA_DINH))
    task = asyncio.create_task(writer.write())
    try:
        yield writer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_walk_repeats_and_misses_no_row_when_others_write(ask: Ask, backward: bool) -> None:
    chance = Random(11)  # noqa: S311 - the same changes each time
    for number in range(STEADY):
        tip = await add_tip(f"S{number:02d}", received=moment(chance), **deadline(chance))
        await Tip.filter(id=tip.id).update(updated_at=moment(chance))
    for number in range(RESTLESS):
        await add_tip(f"R{number:02d}", received=moment(chance), **deadline(chance))
    # Nobody touches them: so their order among themselves is that of a list read in one piece.
    whole = {order: await read(ask, order) for order in ORDERS}

    async with somebody_writing(chance) as writer:
        for order in ORDERS:
            before = writer.written
            met, pages = await walk(ask, order, writer, backward=backward)
            assert writer.written - before >= pages > STEADY // PAGE
            assert met == whole[order]


async def read(ask: Ask, order: str) -> list[str]:
    answer = await ask(QUERY, order=order, first=1000)
    return [node["code"] for node in answer["data"]["tips"]["nodes"] if node["code"].startswith("S")]


async def walk(ask: Ask, order: str, writer: Writer, *, backward: bool) -> tuple[list[str], int]:
    """What stands still, as often as it was met, in its order; and how many pages it took."""
    met: list[str] = []
    place: str | None = None
    # What is written can push the end away, but not for ever.
    for number in range(1, MOST_PAGES):
        paging = {"last": PAGE, "before": place} if backward else {"first": PAGE, "after": place}
        page = (await ask(QUERY, order=order, **paging))["data"]["tips"]
        codes = [node["code"] for node in page["nodes"] if node["code"].startswith("S")]
        met = codes + met if backward else met + codes
        if not page["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
            return met, number
        place = page["pageInfo"]["startCursor" if backward else "endCursor"]
        await writer.has_written()
    raise AssertionError("the walk has no end")
