"""The one guard before every page: who is there, and whether the request is theirs."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from hmac import compare_digest
from typing import Final, Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from admin.kit import pages, resubmission
from admin.kit.forms.body import read_form
from admin.kit.forms.token import unmasked
from admin.kit.request import Visit, cookie_name, inside, session_cookie
from records.access import staff
from records.access.staff import SignedIn, challenges, sessions
from records.core import events
from records.core.errors import Conflict, Denied, Invalid, NotFound, Refused, Unavailable
from records.core.events import Event
from records.core.language import Language
from records.security.addresses import source

# The cookie with the token of the session that was over when a form was sent.
_EARLIER: Final = "earlier"
_EARLIER_SECONDS: Final = 60 * 60
# What an answer depends on beside its address.
_VARY: Final = "Cookie, HX-Request, HX-Request-Type"

# The refusals that whoever watches over the service should hear of.
_NOTED: Final[dict[type[Refused], Event]] = {Denied: Event.DENIED, NotFound: Event.MISSED}

# What somebody may do whose password has to be changed first.
_BEFORE_A_NEW_PASSWORD: Final = {"/admin/account/password", "/admin/sign-out"}

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


def guarded(endpoint: Endpoint, *, one_factor: bool = False) -> _Handler:
    """`endpoint`, for those who have signed in; with `one_factor` even where two are wanted."""

    async def handle(request: Request) -> Response:
        return await _handled(request, endpoint, open_to_strangers=False, one_factor=one_factor)

    return handle


def open_to_all(endpoint: Endpoint) -> _Handler:
    """`endpoint`, for those who have not signed in as well."""

    async def handle(request: Request) -> Response:
        return await _handled(request, endpoint, open_to_strangers=True)

    return handle


async def _handled(
    request: Request, endpoint: Endpoint, *, open_to_strangers: bool, one_factor: bool = True
) -> Response:
    """The answer; where anything fails, a page that says so and nothing of what was asked for."""
    visit = Visit(request, _language(request))
    try:
        visit = await _visit(request)
        response = await _let_in(visit, endpoint, open_to_strangers=open_to_strangers, one_factor=one_factor)
    except Unavailable as away:
        response = await _interrupted(visit, away)
    except (HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours gets a page too; what it says stays inside
        reference = events.unexpected(error, actor=visit.member.staff.id if visit.member else None)
        response = pages.failed(visit, reference)
    return _finish(visit, response)


async def _let_in(visit: Visit, endpoint: Endpoint, *, open_to_strangers: bool, one_factor: bool) -> Response:
    """The answer of `endpoint`, or what the person has to do first."""
    if wait := visit.services.pace.wait(_counted(visit)):
        return pages.too_fast(visit, wait)
    if visit.member is None and not open_to_strangers:
        return await _to_sign_in(visit)
    if _wants_password(visit) and not open_to_strangers:
        return _away(visit, "/admin/account/password")
    if visit.lacks_factor and not one_factor:
        return _away(visit, "/admin/account")
    return await _answer(visit, endpoint)


def _counted(visit: Visit) -> str:
    """For whom a request counts: the person, or before signing in the address."""
    client = visit.request.client
    return str(visit.member.staff.id) if visit.member else f"address:{source(client.host if client else '')}"


async def _visit(request: Request) -> Visit:
    """The visit, in the person's own language, else the one chosen in this browser, else Vietnamese."""
    token = request.cookies.get(session_cookie(request))
    member = await staff.signed_in(token) if token else None
    return Visit(request, member.staff.language if member else _language(request), member)


def _language(request: Request) -> Language:
    chosen = request.cookies.get(cookie_name(request, "language"))
    return Language(chosen) if chosen in set(Language) else Language.VI


async def _answer(visit: Visit, endpoint: Endpoint) -> Response:
    try:
        if visit.request.method == "POST":
            _check_source(visit)
            visit.form = await read_form(visit)
            if visit.member is not None and not await _is_of(visit, visit.member):
                events.log(Event.FORM_REFUSED, actor=visit.actor.id, reason="token")
                if _keeps(visit) and (fields := resubmission.typed(visit)):
                    return resubmission.again(visit, fields)
                raise Denied("This form is no longer valid. Reload the page and send it again.")
        return await _once(visit, endpoint)
    except ProofWanted:
        if _keeps(visit) and (fields := resubmission.typed(visit)):
            return resubmission.again(visit, fields, proof=True)
        return _to_proof(visit)
    except Unavailable as away:
        return resubmission.later(visit, away)
    except Refused as refusal:
        if visit.member is not None and type(refusal) in _NOTED:
            events.log(_NOTED[type(refusal)], actor=visit.actor.id)
        return pages.refused(visit, refusal)
    finally:
        await visit.form.close()


async def _is_of(visit: Visit, member: SignedIn) -> bool:
    """Whether the form was made for this session, or for an earlier one of this person in this browser."""
    given = unmasked(str(visit.form.get("csrf")))
    if compare_digest(given.encode(), member.form_token.encode()):
        return True
    earlier = visit.request.cookies.get(cookie_name(visit.request, _EARLIER), "")
    return bool(earlier) and await sessions.is_of_earlier(member, earlier, given)


async def _once(visit: Visit, endpoint: Endpoint) -> Response:
    """`endpoint`, unless this form was carried out already: a second click, a page that is sent again."""
    form = str(visit.form.get("once", ""))
    if visit.member is None or not form:
        return await endpoint(visit)
    session_id, carried_out = visit.member.session.id, False
    if not await challenges.use_up(form, session_id):
        raise Conflict("This form was already sent and carried out once. To do it again, reload the page.")
    try:
        response = await endpoint(visit)
        carried_out = response.status_code < 400
        return response
    finally:
        if not carried_out:
            # While the database is away the form that is sent again has another token.
            with suppress(Unavailable):
                await challenges.give_back(form, session_id)


def _check_source(visit: Visit) -> None:
    """Raises `Denied` for what another site made the browser send."""
    if _source(visit.request) == "foreign":
        events.log(Event.FORM_REFUSED, actor=visit.member.staff.id if visit.member else None, reason="site")
        raise Denied("This request came from another site and was not carried out.")


def _source(request: Request) -> Literal["ours", "foreign", "unknown"]:
    """Which site sent this, as far as the browser says."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is not None:
        # An older browser, or plain HTTP.
        return "ours" if origin.partition("://")[2] == request.headers.get("host") else "foreign"
    if site == "same-origin":
        return "ours"
    return "unknown" if site in {None, "none"} else "foreign"


def _keeps(visit: Visit) -> bool:
    """Whether the page that answers keeps what was typed: into a form of ours, where htmx does not."""
    return _source(visit.request) == "ours" and not visit.partial


async def _interrupted(visit: Visit, away: Unavailable) -> Response:
    """What is said where nobody could look up who asks; what was typed into a form of ours is kept."""
    if wait := visit.services.pace.wait(_counted(visit)):
        return pages.too_fast(visit, wait)
    if visit.request.method == "POST" and _keeps(visit):
        try:
            visit.form = await read_form(visit)
            return resubmission.later(visit, away)
        except Invalid as no:
            return pages.refused(visit, no)
        finally:
            await visit.form.close()
    return pages.unavailable(visit, away, [])


async def _to_sign_in(visit: Visit) -> Response:
    """On to the sign-in; what was typed into a form of ours is kept in the page that says so.

    The token of the session that is over stays in the browser for a while: it opens nothing, but proves later
    that the form which is sent again was made for the same person.
    """
    if visit.partial:
        return _remember(visit, pages.signed_out(visit))
    if visit.request.method == "POST" and _keeps(visit):
        try:
            visit.form = await read_form(visit)
            if fields := resubmission.typed(visit):
                return _remember(visit, resubmission.again(visit, [*fields, *resubmission.marks(visit)]))
        except Invalid as no:
            return pages.refused(visit, no)
        finally:
            await visit.form.close()
    url = visit.request.url
    back = "/admin" if visit.request.method == "POST" else f"{url.path}?{url.query}".rstrip("?")
    return RedirectResponse("/admin/sign-in?" + urlencode({"next": back}), status_code=303)


def _remember(visit: Visit, response: Response) -> Response:
    if token := visit.request.cookies.get(session_cookie(visit.request)):
        visit.set_cookie(response, cookie_name(visit.request, _EARLIER), token, max_age=_EARLIER_SECONDS)
    return response


def _wants_password(visit: Visit) -> bool:
    """Whether a new password has to be chosen before this page opens."""
    renewing = visit.member is not None and visit.member.staff.renew_password
    return renewing and visit.request.url.path not in _BEFORE_A_NEW_PASSWORD


def _to_proof(visit: Visit) -> Response:
    if visit.request.method == "GET":
        back = visit.page
    else:
        came_from = visit.request.headers.get("referer", "").partition("://")[2]
        back = inside("/" + came_from.partition("/")[2])
    return _away(visit, "/admin/proof?" + urlencode({"next": back}))


def _away(visit: Visit, address: str) -> Response:
    if visit.partial:
        # The whole page goes there, not the block that htmx meant to change.
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _finish(visit: Visit, response: Response) -> Response:
    response.headers["Vary"] = _VARY
    said = cookie_name(visit.request, "said")
    if said in visit.request.cookies and response.media_type == "text/html":
        # It stands in this page; it is said once.
        visit.set_cookie(response, said, "", max_age=0)
    return response
