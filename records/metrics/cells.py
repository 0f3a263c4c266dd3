"""Cells: the monthly counts that metrics are read from, kept up with the records and never behind them.

Every verb writes what it changes into `metric_deltas`, in its own transaction; `fold` moves that into cells.
"""

from typing import Final

from tortoise.transactions import in_transaction

from records.metrics.catalogue import indicator_id


async def fold() -> int:
    """Moves what changed into the monthly cells; gives back how many deltas there were."""
    async with in_transaction() as connection:
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
    async with in_transaction() as connection:
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


async def adds_up() -> bool:
    """Whether deltas and cells together equal a count of the records."""
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(
            "SELECT indicator_id, area_id, month FROM ("
            f"  SELECT * FROM ({_FROM_ROWS}) AS counted"
            "  UNION ALL SELECT indicator_id, area_id, month, -value FROM metric_cells"
            "  UNION ALL SELECT indicator_id, area_id, month, -value FROM metric_deltas"
            ") AS everything GROUP BY 1, 2, 3 HAVING sum(value) <> 0 LIMIT 1"
        )
    return not rows


def _local_month(moment: str) -> str:
    return f"date_trunc('month', {moment} AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"


def _counting(code: str, month: str, table: str, *, value: str = "1", where: str = "TRUE") -> str:
    return (
        f"SELECT '{indicator_id(code)}'::uuid AS indicator_id, row.area_id,"
        f" {month} AS month, {value} AS value FROM {table} WHERE row.deleted_at IS NULL AND {where}"
    )


_FOUNDED: Final = "coalesce(row.founded_on, (row.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)"
_HELD: Final = "date_trunc('month', row.held_on)::date"
_OUTCOMES: Final = "tips AS row JOIN tip_outcomes AS outcome ON outcome.tip_id = row.id"
# The same counts as each noun's `counts`, over all rows at once.
_FROM_ROWS: Final = " UNION ALL ".join(
    [
        _counting(
            "tips.received", _local_month("row.received_at"), "tips AS row", where="row.status <> 'DUPLICATE'"
        ),
        _counting("tips.closed", _local_month("row.closed_at"), "tips AS row", where="row.status = 'CLOSED'"),
        _counting("groups.active", f"date_trunc('month', {_FOUNDED})::date", "groups AS row"),
        _counting(
            "groups.active",
            f"date_trunc('month', greatest({_FOUNDED}, row.inactive_on))::date",
            "groups AS row",
            value="-1",
            where="row.inactive_on IS NOT NULL",
        ),
        *(
            _counting(
                code,
                "date_trunc('month', outcome.on_day)::date",
                _OUTCOMES,
                value="outcome.count",
                where=f"outcome.kind = '{kind}'",
            )
            for code, kind in (
                ("outcomes.arrests", "ARREST"),
                ("outcomes.cases_solved", "CASE_SOLVED"),
                ("outcomes.spots_cleared", "SPOT_CLEARED"),
            )
        ),
        _counting("activities.meetings", _HELD, "activities AS row", where="row.kind = 'QUARTERLY_MEETING'"),
        _counting("activities.outreach", _HELD, "activities AS row", where="row.kind = 'OUTREACH'"),
        _counting("activities.attendance", _HELD, "activities AS row", value="row.attendance"),
        _counting("enquiries.asked", _local_month("row.asked_at"), "enquiries AS row"),
    ]
)
