"""The check of protected verbs, in their own transaction: somebody approved exactly what they do."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.changes.unit_of_work import audit, transaction
from records.core import events
from records.core.actor import Actor, ActorKind
from records.core.errors import DomainError
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind, Right
from records.tables import Approval
from records.tables.approvals import ApprovalAction, ApprovalStep

# Whoever approved it must still be somebody who may: a role that was taken away takes its approvals along.
_USE_APPROVAL: Final = (
    "UPDATE approvals SET used_at = now() WHERE used_at IS NULL AND id = (SELECT id FROM approvals"
    " WHERE digest = $1 AND asked_by_id = $2 AND decision = 'APPROVED' AND used_at IS NULL"
    " AND expires_at > now() AND approval_decides(id, kind, decided_by_id) ORDER BY asked_at LIMIT 1)"
    " RETURNING id"
)


@dataclass(frozen=True)
class ApprovalRequest:
    """Exactly one thing to do: what it takes, whom it is about, where it reaches, and with which values.

    `arguments` holds plain JSON and never a secret.
    """

    act: ApprovalAction
    kind: ApprovalKind
    subject_id: UUID | None
    areas: frozenset[UUID]
    arguments: dict[str, Any]

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it, the same for the same thing."""
        subject, areas = str(self.subject_id), sorted(map(str, self.areas))
        whole = json.dumps([self.act, self.kind, subject, areas, self.arguments], sort_keys=True)
        return sha256(whole.encode()).hexdigest()


class NeedsApproval(DomainError):
    """It takes the approval of a second person; `request` is what to ask for."""

    code = "NEEDS_APPROVAL"

    def __init__(self, request: ApprovalRequest) -> None:
        super().__init__(_("This needs the approval of another person."))
        self.request = request


async def require_approval(
    act: ApprovalAction,
    kind: ApprovalKind | None,
    subject_id: UUID | None,
    *,
    areas: Collection[UUID],
    arguments: dict[str, Any],
    by: Actor,
) -> None:
    """Uses up the live approval of exactly this; nothing where `kind` is None, or for the operator.

    Raises `NeedsApproval`, after which the verb's transaction must not be committed.
    """
    if kind is None or by.kind is ActorKind.SYSTEM:
        return
    request = ApprovalRequest(act, kind, subject_id, frozenset(areas), arguments)
    rows = await get_connection("default").execute_query_dict(_USE_APPROVAL, [request.digest, by.id])
    if not rows:
        raise NeedsApproval(request)
    await record_step(await Approval.get(id=rows[0]["id"]), ApprovalStep.DONE, Right.APPROVALS_ASK, by=by)


async def record_step(
    approval: Approval, step: ApprovalStep, right: Right, *, by: Actor, motive: str = ""
) -> None:
    """Writes the audit row and the log event of a step in the life of an approval."""
    after = {"approval": step.value, "act": approval.act.value, "subject_id": str(approval.subject_id or "")}
    async with transaction():
        await audit("approval", approval.id, by=by, action=right.value, before={}, after=after, motive=motive)
    events.log(Event.APPROVAL, actor=by.id, step=step.value, approval=approval.id)
