"""Handing everything of one person over to another: who, what that is, and the step itself."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import day_input
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.assignments.pages import PATH
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns.assignments import handover
from records.nouns.assignments.handover import Workload
from records.tables import Staff

_SINCE: Final = day_input(_("From"))
_CHOOSE: Final = _("Choose a person from the list.")


async def show(request: PageRequest) -> Response:
    """The choice of both, and what would be handed over."""
    check_right(request.actor, Right.ASSIGNMENTS_HAND_OVER)
    form = Form(request.http_request.query_params)
    # Only what a preview was asked for without: before that, the address names neither.
    _require_people(form, [name for name in ("from", "to") if name in form.data])
    return await _page(request, form)


async def hand_over(request: PageRequest) -> Response:
    """Hands over what the preview showed; if that changed or anything would be left, nothing is."""
    check_right(request.actor, Right.ASSIGNMENTS_HAND_OVER)
    form = Form(request.form)
    try:
        _require_people(form, ("from", "to"))
        person, to, on = form.id("from"), form.id("to"), _SINCE.read(form)
        form.raise_if_invalid()
        await handover.hand_over(
            person or UUID(int=0),
            to=to or UUID(int=0),
            on=on,
            expected_digest=form.text("seen"),
            by=request.actor,
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, form)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, form, problem_status=409)
    return redirect_with_flash(request, PATH, _("Everything was handed over."))


def _require_people(form: Form, names: Iterable[str]) -> None:
    for name in names:
        if not form.text(name):
            form.add_problem(name, _CHOOSE)


async def _page(request: PageRequest, form: Form, *, problem_status: int = 422) -> Response:
    people = [Choice(str(one.id), one.name) async for one in handover.people(request.actor)]
    workload = await _workload(request, form)
    successors = [one async for one in handover.successors(workload)] if workload else []
    successor = next((one for one in successors if str(one.id) == form.text("to")), None)
    if form.text("from") and workload is None:
        form.add_problem("from", "This person looks after nothing in your areas.")
    if form.text("to") and workload and successor is None:
        form.add_problem("to", _CHOOSE)
    return render(
        request,
        "nouns/assignments/handover.html",
        status=problem_status if form.problems else 200,
        form=form,
        path=f"{PATH}/handover",
        back=PATH,
        people=people,
        workload=workload,
        successors=[Choice(str(one.id), one.name) for one in successors],
        successor=successor,
        left=await _left(workload, successor),
        since=_SINCE,
    )


async def _workload(request: PageRequest, form: Form) -> Workload | None:
    person = form.id("from")
    try:
        return await handover.workload_of(person, by=request.actor) if person else None
    except NotFound:
        return None


async def _left(workload: Workload | None, successor: Staff | None) -> int:
    """How many things would be left without anybody."""
    return await handover.not_takeable(workload, successor) if workload and successor else 0


ROUTES: Final = page_at(f"{PATH}/handover", get=show, post=hand_over)
