"""Each request has an id, and each gets an answer, also where something fails that nobody foresaw."""

from typing import Final
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from records.core import events
from records.core.errors import DatabaseUnavailable
from records.core.events import Event, RequestContext

# With headers: of an answer, of a socket that is refused, of one that is opened.
_START_MESSAGES: Final = {"http.response.start", "websocket.http.response.start", "websocket.accept"}


class RequestIds:
    """Gives each request an id of our own: one that a caller chose could say anything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, and tells the id in the header X-Request-Id."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        # A socket begins with a GET.
        request, started = (
            RequestContext(uuid4().hex, scope.get("method", "GET"), lambda: _route(scope)),
            False,
        )

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] in _START_MESSAGES:
                started = True
                MutableHeaders(scope=message)["X-Request-Id"] = request.request_id
                if message.get("status") == 400 and "route" not in scope:
                    events.log(Event.REQUEST_REFUSED, reason="host")
            await send(message)

        with events.request_context(request):
            try:
                await self.app(scope, receive, send_with_id)
            except ClientDisconnect:
                return  # nobody waits any more
            except DatabaseUnavailable as error:
                if started:
                    raise
                body = {"code": error.code, "message": error.message.text}
                response = JSONResponse(body, 503, {"Retry-After": str(error.retry_after)})
                await response(scope, receive, send_with_id)
            except Exception as error:
                reference = events.log_exception(error)
                if started:
                    # The connection breaks off, so that nobody takes half an answer for a whole one.
                    raise
                fault = PlainTextResponse(f"Something went wrong here. Reference: {reference}", 500)
                await fault(scope, receive, send_with_id)


def _route(scope: Scope) -> str:
    """The pattern of the route, never the path: that holds ids and whatever somebody typed."""
    return getattr(scope.get("route"), "path", "") or "-"
