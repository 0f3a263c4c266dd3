"""Limits on the size of requests and on the time until a response starts, for every route.

The API and the admin have tighter limits with their own error responses; these are the backstop.
"""

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from records.core import events
from records.core.events import Event

_BYTES: Final = 1024 * 1024
# The admin reads no more than its own limits and reports an excess in the user's language. The rest is read
# and discarded, because a browser that is still sending does not read the response.
_PAGES: Final = "/admin/"
_PAGES_BYTES: Final = 64 * 1024 * 1024
_RESPONSE_SECONDS: Final = 60


class BodyLimit:
    """Refuses a request that is too large, by its Content-Length or as soon as its body exceeds the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, or responds with 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes = _PAGES_BYTES if scope["path"].startswith(_PAGES) else _BYTES
        declared, read = Headers(scope=scope).get("content-length", ""), 0
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > max_bytes):
            events.log(Event.REQUEST_REFUSED, reason="size")
            await PlainTextResponse("This is too large.", 413)(scope, receive, send)
            return

        async def limited_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > max_bytes:
                events.log(Event.REQUEST_REFUSED, reason="size")
                raise HTTPException(413)
            return message

        await self.app(scope, limited_receive, send)


class TimeLimit:
    """Aborts a request whose response has not started after a minute; streams may run for longer."""

    def __init__(self, app: ASGIApp, seconds: float = _RESPONSE_SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, or responds with 503."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:

                async def send_started(message: Message) -> None:
                    if not limit.expired():
                        limit.reschedule(None)
                    await send(message)

                await self.app(scope, receive, send_started)
        except TimeoutError:
            if not limit.expired():
                raise
            events.log(Event.REQUEST_REFUSED, reason="time")
            await PlainTextResponse("This took too long.", status_code=503)(scope, receive, send)
