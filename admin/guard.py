"""The one guard before every page: who is there, and whether the request is theirs."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from hmac import compare_digest
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from admin import pages
from admin.visit import LANGUAGE_COOKIE, SAID_COOKIE, Visit, inside, session_cookie
from records import staff
from records.core import events
from records.core.errors import Denied, Invalid, Message, NotFound, Refused
from records.core.events import Event
from records.tables.staff import Language

# Far more than the longest tip takes; a form is read whole before anybody looks at it.
_MOST_BYTES: Final = 512 * 1024
_MOST_FIELDS: Final = 400
_FORM: Final = "application/x-www-form-urlencoded"
# Only here may a form carry a file, of so many bytes with all that is around it.
_UPLOADS: Final = "/attachments"
_FILES: Final = "multipart/form-data"
_MOST_UPLOAD: Final = 10 * 1024 * 1024 + 64 * 1024
# What an answer depends on beside its address.
_VARY: Final = "Cookie, HX-Request, HX-Request-Type"

# The refusals that whoever watches over the service should hear of.
_NOTED: Final[dict[type[Refused], Event]] = {Denied: Event.DENIED, NotFound: Event.MISSED}

Endpoint = Callable[[Visit], Awaitable[Response]]
_Handler = Callable[[Request], Awaitable[Response]]


class ProofWanted(Exception):
    """What is asked for wants somebody who has shown who they are in the last minutes."""


def need_proof(visit: Visit) -> None:
    """Leads to the page that asks for a password or a further factor, unless one was given lately.

    To be called by whatever must not happen at a desk that was left for a moment, in both the page with the
    form and the one that takes it. Afterwards the person is back on the page that they came from.
    """
    if not visit.known.proved:
        raise ProofWanted


def guarded(endpoint: Endpoint) -> _Handler:
    """`endpoint`, for those who have signed in."""

    async def handle(request: Request) -> Response:
        return await _handled(request, endpoint, open_to_strangers=False)

    return handle


def open_to_all(endpoint: Endpoint) -> _Handler:
    """`endpoint`, for those who have not signed in as well."""

    async def handle(request: Request) -> Response:
        return await _handled(request, endpoint, open_to_strangers=True)

    return handle


async def _handled(request: Request, endpoint: Endpoint, *, open_to_strangers: bool) -> Response:
    """The answer; where anything fails, a page that says so and nothing of what was asked for."""
    visit = Visit(request, _language(request))
    try:
        visit = await _visit(request)
        if visit.member is None and not open_to_strangers:
            return _finish(visit, _to_sign_in(visit))
        return _finish(visit, await _answer(visit, endpoint))
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours gets a page too; what it says stays inside
        reference = events.unexpected(error, actor=visit.member.staff.id if visit.member else None)
        return _finish(visit, pages.failed(visit, reference))


async def _visit(request: Request) -> Visit:
    """The visit, in the person's own language, else the one chosen in this browser, else Vietnamese."""
    token = request.cookies.get(session_cookie(request))
    member = await staff.signed_in(token) if token else None
    return Visit(request, member.staff.language if member else _language(request), member)


def _language(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return Language(chosen) if chosen in set(Language) else Language.VI


async def _answer(visit: Visit, endpoint: Endpoint) -> Response:
    try:
        if visit.request.method == "POST":
            _check_origin(visit)
            visit.form = await _form(visit.request)
            given = str(visit.form.get("csrf")).encode()
            if visit.member is not None and not compare_digest(given, visit.member.form_token.encode()):
                events.log(Event.FORM_REFUSED, actor=visit.actor.id, reason="token")
                raise Denied("This form is no longer valid. Load the page again and send it once more.")
        return await endpoint(visit)
    except ProofWanted:
        return _to_proof(visit)
    except Refused as refusal:
        if visit.member is not None and type(refusal) in _NOTED:
            events.log(_NOTED[type(refusal)], actor=visit.actor.id)
        return pages.refused(visit, refusal)
    finally:
        await visit.form.close()


def _check_origin(visit: Visit) -> None:
    """Refuses what another site made the browser send."""
    request = visit.request
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in {None, "same-origin", "none"}
    if site is None and origin is not None:
        # An older browser, or plain HTTP.
        foreign = urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        events.log(Event.FORM_REFUSED, actor=visit.member.staff.id if visit.member else None, reason="site")
        raise Denied("This request came from another site and was not carried out.")


async def _form(request: Request) -> FormData:
    """The fields of a form; read here, because Starlette sets no limit on how much it reads."""
    if request.url.path.endswith(_UPLOADS) and request.headers.get("content-type", "").startswith(_FILES):
        return await _form_with_file(request)
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


async def _form_with_file(request: Request) -> FormData:
    """The fields of a form that carries one file, which stays in memory: it is nowhere in clear on a disk."""

    async def limited() -> AsyncGenerator[bytes, None]:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read > _MOST_UPLOAD:
                raise Invalid({"": Message("This is more than one form can take.")})
            yield chunk

    parser = MultiPartParser(request.headers, limited(), max_files=1, max_fields=5, max_part_size=4096)
    parser.spool_max_size = _MOST_UPLOAD
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Invalid({"": Message("Please send this as a form.")}) from None


def _to_sign_in(visit: Visit) -> Response:
    if visit.partial:
        return pages.signed_out(visit)
    url = visit.request.url
    back = "/admin" if visit.request.method == "POST" else f"{url.path}?{url.query}".rstrip("?")
    return RedirectResponse("/admin/sign-in?" + urlencode({"next": back}), status_code=303)


def _to_proof(visit: Visit) -> Response:
    if visit.request.method == "GET":
        back = visit.page
    else:
        came_from = urlsplit(visit.request.headers.get("referer", ""))
        back = inside(f"{came_from.path}?{came_from.query}".rstrip("?"))
    address = "/admin/proof?" + urlencode({"next": back})
    if visit.partial:
        # The whole page goes there, not the block that htmx meant to change.
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _finish(visit: Visit, response: Response) -> Response:
    response.headers["Vary"] = _VARY
    if SAID_COOKIE in visit.request.cookies and response.media_type == "text/html":
        # It stands in this page; it is said once.
        response.delete_cookie(SAID_COOKIE, path="/", httponly=True, samesite="lax")
    return response
