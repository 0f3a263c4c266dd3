from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.core.dates import (
    LOCAL,
    add_months,
    extended_deadline,
    formal_deadline,
    midnight,
    month_of,
    now,
    to_local_date,
    today,
)


def test_day_changes_at_midnight_in_viet_nam() -> None:
    assert to_local_date(datetime(2025, 3, 31, 16, 59, 59, tzinfo=UTC)) == date(2025, 3, 31)
    assert to_local_date(datetime(2025, 3, 31, 17, tzinfo=UTC)) == date(2025, 4, 1)
    assert midnight(date(2025, 4, 1)) == datetime(2025, 3, 31, 17, tzinfo=UTC)


def test_now_is_utc_and_today_is_local_day() -> None:
    before = to_local_date(now())
    assert before <= today() <= to_local_date(now())
    assert now().tzinfo is UTC


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_day_begins_at_its_midnight(day: date) -> None:
    assert to_local_date(midnight(day)) == day
    assert to_local_date(midnight(day) - timedelta(seconds=1)) == day - timedelta(days=1)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-1000, 1000))
def test_months_are_added_and_subtracted(day: date, count: int) -> None:
    month = month_of(day)
    assert month.day == 1
    assert add_months(add_months(day, count), -count) == month


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2025, 12, 31), 1, date(2026, 1, 1)),
        (date(2025, 1, 15), -1, date(2024, 12, 1)),
        (date(2025, 1, 15), 0, date(2025, 1, 1)),
        (date(2025, 11, 1), 14, date(2027, 1, 1)),
    ],
)
def test_months_cross_year_end(start: date, count: int, end: date) -> None:
    assert add_months(start, count) == end


@pytest.mark.parametrize(
    ("received", "extended"),
    [
        (datetime(2025, 1, 10, 9, tzinfo=LOCAL), datetime(2025, 3, 10, 9, tzinfo=LOCAL)),
        # The day that the second month does not have becomes its last one.
        (datetime(2025, 12, 31, 9, tzinfo=LOCAL), datetime(2026, 2, 28, 9, tzinfo=LOCAL)),
        (datetime(2023, 12, 30, 9, tzinfo=LOCAL), datetime(2024, 2, 29, 9, tzinfo=LOCAL)),
        # 23:30 in Viet Nam is still the day before in UTC.
        (datetime(2025, 6, 30, 18, tzinfo=UTC), datetime(2025, 9, 1, 1, tzinfo=LOCAL)),
    ],
)
def test_formal_tip_has_20_days_and_two_months_when_extended(received: datetime, extended: datetime) -> None:
    assert formal_deadline(received) == received + timedelta(days=20)
    assert extended_deadline(received) == extended
    assert extended_deadline(received).tzinfo is UTC
