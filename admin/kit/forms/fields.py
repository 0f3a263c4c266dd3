"""Forms: what was typed, what it means, and what is wrong with it. What was typed is always kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, TypeVar, overload
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict

from admin.kit.request import Visit
from records.core.days import LOCAL
from records.core.errors import Invalid, Message
from records.core.labels import Labelled
from records.core.language import label
from records.core.language import mark as _
from records.core.text import clean, words

E = TypeVar("E", bound=StrEnum)

_VIETNAMESE_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[:hg](\d{2})(?::\d{2})?")
_WHOLE: Final = re.compile(r"\d{1,3}(?:[.,  ]\d{3})+|\d{1,9}")
_DECIMAL: Final = re.compile(r"-?\d{1,3}(?:[.,]\d{1,9})?")
_NEEDED: Final = _("Enter a value.")
_CHOOSE: Final = _("Choose one.")


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen: what the form sends, and what people read, with a remark beside it."""

    value: str
    text: str
    remark: str = ""


class Form:
    """The fields of a form as text. Each reading notes what is wrong; `done` raises that as `Invalid`."""

    def __init__(self, given: Mapping[str, object], problems: Mapping[str, Message] | None = None) -> None:
        self.given = given
        self.problems: dict[str, Message] = dict(problems or {})
        # What may have been meant, for fields in which one types a name.
        self.choices: dict[str, list[Choice]] = {}

    def text(self, name: str) -> str:
        """What was typed, as it was typed but for the one character that PostgreSQL cannot hold."""
        return str(self.given.get(name, "")).replace("\0", "")

    def texts(self, name: str) -> list[str]:
        """What was typed in each field of this name."""
        if isinstance(self.given, ImmutableMultiDict):
            return [str(value).replace("\0", "") for value in self.given.getlist(name)]
        value = self.given.get(name)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [self.text(name)] if name in self.given else []

    def picked(self, name: str) -> str:
        """What was chosen among the choices for what stands in the field, else what stands there."""
        typed, chosen = self.text(name).strip(), self.text(f"{name}_choice").strip()
        return chosen if chosen and self.text(f"{name}_asked").strip() == typed else typed

    def searched(self, name: str) -> str:
        """What was typed to search for; signs alone are a problem, for they find nothing."""
        typed = self.text(name)
        if typed.strip() and not words(typed):
            self.note(name, "Enter letters or digits to search for.")
        return typed

    def narrowed(self, *names: str) -> bool:
        """Whether anything stands in one of these fields."""
        return any(self.text(name) for name in names)

    def row(self, given: Mapping[str, object], index: int) -> "Form":
        """One row of a form that has several, with its own problems (those named "field-index")."""
        ending = f"-{index}"
        own = {
            name.removesuffix(ending): said for name, said in self.problems.items() if name.endswith(ending)
        }
        return Form(given, own)

    def note(self, name: str, text: str, **values: str | int) -> None:
        """Notes a problem of a field; the first is the one that is told."""
        self.problems.setdefault(name, Message(text, values))

    def need(self, *names: str) -> None:
        """Notes every one of these fields that was left empty."""
        for name in names:
            if not clean(self.text(name)):
                self.note(name, _NEEDED)

    def limit(self, limits: Mapping[str, int]) -> None:
        """Notes every field that is longer than its limit."""
        for name, most in limits.items():
            if len(clean(self.text(name))) > most:
                self.note(name, "Use at most {most} characters.", most=most)

    def done(self) -> None:
        """Raises `Invalid` when anything is wrong."""
        if self.problems:
            raise Invalid(self.problems)

    @overload
    def one_of(self, name: str, values: type[E], *, needed: Literal[True]) -> E: ...
    @overload
    def one_of(self, name: str, values: type[E]) -> E | None: ...
    def one_of(self, name: str, values: type[E], *, needed: bool = False) -> E | None:
        """The member of `values` that was chosen. Where one is needed, the first stands in until `done`."""
        typed = self.text(name)
        if typed in set(values):
            return values(typed)
        if typed or needed:
            self.note(name, _CHOOSE)
        return next(iter(values)) if needed else None

    def id(self, name: str) -> UUID | None:
        """The id of what was chosen from a list."""
        typed = self.text(name)
        try:
            return UUID(typed) if typed else None
        except ValueError:
            self.note(name, _CHOOSE)
            return None

    def day(self, name: str) -> date | None:
        """A day typed as dd/MM/yyyy or as ISO writes it."""
        typed = clean(self.text(name))
        if not typed:
            return None
        found = read_day(typed)
        if found is None:
            self.note(name, "Enter a date as dd/mm/yyyy, for example 05/03/2026.")
        return found

    def moment(self, name: str) -> datetime | None:
        """A day and a time of Viet Nam; midnight where no time was typed."""
        day_text, _space, time_text = clean(self.text(name)).replace("T", " ").partition(" ")
        if not day_text:
            return None
        day, time = read_day(day_text), _TIME.fullmatch(time_text.strip() or "0:00")
        hour, minute = (int(time[1]), int(time[2])) if time else (99, 99)
        if day is None or hour > 23 or minute > 59:
            self.note(name, "Enter a date and a time as dd/mm/yyyy hh:mm, for example 05/03/2026 14:30.")
            return None
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)

    def whole(self, name: str) -> int | None:
        """A whole number, with or without points between the thousands."""
        typed = clean(self.text(name))
        if not typed:
            return None
        if re.fullmatch(r"[-\u2212]\d{1,9}", typed):
            self.note(name, "Enter a number that is not negative.")
            return None
        if not _WHOLE.fullmatch(typed):
            self.note(name, "Enter a whole number.")
            return None
        return int(re.sub(r"\D", "", typed))

    def decimal(self, name: str) -> float | None:
        """A number with a decimal point or comma."""
        typed = clean(self.text(name))
        if not typed:
            return None
        if not _DECIMAL.fullmatch(typed):
            self.note(name, "Enter a number such as 10.2925.")
            return None
        return float(typed.replace(",", "."))

    def seen(self) -> int:
        """The version of the record that the person saw when the form was made."""
        typed = self.text("seen")
        if not re.fullmatch(r"\d{1,9}", typed):
            raise Invalid({"": Message("This form is incomplete. Reload the page.")})
        return int(typed)


def choices(visit: Visit, values: type[Labelled]) -> list[Choice]:
    """The members of an enum to choose from, by their names."""
    return [Choice(value.value, label(visit.language, value)) for value in values]


def read_day(typed: str) -> date | None:
    """The day that `typed` means, if any: dd/MM/yyyy or yyyy-MM-dd."""
    if match := _VIETNAMESE_DAY.fullmatch(typed):
        day, month, year = match.groups()
    elif match := _ISO_DAY.fullmatch(typed):
        year, month, day = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
