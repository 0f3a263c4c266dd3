"""Builds one SQL statement per nesting level from declarations and a selection."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from api.cost.selection import Selection
from api.errors import check_scope
from api.reads.declared import (
    DECLARATION,
    ID,
    RECORD_TYPES,
    Column,
    Condition,
    RecordType,
    ToMany,
    ToOne,
    Translated,
    in_viewer_areas,
)
from api.reads.orders import Order
from api.reads.visibility import Viewer
from records.core.identifiers.ids import global_id
from records.core.language import Language

_ROW: Final = "t"
_OWN_COLUMN: Final = re.compile(r"\{t\}\.(\w+)")


@dataclass(eq=False)
class Link:
    """Linked rows, read in one statement for all objects of a level; `key` is the cell of the object's id."""

    name: str
    to_many: ToMany
    selection: Selection
    key: int


@dataclass
class Shape:
    """The mapping from the cells of a row to the attributes of an object."""

    type: type
    values: list[tuple[str, int, Callable[[Any], Any] | None]] = field(default_factory=list)
    texts: list[tuple[str, dict[Language, int]]] = field(default_factory=list)
    to_ones: list[tuple[str, int, "Shape"]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def all_links(self) -> list[Link]:
        """The links of this object and of all objects that are joined to it."""
        return self.links + [link for _, _, nested in self.to_ones for link in nested.all_links]


class Statement:
    """A builder of a statement and the values of its parameters."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.values: list[Any] = []
        self._cells: list[str] = []
        self._joins: list[str] = []
        self._own: dict[str, None] = {"id": None}

    def shape(self, selection: Selection, alias: str = _ROW) -> Shape:
        """Adds the fields of `selection` for the row `alias`. Raises `MissingScope`."""
        shape = Shape(selection.type.extensions["strawberry-definition"].origin)
        for name in selection.fields:
            strawberry_field = selection.strawberry_field(name)
            attribute, declaration = strawberry_field.python_name, strawberry_field.metadata[DECLARATION]
            match declaration:
                case Column():
                    convert = (
                        partial(global_id, selection.type.name) if declaration is ID else declaration.convert
                    )
                    shape.values.append(
                        (attribute, self.cell(self._bind_column(declaration), alias), convert)
                    )
                case Translated():
                    texts = {language: self.cell(sql, alias) for language, sql in declaration.sql.items()}
                    shape.texts.append((attribute, texts))
                case ToOne():
                    subselection = _subselection(selection, name)
                    record_type = RECORD_TYPES[subselection.type.name]
                    check_scope(self.viewer.actor, record_type.right, field=f"{selection.type.name}.{name}")
                    joined = self._join(record_type, self._qualify(declaration.key, alias))
                    shape.to_ones.append(
                        (attribute, self.cell("{t}.id", joined), self.shape(subselection, joined))
                    )
                case ToMany():
                    subselection = _subselection(selection, name)
                    right = (
                        RECORD_TYPES[subselection.type.name].right
                        if subselection.type.name in RECORD_TYPES
                        else declaration.right
                    )
                    if right is not None:
                        check_scope(self.viewer.actor, right, field=f"{selection.type.name}.{name}")
                    shape.links.append(Link(attribute, declaration, subselection, self.cell("{t}.id", alias)))
        return shape

    def cell(self, sql: str, alias: str = _ROW) -> int:
        """The position of the expression `sql` in the result row."""
        expression = self._qualify(sql, alias)
        if expression not in self._cells:
            self._cells.append(expression)
        return self._cells.index(expression)

    def page(
        self,
        record_type: RecordType,
        where: Iterable[Condition],
        order: Order,
        *,
        backward: bool = False,
        limit: int,
    ) -> str:
        """The SQL that reads at most `limit` rows; joins are applied after the limit."""
        direction = "DESC" if order.descending != backward else "ASC"
        by = ", ".join(f"{self._qualify(key, _ROW)} {direction}" for key in (order.sql, "{t}.id"))
        source = f"{record_type.table} {_ROW}"
        rows = f"{self._where([*where, *record_type.visible(self.viewer)])} ORDER BY {by} LIMIT {limit:d}"
        if not self._joins:
            return f"SELECT {self._selected} FROM {source} {rows}"
        own = ", ".join(f"{_ROW}.{name}" for name in self._own)
        inner = f"SELECT {own} FROM {source} {rows}"
        return f"SELECT {self._selected} FROM ({inner}) {_ROW} {' '.join(self._joins)} ORDER BY {by}"

    def count(
        self, record_type: RecordType, where: Iterable[Condition], *, max_rows: int | None = None
    ) -> str:
        """The SQL that counts the rows, up to `max_rows` if given."""
        rows = f"FROM {record_type.table} {_ROW} {self._where([*where, *record_type.visible(self.viewer)])}"
        return (
            f"SELECT count(*) {rows}"
            if max_rows is None
            else f"SELECT count(*) FROM (SELECT {rows} LIMIT {max_rows:d}) {_ROW}"
        )

    def count_by(
        self, table: str, by: Mapping[str, str], where: Iterable[Condition], *, max_rows: int
    ) -> str:
        """The SQL that counts the rows of a table by expressions, returning the `max_rows` largest counts."""
        parts = ", ".join(f"{self._qualify(sql, _ROW)} AS {name}" for name, sql in by.items())
        rows = f"SELECT {parts} FROM {table} {_ROW} {self._where(where)}"
        counted = ", ".join([*by, "count(*)::int AS count"])
        order = ", ".join(["count DESC", *by])
        grouped = ", ".join(by) or "()"
        return f"SELECT {counted} FROM ({rows}) c GROUP BY {grouped} ORDER BY {order} LIMIT {max_rows:d}"

    def all(
        self,
        record_type: RecordType,
        where: Iterable[Condition],
        order: Sequence[str] = ("id",),
        *,
        max_rows: int | None = None,
    ) -> str:
        """The SQL that reads all rows under selective conditions, or the first `max_rows`."""
        conditions = self._where([*where, *record_type.visible(self.viewer)])
        order_by = ", ".join(f"{_ROW}.{name}" for name in order)
        joins = " ".join(self._joins)
        limit = "" if max_rows is None else f" LIMIT {max_rows:d}"
        rest = f"{joins} {conditions} ORDER BY {order_by}{limit}"
        return f"SELECT {self._selected} FROM {record_type.table} {_ROW} {rest}"

    def linked(self, link: Link, ids: list[UUID]) -> str:
        """The SQL that reads the rows of `link` for all objects of a level."""
        to_many, linked = link.to_many, RECORD_TYPES.get(link.selection.type.name)
        where = [Condition(f"{to_many.key} = ANY({{0}}::uuid[])", (ids,))]
        if to_many.where:
            where.append(Condition(to_many.where))
        if to_many.scoped:
            where.extend(in_viewer_areas(self.viewer))
        if linked is not None:
            where.extend(linked.visible(self.viewer))
        source = to_many.source.format(t=_ROW)
        joins, conditions = " ".join(self._joins), self._where(where)
        grouped = f" GROUP BY {to_many.key}, {to_many.group_by}".format(t=_ROW) if to_many.group_by else ""
        order = to_many.order.format(t=_ROW)
        return f"SELECT {self._selected} FROM {source} {joins} {conditions}{grouped} ORDER BY {order}"

    @property
    def _selected(self) -> str:
        return ", ".join(self._cells) or f"{_ROW}.id"

    def _bind_column(self, column: Column) -> str:
        """The expression of a column, with its values bound."""
        if column.values is None:
            return column.sql
        placeholders = [self._placeholder(value) for value in column.values()]
        return column.sql.format(*placeholders, t="{t}")

    def _placeholder(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def _qualify(self, sql: str, alias: str) -> str:
        if alias == _ROW:
            self._own |= dict.fromkeys(_OWN_COLUMN.findall(sql))
        return sql.format(t=alias)

    def _join(self, record_type: RecordType, key: str) -> str:
        alias = f"{_ROW}{len(self._joins) + 1}"
        visible = "".join(
            f" AND {self._bound(condition, alias)}" for condition in record_type.visible(self.viewer)
        )
        self._joins.append(f"LEFT JOIN {record_type.table} {alias} ON {alias}.id = {key}{visible}")
        return alias

    def _where(self, conditions: Iterable[Condition]) -> str:
        bound = [self._bound(condition, _ROW) for condition in conditions]
        return f"WHERE {' AND '.join(bound)}" if bound else ""

    def _bound(self, condition: Condition, alias: str) -> str:
        placeholders = [self._placeholder(value) for value in condition.values]
        return condition.sql.format(*placeholders, t=alias)


def _subselection(selection: Selection, name: str) -> Selection:
    subselection = selection.subselection(name)
    if subselection is None:
        raise LookupError(name)
    return subselection
