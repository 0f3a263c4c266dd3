"""One's own account: sessions, factors and password."""

from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest, session_cookie
from admin.sign_in.browser import relying_party
from records.access import staff
from records.access.staff import factors, identities, passkeys, sessions
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.tables.staff import AuthenticationStrength, FactorKind

# The fields of the form for an app whose names differ from those of the rule.
_APP_FIELDS: Final = {"code": "one_time_code"}


async def show(request: PageRequest) -> Response:
    """The page of one's own account."""
    return await _show(request, Form({}))


async def password_form(request: PageRequest) -> Response:
    """The form for a required password change."""
    return _password_form(request, Form({}))


async def change_password(request: PageRequest) -> Response:
    """Sets a new password; every other session ends."""
    renewing = request.authenticated.staff.renew_password
    form = Form(request.form)
    try:
        form.require("current", "password")
        form.raise_if_invalid()
        token = await staff.change_password(
            request.authenticated, current=form.text("current"), new=form.text("password")
        )
        if token is None:
            raise ValidationFailed({"current": Message("This is not your current password.")})
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return _password_form(request, form, 429) if renewing else await _show(request, form, status=429)
    except ValidationFailed as error:
        form.problems |= error.problems
        return _password_form(request, form, 422) if renewing else await _show(request, form, status=422)
    response = redirect_with_flash(
        request, "/admin" if renewing else "/admin/account", _("Password changed.")
    )
    request.set_cookie(response, session_cookie(request.http_request), token)
    return response


async def end_session(request: PageRequest) -> Response:
    """Ends one of one's own sessions."""
    require_recent_authentication(request)
    await sessions.end(request.authenticated, request.id)
    return redirect_with_flash(request, "/admin/account", _("The session has ended."))


async def end_other_sessions(request: PageRequest) -> Response:
    """Ends one's own sessions but this one."""
    require_recent_authentication(request)
    await sessions.end_others(request.authenticated)
    return redirect_with_flash(request, "/admin/account", _("The session has ended."))


async def app_form(request: PageRequest) -> Response:
    """The form to set up an authenticator app, with a new secret."""
    require_recent_authentication(request)
    return _app_form(request, Form({"secret": factors.new_secret()}))


async def add_app(request: PageRequest) -> Response:
    """Adds the authenticator app if the code is right."""
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        codes = await factors.add_app(
            request.authenticated,
            secret=form.text("secret"),
            code=form.text("one_time_code"),
            name=form.text("name"),
        )
    except ValidationFailed as error:
        # Nothing can be drawn of a secret that was not made here.
        secret = form.text("secret") if factors.is_secret(form.text("secret")) else factors.new_secret()
        problems = {_APP_FIELDS.get(name, name): problem for name, problem in error.problems.items()}
        again = Form({"name": form.text("name"), "secret": secret}, problems)
        return _app_form(request, again, status=422)
    return await _factor_added(request, codes)


async def passkey_form(request: PageRequest) -> Response:
    """Asks the browser to make a passkey."""
    require_recent_authentication(request)
    return await _passkey_form(request, Form({}))


async def add_passkey(request: PageRequest) -> Response:
    """Adds the passkey that the browser made."""
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        codes = await passkeys.add(
            request.authenticated,
            relying_party(request.http_request),
            token=form.text("challenge"),
            answer=form.text("passkey_answer"),
            name=form.text("name"),
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _passkey_form(request, form, status=422)
    return await _factor_added(request, codes)


async def remove_factor(request: PageRequest) -> Response:
    """Removes one of one's own factors."""
    require_recent_authentication(request)
    await factors.remove(request.authenticated, request.id)
    return redirect_with_flash(request, "/admin/account", _("Removed."))


async def renew_recovery_codes(request: PageRequest) -> Response:
    """Replaces the recovery codes; the new ones are shown once."""
    require_recent_authentication(request)
    if not await factors.kinds(request.authenticated.staff.id):
        raise ValidationFailed(
            {
                "": Message(
                    "Add an authenticator app or a passkey first: recovery codes replace it when it is lost."
                )
            }
        )
    return _render_codes(request, await factors.new_codes(request.authenticated))


async def _show(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    return render(
        request,
        "account/show.html",
        status=status,
        form=form,
        sessions=await sessions.own_sessions(request.authenticated),
        factors=await factors.own_factors(request.authenticated),
        codes_left=await factors.remaining_recovery_codes(request.authenticated),
        app=FactorKind.TOTP,
        identities=await identities.mine(request.authenticated),
        provider=request.services.provider,
        least=staff.MIN_PASSWORD,
    )


def _password_form(request: PageRequest, form: Form, status: int = 200) -> Response:
    least = staff.MIN_PASSWORD
    return render(request, "account/password.html", status=status, form=form, least=least)


def _app_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    address = factors.totp_uri(request.authenticated, form.text("secret"))
    # segno makes the SVG and escapes its text; it draws with attributes, which the content policy allows.
    picture = Markup(segno.make_qr(address).svg_inline(scale=4, border=4, light="white", title=None))  # noqa: S704 - drawn by segno
    return render(request, "account/app.html", status=status, form=form, picture=picture)


async def _passkey_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    passkey_options = await passkeys.create_registration_challenge(
        request.authenticated, relying_party(request.http_request)
    )
    return render(request, "account/passkey.html", status=status, form=form, passkey_options=passkey_options)


async def _factor_added(request: PageRequest, codes: list[str]) -> Response:
    """With the proof before it that makes two: this session goes on as one of two, under a new token."""
    token = await sessions.elevate(request.authenticated.session, strength=AuthenticationStrength.TWO)
    request.signed_in = await staff.authenticate(token)
    response = (
        _render_codes(request, codes)
        if codes
        else redirect_with_flash(request, "/admin/account", _("Added."))
    )
    request.set_cookie(response, session_cookie(request.http_request), token)
    return response


def _render_codes(request: PageRequest, codes: list[str]) -> Response:
    """The recovery codes, shown without a redirect because they are not stored in plain text."""
    return render(request, "account/codes.html", codes=codes)
