"""GraphQL over HTTP: who calls, in which language, what came in, and the answer that the specification wants.

https://graphql.github.io/graphql-over-http/draft/. A key comes in a header and never in a cookie, so that no
other site can act for a caller.
"""

import asyncio
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

from api import documents, limits
from api.context import Context, language_of
from api.errors import INTERNAL, LacksScope, formatted, original
from api.reads.snapshot import Snapshot
from api.request import (
    GRAPHQL_JSON,
    Asked,
    HttpRefused,
    asked,
    cost_only,
    media_type_of,
    wants_page,
)
from api.schema import schema
from records import partners
from records.core import events
from records.core.actor import Actor
from records.core.events import Event
from records.core.language import _, say, translate

_PAGE: Final = (Path(__file__).parent / "graphiql.html").read_text(encoding="utf-8")
_OPERATIONS: Final = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
_HEADERS: Final = {"Vary": "Accept, Accept-Language, Authorization"}


async def graphql(request: Request) -> Response:
    """The endpoint at /graphql: GraphiQL for a browser's GET, else a GraphQL answer."""
    if wants_page(request):
        return HTMLResponse(_PAGE, headers=_HEADERS)
    accepted = media_type_of(request)
    language = language_of(request.headers.get("accept-language", ""))
    request_id = events.request_id()
    headers: Mapping[str, str] = {}
    paid: Mapping[str, str] = {}
    document = documents.Document()
    try:
        caller = await _caller(request)
        _keep_pace(request, caller)
        sent = await asked(request)
        automatic = request.app.state.automatic_documents
        document = documents.asked_for(sent.query, sent.document_id, sent.extensions)
        document = await documents.find(document, caller, automatic)
        async with Snapshot(request.app.state.reader) as snapshot:
            context = Context(caller, language, request_id, snapshot, cost_only=cost_only(request))
            result = await _executed(request, replace(sent, query=document.text), context)
            documents.keep(document, caller, result, automatic)
            status, headers, body = _told(result, context, accepted)
            if context.charge is not None:
                paid = context.charge.headers()
                if not documents.tagged(request, document):
                    body["extensions"] = {"cost": context.charge.told()}
    except HttpRefused as refused:
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
    if "errors" not in body:
        answer = documents.answered(request, document, answer)
    # What remains of the budget stands beside the answer, and never in what is tagged.
    answer.headers.update(paid)
    return answer


async def _caller(request: Request) -> Actor | None:
    """Who calls; None without a key or token. Raises `HttpRefused` for a wrong, expired or revoked one."""
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
        raise HttpRefused(401, "UNAUTHENTICATED", _("This key is not valid."), challenge)
    partners.count_request(actor)
    return actor


def _keep_pace(request: Request, caller: Actor | None) -> None:
    """Raises `HttpRefused` for a partner, or without one an address, that calls too often."""
    address = request.client.host if request.client else ""
    if wait := request.app.state.pace.wait(str(caller.id) if caller else f"address:{address}"):
        text = _("Too many requests. Wait as long as Retry-After says.")
        raise HttpRefused(429, "TOO_MANY_REQUESTS", text, {"Retry-After": str(wait)})


async def _executed(request: Request, sent: Asked, context: Context) -> ExecutionResult:
    """The result of the operation. Raises `HttpRefused` where there is none to run."""
    try:
        async with asyncio.timeout(limits.SECONDS):
            return await schema.execute(
                sent.query,
                variable_values=sent.variables,
                operation_name=sent.operation_name,
                context_value=context,
                allowed_operation_types=_OPERATIONS.get(request.method, _OPERATIONS["GET"]),
            )
    except TimeoutError:
        events.log(Event.REQUEST_REFUSED, reason="time", actor=context.caller.id if context.caller else None)
        raise HttpRefused(503, "QUERY_TOO_SLOW", _("This took too long. Ask for less at a time.")) from None
    except MissingQueryError:
        raise HttpRefused(400, "BAD_REQUEST", _("The request holds no query.")) from None
    except CannotGetOperationTypeError:
        raise HttpRefused(400, "BAD_REQUEST", _("There is no operation of that name.")) from None
    except InvalidOperationTypeError:
        raise HttpRefused(405, "BAD_REQUEST", _("Please send changes by POST."), {"Allow": "POST"}) from None


def _told(
    result: ExecutionResult, context: Context, media_type: str
) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The status, the headers and the body of an answer."""
    errors = [formatted(error, context.language, context.request_id) for error in result.errors or ()]
    for error in map(original, result.errors or ()):
        if isinstance(error, LacksScope):
            actor = context.caller.id if context.caller else None
            events.log(Event.SCOPE_DENIED, actor=actor, field=error.field)
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
