"""What groups do, as staff record it by the verbs, one step after another, for those who follow it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TypeVar
from uuid import UUID

from tortoise.models import Model

from records.areas import areas
from records.core.actor import Actor, system_actor
from records.core.dates import today
from records.nouns import activities, groups, hand_downs, outlines, reviews
from records.nouns.activities import ActivityDraft
from records.nouns.groups import GroupDraft
from records.nouns.hand_downs import Recipients
from records.nouns.outlines import OutlineDraft
from records.nouns.reviews import ReviewDraft, Side
from records.tables import Activity, Criterion, Group, HandDown, Organisation, Outline, Review, Scorecard
from records.tables.activities import ActivityKind, OutlineStatus
from records.tables.groups import GroupKind
from records.tables.organisations import OrganisationKind

M = TypeVar("M", bound=Model)


@dataclass
class WorkOfGroups:
    """Groups with their work in some areas."""

    random: Random
    by: Actor
    office: UUID
    groups: list[UUID]
    written: int = 0

    @classmethod
    async def begin(cls, random: Random, by: Actor, codes: tuple[str, ...]) -> "WorkOfGroups":
        """A group in each area, an office, and a scorecard for each province."""
        made = []
        for code in codes:
            draft = GroupDraft(f"VIEC-{code}", "Tổ mẫu", GroupKind.SELF_GOVERNING, await _area(code))
            made.append((await groups.create(draft, by=by)).id)
        office = await Organisation.create(
            name="Công an mẫu", folded="", kind=OrganisationKind.POLICE, area_id=await _area(codes[0])
        )
        for province in ("82", "01"):
            card = await Scorecard.create(
                name="Thang điểm mẫu",
                province_id=await _area(province),
                year_from=2020,
                excellent_from=Decimal(90),
                good_from=Decimal(70),
                fair_from=Decimal(50),
            )
            await Criterion.create(scorecard_id=card.id, position=1, name="Mẫu", max_points=Decimal(100))
        return cls(random, by, office.id, made)

    @property
    def steps(self) -> list[Callable[[], Awaitable[None]]]:
        """All that may happen."""
        return [
            *(self.hold, self.put_right, self.write, self.publish, self.hand_down, self.receive),
            *(self.review, self.sign),
        ]

    async def hold(self) -> None:
        """A meeting."""
        await activities.record(await self._meeting(), by=self.by)

    async def put_right(self) -> None:
        """A meeting was another group's, perhaps of another area."""
        if row := self._one(await Activity.all()):
            await activities.edit(row.id, await self._meeting(), expected_version=row.version, by=self.by)

    async def write(self) -> None:
        """A draft."""
        self.written += 1
        draft = OutlineDraft(f"DC-{self.written}", f"Đề cương {self.written}", "# Mẫu", self.office)
        await outlines.write(draft, by=self.by)

    async def publish(self) -> None:
        """A draft is published."""
        if row := self._one(await Outline.filter(status=OutlineStatus.DRAFT)):
            await outlines.publish(row.id, expected_version=row.version, on=today(), by=self.by)

    async def hand_down(self) -> None:
        """A published outline goes to a group."""
        if row := self._one(await Outline.filter(status=OutlineStatus.PUBLISHED)):
            to = Recipients(groups=[self.random.choice(self.groups)])
            await hand_downs.send(row.id, to, sender_id=self.office, by=self.by)

    async def receive(self) -> None:
        """A group gets it."""
        if row := self._one(await HandDown.filter(received_at__isnull=True)):
            await hand_downs.receive(row.id, expected_version=row.version, by=self.by)

    async def review(self) -> None:
        """A review of a group and year that has none yet."""
        group = await Group.get(id=self.random.choice(self.groups))
        year = self.random.randrange(2020, 2026)
        if not await Review.filter(group_id=group.id, year=year).exists():
            card = await reviews.find_scorecard(group.area_id, year)
            assert card is not None
            (criterion,) = await Criterion.filter(scorecard_id=card.id)
            draft = ReviewDraft({criterion.id: Decimal(self.random.randrange(100))})
            await reviews.record(group.id, year, draft, by=self.by)

    async def sign(self) -> None:
        """One side signs a review; the second makes it final."""
        if row := self._one(await Review.filter(signed_on__isnull=True)):
            side = Side.FRONT if row.police_signed_on else Side.POLICE
            by = system_actor("mặt trận mẫu") if side is Side.FRONT else self.by
            await reviews.sign(row.id, side, expected_version=row.version, on=today(), by=by)

    async def _meeting(self) -> ActivityDraft:
        group = await Group.get(id=self.random.choice(self.groups))
        attendance = self.random.randrange(1000)
        return ActivityDraft(
            ActivityKind.QUARTERLY_MEETING, today(), attendance, group.area_id, group_id=group.id
        )

    def _one(self, rows: list[M]) -> M | None:
        return self.random.choice(rows) if rows else None


async def _area(code: str) -> UUID:
    return (await areas.resolve_reference(code)).id
