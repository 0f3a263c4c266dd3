"""The made-up life of a tip: what happened to it when, up to a last moment, along its transitions."""

from dataclasses import dataclass, field
from typing import Final

from records.demo.generator.phrases import CLOSED, EXTENDED, REJECTED, REOPENED
from records.demo.generator.randomness import RandomSource
from records.tables.tips import TipEventKind, TipStatus

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

Event = tuple[TipEventKind, float, TipStatus | None, TipStatus | None, str]

_K, _S = TipEventKind, TipStatus


@dataclass(slots=True)
class Timeline:
    """The final state of a tip, and the events that led to it; times are seconds since 1970."""

    received: float
    ends: float
    status: TipStatus = TipStatus.RECEIVED
    first_response: float | None = None
    closed: float | None = None
    extended: bool = False
    assigned: bool = False
    closings: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add_transition(self, kind: TipEventKind, at: float, to: TipStatus, note: str = "") -> bool:
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

    def add_event(self, kind: TipEventKind, at: float, note: str = "") -> bool:
        """Notes what happened without a move."""
        if at >= self.ends:
            return False
        self.events.append((kind, at, None, None, note))
        return True


def duplicate_timeline(chance: RandomSource, received: float, ends: float, of: str) -> Timeline:
    """A tip that turned out to say what the tip with the code `of` says."""
    timeline = _began(received, ends)
    timeline.add_transition(_K.MERGED, received + 600 + chance.exponential(10 * HOUR), _S.DUPLICATE, of)
    return timeline


def ordinary_timeline(
    chance: RandomSource, received: float, ends: float, *, formal: bool, hurry: float, officer: str | None
) -> Timeline:
    """A tip that is verified, often acted on and mostly closed; some are turned down, few are reopened."""
    timeline = _began(received, ends)
    at = received + 300 + chance.exponential(14 * HOUR / hurry)
    if officer is not None:
        timeline.assigned = timeline.add_event(_K.ASSIGNED, at, officer)
        at += 60 + chance.exponential(HOUR)
    if not timeline.add_transition(_K.VERIFYING, at, _S.VERIFYING):
        return timeline
    if chance.roll() < 0.05:
        timeline.add_transition(
            _K.REJECTED, at + chance.exponential(3 * DAY), _S.REJECTED, chance.choice(REJECTED)
        )
        return timeline
    pace = 9 * DAY if formal else 4 * DAY
    if chance.roll() < 0.55:
        at += 60 + chance.exponential(pace / 2)
        if not timeline.add_transition(_K.ACTING, at, _S.ACTING):
            return timeline
    if chance.roll() < 0.008:
        return timeline
    done = at + 60 + chance.exponential(pace)
    asks_for_time = received + 18 * DAY
    if formal and at < asks_for_time < done:
        timeline.extended = timeline.add_event(_K.EXTENDED, asks_for_time, EXTENDED)
    if timeline.add_transition(_K.CLOSED, done, _S.CLOSED, chance.choice(CLOSED)) and chance.roll() < 0.02:
        again = done + DAY + chance.exponential(20 * DAY)
        if timeline.add_transition(_K.REOPENED, again, _S.VERIFYING, REOPENED):
            timeline.add_transition(
                _K.CLOSED, again + 60 + chance.exponential(pace), _S.CLOSED, chance.choice(CLOSED)
            )
    return timeline


def _began(received: float, ends: float) -> Timeline:
    return Timeline(received, ends, events=[(_K.SUBMITTED, received, None, _S.RECEIVED, "")])
