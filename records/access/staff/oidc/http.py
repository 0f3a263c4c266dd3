"""HTTP requests to a provider: within seconds, of bounded size, and to nobody else."""

import asyncio
import json
import time
from typing import Any, Final

import httpx

from records.security.trust import trusted_certificates

_CACHE_SECONDS: Final = 3600
_MOST_DOCUMENTS: Final = 4
_MOST_BYTES: Final = 256 * 1024
_STEP_SECONDS: Final = 5
_WHOLE_SECONDS: Final = 10


class InvalidResponse(Exception):
    """There is no answer that could be used; says why, without anything that came."""


class DocumentCache:
    """JSON documents by their address, read again after an hour."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    async def read(self, address: str, *, refresh: bool = False) -> dict[str, Any]:
        """The document at `address`; with `refresh`, as it is now. Raises `InvalidResponse`."""
        until, document = self._kept.get(address, (0.0, {}))
        if refresh or time.monotonic() >= until:
            status, document = await send_request("GET", address)
            if status != 200:
                raise InvalidResponse("it does not give its metadata or keys")
            if len(self._kept) >= _MOST_DOCUMENTS:
                self._kept.clear()
            self._kept[address] = time.monotonic() + _CACHE_SECONDS, document
        return document


async def send_request(method: str, address: str, **sent: Any) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer; no redirect is followed. Raises `InvalidResponse`."""
    # Not packed: a small answer could unpack to a large one.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    body = bytearray()
    try:
        async with (
            asyncio.timeout(_WHOLE_SECONDS),
            httpx.AsyncClient(
                verify=trusted_certificates(), timeout=_STEP_SECONDS, follow_redirects=False
            ) as client,
            client.stream(method, address, headers=headers, **sent) as answer,
        ):
            async for part in answer.aiter_raw():
                body += part
                if len(body) > _MOST_BYTES:
                    raise InvalidResponse("its answer is too large")
        document = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise InvalidResponse(type(error).__name__) from None
    except (ValueError, RecursionError):
        raise InvalidResponse("its answer is no JSON") from None
    if not isinstance(document, dict) or answer.status_code >= 500:
        raise InvalidResponse("its answer is none of a provider")
    return answer.status_code, document
