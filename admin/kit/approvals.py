"""What a page does when a second person has to approve what was sent, and what it says while that waits."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.pages import done
from admin.kit.request import Visit
from records.access.approvals import requests
from records.access.guard import NeedsApproval, Wanted
from records.core.actor import Actor
from records.core.errors import AskedAlready, Invalid
from records.core.language import label
from records.core.language import mark as _
from records.core.rights import DECIDES, ApprovalKind
from records.tables import Approval
from records.tables.approvals import ApprovalState

T = TypeVar("T")

WHY_APPROVAL: Final = _("Needed only where another person has to approve: they read the reason.")


@dataclass(frozen=True)
class Pending:
    """A request as the page of its subject tells of it."""

    approval: Approval
    state: ApprovalState
    deciders: str


async def or_ask(visit: Visit, form: Form, act: Awaitable[T], *, back: str = "") -> T | Response:
    """What `act` gives; where it needs an approval, asks for it with the form's reason and goes `back`.

    Without `back` it goes to the page of the request. Raises `Invalid` where no reason was given, or
    where the person has asked for it already.
    """
    try:
        return await act
    except NeedsApproval as needed:
        approval = await _ask(needed.wanted, form.text("motive"), by=visit.actor)
    return done(visit, back or f"/admin/approvals/{approval.id}", "approval-asked")


async def pending(visit: Visit, subject_id: UUID) -> list[Pending]:
    """The requests about a record that wait, or are approved and not carried out yet."""
    rows = await requests.of_subject(visit.actor, subject_id)
    return [Pending(row, requests.state(row), deciders(visit, row.kind)) for row in rows]


def deciders(visit: Visit, kind: ApprovalKind) -> str:
    """The roles that decide on a kind of request, in the person's language."""
    return " / ".join(sorted(label(visit.language, role) for role in DECIDES[kind]))


async def _ask(wanted: Wanted, motive: str, *, by: Actor) -> Approval:
    try:
        return await requests.ask(wanted, motive, by=by)
    except AskedAlready as already:
        # Nobody else was first: it is told like a mistake in the form, which keeps what was typed.
        raise Invalid({"": already.message}) from None
