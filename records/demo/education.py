"""Demonstration education cases, without any person in them, and yearly reviews by a scorecard."""

from datetime import date
from decimal import Decimal
from typing import Final

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.dates import today
from records.demo.timeline import day_at
from records.nouns import reviews
from records.nouns.reviews import ReviewDraft
from records.tables import Criterion, EducationCase, EducationSupervisor, Group, Scorecard
from records.tables.activities import EducationReason, EducationResult
from records.tables.groups import GroupKind

# code, group, reason, opened, closed, result
_CASES: Final = (
    ("GD-MAU-001", "MAU-SD-01", EducationReason.GAMBLING, 0.05, 0.4, EducationResult.IMPROVED),
    ("GD-MAU-002", "MAU-SD-03", EducationReason.DISORDER, 0.2, 0.6, EducationResult.IMPROVED),
    ("GD-MAU-003", "MAU-TP-01", EducationReason.AFTER_REHABILITATION, 0.3, 0.7, EducationResult.MOVED_AWAY),
    ("GD-MAU-004", "MAU-PH-01", EducationReason.DOMESTIC_VIOLENCE, 0.55, None, None),
    ("GD-MAU-005", "MAU-SD-05", EducationReason.DISORDER, 0.8, None, None),
)

_CRITERIA: Final = (
    ("Sinh hoạt đủ bốn quý", 25),
    ("Tin báo có giá trị", 25),
    ("Không để xảy ra vụ việc nghiêm trọng", 30),
    ("Giáo dục, cảm hóa người lầm lỗi", 20),
)


async def load_education(groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor]) -> None:
    """The cases and who guides them; whom they are about stays empty."""
    for code, group, reason, opened, closed, result in _CASES:
        case = await EducationCase.create(
            code=code,
            group_id=groups_by_code[group].id,
            area_id=groups_by_code[group].area_id,
            reason=reason,
            opened_on=day_at(opened),
            closed_on=None if closed is None else day_at(closed),
            result=result,
        )
        if group.startswith("MAU-SD"):
            await EducationSupervisor.create(case_id=case.id, staff_id=actors_by_role[Role.OFFICER].id)


async def load_reviews(groups_by_code: dict[str, Group], by: Actor) -> None:
    """A scorecard of the province, and a signed review of each self-governing group for each full year."""
    card = await Scorecard.create(
        name="Thang điểm xếp loại tổ nhân dân tự quản (mẫu)",
        province_id=(await areas.resolve_reference("82")).id,
        year_from=2024,
        excellent_from=Decimal(90),
        good_from=Decimal(70),
        fair_from=Decimal(50),
    )
    criteria = [
        await Criterion.create(scorecard_id=card.id, position=position, name=name, max_points=Decimal(most))
        for position, (name, most) in enumerate(_CRITERIA, start=1)
    ]
    groups = [group for group in groups_by_code.values() if group.kind is GroupKind.SELF_GOVERNING]
    for year in range(2024, today().year):
        for place, group in enumerate(groups):
            await _review(group, year, place, criteria, by)


async def _review(group: Group, year: int, position: int, criteria: list[Criterion], by: Actor) -> None:
    # Groups differ from 42 to 99 percent, and from year to year.
    share = 40 + (position * 13 + year * 7) % 56
    draft = ReviewDraft(
        {criterion.id: criterion.max_points * (share + criterion.position) / 100 for criterion in criteria},
        findings="Nhận xét mẫu của đoàn khảo sát.",
        actions="Củng cố nội dung sinh hoạt tổ (mẫu)." if share < 70 else "",
        by_police="Cán bộ công an mẫu",
        by_front="Cán bộ Mặt trận mẫu",
    )
    row = await reviews.record(group.id, year, draft, by=by)
    await reviews.sign(row.id, expected_version=row.version, on=date(year, 12, 10 + position % 15), by=by)
