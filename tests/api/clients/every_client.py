"""`make clients`: the clients that integrators use run one scenario against the service.

What each step has to give is worked out from the records: no client is the measure of another. Outside of
`make test`, whose files are all named `test_`: what it installs is large.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from api.documents.persisted import operation_names
from records.access import partners
from records.access.partners import parse_documents
from records.areas import areas
from records.core.actor import Actor, Role, Scope, system_actor
from records.tables import Group, Tip
from scripts.node_packages import node
from tests.api.documents.support import partner_of
from tests.api.feed.support import tip
from tests.api.support import BA_DINH, PHU_HUU, PartnerKey, add_group

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
GENERATED: Final = HERE / "generated"
BUILT: Final = GENERATED / "built"

# Each client, and the command that runs it.
CLIENTS: Final = {
    "gql": [sys.executable, "-m", "tests.api.clients.gql_client"],
    **{
        name: [node(), str(BUILT / f"{name}.js")]
        for name in ("apollo", "codegen", "graphql-sse", "graphql-ws", "relay")
    },
}
RELAY_SOURCE: Final = """import {{ graphql }} from "relay-runtime";
graphql`
{}
`;
"""


@pytest.fixture(scope="session")
async def _programs(live: str) -> None:
    """The programs, with types and artifacts made from the schema that the service gives."""
    async with httpx.AsyncClient() as client:
        schema = (await client.get(f"{live}/schema.graphql")).raise_for_status().text
    shutil.rmtree(GENERATED, ignore_errors=True)
    documents = [(HERE / f"{name}.graphql").read_text(encoding="utf-8") for name in ("scenario", "relay")]
    for path, text in {
        "schema.graphql": schema,
        "source/Scenario.ts": RELAY_SOURCE.format("\n".join(documents)),
        "relay/persisted.json": "{}",
    }.items():
        (GENERATED / path).parent.mkdir(parents=True, exist_ok=True)
        (GENERATED / path).write_text(text, encoding="utf-8")
    for tool in (["graphql-codegen", "--config", "codegen.json"], ["relay-compiler"], ["tsc"]):
        command = [node(), str(HERE / "node_modules" / ".bin" / tool[0]), *tool[1:]]
        done = await asyncio.to_thread(subprocess.run, command, cwd=HERE, capture_output=True, text=True)
        assert done.returncode == 0, f"{tool[0]}: {done.stdout}{done.stderr}"


@pytest.mark.usefixtures("_programs")
@pytest.mark.parametrize("name", CLIENTS)
async def test_clients_read_what_records_hold(
    name: str, served: str, partner_key: PartnerKey, staff_actor: Callable[..., Awaitable[Actor]]
) -> None:
    officer = await staff_actor(Role.COMMANDER, "82", "01")
    group = await add_group("Tổ tự quản mẫu số 7", code="TỔ-MẪU-7")
    for area in [PHU_HUU, PHU_HUU, BA_DINH, *[PHU_HUU] * 5]:
        await tip(officer, area)
    there = [row.reference for row in await tips_shown()]
    reading = {Scope.GROUPS_READ, Scope.AREAS_READ}
    given = {
        "http": f"{served}/graphql",
        "ws": f"{served.replace('http', 'ws', 1)}/graphql",
        "key": await partner_key(),
        "narrow": await partner_key(scopes=reading),
        "fresh": await partner_key(scopes=reading),
        "group": group.code,
        "area": PHU_HUU,
    }
    if name == "relay":
        await hold_to_manifest(given["key"], given["narrow"])

    steps = await printed(name, given)
    assert steps == await expected(there, group)


async def hold_to_manifest(*keys: str) -> None:
    """Registers what relay-compiler wrote for the partners of these keys; they run nothing else."""
    manifest = parse_documents((GENERATED / "relay" / "persisted.json").read_text(encoding="utf-8"))
    for key in keys:
        partner = await partner_of(key)
        await partners.register_documents(
            partner.id, manifest, names=operation_names, by=system_actor("test")
        )
        await partners.restrict(partner.id, expected_version=partner.version, by=system_actor("test"))


async def printed(name: str, given: dict[str, str]) -> list[dict[str, Any]]:
    """The steps that a client printed."""
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(
        *CLIENTS[name], cwd=ROOT if name == "gql" else HERE, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        out, err = await asyncio.wait_for(program.communicate(json.dumps(given).encode()), 60)
    finally:
        if program.returncode is None:
            program.kill()
    # A warning, such as Relay's of records that do not fit together, is a difference too.
    assert (program.returncode, err.decode()) == (0, ""), f"after {out.decode()}"
    return [json.loads(line) for line in out.splitlines()]


async def tips_shown() -> list[Tip]:
    """The tips in the areas of the keys, as they came in."""
    return await Tip.filter(area_id=(await areas.resolve_reference(PHU_HUU)).id).order_by("id")


async def expected(there: list[str], group: Group) -> list[dict[str, Any]]:
    """What the steps have to give, by the records as they are now; `there` were the tips before."""
    new = {row.title: row.reference for row in await tips_shown() if row.reference not in there}
    # What was sent twice is one tip, and what was refused is none.
    assert len(new) == 5
    twice, first, second, missed, last = new.values()
    place = await areas.resolve_reference(PHU_HUU)
    away = [["tips.submit", missed], ["tips.note", missed], ["tips.submit", last]]
    refused, found = "PERSISTED_QUERY_NOT_FOUND", "answered"
    steps = {
        "query": [group.code, group.name, place.code, place.name],
        "walk": sorted(there),
        "mutation": [twice, twice],
        "problems": [["category", "UNKNOWN_CODE"]],
        "wrong cursor": "MALFORMED",
        "missing scope": "FORBIDDEN",
        "copy": [[None, code] for code in [*there, twice]],
        "follow": [["tips.submit", first], ["tips.submit", second]],
        "resume": away,
        "resume with a query": away,
        "wrong cursor of the feed": "MALFORMED",
        "persisted": [["hash", refused], ["both", found], group.code, ["hash", found], group.code],
    }
    return [{"step": step, "result": result} for step, result in steps.items()]
