"""Signing in and out, and proving once more who one is."""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.pages import done, page
from admin.kit.request import Visit, cookie_name, inside, session_cookie
from edge.services import services_of
from records.access import staff
from records.access.staff import Begun, Origin, factors, passkeys, signing_in
from records.access.staff.challenges import Purpose
from records.access.staff.passkeys import Site
from records.core import events
from records.core.errors import Message
from records.core.events import Event
from records.tables.staff import FactorKind

_A_YEAR: Final = 365 * 24 * 3600
STEP_SECONDS: Final = 600
_WRONG: Final = Message("The username or password is not correct. Check both and try again.")
_WRONG_CODE: Final = Message("This code is not correct, or was already used. Enter a new one.")
_WRONG_PASSKEY: Final = Message("This passkey is not valid. Try again, or sign in another way.")
_WRONG_PROOF: Final = Message("Something is wrong. Check it and try again.")

# The first that fits; what people recognise a device by, and no more.
_BROWSERS: Final = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"coc_coc_browser", "Cốc Cốc"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrom(e|ium)/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
_SYSTEMS: Final = (
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"Linux", "Linux"),
)


async def form(visit: Visit) -> Response:
    """The sign-in form."""
    if visit.member is not None:
        return RedirectResponse("/admin", status_code=303)
    return show_form(visit, Form({"next": visit.request.query_params.get("next", "")}))


async def sign_in(visit: Visit) -> Response:
    """Starts a session, or asks for the further factor that this person has."""
    form = Form(visit.form)
    try:
        begun = await staff.sign_in(form.text("username").strip(), form.text("password"), origin(visit))
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return show_form(visit, form, status=429)
    if begun is None:
        form.problems[""] = _WRONG
        return show_form(visit, form, status=422)
    return await enter(visit, begun, form.text("next"))


async def factor_form(visit: Visit) -> Response:
    """The form for the further factor; back to the first step when that one is too long ago."""
    return await _factor_form(visit, Form({}))


async def factor(visit: Visit) -> Response:
    """Completes a sign-in with a code, or with a passkey."""
    form = Form(visit.form)
    token = visit.request.cookies.get(cookie_name(visit.request, "step"), "")
    try:
        if "passkey_answer" in visit.form:
            begun = await signing_in.with_passkey(
                site(visit.request),
                token=form.text("challenge"),
                answer=form.text("passkey_answer"),
                origin=origin(visit),
            )
        else:
            begun = await signing_in.second(token, form.text("one_time_code"), origin(visit))
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return await _factor_form(visit, form, status=429)
    if begun is None:
        form.problems[""] = _WRONG_PASSKEY if "passkey_answer" in visit.form else _WRONG_CODE
        return await _factor_form(visit, form, status=422)
    return await enter(visit, begun, visit.request.cookies.get(cookie_name(visit.request, "next"), ""))


async def passkey_form(visit: Visit) -> Response:
    """The page that asks the browser for any passkey that it has for this site."""
    if visit.member is not None:
        return RedirectResponse("/admin", status_code=303)
    return await _passkey_form(visit, Form({"next": visit.request.query_params.get("next", "")}))


async def passkey(visit: Visit) -> Response:
    """Signs in whoever shows a passkey."""
    form = Form(visit.form)
    try:
        begun = await signing_in.with_passkey(
            site(visit.request),
            token=form.text("challenge"),
            answer=form.text("passkey_answer"),
            origin=origin(visit),
        )
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return await _passkey_form(visit, form, status=429)
    if begun is None:
        form.problems[""] = _WRONG_PASSKEY
        return await _passkey_form(visit, form, status=422)
    return await enter(visit, begun, form.text("next"))


async def proof_form(visit: Visit) -> Response:
    """Asks who is there, before something that matters."""
    return await _proof_form(visit, Form({"next": visit.request.query_params.get("next", "")}))


async def proof(visit: Visit) -> Response:
    """Goes on to what was wanted, in a session with a new token."""
    form = Form(visit.form)
    member = visit.known
    try:
        if "passkey_answer" in visit.form:
            token = await staff.prove_with_passkey(
                member, site(visit.request), token=form.text("challenge"), answer=form.text("passkey_answer")
            )
        else:
            token = await staff.prove(
                member, password=form.text("password"), code=form.text("one_time_code").strip()
            )
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return await _proof_form(visit, form, status=429)
    if token is None:
        form.problems[""] = _WRONG_PROOF
        return await _proof_form(visit, form, status=422)
    response = RedirectResponse(inside(form.text("next")), status_code=303)
    visit.set_cookie(response, session_cookie(visit.request), token)
    return response


async def sign_out(visit: Visit) -> Response:
    """Ends the session, in the browser and in the records."""
    name = session_cookie(visit.request)
    await staff.sign_out(visit.request.cookies[name])
    events.log(Event.SIGNED_OUT, actor=visit.actor.id)
    response = done(visit, "/admin/sign-in", "signed-out")
    drop(visit, response, name)
    return response


def site(request: Request) -> Site:
    """What a passkey is bound to: the public address; without one, the address that the browser shows."""
    if public := services_of(request).settings.public_url:
        return Site(origin=public, host=urlsplit(public).hostname or "")
    return Site(origin=f"{request.url.scheme}://{request.url.netloc}", host=request.url.hostname or "")


def device(agent: str) -> str:
    """What people recognise a device by, from its user agent: "Chrome, Android"."""
    found = [
        next((name for pattern, name in known if re.search(pattern, agent)), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)


async def enter(visit: Visit, begun: Begun, wanted: str) -> Response:
    """On to the page that was wanted, or first to the further factor.

    A session that this browser had before ends when another begins.
    """
    request, name = visit.request, session_cookie(visit.request)
    if begun.session is None:
        response = RedirectResponse("/admin/sign-in/factor", status_code=303)
        visit.set_cookie(response, cookie_name(request, "step"), begun.token, max_age=STEP_SECONDS)
        visit.set_cookie(response, cookie_name(request, "next"), inside(wanted), max_age=STEP_SECONDS)
        return response
    if name in request.cookies:
        await staff.sign_out(request.cookies[name])
    response = RedirectResponse(inside(wanted), status_code=303)
    visit.set_cookie(response, name, begun.token)
    visit.set_cookie(response, cookie_name(request, "device"), begun.device, max_age=_A_YEAR)
    for step in ("step", "next"):
        if cookie_name(request, step) in request.cookies:
            drop(visit, response, cookie_name(request, step))
    return response


def show_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    """The sign-in form, with what is wrong in it."""
    wanted = form.text("next")
    here = f"/admin/sign-in?{urlencode({'next': wanted})}" if wanted else "/admin/sign-in"
    return page(
        visit, "sign_in/sign_in.html", status=status, form=form, here=here, provider=visit.services.provider
    )


async def _factor_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    token = visit.request.cookies.get(cookie_name(visit.request, "step"), "")
    kinds = await signing_in.wanted(token)
    if kinds is None:
        return RedirectResponse("/admin/sign-in", status_code=303)
    has_passkey = FactorKind.PASSKEY in kinds
    asked = await signing_in.ask_second(token, site(visit.request)) if has_passkey else None
    has_app = FactorKind.TOTP in kinds
    return page(visit, "sign_in/factor.html", status=status, form=form, asked=asked, has_app=has_app)


async def _passkey_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    asked = await passkeys.ask(site(visit.request), Purpose.PASSKEY_SIGN_IN)
    return page(visit, "sign_in/passkey.html", status=status, form=form, asked=asked)


async def _proof_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    whose = visit.known.staff.id
    kinds = await factors.kinds(whose)
    has_passkey = FactorKind.PASSKEY in kinds
    asked = await passkeys.ask(site(visit.request), Purpose.PASSKEY_PROOF, whose) if has_passkey else None
    return page(visit, "sign_in/proof.html", status=status, form=form, asked=asked, has_factor=bool(kinds))


def origin(visit: Visit) -> Origin:
    """Where the request comes from. The address is that of the connection: headers say what anybody likes."""
    request = visit.request
    return Origin(
        address=request.client.host if request.client else "",
        device=device(request.headers.get("user-agent", "")),
        known=request.cookies.get(cookie_name(request, "device"), ""),
    )


def drop(visit: Visit, response: Response, name: str) -> None:
    """Takes a cookie away again."""
    visit.set_cookie(response, name, "", max_age=0)
