"""Approvals: pending requests, own requests, the decision, and execution."""

from typing import Final

from starlette.responses import Response
from tortoise.exceptions import DoesNotExist

from admin.access.approvals.facts import facts
from admin.access.partners.keys import render_secret
from admin.kit.approvals import deciders
from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.access.approvals import actions, requests
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.core.language import format_datetime, label
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.tables import Approval, Staff
from records.tables.approvals import ApprovalState

_MAX_ROWS: Final = 100


def _state(request: PageRequest, row: Approval) -> Cell:
    state = requests.state(row)
    open_ = state in {ApprovalState.WAITING, ApprovalState.APPROVED}
    until = request._("until {moment}", moment=format_datetime(row.expires_at)) if open_ else ""
    return Cell(state, until, status=True)


_COLUMNS: Final = (
    Column[Approval](
        _("Requested action"),
        lambda request, row: Cell(
            row.act, label(request.language, row.kind), href=f"/admin/approvals/{row.id}"
        ),
    ),
    Column[Approval](
        _("Requested by"), lambda _request, row: Cell(row.asked_by.name, format_datetime(row.asked_at))
    ),
    Column[Approval](_("Reason"), lambda _request, row: row.motive),
    Column[Approval](_("Status"), _state),
    Column[Approval](_("Decided by"), lambda _request, row: row.decided_by.name if row.decided_by else None),
)


async def index(request: PageRequest) -> Response:
    """Requests that await this user, their own, and for auditors all."""
    actor = request.actor
    check_right(actor, Right.APPROVALS_READ)
    lists = [
        (request._("Waiting for me"), requests.pending_for(actor))
        if has_right(actor, Right.APPROVALS_DECIDE)
        else None,
        (request._("Requested by me"), requests.requested_by(actor))
        if has_right(actor, Right.APPROVALS_ASK)
        else None,
        (request._("All requests"), requests.visible_to(actor)),
    ]
    return render(
        request,
        "access/approvals/index.html",
        lists=[(heading, await rows.limit(_MAX_ROWS)) for heading, rows in filter(None, lists)],
        columns=_COLUMNS,
    )


async def show(request: PageRequest) -> Response:
    """One request: its exact content, its state, and what this user can do with it."""
    approval = await _load(request)
    state, own = requests.state(approval), approval.asked_by_id == request.actor.id
    usable = own and state is ApprovalState.APPROVED and approval.act in actions.EXECUTED_BY_REQUESTER
    if usable:
        require_recent_authentication(request)
    return render(
        request,
        "access/approvals/show.html",
        approval=approval,
        state=state,
        facts=await facts(request, approval),
        deciders=deciders(request, approval.kind),
        usable=usable,
        withdrawable=own and state is ApprovalState.WAITING and has_right(request.actor, Right.APPROVALS_ASK),
        decidable=not own and state is ApprovalState.WAITING and _can_decide(request, approval),
    )


async def decision(request: PageRequest) -> Response:
    """The form to decide on somebody else's request."""
    check_right(request.actor, Right.APPROVALS_DECIDE)
    require_recent_authentication(request)
    return await _decision_form(request, Form({}))


async def decide(request: PageRequest) -> Response:
    """Approves a request, which is then carried out, or refuses it."""
    check_right(request.actor, Right.APPROVALS_DECIDE)
    require_recent_authentication(request)
    form = Form(request.form)
    approve = form.is_approval()
    if form.problems:
        return await _decision_form(request, form, status=422)
    try:
        if approve:
            await requests.approve(request.id, by=request.actor)
        else:
            await requests.refuse(request.id, refusal=form.text("refusal"), by=request.actor)
    except ValidationFailed as error:
        # What was asked for may not fit any more: then the fields are those of another form.
        form.problems |= {"": next(iter(error.problems.values()))} if approve else error.problems
        return await _decision_form(request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _decision_form(request, form, status=409)
    flash = _("Request approved.") if approve else _("Request refused.")
    return redirect_with_flash(request, "/admin/approvals", flash)


async def withdraw(request: PageRequest) -> Response:
    """Withdraws one's own pending request."""
    await requests.withdraw(request.id, by=request.actor)
    return redirect_with_flash(request, f"/admin/approvals/{request.id}", _("Request withdrawn."))


async def execute(request: PageRequest) -> Response:
    """Does what was approved; the secret that comes of it stands on the page that answers, nowhere else."""
    check_right(request.actor, Right.APPROVALS_ASK)
    require_recent_authentication(request)
    handed = await requests.execute(request.id, by=request.actor)
    if isinstance(handed.to, Staff):
        return render(request, "access/staff/password.html", row=handed.to, password=handed.secret)
    return render_secret(request, handed.to, handed.secret)


async def _load(request: PageRequest) -> Approval:
    try:
        return await requests.visible_to(request.actor).get(id=request.id)
    except DoesNotExist:
        raise NotFound("There is no such request.") from None


def _can_decide(request: PageRequest, approval: Approval) -> bool:
    return has_right(request.actor, Right.APPROVALS_DECIDE) and approval.kind in requests.decided_by(
        request.actor
    )


async def _decision_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    approval = await requests.pending_for(request.actor).filter(id=request.id).first()
    if approval is None:
        raise NotFound("There is no such request, or it has already been decided.")
    return render(
        request,
        "access/approvals/decision.html",
        status=status,
        approval=approval,
        facts=await facts(request, approval),
        at_once=approval.act in actions.EXECUTED_ON_APPROVAL,
        form=form,
    )
