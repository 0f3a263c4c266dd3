"""What groups do, stored without ceremony: rows to ask for, of every noun around a group."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID, uuid4

from records.areas import areas
from records.core.text import normalize_for_search
from records.tables import (
    Activity,
    Criterion,
    Enquiry,
    HandDown,
    Member,
    Outline,
    Review,
    ReviewPoint,
    Scorecard,
)
from records.tables.activities import ActivityKind, OutlineStatus
from records.tables.groups import MemberRole
from records.tables.reviews import ReviewClass
from records.tables.tips import Channel


@dataclass(frozen=True)
class Shared:
    """What is everybody's: an organisation, a published outline, a scorecard with its one criterion."""

    office: UUID
    outline: UUID
    scorecard: UUID
    criterion: UUID


@dataclass(frozen=True)
class Work:
    """The ids of the rows of one group."""

    activity: UUID = field(default_factory=uuid4)
    hand_down: UUID = field(default_factory=uuid4)
    question: UUID = field(default_factory=uuid4)
    review: UUID = field(default_factory=uuid4)


async def add_shared(office: UUID) -> Shared:
    """An outline that `office` published, and a scorecard of Đồng Tháp."""
    outline = await add_outline(office)
    card = await Scorecard.create(
        name="Thang điểm mẫu",
        province_id=(await areas.resolve_reference("82")).id,
        year_from=2024,
        excellent_from=Decimal(90),
        good_from=Decimal(70),
        fair_from=Decimal(50),
    )
    criterion = await Criterion.create(
        scorecard_id=card.id, position=1, name="Sinh hoạt đủ", max_points=Decimal(100)
    )
    return Shared(office, outline.id, card.id, criterion.id)


async def add_outline(
    office: UUID, *, edition: int = 1, status: OutlineStatus = OutlineStatus.PUBLISHED
) -> Outline:
    """An outline in Markdown."""
    return await Outline.create(
        code="DC-MAU",
        edition=edition,
        title="Đề cương mẫu",
        folded=normalize_for_search("DC-MAU Đề cương mẫu"),
        topics=["Phòng cháy"],
        body="# Việc cần làm",
        organisation_id=office,
        status=status,
        issued_on=date(2025, 1, 1) if status is OutlineStatus.PUBLISHED else None,
    )


async def add_work(
    group: UUID, area: str, shared: Shared, *, on: date = date(2026, 1, 1), ids: Work | None = None
) -> Work:
    """A meeting that day, an outline that it discussed, a question, a head, a review of the year before."""
    made, area_id = ids or Work(), (await areas.resolve_reference(area)).id
    at = datetime.combine(on, time(3), UTC)
    await Member.create(
        group_id=group, name="Người mẫu", name_key="", folded="", role=MemberRole.HEAD, joined_on=on
    )
    await Activity.create(
        id=made.activity,
        kind=ActivityKind.QUARTERLY_MEETING,
        group_id=group,
        organisation_id=shared.office,
        area_id=area_id,
        held_on=on,
        attendance=30,
        topics=["Phòng cháy"],
        outline_id=shared.outline,
        minutes="Biên bản mẫu",
    )
    await HandDown.create(
        id=made.hand_down,
        outline_id=shared.outline,
        sender_id=shared.office,
        group_id=group,
        area_id=area_id,
        sent_at=at,
        received_at=at,
        activity_id=made.activity,
    )
    await Enquiry.create(
        id=made.question,
        group_id=group,
        area_id=area_id,
        channel=Channel.ZALO,
        topic="CƯ TRÚ",
        question="Hỏi mẫu",
        folded=normalize_for_search("CƯ TRÚ Hỏi mẫu"),
        asked_at=at,
        answer="Đáp mẫu",
        answered_at=at,
        published=True,
    )
    await Review.create(
        id=made.review,
        group_id=group,
        area_id=area_id,
        year=on.year - 1,
        scorecard_id=shared.scorecard,
        total=Decimal(80),
        review_class=ReviewClass.GOOD,
        findings="Nhận xét mẫu",
        by_police="Cán bộ mẫu",
        police_signed_on=on,
        by_front="Cán bộ mẫu",
        front_signed_on=on,
        signed_on=on,
    )
    await ReviewPoint.create(review_id=made.review, criterion_id=shared.criterion, points=Decimal(80))
    return made
