"""HTTP and WebSocket protocols with limits, so that no client can exhaust the server.

uvicorn limits neither the size of request heads, nor the time to receive them, nor connections per address.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final, NoReturn
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from records.core import events
from records.core.events import Event
from records.security.addresses import client_source

_REASONS: Final = {
    HTTPStatus.BAD_REQUEST: "syntax",
    HTTPStatus.REQUEST_TIMEOUT: "time",
    HTTPStatus.REQUEST_URI_TOO_LONG: "size",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "size",
    HTTPStatus.TOO_MANY_REQUESTS: "connections",
    HTTPStatus.SERVICE_UNAVAILABLE: "connections",
}
# Like those of every other response: edge/headers.py.
_HEADERS: Final = (
    "content-type: text/plain; charset=utf-8\r\ncontent-security-policy: default-src 'none'\r\n"
    "x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n"
)
_RETRY: Final = "retry-after: 10\r\n"
# The number of open connections of each server, by client address.
_open_by_source: Final[WeakKeyDictionary[Config, Counter[str]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on requests and connections, per process."""

    # The request line and all headers; also the data without progress of the request, such as trailers.
    head_bytes: int = 64 * 1024
    url_bytes: int = 16 * 1024
    headers: int = 100
    chunks: int = 20_000
    max_pipelined: int = 16
    # To receive a head, from the connection or the first byte of a further request.
    head_seconds: float = 15
    # While the client reads nothing of a response.
    stalled_seconds: float = 60
    connections: int = 800
    # Except for trusted proxies, which forward those of many clients.
    per_address: int = 100


class _Refused(Exception):
    """Stops the parser; `_refusal` has the status."""


class HttpProtocol(HttpToolsProtocol):
    """An HTTP connection within `limits`."""

    limits: ClassVar[Limits] = Limits()

    _source = ""
    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    _refusal = HTTPStatus.BAD_REQUEST
    _in_head = False
    _head_bytes = 0
    _chunks = 0
    # Whether the last data completed a part of the request, and the bytes received since then.
    _progressed = False
    _unparsed = 0

    # asyncio declares a BaseTransport; uvicorn narrows it likewise: a stream has a Transport.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for a request head, unless there are too many connections."""
        super().connection_made(transport)
        self._source = _source(transport)
        open_now = _open_by_source.setdefault(self.config, Counter())
        open_now[self._source] += 1
        if open_now.total() > self.limits.connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        elif open_now[self._source] > self.limits.per_address and not self._is_from_proxy():
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the place to another."""
        super().connection_lost(exc)
        self._cancel_deadline()
        self.resume_writing()
        _release(self.config, self._source)

    def data_received(self, data: bytes) -> None:
        """Parses `data`; refuses a request that grows without progress."""
        self._progressed = False
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        self._unparsed = 0 if self._progressed else self._unparsed + len(data)
        if self._unparsed > self.limits.head_bytes:
            too_large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._refuse(too_large if self._in_head else HTTPStatus.BAD_REQUEST)
        elif self._deadline is None and not self._is_answering():
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self.pipeline) >= self.limits.max_pipelined:
            self._abort_parsing(HTTPStatus.BAD_REQUEST)
        super().on_message_begin()
        self._in_head, self._head_bytes, self._chunks = True, 0, 0

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        super().on_url(url)
        if len(self.url) > self.limits.url_bytes:
            self._abort_parsing(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Trailers are ignored: merged into the headers, they would bypass a proxy's checks."""
        if not self._in_head:
            return
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + 4
        if len(self.headers) > self.limits.headers or self._head_bytes > self.limits.head_bytes:
            self._abort_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head, self._progressed = False, True
        self._cancel_deadline()
        if not self._target_fits_host():
            self._abort_parsing(HTTPStatus.BAD_REQUEST)
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """A chunk of a body begins. Many small ones cost more time than their bytes."""
        self._chunks += 1
        if self._chunks > self.limits.chunks:
            self._abort_parsing(HTTPStatus.BAD_REQUEST)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._progressed = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client has stopped reading: aborts the connection after a timeout."""
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(self.limits.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client is reading again."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection, even if its last response was not read."""
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn when the parser fails."""
        self._refuse(self._refusal)

    def shutdown(self) -> None:
        """Called by uvicorn on shutdown: ends the streams, for which it would wait forever."""
        super().shutdown()
        self.app_state["streams"].close()

    def _is_answering(self) -> bool:
        # None before the first request, although uvicorn's annotation does not say so.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _can_respond(self) -> bool:
        """Whether a response now would be the one to the request being received."""
        waits_for_more = self._is_answering() and self.cycle.more_body and not self.cycle.response_started
        return not self.pipeline and (waits_for_more or not self._is_answering())

    def _is_from_proxy(self) -> bool:
        """Whether the connection comes from a trusted proxy."""
        host = self.client[0] if self.client else None
        return isinstance(self.app, ProxyHeadersMiddleware) and host in self.app.trusted_hosts

    def _target_fits_host(self) -> bool:
        """Whether the host of an absolute request target equals the Host header."""
        if self.url.startswith(b"/") or self.url == b"*":
            return True
        try:
            named = urlsplit(self.url.decode("ascii")).netloc.lower().encode()
        except ValueError:
            return False
        return named != b"" and [v.lower() for name, v in self.headers if name == b"host"] == [named]

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(self.limits.head_seconds, self._on_head_timeout)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_head_timeout(self) -> None:
        if self._in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _abort_parsing(self, status: HTTPStatus) -> NoReturn:
        self._refusal = status
        raise _Refused

    def _refuse(self, status: HTTPStatus) -> None:
        """Closes the connection, with an error response unless another response is under way."""
        events.log(Event.REQUEST_REFUSED, reason=_REASONS[status])
        if self._can_respond():
            text = f"{status.value} {status.phrase}"
            retry = _RETRY if _REASONS[status] == "connections" else ""
            head = f"HTTP/1.1 {text}\r\n{_HEADERS}{retry}content-length: {len(text)}\r\n\r\n"
            self.transport.write(f"{head}{text}".encode())
        self.transport.close()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket upgraded from an HTTP connection."""

    # asyncio declares a BaseTransport; uvicorn narrows it likewise: a stream has a Transport.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection over."""
        super().connection_made(transport)
        self._source = _source(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the place to another."""
        super().connection_lost(exc)
        _release(self.config, self._source)


def _source(transport: asyncio.Transport) -> str:
    """The source by which a connection is counted."""
    return client_source((get_remote_addr(transport) or ("", 0))[0])


def _release(server: Config, source: str) -> None:
    open_now = _open_by_source[server]
    open_now[source] -= 1
    if not open_now[source]:
        del open_now[source]
