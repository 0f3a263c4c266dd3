"""Input validation: reports every problem of a form at once, by field."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from records.core.actor import Actor
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, input_name
from records.core.errors import Message, ProblemCode, ValidationFailed
from records.core.identifiers.codes import normalize_code
from records.core.language import gettext_noop as _
from records.core.text import normalize_text

_CLOCK_SKEW: Final = timedelta(minutes=5)
_FIRST_YEAR: Final = 1900


class Validator:
    """Collects problems by field; `raise_if_invalid` raises them together as `ValidationFailed`."""

    def __init__(self, problems: Mapping[str, Message] = MappingProxyType({})) -> None:
        self.problems = dict(problems)

    def add(self, field: str, text: str, code: ProblemCode, /, **values: str | int) -> None:
        """Adds a problem; only the first of a field is reported."""
        self.problems.setdefault(field, Message(text, values, code))

    def is_valid(self, *names: str) -> bool:
        """Whether none of these fields has a problem, so that a rule between them can be checked."""
        return self.problems.keys().isdisjoint(names)

    def values(self, draft: Any) -> dict[str, Any]:
        """The fields of `draft` as they are stored, those that it declares checked and cleaned."""
        declared = fields_of(type(draft))
        values = {one.name: getattr(draft, one.name) for one in fields(draft)}
        return values | {name: self.clean(name, values[name], one) for name, one in declared.items()}

    def clean(self, name: str, value: Any, field: Field) -> Any:
        """`value` as `field` stores it."""
        name = input_name(name, field)
        if field.type is Kind.LIST:
            return self._texts(name, value, field)
        if field.max_length is not None:
            cleaned = normalize_code(value or "") if field.type is Kind.CODE else value or ""
            text = self.text(name, cleaned, max_length=field.max_length, required=field.required)
            return None if field.nullable and not text else text
        if field.type is Kind.YEAR:
            first, last = field.minimum or _FIRST_YEAR, field.maximum or today().year
            return self.number(name, value, minimum=first, maximum=last)
        if field.maximum is not None:
            return self.number(name, value, minimum=field.minimum, maximum=field.maximum)
        if field.past:
            return self.past_date(name, value) if field.type is Kind.DAY else self.past_datetime(name, value)
        return value

    def text(self, field: str, value: str, *, max_length: int, required: bool = False) -> str:
        """`value`, normalized; at most `max_length` characters, and not empty where `required`."""
        text = normalize_text(value)
        if required and not text:
            self.add(field, "Enter a value.", ProblemCode.REQUIRED)
        if len(text) > max_length:
            self.add(field, "Use at most {most} characters.", ProblemCode.TOO_LONG, most=max_length)
        return text

    def number(self, field: str, value: int | None, *, minimum: int, maximum: int) -> int | None:
        """`value`, within bounds."""
        if value is not None and not minimum <= value <= maximum:
            text = _("Enter a number from {least} to {most}.")
            self.add(field, text, ProblemCode.OUT_OF_RANGE, least=minimum, most=maximum)
        return value

    def past_date(self, field: str, value: date | None) -> date | None:
        """`value`, not after today."""
        if value is not None and value.year < _FIRST_YEAR:
            self._add_too_early(field)
        elif value is not None and value > today():
            self.add(field, "Enter a date that is not in the future.", ProblemCode.IN_FUTURE)
        return value

    def past_datetime(self, field: str, value: datetime | None) -> datetime | None:
        """`value`, not in the future; a few minutes of clock skew are allowed."""
        if value is None:
            return None
        if value.tzinfo is None:
            self.add(field, "Enter a time with its time zone.", ProblemCode.MALFORMED)
        elif value.year < _FIRST_YEAR:
            self._add_too_early(field)
        elif value > now() + _CLOCK_SKEW:
            self.add(field, "Enter a time that is not in the future.", ProblemCode.IN_FUTURE)
        return value

    def _texts(self, name: str, value: Sequence[str], field: Field) -> list[str]:
        cleaned = [self.text(name, text, max_length=field.max_length or 0) for text in value]
        if len(cleaned) > field.max_items:
            self.add(name, field.too_many, ProblemCode.TOO_MANY, most=field.max_items)
        return [text for text in cleaned if text]

    def _add_too_early(self, field: str) -> None:
        code, year = ProblemCode.OUT_OF_RANGE, str(_FIRST_YEAR)
        self.add(field, "Enter a date in {year} or later.", code, year=year)

    def raise_if_invalid(self) -> None:
        """Raises `ValidationFailed` when there was any problem."""
        if self.problems:
            raise ValidationFailed(self.problems)


class Draft:
    """The values of a record as entered, with the rules between them."""

    async def check_rules(self, check: Validator, by: Actor, before: Any) -> None:
        """Adds the problems of rules between fields; `before` is the record that is edited.

        The fields are checked already: a rule applies where `check.is_valid` says so of its fields.
        """


async def checked(draft: Draft, by: Actor, before: Any = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    check = Validator()
    values = check.values(draft)
    await draft.check_rules(check, by, before)
    check.raise_if_invalid()
    return values


def checked_text(name: str, value: str, field: Field) -> str:
    """`value` as `field` stores it. Raises `ValidationFailed`."""
    check = Validator()
    cleaned: str = check.clean(name, value, field)
    check.raise_if_invalid()
    return cleaned
