"""Authentication, rate limiting and parsing of GraphQL requests, over HTTP and WebSocket alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from edge.services import services_of
from records.access import partners
from records.core import events
from records.core.actor import Actor
from records.core.events import Event
from records.core.language import Language, _, translate
from records.security.addresses import client_source


class RequestError(Exception):
    """The request is refused before GraphQL execution starts."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.headers = status, code, text, headers or {}

    def error(self, language: Language) -> dict[str, Any]:
        """The GraphQL error object."""
        wait = self.headers.get("Retry-After")
        retry = {"retryAfter": int(wait)} if wait else {}
        return {"message": translate(language, self.text), "extensions": {"code": self.code, **retry}}


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of a GraphQL request."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None
    extensions: dict[str, Any]


async def authenticate(connection: HTTPConnection, authorization: str | None) -> Actor | None:
    """The caller; None without a key or token. Raises `RequestError` for an invalid one."""
    if authorization is None:
        return None
    bearer = bearer_token(authorization)
    actor = await partners.authenticate_bearer(bearer) if bearer else None
    if actor is None:
        check_rate_limit(connection, None)
        events.log(Event.PARTNER_REFUSED, by="key")
        challenge = {"WWW-Authenticate": 'Bearer realm="ketnoi", error="invalid_token"'}
        raise RequestError(401, "UNAUTHENTICATED", _("This key is not valid."), challenge)
    return actor


def bearer_token(authorization: str) -> str:
    """The key or token in an Authorization header; empty where there is none."""
    scheme, _space, bearer = authorization.partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" and bearer.isascii() else ""


def rate_limit_key(connection: HTTPConnection, caller: Actor | None) -> str:
    """The key under which a connection is counted: the partner, or the client address if there is none."""
    if caller is not None:
        return str(caller.id)
    return f"address:{client_source(connection.client.host if connection.client else '')}"


def check_rate_limit(connection: HTTPConnection, caller: Actor | None) -> None:
    """Counts a request. Raises `RequestError` if the partner, or the anonymous address, exceeds its rate."""
    if caller is not None:
        partners.count_request(caller)
    if wait := services_of(connection).pace.seconds_to_wait(rate_limit_key(connection, caller)):
        text = _("Too many requests. Wait as long as Retry-After says.")
        raise RequestError(429, "TOO_MANY_REQUESTS", text, {"Retry-After": str(wait)})


def parse_request(payload: Any) -> GraphQLRequest:
    """The GraphQL request in `payload`. Raises `RequestError` if it is malformed."""
    if not isinstance(payload, dict):
        raise RequestError(400, "BAD_REQUEST", _("Send one JSON object with the query."))
    expected_types: dict[str, type] = {
        "query": str,
        "operationName": str,
        "variables": dict,
        "extensions": dict,
    }
    expected_types["documentId"] = str
    for name, type_ in expected_types.items():
        if payload.get(name) is not None and not isinstance(payload[name], type_) and payload[name] != "":
            raise RequestError(400, "BAD_REQUEST", _("Part of the request has the wrong type."))
    return GraphQLRequest(
        payload.get("query"),
        payload.get("variables") or None,
        payload.get("operationName") or None,
        payload.get("documentId") or None,
        payload.get("extensions") or {},
    )
