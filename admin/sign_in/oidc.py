"""Signing in at the OpenID Connect provider, and linking one's account there.

The way there is a plain link, not a form: `form-action` holds for every redirect that follows a form, and so
stays 'self'. Nothing changes on the way back either; a link is made by a form that the person sends.
"""

from typing import Final

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest, cookie_name, safe_path
from admin.sign_in.browser import request_origin
from admin.sign_in.pages import STEP_SECONDS, complete_sign_in, delete_cookie, show_form
from records.access.staff import TooManyAttempts, authentication, identities
from records.access.staff.identities import AuthenticationResult
from records.access.staff.oidc.errors import ProviderUnavailable, SignInFailed
from records.access.staff.oidc.provider import AuthorizationResponse, Provider
from records.core.errors import Conflict, DomainError, NotFound, ValidationFailed
from records.core.language import gettext_noop as _

CALLBACK_PATH: Final = "/admin/sign-in/provider/return"
_STATUS: Final[dict[type[DomainError], int]] = {ProviderUnavailable: 503, TooManyAttempts: 429}


async def start_sign_in(request: PageRequest) -> Response:
    """Redirects to the provider to sign in."""
    if request.signed_in is not None:
        return RedirectResponse("/admin", status_code=303)
    next_path = request.http_request.query_params.get("next", "")
    try:
        return await _redirect_to_provider(request, next_path)
    except ProviderUnavailable as error:
        return show_form(request, Form({"next": next_path}, {"": error.message}), status=503)


async def finish_sign_in(request: PageRequest) -> Response:
    """The callback of the provider: completes the sign-in, or asks for what is missing."""
    cookies, next_path = request.http_request.cookies, cookie_name(request.http_request, "next")
    try:
        arrival = await _complete_authentication(request)
        if arrival.staff_id is not None:
            return await _offer_link(request, arrival)
        attempt = await authentication.with_identity(
            _provider(request), arrival.person, request_origin(request)
        )
    except (SignInFailed, TooManyAttempts) as error:
        if request.signed_in is not None:
            raise ValidationFailed({"": error.message}) from None
        form = Form({"next": cookies.get(next_path, "")}, {"": error.message})
        return show_form(request, form, status=_STATUS.get(type(error), 422))
    response = await complete_sign_in(request, attempt, cookies.get(next_path, ""))
    delete_cookie(request, response, cookie_name(request.http_request, "provider"))
    return response


async def start_linking(request: PageRequest) -> Response:
    """Redirects to the provider to link an identity."""
    require_recent_authentication(request)
    try:
        return await _redirect_to_provider(request, "/admin/account", link=True)
    except ProviderUnavailable as error:
        raise Conflict(error.message.text, **error.message.values) from None


async def show_confirmation(request: PageRequest) -> Response:
    """Shows which account came back, and asks whether to link it."""
    require_recent_authentication(request)
    try:
        offered = await identities.read_link_offer(_provider(request), request.authenticated, _token(request))
    except SignInFailed as error:
        raise ValidationFailed({"": error.message}) from None
    return render(request, "account/identity.html", offered=offered, provider=_provider(request))


async def link(request: PageRequest) -> Response:
    """Links that account."""
    require_recent_authentication(request)
    try:
        await identities.link(_provider(request), request.authenticated, _token(request))
    except SignInFailed as error:
        raise ValidationFailed({"": error.message}) from None
    response = redirect_with_flash(
        request, "/admin/account", _("Your account is linked. You can sign in with it from now on.")
    )
    delete_cookie(request, response, cookie_name(request.http_request, "provider"))
    return response


async def unlink(request: PageRequest) -> Response:
    """Removes the link."""
    require_recent_authentication(request)
    await identities.unlink(request.authenticated, request.id)
    return redirect_with_flash(request, "/admin/account", _("Link removed."))


async def _redirect_to_provider(request: PageRequest, next_path: str, *, link: bool = False) -> Response:
    departure = await identities.start_authentication(
        _provider(request), member=request.authenticated if link else None
    )
    response = RedirectResponse(departure.address, status_code=303)
    for cookie, value in (("provider", departure.token), ("next", safe_path(next_path))):
        request.set_cookie(response, cookie_name(request.http_request, cookie), value, max_age=STEP_SECONDS)
    return response


async def _complete_authentication(request: PageRequest) -> AuthenticationResult:
    params = request.http_request.query_params
    answer = AuthorizationResponse(
        code=params.get("code", ""),
        state=params.get("state", ""),
        issuer=params.get("iss", ""),
        error=params.get("error", ""),
    )
    return await identities.complete_authentication(
        _provider(request), _token(request), answer, address=request_origin(request).address
    )


async def _offer_link(request: PageRequest, arrival: AuthenticationResult) -> Response:
    token = await identities.create_link_offer(_provider(request), request.authenticated, arrival)
    response = RedirectResponse("/admin/account/identity/confirmation", status_code=303)
    request.set_cookie(response, cookie_name(request.http_request, "provider"), token, max_age=STEP_SECONDS)
    return response


def _provider(request: PageRequest) -> Provider:
    """The provider of this installation. Raises `NotFound` where it has none."""
    if (provider := request.services.provider) is None:
        raise NotFound("There is no such page.")
    return provider


def _token(request: PageRequest) -> str:
    return request.http_request.cookies.get(cookie_name(request.http_request, "provider"), "")
