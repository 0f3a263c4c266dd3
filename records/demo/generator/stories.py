"""The made-up life of a tip: what happened to it when, up to a last moment, along its transitions."""

from dataclasses import dataclass, field
from typing import Final

from records.demo.generator.chance import Chance
from records.demo.generator.phrases import CLOSED, EXTENDED, REJECTED, REOPENED
from records.tables.tips import TipEventKind, TipStatus

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

Event = tuple[TipEventKind, float, TipStatus | None, TipStatus | None, str]

_K, _S = TipEventKind, TipStatus


@dataclass(slots=True)
class Story:
    """Where a tip stands at the end, and the events that brought it there; times are seconds since 1970."""

    received: float
    ends: float
    status: TipStatus = TipStatus.RECEIVED
    first_response: float | None = None
    closed: float | None = None
    extended: bool = False
    assigned: bool = False
    closings: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def moves(self, kind: TipEventKind, at: float, to: TipStatus, note: str = "") -> bool:
        """Moves on at that second; False when that lies after the end, and so has not happened."""
        if at >= self.ends:
            return False
        self.events.append((kind, at, self.status, to, note))
        self.status = to
        self.first_response = self.first_response or at
        if to is _S.CLOSED:
            self.closings.append(at)
        self.closed = at if to in {_S.CLOSED, _S.REJECTED, _S.DUPLICATE} else None
        return True

    def tells(self, kind: TipEventKind, at: float, note: str = "") -> bool:
        """Notes what happened without a move."""
        if at >= self.ends:
            return False
        self.events.append((kind, at, None, None, note))
        return True


def duplicate(chance: Chance, received: float, ends: float, of: str) -> Story:
    """A tip that turned out to say what the tip with the code `of` says."""
    story = _began(received, ends)
    story.moves(_K.MERGED, received + 600 + chance.wait(10 * HOUR), _S.DUPLICATE, of)
    return story


def ordinary(
    chance: Chance, received: float, ends: float, *, formal: bool, hurry: float, officer: str | None
) -> Story:
    """A tip that is verified, often acted on and mostly closed; some are turned down, few are reopened."""
    story = _began(received, ends)
    at = received + 300 + chance.wait(14 * HOUR / hurry)
    if officer is not None:
        story.assigned = story.tells(_K.ASSIGNED, at, officer)
        at += 60 + chance.wait(HOUR)
    if not story.moves(_K.VERIFYING, at, _S.VERIFYING):
        return story
    if chance.roll() < 0.05:
        story.moves(_K.REJECTED, at + chance.wait(3 * DAY), _S.REJECTED, chance.one(REJECTED))
        return story
    pace = 9 * DAY if formal else 4 * DAY
    if chance.roll() < 0.55:
        at += 60 + chance.wait(pace / 2)
        if not story.moves(_K.ACTING, at, _S.ACTING):
            return story
    if chance.roll() < 0.008:
        return story
    done = at + 60 + chance.wait(pace)
    asks_for_time = received + 18 * DAY
    if formal and at < asks_for_time < done:
        story.extended = story.tells(_K.EXTENDED, asks_for_time, EXTENDED)
    if story.moves(_K.CLOSED, done, _S.CLOSED, chance.one(CLOSED)) and chance.roll() < 0.02:
        again = done + DAY + chance.wait(20 * DAY)
        if story.moves(_K.REOPENED, again, _S.VERIFYING, REOPENED):
            story.moves(_K.CLOSED, again + 60 + chance.wait(pace), _S.CLOSED, chance.one(CLOSED))
    return story


def _began(received: float, ends: float) -> Story:
    return Story(received, ends, events=[(_K.SUBMITTED, received, None, _S.RECEIVED, "")])
