"""What takes a second person: what waits for one, what one asked for, the decision, and carrying it out."""

from typing import Final

from starlette.responses import Response
from tortoise.exceptions import DoesNotExist

from admin.access.approvals.facts import facts
from admin.access.partners.keys import secret_page
from admin.kit.approvals import deciders
from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.access.approvals import actions, requests
from records.core.errors import Conflict, Invalid, NotFound
from records.core.language import label, moment
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.tables import Approval, Staff
from records.tables.approvals import ApprovalState

_MOST: Final = 100
_DECISIONS: Final = {"approve": requests.approve, "refuse": requests.refuse}


def _state(visit: Visit, row: Approval) -> Cell:
    state = requests.state(row)
    open_ = state in {ApprovalState.WAITING, ApprovalState.APPROVED}
    until = visit._("until {moment}", moment=moment(row.expires_at)) if open_ else ""
    return Cell(state, until, status=True)


_COLUMNS: Final = (
    Column[Approval](
        _("Requested action"),
        lambda visit, row: Cell(row.act, label(visit.language, row.kind), href=f"/admin/approvals/{row.id}"),
    ),
    Column[Approval](_("Requested by"), lambda _visit, row: Cell(row.asked_by.name, moment(row.asked_at))),
    Column[Approval](_("Reason"), lambda _visit, row: row.motive),
    Column[Approval](_("Status"), _state),
    Column[Approval](_("Decided by"), lambda _visit, row: row.decided_by.name if row.decided_by else None),
)


async def index(visit: Visit) -> Response:
    """What waits for this person, what they asked for, and for those who audit everything."""
    actor = visit.actor
    check_may(actor, Right.APPROVALS_READ)
    lists = [
        (visit._("Waiting for me"), requests.waiting(actor)) if may(actor, Right.APPROVALS_DECIDE) else None,
        (visit._("Requested by me"), requests.mine(actor)) if may(actor, Right.APPROVALS_ASK) else None,
        (visit._("All requests"), requests.visible_to(actor)),
    ]
    return page(
        visit,
        "access/approvals/index.html",
        lists=[(heading, await rows.limit(_MOST)) for heading, rows in filter(None, lists)],
        columns=_COLUMNS,
    )


async def show(visit: Visit) -> Response:
    """One request: what exactly is asked for, how it stands, and what this person can do with it."""
    approval = await _load(visit)
    state, own = requests.state(approval), approval.asked_by_id == visit.actor.id
    usable = own and state is ApprovalState.APPROVED and approval.act in actions.BY_ASKER
    if usable:
        need_proof(visit)
    return page(
        visit,
        "access/approvals/show.html",
        approval=approval,
        state=state,
        facts=await facts(visit, approval),
        deciders=deciders(visit, approval.kind),
        usable=usable,
        withdrawable=own and state is ApprovalState.WAITING and may(visit.actor, Right.APPROVALS_ASK),
        decidable=not own and state is ApprovalState.WAITING and _decides(visit, approval),
    )


async def decision(visit: Visit) -> Response:
    """The form to decide on somebody else's request."""
    check_may(visit.actor, Right.APPROVALS_DECIDE)
    need_proof(visit)
    return await _decision_form(visit, Form({}))


async def decide(visit: Visit) -> Response:
    """Approves a request, which is then carried out, or refuses it."""
    check_may(visit.actor, Right.APPROVALS_DECIDE)
    need_proof(visit)
    form = Form(visit.form)
    chosen = form.text("decision")
    try:
        if chosen not in _DECISIONS:
            form.note("", "Choose one.")
        form.done()
        await _DECISIONS[chosen](visit.id, by=visit.actor)
    except Invalid as no:
        # What was asked for does not fit any more: the fields are those of another form.
        form.problems[""] = next(iter(no.problems.values()))
        return await _decision_form(visit, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _decision_form(visit, form, status=409)
    return done(visit, "/admin/approvals", "approval-approved" if chosen == "approve" else "approval-refused")


async def withdraw(visit: Visit) -> Response:
    """Takes one's own request back while it waits."""
    await requests.withdraw(visit.id, by=visit.actor)
    return done(visit, f"/admin/approvals/{visit.id}", "approval-withdrawn")


async def carry_out(visit: Visit) -> Response:
    """Does what was approved; the secret that comes of it stands on the page that answers, nowhere else."""
    check_may(visit.actor, Right.APPROVALS_ASK)
    need_proof(visit)
    handed = await requests.carry_out(visit.id, by=visit.actor)
    if isinstance(handed.to, Staff):
        return page(visit, "access/staff/password.html", row=handed.to, password=handed.secret)
    return secret_page(visit, handed.to, handed.secret)


async def _load(visit: Visit) -> Approval:
    try:
        return await requests.visible_to(visit.actor).get(id=visit.id)
    except DoesNotExist:
        raise NotFound("There is no such request.") from None


def _decides(visit: Visit, approval: Approval) -> bool:
    return may(visit.actor, Right.APPROVALS_DECIDE) and approval.kind in requests.decided_by(visit.actor)


async def _decision_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    approval = await requests.waiting(visit.actor).filter(id=visit.id).first()
    if approval is None:
        raise NotFound("There is no such request, or it has already been decided.")
    return page(
        visit,
        "access/approvals/decision.html",
        status=status,
        approval=approval,
        facts=await facts(visit, approval),
        at_once=approval.act in actions.AT_ONCE,
        form=form,
    )
