"""GraphQL over HTTP: content negotiation, request parsing and the response format of the specification.

https://graphql.github.io/graphql-over-http/draft/. A key is accepted in a header and never in a cookie,
so that no other site can act for a caller.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from api.cost import limits
from api.documents import persisted
from api.errors import INTERNAL, unavailable_error
from api.reads.context import preferred_language
from api.transport import authentication, sse
from api.transport.authentication import GraphQLRequest, RequestError
from api.transport.execution import GraphQLResponse, execute
from api.transport.services import services_of
from api.transport.sse import EVENT_STREAM
from edge.quality_values import parse_quality_values
from records.core import events
from records.core.errors import DatabaseUnavailable
from records.core.language import _, translate, translate_message

HTML: Final = "text/html"
JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"

# A GET with one of these parameters is a query, whatever media type it accepts.
_QUERIES: Final = {"query", "documentId", "extensions"}
_PAGE: Final = (Path(__file__).parent / "graphiql.html").read_text(encoding="utf-8")
_ASSET: Final = re.compile(r"/static/[\w./-]+")
_HEADERS: Final = {"Vary": "Accept, Accept-Language, Authorization"}


async def graphql(request: Request) -> Response:
    """The endpoint at /graphql: GraphiQL for a browser's GET, otherwise a GraphQL response."""
    accepted = _accepted_media_type(request)
    if accepted == HTML:
        asset = services_of(request).assets.address
        return HTMLResponse(_ASSET.sub(lambda match: asset(match[0]), _PAGE), headers=_HEADERS)
    language = preferred_language(request.headers.get("accept-language", ""))
    request_id = events.request_id()
    headers: Mapping[str, str] = {}
    graphql_response: GraphQLResponse | None = None
    try:
        caller = await authentication.authenticate(request, request.headers.get("authorization"))
        authentication.check_rate_limit(request, caller)
        graphql_request = await _read_request(request)
        if accepted == EVENT_STREAM and request.method != "HEAD":
            return sse.stream_response(request, caller, language, graphql_request, _HEADERS)
        graphql_response = await execute(request, caller, language, request_id, graphql_request)
        status, headers, body = graphql_response.status, graphql_response.headers, graphql_response.body
        if status == 400 and accepted != GRAPHQL_JSON:
            # Only the specification's own media type allows a status other than 200 for a failed request.
            status = 200
    except RequestError as error:
        status, headers = error.status, error.headers
        body = {"errors": [error.error(language)]}
    except persisted.DocumentError as error:
        status, headers = error.status, error.headers
        body = _error(translate_message(language, error.message), code=error.code)
    except DatabaseUnavailable as error:
        status, headers = 503, {"Retry-After": str(error.retry_after)}
        body = {"errors": [unavailable_error(error, language)]}
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours gets an answer too; what it says stays inside
        events.log_exception(error)
        status, body = (
            500,
            _error(translate(language, _("Internal error")), code=INTERNAL, requestId=request_id),
        )
    language_headers = {"Content-Language": language.value}
    response = Response(
        orjson.dumps(body),
        status_code=status,
        headers={**_HEADERS, **language_headers, **headers},
        media_type=f"{JSON if accepted == EVENT_STREAM else accepted}; charset=utf-8",
    )
    if graphql_response and "errors" not in body:
        response = persisted.conditional_response(request, graphql_response.document, response)
    if graphql_response:
        # In headers only: a body with an entity tag must not depend on the budget.
        response.headers.update(graphql_response.budget_headers)
    return response


async def _read_request(request: Request) -> GraphQLRequest:
    """The GraphQL request in the body or the query string. Raises `RequestError`."""
    if request.method == "POST":
        media_type, _semicolon, parameters = request.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
        if media_type.strip().lower() != JSON or (charset and charset[1] not in {"utf-8", "utf8"}):
            raise RequestError(415, "BAD_REQUEST", _("Send JSON: Content-Type: application/json."))
        payload = _json(await _body(request))
    else:
        payload = dict(request.query_params)
        for name in ("variables", "extensions"):
            if payload.get(name):
                payload[name] = _json(payload[name])
    return authentication.parse_request(payload)


async def _body(request: Request) -> bytes:
    """The body. Raises `RequestError` as soon as it exceeds the limit."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > limits.BODY_BYTES:
            raise RequestError(413, "QUERY_TOO_LARGE", _("The request is too large."))
    return bytes(read)


def _json(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise RequestError(400, "BAD_REQUEST", _("The request is not valid JSON.")) from None


def _error(message: str, **extensions: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _accepted_media_type(request: Request) -> str:
    """The supported media type that the caller prefers, the first named among equals; JSON by default."""
    ranges = parse_quality_values(",".join(request.headers.getlist("accept")))
    order = list(ranges)

    def preference(candidate: str) -> tuple[float, int]:
        kinds = (candidate, f"{candidate.partition('/')[0]}/*", "*/*")
        matching = next((kind for kind in kinds if kind in ranges), None)
        return (ranges[matching], -order.index(matching)) if matching else (0, 0)

    # An event stream only if it is named: a client that accepts anything expects a single response.
    candidates = [JSON, GRAPHQL_JSON, *([EVENT_STREAM] if EVENT_STREAM in ranges else [])]
    if request.method in {"GET", "HEAD"} and not _QUERIES & set(request.query_params):
        candidates.append(HTML)
    best = max(candidates, key=preference)
    return best if preference(best)[0] > 0 else JSON
