"""GraphQL over HTTP: who calls, in which language, what came in, and the answer that the specification wants.

https://graphql.github.io/graphql-over-http/draft/. A key comes in a header and never in a cookie, so that no
other site can act for a caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
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

from api import deprecation, documents
from api.context import Context, language_of
from api.contract import Face
from api.errors import INTERNAL, LacksScope, formatted, original
from api.limits import BODY_BYTES
from api.reads.snapshot import Snapshot
from records import partners
from records.core import events
from records.core.actor import Actor
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


class _Refused(Exception):
    """The request is refused before any GraphQL is looked at."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.headers = status, code, text, headers or {}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a GraphQL request holds."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None
    extensions: dict[str, Any]


async def graphql(request: Request) -> Response:
    """The endpoint at /graphql: GraphiQL for a browser's GET, else a GraphQL answer."""
    if _wants_page(request):
        return HTMLResponse(_PAGE, headers=_HEADERS)
    accepted = _accepted(request.headers.get("accept", ""))
    language = language_of(request.headers.get("accept-language", ""))
    request_id = events.request_id()
    headers: Mapping[str, str] = {}
    document = documents.Document()
    try:
        caller = await _caller(request)
        _keep_pace(request, caller)
        asked = await _asked(request)
        automatic = request.app.state.automatic_documents
        document = documents.asked_for(asked.query, asked.document_id, asked.extensions)
        document = await documents.find(document, caller, automatic)
        async with Snapshot(request.app.state.reader) as snapshot:
            context = Context(caller, language, request_id, snapshot)
            result = await _executed(request, replace(asked, query=document.text), context)
            documents.keep(document, caller, result, automatic)
            status, body = _told(result, context, accepted)
        if context.deprecated:
            partners.count_deprecated(caller, context.deprecated)
            headers = deprecation.headers(context.deprecated)
            body["extensions"] = {"deprecations": deprecation.told(context.deprecated)}
    except _Refused as refused:
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
        media_type=f"{accepted}; charset=utf-8",
    )
    return answer if "errors" in body else documents.answered(request, document, answer)


async def _caller(request: Request) -> Actor | None:
    """Who calls; None without a key or token. Raises `_Refused` for one that is wrong, expired or revoked."""
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _space, bearer = given.partition(" ")
    known = scheme.lower() == "bearer" and bearer.isascii()
    actor = await partners.actor_of(bearer.strip()) if known else None
    if actor is None:
        _keep_pace(request, None)
        events.log(Event.PARTNER_REFUSED, by="key")
        challenge = {"WWW-Authenticate": 'Bearer realm="ketnoi", error="invalid_token"'}
        raise _Refused(401, "UNAUTHENTICATED", _("This key is not valid."), challenge)
    partners.count_request(actor)
    return actor


def _keep_pace(request: Request, caller: Actor | None) -> None:
    """Raises `_Refused` for a partner, or without one an address, that calls too often."""
    address = request.client.host if request.client else ""
    if wait := request.app.state.pace.wait(str(caller.id) if caller else f"address:{address}"):
        text = _("Too many requests. Wait as long as Retry-After says.")
        raise _Refused(429, "TOO_MANY_REQUESTS", text, {"Retry-After": str(wait)})


async def _asked(request: Request) -> _Asked:
    """What the request holds. Raises `_Refused`."""
    if request.method == "POST":
        media_type, _semicolon, parameters = request.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
        if media_type.strip().lower() != JSON or (charset and charset[1] not in {"utf-8", "utf8"}):
            raise _Refused(415, "BAD_REQUEST", _("Please send JSON: Content-Type: application/json."))
        sent = _json(await _body(request))
    else:
        sent = dict(request.query_params)
        for name in ("variables", "extensions"):
            if sent.get(name):
                sent[name] = _json(sent[name])
    if not isinstance(sent, dict):
        raise _Refused(400, "BAD_REQUEST", _("Please send one JSON object with the query."))
    wanted: dict[str, type] = {"query": str, "operationName": str, "variables": dict, "extensions": dict}
    wanted["documentId"] = str
    for name, type_ in wanted.items():
        if sent.get(name) is not None and not isinstance(sent[name], type_) and sent[name] != "":
            raise _Refused(400, "BAD_REQUEST", _("A part of the request is of the wrong type."))
    return _Asked(
        sent.get("query"),
        sent.get("variables") or None,
        sent.get("operationName") or None,
        sent.get("documentId") or None,
        sent.get("extensions") or {},
    )


async def _body(request: Request) -> bytes:
    """The body, read no further than its limit. Raises `_Refused`."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BODY_BYTES:
            raise _Refused(413, "QUERY_TOO_LARGE", _("The request is too large."))
    return bytes(read)


def _json(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise _Refused(400, "BAD_REQUEST", _("The request is not valid JSON.")) from None


async def _executed(request: Request, asked: _Asked, context: Context) -> ExecutionResult:
    """The result of the operation. Raises `_Refused` where there is none to run."""
    face: Face = request.app.state.contract.asked(request)
    try:
        return await face.schema.execute(
            asked.query,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=context,
            allowed_operation_types=_OPERATIONS.get(request.method, _OPERATIONS["GET"]),
        )
    except MissingQueryError:
        raise _Refused(400, "BAD_REQUEST", _("The request holds no query.")) from None
    except CannotGetOperationTypeError:
        raise _Refused(400, "BAD_REQUEST", _("There is no operation of that name.")) from None
    except InvalidOperationTypeError:
        raise _Refused(405, "BAD_REQUEST", _("Please send changes by POST."), {"Allow": "POST"}) from None


def _told(result: ExecutionResult, context: Context, media_type: str) -> tuple[int, dict[str, Any]]:
    """The status and the body of an answer."""
    errors = [formatted(error, context.language, context.request_id) for error in result.errors or ()]
    for error in map(original, result.errors or ()):
        if isinstance(error, LacksScope):
            actor = context.caller.id if context.caller else None
            events.log(Event.SCOPE_DENIED, actor=actor, field=error.field)
    if not errors:
        return 200, {"data": result.data}
    if result.data is None and all("path" not in error for error in errors):
        # Nothing was run: with the specification's own media type that shows in the status too.
        return 400 if media_type == GRAPHQL_JSON else 200, {"errors": errors}
    return 200, {"errors": errors, "data": result.data}


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
    return next((name for name in named if name in {GRAPHQL_JSON, JSON}), JSON)
