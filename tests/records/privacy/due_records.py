"""Records whose personal data is due for erasure, and what retention says of them."""

from datetime import date, datetime
from uuid import UUID, uuid4

from records.core.actor import system_actor
from records.core.dates import midnight
from records.metrics.catalogue import category_id
from records.nouns import groups, members, tips
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.nouns.tips import OutcomeDraft, TipDraft
from records.privacy import contacts, reporters
from records.privacy.contacts import ContactDraft
from records.privacy.reporters import ReporterDraft
from records.privacy.retention import DueCount
from records.security import vault
from records.tables import (
    EducationCase,
    Member,
    Tip,
)
from records.tables.activities import EducationReason, EducationResult
from records.tables.groups import GroupKind, MemberRole
from records.tables.tips import Channel, OutcomeKind
from tests.conftest import area_ids

TASK = system_actor("test")
# The day on which everything below ended, and the days on which it is due: see the migration.
ENDED = date(2020, 3, 31)
DUE = {"member": date(2022, 3, 31), "tip": date(2025, 3, 31), "session": date(2020, 9, 30)}
DUE["education_case"] = DUE["tip"]
NAME, PHONE = "Chim Hoàng Yến", "0912 345 678"


async def a_member(left_on: date | None = ENDED) -> UUID:
    (area,) = await area_ids("29905")
    group = await groups.create(
        GroupDraft(f"MAU-{uuid4().hex[:6]}", "Tổ mẫu", GroupKind.SELF_GOVERNING, area), by=TASK
    )
    draft = MemberDraft(NAME, MemberRole.MEMBER, date(2019, 1, 1), birth_year=1960)
    row = await members.join(group.id, draft, by=TASK)
    await contacts.record(row.id, ContactDraft(PHONE, "Một nơi"), by=TASK)
    if left_on:
        await members.leave(row.id, expected_version=row.version, on=left_on, by=TASK)
    return row.id


async def a_tip(closed_at: datetime | None = None) -> UUID:
    (area,) = await area_ids("29905")
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, area)
    row = await reporters.submit(draft, ReporterDraft(name=NAME, phone=PHONE), by=TASK)
    row = await tips.start_verifying(row.id, expected_version=row.version, by=TASK)
    row = await tips.close(
        row.id, expected_version=row.version, outcomes=[OutcomeDraft(OutcomeKind.WARNING)], by=TASK
    )
    await Tip.filter(id=row.id).update(closed_at=closed_at or midnight(ENDED))
    return row.id


async def a_case() -> UUID:
    member = await Member.get(id=await a_member(None))
    group = await groups.visible_to(TASK).get(id=member.group_id)
    row = await EducationCase.create(
        code=f"GD-{uuid4().hex[:6]}",
        group_id=group.id,
        area_id=group.area_id,
        reason=EducationReason.OTHER,
        opened_on=date(2020, 1, 1),
        closed_on=ENDED,
        result=EducationResult.IMPROVED,
    )
    await vault.seal("education_subjects", {"name": NAME}, case_id=row.id)
    return row.id


async def counted(what: list[DueCount]) -> dict[str, tuple[int, int]]:
    return {due.noun: (due.due, due.on_hold) for due in what if due.due or due.on_hold}
