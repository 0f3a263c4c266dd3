"""Signing in at the OpenID Connect provider, and linking one's account there.

The way there is a plain link, not a form: `form-action` holds for every redirect that follows a form, and so
stays 'self'. Nothing changes on the way back either; a link is made by a form that the person sends.
"""

from typing import Final

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit, cookie_name, inside
from admin.sign_in.pages import STEP_SECONDS, drop, enter, origin, show_form
from records.access.staff import TooMany, identities, signing_in
from records.access.staff.identities import Arrival
from records.access.staff.oidc.errors import NoSignIn, ProviderDown
from records.access.staff.oidc.provider import Answer, Provider
from records.core.errors import Conflict, Invalid, NotFound, Refused

RETURN: Final = "/admin/sign-in/provider/return"
_STATUS: Final[dict[type[Refused], int]] = {ProviderDown: 503, TooMany: 429}


async def depart(visit: Visit) -> Response:
    """Off to the provider, to sign in."""
    if visit.member is not None:
        return RedirectResponse("/admin", status_code=303)
    wanted = visit.request.query_params.get("next", "")
    try:
        return await _depart(visit, wanted)
    except ProviderDown as error:
        return show_form(visit, Form({"next": wanted}, {"": error.message}), status=503)


async def arrive(visit: Visit) -> Response:
    """Back from the provider: on to the page that was wanted, or to what is still to be answered."""
    cookies, wanted = visit.request.cookies, cookie_name(visit.request, "next")
    try:
        arrival = await _arrival(visit)
        if arrival.staff_id is not None:
            return await _offer(visit, arrival)
        begun = await signing_in.with_identity(_provider(visit), arrival.person, origin(visit))
    except (NoSignIn, TooMany) as error:
        if visit.member is not None:
            raise Invalid({"": error.message}) from None
        form = Form({"next": cookies.get(wanted, "")}, {"": error.message})
        return show_form(visit, form, status=_STATUS.get(type(error), 422))
    response = await enter(visit, begun, cookies.get(wanted, ""))
    drop(visit, response, cookie_name(visit.request, "provider"))
    return response


async def depart_to_link(visit: Visit) -> Response:
    """Off to the provider, to show who one is there."""
    need_proof(visit)
    try:
        return await _depart(visit, "/admin/account", link=True)
    except ProviderDown as error:
        raise Conflict(error.message.text, **error.message.values) from None


async def ask(visit: Visit) -> Response:
    """Shows which account came back, and asks whether to link it."""
    need_proof(visit)
    try:
        offered = await identities.offered(_provider(visit), visit.known, _token(visit))
    except NoSignIn as error:
        raise Invalid({"": error.message}) from None
    return page(visit, "account/identity.html", offered=offered, provider=_provider(visit))


async def link(visit: Visit) -> Response:
    """Links that account."""
    need_proof(visit)
    try:
        await identities.link(_provider(visit), visit.known, _token(visit))
    except NoSignIn as error:
        raise Invalid({"": error.message}) from None
    response = done(visit, "/admin/account", "identity-linked")
    drop(visit, response, cookie_name(visit.request, "provider"))
    return response


async def unlink(visit: Visit) -> Response:
    """Takes the link away."""
    need_proof(visit)
    await identities.unlink(visit.known, visit.id)
    return done(visit, "/admin/account", "identity-unlinked")


async def _depart(visit: Visit, wanted: str, *, link: bool = False) -> Response:
    departure = await identities.depart(_provider(visit), member=visit.known if link else None)
    response = RedirectResponse(departure.address, status_code=303)
    for what, value in (("provider", departure.token), ("next", inside(wanted))):
        visit.set_cookie(response, cookie_name(visit.request, what), value, max_age=STEP_SECONDS)
    return response


async def _arrival(visit: Visit) -> Arrival:
    given = visit.request.query_params
    answer = Answer(
        code=given.get("code", ""),
        state=given.get("state", ""),
        issuer=given.get("iss", ""),
        error=given.get("error", ""),
    )
    return await identities.arrive(_provider(visit), _token(visit), answer, address=origin(visit).address)


async def _offer(visit: Visit, arrival: Arrival) -> Response:
    token = await identities.offer(_provider(visit), visit.known, arrival)
    response = RedirectResponse("/admin/account/identity/confirmation", status_code=303)
    visit.set_cookie(response, cookie_name(visit.request, "provider"), token, max_age=STEP_SECONDS)
    return response


def _provider(visit: Visit) -> Provider:
    """The provider of this installation. Raises `NotFound` where it has none."""
    if (provider := visit.services.provider) is None:
        raise NotFound("There is no such page.")
    return provider


def _token(visit: Visit) -> str:
    return visit.request.cookies.get(cookie_name(visit.request, "provider"), "")
