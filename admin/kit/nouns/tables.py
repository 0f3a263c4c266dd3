"""Tables: columns, and the cell of a record in each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from tortoise.models import Model

from admin.kit.nouns.references import title_of
from admin.kit.request import PageRequest
from admin.kit.values import UNNAMED, format_known_part
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.rights import has_right
from records.registry.nouns import NOUNS

R = TypeVar("R")

# Columns whose values have a shape of their own beside their name.
_MARKED: Final = frozenset({"status", "review_class"})


@dataclass(frozen=True)
class Cell:
    """A cell: a value, with a remark beside it.

    `tone` is a class of the style sheet; a `status` is shown as one. With `post` the value is the text of a
    button that posts there, with the `version` of the record.
    """

    value: object
    remark: str = ""
    href: str = ""
    tone: str = ""
    status: bool = False
    # Whether a button beside it copies it.
    copied: bool = False
    post: str = ""
    version: int = 0


@dataclass(frozen=True)
class Column(Generic[R]):
    """A column: its heading, and the value of a record."""

    label: str
    value: Callable[[PageRequest, R], object]
    number: bool = False
    # The column of the database by which its heading sorts, where the list has such an order.
    name: str = ""

    def cell(self, request: PageRequest, row: R) -> Cell:
        """The cell of `row`."""
        value = self.value(request, row)
        return value if isinstance(value, Cell) else Cell(value)


def path_of(request: PageRequest, table: type[Model], row_id: object) -> str:
    """The address of a record's page, empty if it has none that this person may open."""
    noun = NOUNS.of(table)
    opens = noun and noun.path and has_right(request.actor, noun.right)
    return f"/admin/{noun.path}/{row_id}" if noun and opens else ""


def title_column(noun: Noun, path: str) -> Column[Any]:
    """The column with the title of a record, linked to its page, and its code."""

    def cell(request: PageRequest, row: Any) -> Cell:
        title, code = title_of(request, row), getattr(row, "code", "")
        return Cell(title, remark=code if code != title else "", href=f"{path}/{row.pk}")

    return Column(noun.label, cell, name="name_key")


def field_column(name: str, field: Field, names: Mapping[str, str]) -> Column[Any]:
    """The column of a declared field; `names` holds those of the records that it may refer to, by id."""

    def cell(request: PageRequest, row: Any) -> Cell:
        value = getattr(row, name)
        if field.table and value is not None:
            named = names.get(str(value))
            return Cell(named or UNNAMED, href=path_of(request, field.table, value) if named else "")
        if field.type is Kind.YEAR and value is not None:
            return Cell(str(value))
        if field.precision and value is not None:
            return Cell(format_known_part(value, getattr(row, field.precision)))
        return Cell(
            value,
            status=name in _MARKED and value is not None,
            copied=field.type is Kind.CODE and bool(value),
        )

    return Column(field.label, cell, number=field.type is Kind.NUMBER, name=name)
