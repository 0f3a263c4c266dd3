"""Operations over WebSocket and event streams: the subscriber and the messages."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.types import ExecutionResult

from api.cost.budget import charge_message
from api.documents import persisted
from api.errors import formatted_errors, original_error
from api.feed.subscription import SubscriptionContext
from api.reads.snapshot import Snapshot
from api.schema.assembly import schema
from api.transport.authentication import GraphQLRequest, RequestError, rate_limit_key
from api.transport.execution import SubscriptionRequested, execute
from api.transport.services import services_of
from records.access import partners
from records.core import events
from records.core.actor import Actor
from records.core.errors import DomainError
from records.core.language import Language, _


class RightsChanged(DomainError):
    """Who follows may not go on as they began."""

    code: ClassVar[str] = "RIGHTS_CHANGED"

    def __init__(self) -> None:
        super().__init__(_("The key is no longer valid, or its access has changed: subscribe again."))


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The caller of a streamed operation, with its connection, key and language."""

    connection: HTTPConnection
    caller: Actor | None
    bearer: str
    language: Language

    async def check(self, text: str | None) -> None:
        """Raises `RightsChanged` where they may not go on with the document `text`."""
        actor = await partners.authenticate_bearer(self.bearer)
        if actor is None or self.caller is None:
            raise RightsChanged
        name, allowance, request_id = self.caller.name, self.caller.allowance, self.caller.request_id
        if replace(actor, name=name, allowance=allowance, request_id=request_id) != self.caller:
            raise RightsChanged
        try:
            await persisted.check_allowed(text, actor)
        except persisted.NotAllowed:
            raise RightsChanged from None


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """A message of a streamed operation, and the cursor from which to continue after it."""

    body: dict[str, Any]
    cursor: str | None = None
    # The operation was not executed or cannot continue: this error ends it.
    failed: bool = False
    # The key is no longer valid: the connection must be closed.
    unauthorized: bool = False


async def messages(
    subscriber: Subscriber, graphql_request: GraphQLRequest, *, cursor: str | None = None
) -> AsyncGenerator[StreamMessage, None]:
    """The messages of the operation: one, or those of a subscription from `cursor` on."""
    request_id = events.request_id()
    try:
        if subscriber.caller is not None:
            # The socket may have been opened long ago.
            await subscriber.check(None)
        try:
            graphql_response = await execute(
                subscriber.connection, subscriber.caller, subscriber.language, request_id, graphql_request
            )
        except SubscriptionRequested as error:
            document = error.document
        else:
            yield StreamMessage(graphql_response.body, failed="data" not in graphql_response.body)
            return
        async with aclosing(
            _subscription_messages(subscriber, document, graphql_request, request_id, cursor)
        ) as subscription:
            async for message in subscription:
                yield message
    except RequestError as error:
        yield StreamMessage({"errors": [error.error(subscriber.language)]}, failed=True)
    except Exception as error:  # noqa: BLE001 - the last resort: the message reveals nothing of the error
        fault = error if isinstance(error, GraphQLError) else GraphQLError("", original_error=error)
        errors = formatted_errors([fault], subscriber.caller, subscriber.language, request_id)
        yield StreamMessage({"errors": errors}, failed=True, unauthorized=isinstance(error, RightsChanged))


async def _subscription_messages(
    subscriber: Subscriber,
    document: persisted.Document,
    graphql_request: GraphQLRequest,
    request_id: str,
    cursor: str | None,
) -> AsyncGenerator[StreamMessage, None]:
    services = services_of(subscriber.connection)
    context = SubscriptionContext(
        caller=subscriber.caller,
        language=subscriber.language,
        request_id=request_id,
        snapshot=Snapshot(services.reader),
        services=services,
        check=lambda: subscriber.check(document.text),
        cursor=cursor,
    )
    with services.streams.subscriptions.slot(rate_limit_key(subscriber.connection, subscriber.caller)):
        results = await schema.subscribe(
            document.text,
            variable_values=graphql_request.variables,
            operation_name=graphql_request.operation_name,
            context_value=context,
        )
        async with aclosing(results):
            async for result in results:
                persisted.remember(document, subscriber.caller, result, services.automatic_documents)
                if result.data is not None:
                    await charge_message(context, result.data, context.check)
                message = _message(result, context)
                yield message
                if message.failed:
                    return


def _message(result: ExecutionResult, context: SubscriptionContext) -> StreamMessage:
    errors = result.errors or ()
    body: dict[str, Any] = {} if result.data is None else {"data": result.data}
    if errors:
        body["errors"] = formatted_errors(errors, context.caller, context.language, context.request_id)
    unauthorized = any(isinstance(original_error(error), RightsChanged) for error in errors)
    return StreamMessage(body, context.cursor, failed="data" not in body, unauthorized=unauthorized)
