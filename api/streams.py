"""Subscriptions as they run, over a socket and as an event stream: how many, for whom, what they tell."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final
from uuid import UUID

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from api import documents
from api.calling import Asked
from api.errors import original, told
from api.live import Live
from api.reads.snapshot import Snapshot
from api.schema import schema
from records import partners
from records.core import events
from records.core.actor import Actor
from records.core.errors import Refused
from records.core.language import _
from records.tables.staff import Language

# How many a partner may have open at once, in one process.
SUBSCRIPTIONS: Final = 20

# What cannot run at all, in words of ours.
_UNFIT: Final[dict[type[Exception], str]] = {
    MissingQueryError: _("The request holds no query."),
    CannotGetOperationTypeError: _("There is no operation of that name."),
    InvalidOperationTypeError: _("Only subscriptions run here. Send queries and changes by POST, as JSON."),
}


class NoSubscription(Refused):
    """What was asked for is none."""

    code: ClassVar[str] = "BAD_REQUEST"


class Full(Refused):
    """As many are open as may be."""

    code: ClassVar[str] = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self) -> None:
        super().__init__(_("Too many subscriptions are open. Close one, or try again later."))


class Over(Refused):
    """Who follows may not go on as they began."""

    code: ClassVar[str] = "RIGHTS_CHANGED"

    def __init__(self) -> None:
        super().__init__(_("The key is not valid any more, or what it may do was changed: subscribe again."))


class Room:
    """How many of something may be open in this process: of everybody together, and of each partner.

    Those who have not said who they are count as one.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._open: Counter[UUID | None] = Counter()

    @contextmanager
    def place(self, partner: UUID | None) -> Iterator[None]:
        """Keeps a place for as long as this lasts. Raises `Full`."""
        if self._open[partner] >= self._each or self._open.total() >= self._most:
            raise Full
        self._open[partner] += 1
        try:
            yield
        finally:
            self._open[partner] -= 1
            if not self._open[partner]:
                del self._open[partner]


@dataclass
class Streams:
    """What is open in this process."""

    sockets: Room = field(default_factory=lambda: Room(most=1000, each=50))
    subscriptions: Room = field(default_factory=lambda: Room(most=1000, each=SUBSCRIPTIONS))
    _ends: set[Callable[[], object]] = field(default_factory=set)

    @contextmanager
    def until(self, end: Callable[[], object]) -> Iterator[None]:
        """Meanwhile `end` is called when the process stops."""
        self._ends.add(end)
        try:
            yield
        finally:
            self._ends.discard(end)

    def end(self) -> None:
        """The process stops: whoever waits for something that may never come is told."""
        for end in tuple(self._ends):
            end()


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
            await documents.check_allowed(text, actor)
        except documents.NotAllowed:
            raise Over from None


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription tells, and where to go on after it; without data it is the last."""

    body: dict[str, Any]
    cursor: str | None = None
    # The key itself does not hold any more.
    over: bool = False

    @property
    def last(self) -> bool:
        """Whether the subscription ends with it."""
        return self.body.get("data") is None


async def messages(
    follower: Follower, asked: Asked, *, cursor: str | None = None
) -> AsyncGenerator[Told, None]:
    """What the subscription `asked` tells from `cursor` on, for as long as whoever reads these goes on."""
    request_id, state = events.request_id(), follower.connection.app.state
    try:
        given = documents.asked_for(asked.query, asked.document_id, asked.extensions)
        document = await documents.find(given, follower.caller, state.automatic_documents)
        live = Live(
            caller=follower.caller,
            language=follower.language,
            request_id=request_id,
            snapshot=Snapshot(state.reader),
            reader=state.reader,
            bell=state.bell,
            check=lambda: follower.check(document.text),
            cursor=cursor,
        )
        with state.streams.subscriptions.place(follower.caller.id if follower.caller else None):
            results = await schema.subscribe(
                document.text,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=live,
            )
            async with aclosing(results):
                async for result in results:
                    documents.keep(document, follower.caller, result, state.automatic_documents)
                    message = _message(result, live)
                    yield message
                    if message.last:
                        return
    except Exception as wrong:  # noqa: BLE001 - a fault of ours is told too; what it says stays inside
        error = wrong if isinstance(wrong, GraphQLError) else GraphQLError("", original_error=wrong)
        yield Told({"errors": told([error], follower.caller, follower.language, request_id)})


def _message(result: ExecutionResult, live: Live) -> Told:
    errors = [_worded(error) for error in result.errors or ()]
    body: dict[str, Any] = {} if result.data is None else {"data": result.data}
    if errors:
        body["errors"] = told(errors, live.caller, live.language, live.request_id)
    return Told(body, live.cursor, over=any(isinstance(original(error), Over) for error in errors))


def _worded(error: GraphQLError) -> GraphQLError:
    text = next((text for kind, text in _UNFIT.items() if isinstance(original(error), kind)), None)
    return GraphQLError("", original_error=NoSubscription(text)) if text else error
