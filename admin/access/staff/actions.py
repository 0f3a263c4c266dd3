"""What an administrator does with how somebody else signs in."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import page
from admin.kit.request import Visit
from records.access import staff
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import mark as _
from records.core.rights import Right
from records.tables import Staff

_WHY: Final = (Input("motive", _("Reason"), hint=_("Recorded in the history of the account.")),)


async def load(visit: Visit) -> Staff:
    """The account of the path, when this person may know of it."""
    row = await staff.visible_to(visit.actor).get_or_none(id=visit.id)
    if row is None:
        raise NotFound("There is no such staff member.")
    return row


def _may_let_in(actor: Actor, row: Staff) -> bool:
    return staff.can_manage(actor, row) and not row.active


def _may_shut_out(actor: Actor, row: Staff) -> bool:
    return staff.can_manage(actor, row) and row.active


async def _hand_over(visit: Visit, row: Staff, form: Form) -> Response:
    row, password = await staff.hand_over_password(
        row.username, seen=form.seen(), motive=form.text("motive"), by=visit.actor
    )
    return page(visit, "access/staff/password.html", block="form", row=row, password=password)


async def _remove_factors(visit: Visit, row: Staff, form: Form) -> None:
    await staff.remove_factors(row.username, motive=form.text("motive"), by=visit.actor)


async def _end_sessions(visit: Visit, row: Staff, form: Form) -> object:
    return await staff.end_sessions(row.username, motive=form.text("motive"), by=visit.actor)


async def _shut_out(visit: Visit, row: Staff, form: Form) -> object:
    motive = form.text("motive")
    return await staff.deactivate(row.username, seen=form.seen(), motive=motive, by=visit.actor)


async def _let_in(visit: Visit, row: Staff, form: Form) -> object:
    return await staff.activate(row.username, seen=form.seen(), motive=form.text("motive"), by=visit.actor)


ACTIONS: Final = Actions[Staff](
    path="/admin/staff",
    load=load,
    title=lambda row: row.name,
    back=lambda row: f"/admin/staff/{row.id}",
    actions=(
        Action[Staff](
            name="activation",
            label=_("Reopen the account"),
            right=Right.STAFF_MANAGE,
            can=_may_let_in,
            do=_let_in,
            said="staff-saved",
            proof=True,
            inputs=_WHY,
        ),
        Action[Staff](
            name="password",
            label=_("New password"),
            explanation=_(
                "A password is generated and shown once. It is valid for three days and must be "
                "changed at the first sign-in."
            ),
            right=Right.STAFF_MANAGE,
            can=_may_shut_out,
            do=_hand_over,
            said="staff-saved",
            proof=True,
            inputs=_WHY,
        ),
        Action[Staff](
            name="session-ending",
            label=_("Sign out everywhere"),
            right=Right.STAFF_MANAGE,
            can=_may_shut_out,
            do=_end_sessions,
            said="sessions-ended",
            inputs=_WHY,
        ),
        Action[Staff](
            name="factor-removal",
            label=_("Remove all methods"),
            explanation=_(
                "For somebody who has lost all of them. They sign in with the password alone until "
                "they add new ones."
            ),
            right=Right.STAFF_MANAGE,
            can=_may_shut_out,
            do=_remove_factors,
            said="staff-saved",
            proof=True,
            inputs=_WHY,
            grave=True,
        ),
        Action[Staff](
            name="deactivation",
            label=_("Close the account"),
            explanation=_(
                "They are signed out at once and can no longer sign in. Their actions stay on record."
            ),
            right=Right.STAFF_MANAGE,
            can=_may_shut_out,
            do=_shut_out,
            said="staff-saved",
            inputs=_WHY,
            grave=True,
        ),
    ),
)
