"""Nobody asks faster than was agreed: partners, people and strangers, each counted for themselves."""

from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
from starlette.applications import Starlette

from records.security.rate_limits import RateLimiter
from tests.admin.forms import HTMX
from tests.replaced import replaced_services

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeKey = Callable[..., Awaitable[str]]
FREE = 5


@pytest.fixture
def slow(app: Starlette) -> Iterator[Starlette]:
    with replaced_services(app, pace=RateLimiter(FREE, clock=lambda: 0.0)):
        yield app


async def asked(api: httpx.AsyncClient, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    return await api.post("/graphql", json={"query": "{ tipCategories { code } }"}, headers=headers)


async def test_partner_is_throttled_alone_when_requests_are_too_fast(
    slow: Starlette, api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key, other = await partner_key(), await partner_key()
    assert [(await asked(api, key)).status_code for _ in range(FREE)] == [200] * FREE
    late = await asked(api, key)
    assert late.status_code == 429
    assert late.headers["retry-after"] == "12"
    assert late.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
    assert "data" not in late.json()
    assert (await asked(api, other)).status_code == 200


async def test_wrong_and_missing_keys_count_for_address(slow: Starlette, api: httpx.AsyncClient) -> None:
    assert {(await asked(api, "ktn_wrong")).status_code for _ in range(FREE)} == {401}
    assert (await asked(api, "ktn_wrong")).status_code == 429
    assert (await api.post("/graphql", json={"query": "{ __typename }"})).status_code == 429


async def test_credentials_are_throttled(slow: Starlette, api: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    assert {(await api.post("/oauth/token", data=form)).status_code for _ in range(FREE)} == {401}
    late = await api.post("/oauth/token", data=form)
    assert (late.status_code, late.json()["error"]) == (429, "temporarily_unavailable")
    # The sign-in of people counts for the same address.
    assert (await api.get("/admin/sign-in")).status_code == 429


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, HTMX, {}])
async def test_forms_of_strangers_count_for_address(
    slow: Starlette, api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    statuses = [
        (await api.post("/admin/tips", data={"body": "a"}, headers=headers)).status_code
        for _ in range(FREE + 1)
    ]
    assert 429 not in statuses[:FREE]
    assert statuses[FREE] == 429


async def test_pages_of_strangers_count_for_address(slow: Starlette, api: httpx.AsyncClient) -> None:
    assert [(await api.get("/admin/tips")).status_code for _ in range(FREE + 1)] == [*[303] * FREE, 429]


async def test_addresses_of_one_ipv6_network_count_as_one(slow: Starlette) -> None:
    statuses = []
    for number in range(FREE + 1):
        transport = httpx.ASGITransport(slow, client=(f"2001:db8::{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            paths = ("/admin/sign-in", "/graphql", "/oauth/token")
            statuses.append((await client.post(paths[number % 3], data={})).status_code)
    assert statuses[FREE] == 429
    assert 429 not in statuses[:FREE]


async def test_pages_are_throttled(slow: Starlette, staff_client: SignIn) -> None:
    client, other = await staff_client(), await staff_client()
    assert {(await client.get("/admin/tips")).status_code for _ in range(FREE)} == {200}
    late = await client.get("/admin/tips")
    assert (late.status_code, late.headers["retry-after"]) == (429, "12")
    assert "You are opening pages too fast." in late.text
    block = await client.get("/admin/tips", headers=HTMX)
    assert block.status_code == 429
    assert "<html" not in block.text
    assert (await other.get("/admin/tips")).status_code == 200
