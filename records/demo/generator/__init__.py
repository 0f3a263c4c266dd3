"""Fills a database with a province of made-up records, by COPY; the same plan gives the same rows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.changes.unit_of_work import audit, transaction
from records.core.actor import Actor
from records.core.errors import Conflict
from records.demo.generator import activities, groups, places, tips
from records.demo.generator.plan import Plan, check_plan
from records.demo.generator.randomness import RandomSource
from records.metrics import cells
from records.tables import AuditEntry, Group, Tip

ACTION: Final = "demo.generate"
_TABLES: Final = ("groups", "group_links", "activities", "tips", "tip_events", "tip_outcomes", "metric_cells")


@dataclass(frozen=True)
class WrittenCounts:
    """The number of rows written, by noun."""

    groups: int
    links: int
    activities: int
    tips: int
    events: int
    outcomes: int


async def generate(
    plan: Plan, *, by: Actor, expected: tuple[int, int] | None, progress: Callable[[int], None]
) -> WrittenCounts:
    """Writes what the plan says in one transaction, as the owner of the tables.

    `expected` is the most groups and tips that may be there already; None takes any. `progress` is told of
    each step how many tips it wrote. One audit row tells of it all. Raises `ValidationFailed` for numbers
    that are out of bounds and `Conflict` for a database that holds more, or this seed already.
    """
    check_plan(plan)
    async with transaction():
        connection = get_connection("default")
        await _check_room(plan, expected)
        communes = await places.communes(connection)
        numbers = await numbers_given()
        first = numbers.get("MAU", 0) + 1
        rows = groups.groups(plan, communes, first=first)
        numbers["MAU"] = first - 1 + len(rows)
        written = await write(plan, communes, rows, numbers, progress=progress)
        await store_numbers(numbers)
        await cells.rebuild()
        await _record_generation(plan, by)
        for table in _TABLES:
            await connection.execute_query(f"ANALYZE {table}")
    return written


async def write(
    plan: Plan,
    communes: list[places.Commune],
    rows: list[groups.GeneratedGroup],
    numbers: dict[str, int],
    *,
    progress: Callable[[int], None] = lambda _tips: None,
) -> WrittenCounts:
    """Writes these groups, with their links and activities, and the tips of the plan.

    `numbers` holds the last number given in each series, and is counted on.
    """
    connection = get_connection("default")
    links = groups.link_rows(rows, RandomSource(plan.seed, "links"))
    written = {
        "groups": await copy("groups", groups.COLUMNS, groups.rows(plan, rows)),
        "links": await copy("group_links", groups.LINK_COLUMNS, links),
        "activities": await copy("activities", activities.COLUMNS, activities.rows(plan, rows)),
        "tips": 0,
        "events": 0,
        "outcomes": 0,
    }
    officers = await places.officers(connection)
    async for batch in _prefetch(tips.batches(plan, communes, rows, officers, numbers)):
        written["tips"] += await copy("tips", tips.COLUMNS, batch.tips)
        written["events"] += await copy("tip_events", tips.EVENT_COLUMNS, batch.events)
        written["outcomes"] += await copy("tip_outcomes", tips.OUTCOME_COLUMNS, batch.outcomes)
        progress(len(batch.tips))
    return WrittenCounts(**written)


async def _check_room(plan: Plan, expected: tuple[int, int] | None) -> None:
    if expected is not None and (
        await Group.all().count() > expected[0] or await Tip.all().count() > expected[1]
    ):
        raise Conflict("This database contains more than the demonstration records.")
    if await AuditEntry.filter(action=ACTION, row_id=_seed_marker(plan)).exists():
        raise Conflict("The records of this seed are already in this database.")


def _seed_marker(plan: Plan) -> UUID:
    """The row id in the audit entry of a seed: the ids of its rows would repeat if it ran twice."""
    return RandomSource(plan.seed, "mark").id_at(0)


async def numbers_given() -> dict[str, int]:
    """The last number given in each series; nobody else gives numbers until this transaction ends."""
    connection = get_connection("default")
    await connection.execute_query("LOCK TABLE counters IN EXCLUSIVE MODE")
    rows = await connection.execute_query_dict("SELECT series, number FROM counters")
    return {row["series"]: row["number"] for row in rows}


async def store_numbers(numbers: dict[str, int]) -> None:
    """Notes the last number given in each series."""
    given = {series: number for series, number in numbers.items() if number}
    await get_connection("default").execute_query(
        "INSERT INTO counters (series, number) SELECT * FROM unnest($1::text[], $2::bigint[])"
        " ON CONFLICT (series) DO UPDATE SET number = excluded.number",
        [list(given), list(given.values())],
    )


async def _record_generation(plan: Plan, by: Actor) -> None:
    after = {**asdict(plan), "until": plan.until.isoformat()}
    await audit("demonstration", _seed_marker(plan), by=by, action=ACTION, before=None, after=after)


async def _prefetch(batches: Iterator[tips.Batch]) -> AsyncIterator[tips.Batch]:
    """The batches, the next one being made while PostgreSQL stores the one before."""
    coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
            yield batch
    finally:
        await asyncio.wait([coming])


async def copy(table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> int:
    """Copies rows into `table`, and returns how many."""
    async with get_connection("default").acquire_connection() as raw:
        status: str = await raw.copy_records_to_table(table, records=rows, columns=columns)
    return int(status.removeprefix("COPY "))
