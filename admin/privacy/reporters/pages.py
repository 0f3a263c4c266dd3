"""The reporter of a tip, added later and sealed."""

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.sealed import read_reporter
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.nouns.tips import actions as tip_actions
from records.core.errors import Conflict, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.privacy import reporters
from records.tables import Tip


async def new(request: PageRequest) -> Response:
    """The empty form."""
    return _form(request, await _load(request), Form({}))


async def attach(request: PageRequest) -> Response:
    """Seals the reporter of a tip."""
    tip, form = await _load(request), Form(request.form)
    try:
        draft = read_reporter(form)
        if draft.anonymous:
            form.add_problem("reporter_name", "Enter a value.")
        form.raise_if_invalid()
        await reporters.record(tip.id, draft, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return _form(request, tip, form, status=422)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}", _("Reporter sealed."))


async def _load(request: PageRequest) -> Tip:
    check_right(request.actor, Right.TIPS_EDIT)
    tip = await tip_actions.load(request)
    if not tip.anonymous:
        raise Conflict("The reporter of this tip is already recorded.")
    return tip


def _form(request: PageRequest, tip: Tip, form: Form, *, status: int = 200) -> Response:
    return render(request, "privacy/reporters/form.html", status=status, tip=tip, form=form)
