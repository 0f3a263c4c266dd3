"""Two texts beside each other: what they have in common, and the words in which they differ."""

import re
from dataclasses import dataclass
from typing import Final

_PIECES: Final = re.compile(r"\s+|\S+")


@dataclass(frozen=True)
class Marked:
    """A text in three parts, of which the middle one differs from another text."""

    start: str
    changed: str
    end: str


def compare(one: str, other: str) -> tuple[Marked, Marked]:
    """Both texts, with the words marked in which they differ."""
    pieces, others = _PIECES.findall(one), _PIECES.findall(other)
    shorter = min(len(pieces), len(others))
    start = next((index for index in range(shorter) if pieces[index] != others[index]), shorter)
    rest = shorter - start
    end = next((index for index in range(rest) if pieces[-1 - index] != others[-1 - index]), rest)
    return _marked(pieces, start, end), _marked(others, start, end)


def _marked(pieces: list[str], start: int, end: int) -> Marked:
    last = len(pieces) - end
    return Marked("".join(pieces[:start]), "".join(pieces[start:last]), "".join(pieces[last:]))
