"""The choice of colours and text size, kept in a cookie of the browser."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.pages import redirect_with_flash
from admin.kit.request import Appearance, PageRequest, TextSize, Theme, cookie_name, safe_path
from records.core.language import gettext_noop as _

_ONE_YEAR: Final = 365 * 24 * 3600


async def set_appearance(request: PageRequest) -> Response:
    """Sets the appearance in this browser and returns to the previous page."""
    form = Form(request.form)
    chosen = Appearance(form.enum_value("theme", Theme), form.enum_value("text", TextSize))
    form.raise_if_invalid()
    response = redirect_with_flash(request, safe_path(form.text("next")), _("Appearance changed."))
    name = cookie_name(request.http_request, "appearance")
    request.set_cookie(response, name, chosen.cookie, max_age=_ONE_YEAR)
    return response
