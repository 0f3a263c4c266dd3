"""Sections of the dashboard: a few lines of what a role decides or watches, and the list behind them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

T = TypeVar("T")
MOST_LINES: Final = 6


@dataclass(frozen=True)
class Line:
    """What one record or area waits for: its name and page, a remark, when, and a number with its bar.

    `links` are numbers with lists of their own, in the place of `href`. `tone` is a class of the style sheet
    for the remark. Each segment of `bar` is a class, and where it ends in a hundred, the longest first.
    """

    text: str
    href: str = ""
    remark: str = ""
    tone: str = ""
    at: datetime | None = None
    due: datetime | None = None
    number: str = ""
    links: Sequence[tuple[str, str]] = ()
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


def with_most(items: Sequence[T], count: Callable[[T], int]) -> list[T]:
    """The `MOST_LINES` of `items` with the highest counts, in the order of `items`."""
    places = sorted(range(len(items)), key=lambda place: -count(items[place]))[:MOST_LINES]
    return [items[place] for place in sorted(places)]


def percent(part: int, of: int) -> int:
    """`part` in a hundred of `of`; something is never shown as nothing."""
    return max(100 * part // of, 1) if part and of else 0
