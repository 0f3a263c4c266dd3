"""Who gave a tip that was recorded without a name: told later, and sealed at once."""

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.kit.sealed import read_reporter
from admin.nouns.tips import actions as tip_actions
from records.core.errors import Conflict, Invalid
from records.core.rights import Right, check_may
from records.privacy import reporters
from records.tables import Tip


async def new(visit: Visit) -> Response:
    """The empty form."""
    return _form(visit, await _load(visit), Form({}))


async def attach(visit: Visit) -> Response:
    """Seals who gave a tip."""
    tip, form = await _load(visit), Form(visit.form)
    try:
        draft = read_reporter(form)
        if draft.anonymous:
            form.note("reporter_name", "Enter a value.")
        form.done()
        await reporters.attach(tip.id, draft, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return _form(visit, tip, form, status=422)
    return done(visit, f"/admin/tips/{tip.id}", "reporter-sealed")


async def _load(visit: Visit) -> Tip:
    check_may(visit.actor, Right.TIPS_EDIT)
    tip = await tip_actions.load(visit)
    if not tip.anonymous:
        raise Conflict("The reporter of this tip is already recorded.")
    return tip


def _form(visit: Visit, tip: Tip, form: Form, *, status: int = 200) -> Response:
    return page(visit, "privacy/reporters/form.html", status=status, tip=tip, form=form)
