"""GraphQL over a WebSocket: graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Browsers let any page open a WebSocket to any
site. No cookie is accepted here; pages of other origins are refused as well.
"""

import asyncio
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.cost.limits import BODY_BYTES
from api.reads.context import preferred_language
from api.transport import authentication
from api.transport.authentication import GraphQLRequest, RequestError, bearer_token
from api.transport.services import services_of
from api.transport.streams import Subscriber, messages
from edge.capacity import CapacityExceeded
from records.core import events
from records.core.errors import DatabaseUnavailable
from records.core.events import Event
from records.core.language import translate_message

PROTOCOL: Final = "graphql-transport-ws"

_INIT_SECONDS: Final = 10.0
# Per socket; a partner has a limit of its own across all of its sockets.
_MAX_SUBSCRIPTIONS: Final = 20


class _Close(Exception):
    """Closes the socket with a `code` and `reason` of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


_INVALID: Final = (4400, "Invalid message")
_FORBIDDEN: Final = (4403, "Forbidden")


async def graphql_socket(websocket: WebSocket) -> None:
    """The endpoint at /graphql for WebSockets."""
    with ExitStack() as slots:
        if refusal := _handshake_refusal(websocket, slots):
            await websocket.send_denial_response(refusal)
            return
        await websocket.accept(PROTOCOL)
        connection = _Connection(websocket, slots)
        try:
            await connection.serve()
        except _Close as error:
            await connection.close(error.code, error.reason)
        except DatabaseUnavailable as error:
            await connection.close(1013, f"{error.code}: try again later")
        except WebSocketDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - what a server would print of it holds texts of others
            events.log_exception(error)
            await connection.close(1011, "Internal error")
        finally:
            await connection.end()


def _handshake_refusal(websocket: WebSocket, slots: ExitStack) -> Response | None:
    """The response that refuses the handshake; None if it is accepted, with its slot held in `slots`."""
    origin = websocket.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != websocket.headers.get("host"):
        events.log(Event.REQUEST_REFUSED, reason="origin")
        return PlainTextResponse("This page belongs to another site.", 403)
    if PROTOCOL not in websocket.scope["subprotocols"]:
        return PlainTextResponse(f"Sec-WebSocket-Protocol: {PROTOCOL}", 400)
    try:
        authentication.check_rate_limit(websocket, None)
        slots.enter_context(
            services_of(websocket).streams.sockets.slot(authentication.rate_limit_key(websocket, None))
        )
    except RequestError as error:
        return PlainTextResponse("Too many requests.", error.status, dict(error.headers))
    except CapacityExceeded:
        return PlainTextResponse("Too many sockets are open.", 503)
    return None


class _Connection:
    """A socket with its caller and its running operations."""

    def __init__(self, websocket: WebSocket, slots: ExitStack) -> None:
        self._websocket, self._slots = websocket, slots
        self._subscriber: Subscriber | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Handles messages until the client disconnects. Raises `_Close` or `WebSocketDisconnect`."""
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                while self._subscriber is None:
                    await self._handle_message(await self._receive())
        except TimeoutError:
            raise _Close(4408, "Connection initialisation timeout") from None
        while True:
            await self._handle_message(await self._receive())

    async def close(self, code: int, reason: str) -> None:
        """Closes the socket unless it is closed already."""
        with suppress(RuntimeError, WebSocketDisconnect):
            await self._websocket.close(code, reason)

    async def end(self) -> None:
        """Cancels all running operations."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _receive(self) -> dict[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise _Close(*_INVALID)
        if len(text.encode()) > BODY_BYTES:
            raise _Close(1009, "Message too big")
        try:
            content = orjson.loads(text)
        except ValueError:
            raise _Close(*_INVALID) from None
        return content if isinstance(content, dict) else {}

    async def _handle_message(self, content: dict[str, Any]) -> None:
        match content:
            case {"type": "connection_init"}:
                await self._initialise(content.get("payload"))
            case {"type": "subscribe", "id": str(id_), "payload": dict(payload)} if id_:
                await self._subscribe(id_, payload)
            case {"type": "complete", "id": str(id_)}:
                if task := self._running.pop(id_, None):
                    task.cancel()
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case _:
                raise _Close(*_INVALID)

    async def _initialise(self, payload: Any) -> None:
        """Authenticates the caller by the payload, or else by the header of the handshake."""
        if self._subscriber is not None:
            raise _Close(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise _Close(*_INVALID)
        parameters = {
            name.lower(): value for name, value in (payload or {}).items() if isinstance(value, str)
        }
        headers = self._websocket.headers
        authorization = parameters.get("authorization", headers.get("authorization", ""))
        language = preferred_language(parameters.get("accept-language", headers.get("accept-language", "")))
        try:
            caller = await authentication.authenticate(self._websocket, authorization or None)
        except RequestError:
            raise _Close(*_FORBIDDEN) from None
        if caller is None:
            raise _Close(*_FORBIDDEN)
        try:
            # From now on the socket counts against the partner instead of the address.
            with self._slots.pop_all():
                slot = services_of(self._websocket).streams.sockets.slot
                self._slots.enter_context(slot(authentication.rate_limit_key(self._websocket, caller)))
        except CapacityExceeded:
            raise _Close(1013, "Too many sockets are open") from None
        self._subscriber = Subscriber(self._websocket, caller, bearer_token(authorization), language)
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, id_: str, payload: dict[str, Any]) -> None:
        subscriber = self._subscriber
        if subscriber is None:
            raise _Close(4401, "Unauthorized")
        if id_ in self._running:
            raise _Close(4409, "Subscriber already exists")
        try:
            graphql_request = authentication.parse_request(payload)
        except RequestError:
            raise _Close(*_INVALID) from None
        try:
            authentication.check_rate_limit(self._websocket, subscriber.caller)
            if len(self._running) >= _MAX_SUBSCRIPTIONS:
                raise CapacityExceeded
        except RequestError as error:
            await self._send({"id": id_, "type": "error", "payload": [error.error(subscriber.language)]})
        except CapacityExceeded as error:
            refusal = {
                "message": translate_message(subscriber.language, error.message),
                "extensions": {"code": error.code},
            }
            await self._send({"id": id_, "type": "error", "payload": [refusal]})
        else:
            self._running[id_] = asyncio.create_task(self._run_subscription(id_, subscriber, graphql_request))

    async def _run_subscription(
        self, id_: str, subscriber: Subscriber, graphql_request: GraphQLRequest
    ) -> None:
        """Sends the messages of one operation, each after the socket has accepted the one before."""
        with suppress(WebSocketDisconnect):
            async with aclosing(messages(subscriber, graphql_request)) as stream:
                async for message in stream:
                    if message.unauthorized:
                        await self.close(*_FORBIDDEN)
                        return
                    if message.failed:
                        # The client may reuse the id as soon as it receives the error.
                        self._running.pop(id_, None)
                        await self._send({"id": id_, "type": "error", "payload": message.body["errors"]})
                        return
                    await self._send({"id": id_, "type": "next", "payload": message.body})
                    # Sending to a lost connection never blocks: yield, so that the disconnect is noticed.
                    await asyncio.sleep(0)
            self._running.pop(id_, None)
            await self._send({"id": id_, "type": "complete"})

    async def _send(self, message: dict[str, Any]) -> None:
        """Sends a message. Raises `WebSocketDisconnect` if the socket is closed."""
        try:
            await self._websocket.send_text(orjson.dumps(message).decode())
        except RuntimeError:
            # The socket was closed meanwhile; servers differ in how they report it.
            raise WebSocketDisconnect(1006) from None
