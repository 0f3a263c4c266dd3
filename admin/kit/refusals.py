"""Pages of what was not carried out: refusals, errors, and forms whose input can be sent again.

The input is kept in the page only, because it may be sealed data. A form that contains a secret is not kept.
"""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.body import FormTooLarge
from admin.kit.forms.fields import Form
from admin.kit.pages import render, render_toast
from admin.kit.request import PageRequest
from records.access.guard import NeedsApproval
from records.core.errors import (
    AlreadyRequested,
    Conflict,
    DatabaseUnavailable,
    DomainError,
    NotFound,
    PermissionDenied,
    ValidationFailed,
)
from records.core.language import gettext_noop as _

_SECRET_FIELDS: Final = frozenset(
    {"password", "current", "one_time_code", "passkey_answer", "challenge", "secret"}
)
_TOKEN_FIELDS: Final = frozenset({"csrf", "idempotency_key"})
_STATUS: Final[dict[type[DomainError], int]] = {
    PermissionDenied: 403,
    NotFound: 404,
    Conflict: 409,
    AlreadyRequested: 409,
    ValidationFailed: 422,
    FormTooLarge: 413,
    NeedsApproval: 409,
}
_REFUSAL_HEADINGS: Final[dict[type[DomainError], str]] = {
    PermissionDenied: _("You do not have permission"),
    NotFound: _("Page not found"),
    Conflict: _("This cannot be done now"),
    AlreadyRequested: _("This cannot be done now"),
    ValidationFailed: _("There is a problem with the request"),
    FormTooLarge: _("This is too large to send"),
    NeedsApproval: _("This cannot be done now"),
}


def submitted_fields(request: PageRequest) -> list[tuple[str, str]]:
    """The submitted fields without the tokens; empty if one of them is secret.

    Files are left out: a page cannot fill a file input.
    """
    sent = [(name, value) for name, value in request.form.multi_items() if isinstance(value, str)]
    if any(name in _SECRET_FIELDS for name, _value in sent):
        return []
    return [(name, value) for name, value in sent if name not in _TOKEN_FIELDS]


def token_fields(request: PageRequest) -> list[tuple[str, str]]:
    """The submitted tokens, by which the form is recognised after signing in."""
    return [(name, str(request.form[name])) for name in sorted(_TOKEN_FIELDS & set(request.form))]


def resubmission_page(
    request: PageRequest, fields: list[tuple[str, str]], *, proof: bool = False
) -> Response:
    """The page that sends `fields` again: after signing in, or with the token of the current session.

    With `proof`, after reauthentication.
    """
    status = 403 if request.signed_in else 401
    return render(
        request,
        "sign_in/resubmission.html",
        status=status,
        fields=fields,
        proof=proof,
        loses_files=bool(Form(request.form).files),
    )


def retry_page(request: PageRequest, error: DatabaseUnavailable) -> Response:
    """The page that sends the form once more when the database serves again.

    The session cannot be loaded now, so the submitted token is kept and checked then.
    """
    fields = submitted_fields(request)
    token = request.form.get("csrf")
    if fields and isinstance(token, str):
        fields.append(("csrf", token))
    return unavailable_page(request, error, fields)


def refusal_page(request: PageRequest, refusal: DomainError, changed_by: str = "") -> Response:
    """The page that says no, in the person's language; a toast where the page stays as it is.

    `changed_by` says who changed the record that it is about.
    """
    problems = list(refusal.problems.values()) if isinstance(refusal, ValidationFailed) else []
    reasons = [request.translate(message) for message in problems or [refusal.message]]
    reasons += [changed_by] if changed_by else []
    status = _STATUS[type(refusal)]
    if request.is_partial:
        return render_toast(request, " ".join(reasons), status)
    return _refused(request, status, request._(_REFUSAL_HEADINGS[type(refusal)]), reasons)


def _refused(
    request: PageRequest, status: int, heading: str, reasons: list[str], reference: str = ""
) -> Response:
    """The page that says why something was not carried out, and leads on."""
    return render(
        request,
        "kit/templates/refused.html",
        status=status,
        refused_status=status,
        heading=heading,
        reasons=reasons,
        reference=reference,
    )


def error_page(request: PageRequest, reference: str) -> Response:
    """The page of an internal error: it shows a reference to the log entry and no details."""
    reasons = [
        request._("Something went wrong. It is not your fault."),
        request._("Try again in a moment. If it happens again, give your administrator this reference:"),
    ]
    if request.is_partial:
        return render_toast(request, f"{' '.join(reasons)} {reference}", 500)
    return _refused(request, 500, request._("The action failed"), reasons, reference)


def unavailable_page(
    request: PageRequest, error: DatabaseUnavailable, fields: list[tuple[str, str]]
) -> Response:
    """The page while the database cannot serve: it keeps `fields`, to be sent again from there."""
    text = request.translate(error.message)
    if request.is_partial:
        response = render_toast(request, text, 503)
    else:
        response = render(request, "kit/templates/unavailable.html", status=503, reason=text, fields=fields)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def signed_out_toast(request: PageRequest) -> Response:
    """A toast that asks for signing in in another tab: the page keeps its input and can be sent again."""
    text = request._("You are no longer signed in. Sign in again in another tab, then send this form again.")
    return render_toast(request, text, 401, signing_in=True)


def rate_limit_page(request: PageRequest, wait: int) -> Response:
    """The page of a rate limit, with `Retry-After`."""
    text = request._("You are opening pages too fast. Wait a moment, then try again.")
    if request.is_partial:
        response = render_toast(request, text, 429)
    else:
        response = _refused(request, 429, request._("This cannot be done now"), [text])
    response.headers["Retry-After"] = str(wait)
    return response


async def not_found(_request: PageRequest) -> Response:
    """Raises `NotFound` for every unknown address."""
    raise NotFound("There is no such page.")
