"""Forms: parse submitted text and collect problems. The submitted text is always kept."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, TypeVar, overload
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict, UploadFile

from admin.kit.forms.numbers import parse_coordinate, parse_decimal
from admin.kit.request import PageRequest
from records.core.dates import LOCAL
from records.core.errors import Message, ValidationFailed
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.language import label
from records.core.text import normalize_text, split_words

E = TypeVar("E", bound=StrEnum)
N = TypeVar("N")

_VIETNAMESE_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[:hg](\d{2})(?::\d{2})?")
_INTEGER: Final = re.compile(r"\d{1,3}(?:[.,  ]\d{3})+|\d{1,9}")
# Far from the first and the last year of `datetime`, beyond which no moment in UTC exists.
# Texts beyond it are not normalized to see how long they are: megabytes of accents take seconds.
_LONG: Final = 100_000
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999
_REQUIRED: Final = _("Enter a value.")
_CHOOSE_ONE: Final = _("Choose one.")
_NO_SUCH_DATE: Final = _("Enter a date that exists.")


@dataclass(frozen=True)
class Choice:
    """A choice: the value that the form sends, its text, and a remark beside it."""

    value: str
    text: str
    remark: str = ""


class Form:
    """The fields of a form as text.

    Each reading notes what is wrong; `raise_if_invalid` raises that as `ValidationFailed`.
    """

    def __init__(self, data: Mapping[str, object], problems: Mapping[str, Message] | None = None) -> None:
        self.data = data
        self.problems: dict[str, Message] = dict(problems or {})
        # Suggestions for fields in which a name is entered.
        self.choices: dict[str, list[Choice]] = {}
        # What is called by its code in such a field, and shown by its name.
        self.named: dict[str, Choice] = {}

    @property
    def files(self) -> list[UploadFile]:
        """The files that were sent with it, empty ones too: a browser does not send them again."""
        items = self.data.multi_items() if isinstance(self.data, ImmutableMultiDict) else []
        return [value for _name, value in items if isinstance(value, UploadFile) and value.filename]

    def text(self, name: str) -> str:
        """The submitted text without NUL, which PostgreSQL cannot store."""
        return str(self.data.get(name, "")).replace("\0", "")

    def texts(self, name: str) -> list[str]:
        """The submitted texts of all fields with this name."""
        if isinstance(self.data, ImmutableMultiDict):
            return [str(value).replace("\0", "") for value in self.data.getlist(name)]
        value = self.data.get(name)
        if isinstance(value, list):
            return [str(one) for one in value]
        return [self.text(name)] if name in self.data else []

    def shown(self, name: str) -> str:
        """The text that the field shows: a name where a code stands in it."""
        return self.named[name].text if name in self.named else self.text(name)

    def selected(self, name: str) -> str:
        """The choice made for the text in the field, else the text."""
        text, chosen = self.text(name).strip(), self.text(f"{name}_choice").strip()
        return chosen if chosen and self.text(f"{name}_asked").strip() == text else text

    def search_text(self, name: str) -> str:
        """The text to search for; punctuation alone is a problem."""
        text = self.text(name)
        if text.strip() and not split_words(text):
            self.add_problem(name, "Enter letters or digits to search for.")
        return text

    @property
    def only_asks(self) -> bool:
        """Whether nothing is wrong, and only a question has to be answered with a tick."""
        return all(name.startswith("certain-") for name in self.problems)

    def has_any(self, *names: str) -> bool:
        """Whether any of these fields has a value."""
        return any(self.text(name) for name in names)

    def add_problem(self, name: str, text: str, **values: str | int) -> None:
        """Adds a problem of a field, unless it has one already."""
        self.problems.setdefault(name, Message(text, values))

    def require(self, *names: str) -> None:
        """Adds a problem for each of these fields that is empty."""
        for name in names:
            text = self.text(name)
            if len(text) < _LONG and not normalize_text(text):
                self.add_problem(name, _REQUIRED)

    def check_lengths(self, limits: Mapping[str, int]) -> None:
        """Adds a problem for each field that is longer than its limit."""
        for name, max_length in limits.items():
            text = self.text(name)
            if len(text) > max_length + _LONG or len(normalize_text(text)) > max_length:
                self.add_problem(name, "Use at most {most} characters.", most=max_length)

    def raise_if_invalid(self) -> None:
        """Raises `ValidationFailed` when anything is wrong."""
        if self.problems:
            raise ValidationFailed(self.problems)

    @overload
    def enum_value(self, name: str, values: type[E], *, required: Literal[True]) -> E: ...
    @overload
    def enum_value(self, name: str, values: type[E]) -> E | None: ...
    def enum_value(self, name: str, values: type[E], *, required: bool = False) -> E | None:
        """The chosen member of `values`; where a required one is missing, the first, with a problem."""
        text = self.text(name)
        if text in set(values):
            return values(text)
        if text or required:
            self.add_problem(name, _CHOOSE_ONE)
        return next(iter(values)) if required else None

    def id(self, name: str) -> UUID | None:
        """The id of the chosen record."""
        text = self.text(name)
        try:
            return UUID(text) if text else None
        except ValueError:
            self.add_problem(name, _CHOOSE_ONE)
            return None

    def day(self, name: str) -> date | None:
        """A day typed as dd/MM/yyyy or as ISO writes it."""
        text = normalize_text(self.text(name))
        if not text:
            return None
        value = parse_day(text)
        if value is None:
            self._add_date_problem(name, text, _("Enter a date as dd/mm/yyyy, for example 05/03/2026."))
        return self._in_range(name, value)

    def moment(self, name: str) -> datetime | None:
        """A day and a time of Viet Nam; midnight where no time was typed."""
        day_text, _space, time_text = normalize_text(self.text(name)).replace("T", " ").partition(" ")
        if not day_text:
            return None
        day, time = parse_day(day_text), _TIME.fullmatch(time_text.strip() or "0:00")
        hour, minute = (int(time[1]), int(time[2])) if time else (99, 99)
        if day is None or hour > 23 or minute > 59:
            malformed = _("Enter a date and a time as dd/mm/yyyy hh:mm, for example 05/03/2026 14:30.")
            self._add_date_problem(name, day_text if day is None else "", malformed)
            return None
        if self._in_range(name, day) is None:
            return None
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)

    def _add_date_problem(self, name: str, text: str, malformed: str) -> None:
        """Adds the problem of a `text` that is no date: 31/02/2026 has the form of one."""
        is_formed = _VIETNAMESE_DAY.fullmatch(text) or _ISO_DAY.fullmatch(text)
        self.add_problem(name, _NO_SUCH_DATE if is_formed else malformed)

    def integer(self, name: str) -> int | None:
        """A whole number, with or without points between the thousands."""
        text = normalize_text(self.text(name))
        if not text:
            return None
        if re.fullmatch(r"[-\u2212]\d{1,9}", text):
            self.add_problem(name, "Enter a number that is not negative.")
            return None
        if re.fullmatch(r"\d{10,}", text):
            self.add_problem(name, _("This number is too large."))
            return None
        if not _INTEGER.fullmatch(text):
            self.add_problem(name, "Enter a whole number.")
            return None
        return int(re.sub(r"\D", "", text))

    def decimal(self, name: str) -> Decimal | None:
        """An exact number as people in Viet Nam write it; see `parse_decimal`."""
        return self._parsed(name, parse_decimal, _("Enter a number such as 1.234,5."))

    def coordinate(self, name: str) -> float | None:
        """Degrees with a decimal point or comma."""
        return self._parsed(name, parse_coordinate, _("Enter a number such as 10.2925."))

    def _parsed(self, name: str, parse: Callable[[str], N | None], malformed: str) -> N | None:
        text = normalize_text(self.text(name))
        value = parse(text) if text else None
        if text and value is None:
            self.add_problem(name, malformed)
        return value

    def _in_range(self, name: str, day: date | None) -> date | None:
        if day is not None and day.year < _FIRST_YEAR:
            self.add_problem(name, "Enter a date in {year} or later.", year=str(_FIRST_YEAR))
            return None
        if day is not None and day.year > _LAST_YEAR:
            self.add_problem(name, "Enter a date in {year} or earlier.", year=str(_LAST_YEAR))
            return None
        return day

    def is_approval(self) -> bool:
        """Whether "approve" was pressed and not "refuse"; a reason for refusing does not go with it."""
        decision = self.text("decision")
        if decision not in {"approve", "refuse"}:
            self.add_problem("", _CHOOSE_ONE)
        if decision == "approve" and self.text("refusal").strip():
            self.add_problem("refusal", _("You wrote a reason for refusing. Refuse, or delete the reason."))
        return decision == "approve"

    def expected_version(self) -> int:
        """The version of the record from which the form was rendered."""
        text = self.text("expected_version")
        if not re.fullmatch(r"\d{1,9}", text):
            raise ValidationFailed({"": Message("This form is incomplete. Reload the page.")})
        return int(text)


def enum_choices(request: PageRequest, values: type[Labelled]) -> list[Choice]:
    """The members of an enum as choices."""
    return [Choice(value.value, label(request.language, value)) for value in values]


def parse_day(text: str) -> date | None:
    """The date in `text`, as dd/MM/yyyy or yyyy-MM-dd; None if there is none."""
    if match := _VIETNAMESE_DAY.fullmatch(text):
        day, month, year = match.groups()
    elif match := _ISO_DAY.fullmatch(text):
        year, month, day = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
