"""Periods: the months, quarters, half years and years that numbers are told in."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from records.core.dates import add_months
from records.core.errors import ProblemCode, ValidationFailed
from records.core.labels import Described


class Period(Described):
    """The length of a period."""

    MONTH = "MONTH", "A month."
    QUARTER = "QUARTER", "A quarter."
    HALF_YEAR = "HALF_YEAR", "Half a year."
    YEAR = "YEAR", "A year."


MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}


def first_day(day: date, period: Period) -> date:
    """The first day of the period that holds `day`."""
    months = MONTHS[period]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def last_day(bucket: date, period: Period) -> date:
    """The last day of the period that begins on `bucket`."""
    return add_months(bucket, MONTHS[period]) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A period that begins on `bucket`, and those of its days that somebody asks for."""

    period: Period
    label: str
    bucket: date
    start: date
    end: date
    # Whether all of the period is asked for.
    whole: bool


def spans(start: date, end: date, period: Period) -> list[Span]:
    """The periods from the month of `start` to that of `end`, cut to these months.

    Raises `ValidationFailed`.
    """
    if end < start:
        raise ValidationFailed.of("to", "Enter a period that ends after it began.", ProblemCode.INCONSISTENT)
    if start.year < 1900 or end.year > 2200:
        raise ValidationFailed.of("from", "Choose years from 1900 to 2200.", ProblemCode.OUT_OF_RANGE)
    first, last = first_day(start, Period.MONTH), last_day(first_day(end, Period.MONTH), Period.MONTH)
    result, bucket = [], first_day(start, period)
    while bucket <= end:
        final = last_day(bucket, period)
        whole = first <= bucket and final <= last
        result.append(
            Span(period, label(bucket, period), bucket, max(bucket, first), min(final, last), whole)
        )
        bucket = add_months(bucket, MONTHS[period])
    return result


def label(bucket: date, period: Period) -> str:
    """The name of a period: "2026-11", "2026-Q4", "2026-H2" or "2026"."""
    if period is Period.MONTH:
        return f"{bucket:%Y-%m}"
    if period is Period.QUARTER:
        return f"{bucket.year}-Q{(bucket.month + 2) // 3}"
    if period is Period.HALF_YEAR:
        return f"{bucket.year}-H{(bucket.month + 5) // 6}"
    return str(bucket.year)
