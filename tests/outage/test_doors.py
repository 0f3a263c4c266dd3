"""What each door says while the database is away, and that it goes on when the database is back."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from uuid import uuid4

import httpx
import pytest

from tests.api.streaming import FOLLOW, opened, streamed
from tests.outage.installation import PATIENCE, Postgres, is_unavailable, ketnoi, partner_key, service

PASSWORD = "chỉ dùng trong thử nghiệm"
TITLE = "Người lạ mặt ở đầu khóm (mẫu)"
OURS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "vi"}
INTERRUPTED = "Hiện hệ thống chưa truy cập được dữ liệu"


@pytest.fixture(scope="module")
async def url(server: Postgres) -> AsyncIterator[str]:
    async with service({**server.environment(), "KETNOI_SECOND_FACTOR": "optional"}) as made:
        yield made


@pytest.fixture(scope="module")
def key(server: Postgres) -> str:
    return partner_key(server)


@pytest.fixture(scope="module")
def username(server: Postgres) -> str:
    name = f"mau-{uuid4().hex[:8]}"
    about = ("--name", "Cán bộ mẫu", "--role", "OFFICER", "--area", "82", "--password", PASSWORD)
    ketnoi(server, "staff", "add", name, *about)
    return name


@contextmanager
def away(server: Postgres) -> Iterator[None]:
    """Meanwhile there is no PostgreSQL."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@asynccontextmanager
async def officer(url: str, username: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of an officer who is signed in."""
    async with httpx.AsyncClient(base_url=url, headers=OURS, timeout=PATIENCE) as client:
        given = {"username": username, "password": PASSWORD}
        assert (await client.post("/admin/sign-in", data=given)).status_code == 303
        yield client


async def typed(client: httpx.AsyncClient, title: str = TITLE) -> dict[str, str]:
    """The form of a new tip, filled in."""
    page = (await client.get("/admin/tips/new")).text
    known = {name: hidden(page, name) for name in ("csrf", "idempotency_key")}
    category = re.search(r'name="category"\s+value="([0-9a-f-]{36})"', page)
    assert category
    chosen = {"channel": "ZALO", "area": "30244", "legal_kind": "SOURCE", "priority": "NORMAL"}
    return known | chosen | {"title": title, "category": category[1]}


def hidden(page: str, name: str) -> str:
    """The value of a hidden field in the form with what was typed."""
    found = re.findall(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return unescape(found[-1])


async def test_form_is_resubmitted_when_database_is_back(server: Postgres, url: str, username: str) -> None:
    word = f"mau{uuid4().hex[:12]}"
    async with officer(url, username) as client:
        fields = await typed(client, f"{TITLE} {word}")
        with away(server):
            kept = await client.post("/admin/tips", data=fields)
        assert (kept.status_code, kept.headers["Retry-After"]) == (503, "5")
        assert INTERRUPTED in kept.text
        assert hidden(kept.text, "title") == f"{TITLE} {word}"
        again = {name: hidden(kept.text, name) for name in fields}
        assert again["idempotency_key"] != fields["idempotency_key"]
        done = await client.post("/admin/tips", data=again)
        assert done.status_code == 303, done.text
        found = (await client.get("/admin/tips", params={"q": word})).text
        assert len(set(re.findall(r'href="/admin/tips/([0-9a-f-]{36})', found))) == 1


async def test_foreign_form_is_not_echoed_when_database_is_away(server: Postgres, url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        with away(server):
            headers = {"Sec-Fetch-Site": "cross-site", "Cookie": "ketnoi_session=x"}
            answer = await client.post("/admin/tips", data={"title": TITLE}, headers=headers)
    assert (answer.status_code, TITLE in answer.text) == (503, False)


async def test_forms_of_strangers_are_counted_when_database_is_away(server: Postgres) -> None:
    paced = {**server.environment(), "KETNOI_CALLS_PER_MINUTE": "1"}
    headers = OURS | {"Cookie": "ketnoi_session=x"}
    async with (
        service(paced) as url,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE) as client,
    ):
        with away(server):
            answers = [await client.post("/admin/tips", data={"title": TITLE}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 429]


async def test_fragment_names_outage_when_database_is_away(server: Postgres, url: str, username: str) -> None:
    async with officer(url, username) as client:
        fields = await typed(client)
        with away(server):
            htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
            answer = await client.post("/admin/tips", data=fields, headers=htmx)
            page = await client.get("/admin/tips")
    assert answer.status_code == page.status_code == 503
    assert INTERRUPTED in answer.text
    assert "<html" not in answer.text
    assert 'href="/admin/tips"' in page.text


async def test_secrets_are_not_echoed_when_database_is_away(
    server: Postgres, url: str, username: str
) -> None:
    async with httpx.AsyncClient(base_url=url, headers=OURS, timeout=PATIENCE) as client:
        with away(server):
            given = {"username": username, "password": PASSWORD}
            answer = await client.post("/admin/sign-in", data=given)
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    assert username not in answer.text


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_graphql_is_unavailable_when_database_is_away(
    server: Postgres, url: str, key: str, accept: str
) -> None:
    headers = {"Authorization": f"Bearer {key}", "Accept": accept}
    bare = 'mutation { submitTip(input: {title: "Mẫu", category: "THEFT", area: "30244"}) { code } }'
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE) as client:
        with away(server):
            answers = [
                await client.post("/graphql", json={"query": query})
                for query in ("{ tips { totalCount } }", bare)
            ]
            stream = await client.post(
                "/graphql", json={"query": FOLLOW}, headers={"Accept": "text/event-stream"}
            )
        back = await client.post("/graphql", json={"query": "{ tips { totalCount } }"})
    assert all(is_unavailable(answer) for answer in [*answers, stream])
    assert "errors" not in back.json()


async def test_subscription_ends_with_retry_hint_when_database_is_lost(
    server: Postgres, url: str, key: str
) -> None:
    async with opened(url, key) as socket, streamed(url, key) as events:
        await socket.subscribe()
        await socket.feed()
        await events.feed()
        with away(server):
            error = await socket.error()
            event = await events.next()
            assert await events.next() == {"event": "complete", "data": ""}
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 5}
        assert event is not None
        assert '"UNAVAILABLE"' in event["data"]
        # The same socket goes on.
        await socket.subscribe("2")
        await socket.feed("2")


async def test_socket_closes_with_try_again_when_database_is_away(
    server: Postgres, url: str, key: str
) -> None:
    async with opened(url) as socket:
        with away(server):
            await socket.send(type="connection_init", payload={"Authorization": f"Bearer {key}"})
            assert await socket.closed() == (1013, "UNAVAILABLE: try again later")
