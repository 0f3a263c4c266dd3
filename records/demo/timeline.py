"""Demonstration days: from the first day of 2024 to today, always in the same order and proportion."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from records.core.dates import midnight, now, today

START: Final = date(2024, 1, 1)


def spread_over(index: int, count: int) -> float:
    """The share at which the one with that index of `count` comes: closer together towards today."""
    return float(1 - (1 - index / (count - 1)) ** 1.7)


def day_at(share: float) -> date:
    """The day that lies at `share` (from 0 to 1) of the way from the start to yesterday."""
    yesterday = today() - timedelta(days=1)
    return START + timedelta(days=int((yesterday - START).days * share))


def moment_at(share: float) -> datetime:
    """A moment of the day at `share`, some time between seven and nineteen o'clock."""
    return midnight(day_at(share)) + timedelta(hours=7, minutes=int(share * 7919) % 720)


def not_later(moment: datetime) -> datetime:
    """`moment`, or a minute ago where it would lie in the future."""
    return min(moment, now() - timedelta(minutes=1)).astimezone(UTC)
