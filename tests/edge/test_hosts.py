"""The service answers to its own names; what a request calls its host stands in no answer."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwk, jwt
from starlette.applications import Starlette

from records.core.settings import OperatorError, Settings
from server import build_services, create_app
from tests.api.transport.oauth_support import assert_with, make_signer

URL = "https://ketnoi.example"
OTHER = "https://internal.example"
PUBLIC = {"HOST": "0.0.0.0", "KETNOI_URL": URL, "KETNOI_HOSTS": "ketnoi.example,internal.example"}


def made(environment: dict[str, str], reader: Any = None) -> Starlette:
    settings = Settings.from_environment(environment).with_database_url("postgresql://127.0.0.1/khong-dung")
    app = create_app(settings)
    app.state.services = build_services(settings, reader)
    return app


def client(app: Starlette, base: str = URL) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)


@pytest.fixture
async def public(app: Starlette) -> Starlette:
    """The service of the tests, under public names."""
    return made(PUBLIC, app.state.services.reader)


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["ketnoi.example", "ketnoi.example"],
        ["ketnoi.example", "evil.example"],
        ["evil.example"],
        ["user@ketnoi.example"],
        ["ketnoi.example@evil.example"],
        ["ketnoi.example:80:80"],
        ["ketnoi.example/path"],
        ["ketnoi.example, evil.example"],
        ["ketnoi.example evil"],
        ["[::1"],
        ["kết-nối.example"],
        [""],
    ],
)
@pytest.mark.parametrize("path", ["/docs", "/admin/sign-in", "/oauth/token"])
async def test_host_is_refused_when_foreign(public: Starlette, path: str, hosts: list[str]) -> None:
    request = client(public).build_request("GET", path)
    request.headers = httpx.Headers([(b"host", host.encode()) for host in hosts])
    answer = await client(public).send(request)
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.0.0.7", "evil.example", ""])
async def test_health_answers_under_any_host(host: str) -> None:
    answer = await client(made(PUBLIC)).get("/health/live", headers={"Host": host})
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_guide_names_public_address_under_any_host(public: Starlette) -> None:
    page = await client(public, OTHER).get("/docs")
    assert page.status_code == 200
    assert f"KETNOI={URL}\n" in page.text.replace("&quot;", '"')
    assert "internal.example" not in page.text


async def test_assertion_is_refused_when_for_another_address(public: Starlette) -> None:
    key = jwk.generate_key("EC", "P-256")
    partner = (await make_signer(key, "ES256")).partner

    def signed(address: str) -> str:
        own, moment = str(partner.id), int(time.time())
        claims = {"iss": own, "sub": own, "exp": moment + 60, "jti": uuid4().hex}
        return jwt.encode({"alg": "ES256"}, claims | {"aud": f"{address}/oauth/token"}, key)

    for base in (URL, OTHER):
        assert (await assert_with(client(public, base), signed(OTHER))).status_code == 401
        assert (await assert_with(client(public, base), signed(URL))).status_code == 200


def test_names_are_loopback_and_address_by_default() -> None:
    read = Settings.from_environment
    loopback = ("127.0.0.1", "localhost", "[::1]")
    assert (
        read({}).database_names
        == read({"HOST": "0.0.0.0"}).database_names
        == read({"HOST": "::"}).database_names
        == loopback
    )
    assert read({"HOST": "10.0.0.5"}).database_names == (*loopback, "10.0.0.5")
    assert read({"HOST": "fd00::5"}).database_names == (*loopback, "[fd00::5]")


def test_names_are_those_configured_and_that_of_address() -> None:
    given = Settings.from_environment(PUBLIC)
    assert given.database_names == ("ketnoi.example", "internal.example")
    assert replace(given, hosts=("internal.example",)).database_names == (
        "internal.example",
        "ketnoi.example",
    )
    assert Settings.from_environment(given.environment()) == given


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "KETNOI_HOSTS and KETNOI_URL"),
        ({"KETNOI_URL": URL}, "KETNOI_HOSTS"),
        ({"KETNOI_HOSTS": "ketnoi.example"}, "KETNOI_URL"),
        ({"KETNOI_URL": URL, "KETNOI_HOSTS": "*"}, "KETNOI_HOSTS"),
    ],
)
def test_public_names_are_required_when_serving(environment: dict[str, str], missing: str) -> None:
    with pytest.raises(OperatorError, match=f"^Set {missing}") as refused:
        Settings.from_environment(environment).check_public()
    assert ("KETNOI_URL" in str(refused.value)) is ("KETNOI_URL" in missing)
    Settings.from_environment(PUBLIC).check_public()


@pytest.mark.parametrize(
    "url", ['https://a"b.example', "https://$(id).example", "https://a b", "https://a@b"]
)
def test_address_is_refused_when_it_contains_code(url: str) -> None:
    with pytest.raises(OperatorError, match="KETNOI_URL is not an address"):
        Settings.from_environment({"KETNOI_URL": url})


def test_shipped_deployments_name_service() -> None:
    compose = (Path(__file__).parents[2] / "compose.yaml").read_text(encoding="utf-8")
    assert "KETNOI_HOSTS:" in compose
    assert "KETNOI_URL:" in compose
