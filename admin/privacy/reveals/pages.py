"""Seeing sealed data: asking for it, deciding on it, looking at it, and the lists of who did."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.nouns.education import actions as education_actions
from admin.nouns.members import pages as members
from admin.nouns.tips import actions as tip_actions
from records.core.errors import Conflict, Invalid, NotFound
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.privacy import reveals
from records.security import vault
from records.tables import Reveal
from records.tables.privacy import RevealState

_MOST: Final = 100
# Where the record is that a kind of sealed data belongs to.
_PAGES: Final = {
    "tip_reporters": "/admin/tips/{}",
    "member_contacts": "/admin/members/{}/contact",
    "education_subjects": "/admin/education-cases/{}",
}
_TEXTS: Final = {
    "name": _("Name"),
    "phone": _("Phone"),
    "account": _("Account"),
    "address": _("Address"),
    "birth_year": _("Birth year"),
}


@dataclass(frozen=True)
class _Asked:
    """The record of the path: which of its data are sealed, and what to call it and the asking."""

    kind: str
    text: str
    name: str


async def _asked(visit: Visit) -> _Asked:
    """What may be asked for at this path. Raises `NotFound`, `Denied` or `Conflict`."""
    match visit.request.url.path.split("/")[2]:
        case "tips":
            tip = await tip_actions.load(visit)
            if tip.anonymous:
                raise Conflict("The reporter gave no name.")
            return _Asked(
                "tip_reporters", visit._("Request the identity of the reporter"), f"{tip.code}: {tip.title}"
            )
        case "members":
            asked = _Asked(
                "member_contacts", visit._("Request contact details"), (await members.load(visit)).name
            )
        case _:
            case = await education_actions.load(visit)
            asked = _Asked("education_subjects", visit._("Request the identity of the subject"), case.code)
    if not await vault.present(asked.kind, [visit.id]):
        raise Conflict("No sealed data.")
    return asked


async def index(visit: Visit) -> Response:
    """What one asked for, what waits for one's decision, and the log, each for those whose it is."""
    actor = visit.actor
    mine = await reveals.mine(actor).limit(_MOST)
    waiting = await reveals.waiting(actor).limit(_MOST) if may(actor, Right.REVEALS_DECIDE) else []
    log = await reveals.log(actor).limit(_MOST) if may(actor, Right.REVEALS_LOG) else []
    return page(
        visit,
        "privacy/reveals/index.html",
        mine=mine,
        waiting=waiting,
        log=log,
        may_ask=may(actor, Right.REVEALS_ASK),
        may_decide=may(actor, Right.REVEALS_DECIDE),
        may_see_log=may(actor, Right.REVEALS_LOG),
        state=reveals.state,
        codes=await reveals.codes(actor, [*mine, *waiting, *log]),
    )


async def new(visit: Visit) -> Response:
    """The form to ask for what is sealed of a record."""
    check_may(visit.actor, Right.REVEALS_ASK)
    return _ask_form(visit, await _asked(visit), Form({}))


async def create(visit: Visit) -> Response:
    """Asks for what is sealed of a record."""
    check_may(visit.actor, Right.REVEALS_ASK)
    asked, form = await _asked(visit), Form(visit.form)
    try:
        reveal = await reveals.ask(asked.kind, visit.id, form.text("motive"), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return _ask_form(visit, asked, form, status=422)
    return done(visit, f"/admin/reveals/{reveal.id}", "reveal-asked")


async def show(visit: Visit) -> Response:
    """One's own request, with the button to look while its approval lives."""
    return await _shown(visit, await _mine(visit))


async def look(visit: Visit) -> Response:
    """What is sealed. It is the answer to a form, so that no reload and no way back shows it unasked."""
    need_proof(visit)
    looked = await reveals.look(visit.id, by=visit.actor)
    shown = dict(looked.values)
    if "phone" in shown:
        shown["phone"] = vault.phone_text(shown["phone"])
    values = {visit._(_TEXTS[column]): value for column, value in shown.items()}
    if looked.may_contact is not None:
        values[visit._("May be contacted")] = visit._("Yes") if looked.may_contact else visit._("No")
    return await _shown(visit, await _mine(visit), values)


async def withdraw(visit: Visit) -> Response:
    """Takes one's own request back while it waits."""
    await reveals.withdraw(visit.id, by=visit.actor)
    return done(visit, f"/admin/reveals/{visit.id}", "reveal-withdrawn")


async def decision(visit: Visit) -> Response:
    """The form to decide on somebody else's request."""
    need_proof(visit)
    return await _decision_form(visit, Form({"minutes": "60"}))


async def decide(visit: Visit) -> Response:
    """Approves a request for some time, or refuses it."""
    check_may(visit.actor, Right.REVEALS_DECIDE)
    need_proof(visit)
    form = Form(visit.form)
    try:
        approve = form.text("decision") == "approve"
        if not approve and form.text("decision") != "refuse":
            form.note("", "Choose one.")
        minutes = form.whole("minutes") if approve else None
        if approve and minutes is None:
            form.note("minutes", "Enter a value.")
        form.done()
        await reveals.decide(visit.id, approve=approve, minutes=minutes or 0, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _decision_form(visit, form, status=422)
    return done(visit, "/admin/reveals", "reveal-decided")


async def _mine(visit: Visit) -> Reveal:
    reveal = await reveals.mine(visit.actor).filter(id=visit.id).first()
    if reveal is None:
        raise NotFound("There is no such request.")
    return reveal


async def _shown(visit: Visit, reveal: Reveal, values: dict[str, str] | None = None) -> Response:
    return page(
        visit,
        "privacy/reveals/show.html",
        reveal=reveal,
        code=(await reveals.codes(visit.actor, [reveal])).get(reveal.row_id, ""),
        record=_PAGES[reveal.sealed].format(reveal.row_id),
        state=reveals.state(reveal),
        waits=reveals.state(reveal) is RevealState.WAITING and may(visit.actor, Right.REVEALS_ASK),
        live=reveals.state(reveal) is RevealState.LIVE and may(visit.actor, Right.REVEALS_ASK),
        values=values,
    )


def _ask_form(visit: Visit, asked: _Asked, form: Form, *, status: int = 200) -> Response:
    back = _PAGES[asked.kind].format(visit.id)
    return page(visit, "privacy/reveals/ask.html", status=status, asked=asked, back=back, form=form)


async def _decision_form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    reveal = await reveals.waiting(visit.actor).filter(id=visit.id).first()
    if reveal is None:
        raise NotFound("There is no such request, or it has already been decided.")
    code = (await reveals.codes(visit.actor, [reveal])).get(reveal.row_id, "")
    return page(visit, "privacy/reveals/decision.html", status=status, reveal=reveal, code=code, form=form)
