"""What is secret travels in headers and bodies: an address says nothing and opens nothing."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from tests.admin.forms import some_tip
from tests.security.crawl import pages

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeKey = Callable[..., Awaitable[str]]
# What may stand in an address: how a list is narrowed, sorted and paged, and where somebody comes from.
SECRET = {"password", "code", "csrf", "token", "key", "secret", "phone", "address", "name", "reporter_phone"}


async def test_key_or_token_in_address_is_ignored(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    [prefix, secret] = key.split("_", 2)[1:]
    for name in ("key", "api_key", "access_token", "token", "authorization", "Authorization"):
        answer = await api.get("/graphql", params={"query": "{ tipCategories { code } }", name: key})
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    asked = {"grant_type": "client_credentials", "client_id": prefix, "client_secret": secret}
    assert (await api.post("/oauth/token", params=asked)).status_code == 400
    assert (await api.post("/oauth/token", params=asked, data={"x": "y"})).status_code == 401
    assert (await api.post("/oauth/token", data=asked)).status_code == 200


async def test_session_or_password_in_address_is_ignored(
    staff_client: SignIn, api: httpx.AsyncClient
) -> None:
    client = await staff_client()
    token = client.cookies["ketnoi_session"]
    for name in ("ketnoi_session", "session", "token", "csrf"):
        assert (await api.get("/admin/tips", params={name: token})).status_code == 303
    assert (await api.get("/admin/sign-in", params={"username": "a", "password": "b"})).status_code == 200
    assert not api.cookies


@pytest.mark.parametrize("role", Role)
async def test_forms_put_no_secret_and_no_name_into_address(staff_client: SignIn, role: Role) -> None:
    await some_tip()
    client = await staff_client(role)
    async for page in pages(client):
        for action, names in page.seen.searched.items():
            assert not names & SECRET, (page.path, action)
        assert not any(f"{name}=" in link for name in SECRET for link in page.seen.links), page.path
        assert client.cookies["ketnoi_session"] not in str(page.seen.links)
