"""Relay connections with keyset paging: types, cursors and paging arguments."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
import strawberry

from api.cost.directives import MAX_PAGE_SIZE, WRAPPER, Cost, ListSize
from api.cost.selection import Selection
from api.errors import InvalidInput
from api.reads.declared import Condition
from api.reads.orders import KeyType, Order
from records.core.errors import ProblemCode
from records.core.language import _
from records.tables.metrics import Qualifier

DEFAULT_PAGE_SIZE: Final = 50
MAX_COUNT: Final = 10_000
_MAX_CURSOR_LENGTH: Final = 4000

FILTER: Final = strawberry.argument(
    description="Which records to return; by default all that the caller can see."
)
CODE: Final = strawberry.argument(description="The record's code, matched exactly.")
ORDER_BY: Final = strawberry.argument(description="The order; ties are broken by id.")

PAGE_DIRECTIVES: Final = [
    ListSize(
        assumed_size=DEFAULT_PAGE_SIZE, slicing_arguments=["first", "last"], sized_fields=["nodes", "edges"]
    )
]
"""The directives of a field that returns a connection."""

# Counting may take as long as reading a page of records.
_COUNTING: Final = Cost(weight=DEFAULT_PAGE_SIZE)

T = TypeVar("T")
KeyValue: TypeAlias = str | datetime | date | None

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="The number of records from the start: 50 if neither is given, at most 1000."
    ),
]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="Only records after this cursor.")]
Last: TypeAlias = Annotated[
    int | None, strawberry.argument(description="The number of records from the end: at most 1000.")
]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Only records before this cursor.")]


@strawberry.type(description="The position of a page in the whole list.", directives=[WRAPPER])
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(
        description="Whether more records follow. When paging backward: whether `before` was given."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether there are earlier records. When paging forward: whether `after` was given."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first entry; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last entry; null on an empty page."
    )


@strawberry.type(description="A record in a list, with its cursor.", directives=[WRAPPER])
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(
        description="The position of this record, for `after` and `before` in the same order."
    )
    node: T = strawberry.field(description="The record.")


@strawberry.type(
    description="The number of records in a list, as far as it was counted.", directives=[WRAPPER]
)
class Count:
    """A count that may have stopped at a limit."""

    value: int = strawberry.field(description="The number counted.")
    qualifier: Qualifier = strawberry.field(
        description="EXACT: the exact number. OVER: there are more; counting stopped here."
    )


def _count(
    root: strawberry.Parent[Any],
    up_to: Annotated[
        int,
        strawberry.argument(description=f"The number of records at which counting stops: 1 to {MAX_COUNT}."),
    ] = 1000,
) -> Count:
    # Counted up to the largest `upTo` of the request, plus one to detect an excess.
    over = root.total_count > up_to
    return Count(value=min(root.total_count, up_to), qualifier=Qualifier.OVER if over else Qualifier.EXACT)


@strawberry.type(description="A page of a list.", directives=[WRAPPER])
class Connection(Generic[T]):
    """Relay's connection, with `nodes` beside `edges`."""

    edges: list[Edge[T]] = strawberry.field(description="The records of this page, each with its cursor.")
    nodes: list[T] = strawberry.field(description="The records of this page.")
    page_info: PageInfo = strawberry.field(description="Whether there are more records, and how to continue.")
    total_count: int = strawberry.field(
        description=(
            "The number of records in the whole list; counted only when selected. Counting a long list "
            "is slow: `count` stops at a limit."
        ),
        directives=[_COUNTING],
    )
    count: Count = strawberry.field(
        resolver=_count,
        directives=[_COUNTING],
        description="The number of records in the whole list, counted up to `upTo`.",
    )


def requested_count_limit(selection: Selection) -> int:
    """The number up to which `count` has to count; 0 when it is not selected. Raises `InvalidInput`."""
    limits = [arguments["upTo"] for arguments in selection.arguments("count")]
    if any(not 1 <= up_to <= MAX_COUNT for up_to in limits):
        text = _("{name} must be from {least} to {most}.")
        raise InvalidInput(text, ProblemCode.OUT_OF_RANGE, "upTo", name="upTo", least=1, most=MAX_COUNT)
    return max(limits, default=0)


@dataclass(frozen=True, slots=True)
class Page:
    """The paging arguments of a field."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        """Whether the page is counted from the end."""
        return self.last is not None

    @property
    def size(self) -> int:
        """The maximum number of entries. Raises `InvalidInput`."""
        if self.first is not None and self.last is not None:
            text = _("Use either first or last, not both.")
            raise InvalidInput(text, ProblemCode.INCONSISTENT, "last")
        name, value = ("last", self.last) if self.last is not None else ("first", self.first)
        if value is None:
            return DEFAULT_PAGE_SIZE
        if not 0 <= value <= MAX_PAGE_SIZE:
            text = _("{name} must be from 0 to {most}.")
            raise InvalidInput(text, ProblemCode.OUT_OF_RANGE, name, name=name, most=MAX_PAGE_SIZE)
        return value

    def conditions(self, order: Order) -> Iterator[Condition]:
        """The keyset conditions of the cursors. Raises `InvalidInput`."""
        if self.after is not None:
            yield _keyset_condition(
                order, *parse_cursor(order, self.after, "after"), ascending=not order.descending
            )
        if self.before is not None:
            yield _keyset_condition(
                order, *parse_cursor(order, self.before, "before"), ascending=order.descending
            )


def cursor(order: Order, key: KeyValue, id_: UUID) -> str:
    """The cursor of a row in `order`, opaque to clients."""
    text = key.isoformat() if isinstance(key, date) else key
    payload = [order.table, _order_name(order), text, str(id_)]
    return urlsafe_b64encode(orjson.dumps(payload)).rstrip(b"=").decode()


def parse_cursor(order: Order, value: str, argument: str) -> tuple[KeyValue, UUID]:
    """The key and the id in a cursor. Raises `InvalidInput` for anything but a cursor of `order`."""
    text = _("{name} is not a cursor of this list.")
    error = InvalidInput(text, ProblemCode.MALFORMED, argument, name=argument)
    try:
        if len(value) > _MAX_CURSOR_LENGTH:
            raise error
        table, name, text, id_ = orjson.loads(
            b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True)
        )
        if table != order.table or not isinstance(id_, str):
            raise error
        if name != _order_name(order):
            text = _("{name} is a cursor for another order: keep orderBy while paging.")
            raise InvalidInput(text, ProblemCode.INCONSISTENT, argument, name=argument)
        return _parse_key(order, text), UUID(id_)
    except (ValueError, TypeError):
        raise error from None


def _order_name(order: Order) -> str:
    return f"{'-' if order.descending else ''}{order.column}"


def _parse_key(order: Order, text: Any) -> KeyValue:
    if text is None and order.key.nullable:
        return None
    if not isinstance(text, str) or "\0" in text:
        raise ValueError("no key")
    if order.key.type is KeyType.DAY:
        return date.fromisoformat(text)
    if order.key.type is KeyType.TEXT:
        return text
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _keyset_condition(order: Order, key: KeyValue, id_: UUID, *, ascending: bool) -> Condition:
    """The rows after (key, id) in ascending order, or before it."""
    if key is None and ascending:
        # The planner would estimate no rows for a comparison with infinity.
        return Condition(f"({order.sql} = 'infinity' AND {{t}}.id > {{0}}::uuid)", (id_,))
    bound = f"{{0}}::{order.key.type}"
    if order.key.nullable:
        bound = f"coalesce({bound}, 'infinity')"
    return Condition(
        f"({order.sql}, {{t}}.id) {'>' if ascending else '<'} ({bound}, {{1}}::uuid)", (key, id_)
    )
