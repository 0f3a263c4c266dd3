"""Whether a submitted form is accepted: its origin, its token, and that it is carried out once."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from hmac import compare_digest
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from admin.kit.forms.token import unmask_token
from admin.kit.request import PageRequest, cookie_name, session_cookie
from records.access.staff import AuthenticatedSession, challenges, sessions
from records.core import events
from records.core.errors import Conflict, DatabaseUnavailable, PermissionDenied
from records.core.events import Event

# The cookie with the token of the session that had ended when a form was sent.
_PREVIOUS_SESSION: Final = "previous_session"
_PREVIOUS_SESSION_SECONDS: Final = 60 * 60


async def has_valid_token(request: PageRequest, signed_in: AuthenticatedSession) -> bool:
    """Whether the form was made for this session, or for an earlier one of this person in this browser."""
    token = unmask_token(str(request.form.get("csrf")))
    if compare_digest(token.encode(), signed_in.form_token.encode()):
        return True
    previous_token = request.http_request.cookies.get(
        cookie_name(request.http_request, _PREVIOUS_SESSION), ""
    )
    return bool(previous_token) and await sessions.matches_previous_session(signed_in, previous_token, token)


async def run_idempotently(
    request: PageRequest, endpoint: Callable[[PageRequest], Awaitable[Response]]
) -> Response:
    """Runs `endpoint` unless this form was already processed. Raises `Conflict` for a repeated submission."""
    key = str(request.form.get("idempotency_key", ""))
    if request.signed_in is None or not key:
        return await endpoint(request)
    session_id, carried_out = request.signed_in.session.id, False
    if not await challenges.claim_form(key, session_id):
        raise Conflict("This form was already sent and carried out once. To do it again, reload the page.")
    try:
        response = await endpoint(request)
        carried_out = response.status_code < 400
        return response
    finally:
        if not carried_out:
            # While the database is away the form that is sent again has another token.
            with suppress(DatabaseUnavailable):
                await challenges.release_form(key, session_id)


def check_same_origin(request: PageRequest) -> None:
    """Raises `PermissionDenied` for what another site made the browser send."""
    if _origin(request.http_request) == "foreign":
        events.log(
            Event.FORM_REFUSED, actor=request.signed_in.staff.id if request.signed_in else None, reason="site"
        )
        raise PermissionDenied("This request came from another site and was not carried out.")


def _origin(http_request: Request) -> Literal["ours", "foreign", "unknown"]:
    """Whether the request comes from a page of ours, according to the browser's headers."""
    site, origin = http_request.headers.get("sec-fetch-site"), http_request.headers.get("origin")
    if site is None and origin is not None:
        # An older browser, or plain HTTP.
        return "ours" if origin.partition("://")[2] == http_request.headers.get("host") else "foreign"
    if site == "same-origin":
        return "ours"
    return "unknown" if site in {None, "none"} else "foreign"


def keeps_input(request: PageRequest) -> bool:
    """Whether the response must keep the input: for own forms, unless htmx leaves the page unchanged."""
    return _origin(request.http_request) == "ours" and not request.is_partial


def keep_session_cookie(request: PageRequest, response: Response) -> Response:
    """`response`, which lets the browser keep the token of the session that has ended."""
    if token := request.http_request.cookies.get(session_cookie(request.http_request)):
        request.set_cookie(
            response,
            cookie_name(request.http_request, _PREVIOUS_SESSION),
            token,
            max_age=_PREVIOUS_SESSION_SECONDS,
        )
    return response
