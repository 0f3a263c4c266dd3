"""Counts follow any work on the records, and a rebuild corrects them."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from records.areas import areas
from records.core.dates import LOCAL, now, to_local_date, today
from records.core.errors import DomainError
from records.metrics import cells
from records.metrics.catalogue import category_id, indicator_id
from records.nouns import activities, enquiries, groups, tips
from records.nouns.activities import ActivityDraft
from records.nouns.enquiries import EnquiryDraft
from records.nouns.groups import GroupDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.tables import Activity, Group, MetricCell, MetricDelta, Tip
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind
from records.tables.tips import Channel, OutcomeKind
from tests.records.metrics.support import (
    TASK,
    counted,
    tip,
    told,
    values,
)

# The proof: whatever is done, deltas and cells hold what the records do.

AREAS = ("29905", "30244", "30214", "29905@2024-12-31", "30079@2024-12-31", "867", "87")


class Work:
    """Somebody who does anything that can be done, in any order."""

    def __init__(self, seed: int, places: list[UUID]) -> None:
        self.chance = Random(seed)  # noqa: S311 (the same work every time)
        self.places = places
        self.done = 0

    def day(self) -> date:
        return today() - timedelta(days=self.chance.randint(0, 900))

    def moment(self) -> datetime:
        return now() - timedelta(minutes=self.chance.randint(1, 900 * 24 * 60))

    def tip_draft(self) -> TipDraft:
        place, at = self.chance.choice(self.places), self.chance.choice([None, self.moment()])
        title = f"Tin {self.chance.randint(1, 99)}"
        return TipDraft(title, category_id("THEFT"), Channel.ZALO, place, received_at=at)

    def group_draft(self, code: str) -> GroupDraft:
        founded = self.chance.choice([None, self.day()])
        return GroupDraft(
            code, "Tổ", GroupKind.SELF_GOVERNING, self.chance.choice(self.places), founded_on=founded
        )

    async def activity_draft(self) -> ActivityDraft:
        row = await self.any(Group)
        kind, place = self.chance.choice(list(ActivityKind)), self.chance.choice(self.places)
        group_id = row.id if row else None
        return ActivityDraft(kind, self.day(), self.chance.randint(0, 90), place, group_id=group_id)

    async def any(self, model: Any) -> Any:
        rows = await model.all().order_by("id")
        return self.chance.choice(rows) if rows else None

    async def step(self) -> None:
        """One change; what the rules refuse changes nothing."""
        noun = self.chance.choice([self.on_tips, self.on_tips, self.on_groups, self.on_others])
        try:
            await noun()
            self.done += 1
        except DomainError:
            pass

    async def on_tips(self) -> None:
        row = await self.any(Tip)
        expected_version = row.version if row else 1
        outcomes = [
            OutcomeDraft(kind, self.chance.randint(1, 9), self.chance.choice([None, self.day()]))
            for kind in self.chance.choices(list(OutcomeKind), k=3)
        ]
        move = self.chance.choice(["submit", "edit", "verify", "close", "close", "reject", "reopen", "merge"])
        if row is None or move == "submit":
            await tips.submit(self.tip_draft(), by=TASK)
        elif move == "edit":
            await tips.edit(row.id, self.tip_draft(), expected_version=expected_version, by=TASK)
        elif move == "verify" and row.status not in tips.FINAL:
            await tips.start_verifying(row.id, expected_version=expected_version, by=TASK)
        elif move == "close":
            await tips.close(row.id, expected_version=expected_version, outcomes=outcomes, by=TASK)
        elif move == "reject":
            await tips.reject(row.id, expected_version=expected_version, reason="Vì", by=TASK)
        elif move in {"verify", "reopen"}:
            await tips.reopen(row.id, expected_version=expected_version, reason="Vì", by=TASK)
        else:
            await tips.merge(
                row.id, expected_version=expected_version, into=(await self.any(Tip)).id, by=TASK
            )

    async def on_groups(self) -> None:
        row = await self.any(Group)
        move = self.chance.choice(["create", "edit", "pause", "resume", "dissolve", "merge", "remove"])
        if row is None or move == "create":
            code = f"MAU-{await Group.all().count()}"
            await groups.create(self.group_draft(code), by=TASK)
            return
        life: dict[str, Any] = {"expected_version": row.version, "by": TASK}
        ends = life | {"on": self.day(), "reason": "Vì"}
        if row.deleted_at is not None:
            await groups.restore(row.id, **life)
        elif move == "edit":
            await groups.edit(row.id, self.group_draft(row.code), **life)
        elif move == "pause":
            await groups.pause(row.id, **ends)
        elif move == "resume":
            await groups.resume(row.id, **life)
        elif move == "dissolve":
            await groups.dissolve(row.id, **ends)
        elif move == "merge":
            await groups.merge(row.id, into=(await self.any(Group)).id, **ends)
        else:
            await groups.remove(row.id, reason="Vì", **life)

    async def on_others(self) -> None:
        row = await self.any(Activity)
        move = self.chance.choice(["record", "edit", "ask"])
        place = self.chance.choice(self.places)
        if move == "ask":
            await enquiries.ask(
                EnquiryDraft(place, Channel.BOX, "Cư trú", "Ở đâu?", asked_at=self.moment()), by=TASK
            )
        elif row is None or move == "record":
            await activities.record(await self.activity_draft(), by=TASK)
        else:
            await activities.edit(row.id, await self.activity_draft(), expected_version=row.version, by=TASK)


async def held() -> dict[tuple[UUID, UUID, date], int]:
    total: Counter[tuple[UUID, UUID, date]] = Counter()
    for model in (MetricCell, MetricDelta):
        for row in await model.all():
            total[row.indicator_id, row.area_id, row.month] += row.value
    return {cell: value for cell, value in total.items() if value}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_cells_and_deltas_match_records_after_random_work(database: str, seed: int) -> None:
    work = Work(seed, [(await areas.resolve_reference(code)).id for code in AREAS])
    for number in range(300):
        await work.step()
        if number % 30 == 29:
            assert await cells.matches_rows(), number
        if number % 50 == 49:
            await cells.fold_deltas()
    assert work.done > 150
    expected = await counted()
    assert all(expected.values())
    series = await told(list(expected))
    assert series == expected
    before = await held()
    await cells.rebuild()
    assert await MetricDelta.all().count() == 0
    assert await held() == before
    assert await told(list(expected)) == series
    assert await cells.matches_rows()


async def test_rebuild_corrects_wrong_count(database: str) -> None:
    row = await tip(datetime(2025, 8, 1, tzinfo=LOCAL))
    assert await cells.matches_rows()
    where: dict[str, Any] = {"area_id": row.area_id, "month": date(2025, 8, 1)}
    await MetricDelta.create(indicator_id=indicator_id("tips.received"), value=1, **where)
    assert not await cells.matches_rows()
    assert await values("tips.received") == {"2025": 2}
    await cells.rebuild()
    assert await cells.matches_rows()
    assert await values("tips.received") == {"2025": 1}
    assert await cells.fold_deltas() == 0
    assert to_local_date(row.received_at) == date(2025, 8, 1)
