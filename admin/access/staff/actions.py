"""Actions of administrators on accounts."""

from operator import attrgetter
from typing import Final

from starlette.responses import Response

from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions, Rule, Submission, Verb
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.access import staff
from records.core.actor import Actor
from records.core.errors import NotFound
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.tables import Staff

_USERNAME: Final = attrgetter("username")
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


async def _issue_password(submission: Submission[Staff]) -> Response:
    row, password = await staff.issue_password(
        submission.row.username,
        expected_version=submission.form.expected_version(),
        **await submission.values(),
        by=submission.actor,
    )
    return render(submission.request, "access/staff/password.html", block="form", row=row, password=password)


SAVED: Final = _("Account updated.")
ACTIONS: Final = Actions[Staff](
    path="/admin/staff",
    load=load,
    title=lambda row: row.name,
    back=lambda row: f"/admin/staff/{row.id}",
    actions=(
        Action(
            "activation",
            Rule(_("Reopen the account"), Right.STAFF_MANAGE, _can_activate),
            Verb(staff.activate, key=_USERNAME),
            flash=SAVED,
            proof=True,
            inputs=_REASON_INPUT,
        ),
        Action(
            "password",
            Rule(_("New password"), Right.STAFF_MANAGE, _can_deactivate),
            _issue_password,
            explanation=_(
                "A password is generated and shown once. It is valid for three days and must be "
                "changed at the first sign-in."
            ),
            flash=SAVED,
            proof=True,
            inputs=_REASON_INPUT,
        ),
        Action(
            "session-ending",
            Rule(_("Sign out everywhere"), Right.STAFF_MANAGE, _can_deactivate),
            Verb(staff.end_sessions, versioned=False, key=_USERNAME),
            flash=_("The people concerned have to sign in again."),
            inputs=_REASON_INPUT,
        ),
        Action(
            "factor-removal",
            Rule(_("Remove all methods"), Right.STAFF_MANAGE, _can_deactivate),
            Verb(staff.remove_factors, versioned=False, key=_USERNAME),
            explanation=_(
                "For somebody who has lost all of them. They sign in with the password alone until "
                "they add new ones."
            ),
            flash=SAVED,
            proof=True,
            inputs=_REASON_INPUT,
            needs_confirmation=True,
        ),
        Action(
            "deactivation",
            Rule(_("Close the account"), Right.STAFF_MANAGE, _can_deactivate),
            Verb(staff.deactivate, key=_USERNAME),
            explanation=_(
                "They are signed out at once and can no longer sign in. Their actions stay on record."
            ),
            flash=SAVED,
            inputs=_REASON_INPUT,
            needs_confirmation=True,
        ),
    ),
)
