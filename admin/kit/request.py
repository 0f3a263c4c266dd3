"""One request of one person: what a page needs to answer it."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from edge.services import Services, services_of
from records.access.staff import AuthenticatedSession
from records.core.actor import Actor
from records.core.errors import Message, PermissionDenied
from records.core.language import Language, translate, translate_message
from records.tables.staff import AuthenticationStrength

# An address that starts like this names neither a scheme nor a host.
_PAGE: Final = re.compile(r"/admin(?:[/?#]|$)")


@dataclass
class PageRequest:
    """The request, who makes it (nobody before signing in), and the form that came with it."""

    http_request: Request
    language: Language
    signed_in: AuthenticatedSession | None = None
    form: FormData = field(default_factory=FormData)

    @property
    def services(self) -> Services:
        """What the process answers requests with."""
        return services_of(self.http_request)

    @property
    def authenticated(self) -> AuthenticatedSession:
        """Who has signed in. Only pages behind the guard ask."""
        if self.signed_in is None:
            raise PermissionDenied("You do not have permission to do this.")
        return self.signed_in

    @property
    def actor(self) -> Actor:
        """Who acts. Only pages behind the guard ask."""
        return self.authenticated.actor

    @property
    def needs_second_factor(self) -> bool:
        """Whether this installation wants a further factor, and the session was begun without one."""
        if not self.services.settings.second_factor or self.signed_in is None:
            return False
        return self.signed_in.session.strength is AuthenticationStrength.ONE

    @property
    def id(self) -> UUID:
        """The id in the path."""
        value: UUID = self.http_request.path_params["id"]
        return value

    @property
    def action_name(self) -> str:
        """The last word of the path."""
        return self.http_request.url.path.rpartition("/")[2]

    @property
    def is_partial(self) -> bool:
        """Whether htmx asked, and wants only its block of the page."""
        headers = self.http_request.headers
        return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type") == "partial"

    @property
    def current_url(self) -> str:
        """The address of this page."""
        return self.url_with()

    def url_with(self, **changes: str | None) -> str:
        """The address of this page with some of its query changed; None takes a part away."""
        query = [(k, v) for k, v in self.http_request.query_params.multi_items() if k not in changes and v]
        query += [(name, value) for name, value in changes.items() if value is not None]
        return self.http_request.url.path + (f"?{urlencode(query)}" if query else "")

    def _(self, text: str, **values: str | int) -> str:
        """`text` in the language of this person."""
        return translate(self.language, text, **values)

    def translate(self, message: Message) -> str:
        """`message` in the language of this person."""
        return translate_message(self.language, message)

    def set_cookie(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        """Sets a cookie that no script reads and that no form of another site sends along."""
        secure = self.http_request.url.scheme == "https"
        response.set_cookie(name, value, max_age, path="/", secure=secure, httponly=True, samesite="lax")


def cookie_name(http_request: Request, name: str) -> str:
    """The name of a cookie of ours; under TLS one that no other host or path can set."""
    return f"__Host-ketnoi_{name}" if http_request.url.scheme == "https" else f"ketnoi_{name}"


def session_cookie(http_request: Request) -> str:
    """The name of the session cookie."""
    return "__Host-ketnoi" if http_request.url.scheme == "https" else "ketnoi_session"


def safe_path(path: str) -> str:
    """`path` when it is a page of this admin, else its first page: a redirect never leads elsewhere."""
    is_admin_page = _PAGE.match(path) is not None
    return path if is_admin_page and "\\" not in path and path.isprintable() else "/admin"
