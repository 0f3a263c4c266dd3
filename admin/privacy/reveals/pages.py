"""Access to sealed data: requests, decisions, viewing, and the log."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.tables import Cell
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.nouns.education import actions as education_actions
from admin.nouns.members import pages as members
from admin.nouns.tips import actions as tip_actions
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.privacy import reveals
from records.security import vault
from records.tables import Reveal
from records.tables.privacy import RevealState

_MAX_ROWS: Final = 100
# The page of the record, by kind of sealed data.
_PAGES: Final = {
    "tip_reporters": "/admin/tips/{}",
    "member_contacts": "/admin/members/{}/contact",
    "education_subjects": "/admin/education-cases/{}",
}
_FIELD_LABELS: Final = {
    "name": _("Full name"),
    "phone": _("Phone"),
    "account": _("Account"),
    "address": _("Address"),
    "birth_year": _("Birth year"),
}


@dataclass(frozen=True)
class _RevealTarget:
    """The record in the path: the kind of its sealed data, and the titles of the page."""

    kind: str
    text: str
    name: str


async def _reveal_target(request: PageRequest) -> _RevealTarget:
    """The target of a request at this path. Raises `NotFound`, `PermissionDenied` or `Conflict`."""
    match request.http_request.url.path.split("/")[2]:
        case "tips":
            tip = await tip_actions.load(request)
            if tip.anonymous:
                raise Conflict("The reporter gave no name.")
            return _RevealTarget(
                "tip_reporters", request._("Request the identity of the reporter"), f"{tip.code}: {tip.title}"
            )
        case "members":
            target = _RevealTarget(
                "member_contacts", request._("Request contact details"), (await members.load(request)).name
            )
        case _:
            case = await education_actions.load(request)
            target = _RevealTarget(
                "education_subjects", request._("Request the identity of the subject"), case.code
            )
    if not await vault.sealed_records(target.kind, [request.id]):
        raise Conflict("No sealed data.")
    return target


async def index(request: PageRequest) -> Response:
    """One's own requests, those that await one's decision, and the log, according to one's rights."""
    actor = request.actor
    mine = await reveals.requested_by(actor).limit(_MAX_ROWS)
    waiting = (
        await reveals.pending_for(actor).limit(_MAX_ROWS) if has_right(actor, Right.REVEALS_DECIDE) else []
    )
    log = await reveals.log(actor).limit(_MAX_ROWS) if has_right(actor, Right.REVEALS_LOG) else []
    return render(
        request,
        "privacy/reveals/index.html",
        mine=mine,
        waiting=waiting,
        log=log,
        may_request=has_right(actor, Right.REVEALS_ASK),
        may_decide=has_right(actor, Right.REVEALS_DECIDE),
        may_see_log=has_right(actor, Right.REVEALS_LOG),
        state=reveals.state,
        codes=await reveals.codes(actor, [*mine, *waiting, *log]),
    )


async def new(request: PageRequest) -> Response:
    """The form to request the sealed data of a record."""
    check_right(request.actor, Right.REVEALS_ASK)
    return _request_form(request, await _reveal_target(request), Form({}))


async def create(request: PageRequest) -> Response:
    """Requests the sealed data of a record."""
    check_right(request.actor, Right.REVEALS_ASK)
    target, form = await _reveal_target(request), Form(request.form)
    try:
        reveal = await reveals.request_reveal(target.kind, request.id, form.text("motive"), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return _request_form(request, target, form, status=422)
    return redirect_with_flash(
        request, f"/admin/reveals/{reveal.id}", _("Your request is waiting for a custodian.")
    )


async def show(request: PageRequest) -> Response:
    """One's own request, with the button to view the data while the approval is valid."""
    return await _detail(request, await _load_own(request))


async def view(request: PageRequest) -> Response:
    """The sealed data, as the response to a POST, so that reloading or going back does not show it."""
    require_recent_authentication(request)
    opened = await reveals.open_reveal(request.id, by=request.actor)
    shown = {column: Cell(value) for column, value in opened.values.items()}
    if phone := opened.values.get("phone"):
        # One tap calls; not a reporter who does not want that.
        href = "" if opened.may_contact is False else f"tel:{phone}"
        shown["phone"] = Cell(vault.format_phone_number(phone), href=href)
    values = {request._(_FIELD_LABELS[column]): cell for column, cell in shown.items()}
    if opened.may_contact is not None:
        values[request._("May be contacted")] = Cell(opened.may_contact)
    return await _detail(request, await _load_own(request), values)


async def withdraw(request: PageRequest) -> Response:
    """Withdraws one's own pending request."""
    await reveals.withdraw(request.id, by=request.actor)
    return redirect_with_flash(request, f"/admin/reveals/{request.id}", _("Request withdrawn."))


async def decision(request: PageRequest) -> Response:
    """The form to decide on somebody else's request."""
    require_recent_authentication(request)
    return await _decision_form(request, Form({"minutes": "60"}))


async def decide(request: PageRequest) -> Response:
    """Approves a request for some time, or refuses it."""
    check_right(request.actor, Right.REVEALS_DECIDE)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        approve = form.is_approval()
        minutes = form.integer("minutes") if approve else None
        if approve and minutes is None:
            form.add_problem("minutes", "Enter a value.")
        form.raise_if_invalid()
        await reveals.decide(
            request.id, approve=approve, minutes=minutes or 0, refusal=form.text("refusal"), by=request.actor
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _decision_form(request, form, status=422)
    flash = _("Request approved.") if approve else _("Request refused.")
    return redirect_with_flash(request, "/admin/reveals", flash)


async def _load_own(request: PageRequest) -> Reveal:
    reveal = await reveals.requested_by(request.actor).filter(id=request.id).first()
    if reveal is None:
        raise NotFound("There is no such request.")
    return reveal


async def _detail(request: PageRequest, reveal: Reveal, values: dict[str, Cell] | None = None) -> Response:
    return render(
        request,
        "privacy/reveals/show.html",
        reveal=reveal,
        code=(await reveals.codes(request.actor, [reveal])).get(reveal.row_id, ""),
        record=_PAGES[reveal.sealed].format(reveal.row_id),
        state=reveals.state(reveal),
        waits=reveals.state(reveal) is RevealState.WAITING and has_right(request.actor, Right.REVEALS_ASK),
        live=reveals.state(reveal) is RevealState.LIVE and has_right(request.actor, Right.REVEALS_ASK),
        values=values,
    )


def _request_form(request: PageRequest, target: _RevealTarget, form: Form, *, status: int = 200) -> Response:
    back = _PAGES[target.kind].format(request.id)
    return render(request, "privacy/reveals/form.html", status=status, target=target, back=back, form=form)


async def _decision_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    reveal = await reveals.pending_for(request.actor).filter(id=request.id).first()
    if reveal is None:
        raise NotFound("There is no such request, or it has already been decided.")
    code = (await reveals.codes(request.actor, [reveal])).get(reveal.row_id, "")
    return render(
        request,
        "privacy/reveals/decision.html",
        status=status,
        reveal=reveal,
        noun=reveals.noun_name(reveal),
        may_hold=has_right(request.actor, Right.RETENTION_MANAGE),
        code=code,
        form=form,
    )
