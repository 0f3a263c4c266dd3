"""Request ids, and the response to unexpected errors."""

from typing import Final
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from records.core import events
from records.core.errors import DatabaseUnavailable
from records.core.events import Event, RequestContext

# The messages with headers: a response, a refused WebSocket, an accepted one.
_START_MESSAGES: Final = {"http.response.start", "websocket.http.response.start", "websocket.accept"}


class RequestIds:
    """Generates an id for each request; ids sent by callers could contain anything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, and sends its id in the header X-Request-Id."""
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
                    # Break the connection, so that no client takes a partial response for a complete one.
                    raise
                fault = PlainTextResponse(f"Something went wrong here. Reference: {reference}", 500)
                await fault(scope, receive, send_with_id)


def _route(scope: Scope) -> str:
    """The pattern of the route, never the path, which can contain ids and user input."""
    return getattr(scope.get("route"), "path", "") or "-"
