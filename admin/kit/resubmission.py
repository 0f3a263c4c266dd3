"""Keeps the input of a form that could not be accepted in the page, from which it can be sent again.

None of it is stored, because it may be sealed data. A form that contains a secret is not kept.
"""

from typing import Final

from starlette.responses import Response

from admin.kit.pages import render, unavailable_page
from admin.kit.request import PageRequest
from records.core.errors import DatabaseUnavailable

_SECRET_FIELDS: Final = frozenset(
    {"password", "current", "one_time_code", "passkey_answer", "challenge", "secret"}
)
_TOKEN_FIELDS: Final = frozenset({"csrf", "idempotency_key"})


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
    return render(request, "sign_in/resubmission.html", status=status, fields=fields, proof=proof)


def retry_page(request: PageRequest, error: DatabaseUnavailable) -> Response:
    """The page that sends the form once more when the database serves again.

    The session cannot be loaded now, so the submitted token is kept and checked then.
    """
    fields = submitted_fields(request)
    token = request.form.get("csrf")
    if fields and isinstance(token, str):
        fields.append(("csrf", token))
    return unavailable_page(request, error, fields)
