"""What runs over a socket and as an event stream: for whom, and what is told."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.types import ExecutionResult

from api.cost.budget import pay_message
from api.documents import persisted
from api.errors import original, told
from api.feed.subscription import Live
from api.reads.snapshot import Snapshot
from api.schema.assembly import schema
from api.transport.callers import Asked, Unfit, counted
from api.transport.execution import Subscribes, execute
from api.transport.services import services_of
from records.access import partners
from records.core import events
from records.core.actor import Actor
from records.core.errors import Refused
from records.core.language import Language, _


class Over(Refused):
    """Who follows may not go on as they began."""

    code: ClassVar[str] = "RIGHTS_CHANGED"

    def __init__(self) -> None:
        super().__init__(_("The key is no longer valid, or its access has changed: subscribe again."))


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows, over which connection, with which key, in which language."""

    connection: HTTPConnection
    caller: Actor | None
    bearer: str
    language: Language

    async def check(self, text: str | None) -> None:
        """Raises `Over` where they may not go on with the document `text`."""
        actor = await partners.actor_of(self.bearer)
        if actor is None or self.caller is None:
            raise Over
        name, allowance, request_id = self.caller.name, self.caller.allowance, self.caller.request_id
        if replace(actor, name=name, allowance=allowance, request_id=request_id) != self.caller:
            raise Over
        try:
            await persisted.check_allowed(text, actor)
        except persisted.NotAllowed:
            raise Over from None


@dataclass(frozen=True, slots=True)
class Told:
    """What an operation tells, and where to go on after it."""

    body: dict[str, Any]
    cursor: str | None = None
    # Nothing was run, or nothing can go on: it ends with this error.
    failed: bool = False
    # The key itself does not hold any more.
    over: bool = False


async def messages(
    follower: Follower, asked: Asked, *, cursor: str | None = None
) -> AsyncGenerator[Told, None]:
    """What the operation `asked` tells: once, or as a subscription from `cursor` on, while these are read."""
    request_id = events.request_id()
    try:
        if follower.caller is not None:
            # A socket may have been opened long ago.
            await follower.check(None)
        try:
            executed = await execute(
                follower.connection, follower.caller, follower.language, request_id, asked
            )
        except Subscribes as error:
            document = error.document
        else:
            yield Told(executed.body, failed="data" not in executed.body)
            return
        async with aclosing(_followed(follower, document, asked, request_id, cursor)) as followed:
            async for message in followed:
                yield message
    except Unfit as error:
        yield Told({"errors": [error.error(follower.language)]}, failed=True)
    except Exception as error:  # noqa: BLE001 - a fault of ours is told too; what it says stays inside
        fault = error if isinstance(error, GraphQLError) else GraphQLError("", original_error=error)
        errors = told([fault], follower.caller, follower.language, request_id)
        yield Told({"errors": errors}, failed=True, over=isinstance(error, Over))


async def _followed(
    follower: Follower, document: persisted.Document, asked: Asked, request_id: str, cursor: str | None
) -> AsyncGenerator[Told, None]:
    services = services_of(follower.connection)
    live = Live(
        caller=follower.caller,
        language=follower.language,
        request_id=request_id,
        snapshot=Snapshot(services.reader),
        services=services,
        check=lambda: follower.check(document.text),
        cursor=cursor,
    )
    with services.streams.subscriptions.place(counted(follower.connection, follower.caller)):
        results = await schema.subscribe(
            document.text,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=live,
        )
        async with aclosing(results):
            async for result in results:
                persisted.keep(document, follower.caller, result, services.automatic_documents)
                if result.data is not None:
                    await pay_message(live, result.data, live.check)
                message = _message(result, live)
                yield message
                if message.failed:
                    return


def _message(result: ExecutionResult, live: Live) -> Told:
    errors = result.errors or ()
    body: dict[str, Any] = {} if result.data is None else {"data": result.data}
    if errors:
        body["errors"] = told(errors, live.caller, live.language, live.request_id)
    over = any(isinstance(original(error), Over) for error in errors)
    return Told(body, live.cursor, failed="data" not in body, over=over)
