"""How much a request may bring along, and how long an answer may take to begin, at every route.

The doors have smaller limits of their own, which they tell in their own way; these hold whatever a door does.
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
# The pages read no more than they take, and say in the reader's language what was too large. What is beyond
# that is read and let go, so that a browser that still sends can hear the answer.
_PAGES: Final = "/admin/"
_PAGES_BYTES: Final = 64 * 1024 * 1024
_RESPONSE_SECONDS: Final = 60


class BodyLimit:
    """Refuses a request that is too large: at once when it says so itself, else as soon as it shows."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 413, or as the service within does."""
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
    """Gives up on a request that has not begun to be answered after a minute; a stream may then go on."""

    def __init__(self, app: ASGIApp, seconds: float = _RESPONSE_SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 503, or as the service within does."""
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
