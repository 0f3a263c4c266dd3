"""The security headers of every response. Routes set none of them themselves."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PERMISSIONS: Final = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "camera=(), microphone=(), geolocation={geolocation}, display-capture=(), payment=(), usb=()"
)
# The form of a tip can note where its writer stands.
_LOCATED: Final = ("/admin/tips/new", "/admin/tips")
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The admin redirects back by the referrer; other sites get none.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS.format(geolocation="()"),
}
# Responses that are not pages, such as JSON and files, must not act as pages when a browser opens them.
_COMMON: Final = "object-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_NON_PAGE_POLICY: Final = f"default-src 'none'; sandbox; form-action 'none'; {_COMMON}"
_PAGE_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
_PAGE_POLICIES: Final = {
    "/admin": f"{_PAGE_POLICY}img-src 'self' data:; form-action 'self'; {_COMMON}",
    "/docs": f"{_PAGE_POLICY}img-src 'self' data:; form-action 'none'; {_COMMON}",
    "/graphql": f"{_PAGE_POLICY}font-src 'self' data:; img-src 'self' data:; form-action 'none'; {_COMMON}",
}
# Static files, the same for every caller.
_STATIC: Final = ("/static/", "/admin/static/")
# Responses with an entity tag may be stored by the caller alone, and must be revalidated.
_ETAG_PATHS: Final = ("/graphql", "/schema.graphql")
# Only over TLS: a browser that receives it never uses plain HTTP again.
_TLS_ONLY: Final = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Sets the headers of every response, including errors and files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, and adds the headers to the response."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            # A refused WebSocket handshake gets an HTTP response like any other.
            if message["type"].endswith("http.response.start"):
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                if scope["path"] in _LOCATED:
                    headers["Permissions-Policy"] = _PERMISSIONS.format(geolocation="(self)")
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
