"""The request of a page."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from edge.services import Services, services_of
from records.access.staff import AuthenticatedSession
from records.core.actor import Actor
from records.core.errors import Message, PermissionDenied
from records.core.labels import Labelled
from records.core.language import Language, translate, translate_message
from records.core.language import gettext_noop as _
from records.tables.staff import AuthenticationStrength

# A URL that starts like this has neither a scheme nor a host.
_PAGE: Final = re.compile(r"/admin(?:[/?#]|$)")


class Theme(Labelled):
    """Colours that a person prefers to those of the device."""

    LIGHT = "LIGHT", _("Light")
    DARK = "DARK", _("Dark")
    CONTRAST = "CONTRAST", _("High contrast")


class TextSize(Labelled):
    """A text size that a person prefers to the normal one."""

    LARGE = "LARGE", _("Large")


@dataclass(frozen=True)
class Appearance:
    """How pages look in this browser; None is the default."""

    theme: Theme | None = None
    text: TextSize | None = None

    @classmethod
    def from_cookie(cls, value: str) -> "Appearance":
        """The appearance that the cookie names; what it does not know is ignored."""
        theme, _separator, text = value.partition(":")
        return cls(
            Theme(theme) if theme in set(Theme) else None, TextSize(text) if text in set(TextSize) else None
        )

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return f"{self.theme or ''}:{self.text or ''}"


@dataclass
class PageRequest:
    """An HTTP request to a page, with its user (None before sign-in) and the submitted form."""

    http_request: Request
    language: Language
    signed_in: AuthenticatedSession | None = None
    form: FormData = field(default_factory=FormData)

    @property
    def services(self) -> Services:
        """The services of the application."""
        return services_of(self.http_request)

    @property
    def authenticated(self) -> AuthenticatedSession:
        """The session of the person who has signed in. For pages behind the guard only."""
        if self.signed_in is None:
            raise PermissionDenied("You do not have permission to do this.")
        return self.signed_in

    @property
    def actor(self) -> Actor:
        """The acting user. Raises `PermissionDenied` without a session."""
        return self.authenticated.actor

    @property
    def needs_second_factor(self) -> bool:
        """Whether a second factor is required, and the session has none."""
        if not self.services.settings.second_factor or self.signed_in is None:
            return False
        return self.signed_in.session.strength is AuthenticationStrength.ONE

    @property
    def id(self) -> UUID:
        """The id in the URL path."""
        value: UUID = self.http_request.path_params["id"]
        return value

    @property
    def action_name(self) -> str:
        """The last segment of the URL path."""
        return self.http_request.url.path.rpartition("/")[2]

    @property
    def is_partial(self) -> bool:
        """Whether htmx requests only a block of the page."""
        headers = self.http_request.headers
        return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") == "partial"

    def is_partial_of(self, path: str) -> bool:
        """Whether htmx requests only a block, for the page at `path`."""
        return self.is_partial and urlsplit(self.http_request.headers.get("HX-Current-URL", "")).path == path

    @property
    def appearance(self) -> Appearance:
        """How pages look in this browser."""
        return Appearance.from_cookie(
            self.http_request.cookies.get(cookie_name(self.http_request, "appearance"), "")
        )

    @property
    def current_url(self) -> str:
        """The path and query of this page."""
        return self.url_with()

    @property
    def query(self) -> str:
        """The query of this page, with its question mark; empty without one."""
        return self.current_url.removeprefix(self.http_request.url.path)

    def url_with(self, **changes: str | None) -> str:
        """The path of this page with changed query parameters; None removes one."""
        query = [(k, v) for k, v in self.http_request.query_params.multi_items() if k not in changes and v]
        query += [(name, value) for name, value in changes.items() if value is not None]
        return self.http_request.url.path + (f"?{urlencode(query)}" if query else "")

    def back_to(self, path: str) -> str:
        """The list at `path`, with its filters if the person came from there."""
        came_from = "/" + self.http_request.headers.get("referer", "").partition("://")[2].partition("/")[2]
        return came_from if came_from.startswith(f"{path}?") and safe_path(came_from) == came_from else path

    def _(self, text: str, **values: str | int) -> str:
        """`text` in the user's language."""
        return translate(self.language, text, **values)

    def translate(self, message: Message) -> str:
        """`message` in the language of this person."""
        return translate_message(self.language, message)

    def set_cookie(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        """Sets a cookie with HttpOnly and SameSite=Lax, and Secure under TLS."""
        secure = self.http_request.url.scheme == "https"
        response.set_cookie(name, value, max_age, path="/", secure=secure, httponly=True, samesite="lax")


def cookie_name(http_request: Request, name: str) -> str:
    """The full name of a cookie; under TLS with the prefix `__Host-`."""
    return f"__Host-ketnoi_{name}" if http_request.url.scheme == "https" else f"ketnoi_{name}"


def session_cookie(http_request: Request) -> str:
    """The name of the session cookie."""
    return "__Host-ketnoi" if http_request.url.scheme == "https" else "ketnoi_session"


def safe_path(path: str) -> str:
    """`path` if it is a page of the admin, else the start page: prevents open redirects."""
    is_admin_page = _PAGE.match(path) is not None
    return path if is_admin_page and "\\" not in path and path.isprintable() else "/admin"
