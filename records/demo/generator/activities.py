"""Made-up activities: a meeting nearly every quarter, an outreach session now and then."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from records.core.dates import midnight
from records.demo.generator.groups import BASE_COLUMNS, GeneratedGroup
from records.demo.generator.phrases import MEETING_TOPICS, MINUTES
from records.demo.generator.plan import Plan, quarters
from records.demo.generator.randomness import RandomSource
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind

COLUMNS: Final = (
    *BASE_COLUMNS,
    *("kind", "group_id", "area_id", "held_on", "attendance", "households_present", "topics", "minutes"),
)


def rows(plan: Plan, groups: list[GeneratedGroup]) -> Iterator[tuple[Any, ...]]:
    """The activities of the self-governing groups as rows to copy, quarter by quarter."""
    chance = RandomSource(plan.seed, "activities")
    meeting = [group for group in groups if group.kind is GroupKind.SELF_GOVERNING]
    for first, last in quarters(plan.start, plan.until - timedelta(days=1)):
        for group in meeting:
            begins = max(first, group.founded_on)
            ends = last if group.inactive_on is None else min(last, group.inactive_on)
            if begins > ends:
                continue
            # Meetings pile up towards the end of the quarter.
            days = (ends - begins).days
            if chance.roll() < 0.88:
                day = begins + timedelta(days=int(days * chance.roll() ** 0.5))
                yield _row(chance, group, ActivityKind.QUARTERLY_MEETING, day)
            if chance.roll() < 0.25:
                day = begins + timedelta(days=int(days * chance.roll()))
                yield _row(chance, group, ActivityKind.OUTREACH, day)


def _row(chance: RandomSource, group: GeneratedGroup, kind: ActivityKind, day: date) -> tuple[Any, ...]:
    at = midnight(day) + timedelta(hours=20)
    present = int(group.households * (0.55 + 0.4 * chance.roll()))
    return (
        chance.id_at(at.timestamp()),
        1,
        at,
        at,
        kind,
        group.id,
        group.commune.id,
        day,
        present + int(present * chance.roll()),
        present,
        f'["{chance.choice(MEETING_TOPICS)}"]',
        chance.choice(MINUTES),
    )
