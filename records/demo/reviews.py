"""Demonstration reviews: a scorecard, every full year signed by both sides, and a campaign under way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.dates import midnight, today
from records.core.identifiers.ids import uuid7
from records.demo import generator
from records.demo.generator.groups import BASE_COLUMNS, GeneratedGroup
from records.nouns import reviews
from records.nouns.reviews import ReviewDraft, Side, scorecards
from records.nouns.reviews.criteria import CriterionDraft
from records.nouns.reviews.scorecards import ScorecardDraft
from records.tables import Criterion, Group, Review, Scorecard
from records.tables.groups import GroupKind
from records.tables.reviews import Measure

_FIRST_YEAR: Final = 2024
_CRITERIA: Final = (
    CriterionDraft("Có tổ trưởng, tổ phó, thư ký", Decimal(10), Measure.LEADERS, part="I. Tổ chức"),
    CriterionDraft("Họp đủ bốn quý", Decimal(15), Measure.MEETINGS, part="II. Sinh hoạt"),
    CriterionDraft("Ít nhất hai phần ba số hộ dự họp", Decimal(10), Measure.HOUSEHOLDS, part="II. Sinh hoạt"),
    CriterionDraft("Thảo luận đề cương được chuyển", Decimal(10), Measure.OUTLINES, part="II. Sinh hoạt"),
    CriterionDraft("Cung cấp nguồn tin có giá trị", Decimal(20), Measure.TIPS, part="III. An ninh, trật tự"),
    CriterionDraft("Không để xảy ra vụ việc nghiêm trọng", Decimal(20), part="III. An ninh, trật tự"),
    CriterionDraft("Giáo dục, cảm hóa người lầm lỗi", Decimal(15), part="III. An ninh, trật tự"),
)
_COLUMNS: Final = (
    *BASE_COLUMNS,
    *("group_id", "area_id", "year", "scorecard_id", "total", "review_class", "findings", "actions"),
    *("by_police", "police_signed_on", "by_front", "front_signed_on", "signed_on"),
)


async def load_reviews(groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor]) -> None:
    """A scorecard of the province, and the reviews of each self-governing group."""
    commander = actors_by_role[Role.COMMANDER]
    # The Front signs in every commune; the demonstration has one person of it.
    sides = {
        Side.POLICE: commander,
        Side.FRONT: replace(actors_by_role[Role.FRONT], areas=commander.areas),
    }
    draft = ScorecardDraft(
        name="Thang điểm xếp loại tổ nhân dân tự quản (mẫu)",
        province_id=(await areas.resolve_reference("82")).id,
        year_from=_FIRST_YEAR,
        excellent_from=Decimal(90),
        good_from=Decimal(70),
        fair_from=Decimal(50),
        criteria=_CRITERIA,
    )
    card = await scorecards.create(draft, by=commander)
    criteria = await scorecards.criteria_of(card.id)
    groups = [group for group in groups_by_code.values() if group.kind is GroupKind.SELF_GOVERNING]
    for place, group in enumerate(groups):
        for year in range(_FIRST_YEAR, today().year):
            row = await _record(group, year, place, criteria, commander)
            await _sign(row, sides, date(year, 12, 10 + place % 15))
        # Of five groups one is not begun, one half scored, one scored, one signed by the police, one by both.
        stage = place % 5
        if stage:
            row = await _record(
                group, today().year, place, criteria[:3] if stage == 1 else criteria, commander
            )
            signing = list(sides.items())[: max(stage - 2, 0)]
            await _sign(row, dict(signing), today())


async def load_programme_reviews(groups: Sequence[GeneratedGroup], year: int) -> None:
    """The reviews of `year` of the further groups, signed by both sides; written by COPY, like the groups."""
    card = await Scorecard.get()
    criteria = await scorecards.criteria_of(card.id)
    rows, points = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for place, group in enumerate(groups):
        id_, on = uuid7(), date(year, 12, 10 + place % 15)
        given = _points(criteria, year, place)
        total = sum(given.values(), Decimal(0))
        rows.append(
            (
                *(id_, 3, midnight(on), midnight(on), group.id, group.commune.id, year, card.id),
                *(total, reviews.classify(total, card), "Nhận xét mẫu của đoàn khảo sát.", ""),
                *("Cán bộ công an mẫu", on, "Cán bộ Mặt trận mẫu", on, on),
            )
        )
        points += [(uuid7(), id_, criterion_id, points) for criterion_id, points in given.items()]
    await generator.copy("reviews", _COLUMNS, rows)
    await generator.copy("review_points", ("id", "review_id", "criterion_id", "points"), points)


def _points(criteria: list[Criterion], year: int, place: int) -> dict[UUID, Decimal]:
    """Groups differ from 41 to 99 percent, and from year to year."""
    share = 40 + (place * 13 + year * 7) % 53
    return {criterion.id: criterion.max_points * (share + criterion.position) / 100 for criterion in criteria}


async def _record(group: Group, year: int, place: int, criteria: list[Criterion], by: Actor) -> Review:
    draft = ReviewDraft(
        _points(criteria, year, place),
        findings="Nhận xét mẫu của đoàn khảo sát.",
        actions="Củng cố nội dung sinh hoạt tổ (mẫu)." if place % 2 else "",
    )
    return await reviews.record(group.id, year, draft, by=by)


async def _sign(row: Review, sides: Mapping[Side, Actor], on: date) -> None:
    for version, (side, by) in enumerate(sides.items(), start=row.version):
        await reviews.sign(row.id, side, expected_version=version, on=on, by=by)
