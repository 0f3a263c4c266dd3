from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

import pytest

from records.core.dates import LOCAL, now, today
from records.core.declarations.fields import Field, Kind
from records.core.errors import ProblemCode, ValidationFailed
from records.core.validation import Validator


@dataclass(frozen=True)
class Draft:
    code: Annotated[str, Field("Code", Kind.CODE, max_length=8)]
    on: Annotated[date, Field("On", past=True)]
    count: Annotated[int, Field("Count", minimum=1, maximum=9)] = 1
    born: Annotated[int | None, Field("Born", Kind.YEAR)] = None
    note: Annotated[str | None, Field("Note", max_length=5)] = None
    topics: Annotated[
        Sequence[str], Field("Topics", max_length=5, max_items=2, too_many="At most {most}.")
    ] = ()


def test_values_are_cleaned_as_draft_declares() -> None:
    check = Validator()
    draft = Draft(" tnt-1 ", today(), born=1990, note=" ", topics=[" một ", ""])
    assert check.values(draft) == {
        "code": "TNT-1",
        "on": today(),
        "count": 1,
        "born": 1990,
        "note": None,
        "topics": ["một"],
    }
    assert problems(check) == set()


def test_values_name_every_problem_at_once() -> None:
    check = Validator()
    late = today() + timedelta(days=2)
    check.values(Draft(" ", late, 0, today().year + 1, "x" * 6, ["a", "b", "c"]))
    assert {name: problem.code for name, problem in check.problems.items()} == {
        "code": ProblemCode.REQUIRED,
        "on": ProblemCode.IN_FUTURE,
        "count": ProblemCode.OUT_OF_RANGE,
        "born": ProblemCode.OUT_OF_RANGE,
        "note": ProblemCode.TOO_LONG,
        "topics": ProblemCode.TOO_MANY,
    }
    assert check.problems["topics"].values == {"most": 2}


def problems(check: Validator) -> set[str]:
    if not check.problems:
        check.raise_if_invalid()
        return set()
    with pytest.raises(ValidationFailed) as wrong:
        check.raise_if_invalid()
    return set(wrong.value.problems)


def test_check_reports_all_problems_and_first_per_field() -> None:
    check = Validator()
    check.text("name", "x" * 11, max_length=10)
    check.add("name", "Something else.", ProblemCode.INVALID)
    check.number("count", -1, minimum=0, maximum=5)
    assert problems(check) == {"name", "count"}
    assert check.problems["name"].text == "Use at most {most} characters."
    assert check.problems["count"].values == {"least": 0, "most": 5}


def test_text_is_counted_as_stored() -> None:
    check = Validator()
    # Typed in pieces it is longer than as it is stored.
    assert check.text("name", " Te\u0302\u0301n ", max_length=3, required=True) == "Tến"
    assert check.text("note", "", max_length=3) == ""
    assert problems(check) == set()


@pytest.mark.parametrize("nothing", ["", "  ", "\n", "\x00", "\u00a0"])
def test_required_text_is_refused_when_blank(nothing: str) -> None:
    check = Validator()
    check.text("name", nothing, max_length=10, required=True)
    assert problems(check) == {"name"}


@pytest.mark.parametrize(("given", "fits"), [(None, True), (0, True), (5, True), (-1, False), (6, False)])
def test_number_is_refused_when_out_of_bounds(given: int | None, fits: bool) -> None:
    check = Validator()
    assert check.number("count", given, minimum=0, maximum=5) == given
    assert problems(check) == (set() if fits else {"count"})


def test_past_day_is_refused_when_in_future_or_before_1900() -> None:
    check = Validator()
    for field, day in {
        "today": today(),
        "first": date(1900, 1, 1),
        "tomorrow": today() + timedelta(days=2),
        "long_ago": date(1899, 12, 31),
    }.items():
        assert check.past_date(field, day) == day
    assert check.past_date("none", None) is None
    assert problems(check) == {"tomorrow", "long_ago"}


def test_past_moment_needs_zone_and_tolerates_clock_difference() -> None:
    check = Validator()
    for field, moment in {
        "now": now() + timedelta(minutes=1),
        "soon": now() + timedelta(minutes=10),
        "bare": datetime(2025, 1, 1),  # noqa: DTZ001 (what somebody might pass)
        "long_ago": datetime(1899, 1, 1, tzinfo=LOCAL),
    }.items():
        assert check.past_datetime(field, moment) == moment
    assert check.past_datetime("none", None) is None
    assert problems(check) == {"soon", "bare", "long_ago"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (date(1800, 1, 1), "Enter a date in {year} or later."),
        (date(9999, 1, 1), "Enter a date that is not in the future."),
    ],
)
def test_past_day_names_its_problem(given: date, said: str) -> None:
    check = Validator()
    check.past_date("on", given)
    check.past_datetime("at", datetime(given.year, 1, 1, tzinfo=LOCAL))
    assert check.problems["on"].text == said
    assert ("future" in check.problems["at"].text) == ("future" in said)
