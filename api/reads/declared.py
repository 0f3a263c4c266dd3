"""Declarations of the SQL expression, link or condition behind each GraphQL field.

In an SQL template `{t}` is the row to which the field belongs, and `{0}`, `{1}`, … are values to bind.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias, TypeVar, dataclass_transform

import strawberry

from api.cost.directives import list_size
from api.reads.orders import Key, Order
from api.reads.visibility import Viewer
from records.core.language import Language
from records.core.rights import Right

DECLARATION: Final = "reads"
"""The metadata key of a Strawberry field's declaration."""


COMPUTED: Final = "Computed on request: the change feed does not report its changes."
"""Added to the description of a field whose changes the change feed does not report."""

_LANGUAGE: Final = strawberry.argument(description="The language; the caller's by default.")


@dataclass(frozen=True, slots=True)
class Column:
    """A value of the row: an SQL expression, and an optional conversion in Python.

    `values` returns the values to bind in the expression when a statement is built.
    """

    sql: str
    convert: Callable[[Any], Any] | None = None
    values: Callable[[], tuple[Any, ...]] | None = None


ID: Final = Column("{t}.id")
"""The id of a record, which its type makes a global one."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A text that the row has in each language."""

    sql: dict[Language, str]


@dataclass(frozen=True, slots=True)
class ToOne:
    """A link to at most one row; `key` is an expression for its id."""

    key: str


@dataclass(frozen=True, slots=True)
class ToMany:
    """A link to several rows, read for all objects of a nesting level at once.

    `source` is the FROM clause, and `key` the expression for the id of the linking object. With `group_by`
    the rows are aggregates. `right` is needed to read them, and `where` filters them. The field is an error
    for an object with more than `max_rows`. `computed` rows can change without a change of the record.
    """

    source: str
    key: str
    order: str
    max_rows: int
    group_by: str | None = None
    right: Right | None = None
    scoped: bool = False
    where: str | None = None
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a WHERE clause, and the values to bind in it."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """The filter of an input field; `convert` turns the argument into the value of `{0}`."""

    sql: str
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean filter: whether `sql` is true."""

    sql: str


@dataclass(frozen=True, slots=True)
class InArea:
    """A filter by area: one of `keys` must be within it, past or present, or be that area if `exact`."""

    keys: tuple[str, ...]
    exact: bool


class LinkedBy(StrEnum):
    """The column that identifies linked records; the value is its SQL type."""

    ID = "uuid"
    CODE = "text"


@dataclass(frozen=True, slots=True)
class Linked:
    """A filter by linked records, of which only those visible to the caller match."""

    key: str
    type_name: str
    by: LinkedBy
    convert: Callable[[Any], list[Any]] | None


@dataclass(frozen=True, slots=True)
class Between:
    """A filter by a range of an expression; the range input knows its SQL type (`cast`)."""

    sql: str


Reads: TypeAlias = Column | Translated | ToOne | ToMany | Where | Flag | InArea | Linked | Between


@dataclass(frozen=True, slots=True)
class RecordType:
    """A type of record: its table, the right to read it, and whether it is scoped to the caller's areas.

    `where` limits the rows that anybody can see; `code` is the column of the code that partners use.
    """

    type: type
    table: str
    right: Right
    scoped: bool = False
    removable: bool = True
    where: str | None = None
    keys: Mapping[str, Key] = field(default_factory=dict)
    code: str = "code"

    def order(self, by: str) -> Order:
        """The order of an order enum's value: a column among `keys`, prefixed with "-" if descending."""
        column = by.removeprefix("-")
        return Order(self.table, column, self.keys[column], by.startswith("-"))

    def visible(self, viewer: Viewer) -> Iterator[Condition]:
        """The conditions for a row to be visible to `viewer`."""
        if self.removable:
            yield Condition("{t}.deleted_at IS NULL")
        if self.where is not None:
            yield Condition(self.where)
        if self.scoped:
            yield from in_viewer_areas(viewer)


RECORD_TYPES: Final[dict[str, RecordType]] = {}
"""Every record type, by its GraphQL name; filled by `record_type`."""

T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True)
def record_type(
    table: str,
    *,
    right: Right,
    description: str,
    scoped: bool = False,
    removable: bool = True,
    where: str | None = None,
    keys: Mapping[str, Key] = MappingProxyType({}),
    code: str = "code",
) -> Callable[[T], T]:
    """Declares a class as the GraphQL type of the records in `table`.

    `keys` are the columns by which lists can be ordered; each needs an index together with the id.
    """

    def declare(cls: T) -> T:
        type_ = strawberry.type(cls, description=description)
        RECORD_TYPES[type_.__name__] = RecordType(type_, table, right, scoped, removable, where, keys, code)
        return type_

    return declare


def linked_condition(viewer: Viewer, linked: Linked, named: list[Any]) -> Condition:
    """The condition that a row is linked to one of the `named` records that `viewer` can see."""
    record_type, values = RECORD_TYPES[linked.type_name], [named]
    column = record_type.code if linked.by is LinkedBy.CODE else "id"
    where = [f"other.{column} = ANY({{0}}::{linked.by}[])"]
    for condition in record_type.visible(viewer):
        slots = [f"{{{len(values) + index}}}" for index in range(len(condition.values))]
        where.append(condition.sql.format(*slots, t="other"))
        values.extend(condition.values)
    rows = f"SELECT other.id FROM {record_type.table} other WHERE {' AND '.join(where)}"
    return Condition(f"{linked.key} IN ({rows})", tuple(values))


def in_viewer_areas(viewer: Viewer) -> Iterator[Condition]:
    """The condition that a row is in the viewer's areas; none for an actor without area restrictions."""
    if viewer.areas is not None:
        yield Condition("{t}.area_id = ANY({0}::uuid[])", (viewer.areas,))


def column(
    sql: str,
    description: str,
    *,
    convert: Callable[[Any], Any] | None = None,
    values: Callable[[], tuple[Any, ...]] | None = None,
) -> Any:
    """A field for a column, given by its name, or for an expression in which `values` are bound."""
    return _field(Column(_expression(sql), convert, values), description)


def to_one(key: str, description: str) -> Any:
    """A field that links to the row whose id is in the column `key`."""
    return _field(ToOne(_expression(key)), description)


def to_many(description: str, **link: Any) -> Any:
    """A field that lists the rows of `ToMany(**link)`."""
    declaration = ToMany(**link)
    if declaration.computed:
        description = f"{description} {COMPUTED}"
    return _field(declaration, description, directives=list_size(declaration.max_rows))


def translated(stem: str, description: str) -> Any:
    """A field for `<stem>_vi` or `<stem>_en`, in the caller's or the requested language."""

    def resolve_translation(
        root: strawberry.Parent[Any],
        info: strawberry.Info[Any],
        language: Annotated[Language | None, _LANGUAGE] = None,
    ) -> str:
        texts: dict[Language, str] = vars(root)[info.python_name]
        return texts[language or info.context.language]

    sql = {language: _expression(f"{stem}_{language}") for language in Language}
    return _field(Translated(sql), description, resolver=resolve_translation)


def where(
    sql: str,
    description: str,
    *,
    convert: Callable[[Any], Any] | None = None,
    directives: Sequence[object] = (),
) -> Any:
    """An input field that filters by `sql` when it is given."""
    return _field(Where(sql, convert), description, default=None, directives=directives)


def flag(sql: str, description: str) -> Any:
    """An input field that filters by whether `sql` holds when it is given."""
    return _field(Flag(_expression(sql)), description, default=None)


def linked(
    key: str,
    type_name: str,
    description: str,
    *,
    by: LinkedBy = LinkedBy.ID,
    convert: Callable[[Any], list[Any]] | None = None,
) -> Any:
    """An input field that filters by other records, named by their ids or codes, when it is given."""
    return _field(Linked(_expression(key), type_name, by, convert), description, default=None)


def in_area(description: str, *keys: str, exact: bool = False) -> Any:
    """An input field that filters by an area; with `exact` without the areas within it."""
    expressions = tuple(_expression(key) for key in keys or ("area_id",))
    return _field(InArea(expressions, exact), description, default=None)


def between(sql: str, description: str) -> Any:
    """An input field that filters `sql` by bounds when it is given."""
    return _field(Between(_expression(sql)), description, default=None)


def _field(declaration: Reads, description: str, **options: Any) -> Any:
    return strawberry.field(description=description, metadata={DECLARATION: declaration}, **options)


def _expression(sql: str) -> str:
    return f"{{t}}.{sql}" if sql.isidentifier() else sql
