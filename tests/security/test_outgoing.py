"""The service asks nobody for anything that a caller names: nobody is called at an address that was sent.

But for webhooks, whose addresses an administrator enters: tests/records/delivery/webhooks/test_addresses.py.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from joserfc import jwk, jwt

from records.access import partners
from records.core.actor import Role, Scope, system_actor
from records.core.dates import now
from tests.admin.forms import send
from tests.conftest import area_ids

ROOT = Path(__file__).parents[2]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
# What opens connections of its own: our port, the embedded database's, the provider that the operator names,
# the addresses of webhooks, and the address that the operator names for checkpoints of the audit. `trust.py`
# makes the list of whom those three trust.
CALLERS = {
    "commands/_http.py",
    "commands/_server.py",
    "records/audit/checkpoint_stores.py",
    "records/security/trust.py",
    "records/database/embedded/server.py",
    "records/access/staff/oidc/provider.py",
    "records/access/staff/oidc/http.py",
    "records/delivery/webhooks/requests.py",
}


class Trap:
    """A listener that counts who comes."""

    address = ""
    visits = 0

    async def meet(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    trap = Trap()
    server = await asyncio.start_server(trap.meet, "127.0.0.1", 0)
    trap.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys.json"
    yield trap
    await asyncio.sleep(0)
    server.close()
    await server.wait_closed()


async def test_trap_counts_request(trap: Trap) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(trap.address)
    assert trap.visits == 1


async def test_signing_keys_are_not_fetched_from_assertion_headers(
    api: httpx.AsyncClient, trap: Trap
) -> None:
    key = jwk.generate_key("EC", "P-256")
    row = await partners.create(
        name="Đối tác mẫu", scopes={Scope.TIPS_READ}, areas=await area_ids("82"), by=system_actor("test")
    )
    other = json.dumps({"keys": [jwk.generate_key("EC", "P-256").as_dict(private=False)]})
    await partners.set_signing_keys(row.id, other, expected_version=row.version, by=system_actor("test"))
    for header in ({"jku": trap.address}, {"x5u": trap.address}, {"kid": trap.address}):
        claims = {
            "iss": str(row.id),
            "sub": str(row.id),
            "aud": "http://127.0.0.1:8000/oauth/token",
            "exp": int(now().timestamp()) + 60,
            "jti": str(uuid4()),
        }
        assertion = jwt.encode({"alg": "ES256", **header}, claims, key)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        assert (await api.post("/oauth/token", data=form)).status_code == 401
    assert trap.visits == 0


async def test_addresses_in_records_forms_and_headers_are_not_fetched(
    staff_client: SignIn, api: httpx.AsyncClient, trap: Trap
) -> None:
    client = await staff_client(Role.COMMANDER)
    group = {"code": "Z1", "name": "Nhóm mẫu", "kind": "ZALO", "area": "29905", "external_url": trap.address}
    answer = await send(client, "/admin/groups", group, at="/admin/groups/new")
    assert answer.status_code in {303, 422}
    await client.get("/admin/groups")
    said = dict.fromkeys(("Referer", "X-Forwarded-Host", "Forwarded", "X-Original-URL"), trap.address)
    for path in ("/admin/sign-in", "/graphql", "/"):
        await api.get(path, headers=said, params={"next": trap.address, "url": trap.address})
    assert trap.visits == 0


def test_outgoing_connections_are_made_by_listed_files_only() -> None:
    ways = ("httpx", "urllib.request", "http.client", "import socket", "open_connection", "smtplib", "ftplib")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("admin", "api", "commands", "edge", "records")
        for path in (ROOT / folder).rglob("*.py")
        if re.search("|".join(map(re.escape, ways)), path.read_text(encoding="utf-8"))
    }
    assert found <= CALLERS
