"""Drafts in forms: the inputs of a draft's declared fields, their values, and the parsed draft."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, get_args, get_type_hints
from uuid import UUID

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import READERS, Input, InputKind
from admin.kit.forms.merging import Values
from admin.kit.forms.numbers import decimal_text
from admin.kit.nouns.references import reference_choices
from admin.kit.pickers import area_choice, area_code, named_areas, read_area, read_group
from admin.kit.request import PageRequest
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of, input_name, max_lengths
from records.core.language import format_date, format_datetime
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.core.validation import Draft, Validator
from records.nouns import groups
from records.tables import Area, Group
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)
D = TypeVar("D", bound=Draft)

_INPUT_KINDS: Final[dict[object, InputKind]] = {
    Kind.LONG_TEXT: "long",
    Kind.NUMBER: "number",
    Kind.YEAR: "number",
    Kind.DAY: "day",
    Kind.MOMENT: "moment",
    Kind.URL: "url",
    Kind.YES_NO: "tick",
    Kind.LIST: "list",
    Area: "area",
    Group: "group",
}
# The input of a number by its type. The numbers that are no exact ones are coordinates.
_NUMBERS: Final[dict[type, InputKind]] = {Decimal: "decimal", float: "coordinate"}
_HINTS: Final[dict[InputKind, str]] = {
    "day": _("dd/mm/yyyy"),
    "moment": _("dd/mm/yyyy hh:mm"),
    "area": _("Enter the code or part of the name"),
    "group": _("Enter the code or part of the name"),
    "list": _("One on each line"),
}


@dataclass(frozen=True, kw_only=True)
class DraftForm(Generic[K, D]):
    """How records of a noun are created and edited: the draft, and the verbs that take it."""

    draft: type[D]
    edit: Callable[[PageRequest, K, D], Awaitable[object]]
    can_edit: Callable[[Actor, K], bool]
    # Without these, people create none.
    create: Callable[[PageRequest, D], Awaitable[K]] | None = None
    may_create: Right | None = None
    # The heading of the form of a new record.
    heading: str = ""
    # The first rows of the form: the names of one or two inputs. The others follow, each in a row of its own.
    rows: Sequence[Sequence[str]] = ()
    # Fields that are merged as one; see `merge`.
    field_groups: tuple[tuple[str, ...], ...] = ()
    # The initial values of the form of a new record.
    initial: Callable[[PageRequest], dict[str, str]] = lambda _request: {}
    # A form of a design of its own, and what its template needs besides.
    template: str = "kit/templates/form.html"
    context: Callable[[PageRequest, Form], Awaitable[dict[str, Any]]] | None = None
    # The flash messages of a new record, and of one that was edited.
    created: str = _("Added.")
    saved: str = _("Saved.")


async def inputs_of(request: PageRequest, draft: type[Any], row: Editable | None = None) -> dict[str, Input]:
    """The inputs of a draft by name, for a new record or for `row`, without invisible groups."""
    result = {}
    for column, field in fields_of(draft).items():
        if field.type is Group and not has_right(request.actor, Right.GROUPS_READ):
            continue
        name, kind = input_name(column, field), _kind(draft, column, field)
        result[name] = Input(
            name=name,
            label=field.label,
            kind=kind,
            required=field.required or field.enum is not None,
            hint=field.hint or _HINTS.get(kind, ""),
            choices=await choices_of(request, field, getattr(row, name, None), to_link=True)
            if kind == "choices"
            else (),
            none=_("None") if field.nullable else "",
            sealed=field.sealed,
        )
    return result


async def choices_of(
    request: PageRequest, field: Field, current: Any = None, *, to_link: bool = False
) -> list[Choice]:
    """The choices of a field: the members of its enum, or the records that it may refer to."""
    if field.enum:
        return enum_choices(request, field.enum)
    if field.table:
        return await reference_choices(request, field.table, current, to_link=to_link)
    return []


async def values_of(request: PageRequest, draft: type[Any], row: Editable) -> dict[str, str | list[str]]:
    """The form values of a record; its area must be loaded."""
    return {
        input_name(column, field): await _text(request, row, column, field)
        for column, field in fields_of(draft).items()
    }


async def names_of(
    request: PageRequest, draft: type[Any], row: Editable, form: Form
) -> Mapping[str, list[Choice]]:
    """The labels of the codes and ids in the inputs of a draft."""
    result = {one.name: list(one.choices) for one in (await inputs_of(request, draft, row)).values()}
    if "area" in result:
        # Every record whose draft has an area has the relation; the type of `row` cannot say so.
        area: Area = getattr(row, "area")  # noqa: B009 - which noun has an area, only its declaration knows
        result["area"] = [area_choice(area), *await named_areas(request, [form.selected("area")])]
    if "group" in result:
        result["group"] = [Choice(one.code, one.name) for one in await _groups(request, row)]
    return result


async def read_draft(request: PageRequest, form: Form, draft: type[D], row: Editable | None = None) -> D:
    """The draft that was entered. Raises `ValidationFailed` with every problem there is.

    An input that still stands as the form showed it keeps what the record holds: the form shows less, for
    example no seconds, and offers only areas and groups that this person may choose.
    """
    before = await values_of(request, draft, row) if row is not None else {}
    submitted = await _read_fields(request, form, draft, before, row)
    if form.problems:
        await _add_rule_problems(request, form, draft(**submitted), row)
    form.raise_if_invalid()
    return draft(**submitted)


async def _add_rule_problems(
    request: PageRequest, form: Form, draft: Draft, row: Editable | None = None
) -> None:
    """Adds what a verb would find in the fields of `draft` that were read, so that all is said at once."""
    check = Validator(form.problems)
    for column, field in fields_of(type(draft)).items():
        if check.is_valid(input_name(column, field)):
            check.clean(column, getattr(draft, column), field)
    await draft.check_rules(check, request.actor, row)
    form.problems |= check.problems


async def _read_fields(
    request: PageRequest,
    form: Form,
    draft: type[Any],
    before: Values = MappingProxyType({}),
    row: Editable | None = None,
) -> dict[str, Any]:
    """The submitted fields of a draft; problems are added to the form."""
    fields = fields_of(draft)
    for column, field in fields.items():
        name = input_name(column, field)
        if field.required and _kind(draft, column, field) == "choices" and not form.text(name):
            form.add_problem(name, "Choose one.")
        elif field.required and field.type is not Area:
            form.require(name)
    form.check_lengths(
        {input_name(column, fields[column]): most for column, most in max_lengths(draft).items()}
    )
    return {
        column: getattr(row, column)
        if row is not None and _is_unchanged(request, form, before, input_name(column, field), field)
        else await _read(request, form, draft, column, field)
        for column, field in fields.items()
    }


def _is_unchanged(request: PageRequest, form: Form, before: Values, name: str, field: Field) -> bool:
    hidden = field.type is Group and not has_right(request.actor, Right.GROUPS_READ)
    return hidden or before.get(name) in {form.text(name), form.selected(name)}


async def _read(request: PageRequest, form: Form, draft: type[Any], column: str, field: Field) -> Any:
    name, kind = input_name(column, field), _kind(draft, column, field)
    # A missing required value is a problem of the form already; this is a placeholder until it is raised.
    missing = None if field.nullable else UUID(int=0)
    if field.enum:
        return form.enum_value(name, field.enum, required=True)
    if kind == "area":
        return await read_area(request, form, required=not field.nullable) or missing
    if kind == "group":
        may_read = has_right(request.actor, Right.GROUPS_READ)
        return (await read_group(request, form, required=field.required) if may_read else None) or missing
    if kind in READERS:
        value = READERS[kind](form, name)
        return missing if value is None and kind == "choices" else value
    return form.text(name) or (None if field.nullable else "")


def _kind(draft: type[Any], column: str, field: Field) -> InputKind:
    if field.type is Kind.NUMBER:
        hint = get_type_hints(draft)[column]
        return next((kind for of, kind in _NUMBERS.items() if of in (hint, *get_args(hint))), "number")
    default: InputKind = "line" if isinstance(field.type, Kind) else "choices"
    return _INPUT_KINDS.get(field.type, default)


async def _text(request: PageRequest, row: Editable, column: str, field: Field) -> str:
    value = getattr(row, column)
    if field.type is Area:
        return area_code(getattr(row, input_name(column, field)))
    if field.type is Group:
        return next((one.code for one in await _groups(request, row)), "")
    if isinstance(value, list):
        return "\n".join(value)
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    text = format_date(value) if isinstance(value, date) else str(value)
    return "" if value is None else text


async def _groups(request: PageRequest, row: Any) -> list[Group]:
    """The group that a record refers to, where this person may see it."""
    if row.group_id is None or not has_right(request.actor, Right.GROUPS_READ):
        return []
    return await groups.visible_to(request.actor).filter(id=row.group_id)
