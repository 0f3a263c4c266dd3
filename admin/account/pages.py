"""One's own account: where one is signed in, with what, and the password."""

from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit, session_cookie
from admin.sign_in.pages import site
from records.access import staff
from records.access.staff import factors, identities, passkeys, sessions
from records.core.errors import Invalid, Message
from records.tables.staff import FactorKind, Strength

# The fields of the form for an app whose names differ from those of the rule.
_APP_FIELDS: Final = {"code": "one_time_code"}


async def show(visit: Visit) -> Response:
    """The page of one's own account."""
    return await _show(visit, Form({}))


async def password_form(visit: Visit) -> Response:
    """The form for a new password alone: where one has to be chosen before anything else."""
    return _password_form(visit, Form({}))


async def change_password(visit: Visit) -> Response:
    """Sets a new password; every other session ends."""
    renewing = visit.known.staff.renew_password
    form = Form(visit.form)
    try:
        form.need("current", "password")
        form.done()
        token = await staff.change_password(
            visit.known, current=form.text("current"), new=form.text("password")
        )
        if token is None:
            raise Invalid({"current": Message("This is not your current password.")})
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return _password_form(visit, form, 429) if renewing else await _show(visit, form, status=429)
    except Invalid as no:
        form.problems |= no.problems
        return _password_form(visit, form, 422) if renewing else await _show(visit, form, status=422)
    response = done(visit, "/admin" if renewing else "/admin/account", "password-changed")
    visit.set_cookie(response, session_cookie(visit.request), token)
    return response


async def end_session(visit: Visit) -> Response:
    """Ends one of one's own sessions."""
    need_proof(visit)
    await sessions.end(visit.known, visit.id)
    return done(visit, "/admin/account", "session-ended")


async def end_others(visit: Visit) -> Response:
    """Ends one's own sessions but this one."""
    need_proof(visit)
    await sessions.end_others(visit.known)
    return done(visit, "/admin/account", "session-ended")


async def app_form(visit: Visit) -> Response:
    """A new secret to take over into an authenticator app."""
    need_proof(visit)
    return _app_form(visit, Form({"secret": factors.new_secret()}))


async def add_app(visit: Visit) -> Response:
    """Adds the authenticator app that shows the right code."""
    need_proof(visit)
    form = Form(visit.form)
    try:
        codes = await factors.add_app(
            visit.known,
            secret=form.text("secret"),
            code=form.text("one_time_code"),
            name=form.text("name"),
        )
    except Invalid as no:
        # Nothing can be drawn of a secret that was not made here.
        secret = form.text("secret") if factors.is_secret(form.text("secret")) else factors.new_secret()
        problems = {_APP_FIELDS.get(name, name): problem for name, problem in no.problems.items()}
        again = Form({"name": form.text("name"), "secret": secret}, problems)
        return _app_form(visit, again, status=422)
    return await _added(visit, codes)


async def passkey_form(visit: Visit) -> Response:
    """Asks the browser to make a passkey."""
    need_proof(visit)
    return await _passkey_form(visit, Form({}))


async def add_passkey(visit: Visit) -> Response:
    """Adds the passkey that the browser made."""
    need_proof(visit)
    form = Form(visit.form)
    try:
        codes = await passkeys.add(
            visit.known,
            site(visit.request),
            token=form.text("challenge"),
            answer=form.text("passkey_answer"),
            name=form.text("name"),
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _passkey_form(visit, form, status=422)
    return await _added(visit, codes)


async def remove_factor(visit: Visit) -> Response:
    """Removes one of one's own factors."""
    need_proof(visit)
    await factors.remove(visit.known, visit.id)
    return done(visit, "/admin/account", "factor-removed")


async def new_codes(visit: Visit) -> Response:
    """New recovery codes, shown this once; those of before work no more."""
    need_proof(visit)
    if not await factors.kinds(visit.known.staff.id):
        raise Invalid(
            {
                "": Message(
                    "Add an authenticator app or a passkey first: recovery codes replace it when it is lost."
                )
            }
        )
    return _codes(visit, await factors.new_codes(visit.known))


async def _show(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return page(
        visit,
        "account/show.html",
        status=status,
        form=form,
        sessions=await sessions.mine(visit.known),
        factors=await factors.mine(visit.known),
        codes_left=await factors.codes_left(visit.known),
        app=FactorKind.TOTP,
        identities=await identities.mine(visit.known),
        provider=visit.services.provider,
        least=staff.MIN_PASSWORD,
    )


def _password_form(visit: Visit, form: Form, status: int = 200) -> Response:
    least = staff.MIN_PASSWORD
    return page(visit, "account/password.html", status=status, form=form, least=least)


def _app_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    address = factors.app_address(visit.known, form.text("secret"))
    # segno draws with attributes alone, which the content policy lets pass.
    picture = Markup(segno.make_qr(address).svg_inline(scale=4, border=4, light="white", title=None))  # noqa: S704
    return page(visit, "account/app.html", status=status, form=form, picture=picture)


async def _passkey_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    asked = await passkeys.ask_new(visit.known, site(visit.request))
    return page(visit, "account/passkey.html", status=status, form=form, asked=asked)


async def _added(visit: Visit, codes: list[str]) -> Response:
    """With the proof before it that makes two: this session goes on as one of two, under a new token."""
    token = await sessions.renew(visit.known.session, strength=Strength.TWO)
    visit.member = await staff.signed_in(token)
    response = _codes(visit, codes) if codes else done(visit, "/admin/account", "factor-added")
    visit.set_cookie(response, session_cookie(visit.request), token)
    return response


def _codes(visit: Visit, codes: list[str]) -> Response:
    """Not by way of a redirect: they stand nowhere from which a second page could take them."""
    return page(visit, "account/codes.html", codes=codes)
