"""The language switch: stored with the account, and in a cookie for the sign-in page."""

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest, cookie_name, safe_path
from records.access import staff
from records.core.language import Language

_ONE_YEAR = 365 * 24 * 3600


async def set_language(request: PageRequest) -> Response:
    """Sets the language and returns to the previous page."""
    form = Form(request.form)
    chosen = form.enum_value("language", Language, required=True)
    form.raise_if_invalid()
    if request.signed_in is not None:
        await staff.set_language(request.signed_in.staff.id, chosen)
    response = RedirectResponse(safe_path(form.text("next")), status_code=303)
    request.set_cookie(
        response, cookie_name(request.http_request, "language"), chosen.value, max_age=_ONE_YEAR
    )
    return response
