"""Made-up tips: seasons, weekdays and hours, uneven wards, and a timeline each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

from records.core.actor import ActorKind
from records.core.dates import extended_deadline, formal_deadline, midnight, to_local_date
from records.core.identifiers.references import new_reference
from records.core.text import normalize_for_search
from records.demo.data import MARK
from records.demo.generator import distributions
from records.demo.generator.groups import BASE_COLUMNS, GeneratedGroup
from records.demo.generator.phrases import ASKED, PLACES, TITLES, WHEN_SEEN
from records.demo.generator.places import Commune
from records.demo.generator.plan import Plan
from records.demo.generator.randomness import RandomSource, Weighted
from records.demo.generator.timelines import Event, Timeline, duplicate_timeline, ordinary_timeline
from records.metrics.catalogue import category_id
from records.tables.groups import GroupKind
from records.tables.tips import LegalKind, Priority, TipEventKind, TipStatus

COLUMNS: Final = (
    *BASE_COLUMNS,
    *("code", "reference", "legal_kind", "category_id", "channel", "group_id", "area_id", "place", "lat"),
    *("lon", "occurred_at", "received_at", "title", "body", "folded", "priority", "status", "assignee_id"),
    *("due_at", "extended", "first_response_at", "closed_at", "duplicate_of_id", "anonymous"),
)
EVENT_COLUMNS: Final = (
    *("id", "tip_id", "kind", "at", "actor_kind", "actor_name", "from_status", "to_status", "note"),
)
OUTCOME_COLUMNS: Final = ("id", "tip_id", "kind", "count", "on_day", "note")

ACTOR: Final = "Dữ liệu mẫu"

_TITLES: Final = {
    code: [(title, normalize_for_search(title)) for title in titles] for code, (_, titles) in TITLES.items()
}
_PLACES: Final = [(place, normalize_for_search(place)) for place in PLACES]
_BODIES: Final = [
    (body, normalize_for_search(body))
    for body in (f"{seen}, {asked}. {MARK}" for seen, asked in product(WHEN_SEEN, ASKED))
]
_CATEGORY_IDS: Final = {code: category_id(code) for code in TITLES}


@dataclass(slots=True)
class Batch:
    """Rows to copy, tips before what hangs on them."""

    tips: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    outcomes: list[tuple[Any, ...]] = field(default_factory=list)


def batches(
    plan: Plan,
    communes: list[Commune],
    groups: list[GeneratedGroup],
    officers: dict[UUID, tuple[UUID, str]],
    numbers: dict[str, int],
    *,
    size: int = 20_000,
) -> Iterator[Batch]:
    """The tips of the plan in the order in which they came in, with their events and outcomes.

    `numbers` holds the last number given in each series, and is counted on.
    """
    maker = _TipGenerator(plan, communes, groups, officers, numbers)
    batch = Batch()
    for received in _moments(plan, maker.chance):
        maker.add(batch, received)
        if len(batch.tips) == size:
            yield batch
            batch = Batch()
    if batch.tips:
        yield batch


def _moments(plan: Plan, chance: RandomSource) -> list[int]:
    """The times of receipt, in seconds since 1970, sorted: more each year, by month, weekday and hour."""
    days: dict[int, float] = {}
    for index in range((plan.until - plan.start).days):
        day = plan.start + timedelta(days=index)
        growth = 1.08 ** (index / 365)
        luck = 0.8 + 0.4 * chance.roll()
        weight = growth * luck * distributions.MONTHS[day.month - 1] * distributions.WEEKDAYS[day.weekday()]
        days[int(midnight(day).timestamp())] = weight
    when, roll = Weighted(days), chance.roll
    return sorted(
        when.pick(roll()) + distributions.HOURS.pick(roll()) * 3600 + int(roll() * 3600)
        for _ in range(plan.tips)
    )


class _TipGenerator:
    """Makes one tip after another; keeps what the next one needs to know of those before."""

    def __init__(
        self,
        plan: Plan,
        communes: list[Commune],
        groups: list[GeneratedGroup],
        officers: dict[UUID, tuple[UUID, str]],
        numbers: dict[str, int],
    ) -> None:
        self.plan = plan
        self.chance = RandomSource(plan.seed, "tips")
        self.officers = officers
        self.numbers = numbers
        self.span = plan.ends - plan.opens
        ranked = self.chance.shuffled(communes)
        self.communes = Weighted(
            {rank: (rank + 6) ** -0.7 * (1.8 if commune.town else 1.0) for rank, commune in enumerate(ranked)}
        )
        self.ranked = ranked
        near: dict[UUID, list[GeneratedGroup]] = {}
        for group in groups:
            if group.kind is GroupKind.SELF_GOVERNING:
                near.setdefault(group.commune.id, []).append(group)
        # Some groups tell far more than others.
        self.groups = {
            commune: (nearby, Weighted({rank: (rank + 3) ** -0.6 for rank in range(len(nearby))}))
            for commune, nearby in near.items()
        }
        # The last tip of each commune that is not a duplicate: (id, code).
        self.latest: dict[UUID, tuple[UUID, str]] = {}

    def add(self, batch: Batch, received: int) -> None:
        """Adds the tip that came in at that second."""
        chance, roll = self.chance, self.chance.roll
        moment = datetime.fromtimestamp(received, UTC)
        day = to_local_date(moment)
        commune = self.ranked[self.communes.pick(roll())]
        group = self._group(commune, day)
        if day >= commune.since:
            area_id = commune.id
        else:
            area_id = (
                group.before if group else (chance.choice(commune.before) if commune.before else commune.id)
            )
        series = f"TB-{day.year}"
        number = self.numbers.get(series, 0) + 1
        self.numbers[series] = number
        code = f"{series}-{number:06d}"
        tip_id = chance.id_at(received)
        category = distributions.CATEGORIES.pick(roll())
        legal_kind = distributions.LEGAL.pick(roll())
        priority = distributions.PRIORITIES.pick(roll())
        timeline, of, assignee = self._timeline(received, commune, area_id, legal_kind, priority)
        if timeline.status is not TipStatus.DUPLICATE:
            self.latest[commune.id] = (tip_id, code)

        title, title_folded = chance.choice(_TITLES[category])
        place, place_folded = chance.choice(_PLACES)
        body, body_folded = chance.choice(_BODIES)
        channels = (
            distributions.CHANNELS_NOW
            if roll() < (received - self.plan.opens) / self.span
            else distributions.CHANNELS_BEFORE
        )
        located = roll() < 0.3
        formal = legal_kind is not LegalKind.SOURCE
        due = extended_deadline if timeline.extended else formal_deadline
        batch.tips.append(
            (
                tip_id,
                len(timeline.events),
                moment,
                _moment(timeline.events[-1][1]),
                code,
                new_reference(chance.bits),
                legal_kind,
                _CATEGORY_IDS[category],
                channels.pick(roll()),
                group.id if group else None,
                area_id,
                f"{place.capitalize()}, {commune.name}",
                round(commune.lat + (roll() - 0.5) * 0.06, 5) if located else None,
                round(commune.lon + (roll() - 0.5) * 0.06, 5) if located else None,
                _moment(received - 60 - chance.exponential(6 * 3600)) if roll() < 0.7 else None,
                moment,
                f"{title} {place} (mẫu)",
                body,
                f"{title_folded} {place_folded} mau {place_folded} {commune.folded} {body_folded}",
                priority,
                timeline.status,
                assignee if timeline.assigned else None,
                due(moment) if formal else None,
                timeline.extended,
                _optional_moment(timeline.first_response),
                _optional_moment(timeline.closed),
                of[0] if of and timeline.status is TipStatus.DUPLICATE else None,
                True,
            )
        )
        batch.events += (_event(chance, tip_id, event) for event in timeline.events)
        if of and timeline.status is TipStatus.DUPLICATE and timeline.closed is not None:
            # The tip that stays tells of it too.
            batch.events.append(
                _event(chance, of[0], (TipEventKind.MERGED, timeline.closed, None, None, code))
            )
        self._add_outcomes(batch, tip_id, category, timeline)

    def _group(self, commune: Commune, day: date) -> GeneratedGroup | None:
        if commune.id not in self.groups or self.chance.roll() > 0.9:
            return None
        nearby, weights = self.groups[commune.id]
        group = nearby[weights.pick(self.chance.roll())]
        lives = group.founded_on <= day and (group.inactive_on is None or day < group.inactive_on)
        return group if lives else None

    def _timeline(
        self, received: int, commune: Commune, area_id: UUID, legal_kind: LegalKind, priority: Priority
    ) -> tuple[Timeline, tuple[UUID, str] | None, UUID | None]:
        of = self.latest.get(commune.id)
        formal = legal_kind is not LegalKind.SOURCE
        if of is not None and not formal and self.chance.roll() < 0.03:
            return duplicate_timeline(self.chance, received, self.plan.ends, of[1]), of, None
        officer = self.officers.get(area_id)
        timeline = ordinary_timeline(
            self.chance,
            received,
            self.plan.ends,
            formal=formal,
            hurry=distributions.SPEED_BY_PRIORITY[priority],
            officer=officer[1] if officer else None,
        )
        return timeline, None, officer[0] if officer else None

    def _add_outcomes(self, batch: Batch, tip_id: UUID, category: str, timeline: Timeline) -> None:
        chance = self.chance
        for closed in timeline.closings:
            kind = distributions.OUTCOMES.get(category, distributions.USUAL_OUTCOMES).pick(chance.roll())
            count = 1 + int(chance.exponential(0.9)) if kind in distributions.COUNTED_BY_HEAD else 1
            day = to_local_date(_moment(closed))
            batch.outcomes.append((chance.id_at(closed), tip_id, kind, count, day, ""))


def _event(chance: RandomSource, tip_id: UUID, event: Event) -> tuple[Any, ...]:
    kind, at, came_from, to, note = event
    return (chance.id_at(at), tip_id, kind, _moment(at), ActorKind.SYSTEM, ACTOR, came_from, to, note)


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(int(second), UTC)


def _optional_moment(second: float | None) -> datetime | None:
    return None if second is None else _moment(second)
