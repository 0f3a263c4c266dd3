"""The one guard before every page: who is there, and whether the request is theirs."""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin import pages
from admin.visit import LANGUAGE_COOKIE, SAID_COOKIE, Visit, session_cookie
from records import staff
from records.core.errors import Denied, Invalid, Message, Refused
from records.tables.staff import Language

# Far more than the longest tip takes; a form is read whole before anybody looks at it.
_MOST_BYTES: Final = 512 * 1024
_MOST_FIELDS: Final = 400
_FORM: Final = "application/x-www-form-urlencoded"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Cookie, HX-Request, HX-Request-Type",
}

Endpoint = Callable[[Visit], Awaitable[Response]]
_Handler = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> _Handler:
    """`endpoint`, for those who have signed in."""

    async def handle(request: Request) -> Response:
        visit = await _visit(request)
        return _finish(visit, await _answer(visit, endpoint) if visit.member else _to_sign_in(visit))

    return handle


def open_to_all(endpoint: Endpoint) -> _Handler:
    """`endpoint`, for those who have not signed in as well."""

    async def handle(request: Request) -> Response:
        visit = await _visit(request)
        return _finish(visit, await _answer(visit, endpoint))

    return handle


async def _visit(request: Request) -> Visit:
    """The visit, in the person's own language, else the one chosen in this browser, else Vietnamese."""
    token = request.cookies.get(session_cookie(request))
    member = await staff.signed_in(token) if token else None
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    language = Language(chosen) if chosen in set(Language) else Language.VI
    return Visit(request, member.staff.language if member else language, member)


async def _answer(visit: Visit, endpoint: Endpoint) -> Response:
    try:
        if visit.request.method == "POST":
            _check_origin(visit.request)
            visit.form = await _form(visit.request)
            given = str(visit.form.get("csrf", "")).encode()
            if visit.member is not None and not compare_digest(given, visit.member.form_token.encode()):
                raise Denied("This form is no longer valid. Load the page again and send it once more.")
        return await endpoint(visit)
    except Refused as refusal:
        return pages.refused(visit, refusal)


def _check_origin(request: Request) -> None:
    """Refuses what another site made the browser send."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in {None, "same-origin", "none"}
    if site is None and origin is not None:
        # An older browser, or plain HTTP.
        foreign = urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise Denied("This request came from another site and was not carried out.")


async def _form(request: Request) -> FormData:
    """The fields of a form; read here, because Starlette sets no limit on how much it reads."""
    if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
        raise Invalid({"": Message("Please send this as a form.")})
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise Invalid({"": Message("This is more text than one form can take.")})
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid({"": Message("Please send this as a form.")}) from None
    return FormData([(name, value) for name, value in pairs])


def _to_sign_in(visit: Visit) -> Response:
    if visit.partial:
        return pages.signed_out(visit)
    url = visit.request.url
    back = "/admin" if visit.request.method == "POST" else f"{url.path}?{url.query}".rstrip("?")
    return RedirectResponse("/admin/sign-in?" + urlencode({"next": back}), status_code=303)


def _finish(visit: Visit, response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if SAID_COOKIE in visit.request.cookies and response.media_type == "text/html":
        # It stands in this page; it is said once.
        response.delete_cookie(SAID_COOKIE, path="/", httponly=True, samesite="lax")
    return response
