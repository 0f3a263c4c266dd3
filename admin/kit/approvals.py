"""Requests the approval of a second person where a verb needs one, and shows pending requests."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from records.access.approvals import requests
from records.access.guard import ApprovalRequest, NeedsApproval
from records.core.actor import Actor
from records.core.errors import AlreadyRequested, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.language import label
from records.core.rights import DECIDER_ROLES, ApprovalKind
from records.tables import Approval
from records.tables.approvals import ApprovalState

T = TypeVar("T")

APPROVAL_REQUESTED: Final = _("Your request is waiting for the approval of another person.")
APPROVAL_REASON_HINT: Final = _("Needed only where another person has to approve: they read the reason.")


@dataclass(frozen=True)
class PendingApproval:
    """A request, as the page of its subject shows it."""

    approval: Approval
    state: ApprovalState
    deciders: str


async def or_request_approval(
    request: PageRequest, form: Form, act: Awaitable[T], *, back: str = ""
) -> T | Response:
    """The result of `act`; if it needs an approval, requests it with the form's reason and redirects `back`.

    Without `back` it goes to the page of the request. Raises `ValidationFailed` where no reason was given, or
    where the person has asked for it already.
    """
    try:
        return await act
    except NeedsApproval as error:
        approval = await _request_approval(error.request, form.text("motive"), by=request.actor)
    return redirect_with_flash(request, back or f"/admin/approvals/{approval.id}", APPROVAL_REQUESTED)


async def pending(request: PageRequest, subject_id: UUID) -> list[PendingApproval]:
    """The requests about a record that are pending, or approved and not yet executed."""
    rows = await requests.of_subject(request.actor, subject_id)
    return [PendingApproval(row, requests.state(row), deciders(request, row.kind)) for row in rows]


def deciders(request: PageRequest, kind: ApprovalKind) -> str:
    """The roles that decide on a kind of request, in the person's language."""
    return " / ".join(sorted(label(request.language, role) for role in DECIDER_ROLES[kind]))


async def _request_approval(approval_request: ApprovalRequest, motive: str, *, by: Actor) -> Approval:
    try:
        return await requests.request_approval(approval_request, motive, by=by)
    except AlreadyRequested as error:
        # Nobody else was first: it is told like a mistake in the form, which keeps what was typed.
        raise ValidationFailed({"": error.message}) from None
