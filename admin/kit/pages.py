"""Renders pages, or the one block that htmx asked for, and redirects with a flash message."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from admin.kit.forms.field_labels import FIELD_LABELS
from admin.kit.forms.token import mask_token
from admin.kit.menu import menu
from admin.kit.request import PageRequest, TextSize, Theme, cookie_name
from admin.kit.values import display_value
from records.core.dates import now
from records.core.language import Language, format_date, format_datetime, format_number, label
from records.core.language import gettext_noop as _

_ADMIN: Final = Path(__file__).parents[1]
_PARTS: Final = ("frame", "forms", "merging", "lists", "marks", "records")

# Flash messages. The cookie that carries one over the redirect holds only its key.
FLASH_MESSAGES: Final = {
    "signed-out": _("You have signed out."),
    "password-changed": _("Password changed."),
    "appearance-saved": _("Appearance changed."),
    "session-ended": _("The session has ended."),
    "factor-added": _("Added."),
    "factor-removed": _("Removed."),
    "identity-linked": _("Your account is linked. You can sign in with it from now on."),
    "identity-unlinked": _("Link removed."),
    "record-created": _("Added."),
    "record-saved": _("Saved."),
    "record-removed": _("Removed. You can restore it."),
    "record-restored": _("Restored."),
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
    "member-joined": _("Member added."),
    "case-opened": _("Education case opened."),
    "case-noted": _("Note recorded."),
    "case-sealed": _("Sealed."),
    "case-moved": _("Education case updated."),
    "enquiry-answered": _("Answer saved."),
    "enquiry-published": _("Published among the frequent questions."),
    "enquiry-withdrawn": _("Withdrawn from the frequent questions."),
    "request-received": _("Request recorded. Another person has to approve the look-up."),
    "request-erased": _("Erased."),
    "request-corrected": _("The correction is sealed."),
    "request-answered": _("Answer recorded."),
    "staff-saved": _("Account updated."),
    "sessions-ended": _("The people concerned have to sign in again."),
    "change-reverted": _("Change reverted."),
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
    "approval-requested": _("Your request is waiting for the approval of another person."),
    "approval-approved": _("Request approved."),
    "approval-refused": _("Request refused."),
    "approval-withdrawn": _("Request withdrawn."),
    "reveal-withdrawn": _("Request withdrawn."),
    "reveal-requested": _("Your request is waiting for a custodian."),
    "reveal-decided": _("Request decided."),
    "member-changed": _("Membership updated."),
}


def render(
    request: PageRequest,
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
    values = _template_context(request) | context
    _add_parts(values)
    fragment = request.is_partial and block is not None
    values["layout"] = f"kit/templates/{'fragment' if fragment else 'layout'}.html"
    content = _jinja_environment().get_template(template).render(values)
    if not fragment:
        return HTMLResponse(content, status_code=status)
    toast = (
        _jinja_environment().get_template("kit/templates/toast.html").render(values)
        if values["flash"]
        else ""
    )
    headers = {"HX-Retarget": into} if into else None
    return HTMLResponse(content + toast, status_code=status, headers=headers)


def redirect_with_flash(
    request: PageRequest, path: str, flash: str, *, merged_fields: Sequence[str] = ()
) -> Response:
    """Redirects to `path`, which shows a flash message once, and names the fields that others saved."""
    response = RedirectResponse(path, status_code=303)
    request.set_cookie(
        response, cookie_name(request.http_request, "flash"), ":".join([flash, *merged_fields]), max_age=60
    )
    return response


def render_toast(request: PageRequest, text: str, status: int, *, signing_in: bool = False) -> Response:
    """The toast with `text`, in the place of a page."""
    values = _template_context(request) | {"flash": text, "flash_tone": "bad", "signing_in": signing_in}
    return HTMLResponse(
        _jinja_environment().get_template("kit/templates/toast.html").render(values), status_code=status
    )


def _template_context(request: PageRequest) -> dict[str, Any]:
    return {
        "request": request,
        "_": request._,
        # The address to return to; a page that answers a POST only passes another.
        "here": request.current_url,
        "appearance": request.appearance,
        "themes": list(Theme),
        "text_sizes": list(TextSize),
        "language": request.language,
        "languages": list(Language),
        "label": partial(label, request.language),
        "number": partial(format_number, request.language),
        "day": format_date,
        "moment": format_datetime,
        "now": now(),
        "display_value": partial(display_value, request.language),
        "menu": menu(request.actor) if request.signed_in and not request.needs_second_factor else [],
        "partial": request.is_partial,
        "flash": _flash_text(request),
        "flash_tone": "good",
        "signing_in": False,
        "form_token": partial(mask_token, request.signed_in.form_token) if request.signed_in else None,
        "asset": request.services.assets.address,
        "field_labels": FIELD_LABELS,
        "new_idempotency_key": partial(token_urlsafe, 12),
    }


def _flash_text(request: PageRequest) -> str:
    """The text of the flash message that the previous page set."""
    key, *merged_fields = request.http_request.cookies.get(
        cookie_name(request.http_request, "flash"), ""
    ).split(":")
    if key not in FLASH_MESSAGES:
        return ""
    fields = ", ".join(request._(FIELD_LABELS[name]) for name in merged_fields if name in FIELD_LABELS)
    also = request._(
        "Someone else saved these fields in the meantime, and their version was kept: {fields}.",
        fields=fields,
    )
    return f"{request._(FLASH_MESSAGES[key])} {also}" if fields else request._(FLASH_MESSAGES[key])


def _add_parts(context: dict[str, Any]) -> None:
    """Adds `ui` to a context: the macros of every part, which call each other through it."""
    parts = context["ui"] = SimpleNamespace()
    for part in _PARTS:
        macros = vars(_jinja_environment().get_template(f"kit/templates/ui/{part}.html").make_module(context))
        vars(parts).update({name: macro for name, macro in macros.items() if not name.startswith("_")})


@cache
def _jinja_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ADMIN),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
