"""OAuth 2.0 for partner systems: client credentials grant (RFC 6749, 4.4) and token revocation (RFC 7009).

A client is either a key (`client_id` is its prefix, `client_secret` its secret, in the Basic header or in the
form) or a partner that signs assertions under its own id (`private_key_jwt`, RFC 7523).
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.transport.authentication import rate_limit_key
from edge.services import services_of
from records.access import partners
from records.access.partners import Client, WrongClient
from records.core import events
from records.core.errors import DatabaseUnavailable, ValidationFailed
from records.core.events import Event
from records.security.throttling import TooManyAttempts

BODY_BYTES: Final = 16 * 1024
_MAX_FIELDS: Final = 20
_FORM: Final = "application/x-www-form-urlencoded"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Required by RFC 6749, 5.1, in addition to the no-store that every response has.
_HEADERS: Final = {"Pragma": "no-cache"}

_Fields = dict[str, str]
_Endpoint = Callable[[Request, _Fields], Awaitable[Response]]


class _Error(Exception):
    """An error response of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status


async def token(request: Request) -> Response:
    """POST /oauth/token: issues an access token to an authenticated client."""
    return await _respond(request, _token)


async def revoke(request: Request) -> Response:
    """POST /oauth/revoke: revokes an access token."""
    return await _respond(request, _revoke)


async def _token(request: Request, fields: _Fields) -> Response:
    client = await _authenticate_client(request, fields)
    grant_type = fields.get("grant_type")
    if grant_type is None:
        raise _Error("invalid_request", "grant_type is missing")
    if grant_type != "client_credentials":
        raise _Error("unsupported_grant_type", "grant_type is client_credentials here")
    try:
        granted = await partners.grant(client, fields["scope"].split() if "scope" in fields else None)
    except ValidationFailed:
        raise _Error("invalid_scope", "the partner lacks a scope that was asked for") from None
    return _json(
        {
            "access_token": granted.token,
            "token_type": "Bearer",
            "expires_in": int(partners.TOKEN_LIFE.total_seconds()),
            "scope": " ".join(granted.scopes),
        }
    )


async def _revoke(request: Request, fields: _Fields) -> Response:
    client = await _authenticate_client(request, fields)
    if "token" not in fields:
        raise _Error("invalid_request", "token is missing")
    try:
        await partners.revoke_token(client, fields["token"])
    except WrongClient:
        raise _Error("invalid_grant", "the token was given to another client") from None
    return Response(status_code=200, headers=_HEADERS)


async def _authenticate_client(request: Request, fields: _Fields) -> Client:
    """The client, authenticated by exactly one method. Raises `_Error`."""
    header = request.headers.get("authorization")
    methods = [header is not None, "client_secret" in fields, "client_assertion" in fields]
    if sum(methods) > 1:
        raise _Error("invalid_request", "more than one way of authentication")
    client_id = fields.get("client_id", "")
    client, address = None, request.client.host if request.client else ""
    if header is not None:
        basic_id, secret = _parse_basic_credentials(header)
        if client_id in {"", basic_id}:
            client = await partners.authenticate_by_secret(basic_id, secret, address=address)
    elif "client_secret" in fields:
        client = await partners.authenticate_by_secret(client_id, fields["client_secret"], address=address)
    elif fields.get("client_assertion_type") == _ASSERTION and "client_assertion" in fields:
        # The audience is the token endpoint at both endpoints. It comes from the settings: with the host of
        # the request, an assertion made for another service would be accepted here.
        endpoint = f"{services_of(request).settings.address}/oauth/token"
        client = await partners.authenticate_by_assertion(
            fields["client_assertion"], endpoint, address=address
        )
        if client is not None and client_id not in {"", str(client.partner.id)}:
            client = None
    if client is None:
        events.log(Event.PARTNER_REFUSED, by="assertion" if "client_assertion" in fields else "secret")
        raise _Error("invalid_client", "client authentication failed", 401)
    return client


def _parse_basic_credentials(header: str) -> tuple[str, str]:
    """The id and the secret in a Basic header, each form-encoded (RFC 6749, 2.3.1). Raises `_Error`."""
    scheme, _space, encoded = header.partition(" ")
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
    except ValueError:
        colon = client_id = secret = ""
    if scheme.lower() != "basic" or not colon:
        raise _Error("invalid_client", "client authentication failed", 401)
    return unquote_plus(client_id), unquote_plus(secret)


async def _read_form(request: Request) -> _Fields:
    """The form; an empty field is treated as omitted (RFC 6749, 3.2). Raises `_Error`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Error("invalid_request", f"please send {_FORM}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise _Error("invalid_request", "the request is too large", 413)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise _Error("invalid_request", f"please send {_FORM}") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Error("invalid_request", "a parameter stands there twice")
    return {name: value for name, value in pairs if value}


async def _respond(request: Request, endpoint: _Endpoint) -> Response:
    try:
        if wait := services_of(request).pace.seconds_to_wait(rate_limit_key(request, None)):
            response = _json(
                {"error": "temporarily_unavailable", "error_description": "too many requests"}, 429
            )
            response.headers["Retry-After"] = str(wait)
            return response
        return await endpoint(request, await _read_form(request))
    except _Error as error:
        response = _json({"error": error.code, "error_description": error.description}, error.status)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="ketnoi"'
        return response
    except (HTTPException, ClientDisconnect):
        raise
    except TooManyAttempts:
        # RFC 6749 has no code for this at the token endpoint; elsewhere in it this one says "not now".
        text = "too many attempts with wrong credentials"
        return _json({"error": "temporarily_unavailable", "error_description": text}, 429)
    except DatabaseUnavailable as error:
        text = "the service cannot reach its records at the moment"
        response = _json({"error": "temporarily_unavailable", "error_description": text}, 503)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except Exception as error:  # noqa: BLE001 - a fault of ours gets an answer too; what it says stays inside
        events.log_exception(error)
        return _json({"error": "server_error"}, 500)


def _json(body: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {**_HEADERS}, "application/json")
