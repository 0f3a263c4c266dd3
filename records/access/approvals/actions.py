"""The approved actions, each carried out as whoever asked. Each stands beside the verb that it calls.

A look-up is no act of its own: what needs one asks whether the approval is live
(records/privacy/data_requests.py).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from records.access.partners import acts as partners
from records.access.staff import acts as staff
from records.core.actor import Actor
from records.tables import Approval, Partner, Staff
from records.tables.approvals import ApprovalAction


@dataclass(frozen=True)
class IssuedSecret:
    """A secret, shown this once, and whom it is for."""

    to: Staff | Partner
    secret: str

    def __repr__(self) -> str:
        return "IssuedSecret(...)"


# Done as soon as it is approved.
EXECUTED_ON_APPROVAL: Final[Mapping[ApprovalAction, Callable[[Approval, Actor], Awaitable[None]]]] = {
    **partners.AT_ONCE,
    **staff.AT_ONCE,
}
# Done by the asker afterwards, because it gives a secret for somebody.
EXECUTED_BY_REQUESTER: Final[
    Mapping[ApprovalAction, Callable[[Approval, Actor], Awaitable[tuple[Staff | Partner, str]]]]
] = {
    **partners.BY_ASKER,
    **staff.BY_ASKER,
}
