"""Signing everybody out: for the day on which something went wrong."""

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.access import staff
from records.core.errors import Invalid
from records.core.rights import Right, check_may


async def ask(visit: Visit) -> Response:
    """The question before."""
    check_may(visit.actor, Right.STAFF_MANAGE)
    need_proof(visit)
    return page(visit, "access/staff/sessions.html", form=Form({}))


async def end(visit: Visit) -> Response:
    """Ends every session in this person's areas but the one in which it is asked for."""
    check_may(visit.actor, Right.STAFF_MANAGE)
    need_proof(visit)
    form = Form(visit.form)
    try:
        await staff.end_every_session(but=visit.known.session.id, motive=form.text("motive"), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return page(visit, "access/staff/sessions.html", status=422, form=form)
    return done(visit, "/admin/staff", "sessions-ended")
