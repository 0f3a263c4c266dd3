"""Filters of a list: an input of the form above it, and the condition on the rows."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input, InputKind
from admin.kit.nouns.drafts import choices_of
from admin.kit.pickers import read_area, read_group
from admin.kit.request import PageRequest
from records.areas.scope import in_areas
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, input_name
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables import Area, Group

S = TypeVar("S", bound=Labelled)

Rows = QuerySet[Any]

# What a page counts from a year, as its quarters and the year before, has to be a date too.
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter: how its value is read from the form, and how it narrows the rows.

    With `source` the list of a value begins from other rows than its own; all other filters narrow these.
    Raises `TypeError` without both.
    """

    name: str
    label: str
    kind: InputKind
    read: Callable[[PageRequest, Form], Awaitable[Any]]
    apply: Callable[[PageRequest, Rows, Any], Rows] | None = None
    source: Callable[[Actor, Any], Rows] | None = None
    choices: Callable[[PageRequest], Awaitable[list[Choice]]] | None = None
    can: Callable[[Actor], bool] = lambda _actor: True
    # The kind of input whose codes a typed value may be, so that it is shown by name.
    codes_of: InputKind = "line"
    hint: str = ""
    # The label of the empty choice.
    none: str = _("All")

    def __post_init__(self) -> None:
        if self.apply is None and self.source is None:
            raise TypeError(f"the filter {self.name} changes no list")

    async def chosen(self, request: PageRequest, form: Form) -> Any:
        """The chosen value; None without one."""
        return await self.read(request, form) if self.can(request.actor) and form.text(self.name) else None

    async def apply_to(self, request: PageRequest, form: Form, rows: Rows) -> Rows:
        """`rows` filtered by the chosen value; all of them if there is none."""
        value = await self.chosen(request, form)
        return rows if value is None or self.apply is None else self.apply(request, rows, value)

    async def input(self, request: PageRequest) -> Input:
        """The input of this filter."""
        choices = await self.choices(request) if self.choices else []
        return Input(self.name, self.label, self.kind, hint=self.hint, choices=choices, none=self.none)


def field_filter(column: str, field: Field) -> Filter:
    """The filter by a declared field that holds a choice, a day, an area or another record."""
    name = input_name(column, field)

    async def read(request: PageRequest, form: Form) -> Any:
        if field.type is Area:
            return await read_area(request, form)
        if field.type is Group:
            return await read_group(request, form)
        if field.enum:
            return form.enum_value(name, field.enum)
        return form.id(name) if field.table else form.day(name)

    def apply(_request: PageRequest, rows: Rows, value: Any) -> Rows:
        return rows.filter(in_areas([value])) if field.type is Area else rows.filter(**{column: value})

    async def choices(request: PageRequest) -> list[Choice]:
        return await choices_of(request, field)

    is_text = field.type in {Area, Group} or isinstance(field.type, Kind)
    return Filter(
        name=name,
        label=field.label,
        kind="line" if is_text else "choices",
        read=read,
        apply=apply,
        codes_of="area" if field.type is Area else "group" if field.type is Group else "line",
        choices=None if is_text else choices,
        hint=_("Code or name") if field.type in {Area, Group} else _("dd/mm/yyyy") if is_text else "",
    )


def tick_filter(
    name: str,
    label: str,
    apply: Callable[[PageRequest, Rows], Rows] | None = None,
    can: Callable[[Actor], bool] | None = None,
    source: Callable[[Actor], Rows] | None = None,
) -> Filter:
    """The filter of a checkbox; with `source` it lists those rows in the place of the others."""

    async def read(_request: PageRequest, _form: Form) -> Any:
        return True

    return Filter(
        name=name,
        label=label,
        kind="tick",
        read=read,
        apply=(lambda request, rows, _value: apply(request, rows)) if apply else None,
        source=(lambda actor, _value: source(actor)) if source else None,
        can=can or (lambda _actor: True),
    )


def state_filter(name: str, states: type[S], condition: Callable[[S], Q]) -> Filter:
    """The filter by a status that follows from several columns, by the condition of each."""

    async def read(_request: PageRequest, form: Form) -> S | None:
        return form.enum_value(name, states)

    async def choices(request: PageRequest) -> list[Choice]:
        return enum_choices(request, states)

    return Filter(
        name=name,
        label=_("Status"),
        kind="choices",
        read=read,
        apply=lambda _request, rows, state: rows.filter(condition(state)),
        choices=choices,
    )


def read_year(form: Form) -> int | None:
    """The year in the field `year`."""
    year = form.integer("year")
    if year is None or _FIRST_YEAR <= year <= _LAST_YEAR:
        return year
    form.add_problem("year", "Enter a number from {least} to {most}.", least=_FIRST_YEAR, most=_LAST_YEAR)
    return None


def year_filter(
    label: str,
    apply: Callable[[PageRequest, Rows, int], Rows] | None = None,
    *,
    source: Callable[[Actor, int], Rows] | None = None,
    years: Callable[[PageRequest], Awaitable[Collection[int]]] | None = None,
    none: str = _("All"),
) -> Filter:
    """The filter of a year that is typed, or chosen from `years`, the last first."""

    async def read(_request: PageRequest, form: Form) -> int | None:
        return read_year(form)

    async def choices(request: PageRequest) -> list[Choice]:
        found = sorted(await years(request), reverse=True) if years else []
        return [Choice(str(year), str(year)) for year in found]

    return Filter(
        name="year",
        label=label,
        kind="choices" if years else "line",
        read=read,
        apply=apply,
        source=source,
        choices=choices if years else None,
        none=none,
    )


def is_filterable(field: Field) -> bool:
    """Whether a list can be filtered by a field: one of few values, or an area."""
    return field.enum is not None or field.type is Area
