"""Executes a query or mutation, whichever transport it arrived by."""

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
from api.cost.budget import charge_in_full, cost_only
from api.documents import persisted
from api.errors import formatted_errors, original_error, unavailable_error
from api.reads.context import Context
from api.reads.snapshot import Snapshot
from api.transport.authentication import GraphQLRequest, RequestError
from api.transport.services import services_of
from records.access import partners
from records.core import events
from records.core.actor import Actor
from records.core.errors import DatabaseUnavailable
from records.core.events import Event
from records.core.language import Language, _

_ALL_OPERATIONS: Final = {OperationType.QUERY, OperationType.MUTATION}
# GET must be safe: a link or a page can make a browser send one.
_OPERATIONS: Final = {"GET": {OperationType.QUERY}, "HEAD": {OperationType.QUERY}}


class SubscriptionRequested(RequestError):
    """The operation is a subscription, which needs a streaming transport; `document` is the one to run."""

    def __init__(self, document: persisted.Document) -> None:
        text = _("Subscriptions need a WebSocket, or Accept: text/event-stream.")
        super().__init__(406, "BAD_REQUEST", text)
        self.document = document


@dataclass(frozen=True, slots=True)
class GraphQLResponse:
    """The body of a GraphQL response, with its HTTP status and headers."""

    body: dict[str, Any]
    document: persisted.Document
    # 200; 400 if nothing was executed, 429 if the budget is spent, 503 if the database is unavailable.
    status: int
    headers: Mapping[str, str]
    # The RateLimit headers.
    budget_headers: Mapping[str, str]


async def execute(
    connection: HTTPConnection,
    caller: Actor | None,
    language: Language,
    request_id: str,
    graphql_request: GraphQLRequest,
) -> GraphQLResponse:
    """Runs the requested operation. Raises `RequestError` or `DocumentError` if it cannot run."""
    services = services_of(connection)
    automatic = services.automatic_documents
    document = persisted.requested_document(
        graphql_request.query, graphql_request.document_id, graphql_request.extensions
    )
    document = await persisted.find(document, caller, automatic)
    async with Snapshot(services.reader) as snapshot:
        context = Context(caller, language, request_id, snapshot, cost_only=cost_only(connection))
        result = await _result(connection, document, graphql_request, context)
        persisted.remember(document, caller, result, automatic)
        status, headers, body = _response(result, context)
        budget_headers: Mapping[str, str] = {}
        extensions: dict[str, Any] = {}
        if context.charge is not None:
            budget_headers = context.charge.headers()
            if not persisted.is_cacheable(connection, document):
                extensions["cost"] = context.charge.as_extension()
        if context.deprecated:
            partners.count_deprecated(caller, context.deprecated)
            headers = {**headers, **deprecation.headers(context.deprecated)}
            extensions["deprecations"] = deprecation.as_extension(context.deprecated)
        if extensions:
            body["extensions"] = extensions
    return GraphQLResponse(body, document, status, headers, budget_headers)


async def _result(
    connection: HTTPConnection,
    document: persisted.Document,
    graphql_request: GraphQLRequest,
    context: Context,
) -> ExecutionResult:
    """The result of the operation. Raises `RequestError` if there is none to execute."""
    view = services_of(connection).contract.view_for(connection)
    try:
        async with asyncio.timeout(limits.SECONDS):
            return await view.schema.execute(
                document.text,
                variable_values=graphql_request.variables,
                operation_name=graphql_request.operation_name,
                context_value=context,
                allowed_operation_types=_OPERATIONS.get(connection.scope.get("method", ""), _ALL_OPERATIONS),
            )
    except TimeoutError:
        await charge_in_full(context)
        events.log(Event.REQUEST_REFUSED, reason="time", actor=context.caller.id if context.caller else None)
        raise RequestError(503, "QUERY_TOO_SLOW", _("This took too long. Request less at a time.")) from None
    except MissingQueryError:
        raise RequestError(400, "BAD_REQUEST", _("The request contains no query.")) from None
    except CannotGetOperationTypeError:
        raise RequestError(400, "BAD_REQUEST", _("There is no operation with that name.")) from None
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            raise SubscriptionRequested(document) from None
        raise RequestError(405, "BAD_REQUEST", _("Send mutations by POST."), {"Allow": "POST"}) from None


def _response(result: ExecutionResult, context: Context) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The status, the headers and the body."""
    errors = formatted_errors(result.errors or (), context.caller, context.language, context.request_id)
    for error in map(original_error, result.errors or ()):
        if isinstance(error, partners.BudgetExhausted):
            return 429, {"Retry-After": str(error.wait)}, {"errors": errors}
        if isinstance(error, DatabaseUnavailable):
            return _unavailable(error, result, context, errors)
    if not errors:
        return 200, {}, {"data": result.data}
    if result.data is None and all("path" not in error for error in errors):
        return 400, {}, {"errors": errors}
    return 200, {}, {"errors": errors, "data": result.data}


def _unavailable(
    outage: DatabaseUnavailable, result: ExecutionResult, context: Context, errors: list[Mapping[str, Any]]
) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """The response during a database outage, including data that was read before it."""
    if context.committed:
        outage_error = unavailable_error(outage.with_unknown_outcome(), context.language)
        errors = [{**error, **outage_error} if _mentions(error, outage) else error for error in errors]
    data = {} if result.data is None else {"data": result.data}
    return 503, {"Retry-After": str(outage.retry_after)}, {"errors": errors, **data}


def _mentions(error: Mapping[str, Any], outage: DatabaseUnavailable) -> bool:
    return bool(error["extensions"].get("code") == outage.code)
