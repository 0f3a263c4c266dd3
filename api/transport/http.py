"""GraphQL over HTTP: in which language, what came in, and the answer that the specification wants.

https://graphql.github.io/graphql-over-http/draft/. A key comes in a header and never in a cookie, so that no
other site can act for a caller.
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
from api.errors import INTERNAL, unavailable
from api.reads.context import language_of
from api.transport import callers, sse
from api.transport.callers import Asked, Unfit
from api.transport.execution import Executed, execute
from api.transport.services import services_of
from api.transport.sse import EVENT_STREAM
from edge.weights import weights
from records.core import events
from records.core.errors import Unavailable
from records.core.language import _, say, translate

HTML: Final = "text/html"
JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"

# With one of these a GET is a query, whoever asks.
_QUERIES: Final = {"query", "documentId", "extensions"}
_PAGE: Final = (Path(__file__).parent / "graphiql.html").read_text(encoding="utf-8")
_ASSET: Final = re.compile(r"/static/[\w./-]+")
_HEADERS: Final = {"Vary": "Accept, Accept-Language, Authorization"}


async def graphql(request: Request) -> Response:
    """The endpoint at /graphql: GraphiQL for a browser's GET, else a GraphQL answer."""
    accepted = _accepted(request)
    if accepted == HTML:
        asset = services_of(request).assets.address
        return HTMLResponse(_ASSET.sub(lambda found: asset(found[0]), _PAGE), headers=_HEADERS)
    language = language_of(request.headers.get("accept-language", ""))
    request_id = events.request_id()
    headers: Mapping[str, str] = {}
    executed: Executed | None = None
    try:
        caller = await callers.caller(request, request.headers.get("authorization"))
        callers.keep_pace(request, caller)
        asked = await _asked(request)
        if accepted == EVENT_STREAM and request.method != "HEAD":
            return sse.answer(request, caller, language, asked, _HEADERS)
        executed = await execute(request, caller, language, request_id, asked)
        status, headers, body = executed.status, executed.headers, executed.body
        if status == 400 and accepted != GRAPHQL_JSON:
            # Only with the specification's own media type does the status show that nothing was run.
            status = 200
    except Unfit as error:
        status, headers = error.status, error.headers
        body = {"errors": [error.error(language)]}
    except persisted.NotRun as error:
        status, headers = error.status, error.headers
        body = _error(say(language, error.message), code=error.code)
    except Unavailable as error:
        status, headers = 503, {"Retry-After": str(error.retry_after)}
        body = {"errors": [unavailable(error, language)]}
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours gets an answer too; what it says stays inside
        events.unexpected(error)
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
    if executed and "errors" not in body:
        answer = persisted.answered(request, executed.document, answer)
    if executed:
        # What remains of the budget stands beside the answer, and never in what is tagged.
        answer.headers.update(executed.paid)
    return answer


async def _asked(request: Request) -> Asked:
    """What the request holds. Raises `Unfit`."""
    if request.method == "POST":
        media_type, _semicolon, parameters = request.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
        if media_type.strip().lower() != JSON or (charset and charset[1] not in {"utf-8", "utf8"}):
            raise Unfit(415, "BAD_REQUEST", _("Send JSON: Content-Type: application/json."))
        sent = _json(await _body(request))
    else:
        sent = dict(request.query_params)
        for name in ("variables", "extensions"):
            if sent.get(name):
                sent[name] = _json(sent[name])
    return callers.asked(sent)


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


def _error(message: str, **extensions: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _accepted(request: Request) -> str:
    """The media type of ours that the caller likes best, of several the first that it names; else JSON."""
    ranges = weights(",".join(request.headers.getlist("accept")))
    order = list(ranges)

    def liked(offer: str) -> tuple[float, int]:
        kinds = (offer, f"{offer.partition('/')[0]}/*", "*/*")
        named = next((kind for kind in kinds if kind in ranges), None)
        return (ranges[named], -order.index(named)) if named else (0, 0)

    # A stream is for those who name it: a program that takes anything expects one answer.
    offers = [JSON, GRAPHQL_JSON, *([EVENT_STREAM] if EVENT_STREAM in ranges else [])]
    if request.method in {"GET", "HEAD"} and not _QUERIES & set(request.query_params):
        offers.append(HTML)
    best = max(offers, key=liked)
    return best if liked(best)[0] > 0 else JSON
