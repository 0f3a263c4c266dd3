"""Dates and instants: instants are stored in UTC, dates and quarters follow the time of Viet Nam."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today in Viet Nam."""
    return now().astimezone(LOCAL).date()


def to_local_date(moment: datetime) -> date:
    """The day in Viet Nam on which `moment` falls."""
    return moment.astimezone(LOCAL).date()


def midnight(day: date) -> datetime:
    """The instant at which `day` begins in Viet Nam, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)


def first_of_days(count: int) -> date:
    """The first of the `count` days of which today is the last."""
    return today() - timedelta(days=count - 1)


def month_of(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """The first day of the month that lies `count` months after the month of `month`."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def working_days_after(day: date, count: int) -> date:
    """The day that lies `count` working days after `day`: Saturdays and Sundays do not count.

    Public holidays do, because a year's are announced late; so it is never after the legal deadline.
    """
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def formal_deadline(received_at: datetime) -> datetime:
    """When a formal tip must be decided: 20 days (Criminal Procedure Code, article 147)."""
    return received_at + timedelta(days=20)


def extended_deadline(received_at: datetime) -> datetime:
    """The deadline after its one extension, two months (Criminal Procedure Code, article 147)."""
    local = received_at.astimezone(LOCAL)
    target = add_months(local.date(), 2)
    last_day = (add_months(target, 1) - timedelta(days=1)).day
    return local.replace(year=target.year, month=target.month, day=min(local.day, last_day)).astimezone(UTC)
