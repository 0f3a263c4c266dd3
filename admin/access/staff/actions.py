"""Actions of administrators on accounts."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.access import staff
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.tables import Staff

_REASON_INPUT: Final = (Input("motive", _("Reason"), hint=_("Recorded in the history of the account.")),)


async def load(request: PageRequest) -> Staff:
    """The account in the path. Raises `NotFound` if it is not visible."""
    row = await staff.visible_to(request.actor).get_or_none(id=request.id)
    if row is None:
        raise NotFound("There is no such staff member.")
    return row


def _can_activate(actor: Actor, row: Staff) -> bool:
    return staff.can_manage_account(actor, row) and not row.active


def _can_deactivate(actor: Actor, row: Staff) -> bool:
    return staff.can_manage_account(actor, row) and row.active


async def _issue_password(request: PageRequest, row: Staff, form: Form) -> Response:
    row, password = await staff.issue_password(
        row.username, expected_version=form.expected_version(), motive=form.text("motive"), by=request.actor
    )
    return render(request, "access/staff/password.html", block="form", row=row, password=password)


async def _remove_factors(request: PageRequest, row: Staff, form: Form) -> None:
    await staff.remove_factors(row.username, motive=form.text("motive"), by=request.actor)


async def _end_sessions(request: PageRequest, row: Staff, form: Form) -> object:
    return await staff.end_sessions(row.username, motive=form.text("motive"), by=request.actor)


async def _deactivate(request: PageRequest, row: Staff, form: Form) -> object:
    motive = form.text("motive")
    return await staff.deactivate(
        row.username, expected_version=form.expected_version(), motive=motive, by=request.actor
    )


async def _activate(request: PageRequest, row: Staff, form: Form) -> object:
    return await staff.activate(
        row.username, expected_version=form.expected_version(), motive=form.text("motive"), by=request.actor
    )


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
            can=_can_activate,
            run=_activate,
            flash=_("Account updated."),
            proof=True,
            inputs=_REASON_INPUT,
        ),
        Action[Staff](
            name="password",
            label=_("New password"),
            explanation=_(
                "A password is generated and shown once. It is valid for three days and must be "
                "changed at the first sign-in."
            ),
            right=Right.STAFF_MANAGE,
            can=_can_deactivate,
            run=_issue_password,
            flash=_("Account updated."),
            proof=True,
            inputs=_REASON_INPUT,
        ),
        Action[Staff](
            name="session-ending",
            label=_("Sign out everywhere"),
            right=Right.STAFF_MANAGE,
            can=_can_deactivate,
            run=_end_sessions,
            flash=_("The people concerned have to sign in again."),
            inputs=_REASON_INPUT,
        ),
        Action[Staff](
            name="factor-removal",
            label=_("Remove all methods"),
            explanation=_(
                "For somebody who has lost all of them. They sign in with the password alone until "
                "they add new ones."
            ),
            right=Right.STAFF_MANAGE,
            can=_can_deactivate,
            run=_remove_factors,
            flash=_("Account updated."),
            proof=True,
            inputs=_REASON_INPUT,
            needs_confirmation=True,
        ),
        Action[Staff](
            name="deactivation",
            label=_("Close the account"),
            explanation=_(
                "They are signed out at once and can no longer sign in. Their actions stay on record."
            ),
            right=Right.STAFF_MANAGE,
            can=_can_deactivate,
            run=_deactivate,
            flash=_("Account updated."),
            inputs=_REASON_INPUT,
            needs_confirmation=True,
        ),
    ),
)
