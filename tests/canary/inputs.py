"""Every input that the service has, with canaries in it."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import asyncpg
import pytest

from records.database.connect import connection_arguments
from tests.api.streaming import opened
from tests.canary import canaries, queries
from tests.canary.canaries import FREE
from tests.canary.crawl import ROUTES, Visitor, filled
from tests.canary.service import Service

ORDER = (
    *("OFFICER", "COMMANDER", "FRONT", "ANALYST", "CUSTODIAN", "COMMANDER", "AUDITOR"),
    # What the auditor approved meanwhile: a look-up by phone.
    *("CUSTODIAN", "ADMINISTRATOR"),
)
# Without a page of their own: contacts of members, and whom an education case is about.
BY_VERB = """
import asyncio, sys
from records.core.settings import installation
from records.core.actor import system_actor
from records.changes.unit_of_work import transaction
from records.database.connect import connect_database
from records.core.settings import Settings
from records.privacy import contacts
from records.security import vault
from records.tables import EducationCase, Member
from tests.canary import canaries as c

async def main():
    async with connect_database(sys.argv[1], max_size=2):
        member = await Member.filter(deleted_at__isnull=True).first()
        await contacts.record(member.id, contacts.ContactDraft(c.PHONE, c.ADDRESS), by=system_actor("test"))
        async with transaction():
            values = {"name": c.NAME, "birth_year": "1990", "address": c.ADDRESS}
            await vault.seal("education_subjects", values, case_id=(await EducationCase.first()).id)

installation.use(Settings.from_environment())
asyncio.run(main())
"""


async def put_in(service: Service) -> None:
    """Puts them all in."""
    await _api(service)
    await _oauth(service)
    await _odd_requests(service)
    await _odd_signing_in(service)
    await _broken_database(service)
    await _people(service)
    await asyncio.to_thread(_by_verb, service)


async def _follow(service: Service, key: str, body: dict[str, Any]) -> None:
    """Subscribes, and sees that what comes first tells nothing of what was put in."""
    async with opened(str(service.client.base_url).rstrip("/"), key) as socket:
        await socket.send(type="subscribe", id=FREE, payload=body)
        told = await socket.receive()
        assert told.pop("id") == FREE
        assert not canaries.found(json.dumps(told, ensure_ascii=False).encode(), canaries.EVERY)


async def _api(service: Service) -> None:
    for partner in service.demo["partners"]:
        headers = {"Authorization": f"Bearer {partner['key']}"}
        for body in queries.every() if "tips:write" in partner["scopes"] else ():
            await service.client.post("/graphql", json=body, headers=headers)
            if body["query"].startswith("subscription"):
                await _follow(service, partner["key"], body)
        tip = {
            "title": FREE,
            "body": FREE,
            "place": FREE,
            "category": "THEFT",
            "area": "29905",
            "externalRef": FREE,
        }
        asked = "tip { title } problems { message }"
        query = f"mutation($i: SubmitTipInput!) {{ submitTip(input: $i) {{ {asked} }} }}"
        await service.client.post("/graphql", json={"query": query, "variables": {"i": tip}}, headers=headers)
        # A text that an integrator wrote, with somebody's name in it: kept in memory, to be asked for again.
        typed = f'{{ groups(filter: {{search: "{canaries.QUERY}"}}) {{ totalCount }} }}'
        hashed = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(typed.encode()).hexdigest()}}
        for body in ({"query": typed, "extensions": hashed}, {"extensions": hashed}):
            await service.client.post("/graphql", json=body, headers=headers)
        await service.client.post("/graphql", json={"documentId": canaries.BODY}, headers=headers)
    for key in (f"ktn_{'0' * 12}_{canaries.BODY}", canaries.BODY, f"kta_{canaries.BODY}"):
        await service.client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"Authorization": f"Bearer {key}"}
        )
    for sent in (
        f'{{"query": "{canaries.BODY}',
        f'"{canaries.BODY}"',
        f'{{"query": ["{canaries.BODY}"]}}',
        "{ " * 9000,
    ):
        await service.client.post("/graphql", content=sent, headers={"Content-Type": "application/json"})
    await service.client.post("/graphql", content=canaries.BODY, headers={"Content-Type": "text/plain"})
    await service.client.get(
        "/graphql", params={"query": f"{{ {canaries.QUERY} }}", "variables": canaries.QUERY}
    )


async def _oauth(service: Service) -> None:
    part = (
        base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "sub": canaries.BODY}).encode())
        .decode()
        .rstrip("=")
    )
    fields = {
        "grant_type": canaries.BODY,
        "client_id": canaries.BODY,
        "client_secret": canaries.SECRET,
        "scope": canaries.BODY,
        "token": canaries.BODY,
        "client_assertion": f"{part}.{part}.{part}",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    _, prefix, secret = service.demo["partners"][0]["key"].split("_", 2)
    right = {"client_id": prefix, "client_secret": secret}
    for path in ("/oauth/token", "/oauth/revoke"):
        await service.client.post(path, data=fields)
        for left_out in ("client_secret", "client_assertion"):
            await service.client.post(path, data={n: v for n, v in fields.items() if n != left_out})
        for name in ("grant_type", "scope", "token"):
            await service.client.post(
                path, data={"grant_type": "client_credentials"} | right | {name: fields[name]}
            )
        await service.client.post(path, auth=(canaries.BODY, canaries.BODY))
        await service.client.post(path, json=fields)


async def _odd_requests(service: Service) -> None:
    cookies = ("session", "step", "next", "device", "flash", "language", "oidc")
    sent = {
        "Cookie": "; ".join(f"ketnoi_{name}={canaries.COOKIE}" for name in cookies),
        "Referer": f"http://x/{canaries.PATH}",
    }
    every = {
        route.path.replace("{id:uuid}", canaries.PATH).replace("{rest:path}", canaries.PATH)
        for route in ROUTES
    }
    for path in [
        *every,
        f"/{canaries.PATH}",
        f"/static/api/{canaries.PATH}",
        "/health/ready",
        "/health/live",
        "/",
    ]:
        for method in ("GET", "POST") if path.startswith("/admin") else ("GET", "PUT"):
            await service.client.request(method, path, params={canaries.QUERY: canaries.QUERY}, headers=sent)
    await service.client.request("GET", "/admin", headers={"Host": f"{canaries.HEADER}.example"})
    await service.client.post(
        "/admin/sign-in", content=canaries.BODY, headers={"Content-Type": canaries.HEADER}
    )
    # A page reads on and says so itself; elsewhere it is refused as too large.
    for path in ("/admin/sign-in", "/oauth/token"):
        await service.client.post(path, content=canaries.BODY.encode() * 100_000)
    await service.client.get("/health/ready", params={"q": canaries.QUERY})
    # Not even HTTP.
    reader, writer = await asyncio.open_connection("127.0.0.1", service.client.base_url.port)
    writer.write(f"{canaries.BODY} {canaries.PATH}\r\n\r\n".encode())
    await writer.drain()
    await reader.read()
    writer.close()


async def _odd_signing_in(service: Service) -> None:
    typed = {"username": canaries.TYPED_NAME, "password": canaries.SECRET, "next": f"/admin?{canaries.QUERY}"}
    # At once, so that some of them come too early however slow the machine is.
    await asyncio.gather(*(service.client.post("/admin/sign-in", data=typed) for _ in range(12)))
    for path in ("/admin/sign-in/factor", "/admin/sign-in/passkey"):
        for typed in (
            {"one_time_code": canaries.SECRET},
            {"challenge": canaries.SECRET, "passkey_answer": canaries.SECRET},
        ):
            await service.client.post(path, data=typed)
    await service.client.post("/admin/language", data={"language": canaries.BODY, "next": canaries.BODY})
    first = service.demo["staff"][0]["username"]
    await service.client.post("/admin/sign-in", data={"username": first, "password": canaries.SECRET})


async def _people(service: Service) -> None:
    by_role = {who["role"]: who for who in service.demo["staff"]}
    known: dict[str, set[str]] = {}
    for role in ORDER:
        visitor = Visitor(service.client, by_role[role]["username"], by_role[role]["password"], known)
        await visitor.go()
        service.visitors.append(visitor)


def _by_verb(service: Service) -> None:
    subprocess.run([sys.executable, "-c", BY_VERB, service.database], check=True, env=_environment(service))


def _environment(service: Service) -> dict[str, str]:
    return {**os.environ, "KETNOI_KEY_FILE": str(service.key_file)}


async def _broken_database(service: Service) -> None:
    """Statements that fail with all that they hold; and the service on a database that breaks under it."""
    connection = await asyncpg.connect(**connection_arguments(service.database))
    try:
        await connection.execute("CREATE TEMPORARY TABLE held (name text UNIQUE, year int CHECK (year > 0))")
        insert = "INSERT INTO held VALUES ($1, $2)"
        await connection.execute(insert, canaries.BODY, 1)
        for name, year in ((canaries.BODY, 2), (f"{canaries.BODY} other", -1)):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(insert, name, year)
        for statement in (
            f"SELECT '{canaries.BODY}'::int",
            f"SELECT '{canaries.BODY}'::uuid",
            f"SELECT {canaries.BODY}",
            f"DO $$ BEGIN RAISE EXCEPTION '{canaries.BODY}'; END $$",
            f"DO $$ BEGIN RAISE WARNING 'only a warning'; END $$; SELEKT '{canaries.BODY}'",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(statement)
        by_role = {who["role"]: who for who in service.demo["staff"]}
        visitor = Visitor(
            service.client, by_role["COMMANDER"]["username"], by_role["COMMANDER"]["password"], {}
        )
        await visitor.enter()
        page = await visitor.look("/admin/tips/new")
        form = next(form for form in page.forms if form.action == "/admin/tips" and form.method == "post")
        typed = filled(form, {"area", "group", "received_at", "occurred_at", "lat", "lon"})
        await connection.execute("ALTER TABLE tips RENAME COLUMN title TO subject")
        await service.client.post(form.action, data=typed)
        await service.client.get("/admin/tips", params={"q": canaries.QUERY})
        key = {"Authorization": f"Bearer {service.demo['partners'][0]['key']}"}
        body = {"query": f'{{ tips(filter: {{search: "{canaries.QUERY}"}}) {{ nodes {{ title }} }} }}'}
        await service.client.post("/graphql", json=body, headers=key)
        await connection.execute("ALTER TABLE tips RENAME COLUMN subject TO title")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
