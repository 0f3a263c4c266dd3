"""The headers that keep every answer safe, whatever it is and whoever made it. A door sets none of them."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The admin finds its way back by the referrer; no other site learns anything.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "publickey-credentials-get=(self), publickey-credentials-create=(self), "
        "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()"
    ),
}
# What is no page of ours is none if somebody opens it as one: an answer for programs, a file.
_COMMON: Final = "object-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_NON_PAGE_POLICY: Final = f"default-src 'none'; sandbox; form-action 'none'; {_COMMON}"
_PAGE_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
_PAGE_POLICIES: Final = {
    "/admin": f"{_PAGE_POLICY}img-src 'self' data:; form-action 'self'; {_COMMON}",
    "/docs": f"{_PAGE_POLICY}img-src 'self' data:; form-action 'none'; {_COMMON}",
    "/graphql": f"{_PAGE_POLICY}font-src 'self' data:; img-src 'self' data:; form-action 'none'; {_COMMON}",
}
# Files of ours, the same for everybody.
_STATIC: Final = ("/static/", "/admin/static/")
# What it tags, the caller alone may keep, and has to ask each time whether it is still so.
_ETAG_PATHS: Final = ("/graphql", "/schema.graphql")
# Only where TLS is on already: a browser that was told so never again asks without.
_TLS_ONLY: Final = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Sets the headers of every answer: pages, refusals, faults, files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the service within does, with the headers."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            # A socket that is refused gets an answer like any other.
            if message["type"].endswith("http.response.start"):
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                headers["Content-Security-Policy"] = _content_security_policy(scope["path"], headers)
                if scope["path"] in _ETAG_PATHS and "etag" in headers:
                    headers["Cache-Control"] = "private, no-cache"
                elif not (scope["path"].startswith(_STATIC) and message["status"] in {200, 206, 304}):
                    headers["Cache-Control"] = "no-store"
                if headers.get("content-type", "").endswith("+xml"):
                    headers["Content-Type"] += "; charset=utf-8"
                if scope["scheme"] in {"https", "wss"}:
                    headers["Strict-Transport-Security"] = _TLS_ONLY
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _content_security_policy(path: str, headers: Headers) -> str:
    if headers.get("content-type", "").startswith("text/html"):
        return next(
            (policy for door, policy in _PAGE_POLICIES.items() if path.startswith(door)), _NON_PAGE_POLICY
        )
    return _NON_PAGE_POLICY
