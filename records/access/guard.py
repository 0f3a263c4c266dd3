"""What a protected verb calls in its own transaction: it goes on where somebody approved exactly that."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.changes.change import audit, change
from records.core import events
from records.core.actor import Actor, ActorKind
from records.core.errors import Refused
from records.core.events import Event
from records.core.language import mark as _
from records.core.rights import ApprovalKind, Right
from records.tables import Approval
from records.tables.approvals import Act, ApprovalStep

# Whoever approved it must still be somebody who may: a role that was taken away takes its approvals along.
_SPEND: Final = (
    "UPDATE approvals SET used_at = now() WHERE used_at IS NULL AND id = (SELECT id FROM approvals"
    " WHERE digest = $1 AND asked_by_id = $2 AND decision = 'APPROVED' AND used_at IS NULL"
    " AND expires_at > now() AND approval_decides(id, kind, decided_by_id) ORDER BY asked_at LIMIT 1)"
    " RETURNING id"
)


@dataclass(frozen=True)
class Wanted:
    """Exactly one thing to do: what it takes, whom it is about, where it reaches, and with which values.

    `request` holds plain JSON and never a secret.
    """

    act: Act
    kind: ApprovalKind
    subject_id: UUID | None
    areas: frozenset[UUID]
    request: dict[str, Any]

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it, the same for the same thing."""
        subject, areas = str(self.subject_id), sorted(map(str, self.areas))
        whole = json.dumps([self.act, self.kind, subject, areas, self.request], sort_keys=True)
        return sha256(whole.encode()).hexdigest()


class NeedsApproval(Refused):
    """It takes the approval of a second person; `wanted` is what to ask for."""

    code = "NEEDS_APPROVAL"

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(_("This needs the approval of another person."))
        self.wanted = wanted


async def require(
    act: Act,
    kind: ApprovalKind | None,
    subject_id: UUID | None,
    *,
    areas: Collection[UUID],
    request: dict[str, Any],
    by: Actor,
) -> None:
    """Uses up the live approval of exactly this; nothing where `kind` is None, or for the operator.

    Raises `NeedsApproval`, after which the verb's transaction must not be committed.
    """
    if kind is None or by.kind is ActorKind.SYSTEM:
        return
    wanted = Wanted(act, kind, subject_id, frozenset(areas), request)
    rows = await get_connection("default").execute_query_dict(_SPEND, [wanted.digest, by.id])
    if not rows:
        raise NeedsApproval(wanted)
    await record(await Approval.get(id=rows[0]["id"]), ApprovalStep.DONE, Right.APPROVALS_ASK, by=by)


async def record(
    approval: Approval, step: ApprovalStep, right: Right, *, by: Actor, motive: str = ""
) -> None:
    """Writes the audit row and the log event of a step in the life of an approval."""
    told = {"approval": step.value, "act": approval.act.value, "subject_id": str(approval.subject_id or "")}
    async with change():
        await audit("approval", approval.id, by=by, action=right.value, before={}, after=told, motive=motive)
    events.log(Event.APPROVAL, actor=by.id, step=step.value, approval=approval.id)
