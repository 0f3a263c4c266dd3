"""Canaries put in at every input of a service that really runs are nowhere where nobody may find them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import pytest

from records.database import embedded
from records.database.connect import connection_arguments
from tests.canary import canaries
from tests.canary.canaries import EVERY, FREE, SEALED, found
from tests.canary.crawl import ROUTES, pattern
from tests.canary.inputs import put_in
from tests.canary.service import Service, pg_dump, running

# A look at sealed data, for the person whose request was approved.
LOOK = "/admin/reveals/{id:uuid}/look"
# All of it happens before the first test, within that one's time.
pytestmark = pytest.mark.timeout(600)
_READY = '{"status":"ready","database":"ok","migrations":"ok","keys":"ok","reader":"ok"}'


@pytest.fixture(scope="module")
async def told() -> AsyncIterator[Service]:
    """The service after all of it: stopped, with what it answered, logged, wrote and backed up.

    Not in pytest's own folder: another run of pytest would close it to the user that PostgreSQL runs as.
    """
    with TemporaryDirectory(prefix="ketnoi-canary-") as folder:
        async with running(Path(folder) / "data") as service:
            await put_in(service)
            await asyncio.to_thread(service.back_up)
        yield service


def lines(told: Service) -> list[dict[str, str]]:
    return [json.loads(line) for line in told.log.splitlines() if line.startswith(b'{"at"')]


def asked(answer: httpx.Response) -> bytes:
    request = answer.request
    return b"\n".join(
        [str(request.url).encode(), request.content, *[b": ".join(pair) for pair in request.headers.raw]]
    )


def answered(answer: httpx.Response) -> bytes:
    return b"\n".join([answer.content, *[b": ".join(pair) for pair in answer.headers.raw]])


def test_crawl_opens_all_pages_and_stores_all_records(told: Service) -> None:
    seen = set().union(*(visitor.seen for visitor in told.visitors))
    done = set().union(*(visitor.done for visitor in told.visitors))
    # Each page is one that a link leads to, or says here why not.
    unlinked = {"/admin/{rest:path}", "/admin/sign-in", "/admin/sign-in/factor", "/admin/sign-in/passkey"}
    unlinked |= {"/admin/groups/choices", "/admin/areas/choices", "/admin/scorecards/{id:uuid}/score"}
    # No provider is set up here.
    unlinked |= {"/admin/sign-in/provider", "/admin/sign-in/provider/return"}
    unlinked |= {"/admin/account/identity", "/admin/account/identity/confirmation"}
    # Actions that ask for nothing are buttons; their pages are met where a button is pressed too late.
    unlinked |= {"/admin/groups/{id:uuid}/resumption", "/admin/webhooks/{id:uuid}/resumption"}
    unlinked |= {"/admin/webhooks/{id:uuid}/test"}
    # The only scorecard is in use, and who signed a review does not look at it again.
    unlinked |= {"/admin/scorecards/{id:uuid}/edit", "/admin/reviews/{id:uuid}/signature-withdrawal"}
    # No review is scored to the end, no target set, no hold in force and no category retired.
    unlinked |= {f"/admin/reviews/{{id:uuid}}/{side}-signature" for side in ("police", "front")}
    unlinked |= {f"/admin/targets/{{id:uuid}}{page}" for page in ("", "/edit", "/removal")}
    unlinked |= {"/admin/legal-holds/{id:uuid}/release", "/admin/tip-categories/{id:uuid}/reinstatement"}
    # No job of a partner waits or has failed; the other leads to the list of holds.
    unlinked |= {f"/admin/jobs/{{id:uuid}}/{page}" for page in ("cancellation", "retry")}
    unlinked |= {"/admin/legal-holds"}
    # Asked for by the script, and with the tips that were ticked.
    unlinked |= {"/admin/tips/arrivals", "/admin/tips/assignments", "/admin/tips/notes"}
    # Whoever adds a picture to an activity removes it again.
    unlinked |= {"/admin/activities/attachments/{id:uuid}/thumbnail"}
    # Nobody here changes one of these.
    unchanged = ("activities", "enquiries", "indicators", "organisations", "outlines", "programmes")
    unlinked |= {f"/admin/{noun}/{{id:uuid}}/reversal" for noun in (*unchanged, "targets", "tip-categories")}
    shown = {route.path for route in ROUTES if "GET" in (route.methods or ())}
    assert shown - seen - unlinked == set()
    assert done >= {
        "post /admin/tips",
        "post /admin/tips/{id:uuid}/attachments",
        "post /admin/activities/{id:uuid}/attachments",
        "post /admin/tips/{id:uuid}/note",
        "post /admin/tips/{id:uuid}/reveal",
        "post /admin/groups",
        "post /admin/partners",
        "post /admin/reveals/{id:uuid}/decision",
        f"post {LOOK}",
    }


def test_log_holds_no_canary(told: Service) -> None:
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


def test_postgresql_log_holds_no_canary(told: Service) -> None:
    log = (told.folder / "postgres.log").read_bytes()
    assert b"ready to accept connections" in log
    assert found(log, EVERY.values()) == set()


def test_sealed_canary_is_shown_to_author_and_approved_only(told: Service) -> None:
    assert len(told.answers) > 500
    for answer in told.answers:
        path, status = answer.request.url.path, answer.status_code
        back = found(answered(answer)) - found(asked(answer))
        if pattern(path) == LOOK and status == 200:
            continue
        assert back == set(), (answer.request.method, path, status)
    looks = [answer for answer in told.answers if pattern(answer.request.url.path) == LOOK]
    assert any(found(answered(answer)) for answer in looks), "somebody with an approval sees it"


def test_refusals_and_errors_hold_no_canary(told: Service) -> None:
    refusals = [a for a in told.answers if a.status_code in {401, 403, 404, 405, 413, 415, 500, 503}]
    assert {a.status_code for a in refusals} >= {401, 403, 404, 405, 413, 415, 500}
    for answer in refusals:
        assert found(answer.content, EVERY.values()) - found(asked(answer), EVERY.values()) == set(), (
            answer.request.url
        )


def test_api_answers_hold_no_sealed_canary(told: Service) -> None:
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


def test_database_files_hold_no_sealed_canary(told: Service) -> None:
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


def test_backup_holds_no_sealed_canary(told: Service) -> None:
    for kind, data in told.backups.items():
        assert found(data) == set(), kind
    assert found(told.backups["plain"], [FREE]) == found(told.backups["custom, unpacked"], [FREE]) == {FREE}
    assert b"COPY public.tip_reporters" in told.backups["plain"]


def test_health_holds_no_canary(told: Service) -> None:
    health = [a for a in told.answers if a.request.url.path.startswith("/health")]
    assert {a.text for a in health if a.status_code == 200} == {"ok", _READY}


def test_process_loads_no_exporter_of_traces_or_metrics() -> None:
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
def test_search_finds_canary_in_any_spelling(word: str) -> None:
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


async def test_search_finds_canary_when_unsealed_or_logged(tmp_path: Path) -> None:
    with embedded.running(tmp_path / "data") as url:
        connection = await asyncpg.connect(**connection_arguments(url))
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
