"""Compression of responses of 1 KiB or more, with Zstandard or gzip, as the client accepts.

Responses to cross-site requests are not compressed: their length would reveal whether a guess in the request
matches a secret in the response (BREACH). The CSRF token of forms is masked as well.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.quality_values import parse_quality_values
from edge.zstandard import ZstdCompressor

MIN_BYTES: Final = 1024
# In order of preference where the client has none.
CONTENT_CODINGS: Final = ("zstd", "gzip")
_GZIP_LEVEL: Final = 1
_ZSTD_LEVEL: Final = 3
_OTHER_SITES: Final = {"cross-site", "same-site"}


class Compression:
    """Compresses responses, except event streams, images and files that are compressed already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, and compresses the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        coding = negotiate_coding(Headers(scope=scope))
        if coding == "zstd":
            responder: IdentityResponder = _Zstandard(self.app, MIN_BYTES)
        elif coding == "gzip":
            responder = GZipResponder(self.app, MIN_BYTES, _GZIP_LEVEL)
        else:
            responder = IdentityResponder(self.app, MIN_BYTES)

        async def send_with_weak_tag(message: Message) -> None:
            if message["type"] == "http.response.start":
                _weaken_etag(MutableHeaders(scope=message))
            await send(message)

        await responder(scope, receive, send_with_weak_tag)


class _Zstandard(IdentityResponder):
    """A response in Zstandard; each part of a stream is a block of its own."""

    content_encoding = "zstd"

    def __init__(self, app: ASGIApp, minimum_size: int) -> None:
        super().__init__(app, minimum_size)
        self._compressor = ZstdCompressor(_ZSTD_LEVEL)

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """The compressed `body`."""
        if more_body:
            return self._compressor.compress(body, ZstdCompressor.FLUSH_BLOCK)
        return self._compressor.compress(body, ZstdCompressor.FLUSH_FRAME)


def negotiate_coding(headers: Headers) -> str | None:
    """The content coding to use for a request with these headers; None for no compression."""
    if headers.get("sec-fetch-site") in _OTHER_SITES:
        return None
    qualities = parse_quality_values(",".join(headers.getlist("accept-encoding")))
    default = qualities.get("*", 0.0)
    best = max(CONTENT_CODINGS, key=lambda coding: qualities.get(coding, default))
    return best if qualities.get(best, default) > 0 else None


def _weaken_etag(headers: MutableHeaders) -> None:
    """Makes the entity tag weak: a strong one would stand for the uncompressed bytes (RFC 9110, 8.8.1)."""
    tag = headers.get("etag", "")
    if headers.get("content-encoding") in CONTENT_CODINGS and tag.startswith('"'):
        headers["etag"] = f"W/{tag}"
