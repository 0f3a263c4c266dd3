"""How a page is made: the whole of it, or just the block that htmx asked for; and the pages that say no."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from admin.kit.forms.field_labels import WORDS
from admin.kit.forms.token import masked
from admin.kit.menu import menu
from admin.kit.request import Visit, cookie_name
from admin.kit.values import shown
from records.access.guard import NeedsApproval
from records.core.errors import AskedAlready, Conflict, Denied, Invalid, NotFound, Refused, Unavailable
from records.core.language import Language, day, label, moment, number
from records.core.language import mark as _

_ADMIN: Final = Path(__file__).parents[1]
_PARTS: Final = ("forms", "merging", "lists", "records")
_STATUS: Final[dict[type[Refused], int]] = {
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    AskedAlready: 409,
    Invalid: 422,
    NeedsApproval: 409,
}
_HEADINGS: Final[dict[type[Refused], str]] = {
    Denied: _("You may not do this"),
    NotFound: _("There is nothing here"),
    Conflict: _("This cannot be done now"),
    AskedAlready: _("This cannot be done now"),
    Invalid: _("Something is not right with what was sent"),
    NeedsApproval: _("This cannot be done now"),
}

# What is said after a change. The cookie that carries it over the redirect holds only keys.
SAID: Final = {
    "signed-out": _("You are signed out."),
    "password-changed": _("Your password is changed."),
    "session-ended": _("Done. What you ended is signed out."),
    "factor-added": _("It is added."),
    "factor-removed": _("It is removed."),
    "identity-linked": _("Your account is linked. You can sign in with it from now on."),
    "identity-unlinked": _("The link is taken away."),
    "tip-created": _("The tip is recorded."),
    "tip-saved": _("The tip is saved."),
    "tip-moved": _("Done. The tip now stands as shown."),
    "picture-added": _("The picture is attached."),
    "picture-removed": _("The picture is removed."),
    "note-added": _("The note is in the story of the tip."),
    "group-created": _("The group is recorded."),
    "group-saved": _("The group is saved."),
    "group-moved": _("Done. The group now stands as shown."),
    "group-removed": _("The group is taken out. You can bring it back."),
    "group-restored": _("The group is back."),
    "member-joined": _("The member is recorded."),
    "case-opened": _("The case is opened."),
    "case-noted": _("The note is recorded."),
    "case-sealed": _("It is sealed."),
    "case-moved": _("Done. The case now stands as shown."),
    "request-received": _("The request is recorded. Another person has to approve the look-up."),
    "request-erased": _("It is erased."),
    "request-corrected": _("It is sealed as put right."),
    "request-answered": _("The answer is recorded."),
    "staff-saved": _("Done. The account now stands as shown."),
    "sessions-ended": _("Done. Whoever was meant has to sign in again."),
    "put-back": _("It is put back."),
    "partner-created": _("The partner is added. Issue its first key below."),
    "partner-saved": _("Done. The partner now stands as shown."),
    "key-revoked": _("The key is revoked."),
    "documents-added": _("The documents are registered."),
    "document-removed": _("The document is removed."),
    "webhook-saved": _("Done. The webhook now stands as shown."),
    "webhook-removed": _("The webhook is removed."),
    "webhook-tested": _("A test is on its way. Load the page again to see what came of it."),
    "webhook-replayed": _("Everything since then is on its way."),
    "delivery-repeated": _("It is sent again. Load the page again to see what came of it."),
    "contact-sealed": _("The contact is sealed."),
    "contact-removed": _("The contact is taken away."),
    "reporter-sealed": _("Who gave the tip is sealed."),
    "approval-asked": _("Your request waits for the approval of another person."),
    "approval-approved": _("The request is approved."),
    "approval-refused": _("The request is refused."),
    "approval-withdrawn": _("Your request is withdrawn."),
    "reveal-withdrawn": _("Your request is withdrawn."),
    "reveal-asked": _("Your request waits for a custodian."),
    "reveal-decided": _("The request is decided."),
    "member-changed": _("The member's term is changed."),
}


def page(
    visit: Visit,
    template: str,
    /,
    *,
    block: str | None = None,
    into: str | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    """The page of `template`, or its block when htmx asked for one.

    With `into`, the block goes into that element wherever htmx meant to put it: a form inside a record that
    was sent with success is followed by the record. In a template, `ui` has the parts in this context.
    """
    values = _context(visit) | context
    _add_parts(values)
    fragment = visit.partial and block is not None
    values["layout"] = f"kit/templates/{'fragment' if fragment else 'layout'}.html"
    content = _environment().get_template(template).render(values)
    if not fragment:
        return HTMLResponse(content, status_code=status)
    toast = _environment().get_template("kit/templates/toast.html").render(values) if values["said"] else ""
    headers = {"HX-Retarget": into} if into else None
    return HTMLResponse(content + toast, status_code=status, headers=headers)


def done(visit: Visit, path: str, said: str, *, kept: Sequence[str] = ()) -> Response:
    """On to `path`, where `said` (a key of `SAID`) is shown once; `kept` are fields that others saved."""
    response = RedirectResponse(path, status_code=303)
    visit.set_cookie(response, cookie_name(visit.request, "said"), ":".join([said, *kept]), max_age=60)
    return response


def refused(visit: Visit, refusal: Refused) -> Response:
    """The page that says no, in the person's language; a toast where the page stays as it is."""
    problems = list(refusal.problems.values()) if isinstance(refusal, Invalid) else []
    said = [visit.say(message) for message in problems or [refusal.message]]
    status = _STATUS[type(refusal)]
    if visit.partial:
        return _toast(visit, " ".join(said), status)
    heading = visit._(_HEADINGS[type(refusal)])
    return page(
        visit, "kit/templates/refused.html", status=status, heading=heading, reasons=said, reference=""
    )


def failed(visit: Visit, reference: str) -> Response:
    """The page for a fault of ours: no word of what went wrong, but by which reference it is found."""
    reasons = [
        visit._("Something went wrong on our side; it is not your doing."),
        visit._("Try again in a moment. If it happens again, tell your administrator this reference:"),
    ]
    if visit.partial:
        return _toast(visit, f"{' '.join(reasons)} {reference}", 500)
    heading = visit._("This did not work")
    return page(
        visit, "kit/templates/refused.html", status=500, heading=heading, reasons=reasons, reference=reference
    )


def unavailable(visit: Visit, away: Unavailable, fields: list[tuple[str, str]]) -> Response:
    """The page while the database cannot serve: it keeps `fields`, to be sent again from there."""
    text = visit.say(away.message)
    if visit.partial:
        response = _toast(visit, text, 503)
    else:
        response = page(visit, "kit/templates/unavailable.html", status=503, reason=text, fields=fields)
    response.headers["Retry-After"] = str(away.retry_after)
    return response


def signed_out(visit: Visit) -> Response:
    """The page with what was typed stays as it is; the person signs in beside it and sends again."""
    text = visit._("You are no longer signed in. Sign in again in another tab, then send this once more.")
    return _toast(visit, text, 401, signing_in=True)


def too_fast(visit: Visit, wait: int) -> Response:
    """For somebody who asks faster than a person reads."""
    text = visit._("You are asking for pages too fast. Wait a moment, then try again.")
    if visit.partial:
        response = _toast(visit, text, 429)
    else:
        heading = visit._("This cannot be done now")
        response = page(
            visit, "kit/templates/refused.html", status=429, heading=heading, reasons=[text], reference=""
        )
    response.headers["Retry-After"] = str(wait)
    return response


async def missing(_visit: Visit) -> Response:
    """For an address that no page has."""
    raise NotFound("There is no such page.")


def _toast(visit: Visit, text: str, status: int, *, signing_in: bool = False) -> Response:
    values = _context(visit) | {"said": text, "said_tone": "bad", "signing_in": signing_in}
    return HTMLResponse(
        _environment().get_template("kit/templates/toast.html").render(values), status_code=status
    )


def _context(visit: Visit) -> dict[str, Any]:
    return {
        "visit": visit,
        "_": visit._,
        # Where one is, for coming back; a page that cannot be asked for again names another.
        "here": visit.page,
        "language": visit.language,
        "languages": list(Language),
        "label": partial(label, visit.language),
        "number": partial(number, visit.language),
        "day": day,
        "moment": moment,
        "shown": partial(shown, visit.language),
        "menu": menu(visit.actor) if visit.member and not visit.lacks_factor else [],
        "partial": visit.partial,
        "said": _said(visit),
        "said_tone": "good",
        "signing_in": False,
        "form_token": partial(masked, visit.member.form_token) if visit.member else None,
        "asset": visit.services.assets.address,
        "words": WORDS,
        "once": partial(token_urlsafe, 12),
    }


def _said(visit: Visit) -> str:
    """What the page before left to be said."""
    key, *kept = visit.request.cookies.get(cookie_name(visit.request, "said"), "").split(":")
    if key not in SAID:
        return ""
    fields = ", ".join(visit._(WORDS[name]) for name in kept if name in WORDS)
    also = visit._("Somebody else saved meanwhile, and that is kept: {fields}.", fields=fields)
    return f"{visit._(SAID[key])} {also}" if fields else visit._(SAID[key])


def _add_parts(context: dict[str, Any]) -> None:
    """Adds `ui` to a context: the macros of every part, which see each other by it."""
    parts = context["ui"] = SimpleNamespace()
    for part in _PARTS:
        macros = vars(_environment().get_template(f"kit/templates/ui/{part}.html").make_module(context))
        vars(parts).update({name: macro for name, macro in macros.items() if not name.startswith("_")})


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ADMIN),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
