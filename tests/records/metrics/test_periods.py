from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.core.errors import ValidationFailed
from records.metrics.periods import MONTHS, Period, first_day, last_day, spans

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


def test_periods_have_their_number_of_months() -> None:
    assert MONTHS == {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}
    assert set(MONTHS) == set(Period)


@given(days, st.sampled_from(Period))
def test_day_lies_in_its_period_and_next_period_follows(day: date, period: Period) -> None:
    start = first_day(day, period)
    end = last_day(start, period)
    assert start <= day <= end
    assert first_day(end, period) == start
    assert first_day(end + timedelta(days=1), period) == end + timedelta(days=1)


@given(days, days, st.sampled_from(Period))
def test_spans_cover_time_without_gap(one: date, other: date, period: Period) -> None:
    start, end = sorted((one, other))
    found = spans(start, end, period)
    assert (found[0].start, found[-1].end) == (
        start.replace(day=1),
        last_day(end.replace(day=1), Period.MONTH),
    )
    assert [one.end + timedelta(days=1) for one in found[:-1]] == [one.start for one in found[1:]]
    assert len({one.label for one in found}) == len(found)


@given(days, days, st.sampled_from(Period))
def test_spans_are_whole_when_nothing_is_cut(one: date, other: date, period: Period) -> None:
    start, end = sorted((one, other))
    for span in spans(start, end, period):
        assert first_day(span.start, period) == first_day(span.end, period) == span.bucket
        assert span.whole == ((span.start, span.end) == (span.bucket, last_day(span.bucket, period)))


@pytest.mark.parametrize(
    ("period", "names"),
    [
        (Period.MONTH, ["2025-05", "2025-06", "2025-07", "2025-08", "2025-09", "2025-10"]),
        (Period.QUARTER, ["2025-Q2", "2025-Q3", "2025-Q4"]),
        (Period.HALF_YEAR, ["2025-H1", "2025-H2"]),
        (Period.YEAR, ["2025"]),
    ],
)
def test_periods_are_named_as_people_write_them(period: Period, names: list[str]) -> None:
    found = spans(date(2025, 5, 31), date(2025, 10, 1), period)
    assert [span.label for span in found] == names


def test_span_is_refused_when_reversed_or_far_away() -> None:
    for start, end, field in (
        (date(2025, 2, 1), date(2025, 1, 31), "to"),
        (date(1899, 12, 31), date(2025, 1, 1), "from"),
        (date(2025, 1, 1), date(2201, 1, 1), "from"),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            spans(start, end, Period.MONTH)
        assert set(wrong.value.problems) == {field}
