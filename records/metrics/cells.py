"""Cells: the monthly counts that metrics are read from, kept up with the records and never behind them.

Every verb writes what it changes into `metric_deltas`, in its own transaction; `fold_deltas` moves that into
cells.
"""

from collections import Counter
from datetime import date
from typing import Any, Final, TypeAlias
from uuid import UUID

from tortoise.models import Model
from tortoise.transactions import in_transaction

from records.core.dates import month_of
from records.metrics.catalogue import COUNTS, Count, indicator_id

Cell: TypeAlias = tuple[UUID, UUID, date]
"""A cell: an indicator, an area, and the first day of a month."""


async def fold_deltas() -> int:
    """Moves what changed into the monthly cells; gives back how many deltas there were."""
    async with in_transaction("default") as connection:
        rows = await connection.execute_query_dict(
            "WITH gone AS (DELETE FROM metric_deltas RETURNING indicator_id, area_id, month, value),"
            " folded AS ("
            "  INSERT INTO metric_cells AS cell (indicator_id, area_id, month, value)"
            "  SELECT indicator_id, area_id, month, sum(value) FROM gone GROUP BY 1, 2, 3"
            # In one order, so that two that fold at once wait for each other and not crosswise.
            "  ORDER BY 1, 2, 3"
            "  ON CONFLICT (indicator_id, area_id, month) DO UPDATE SET value = cell.value + excluded.value)"
            " SELECT count(*) AS folded FROM gone"
        )
    return int(rows[0]["folded"])


async def rebuild() -> None:
    """Counts every cell anew from the records; the result is what deltas and cells together held."""
    async with in_transaction("default") as connection:
        await connection.execute_query("LOCK TABLE metric_deltas, metric_cells IN EXCLUSIVE MODE")
        await connection.execute_query("DELETE FROM metric_deltas")
        await connection.execute_query("DELETE FROM metric_cells")
        await connection.execute_query(
            "INSERT INTO metric_cells (indicator_id, area_id, month, value)"
            f" SELECT indicator_id, area_id, month, sum(value) FROM ({_FROM_ROWS}) AS counted"
            " GROUP BY 1, 2, 3 HAVING sum(value) <> 0"
            # Together as they are read: a question is about areas.
            " ORDER BY area_id, indicator_id, month"
        )


async def matches_rows() -> bool:
    """Whether deltas and cells together equal a count of the records."""
    async with in_transaction("default") as connection:
        rows = await connection.execute_query_dict(
            "SELECT indicator_id, area_id, month FROM ("
            f"  SELECT * FROM ({_FROM_ROWS}) AS counted"
            "  UNION ALL SELECT indicator_id, area_id, month, -value FROM metric_cells"
            "  UNION ALL SELECT indicator_id, area_id, month, -value FROM metric_deltas"
            ") AS everything GROUP BY 1, 2, 3 HAVING sum(value) <> 0 LIMIT 1"
        )
    return not rows


def cells_of(row: Any, area_id: UUID | None = None) -> Counter[Cell]:
    """The cells that a row counts towards: in `area_id` where it has no area of its own."""
    cells: Counter[Cell] = Counter()
    if getattr(row, "deleted_at", None) is not None:
        return cells
    for count in [count for count in COUNTS if count.table is type(row)]:
        if count.where.of(row):
            month = month_of(count.day.of(row))
            cells[indicator_id(count.code), area_id or row.area_id, month] += count.value.of(row)
    return cells


def _from_rows(count: Count) -> str:
    """The same for every row of the table: indicator, area, month and value."""
    source, of = f"{_table(count.table)} AS row", "row"
    if count.owner is not None:
        owner, column = count.owner
        source, of = f"{source} JOIN {_table(owner)} AS owner ON owner.id = row.{column}", "owner"
    return (
        f"SELECT '{indicator_id(count.code)}'::uuid AS indicator_id, {of}.area_id,"
        f" date_trunc('month', {count.day.sql})::date AS month, {count.value.sql} AS value"
        f" FROM {source} WHERE {of}.deleted_at IS NULL AND {count.where.sql}"
    )


def _table(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001 - Tortoise shows it nowhere else


_FROM_ROWS: Final = " UNION ALL ".join(_from_rows(count) for count in COUNTS)
