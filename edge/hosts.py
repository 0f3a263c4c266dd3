"""Validation of the Host header. Nothing else depends on the host of a request."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# A name, an IPv4 address or a bracketed IPv6 address, with an optional port.
_HOST: Final = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
# Health checks may use any name or address.
_HEALTH: Final = "/health/"


class AllowedHosts:
    """Refuses requests without exactly one Host header that names one of `hosts`; "*" allows any host."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, or responds with 400."""
        if scope["type"] == "lifespan" or scope["path"].startswith(_HEALTH) or self._is_known(scope):
            await self.app(scope, receive, send)
            return
        response = PlainTextResponse("This service does not answer to that host.", 400)
        await response(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        host_headers = [value for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(host_headers[0]) if len(host_headers) == 1 else None
        return match is not None and ("*" in self.hosts or match[1].decode().lower() in self.hosts)
