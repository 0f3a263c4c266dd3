"""What a proxy says of a caller is believed of that proxy alone, and a caller cannot say it themselves."""

from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commands._http import uvicorn_config


async def _who(request: Request) -> Response:
    return JSONResponse([request.client.host if request.client else "", request.url.scheme])


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., httpx.AsyncClient]:
    """A client at an address, of a service behind the proxies named."""

    def make(address: str, proxies: str | None) -> httpx.AsyncClient:
        if proxies is None:
            monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
        else:
            monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
        config = uvicorn_config()
        config.app, config.factory = Starlette(routes=[Route("/", _who)]), False
        config.load()
        transport = httpx.ASGITransport(config.loaded_app, client=(address, 999))
        return httpx.AsyncClient(transport=transport, base_url="http://ketnoi.example")

    return make


SAID = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;proto=https",
}


@pytest.mark.parametrize("proxies", [None, "192.0.2.10", "127.0.0.1, 192.0.2.10"])
async def test_forwarded_address_is_ignored_when_caller_is_no_proxy(
    ask: Callable[..., httpx.AsyncClient], proxies: str | None
) -> None:
    answer = await ask("198.51.100.7", proxies).get("/", headers=SAID)
    assert answer.json() == ["198.51.100.7", "http"]


async def test_forwarded_address_is_one_that_proxy_added(
    ask: Callable[..., httpx.AsyncClient],
) -> None:
    through = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}
    answer = await ask("192.0.2.10", "192.0.2.10").get("/", headers=through)
    assert answer.json() == ["198.51.100.7", "https"]
