"""What a GraphQL request holds, read from HTTP no further than its limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request

from api.limits import BODY_BYTES
from records.core.language import _

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"

_WANTED: Final[Mapping[str, type]] = {
    "query": str,
    "operationName": str,
    "documentId": str,
    "variables": dict,
    "extensions": dict,
}


class HttpRefused(Exception):
    """The request is refused before any GraphQL is looked at."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.headers = status, code, text, headers or {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a GraphQL request holds."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None
    extensions: dict[str, Any]


async def asked(request: Request) -> Asked:
    """What the request holds. Raises `HttpRefused`."""
    if request.method == "POST":
        media_type, _semicolon, parameters = request.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
        if media_type.strip().lower() != JSON or (charset and charset[1] not in {"utf-8", "utf8"}):
            raise HttpRefused(415, "BAD_REQUEST", _("Please send JSON: Content-Type: application/json."))
        sent = _json(await _body(request))
    else:
        sent = dict(request.query_params)
        for name in ("variables", "extensions"):
            if sent.get(name):
                sent[name] = _json(sent[name])
    if not isinstance(sent, dict):
        raise HttpRefused(400, "BAD_REQUEST", _("Please send one JSON object with the query."))
    for name, type_ in _WANTED.items():
        if sent.get(name) is not None and not isinstance(sent[name], type_) and sent[name] != "":
            raise HttpRefused(400, "BAD_REQUEST", _("A part of the request is of the wrong type."))
    return Asked(
        sent.get("query"),
        sent.get("variables") or None,
        sent.get("operationName") or None,
        sent.get("documentId") or None,
        sent.get("extensions") or {},
    )


async def _body(request: Request) -> bytes:
    """The body, read no further than its limit. Raises `HttpRefused`."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BODY_BYTES:
            raise HttpRefused(413, "QUERY_TOO_LARGE", _("The request is too large."))
    return bytes(read)


def _json(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise HttpRefused(400, "BAD_REQUEST", _("The request is not valid JSON.")) from None


def wants_page(request: Request) -> bool:
    """Whether a browser asks for GraphiQL."""
    return (
        request.method in {"GET", "HEAD"}
        and not {"query", "documentId", "extensions"} & set(request.query_params)
        and "text/html" in request.headers.get("accept", "")
    )


def media_type_of(request: Request) -> str:
    """The media type of the answer: the one of ours that comes first in the Accept header."""
    accept = request.headers.get("accept", "")
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((name for name in named if name in {GRAPHQL_JSON, JSON}), JSON)


def cost_only(request: Request) -> bool:
    """Whether the caller wants to know what the request costs, and not its answer."""
    return request.headers.get("ketnoi-cost", "").strip().lower() == "only"
