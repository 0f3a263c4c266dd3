"""What was typed into a form that could not be taken: it stays in the page, to be sent again from there.

Nothing of it is stored here: it may be what is sealed. A form with a secret in it is not carried on.
"""

from typing import Final

from starlette.responses import Response

from admin.kit.pages import render, unavailable_page
from admin.kit.request import PageRequest
from records.core.errors import DatabaseUnavailable

_SECRET_FIELDS: Final = frozenset(
    {"password", "current", "one_time_code", "passkey_answer", "challenge", "secret"}
)
_TOKEN_FIELDS: Final = frozenset({"csrf", "once"})


def submitted_fields(request: PageRequest) -> list[tuple[str, str]]:
    """The fields of the form as they were sent, but for its tokens; none where one of them is secret.

    A file cannot be given back to a browser.
    """
    sent = [(name, value) for name, value in request.form.multi_items() if isinstance(value, str)]
    if any(name in _SECRET_FIELDS for name, _value in sent):
        return []
    return [(name, value) for name, value in sent if name not in _TOKEN_FIELDS]


def token_fields(request: PageRequest) -> list[tuple[str, str]]:
    """The tokens of the form as they were sent: by them it is known again after signing in."""
    return [(name, str(request.form[name])) for name in sorted(_TOKEN_FIELDS & set(request.form))]


def resubmission_page(
    request: PageRequest, fields: list[tuple[str, str]], *, proof: bool = False
) -> Response:
    """The page that sends `fields` once more: after signing in, or with the token of the present session.

    With `proof`, after showing once more who one is.
    """
    status = 403 if request.signed_in else 401
    return render(request, "sign_in/again.html", status=status, fields=fields, proof=proof)


def retry_page(request: PageRequest, error: DatabaseUnavailable) -> Response:
    """The page that sends the form once more when the database serves again.

    The person may not be known now, so the token that came with the form goes with it and is checked then.
    """
    fields = submitted_fields(request)
    token = request.form.get("csrf")
    if fields and isinstance(token, str):
        fields.append(("csrf", token))
    return unavailable_page(request, error, fields)
