"""A query or mutation, run once: the same whether it came by HTTP, over a socket or for an event stream."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import HTTPConnection
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.contract import deprecation
from api.cost import limits
from api.cost.budget import cost_only, pay_in_full
from api.documents import persisted
from api.errors import original, told, unavailable
from api.reads.context import Context
from api.reads.snapshot import Snapshot
from api.transport.callers import Asked, Unfit
from api.transport.services import services_of
from records.access import partners
from records.core import events
from records.core.actor import Actor
from records.core.errors import Unavailable
from records.core.events import Event
from records.core.language import Language, _

_ANY: Final = {OperationType.QUERY, OperationType.MUTATION}
# What a link or a page can make a browser send changes nothing.
_OPERATIONS: Final = {"GET": {OperationType.QUERY}, "HEAD": {OperationType.QUERY}}


class Subscribes(Unfit):
    """It is a subscription, with the `document` that was found: it is not answered once."""

    def __init__(self, document: persisted.Document) -> None:
        text = _("Subscriptions need a WebSocket, or Accept: text/event-stream.")
        super().__init__(406, "BAD_REQUEST", text)
        self.document = document


@dataclass(frozen=True, slots=True)
class Executed:
    """The response: its body, and what HTTP says beside it."""

    body: dict[str, Any]
    document: persisted.Document
    # 200, or 400 where nothing was run, 429 where the budget was spent, 503 where the database is away.
    status: int
    headers: Mapping[str, str]
    # What remains of the budget, as headers.
    paid: Mapping[str, str]


async def execute(
    connection: HTTPConnection, caller: Actor | None, language: Language, request_id: str, asked: Asked
) -> Executed:
    """Runs the operation that is `asked` for. Raises `Unfit` and `documents.NotRun` where none can run."""
    services = services_of(connection)
    automatic = services.automatic_documents
    document = persisted.asked_for(asked.query, asked.document_id, asked.extensions)
    document = await persisted.find(document, caller, automatic)
    async with Snapshot(services.reader) as snapshot:
        context = Context(caller, language, request_id, snapshot, cost_only=cost_only(connection))
        result = await _result(connection, document, asked, context)
        persisted.keep(document, caller, result, automatic)
        status, headers, body = _response(result, context)
        paid: Mapping[str, str] = {}
        extensions: dict[str, Any] = {}
        if context.charge is not None:
            paid = context.charge.headers()
            if not persisted.tagged(connection, document):
                extensions["cost"] = context.charge.told()
        if context.deprecated:
            partners.count_deprecated(caller, context.deprecated)
            headers = {**headers, **deprecation.headers(context.deprecated)}
            extensions["deprecations"] = deprecation.told(context.deprecated)
        if extensions:
            body["extensions"] = extensions
    return Executed(body, document, status, headers, paid)


async def _result(
    connection: HTTPConnection, document: persisted.Document, asked: Asked, context: Context
) -> ExecutionResult:
    """The result of the operation. Raises `Unfit` where there is none to run."""
    face = services_of(connection).contract.asked(connection)
    try:
        async with asyncio.timeout(limits.SECONDS):
            return await face.schema.execute(
                document.text,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
                allowed_operation_types=_OPERATIONS.get(connection.scope.get("method", ""), _ANY),
            )
    except TimeoutError:
        await pay_in_full(context)
        events.log(Event.REQUEST_REFUSED, reason="time", actor=context.caller.id if context.caller else None)
        raise Unfit(503, "QUERY_TOO_SLOW", _("This took too long. Request less at a time.")) from None
    except MissingQueryError:
        raise Unfit(400, "BAD_REQUEST", _("The request contains no query.")) from None
    except CannotGetOperationTypeError:
        raise Unfit(400, "BAD_REQUEST", _("There is no operation with that name.")) from None
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            raise Subscribes(document) from None
        raise Unfit(405, "BAD_REQUEST", _("Send mutations by POST."), {"Allow": "POST"}) from None


def _response(result: ExecutionResult, context: Context) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The status, the headers and the body."""
    errors = told(result.errors or (), context.caller, context.language, context.request_id)
    for error in map(original, result.errors or ()):
        if isinstance(error, partners.Spent):
            return 429, {"Retry-After": str(error.wait)}, {"errors": errors}
        if isinstance(error, Unavailable):
            return _unavailable(error, result, context, errors)
    if not errors:
        return 200, {}, {"data": result.data}
    if result.data is None and all("path" not in error for error in errors):
        return 400, {}, {"errors": errors}
    return 200, {}, {"errors": errors, "data": result.data}


def _unavailable(
    away: Unavailable, result: ExecutionResult, context: Context, errors: list[Mapping[str, Any]]
) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The response while the database cannot serve, with what was done before it was lost."""
    if context.stored:
        told_so = unavailable(away.after_change(), context.language)
        errors = [{**error, **told_so} if _tells_of(error, away) else error for error in errors]
    data = {} if result.data is None else {"data": result.data}
    return 503, {"Retry-After": str(away.retry_after)}, {"errors": errors, **data}


def _tells_of(error: Mapping[str, Any], away: Unavailable) -> bool:
    return bool(error["extensions"].get("code") == away.code)
