"""The guard in front of every page: authentication, CSRF, rate limit and the mapping of errors to pages."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from admin.kit import refusals
from admin.kit.forms.body import read_form
from admin.kit.forms.submission import (
    check_same_origin,
    has_valid_token,
    keep_session_cookie,
    keeps_input,
    run_idempotently,
)
from admin.kit.request import PageRequest, cookie_name, safe_path, session_cookie
from records.access import staff
from records.core import events
from records.core.errors import (
    DatabaseUnavailable,
    DomainError,
    NotFound,
    PermissionDenied,
    ValidationFailed,
)
from records.core.events import Event
from records.core.language import Language
from records.security.addresses import client_source

# What a response depends on besides its URL.
_VARY: Final = "Cookie, HX-Request, HX-Request-Type, HX-Current-URL"

# The refusals that whoever watches over the service should hear of.
_LOGGED_REFUSALS: Final[dict[type[DomainError], Event]] = {
    PermissionDenied: Event.DENIED,
    NotFound: Event.MISSED,
}

# What is allowed before a required password change.
_ALLOWED_BEFORE_PASSWORD_CHANGE: Final = {"/admin/account/password", "/admin/sign-out"}

# What a page asks for by itself, which keeps no session alive.
_PASSIVE: Final = {"/admin/tips/arrivals"}

Endpoint = Callable[[PageRequest], Awaitable[Response]]
_Handler = Callable[[Request], Awaitable[Response]]


class ReauthenticationRequired(Exception):
    """The action needs an authentication within the last minutes."""


def require_recent_authentication(request: PageRequest) -> None:
    """Raises `ReauthenticationRequired` unless a password or second factor was given recently.

    To be called by whatever must not happen at a desk that was left for a moment, in both the page with the
    form and the one that takes it. Afterwards the person is back on the page that they came from.
    """
    if not request.authenticated.recently_authenticated:
        raise ReauthenticationRequired


def require_sign_in(endpoint: Endpoint, *, single_factor_allowed: bool = False) -> _Handler:
    """`endpoint` behind sign-in; `single_factor_allowed` accepts one factor even where two are required."""

    async def handle(http_request: Request) -> Response:
        return await _handle(
            http_request, endpoint, anonymous_allowed=False, single_factor_allowed=single_factor_allowed
        )

    return handle


def allow_anonymous(endpoint: Endpoint) -> _Handler:
    """`endpoint` without required sign-in."""

    async def handle(http_request: Request) -> Response:
        return await _handle(http_request, endpoint, anonymous_allowed=True)

    return handle


async def _handle(
    http_request: Request, endpoint: Endpoint, *, anonymous_allowed: bool, single_factor_allowed: bool = True
) -> Response:
    """The response of `endpoint`; for any failure, a page that shows none of the data."""
    request = PageRequest(http_request, _preferred_language(http_request))
    try:
        request = await _page_request(http_request)
        response = await _authorize(
            request,
            endpoint,
            anonymous_allowed=anonymous_allowed,
            single_factor_allowed=single_factor_allowed,
        )
    except DatabaseUnavailable as error:
        response = await _database_unavailable(request, error)
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours gets a page too; what it says stays inside
        reference = events.log_exception(
            error, actor=request.signed_in.staff.id if request.signed_in else None
        )
        response = refusals.error_page(request, reference)
    return _finalize(request, response)


async def _authorize(
    request: PageRequest, endpoint: Endpoint, *, anonymous_allowed: bool, single_factor_allowed: bool
) -> Response:
    """The answer of `endpoint`, or what the person has to do first."""
    if wait := request.services.pace.seconds_to_wait(_rate_limit_key(request)):
        return refusals.rate_limit_page(request, wait)
    if request.signed_in is None and not anonymous_allowed:
        return await _redirect_to_sign_in(request)
    if _must_change_password(request) and not anonymous_allowed:
        return _redirect(request, "/admin/account/password")
    if request.needs_second_factor and not single_factor_allowed:
        return _redirect(request, "/admin/account")
    return await _dispatch(request, endpoint)


def _rate_limit_key(request: PageRequest) -> str:
    """The key that a request is counted under: the user, or the client address before sign-in."""
    client = request.http_request.client
    if request.signed_in:
        return str(request.signed_in.staff.id)
    return f"address:{client_source(client.host if client else '')}"


async def _page_request(http_request: Request) -> PageRequest:
    """The request in the user's language, else the one chosen in this browser, else Vietnamese."""
    token = http_request.cookies.get(session_cookie(http_request))
    active = http_request.url.path not in _PASSIVE
    signed_in = await staff.authenticate(token, active=active) if token else None
    return PageRequest(
        http_request, signed_in.staff.language if signed_in else _preferred_language(http_request), signed_in
    )


def _preferred_language(http_request: Request) -> Language:
    chosen = http_request.cookies.get(cookie_name(http_request, "language"))
    return Language(chosen) if chosen in set(Language) else Language.VI


async def _dispatch(request: PageRequest, endpoint: Endpoint) -> Response:
    try:
        if request.http_request.method == "POST":
            check_same_origin(request)
            request.form = await read_form(request)
            if request.signed_in is not None and not await has_valid_token(request, request.signed_in):
                events.log(Event.FORM_REFUSED, actor=request.actor.id, reason="token")
                if keeps_input(request) and (fields := refusals.submitted_fields(request)):
                    return refusals.resubmission_page(request, fields)
                raise PermissionDenied("This form is no longer valid. Reload the page and send it again.")
        return await run_idempotently(request, endpoint)
    except ReauthenticationRequired:
        if keeps_input(request) and (fields := refusals.submitted_fields(request)):
            return refusals.resubmission_page(request, fields, proof=True)
        return _redirect_to_reauthentication(request)
    except DatabaseUnavailable as error:
        return refusals.retry_page(request, error)
    except DomainError as refusal:
        if request.signed_in is not None and type(refusal) in _LOGGED_REFUSALS:
            events.log(_LOGGED_REFUSALS[type(refusal)], actor=request.actor.id)
        return refusals.refusal_page(request, refusal)
    finally:
        await request.form.close()


async def _database_unavailable(request: PageRequest, error: DatabaseUnavailable) -> Response:
    """The page while nobody can be authenticated; it keeps the input of an own form."""
    if wait := request.services.pace.seconds_to_wait(_rate_limit_key(request)):
        return refusals.rate_limit_page(request, wait)
    if request.http_request.method == "POST" and keeps_input(request):
        try:
            request.form = await read_form(request)
            return refusals.retry_page(request, error)
        except ValidationFailed as refusal:
            return refusals.refusal_page(request, refusal)
        finally:
            await request.form.close()
    return refusals.unavailable_page(request, error, [])


async def _redirect_to_sign_in(request: PageRequest) -> Response:
    """Redirects to the sign-in; the input of an own form is kept in a page instead.

    The token of the session that is over stays in the browser for a while: it opens nothing, but proves later
    that the form which is sent again was made for the same person.
    """
    if request.is_partial:
        return keep_session_cookie(request, refusals.signed_out_toast(request))
    if request.http_request.method == "POST" and keeps_input(request):
        try:
            request.form = await read_form(request)
            if fields := refusals.submitted_fields(request):
                return keep_session_cookie(
                    request,
                    refusals.resubmission_page(request, [*fields, *refusals.token_fields(request)]),
                )
        except ValidationFailed as refusal:
            return refusals.refusal_page(request, refusal)
        finally:
            await request.form.close()
    url = request.http_request.url
    back = "/admin" if request.http_request.method == "POST" else f"{url.path}?{url.query}".rstrip("?")
    return RedirectResponse("/admin/sign-in?" + urlencode({"next": back}), status_code=303)


def _must_change_password(request: PageRequest) -> bool:
    """Whether the password must be changed before this page opens."""
    renewing = request.signed_in is not None and request.signed_in.staff.renew_password
    return renewing and request.http_request.url.path not in _ALLOWED_BEFORE_PASSWORD_CHANGE


def _redirect_to_reauthentication(request: PageRequest) -> Response:
    if request.http_request.method == "GET":
        back = request.current_url
    else:
        referer = request.http_request.headers.get("referer", "").partition("://")[2]
        back = safe_path("/" + referer.partition("/")[2])
    return _redirect(request, "/admin/proof?" + urlencode({"next": back}))


def _redirect(request: PageRequest, address: str) -> Response:
    if request.is_partial:
        # A redirect of the whole page, not of the block that htmx would replace.
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _finalize(request: PageRequest, response: Response) -> Response:
    response.headers["Vary"] = _VARY
    flash_cookie = cookie_name(request.http_request, "flash")
    if flash_cookie in request.http_request.cookies and response.media_type == "text/html":
        # Shown in this page, and only once.
        request.set_cookie(response, flash_cookie, "", max_age=0)
    return response
