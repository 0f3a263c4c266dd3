"""Under which names the service answers: what a request calls its host decides nothing else."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# A name, an IPv4 or a bracketed IPv6 address, with or without a port; nothing else stands in a link or a log.
_HOST: Final = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
# Asked by what watches over the process, under whatever name or address it knows.
_HEALTH: Final = "/health/"


class AllowedHosts:
    """Refuses a request that names no host, several, or one that is not among `hosts`; "*" stands for any."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 400, or as the service within does."""
        if scope["type"] == "lifespan" or scope["path"].startswith(_HEALTH) or self._is_known(scope):
            await self.app(scope, receive, send)
            return
        response = PlainTextResponse("This service does not answer to that host.", 400)
        await response(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        host_headers = [value for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(host_headers[0]) if len(host_headers) == 1 else None
        return match is not None and ("*" in self.hosts or match[1].decode().lower() in self.hosts)
