"""GraphQL over HTTP: who calls, in which language, what came in, and the answer as the specification wants it.

https://graphql.github.io/graphql-over-http/draft/ - checked by its own audit suite. A key comes in a header and
never in a cookie, so that no other site can act for a caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.context import Context, language_of
from api.errors import INTERNAL, formatted, log_unexpected
from api.limits import BODY_BYTES
from api.reads.snapshot import Snapshot
from records import partners
from records.core.actor import Actor
from records.core.language import _, translate
from records.tables.staff import Language

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"
_PAGE: Final = (Path(__file__).parent / "graphiql.html").read_text(encoding="utf-8")
_REQUEST_ID: Final = re.compile(r"[\w.-]{8,64}", re.ASCII)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Authorization",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_HEADERS: Final = _HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self' data:; "
        "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


class _Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The request is refused before any GraphQL is looked at."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.headers = status, code, text, headers


@dataclass(frozen=True)
class _Asked:
    """A GraphQL request."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    operations: set[OperationType] = field(default_factory=set)


class Door(GraphQL[Context, None]):
    """The ASGI endpoint at /graphql."""

    graphql_ide: ClassVar[None] = None  # type: ignore[misc]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. There are no subscriptions, and so no WebSockets."""
        request = Request(scope, receive, send)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        language = language_of(request.headers.get("accept-language", ""))
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        media_type = _media_type(request.headers.get("accept", ""))
        try:
            if _wants_page(request):
                return HTMLResponse(_PAGE, headers=_PAGE_HEADERS)
            caller = await _caller(request, request_id)
            status, body = await self._run(await _asked(request), caller, language, request_id, request, media_type)
            headers: Mapping[str, str] = {}
        except _Refused as refused:
            status, headers = refused.status, refused.headers
            body = _error(translate(language, refused.text), code=refused.code)
        except Exception as error:  # noqa: BLE001 - a fault of ours has an answer too, and its data stays inside
            log_unexpected(error, request_id)
            status, headers = 500, {}
            body = _error(translate(language, _("Internal error")), code=INTERNAL, requestId=request_id)
        known = {"Content-Language": language.value, "X-Request-Id": request_id}
        return Response(
            orjson.dumps(body), status, headers=_HEADERS | known | dict(headers), media_type=f"{media_type}; charset=utf-8"
        )
