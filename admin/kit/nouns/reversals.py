"""Reverting a change, from the history of a tip or a group."""

from typing import Final

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.field_labels import FIELD_LABELS
from admin.kit.forms.fields import Form
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.errors import Conflict, ValidationFailed
from records.registry import reversals
from records.registry.nouns import NOUNS
from records.registry.reversals import Reversal

_NOUN: Final = {"tips": "tip", "groups": "group"}


async def show_form(request: PageRequest) -> Response:
    """The form to revert a change: its effect, and the reason."""
    reversal = await _plan(request, Form(request.http_request.query_params))
    return await _form(request, reversal, Form({"seen": str(reversal.row.version)}))


async def submit(request: PageRequest) -> Response:
    """Reverts the change. If it is refused, the page shows why, and the effect on the current record."""
    form = Form(request.form)
    reversal = await _plan(request, form)
    noun, seq = reversal.entry.noun, reversal.entry.seq
    try:
        await reversals.revert(
            noun,
            request.id,
            seq,
            expected_version=form.expected_version(),
            motive=form.text("motive"),
            by=request.actor,
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, reversal, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _form(request, await _plan(request, form), form, status=409)
    return redirect_with_flash(request, _detail_path(request), "put-back")


async def _plan(request: PageRequest, form: Form) -> Reversal:
    seq = form.integer("entry") or 0
    return await reversals.plan_revert(_NOUN[_parent(request)], request.id, seq, by=request.actor)


def _parent(request: PageRequest) -> str:
    return request.http_request.url.path.split("/")[2]


def _detail_path(request: PageRequest) -> str:
    return f"/admin/{_parent(request)}/{request.id}"


async def _form(request: PageRequest, reversal: Reversal, form: Form, *, status: int = 200) -> Response:
    problems = dict(form.problems)
    motive = problems.pop("motive", None)
    named = [(FIELD_LABELS.get(name, ""), request.translate(message)) for name, message in problems.items()]
    form.problems = {"motive": motive} if motive else {}
    known = NOUNS[reversal.entry.noun].history
    return render(
        request,
        "kit/templates/reversal.html",
        status=status,
        reversal=reversal,
        differences=await history.revert_preview(request, reversal),
        since=[request._(known[name].label) for name in known if name in reversal.changed_since],
        refusals=[f"{request._(word)}: {message}" if word else message for word, message in named],
        form=form,
        back=_detail_path(request),
    )
