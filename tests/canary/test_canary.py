"""Canaries put in at every input of a service that really runs are nowhere where nobody may find them."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest

from records.database import embedded
from records.database.connect import DatabaseRole, credentials
from tests.canary import canaries, queries
from tests.canary.canaries import EVERY, FREE, SEALED, found
from tests.canary.crawl import ROUTES, Visitor, filled, pattern
from tests.canary.service import Service, pg_dump, running

ORDER = ("OFFICER", "COMMANDER", "FRONT", "ANALYST", "CUSTODIAN", "COMMANDER", "AUDITOR", "ADMINISTRATOR")
# A look at sealed data, for the person whose request was approved.
LOOK = "/admin/reveals/{id:uuid}/look"
# Without a page of their own: contacts of members, and whom an education case is about.
BY_VERB = """
import asyncio, sys
from records import contacts, sealed
from records.core import sealing
from records.core.actor import system
from records.core.change import change
from records.database.connect import connected
from records.database.settings import Settings
from records.tables import EducationCase, Member
from tests.canary import canaries as c

async def main():
    async with connected(sys.argv[1], max_size=2):
        member = await Member.filter(deleted_at__isnull=True).first()
        await contacts.record(member.id, contacts.ContactDraft(c.PHONE, c.ADDRESS), by=system("test"))
        assert await contacts.find(c.PHONE, by=system("test"))
        async with change():
            values = {"name": c.NAME, "birth_year": "1990", "address": c.ADDRESS}
            await sealed.close("education_subjects", values, case_id=(await EducationCase.first()).id)

sealing.use(Settings.from_environment().key_file)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The service after all of it: stopped, with what it answered, logged, wrote and backed up."""
    folder = tmp_path_factory.mktemp("canary") / "data"
    async with running(folder) as service:
        await _api(service)
        await _oauth(service)
        await _odd_requests(service)
        await _odd_signing_in(service)
        await _broken_database(service)
        await _people(service)
        await asyncio.to_thread(_by_verb, service)
        await asyncio.to_thread(service.back_up)
    return service


async def _api(service: Service) -> None:
    for partner in service.demo["partners"]:
        headers = {"Authorization": f"Bearer {partner['key']}"}
        for body in queries.every() if "tips:write" in partner["scopes"] else ():
            await service.client.post("/graphql", json=body, headers=headers)
        tip = {
            "title": FREE,
            "body": FREE,
            "place": FREE,
            "category": "THEFT",
            "area": "29905",
            "externalRef": FREE,
        }
        query = (
            "mutation($i: SubmitTipInput!) { submitTip(input: $i) { id tip { title } problems { message } } }"
        )
        await service.client.post("/graphql", json={"query": query, "variables": {"i": tip}}, headers=headers)
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
    cookies = ("session", "step", "next", "device", "said", "language", "oidc")
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
    await service.client.post("/admin/sign-in", content=canaries.BODY.encode() * 100_000)
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
        for typed in ({"code": canaries.SECRET}, {"challenge": canaries.SECRET, "answer": canaries.SECRET}):
            await service.client.post(path, data=typed)
    await service.client.post("/admin/language", data={"language": canaries.BODY, "next": canaries.BODY})
    first = service.demo["staff"][0]["username"]
    await service.client.post("/admin/sign-in", data={"username": first, "password": canaries.SECRET})


async def _people(service: Service) -> None:
    by_role = {who["role"]: who for who in service.demo["staff"]}
    for role in ORDER:
        visitor = Visitor(service.client, by_role[role]["username"], by_role[role]["password"])
        await visitor.go()
        service.visitors.append(visitor)


def _by_verb(service: Service) -> None:
    subprocess.run([sys.executable, "-c", BY_VERB, service.database], check=True, env=_environment(service))


def _environment(service: Service) -> dict[str, str]:
    return {**os.environ, "KETNOI_KEY_FILE": str(service.key_file)}


async def _broken_database(service: Service) -> None:
    """Statements that fail with all that they hold; and the service on a database that breaks under it."""
    given = credentials(service.database, DatabaseRole.OWNER)
    for name in ("minsize", "maxsize", "server_settings"):
        del given[name]
    connection = await asyncpg.connect(**given)
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
        visitor = Visitor(service.client, by_role["COMMANDER"]["username"], by_role["COMMANDER"]["password"])
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


def lines(told: Service) -> list[dict[str, str]]:
    return [json.loads(line) for line in told.log.splitlines() if line.startswith(b'{"at"')]


def asked(answer: httpx.Response) -> bytes:
    request = answer.request
    return b"\n".join(
        [str(request.url).encode(), request.content, *[b": ".join(pair) for pair in request.headers.raw]]
    )


def answered(answer: httpx.Response) -> bytes:
    return b"\n".join([answer.content, *[b": ".join(pair) for pair in answer.headers.raw]])


def test_every_page_was_seen_and_what_matters_was_stored(told: Service) -> None:
    seen = set().union(*(visitor.seen for visitor in told.visitors))
    done = set().union(*(visitor.done for visitor in told.visitors))
    # Each page is one that a link leads to, or says here why not.
    unlinked = {"/admin/{rest:path}", "/admin/sign-in", "/admin/sign-in/factor", "/admin/sign-in/passkey"}
    unlinked |= {"/admin/groups/choices", "/admin/areas/choices"}
    shown = {route.path for route in ROUTES if "GET" in (route.methods or ())}
    assert shown - seen - unlinked == set()
    assert done >= {
        "post /admin/tips",
        "post /admin/tips/{id:uuid}/attachments",
        "post /admin/tips/{id:uuid}/note",
        "post /admin/tips/{id:uuid}/reveal",
        "post /admin/groups",
        "post /admin/partners",
        "post /admin/reveals/{id:uuid}/decision",
        f"post {LOOK}",
    }


def test_nothing_that_was_put_in_is_in_the_log(told: Service) -> None:
    # Somebody's free text as little as who they are; and no log that says nothing passes.
    assert found(told.log, EVERY.values()) == set()
    noted = {line["event"] for line in lines(told)}
    assert noted >= {
        "sign-in.failed",
        "sign-in.throttled",
        "access.denied",
        "access.missed",
        "partner.refused",
        "fault",
    }
    assert {line.get("logger") for line in lines(told)} >= {"tortoise.db_client"}


def test_nothing_that_was_put_in_is_in_postgresqls_log(told: Service) -> None:
    log = (told.folder / "postgres.log").read_bytes()
    assert b"ready to accept connections" in log
    assert found(log, EVERY.values()) == set()


def test_nothing_that_is_sealed_comes_back_but_to_who_typed_it_and_who_may_look(told: Service) -> None:
    assert len(told.answers) > 500
    for answer in told.answers:
        path, status = answer.request.url.path, answer.status_code
        back = found(answered(answer)) - found(asked(answer))
        if pattern(path) == LOOK and status == 200:
            continue
        assert back == set(), (answer.request.method, path, status)
    looked = [
        a
        for a in told.answers
        if pattern(a.request.url.path) == LOOK and SEALED[canaries.NAME].encode() in a.content
    ]
    assert looked, "somebody with an approval sees it"


def test_a_refusal_or_fault_holds_nothing_of_anybody(told: Service) -> None:
    refusals = [a for a in told.answers if a.status_code in {401, 403, 404, 405, 413, 415, 500, 503}]
    assert {a.status_code for a in refusals} >= {401, 403, 404, 405, 413, 415, 500}
    for answer in refusals:
        assert found(answer.content, EVERY.values()) - found(asked(answer), EVERY.values()) == set(), (
            answer.request.url
        )


def test_the_other_doors_give_nothing_back_not_even_to_who_sent_it(told: Service) -> None:
    paths = ("/graphql", "/oauth", "/health", "/static")
    for answer in (a for a in told.answers if a.request.url.path.startswith(paths)):
        where = (answer.request.content, answer.text[:300])
        assert found(answered(answer)) == set(), where
        if answer.request.url.path == "/graphql":
            body = answer.json()
            errors = json.dumps(body.get("errors", []), ensure_ascii=False)
            problems = [
                payload.get("problems")
                for payload in (body.get("data") or {}).values()
                if isinstance(payload, dict)
            ]
            assert found(f"{errors}{problems}".encode(), EVERY.values()) == set(), where
        elif not answer.request.url.path.startswith("/static"):
            assert found(answer.content, EVERY.values()) == set(), where


def test_nothing_that_is_sealed_is_in_the_files_of_the_database(told: Service) -> None:
    files = told.written()
    leaks = {name: leaked for name, data in files.items() if (leaked := found(data))}
    assert leaks == {}
    # The same search finds what is kept in clear, in tables and in the write-ahead log.
    free = {
        name.split("/")[1]
        for name, data in files.items()
        if name.startswith("postgres/") and found(data, [FREE])
    }
    assert {"base", "pg_wal"} <= free


def test_nothing_that_is_sealed_is_in_a_backup(told: Service) -> None:
    for kind, data in told.backups.items():
        assert found(data) == set(), kind
    assert found(told.backups["plain"], [FREE]) == found(told.backups["custom, unpacked"], [FREE]) == {FREE}
    assert b"COPY public.tip_reporters" in told.backups["plain"]


def test_no_metric_tells_of_anybody(told: Service) -> None:
    health = [a for a in told.answers if a.request.url.path.startswith("/health")]
    assert {a.text for a in health if a.status_code == 200} == {"ok", '{"status":"ready"}'}


def test_nothing_that_could_export_traces_or_metrics_is_there() -> None:
    code = "import commands._http, server, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {
        "opentelemetry",
        "ddtrace",
        "sentry_sdk",
        "prometheus_client",
        "newrelic",
        "elasticapm",
        "statsd",
    }


@pytest.mark.parametrize("word", EVERY)
def test_the_search_finds_a_canary_however_it_was_written(word: str) -> None:
    wanted = EVERY[word]
    for text in (
        word,
        word.upper(),
        f"x{word}y",
        json.dumps(word),
        repr(word.encode())[2:-1] if word.isascii() else word,
    ):
        assert wanted in found(text.encode(), [wanted]), text
    assert found(b"nothing of the sort", [wanted]) == set()


async def test_a_canary_that_is_kept_in_clear_or_logged_on_purpose_is_found(tmp_path: Path) -> None:
    with embedded.running(tmp_path / "data") as url:
        given = credentials(url, DatabaseRole.OWNER)
        for name in ("minsize", "maxsize", "server_settings"):
            del given[name]
        connection = await asyncpg.connect(**given)
        await connection.execute("CREATE TABLE held (name text)")
        await connection.execute("INSERT INTO held VALUES ($1)", canaries.NAME)
        await connection.execute("SET log_min_messages = 'error'")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(f"SELECT '{canaries.BODY}'::int")
        await connection.close()
        dump = await asyncio.to_thread(pg_dump, url)
    files = {str(path): path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert found(dump) == {SEALED[canaries.NAME]}
    holding = {Path(name).parts[-2] for name, data in files.items() if SEALED[canaries.NAME] in found(data)}
    assert "pg_wal" in holding
    assert len(holding) > 1
    assert found(files[str(tmp_path / "data" / "postgres.log")]) == {canaries.BODY}
