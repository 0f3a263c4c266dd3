"""Values as people read them, and what records are called where another record refers to them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from textwrap import shorten
from typing import Any, Final, TypeVar
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from admin.kit.request import PageRequest
from records.areas.scope import within
from records.core.declarations.fields import FieldType, Kind
from records.core.labels import Labelled
from records.core.language import Language, format_date, format_datetime, format_number, label, translate
from records.registry.nouns import NOUNS
from records.tables.organisations import DatePrecision

M = TypeVar("M", bound=Model)

# Counting rows stops here, because counting all of them is slow.
MAX_COUNT: Final = 1000
_EMPTY: Final = "–"
# In characters; a question may be longer.
_TITLE_LENGTH: Final = 120
# The first type that fits counts: a bool is also an int, a datetime a date, and an enum member a str.
_FORMATTERS: Final[tuple[tuple[type, Callable[[Language, Any], str]], ...]] = (
    (Labelled, label),
    (bool, lambda language, value: translate(language, "Yes" if value else "No")),
    (int, format_number),
    (Decimal, partial(format_number, decimals=6)),
    (datetime, lambda _language, value: format_datetime(value)),
    (date, lambda _language, value: format_date(value)),
    (list, lambda _language, value: ", ".join(map(str, value))),
)


# The part of a day that is known; the rest is a placeholder.
_KNOWN_PARTS: Final = {
    DatePrecision.DAY: "%d/%m/%Y",
    DatePrecision.MONTH: "%m/%Y",
    DatePrecision.YEAR: "%Y",
}


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its name, what stands below it, its value, and the value to compare it with."""

    name: str
    mark: str
    value: int
    earlier: int | None = None


def format_known_part(value: date, precision: str) -> str:
    """The part of a day that is known: 05/2024 for one known to the month."""
    return value.strftime(_KNOWN_PARTS[DatePrecision(precision)])


def display_value(language: Language, value: object) -> str:
    """A value of a record, formatted in `language`; a dash for an empty one."""
    if value is None:
        return _EMPTY
    write = next((write for kind, write in _FORMATTERS if isinstance(value, kind)), None)
    if write is None:
        # Markup stays markup.
        return (value if isinstance(value, str) else str(value)) or _EMPTY
    return write(language, value) or _EMPTY


UNNAMED: Final = "…"
"""Shown instead of the name of a record outside the reader's areas."""


def name_of(request: PageRequest, row: Model) -> str:
    """The name of a record in the user's language, else its title or code."""
    names = (getattr(row, name, None) for name in (f"name_{request.language}", "name", "title", "code"))
    return next((name for name in names if name), "") or declared_title(request, row) or UNNAMED


def declared_title(request: PageRequest, row: Model) -> str:
    """What a record is called by the fields that its noun declares for that; empty if it declares none."""
    noun = NOUNS.of(type(row))
    if noun is None or not noun.title:
        return ""
    years = {name for name, field in noun.fields.items() if field.type is Kind.YEAR}
    values = ((name, getattr(row, name)) for name in noun.title)
    texts = (
        name_of(request, value)
        if isinstance(value, Model)
        else display_value(request.language, str(value) if name in years else value)
        for name, value in values
    )
    return shorten(" · ".join(texts), _TITLE_LENGTH, placeholder="…")


def with_title(rows: QuerySet[M], table: type[M]) -> QuerySet[M]:
    """`rows` of `table` with the records by which they are called."""
    noun, relations = NOUNS.of(table), table._meta.fk_fields  # noqa: SLF001 - Tortoise shows it nowhere else
    return rows.prefetch_related(*(name for name in (noun.title if noun else ()) if name in relations))


async def referenced_names(request: PageRequest, values: Iterable[tuple[FieldType, Any]]) -> dict[str, str]:
    """The names of the records to which these values of fields refer, by id; one query for each table.

    Records outside the reader's areas are left out.
    """
    ids: dict[type[Model], set[str]] = defaultdict(set)
    for table, value in values:
        if isinstance(table, type) and issubclass(table, Model):
            ids[table] |= set(ids_in(value))
    return {
        str(row.pk): name_of(request, row)
        for table, wanted in ids.items()
        if wanted
        for row in await _in_reach(request, table, wanted)
    }


def ids_in(value: UUID | str | list[str] | None) -> list[str]:
    """The ids that a column holds: none, one, or a list."""
    return value if isinstance(value, list) else [str(value)] if value else []


async def _in_reach(request: PageRequest, table: type[Model], ids: set[str]) -> list[Model]:
    rows, noun = with_title(table.filter(id__in=list(ids)), table), NOUNS.of(table)
    scoped = noun and "area_id" in noun.fields and not noun.catalogue
    return await (rows.filter(within(request.actor)) if scoped else rows)
