"""Renders pages, or the one block that htmx asked for, and redirects with a flash message."""

import hmac
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from admin.kit.forms.field_labels import FIELD_LABELS
from admin.kit.forms.token import mask_token
from admin.kit.menu import dock, menu
from admin.kit.request import PageRequest, TextSize, Theme, cookie_name
from admin.kit.values import MAX_COUNT, display_value
from records.core.dates import now
from records.core.language import Language, format_date, format_datetime, format_number, is_translated, label

_ADMIN: Final = Path(__file__).parents[1]
_PARTS: Final = ("frame", "forms", "merging", "lists", "marks", "records", "charts")


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
    request: PageRequest, path: str, flash: str, *, merged_fields: Iterable[str] = (), name: str = ""
) -> Response:
    """Redirects to `path`, which shows `flash` once, and the labels of the fields that others saved.

    Both are texts of the catalogue, and `name`, which fills in `flash`, is sealed: a page shows no others.
    """
    response = RedirectResponse(path, status_code=303)
    value = "|".join(quote(text) for text in [flash, *merged_fields])
    if name:
        value += f":{quote(name)}"
        value += f":{_seal(request, value)}"
    request.set_cookie(response, cookie_name(request.http_request, "flash"), value, max_age=60)
    return response


def render_toast(request: PageRequest, text: str, status: int, *, signing_in: bool = False) -> Response:
    """The toast with `text`, in the place of a page."""
    values = _template_context(request) | {"flash": text, "flash_tone": "bad", "signing_in": signing_in}
    return HTMLResponse(
        _jinja_environment().get_template("kit/templates/toast.html").render(values), status_code=status
    )


def _template_context(request: PageRequest) -> dict[str, Any]:
    may_open = request.signed_in and not request.needs_second_factor
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
        "max_count": MAX_COUNT,
        "display_value": partial(display_value, request.language),
        "menu": menu(request.actor) if may_open else [],
        "dock": dock(request.actor) if may_open else [],
        # What waits behind items of the menu, by path: its name and number, on pages that count it anyway.
        "menu_counts": {},
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
    cookie = request.http_request.cookies.get(cookie_name(request.http_request, "flash"), "")
    sealed, _colon, seal = cookie.rpartition(":")
    if sealed and not hmac.compare_digest(seal.encode(), _seal(request, sealed).encode()):
        return ""
    said, _colon, name = (sealed or cookie).partition(":")
    texts = [unquote(text) for text in said.split("|")]
    if not all(is_translated(text) for text in texts):
        return ""
    named = {"name": unquote(name)} if name else {}
    flash, *merged_fields = [request._(text, **named) for text in texts]
    also = request._(
        "Someone else saved these fields in the meantime, and their version was kept: {fields}.",
        fields=", ".join(merged_fields),
    )
    return f"{flash} {also}" if merged_fields else flash


def _seal(request: PageRequest, text: str) -> str:
    """What only a response to this session could set beside `text`."""
    secret = request.signed_in.form_token if request.signed_in else token_urlsafe()
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


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
