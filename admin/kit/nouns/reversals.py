"""Putting a change back, from the history of a tip or a group."""

from typing import Final

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.field_labels import WORDS
from admin.kit.forms.fields import Form
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.core.errors import Conflict, Invalid
from records.registry import reversals
from records.registry.nouns import NOUNS
from records.registry.reversals import Reversal

_NOUN: Final = {"tips": "tip", "groups": "group"}


async def ask(visit: Visit) -> Response:
    """What would change, and the question why."""
    reversal = await _plan(visit, Form(visit.request.query_params))
    return await _form(visit, reversal, Form({"seen": str(reversal.row.version)}))


async def do(visit: Visit) -> Response:
    """Puts the change back. Refused, the page says why, and what would change by now."""
    form = Form(visit.form)
    reversal = await _plan(visit, form)
    noun, seq = reversal.entry.noun, reversal.entry.seq
    try:
        await reversals.put_back(
            noun, visit.id, seq, seen=form.seen(), motive=form.text("motive"), by=visit.actor
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, reversal, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _form(visit, await _plan(visit, form), form, status=409)
    return done(visit, _back(visit), "put-back")


async def _plan(visit: Visit, form: Form) -> Reversal:
    seq = form.whole("entry") or 0
    return await reversals.plan(_NOUN[_parent(visit)], visit.id, seq, by=visit.actor)


def _parent(visit: Visit) -> str:
    return visit.request.url.path.split("/")[2]


def _back(visit: Visit) -> str:
    return f"/admin/{_parent(visit)}/{visit.id}"


async def _form(visit: Visit, reversal: Reversal, form: Form, *, status: int = 200) -> Response:
    problems = dict(form.problems)
    motive = problems.pop("motive", None)
    named = [(WORDS.get(name, ""), visit.say(said)) for name, said in problems.items()]
    form.problems = {"motive": motive} if motive else {}
    known = NOUNS[reversal.entry.noun].history
    return page(
        visit,
        "kit/templates/reversal.html",
        status=status,
        reversal=reversal,
        differences=await history.put_back(visit, reversal),
        since=[visit._(known[name].label) for name in known if name in reversal.since],
        refusals=[f"{visit._(word)}: {said}" if word else said for word, said in named],
        form=form,
        back=_back(visit),
    )
