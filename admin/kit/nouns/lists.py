"""Lists with filters, sorting and keyset pagination, all in the URL."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from admin.kit.values import MAX_COUNT
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.search import longest_text
from records.database.fetch import fetch

M = TypeVar("M", bound=Model)

PAGE_SIZE: Final = 25


@dataclass(frozen=True)
class Sort:
    """A sort order: by a column, then by id. In one that is nullable, null is the greatest value."""

    key: str
    text: str
    column: str
    descending: bool = False
    nullable: bool = False
    # Whether only the database knows it: computed for each row, or of texts in a collation of its own.
    in_database: bool = False
    # What holds for the rows that have this order.
    condition: Q = field(default_factory=Q)


NEWEST: Final = Sort("newest", _("Newest first"), "created_at", descending=True)
OLDEST: Final = Sort("oldest", _("Oldest first"), "created_at")
CHANGED: Final = Sort("changed", _("Recently changed"), "updated_at", descending=True)
RECENT: Final = (NEWEST, OLDEST, CHANGED)


@dataclass(frozen=True)
class Listing(Generic[M]):
    """A page of a list: its rows, the URLs of the previous and next page, and how many there are in all.

    Without a count from elsewhere they are counted up to `MAX_COUNT`.
    """

    rows: list[M]
    sort: Sort
    sorts: Sequence[Sort]
    total: int | None = None
    # Whether there are more than `total`.
    exceeds_count: bool = False
    previous: str | None = None
    next: str | None = None


def empty_listing(sorts: Sequence[Sort]) -> Listing[Any]:
    """An empty list, shown for invalid filters."""
    return Listing(rows=[], sort=sorts[0], sorts=sorts, total=0)


def selected_sort(form: Form, sorts: Sequence[Sort]) -> Sort:
    """The chosen sort order, else the first."""
    return next((sort for sort in sorts if sort.key == form.text("sort")), sorts[0])


async def paginate(
    request: PageRequest,
    rows: QuerySet[M],
    sort: Sort,
    sorts: Sequence[Sort],
    *,
    total: int | None = None,
) -> Listing[M]:
    """The page of `rows` that the address asks for, without what they fetch beside themselves.

    `total` is how many there are in all, if that is known.

    Raises `ValidationFailed` when its cursor makes no sense.
    """
    query = request.http_request.query_params
    backwards = "before" in query
    cursor = query.get("before") or query.get("after")
    # The previous page is a next page in the opposite order, reversed.
    descending = sort.descending is not backwards
    if cursor:
        rows = rows.filter(_after_cursor(rows.model, cursor, sort, descending=descending))
    sign = "-" if descending else ""
    order = (sign + sort.column, sign + "id")
    query_of_page = rows.order_by(*order).limit(PAGE_SIZE + 1)
    found = None if cursor or total is not None else await _find(rows, sort)
    if not sort.in_database:
        # The ids first: an index may hold all that is read of the rows beyond the page.
        ids: Subquery | list[UUID] = Subquery(query_of_page.values("id"))
        if found is not None and len(found) <= MAX_COUNT:
            # All are known: what it took to find them is not done twice.
            ids = found[: PAGE_SIZE + 1]
        query_of_page = rows.model.filter(id__in=ids).order_by(*order)
    page_rows = await query_of_page
    more, page_rows = len(page_rows) > PAGE_SIZE, page_rows[:PAGE_SIZE]
    if backwards:
        page_rows.reverse()
    there_is_next = bool(page_rows) and (more or backwards)
    there_is_previous = bool(page_rows) and (more if backwards else cursor is not None)
    return Listing(
        rows=page_rows,
        sort=sort,
        sorts=sorts,
        total=total if found is None else min(len(found), MAX_COUNT),
        exceeds_count=found is not None and len(found) > MAX_COUNT,
        previous=request.url_with(after=None, before=_cursor(page_rows[0], sort))
        if there_is_previous
        else None,
        next=request.url_with(before=None, after=_cursor(page_rows[-1], sort)) if there_is_next else None,
    )


async def _find(rows: QuerySet[Any], sort: Sort) -> list[UUID]:
    """The ids of the rows, one more than `MAX_COUNT` at most, in their order if it is not the database's."""
    limited = rows.limit(MAX_COUNT + 1)
    if sort.in_database:
        return [row_id for (row_id,) in await limited.values_list("id")]
    pairs_query = limited.values_list(sort.column, "id")
    # Tortoise makes its query when it tells it, and takes three times as long to read a thousand rows.
    pairs_query.sql()
    pairs = await fetch(*pairs_query.query.get_parameterized_sql())

    def place(pair: Sequence[Any]) -> tuple[Any, ...]:
        # As PostgreSQL orders them: null is the greatest value, and sort keys have the collation "C".
        value, row_id = pair
        return (True, row_id) if value is None else (False, value, row_id)

    return [row_id for _value, row_id in sorted(pairs, key=place, reverse=sort.descending)]


@dataclass(frozen=True)
class Neighbours:
    """Where a record stands in a list: its position (None if it is not in there), and those beside it.

    Position and total are counted up to `MAX_COUNT`.
    """

    position: int | None
    total: int
    previous: UUID | None
    next: UUID | None


async def find_neighbours(row: Model, rows: QuerySet[Any], sort: Sort) -> Neighbours | None:
    """The neighbours of `row` in the order of `sort`; None where the order has no place for it."""
    if getattr(row, sort.column) is None and not sort.nullable:
        return None
    cursor, sides = _cursor(row, sort), list[list[Any]]()
    for descending in (not sort.descending, sort.descending):
        sign = "-" if descending else ""
        beyond = rows.filter(_after_cursor(rows.model, cursor, sort, descending=descending))
        ordered = beyond.order_by(sign + sort.column, sign + "id").limit(MAX_COUNT + 1)
        sides.append(list(await ordered.values_list("id", flat=True)))
    before, after = sides
    is_inside = await rows.filter(id=row.pk).exists()
    return Neighbours(
        position=len(before) + 1 if is_inside else None,
        total=len(before) + len(after) + is_inside,
        previous=next(iter(before), None),
        next=next(iter(after), None),
    )


def _cursor(row: Model, sort: Sort) -> str:
    value, row_id = getattr(row, sort.column), getattr(row, "id", row.pk)
    text = "" if value is None else value.isoformat() if isinstance(value, date) else value
    return f"{row_id}:{text}"


def _after_cursor(model: type[Model], cursor: str, sort: Sort, *, descending: bool) -> Q:
    """The condition for the rows after `cursor`."""
    id_text, _, value_text = cursor.replace("\0", "").partition(":")
    column, is_null = sort.column, sort.nullable and not value_text
    try:
        row_id, value = UUID(id_text), None if is_null else _parse(model, column, value_text)
    except ValueError:
        raise ValidationFailed(
            {"": Message("This page address is not valid. Start again from the list.")}
        ) from None
    operator = "lt" if descending else "gt"
    later: dict[str, Any] = {f"id__{operator}": row_id}
    null: dict[str, Any] = {f"{column}__isnull": True}
    if is_null:
        # Null is the greatest value: first where the greatest comes first.
        return Q(**null) & Q(**later) | ~Q(**null) if descending else Q(**null) & Q(**later)
    reached: dict[str, Any] = {f"{column}__{operator}e": value}
    passed: dict[str, Any] = {f"{column}__{operator}": value}
    # The first condition is redundant, but lets an index be used.
    after = Q(**reached) & (Q(**passed) | Q(**later))
    return after | Q(**null) if sort.nullable and not descending else after


def _parse(model: type[Model], column: str, text: str) -> date | str:
    """The value of a cursor. Raises `ValueError`."""
    if column.endswith(("_on", "_to")):
        return date.fromisoformat(text)
    if column == "at" or column.endswith("_at"):
        return parse_moment(text)
    longest = longest_text(model, column)
    if longest and len(text) > longest:
        raise ValueError
    return text


def parse_moment(text: str) -> datetime:
    """The moment of an address. Raises `ValueError`, also where UTC has none."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError from None
