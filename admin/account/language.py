"""The language switch: kept with the person, and in this browser for the sign-in page."""

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.request import Visit, cookie_name, inside
from records.access import staff
from records.core.language import Language

_A_YEAR = 365 * 24 * 3600


async def choose(visit: Visit) -> Response:
    """The page that the person came from, in the language that was chosen."""
    form = Form(visit.form)
    chosen = form.one_of("language", Language, needed=True)
    form.done()
    if visit.member is not None:
        await staff.set_language(visit.member.staff.id, chosen)
    response = RedirectResponse(inside(form.text("next")), status_code=303)
    visit.set_cookie(response, cookie_name(visit.request, "language"), chosen.value, max_age=_A_YEAR)
    return response
