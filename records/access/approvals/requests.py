"""Requests for approval: asking, deciding, withdrawing, and carrying out."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.access.approvals import actions
from records.access.assigned_areas import AssignedAreas
from records.access.guard import ApprovalRequest, NeedsApproval, record_step
from records.access.staff.areas import actor_of
from records.access.staff.noun import find_active
from records.changes.locks import advisory_lock
from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import reason_field
from records.core.errors import AlreadyRequested, Conflict, NotFound, PermissionDenied, ProblemCode
from records.core.rights import DECIDER_ROLES, ApprovalKind, Right, check_right, has_right
from records.core.validation import Validator, checked_text
from records.tables import Approval, ApprovalArea, DataRequest, Partner, Staff
from records.tables.approvals import ApprovalState, ApprovalStep, Decision

MAX_MOTIVE: Final = 500
REFUSAL: Final = reason_field(MAX_MOTIVE)
DECISION_PERIOD: Final = timedelta(days=7)
USE_PERIOD: Final = timedelta(days=1)
_AREAS: Final = AssignedAreas(ApprovalArea, "approval_id")
areas_of: Final = _AREAS.areas_of


def state(approval: Approval) -> ApprovalState:
    """The state of `approval` now."""
    if approval.withdrawn_at is not None:
        return ApprovalState.WITHDRAWN
    if approval.decision is Decision.REFUSED:
        return ApprovalState.REFUSED
    if approval.used_at is not None:
        return ApprovalState.DONE
    if approval.expires_at <= now():
        return ApprovalState.EXPIRED
    return ApprovalState.WAITING if approval.decision is None else ApprovalState.APPROVED


def decided_by(actor: Actor) -> list[ApprovalKind]:
    """The kinds of approval that the actor's role decides on."""
    return [kind for kind, roles in DECIDER_ROLES.items() if actor.role in roles]


def visible_to(actor: Actor) -> QuerySet[Approval]:
    """The requests that the actor made or decides on, for auditors all of them, newest first.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.APPROVALS_READ)
    rows = Approval.filter(_AREAS.within(actor))
    if not has_right(actor, Right.AUDIT_READ):
        rows = rows.filter(Q(asked_by_id=actor.id) | Q(kind__in=decided_by(actor)))
    return _newest(rows)


def pending_for(actor: Actor) -> QuerySet[Approval]:
    """The requests of others that wait for the actor's decision, newest first. Raises `PermissionDenied`."""
    return _newest(_decidable_by(actor).exclude(asked_by_id=actor.id))


def requested_by(actor: Actor) -> QuerySet[Approval]:
    """The actor's own requests in areas where they still are, newest first. Raises `PermissionDenied`."""
    return visible_to(actor).filter(asked_by_id=actor.id)


def approved_for(actor: Actor) -> QuerySet[Approval]:
    """The actor's own requests that were approved and can still be carried out. Raises `PermissionDenied`."""
    return requested_by(actor).filter(
        decision=Decision.APPROVED, used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now()
    )


async def of_subject(actor: Actor, subject_id: UUID) -> list[Approval]:
    """The live requests about a partner, account or data request; none without the right to read them."""
    if not has_right(actor, Right.APPROVALS_READ):
        return []
    live = {ApprovalState.WAITING, ApprovalState.APPROVED}
    return [row for row in await visible_to(actor).filter(subject_id=subject_id) if state(row) in live]


async def subject_of(approval: Approval) -> DataRequest | Partner | Staff | None:
    """The subject of a visible request; None where it does not exist yet."""
    if approval.kind is ApprovalKind.PHONE_LOOKUP:
        return await DataRequest.get_or_none(id=approval.subject_id)
    if approval.kind is ApprovalKind.PARTNER_ACCESS:
        return await Partner.get_or_none(id=approval.subject_id)
    return await Staff.get_or_none(id=approval.subject_id)


async def request_approval(request: ApprovalRequest, motive: str, *, by: Actor) -> Approval:
    """A request for approval.

    Raises `PermissionDenied`, `ValidationFailed`, or `AlreadyRequested` while the same one is live.
    """
    check_right(by, Right.APPROVALS_ASK)
    check = Validator()
    motive = check.text("motive", motive, max_length=MAX_MOTIVE)
    if not motive:
        check.add(
            "motive",
            "This needs the approval of another person. Give a reason for whoever decides.",
            ProblemCode.REQUIRED,
        )
    check.raise_if_invalid()
    if by.id is None:
        raise PermissionDenied("You do not have permission to do this.")
    async with transaction():
        await advisory_lock("approval", request.digest, by.id)
        for other in await Approval.filter(digest=request.digest, asked_by_id=by.id):
            if state(other) in {ApprovalState.WAITING, ApprovalState.APPROVED}:
                raise AlreadyRequested
        moment = now()
        approval = await Approval.create(
            act=request.act,
            kind=request.kind,
            subject_id=request.subject_id,
            request=request.arguments,
            digest=request.digest,
            asked_by_id=by.id,
            asked_at=moment,
            motive=motive,
            expires_at=moment + DECISION_PERIOD,
        )
        await _AREAS.assign(approval.id, request.areas)
        await record_step(approval, ApprovalStep.ASKED, Right.APPROVALS_ASK, by=by, motive=motive)
        return approval


async def approve(approval_id: UUID, *, by: Actor) -> Approval:
    """The request, approved and carried out; where a secret comes of it, the asker does that within a day.

    Raises `PermissionDenied`, `NotFound` or `Conflict`, and what the verb that carries it out raises.
    """
    async with transaction():
        approval = await _decide(approval_id, Decision.APPROVED, by=by)
        if approval.act in actions.EXECUTED_ON_APPROVAL:
            asker = await find_active(id=approval.asked_by_id)
            if asker is None:
                raise Conflict("The person who requested this no longer has an account. Refuse the request.")
            try:
                await actions.EXECUTED_ON_APPROVAL[approval.act](approval, await actor_of(asker))
            except (NeedsApproval, NotFound, PermissionDenied):
                raise Conflict(
                    "The requested action no longer matches the current state. Refuse it and have it "
                    "requested again."
                ) from None
            await approval.refresh_from_db()
        return approval


async def refuse(approval_id: UUID, *, refusal: str, by: Actor) -> Approval:
    """The request, refused for good and for a reason.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with transaction():
        return await _decide(approval_id, Decision.REFUSED, refusal=refusal, by=by)


async def withdraw(approval_id: UUID, *, by: Actor) -> Approval:
    """One's own request, taken back while it waits. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    check_right(by, Right.APPROVALS_ASK)
    async with transaction():
        approval = await _own_requests(by).filter(id=approval_id).select_for_update().get_or_none()
        if approval is None:
            raise NotFound("There is no such request.")
        _check_pending(approval)
        approval.withdrawn_at = now()
        await approval.save(update_fields=["withdrawn_at"])
        await record_step(approval, ApprovalStep.WITHDRAWN, Right.APPROVALS_ASK, by=by)
        return approval


async def execute(approval_id: UUID, *, by: Actor) -> actions.IssuedSecret:
    """Does what was approved, once; the secret that comes of it.

    Raises `PermissionDenied`, `NotFound` or `Conflict`, and what the verb that carries it out raises.
    """
    check_right(by, Right.APPROVALS_ASK)
    approval = await _own_requests(by).get_or_none(id=approval_id)
    if approval is None:
        raise NotFound("There is no such request.")
    if state(approval) is not ApprovalState.APPROVED or approval.act not in actions.EXECUTED_BY_REQUESTER:
        raise Conflict("This is not approved, or the approval has expired.")
    # Not locked here: the verb locks its own record first, and then uses the approval up.
    try:
        return actions.IssuedSecret(*await actions.EXECUTED_BY_REQUESTER[approval.act](approval, by))
    except (NeedsApproval, NotFound, PermissionDenied):
        raise Conflict("The approved action no longer matches the current state. Request it again.") from None


async def _decide(
    approval_id: UUID, decision: Decision, *, refusal: str | None = None, by: Actor
) -> Approval:
    approval = (
        await _decidable_by(by, undecided=False).filter(id=approval_id).select_for_update().get_or_none()
    )
    if approval is None or by.id is None:
        raise NotFound("There is no such request.")
    if approval.asked_by_id == by.id:
        raise PermissionDenied("Another person has to decide on your request.")
    _check_pending(approval)
    if refusal is not None:
        approval.refusal = checked_text("refusal", refusal, REFUSAL)
    approval.decided_by_id, approval.decided_at, approval.decision = by.id, now(), decision
    lasts = USE_PERIOD if decision is Decision.APPROVED else timedelta(0)
    approval.expires_at = approval.decided_at + lasts
    await approval.save(update_fields=["decided_by_id", "decided_at", "decision", "expires_at", "refusal"])
    step = ApprovalStep(decision.value)
    await record_step(approval, step, Right.APPROVALS_DECIDE, by=by, motive=approval.refusal or "")
    return approval


def _own_requests(by: Actor) -> QuerySet[Approval]:
    return Approval.filter(_AREAS.within(by), asked_by_id=by.id)


def _check_pending(approval: Approval) -> None:
    if state(approval) is not ApprovalState.WAITING:
        raise Conflict("This request has already been decided or withdrawn, or has expired.")


def _decidable_by(actor: Actor, *, undecided: bool = True) -> QuerySet[Approval]:
    check_right(actor, Right.APPROVALS_DECIDE)
    rows = Approval.filter(_AREAS.within(actor), kind__in=decided_by(actor))
    return (
        rows.filter(decision__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now())
        if undecided
        else rows
    )


def _newest(rows: QuerySet[Approval]) -> QuerySet[Approval]:
    return rows.select_related("asked_by", "decided_by").order_by("-asked_at", "-id")
