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
    Denied: _("You do not have permission"),
    NotFound: _("Page not found"),
    Conflict: _("This cannot be done now"),
    AskedAlready: _("This cannot be done now"),
    Invalid: _("There is a problem with the request"),
    NeedsApproval: _("This cannot be done now"),
}

# What is said after a change. The cookie that carries it over the redirect holds only keys.
SAID: Final = {
    "signed-out": _("You have signed out."),
    "password-changed": _("Password changed."),
    "session-ended": _("The session has ended."),
    "factor-added": _("Added."),
    "factor-removed": _("Removed."),
    "identity-linked": _("Your account is linked. You can sign in with it from now on."),
    "identity-unlinked": _("Link removed."),
    "record-created": _("Added."),
    "record-saved": _("Saved."),
    "tip-created": _("Tip added."),
    "tip-saved": _("Tip saved."),
    "tip-verifying": _("Status changed to Being verified."),
    "tip-acting": _("Status changed to In progress."),
    "tip-closed": _("Tip closed."),
    "tip-assigned": _("Tip assigned."),
    "tip-extended": _("Deadline extended."),
    "tip-merged": _("Marked as a duplicate."),
    "tip-rejected": _("Status changed to Rejected."),
    "picture-added": _("Picture attached."),
    "picture-removed": _("Picture removed."),
    "note-added": _("Note added to the timeline of the tip."),
    "group-created": _("Group added."),
    "group-saved": _("Group saved."),
    "group-active": _("Status changed to Active."),
    "group-paused": _("Status changed to Paused."),
    "group-merged": _("Group merged."),
    "group-dissolved": _("Group dissolved."),
    "group-removed": _("Group removed. You can restore it."),
    "group-restored": _("Group restored."),
    "member-joined": _("Member added."),
    "case-opened": _("Education case opened."),
    "case-noted": _("Note recorded."),
    "case-sealed": _("Sealed."),
    "case-moved": _("Education case updated."),
    "request-received": _("Request recorded. Another person has to approve the look-up."),
    "request-erased": _("Erased."),
    "request-corrected": _("The correction is sealed."),
    "request-answered": _("Answer recorded."),
    "staff-saved": _("Account updated."),
    "sessions-ended": _("The people concerned have to sign in again."),
    "put-back": _("Change reverted."),
    "partner-created": _("Partner added. Issue its first key below."),
    "partner-saved": _("Partner updated."),
    "key-revoked": _("Key revoked."),
    "documents-added": _("Documents registered."),
    "document-removed": _("Document removed."),
    "webhook-saved": _("Webhook updated."),
    "webhook-removed": _("Webhook removed."),
    "webhook-tested": _("A test is being sent. Reload the page to see the result."),
    "webhook-replayed": _("All changes since that moment are being resent."),
    "delivery-repeated": _("The delivery is being resent. Reload the page to see the result."),
    "contact-sealed": _("Contact details sealed."),
    "contact-removed": _("Contact details erased."),
    "reporter-sealed": _("Reporter sealed."),
    "approval-asked": _("Your request is waiting for the approval of another person."),
    "approval-approved": _("Request approved."),
    "approval-refused": _("Request refused."),
    "approval-withdrawn": _("Request withdrawn."),
    "reveal-withdrawn": _("Request withdrawn."),
    "reveal-asked": _("Your request is waiting for a custodian."),
    "reveal-decided": _("Request decided."),
    "member-changed": _("Membership updated."),
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
        visit._("Something went wrong. It is not your fault."),
        visit._("Try again in a moment. If it happens again, give your administrator this reference:"),
    ]
    if visit.partial:
        return _toast(visit, f"{' '.join(reasons)} {reference}", 500)
    heading = visit._("The action failed")
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
    text = visit._("You are no longer signed in. Sign in again in another tab, then send this form again.")
    return _toast(visit, text, 401, signing_in=True)


def too_fast(visit: Visit, wait: int) -> Response:
    """For somebody who asks faster than a person reads."""
    text = visit._("You are opening pages too fast. Wait a moment, then try again.")
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
    also = visit._(
        "Someone else saved these fields in the meantime, and their version was kept: {fields}.",
        fields=fields,
    )
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
