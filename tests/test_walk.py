"""`make walk`, with some thousands of tips: every page's SQL, its plan and what it touches; no time."""

import json

import httpx
import pytest
from starlette.applications import Starlette

from api.reads.declared import RECORD_TYPES
from api.reads.statement import Statement
from api.reads.visibility import Viewer
from records.core.actor import system_actor
from records.tables import Area
from tests.service import as_owner
from tests.walk import MOST, ORDERS, Cost, Wrong, check_costs, fill, new_key, plan_nodes, walk, whole


async def test_last_page_costs_as_much_as_first(
    app: Starlette, api: httpx.AsyncClient, database: str
) -> None:
    owner = await as_owner(database)
    try:
        await fill(owner, 3000)
        key = await new_key()
        for order in ORDERS:
            # From the end come those without a deadline: they lie together in the table, the others do not.
            for backward in (False,) if order == "DUE_AT" else (False, True):
                met, costs = await walk(app, api, key, order, page=250, every=3, backward=backward)
                assert met == await whole(owner, order)
                assert len(costs) > 3
                assert all(cost.rows <= 251 for cost in costs)
                check_costs(costs)
    finally:
        await owner.close()


def test_check_fails_when_page_costs_more() -> None:
    first, dear = (
        Cost(page, 1, blocks, 1, 1.0, 1.0) for page, blocks in ((1, 100), (2, int(100 * MOST) + 1))
    )
    check_costs([first, first])
    with pytest.raises(Wrong):
        check_costs([first, dear, first])


async def test_count_reads_no_row_beyond_its_bound(app: Starlette, database: str) -> None:
    owner = await as_owner(database)
    try:
        await fill(owner, 3000)
    finally:
        await owner.close()
    everywhere = Viewer(system_actor("test"), [row.id for row in await Area.all()])
    statement = Statement(everywhere)
    text = statement.count(RECORD_TYPES["Tip"], [], max_rows=101)
    explained = await app.state.services.reader.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *statement.values, timeout=60
    )
    (read,) = [
        node for node in plan_nodes(json.loads(explained)[0]["Plan"]) if node.get("Relation Name") == "tips"
    ]
    assert read["Actual Rows"] == 101
    assert read.get("Rows Removed by Filter", 0) < 101
