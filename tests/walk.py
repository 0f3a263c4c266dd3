"""Walks through a long list of tips page by page and measures what each page costs the database.

python -m tests.walk --tips 1000000 --page 1000

It ends with 1 when the walk misses a tip, repeats one or changes their order; when a page's SQL has no
literal LIMIT, or an OFFSET; and when a measured page touches more than 1.5 times the blocks of the first.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

import asyncpg
import httpx
from starlette.applications import Starlette

from commands._database import migrate
from records.access import partners
from records.areas import areas
from records.core.actor import Scope, system_actor
from records.database import embedded
from records.metrics.catalogue import category_id
from tests.replaced import replaced_services
from tests.service import serving

MOST: Final = 1.5
"""How many times the blocks of the first page any page may touch."""

# Arrivals of five years by the minute, so that many share one; of each eleven tips one lies in Hà Nội, and of
# each ninety-seven one was removed: a page has to pass over them.
_FILL: Final = """
INSERT INTO tips (id, version, created_at, updated_at, deleted_at, code, reference, legal_kind, category_id,
  channel, area_id, place, received_at, title, body, folded, priority, status, due_at, extended, anonymous)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
        || '8' || substr(md5(n::text), 4, 15))::uuid,
  1, at, at + (hashint8(n) & 1048575) * interval '1 second', CASE WHEN n % 97 = 0 THEN at END,
  'TB-MAU-' || lpad(n::text, 8, '0'), upper(substr(md5(n::text), 1, 4) || lpad(to_hex(n), 8, '0')),
  CASE WHEN n % 2 = 0 THEN 'SOURCE' ELSE 'REPORT' END, $2::uuid, 'ZALO',
  CASE WHEN n % 11 = 0 THEN $4::uuid
       ELSE ($3::uuid[])[1 + (hashint8(n) & 1048575) % cardinality($3::uuid[])] END,
  '', at, 'Tin mẫu ' || n, repeat('Nội dung mẫu. ', 12), 'tin mau ' || n, 'NORMAL', 'RECEIVED',
  CASE WHEN n % 2 = 1 THEN at + (hashint8(n) & 16777215) * interval '1 second' END, false, true
FROM (SELECT n, date_trunc('minute', timestamptz '2021-01-01' + n * (interval '5 years' / $1::int)) AS at
      FROM generate_series(1, $1::int) n) arrivals"""
_QUERY: Final = """query($order: TipOrder, $first: Int, $after: String, $last: Int, $before: String) {
  tips(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes { code title status receivedAt area { code name } category { code } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
_PAGE: Final = re.compile(r"SELECT .* FROM tips t WHERE .* ORDER BY .* LIMIT \d+\) t .*", re.DOTALL)
# The columns behind the orders; a walk backward reads each of them from the end.
_WHOLE: Final = {
    "RECEIVED_AT_DESC": "received_at DESC, id DESC",
    "DUE_AT": "due_at ASC NULLS LAST, id ASC",
    "UPDATED_AT": "updated_at ASC, id ASC",
    "CODE": "reference ASC, id ASC",
}
ORDERS: Final = tuple(_WHOLE)


class Wrong(Exception):
    """The list that was met is not the one that is there, or costs what it should not."""


@dataclass(frozen=True)
class Cost:
    """What a page costs: `blocks` of shared memory that its statement touches, and the rows that it reads."""

    page: int
    rows: int
    blocks: int
    read: int
    database_ms: float
    request_ms: float


class Measuring:
    """A reader pool that checks the text of each statement on tips, and explains it when it should."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.explaining = False
        self.found: dict[str, Any] = {}

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """The rows."""
        if " tips t " in sql:
            if not _PAGE.fullmatch(sql) or "OFFSET" in sql.upper():
                raise Wrong(f"no page: {sql}")
            if self.explaining:
                self.found = await self._explained(sql, values)
        return await self.pool.fetch(sql, *values)

    async def acquire(self) -> "Measuring":
        """Itself, for a statement alone."""
        return self

    async def release(self, _connection: "Measuring") -> None:
        """Nothing: `fetch` gives its connection back itself."""

    async def _explained(self, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
        (plan,) = json.loads(await self.pool.fetchval(explain, *values))
        found: dict[str, Any] = plan
        return found


async def fill(owner: "asyncpg.Connection[Any]", count: int) -> None:
    """Makes `count` tips, of which most lie in Đồng Tháp."""
    today = await areas.resolve_reference("82")
    communes = [row.id for row in await areas.areas_on(today.valid_from).filter(parent_id=today.id)]
    elsewhere = (await areas.resolve_reference("00004")).id
    await owner.execute(_FILL, count, category_id("THEFT"), communes, elsewhere, timeout=3600)
    await owner.execute("VACUUM ANALYZE tips", timeout=3600)


async def walk(
    app: Starlette, client: httpx.AsyncClient, key: str, order: str, *, page: int, every: int, backward: bool
) -> tuple[list[str], list[Cost]]:
    """The codes that a walk meets, in the order of the list, and what the first, every so many, and the last
    page cost. Raises `Wrong`."""
    measuring = Measuring(app.state.services.reader)
    parts: list[list[str]] = []
    costs: list[Cost] = []
    place, more = None, True
    with replaced_services(app, reader=measuring):
        while more:
            paging = {"last": page, "before": place} if backward else {"first": page, "after": place}
            body = {"query": _QUERY, "variables": {"order": order, **paging}}
            began = monotonic()
            answer = (await client.post("/graphql", json=body, headers=_headers(key))).json()
            took = (monotonic() - began) * 1000
            if "errors" in answer:
                raise Wrong(answer["errors"])
            found = answer["data"]["tips"]
            more = found["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]
            parts.append([node["code"] for node in found["nodes"]])
            number = len(parts)
            if number % every == 1 or every == 1 or not more:
                measuring.explaining = True
                await client.post("/graphql", json=body, headers=_headers(key))
                measuring.explaining = False
                costs.append(_cost(number, measuring.found, took))
            place = found["pageInfo"]["startCursor" if backward else "endCursor"]
    if backward:
        parts.reverse()
    return [code for part in parts for code in part], costs


def check_costs(costs: Sequence[Cost]) -> None:
    """Raises `Wrong` where a page touches more than `MOST` times the blocks of the first."""
    dear = [cost for cost in costs if cost.blocks > MOST * costs[0].blocks]
    if dear:
        raise Wrong(f"dearer than {MOST} times the first, {costs[0]}: {dear}")


async def whole(owner: "asyncpg.Connection[Any]", order: str) -> list[str]:
    """The references of what lies in Đồng Tháp and was not removed, in one piece."""
    rows = await owner.fetch(
        f"SELECT reference FROM tips WHERE deleted_at IS NULL AND area_id <> $1 ORDER BY {_WHOLE[order]}",
        (await areas.resolve_reference("00004")).id,
        timeout=3600,
    )
    return [row["reference"] for row in rows]


async def new_key(*scopes: Scope) -> str:
    """The key of a partner that reads the tips of Đồng Tháp, and what else `scopes` say."""
    by, area = system_actor("walk"), await areas.resolve_reference("82")
    row = await partners.create(name="Đối tác mẫu", scopes={Scope.TIPS_READ, *scopes}, areas=[area.id], by=by)
    # A walk without a pause asks more than a budget is meant for.
    most = {"limit": partners.MAX_LIMIT, "restore": partners.MAX_REFILL}
    await partners.set_allowance(row.id, **most, expected_version=row.version, by=by)
    return await partners.issue_key(row.id, by=by)


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _cost(page: int, explained: dict[str, Any], request_ms: float) -> Cost:
    plan = explained["Plan"]
    nodes = list(plan_nodes(plan))
    read = [node for node in nodes if node.get("Relation Name") == "tips"]
    if any(node["Node Type"] == "Seq Scan" for node in read):
        raise Wrong(f"page {page} reads the whole table")
    rows = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in read)
    return Cost(
        page=page,
        rows=round(plan["Actual Rows"]),
        blocks=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        read=round(rows),
        database_ms=explained["Execution Time"],
        request_ms=request_ms,
    )


def plan_nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes, from the top."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from plan_nodes(below)


async def _prove(url: str, given: argparse.Namespace) -> None:
    await migrate(url)
    async with serving(url) as service:
        began = monotonic()
        await fill(service.owner, given.tips)
        tell(f"{given.tips:,} tips made in {monotonic() - began:.0f} s")
        key = await new_key()
        for order in given.orders:
            expected = await whole(service.owner, order)
            for backward in (False, True) if order == given.orders[0] else (False,):
                began = monotonic()
                met, costs = await walk(
                    service.app,
                    service.client,
                    key,
                    order,
                    page=given.page,
                    every=given.every,
                    backward=backward,
                )
                if met != expected:
                    raise Wrong(f"{order}: {len(met)} tips met, {len(expected)} there")
                _report(f"{order}{' from the end' if backward else ''}", len(met), monotonic() - began, costs)
                check_costs(costs)


def _report(name: str, met: int, seconds: float, costs: Sequence[Cost]) -> None:
    tell(f"\n{name}: {met:,} tips, each met once, in their order; {seconds:.0f} s")
    tell(f"{'page':>7}{'rows':>7}{'read':>7}{'blocks':>8}{'database ms':>13}{'request ms':>12}")
    for cost in costs:
        tell(
            f"{cost.page:>7}{cost.rows:>7}{cost.read:>7}{cost.blocks:>8}{cost.database_ms:>13.1f}"
            f"{cost.request_ms:>12.1f}"
        )
    dearest = max(cost.blocks for cost in costs) / costs[0].blocks
    tell(f"the last page touches {costs[-1].blocks / costs[0].blocks:.2f} times the blocks of the first,")
    tell(f"and none of those measured more than {dearest:.2f} times")


def tell(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tips", type=int, default=1_000_000)
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--every", type=int, default=100, help="how many pages apart the cost is measured")
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=["RECEIVED_AT_DESC", "DUE_AT"])
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), fast=True) as url:
            asyncio.run(_prove(url, given))
    except Wrong as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
