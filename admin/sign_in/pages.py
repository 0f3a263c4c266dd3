"""Signing in and out, and reauthentication."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest, cookie_name, safe_path, session_cookie
from admin.sign_in.browser import relying_party, request_origin
from records.access import staff
from records.access.staff import SignInAttempt, authentication, factors, passkeys
from records.access.staff.challenges import Purpose
from records.core import events
from records.core.errors import Message
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.tables.staff import FactorKind

_ONE_YEAR: Final = 365 * 24 * 3600
STEP_SECONDS: Final = 600
_WRONG_PASSWORD: Final = Message("The username or password is not correct. Check both and try again.")
_WRONG_CODE: Final = Message("This code is not correct, or was already used. Enter a new one.")
_WRONG_PASSKEY: Final = Message("This passkey is not valid. Try again, or sign in another way.")
_WRONG_OWN_PASSWORD: Final = Message("The password is not correct.")


async def form(request: PageRequest) -> Response:
    """The sign-in form."""
    if request.signed_in is not None:
        return RedirectResponse("/admin", status_code=303)
    return show_form(request, Form({"next": request.http_request.query_params.get("next", "")}))


async def sign_in(request: PageRequest) -> Response:
    """Starts a session, or asks for the second factor."""
    form = Form(request.form)
    try:
        attempt = await staff.sign_in(
            form.text("username").strip(), form.text("password"), request_origin(request)
        )
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return show_form(request, form, status=429)
    if attempt is None:
        form.problems[""] = _WRONG_PASSWORD
        return show_form(request, form, status=422)
    return await complete_sign_in(request, attempt, form.text("next"))


async def factor_form(request: PageRequest) -> Response:
    """The form for the second factor; redirects to the first step if that has expired."""
    return await _factor_form(request, Form({}))


async def factor(request: PageRequest) -> Response:
    """Completes a sign-in with a code, or with a passkey."""
    form = Form(request.form)
    token = request.http_request.cookies.get(cookie_name(request.http_request, "step"), "")
    try:
        if "passkey_answer" in request.form:
            attempt = await _verify_passkey(request, form)
        else:
            attempt = await authentication.verify_second_factor(
                token, form.text("one_time_code"), request_origin(request)
            )
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return await _factor_form(request, form, status=429)
    if attempt is None:
        form.problems[""] = _WRONG_PASSKEY if "passkey_answer" in request.form else _WRONG_CODE
        return await _factor_form(request, form, status=422)
    return await complete_sign_in(
        request, attempt, request.http_request.cookies.get(cookie_name(request.http_request, "next"), "")
    )


async def passkey_form(request: PageRequest) -> Response:
    """The page to sign in with a passkey."""
    if request.signed_in is not None:
        return RedirectResponse("/admin", status_code=303)
    return await _passkey_form(request, Form({"next": request.http_request.query_params.get("next", "")}))


async def passkey(request: PageRequest) -> Response:
    """Signs in with a passkey."""
    form = Form(request.form)
    try:
        attempt = await _verify_passkey(request, form)
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return await _passkey_form(request, form, status=429)
    if attempt is None:
        form.problems[""] = _WRONG_PASSKEY
        return await _passkey_form(request, form, status=422)
    return await complete_sign_in(request, attempt, form.text("next"))


async def reauthentication_form(request: PageRequest) -> Response:
    """The form to confirm one's identity before a sensitive action."""
    return await _reauthentication_form(
        request, Form({"next": request.http_request.query_params.get("next", "")})
    )


async def reauthenticate(request: PageRequest) -> Response:
    """Confirms the identity, renews the session token and redirects to the requested page."""
    form = Form(request.form)
    signed_in = request.authenticated
    try:
        if "passkey_answer" in request.form:
            token = await staff.reauthenticate_with_passkey(
                signed_in,
                relying_party(request.http_request),
                token=form.text("challenge"),
                answer=form.text("passkey_answer"),
            )
        else:
            token = await staff.reauthenticate(
                signed_in, password=form.text("password"), code=form.text("one_time_code").strip()
            )
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return await _reauthentication_form(request, form, status=429)
    if token is None:
        name, problem = _wrong_proof(form)
        form.problems[name] = problem
        return await _reauthentication_form(request, form, status=422)
    response = RedirectResponse(safe_path(form.text("next")), status_code=303)
    request.set_cookie(response, session_cookie(request.http_request), token)
    return response


def _wrong_proof(form: Form) -> tuple[str, Message]:
    """What was tried to confirm the identity, and that it was wrong: who is signed in is known already."""
    if form.has_any("passkey_answer"):
        return "", _WRONG_PASSKEY
    if form.text("one_time_code"):
        return "one_time_code", _WRONG_CODE
    return "password", _WRONG_OWN_PASSWORD


async def sign_out(request: PageRequest) -> Response:
    """Ends the session, in the browser and in the records."""
    name = session_cookie(request.http_request)
    await staff.sign_out(request.http_request.cookies[name])
    events.log(Event.SIGNED_OUT, actor=request.actor.id)
    response = redirect_with_flash(request, "/admin/sign-in", _("You have signed out."))
    delete_cookie(request, response, name)
    return response


async def complete_sign_in(request: PageRequest, attempt: SignInAttempt, next_path: str) -> Response:
    """Redirects to the requested page, or first to the second factor.

    A session that this browser had before ends when another begins.
    """
    http_request, name = request.http_request, session_cookie(request.http_request)
    if attempt.session is None:
        response = RedirectResponse("/admin/sign-in/factor", status_code=303)
        request.set_cookie(response, cookie_name(http_request, "step"), attempt.token, max_age=STEP_SECONDS)
        request.set_cookie(
            response, cookie_name(http_request, "next"), safe_path(next_path), max_age=STEP_SECONDS
        )
        return response
    if name in http_request.cookies:
        await staff.sign_out(http_request.cookies[name])
    response = RedirectResponse(safe_path(next_path), status_code=303)
    request.set_cookie(response, name, attempt.token)
    request.set_cookie(response, cookie_name(http_request, "device"), attempt.device, max_age=_ONE_YEAR)
    for step in ("step", "next"):
        if cookie_name(http_request, step) in http_request.cookies:
            delete_cookie(request, response, cookie_name(http_request, step))
    return response


def show_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    """The sign-in form with its problems."""
    next_path = form.text("next")
    here = f"/admin/sign-in?{urlencode({'next': next_path})}" if next_path else "/admin/sign-in"
    return render(
        request,
        "sign_in/sign_in.html",
        status=status,
        form=form,
        here=here,
        provider=request.services.provider,
    )


async def _verify_passkey(request: PageRequest, form: Form) -> SignInAttempt | None:
    return await authentication.with_passkey(
        relying_party(request.http_request),
        token=form.text("challenge"),
        answer=form.text("passkey_answer"),
        origin=request_origin(request),
    )


async def _factor_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    token = request.http_request.cookies.get(cookie_name(request.http_request, "step"), "")
    kinds = await authentication.pending_second_factor(token)
    if kinds is None:
        return RedirectResponse("/admin/sign-in", status_code=303)
    has_passkey = FactorKind.PASSKEY in kinds
    passkey_options = (
        await authentication.create_second_factor_challenge(token, relying_party(request.http_request))
        if has_passkey
        else None
    )
    has_app = FactorKind.TOTP in kinds
    return render(
        request,
        "sign_in/factor.html",
        status=status,
        form=form,
        passkey_options=passkey_options,
        has_app=has_app,
    )


async def _passkey_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    passkey_options = await passkeys.create_challenge(
        relying_party(request.http_request), Purpose.PASSKEY_SIGN_IN
    )
    return render(request, "sign_in/passkey.html", status=status, form=form, passkey_options=passkey_options)


async def _reauthentication_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    staff_id = request.authenticated.staff.id
    kinds = await factors.kinds(staff_id)
    has_passkey = FactorKind.PASSKEY in kinds
    passkey_options = (
        await passkeys.create_challenge(relying_party(request.http_request), Purpose.PASSKEY_PROOF, staff_id)
        if has_passkey
        else None
    )
    return render(
        request,
        "sign_in/proof.html",
        status=status,
        form=form,
        passkey_options=passkey_options,
        has_factor=bool(kinds),
    )


def delete_cookie(request: PageRequest, response: Response, name: str) -> None:
    """Deletes a cookie."""
    request.set_cookie(response, name, "", max_age=0)
