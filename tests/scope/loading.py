"""A world put into the database, in the place of the one before it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg

from records.areas import areas
from records.changes.unit_of_work import record_change
from records.core.actor import system_actor
from records.core.dates import now
from records.core.rights import ApprovalKind, Right
from records.core.text import normalize_for_search, sort_key
from records.metrics import cells
from records.metrics.catalogue import category_id, indicator_id
from records.nouns import groups, tips
from records.tables import (
    Activity,
    Approval,
    ApprovalArea,
    Area,
    AreaSuccession,
    Enquiry,
    Figure,
    Group,
    Member,
    Organisation,
    Reveal,
    Review,
    Scorecard,
    Tip,
)
from records.tables.activities import ActivityKind
from records.tables.approvals import ApprovalAction
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.reviews import ReviewClass
from records.tables.tips import Channel, TipStatus
from tests.scope.world import Row, World

# What a world is made of; the rest of the database stays as it is.
_OF_A_WORLD: Final = (
    *("area_at", "area_reach", "area_successions", "staff_areas", "partner_areas", "tip_outcomes"),
    *("tip_events", "reveals", "approval_areas", "approvals", "tips", "activities", "enquiries"),
    *("reviews", "scorecards"),
    *("members", "figures", "organisations", "groups", "metric_cells", "metric_deltas", "areas"),
)


async def load(
    world: World,
    owner: "asyncpg.Connection[Any]",
    *,
    asker: UUID,
) -> None:
    """The world, in the place of the one before it."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        for table in _OF_A_WORLD:
            await owner.execute(f"DELETE FROM {table}")
    # A parent comes before what lies in it.
    await areas.add(
        [
            Area(
                id=land.id,
                code=land.code,
                valid_from=land.since,
                valid_to=land.until,
                name=f"{land.kind.title()} {land.code}",
                name_key=sort_key(land.code),
                folded=normalize_for_search(land.code),
                kind=AreaKind(land.kind),
                parent_id=land.parent,
            )
            for land in world.lands.values()
        ],
        [
            AreaSuccession(old_id=link.old, new_id=link.new, whole=link.whole, effective_on=link.on)
            for link in world.links
        ],
    )
    place = next(iter(world.lands))
    office = await Organisation.create(
        name="Đơn vị mẫu", folded="don vi mau", kind=OrganisationKind.POLICE, area_id=place
    )
    await Group.bulk_create([_group(row) for row in world.rows["groups"]])
    for twins in (False, True):
        await Tip.bulk_create([_tip(row) for row in world.rows["tips"] if (row.twin is not None) is twins])
    await Member.bulk_create([_member(row) for row in world.rows["members"]])
    await Reveal.bulk_create([_request(row, asker) for row in world.rows["requests"]])
    await Approval.bulk_create([_approval(row, asker) for row in world.rows["requests"]])
    reaching = [ApprovalArea(approval_id=row.id, area_id=row.area) for row in world.rows["requests"]]
    await ApprovalArea.bulk_create(reaching)
    await Activity.bulk_create([_activity(row) for row in world.rows["activities"]])
    await Enquiry.bulk_create([_enquiry(row) for row in world.rows["enquiries"]])
    card = await Scorecard.create(
        name="Thang điểm mẫu",
        province_id=place,
        year_from=2000,
        excellent_from=Decimal(90),
        good_from=Decimal(70),
        fair_from=Decimal(50),
    )
    years = enumerate(world.rows["reviews"], start=2000)
    await Review.bulk_create([_review(row, year, card.id) for year, row in years])
    for twins in (False, True):
        rows = [row for row in world.rows["figures"] if (row.twin is not None) is twins]
        await Figure.bulk_create([_figure(row, office.id) for row in rows])
    await change([*world.rows["groups"][:6], *world.rows["tips"][:6]])
    await cells.rebuild()


async def change(rows: Sequence[Row]) -> None:
    """Tells of a change of each of these groups and tips."""
    for row in rows:
        kept = await (Group if row.noun == "groups" else Tip).get(id=row.id)
        about = groups.NOUN if row.noun == "groups" else tips.NOUN
        told: dict[str, Any] = {"code": row.code}
        await record_change(
            about, kept, by=system_actor("proofs"), action=Right.GROUPS_EDIT, before=None, after=told
        )


def _kept(row: Row) -> dict[str, Any]:
    gone = datetime(2025, 1, 1, tzinfo=UTC) if row.removed else None
    return {"id": row.id, "area_id": row.area, "deleted_at": gone}


def _group(row: Row) -> Group:
    name = f"Tổ {row.word} {row.code}"
    return Group(
        **_kept(row),
        code=row.code,
        name=name,
        name_key=sort_key(name),
        folded=normalize_for_search(name),
        kind=GroupKind.SELF_GOVERNING,
        founded_on=date(2010, 1, 1),
    )


def _tip(row: Row) -> Tip:
    return Tip(
        **_kept(row),
        code=row.code,
        reference=row.code,
        title=f"Tin {row.word} {row.code}",
        folded=normalize_for_search(f"Tin {row.word} {row.code}"),
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        group_id=row.group,
        anonymous=not row.named,
        received_at=row.moment,
        status=TipStatus.DUPLICATE if row.twin else TipStatus.RECEIVED,
        closed_at=row.moment if row.twin else None,
        duplicate_of_id=row.twin,
    )


def _member(row: Row) -> Member:
    name = f"Người {row.code}"
    return Member(
        id=row.id,
        deleted_at=_kept(row)["deleted_at"],
        group_id=row.group,
        name=name,
        name_key=sort_key(name),
        folded=normalize_for_search(name),
        joined_on=row.moment.date(),
    )


def _request(row: Row, asker: UUID) -> Reveal:
    return Reveal(
        id=row.id,
        sealed="tip_reporters",
        row_id=row.twin,
        area_id=row.area,
        asked_by_id=asker,
        asked_at=row.moment,
        motive=row.code,
    )


def _approval(row: Row, asker: UUID) -> Approval:
    """A request for approval beside the one to see what is sealed, under the same id and in the same area."""
    return Approval(
        id=row.id,
        act=ApprovalAction.PHONE_LOOKUP,
        kind=ApprovalKind.PHONE_LOOKUP,
        digest="0" * 64,
        asked_by_id=asker,
        asked_at=now(),
        motive=row.code,
        expires_at=now() + timedelta(days=1),
    )


def _activity(row: Row) -> Activity:
    return Activity(
        **_kept(row),
        kind=ActivityKind.QUARTERLY_MEETING,
        group_id=row.group,
        held_on=row.moment.date(),
        attendance=10,
    )


def _enquiry(row: Row) -> Enquiry:
    return Enquiry(
        **_kept(row),
        channel=Channel.ZALO,
        topic="Thủ tục",
        question=row.word,
        folded=normalize_for_search(row.word),
        asked_at=row.moment,
    )


def _review(row: Row, year: int, card: UUID) -> Review:
    day = row.moment.date() if row.signed else None
    by = "Cán bộ mẫu" if row.signed else ""
    return Review(
        **_kept(row),
        group_id=row.group,
        year=year,
        scorecard_id=card,
        total=Decimal(80),
        review_class=ReviewClass.GOOD,
        by_police=by,
        police_signed_on=day,
        by_front=by,
        front_signed_on=day,
        signed_on=day,
    )


def _figure(row: Row, office: UUID) -> Figure:
    return Figure(
        **_kept(row),
        indicator_id=indicator_id("reported.tips"),
        organisation_id=office,
        period_text=row.code,
        value=Decimal(7),
        qualifier=Qualifier.EXACT,
        source_text=row.code,
        source_name="Nguồn mẫu",
        source_on=date(2022, 12, 31),
        supersedes_id=row.twin,
    )
