"""What the tests of exports share."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from api.exports import writing
from api.schema.assembly import schema
from records.changes.jobs import Kind
from records.delivery import exports
from tests.api.support import Ask
from tests.background import run_due

START = """mutation($list: String!, $variables: JSON, $once: String) {
  startExport(input: {query: $list, variables: $variables, idempotencyKey: $once}) {
    recordId export { id state rows path digest error } problems { field code message }
  }
}"""


SHOWN = "query($id: ID!) { export(id: $id) { state root rows path digest error finishedAt expiresAt } }"


GROUPS = "query($area: String) { groups(filter: {area: $area}) { nodes { code name area { code } } } }"


Reading = Callable[..., Awaitable[str]]


def kinds(pool: Any) -> dict[str, Kind]:
    """The one kind of job that these tests are about."""
    return {exports.JOB: writing.kind(pool, schema)}


async def started(ask: Ask, query: str = GROUPS, **variables: Any) -> dict[str, Any]:
    """The payload of `startExport`."""
    answer = await ask(START, list=query, **variables)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["startExport"]
    return found


async def written(ask: Ask, pool: Any, query: str = GROUPS, **variables: Any) -> dict[str, Any]:
    """An export that was started and written, as the API shows it."""
    begun = await started(ask, query, **variables)
    assert begun["problems"] == []
    await run_due(kinds(pool))
    key = {"key": variables["key"]} if "key" in variables else {}
    shown: dict[str, Any] = (await ask(SHOWN, id=begun["recordId"], **key))["data"]["export"]
    return shown


async def fetched(api: httpx.AsyncClient, path: str, key: str, **headers: str) -> httpx.Response:
    """The answer to a download, with the bytes as they were sent."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.get(path, headers={"Authorization": f"Bearer {key}", **named})
