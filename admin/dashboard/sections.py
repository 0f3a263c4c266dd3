"""Sections of the dashboard: a few lines of what a role decides or watches, and the list behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST_LINES: Final = 6


@dataclass(frozen=True)
class Line:
    """What one record or area waits for: its name and page, a remark, when, and a number with its bar.

    `tone` is a class of the style sheet for the remark. Each part of `bar` is a class, and where it ends
    in a hundred parts of the bar, the longest first.
    """

    text: str
    href: str = ""
    remark: str = ""
    tone: str = ""
    at: datetime | None = None
    due: datetime | None = None
    number: str = ""
    bar: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Section:
    """Lines below a heading, the list behind them (a text and its address), and what to say without any."""

    title: str
    lines: Sequence[Line]
    all: tuple[str, str]
    empty: str
    note: str = ""
    legend: Sequence[tuple[str, str]] = ()


def percent(part: int, of: int) -> int:
    """`part` in a hundred of `of`; something is never shown as nothing."""
    return max(100 * part // of, 1) if part and of else 0
