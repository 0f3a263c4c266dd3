"""GET /exports/{id}: the file of an export, whole or in parts (RFC 9110, section 14), to its partner."""

from base64 import b64encode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from records.access import partners
from records.core import events
from records.core.errors import NotFound, PermissionDenied
from records.core.events import Event
from records.delivery import exports


async def export_file(request: Request) -> Response:
    """The file; 401 without a valid key, 404 for what the caller may not fetch, or not any more."""
    scheme, _space, bearer = request.headers.get("authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and bearer.isascii()
    actor = await partners.authenticate_bearer(bearer.strip()) if known else None
    if actor is None:
        events.log(Event.PARTNER_REFUSED, by="key")
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="ketnoi"'})
    partners.count_request(actor)
    try:
        row, path = await exports.file_of(request.path_params["id"], by=actor)
    except (PermissionDenied, NotFound):
        raise HTTPException(404) from None
    digest = bytes.fromhex(row.digest or "")
    return FileResponse(
        path,
        media_type="application/gzip",
        filename=f"{row.root}-{row.created_at:%Y%m%dT%H%M%SZ}.ndjson.gz",
        # RFC 9530: of the whole file, also where a part of it is sent.
        headers={"ETag": f'"{row.digest}"', "Repr-Digest": f"sha-256=:{b64encode(digest).decode()}:"},
    )
