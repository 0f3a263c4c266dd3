"""Checking what was entered: every problem of a form at once, by field."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from records.core.days import now, today
from records.core.declarations.fields import Field, Kind, fields_of, input_name
from records.core.errors import Invalid, Message, ProblemCode
from records.core.identifiers.codes import normalized
from records.core.language import mark as _
from records.core.text import clean

_CLOCK_SKEW: Final = timedelta(minutes=5)
_FIRST_YEAR: Final = 1900


class Check:
    """Collects problems by field; `done` raises them together as `Invalid`."""

    def __init__(self) -> None:
        self.problems: dict[str, Message] = {}

    def add(self, field: str, text: str, code: ProblemCode, /, **values: str | int) -> None:
        """Notes a problem; only the first of a field is reported."""
        self.problems.setdefault(field, Message(text, values, code))

    def values(self, draft: Any) -> dict[str, Any]:
        """The fields of `draft` as they are stored, those that it declares checked and cleaned."""
        declared = fields_of(type(draft))
        given = {one.name: getattr(draft, one.name) for one in fields(draft)}
        return given | {name: self.value(name, given[name], one) for name, one in declared.items()}

    def value(self, name: str, given: Any, field: Field) -> Any:
        """`given` as `field` stores it."""
        name = input_name(name, field)
        if field.type is Kind.LIST:
            return self._texts(name, given, field)
        if field.max_length is not None:
            cleaned = normalized(given or "") if field.type is Kind.CODE else given or ""
            text = self.text(name, cleaned, most=field.max_length, needed=field.required)
            return None if field.nullable and not text else text
        if field.type is Kind.YEAR:
            return self.number(name, given, least=_FIRST_YEAR, most=today().year)
        if field.maximum is not None:
            return self.number(name, given, least=field.minimum, most=field.maximum)
        if field.past:
            return self.past_day(name, given) if field.type is Kind.DAY else self.past_moment(name, given)
        return given

    def text(self, field: str, given: str, *, most: int, needed: bool = False) -> str:
        """`given`, cleaned; at most `most` characters, and not empty where `needed`."""
        kept = clean(given)
        if needed and not kept:
            self.add(field, "Enter a value.", ProblemCode.REQUIRED)
        if len(kept) > most:
            self.add(field, "Use at most {most} characters.", ProblemCode.TOO_LONG, most=most)
        return kept

    def number(self, field: str, given: int | None, *, least: int, most: int) -> int | None:
        """`given`, within bounds."""
        if given is not None and not least <= given <= most:
            text = _("Enter a number from {least} to {most}.")
            self.add(field, text, ProblemCode.OUT_OF_RANGE, least=least, most=most)
        return given

    def past_day(self, field: str, given: date | None) -> date | None:
        """`given`, not after today."""
        if given is not None and given.year < _FIRST_YEAR:
            self._add_early(field)
        elif given is not None and given > today():
            self.add(field, "Enter a date that is not in the future.", ProblemCode.IN_FUTURE)
        return given

    def past_moment(self, field: str, given: datetime | None) -> datetime | None:
        """`given`, not in the future but for a few minutes of clocks that differ."""
        if given is None:
            return None
        if given.tzinfo is None:
            self.add(field, "Enter a time with its time zone.", ProblemCode.MALFORMED)
        elif given.year < _FIRST_YEAR:
            self._add_early(field)
        elif given > now() + _CLOCK_SKEW:
            self.add(field, "Enter a time that is not in the future.", ProblemCode.IN_FUTURE)
        return given

    def _texts(self, name: str, given: Sequence[str], field: Field) -> list[str]:
        cleaned = [self.text(name, text, most=field.max_length or 0) for text in given]
        if len(cleaned) > field.max_items:
            self.add(name, field.too_many, ProblemCode.TOO_MANY, most=field.max_items)
        return [text for text in cleaned if text]

    def _add_early(self, field: str) -> None:
        code, year = ProblemCode.OUT_OF_RANGE, str(_FIRST_YEAR)
        self.add(field, "Enter a date in {year} or later.", code, year=year)

    def done(self) -> None:
        """Raises `Invalid` when there was any problem."""
        if self.problems:
            raise Invalid(self.problems)


def checked_text(name: str, given: str, field: Field) -> str:
    """`given` as `field` stores it. Raises `Invalid`."""
    check = Check()
    cleaned: str = check.value(name, given, field)
    check.done()
    return cleaned
