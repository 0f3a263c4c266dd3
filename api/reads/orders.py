"""The orders of lists: their keys, their SQL, and the enum that shows them in the schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.enums import expose
from records.core.labels import Described


class KeyType(StrEnum):
    """The SQL types of order keys, which cursors contain as text."""

    TEXT = "text"
    MOMENT = "timestamptz"
    DAY = "date"


@dataclass(frozen=True, slots=True)
class Key:
    """The type of an order key, and how the schema describes ordering by it.

    `name` is the value of the order enum; by default it is the column's name in capitals.
    """

    type: KeyType
    by: str
    nullable: bool = False
    name: str = ""

    def describe(self, *, descending: bool) -> str:
        """The description of the order."""
        if self.type is KeyType.TEXT:
            return f"By {self.by}{', descending' if descending else ''}."
        nulls = f"; those without one {'first' if descending else 'last'}" if self.nullable else ""
        return f"By {self.by}, the {'latest' if descending else 'earliest'} first{nulls}."


NAME: Final = Key(
    KeyType.TEXT, "name, in Vietnamese alphabetical order and with numbers by value", name="NAME"
)
CODE: Final = Key(KeyType.TEXT, "code", name="CODE")
UPDATED_AT: Final = Key(KeyType.MOMENT, "the last change")


@dataclass(frozen=True, slots=True)
class Order:
    """An order by a column and then the id. NULLs are last, or first if descending."""

    table: str
    column: str
    key: Key
    descending: bool

    @property
    def sql(self) -> str:
        """The ORDER BY expression; NULL becomes infinity, so that a single row comparison pages over it."""
        column = f"{{t}}.{self.column}"
        return f"coalesce({column}, 'infinity')" if self.key.nullable else column


def order_enum(type_name: str, keys: Mapping[str, Key]) -> type[Described]:
    """The enum of the orders of a type; a value is a column among `keys`, after "-" if descending."""

    class Orders(Described):
        vars().update(_members(keys))

    Orders.__name__, Orders.__doc__ = f"{type_name}Order", f"The orders of lists of `{type_name}`."
    return expose(Orders)


def _members(keys: Mapping[str, Key]) -> Iterator[tuple[str, tuple[str, str]]]:
    for column, key in keys.items():
        name = key.name or column.upper()
        yield name, (column, key.describe(descending=False))
        yield f"{name}_DESC", (f"-{column}", key.describe(descending=True))
