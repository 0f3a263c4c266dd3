"""GraphQL as an event stream: graphql-sse, in its mode of distinct connections.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. The id of an event is the cursor after it,
so that a client that reconnects with Last-Event-ID continues where it stopped.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.transport.authentication import GraphQLRequest, bearer_token
from api.transport.capacity import Streams
from api.transport.services import services_of
from api.transport.streams import StreamMessage, Subscriber, messages
from records.core.actor import Actor
from records.core.language import Language

EVENT_STREAM: Final = "text/event-stream"

# Shorter than the idle timeout of common proxies.
_PING_SECONDS: Final = 12.0
_PING: Final = b":\n\n"
_COMPLETE: Final = b"event: complete\ndata:\n\n"
# Stops proxies from buffering events.
_HEADERS: Final = {"X-Accel-Buffering": "no"}


def stream_response(
    request: Request,
    caller: Actor | None,
    language: Language,
    graphql_request: GraphQLRequest,
    headers: Mapping[str, str],
) -> Response:
    """A response that streams the results of the operation."""
    subscriber = Subscriber(request, caller, bearer_token(request.headers.get("authorization", "")), language)
    stream = messages(subscriber, graphql_request, cursor=request.headers.get("last-event-id") or None)
    return StreamingResponse(
        _events(stream, services_of(request).streams),
        headers={**_HEADERS, **headers, "Content-Language": language.value},
        media_type=EVENT_STREAM,
    )


async def _events(stream: AsyncGenerator[StreamMessage, None], streams: Streams) -> AsyncIterator[bytes]:
    """The bytes of the stream: an event for each message, and a comment as keep-alive while there is none.

    On shutdown the stream ends without `complete`, so that the client reconnects.
    """
    stopping = asyncio.Event()
    stopped = asyncio.ensure_future(stopping.wait())
    next_message = asyncio.ensure_future(anext(stream, None))
    with streams.on_shutdown(stopping.set):
        try:
            yield _PING
            while not stopping.is_set():
                first = asyncio.FIRST_COMPLETED
                await asyncio.wait((next_message, stopped), timeout=_PING_SECONDS, return_when=first)
                if not next_message.done():
                    yield _PING
                    continue
                message = next_message.result()
                if message is None:
                    yield _COMPLETE
                    return
                yield _event(message)
                next_message = asyncio.ensure_future(anext(stream, None))
        finally:
            # The pending read ends in its own task: this one can be cancelled at any await.
            stopped.cancel()
            next_message.cancel()
            if next_message.done():
                await stream.aclose()


def _event(message: StreamMessage) -> bytes:
    event_id = b"id: " + message.cursor.encode() + b"\n" if message.cursor else b""
    return event_id + b"event: next\ndata: " + orjson.dumps(message.body) + b"\n\n"
