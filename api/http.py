"""GraphQL over HTTP: in which language, what came in, and the answer that the specification wants.

https://graphql.github.io/graphql-over-http/draft/. A key comes in a header and never in a cookie, so that no
other site can act for a caller.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api import calling, deprecation, documents, event_stream, limits
from api.budget import cost_only
from api.calling import Asked, Unfit
from api.context import Context, language_of
from api.contract import Face
from api.errors import INTERNAL, original, told
from api.event_stream import EVENT_STREAM
from api.reads.snapshot import Snapshot
from records import partners
from records.core import events
from records.core.events import Event
from records.core.language import _, say, translate

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"

_PAGE: Final = (Path(__file__).parent / "graphiql.html").read_text(encoding="utf-8")
_OPERATIONS: Final = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
_HEADERS: Final = {"Vary": "Accept, Accept-Language, Authorization"}


async def graphql(request: Request) -> Response:
    """The endpoint at /graphql: GraphiQL for a browser's GET, else a GraphQL answer."""
    if _wants_page(request):
        return HTMLResponse(_PAGE, headers=_HEADERS)
    accepted = _accepted(request.headers.get("accept", ""))
    language = language_of(request.headers.get("accept-language", ""))
    request_id = events.request_id()
    headers: Mapping[str, str] = {}
    paid: Mapping[str, str] = {}
    document = documents.Document()
    try:
        caller = await calling.caller(request, request.headers.get("authorization"))
        calling.keep_pace(request, caller)
        asked = await _asked(request)
        if accepted == EVENT_STREAM and request.method != "HEAD":
            return event_stream.answer(request, caller, language, asked, _HEADERS)
        automatic = request.app.state.automatic_documents
        document = documents.asked_for(asked.query, asked.document_id, asked.extensions)
        document = await documents.find(document, caller, automatic)
        async with Snapshot(request.app.state.reader) as snapshot:
            context = Context(caller, language, request_id, snapshot, cost_only=cost_only(request))
            result = await _executed(request, replace(asked, query=document.text), context)
            documents.keep(document, caller, result, automatic)
            status, headers, body = _told(result, context, accepted)
            extensions: dict[str, Any] = {}
            if context.charge is not None:
                paid = context.charge.headers()
                if not documents.tagged(request, document):
                    extensions["cost"] = context.charge.told()
            if context.deprecated:
                partners.count_deprecated(caller, context.deprecated)
                headers = {**headers, **deprecation.headers(context.deprecated)}
                extensions["deprecations"] = deprecation.told(context.deprecated)
            if extensions:
                body["extensions"] = extensions
    except Unfit as refused:
        status, headers = refused.status, refused.headers
        body = _error(translate(language, refused.text), code=refused.code)
    except documents.NotRun as refused:
        status, headers = refused.status, refused.headers
        body = _error(say(language, refused.message), code=refused.code)
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as fault:  # noqa: BLE001 - a fault of ours gets an answer too; what it says stays inside
        events.unexpected(fault)
        status, body = (
            500,
            _error(translate(language, _("Internal error")), code=INTERNAL, requestId=request_id),
        )
    known = {"Content-Language": language.value}
    answer = Response(
        orjson.dumps(body),
        status_code=status,
        headers={**_HEADERS, **known, **headers},
        media_type=f"{JSON if accepted == EVENT_STREAM else accepted}; charset=utf-8",
    )
    if "errors" not in body:
        answer = documents.answered(request, document, answer)
    # What remains of the budget stands beside the answer, and never in what is tagged.
    answer.headers.update(paid)
    return answer


async def _asked(request: Request) -> Asked:
    """What the request holds. Raises `Unfit`."""
    if request.method == "POST":
        media_type, _semicolon, parameters = request.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
        if media_type.strip().lower() != JSON or (charset and charset[1] not in {"utf-8", "utf8"}):
            raise Unfit(415, "BAD_REQUEST", _("Please send JSON: Content-Type: application/json."))
        sent = _json(await _body(request))
    else:
        sent = dict(request.query_params)
        for name in ("variables", "extensions"):
            if sent.get(name):
                sent[name] = _json(sent[name])
    return calling.asked(sent)


async def _body(request: Request) -> bytes:
    """The body, read no further than its limit. Raises `Unfit`."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > limits.BODY_BYTES:
            raise Unfit(413, "QUERY_TOO_LARGE", _("The request is too large."))
    return bytes(read)


def _json(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise Unfit(400, "BAD_REQUEST", _("The request is not valid JSON.")) from None


async def _executed(request: Request, asked: Asked, context: Context) -> ExecutionResult:
    """The result of the operation. Raises `Unfit` where there is none to run."""
    face: Face = request.app.state.contract.asked(request)
    try:
        async with asyncio.timeout(limits.SECONDS):
            return await face.schema.execute(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
                allowed_operation_types=_OPERATIONS.get(request.method, _OPERATIONS["GET"]),
            )
    except TimeoutError:
        events.log(Event.REQUEST_REFUSED, reason="time", actor=context.caller.id if context.caller else None)
        raise Unfit(503, "QUERY_TOO_SLOW", _("This took too long. Ask for less at a time.")) from None
    except MissingQueryError:
        raise Unfit(400, "BAD_REQUEST", _("The request holds no query.")) from None
    except CannotGetOperationTypeError:
        raise Unfit(400, "BAD_REQUEST", _("There is no operation of that name.")) from None
    except InvalidOperationTypeError as wrong:
        if wrong.operation_type is OperationType.SUBSCRIPTION:
            text = _("Subscriptions need a WebSocket, or Accept: text/event-stream.")
            raise Unfit(406, "BAD_REQUEST", text) from None
        raise Unfit(405, "BAD_REQUEST", _("Please send changes by POST."), {"Allow": "POST"}) from None


def _told(
    result: ExecutionResult, context: Context, media_type: str
) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The status, the headers and the body of an answer."""
    errors = told(result.errors or (), context.caller, context.language, context.request_id)
    for error in map(original, result.errors or ()):
        if isinstance(error, partners.Spent):
            return 429, {"Retry-After": str(error.wait)}, {"errors": errors}
    if not errors:
        return 200, {}, {"data": result.data}
    if result.data is None and all("path" not in error for error in errors):
        # Nothing was run: with the specification's own media type that shows in the status too.
        return 400 if media_type == GRAPHQL_JSON else 200, {}, {"errors": errors}
    return 200, {}, {"errors": errors, "data": result.data}


def _error(message: str, **extensions: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _wants_page(request: Request) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and not {"query", "documentId", "extensions"} & set(request.query_params)
        and "text/html" in request.headers.get("accept", "")
    )


def _accepted(accept: str) -> str:
    """The media type of the answer: the one of ours that comes first in the Accept header."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((name for name in named if name in {GRAPHQL_JSON, JSON, EVENT_STREAM}), JSON)
