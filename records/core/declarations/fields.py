"""What is true of a field: its label, its limits, and how it is entered and shown.

A draft declares its fields in its annotations: `name: Annotated[str, Field(_("Name"), max_length=200)]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from types import NoneType
from typing import Any, Final, TypeAlias, get_args, get_origin, get_type_hints

from tortoise.models import Model

from records.core.labels import Labelled
from records.core.language import gettext_noop as _


class Kind(Enum):
    """How the values of a field are entered and shown."""

    TEXT = auto()
    # A text of several lines.
    LONG_TEXT = auto()
    # A text in capitals, by which people name a record.
    CODE = auto()
    # A web address.
    URL = auto()
    NUMBER = auto()
    # A year; not in the future unless there is a maximum.
    YEAR = auto()
    DAY = auto()
    MOMENT = auto()
    YES_NO = auto()
    # Texts.
    LIST = auto()
    # Shown by how many things are in it.
    SIZE = auto()


Enumeration: TypeAlias = type[Labelled]
Table: TypeAlias = type[Model]
FieldType: TypeAlias = Kind | Enumeration | Table
"""A kind, the enum of the choices, or the table that holds the records to choose from."""

_KIND_OF: Final[dict[Any, Kind]] = {
    str: Kind.TEXT,
    bool: Kind.YES_NO,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    Decimal: Kind.NUMBER,
    datetime: Kind.MOMENT,
    date: Kind.DAY,
    Sequence: Kind.LIST,
}


@dataclass(frozen=True)
class Field:
    """The facts of a field. Those of a draft get `type`, `required` and `nullable` from their annotation.

    `constraints` are the texts to show at this field, by the constraint of the database that was violated.
    """

    label: str
    type: FieldType = Kind.TEXT
    _: KW_ONLY
    required: bool = False
    nullable: bool = False
    # In characters; for a list, of each text in it.
    max_length: int | None = None
    minimum: int = 0
    maximum: int | None = None
    # Of a list, with the text for one that has more.
    max_items: int = 0
    too_many: str = ""
    # Whether a day or moment must not be in the future.
    past: bool = False
    # Of a day: the column that says how exactly it is known.
    precision: str = ""
    searchable: bool = False
    sealed: bool = False
    # Whether its values stand in the history.
    audited: bool = True
    hint: str = ""
    constraints: Mapping[str, str] = field(default_factory=dict)

    @property
    def enum(self) -> Enumeration | None:
        """The enum of its choices, if it has one."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, Labelled) else None

    @property
    def table(self) -> Table | None:
        """The table of the records that it refers to, if it does."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, Model) else None


def fields_of(draft: type[Any]) -> Mapping[str, Field]:
    """The fields that a draft declares, by name. What has no default and may not be None is required."""
    hints = get_type_hints(draft, include_extras=True)
    result: dict[str, Field] = {}
    for item in fields(draft):
        annotation, *metadata = get_args(hints[item.name]) or (hints[item.name],)
        for declared in metadata:
            if isinstance(declared, Field):
                has_default = item.default is not MISSING or item.default_factory is not MISSING
                result[item.name] = _completed(declared, annotation, has_default=has_default)
    return result


def max_lengths(draft: type[Any]) -> dict[str, int]:
    """The longest text that each field of a draft takes, in characters."""
    return {name: one.max_length for name, one in fields_of(draft).items() if one.max_length is not None}


def reason_field(max_length: int) -> Field:
    """The text in which somebody has to say why."""
    return Field(_("Reason"), Kind.LONG_TEXT, required=True, max_length=max_length)


def input_name(name: str, field: Field) -> str:
    """The name of a field in forms and problems: "area" for `area_id`."""
    return name.removesuffix("_id") if field.table else name


def _completed(declared: Field, annotation: Any, *, has_default: bool) -> Field:
    options = get_args(annotation)
    nullable = NoneType in options
    plain = next((one for one in options if one is not NoneType), annotation) if nullable else annotation
    plain = get_origin(plain) or plain
    kind: FieldType = declared.type
    if kind is Kind.TEXT:
        kind = plain if isinstance(plain, type) and issubclass(plain, Labelled) else _KIND_OF[plain]
    return replace(declared, type=kind, nullable=nullable, required=not has_default and not nullable)
