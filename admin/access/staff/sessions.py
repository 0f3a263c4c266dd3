"""Signing everybody out, after a security incident."""

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.access import staff
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right


async def show_form(request: PageRequest) -> Response:
    """The question before."""
    check_right(request.actor, Right.STAFF_MANAGE)
    require_recent_authentication(request)
    return render(request, "access/staff/sessions.html", form=Form({}))


async def end(request: PageRequest) -> Response:
    """Ends every session in this person's areas but the one in which it is asked for."""
    check_right(request.actor, Right.STAFF_MANAGE)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        await staff.end_all_sessions(
            except_session_id=request.authenticated.session.id, motive=form.text("motive"), by=request.actor
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return render(request, "access/staff/sessions.html", status=422, form=form)
    return redirect_with_flash(request, "/admin/staff", _("The people concerned have to sign in again."))
