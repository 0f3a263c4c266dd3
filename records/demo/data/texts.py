"""The words of the demonstration tips, and what comes of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from records.demo.data import rows
from records.tables.tips import Channel, OutcomeKind, Priority


@dataclass(frozen=True)
class Text:
    """The text of a tip, its channel, and its outcomes when it is closed."""

    category: str
    channel: Channel
    title: str
    body: str
    outcomes: Sequence[tuple[OutcomeKind, int]]
    priority: Priority


def _outcomes(text: str) -> list[tuple[OutcomeKind, int]]:
    pairs = (outcome.split() for outcome in text.split(";"))
    return [(OutcomeKind(kind), int(number)) for kind, number in pairs]


TEXTS: Final = [
    Text(
        category=row["category"],
        channel=Channel(row["channel"]),
        title=row["title"],
        body=row["body"],
        outcomes=_outcomes(row["outcomes"]),
        priority=Priority(row["priority"]),
    )
    for row in rows("tips")
]
