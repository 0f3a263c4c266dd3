"""Metadata for clients: well-known URIs (RFC 8615) and the text of the schema."""

from datetime import timedelta
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.transport.services import services_of
from edge.entity_tags import matches_etag
from records.access import partners
from records.core.actor import Scope
from records.core.dates import today

# RFC 9116 recommends less than a year.
_CONTACT_VALIDITY: Final = timedelta(days=180)


async def schema(request: Request) -> Response:
    """The text of the schema at /schema.graphql; 304 if the client has it already."""
    view = services_of(request).contract.view_for(request)
    if matches_etag(request.headers.get("if-none-match", ""), view.tag):
        return Response(status_code=304, headers={"ETag": view.tag})
    return PlainTextResponse(view.text, headers={"ETag": view.tag})


async def authorization_server(request: Request) -> Response:
    """The metadata of the authorization server (RFC 8414)."""
    address = services_of(request).settings.address
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    algorithms = [name for names in partners.ALGORITHMS.values() for name in names]
    metadata = {
        "issuer": address,
        "token_endpoint": f"{address}/oauth/token",
        "revocation_endpoint": f"{address}/oauth/revoke",
        # Required by the RFC, and empty because there is no authorization endpoint.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "scopes_supported": [scope.value for scope in Scope],
        "service_documentation": f"{address}/docs",
        "ui_locales_supported": ["vi", "en"],
    }
    return Response(orjson.dumps(metadata), media_type="application/json")


async def security(request: Request) -> Response:
    """The security contact (RFC 9116). Raises `HTTPException` (404) if the operator has configured none."""
    settings = services_of(request).settings
    contact = settings.security_contact
    if contact is None:
        raise HTTPException(404)
    lines = [
        f"Contact: {contact}",
        f"Expires: {today() + _CONTACT_VALIDITY}T00:00:00Z",
        "Preferred-Languages: vi, en",
        f"Canonical: {settings.address}/.well-known/security.txt",
    ]
    return PlainTextResponse("\n".join(lines) + "\n")
