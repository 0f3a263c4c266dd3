from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import groups, outlines
from records.nouns.groups import GroupDraft
from records.nouns.outlines import OutlineDraft
from records.tables import AuditEntry, Group, Organisation, OutboxEvent, Outline
from records.tables.activities import OutlineStatus
from records.tables.groups import GroupKind
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]
HERE, ELSEWHERE = "29905", "30244"


async def office(area: str = HERE) -> UUID:
    (area_id,) = await area_ids(area)
    name = f"Công an mẫu {area}"
    row = await Organisation.create(name=name, folded=name, kind=OrganisationKind.POLICE, area_id=area_id)
    return row.id


async def group_by(by: Actor, area: str = HERE) -> Group:
    (area_id,) = await area_ids(area)
    draft = GroupDraft(f"MAU-{area}", "Tổ mẫu", GroupKind.SELF_GOVERNING, area_id)
    return await groups.create(draft, by=by)


def draft(organisation_id: UUID, **given: Any) -> OutlineDraft:
    values = {"code": "DC-MAU", "title": "Đề cương mẫu", "body": "# Mẫu", "topics": ["Lừa đảo", " "]}
    return OutlineDraft(**(values | {"organisation_id": organisation_id} | given))


async def published(by: Actor, organisation_id: UUID, **given: Any) -> Outline:
    row = await outlines.write(draft(organisation_id, **given), by=by)
    return await outlines.publish(row.id, expected_version=row.version, on=today(), by=by)


async def told(noun: str) -> tuple[list[str], list[str]]:
    """What the audit and the outbox tell of a noun, in order."""
    entries = await AuditEntry.filter(noun=noun).order_by("seq")
    events = await OutboxEvent.filter(noun=noun).order_by("seq")
    return [entry.action for entry in entries], [event.type for event in events]


async def test_outline_is_written_published_and_corrected_by_edition(staff_actor: MakeActor) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    row = await outlines.write(draft(here), by=chief)
    assert (row.edition, row.status, row.issued_on, row.topics) == (1, OutlineStatus.DRAFT, None, ["Lừa đảo"])
    row = await outlines.edit(row.id, draft(here, title="Đề cương mới"), expected_version=1, by=chief)
    row = await outlines.publish(row.id, expected_version=2, on=date(2026, 1, 5), by=chief)
    assert (row.status, row.issued_on, row.version) == (OutlineStatus.PUBLISHED, date(2026, 1, 5), 3)
    correction = await outlines.write(draft(here, body="# Đúng"), by=chief)
    assert (correction.edition, correction.status) == (2, OutlineStatus.DRAFT)
    assert (await Outline.get(id=row.id)).body == "# Mẫu"
    done = ["outlines.write", "outlines.write", "outlines.publish", "outlines.write"]
    assert await told("outline") == (done, done)


async def test_published_outline_stays_and_code_has_one_draft(staff_actor: MakeActor) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    row = await published(chief, here)
    for attempt in (
        outlines.edit(row.id, draft(here, body="Khác"), expected_version=row.version, by=chief),
        outlines.publish(row.id, expected_version=row.version, on=today(), by=chief),
    ):
        with pytest.raises(Conflict):
            await attempt
    await outlines.write(draft(here), by=chief)
    with pytest.raises(Conflict):
        await outlines.write(draft(here), by=chief)
    assert await Outline.all().count() == 2


async def test_outline_reports_all_problems_at_once(staff_actor: MakeActor) -> None:
    chief, elsewhere = await staff_actor(Role.COMMANDER, HERE), await office(ELSEWHERE)
    bad = draft(elsewhere, code=" ", title="x" * 301, body="", topics=["x"] * 21)
    with pytest.raises(ValidationFailed) as wrong:
        await outlines.write(bad, by=chief)
    assert set(wrong.value.problems) == {"code", "title", "body", "topics", "organisation"}
    here = await office()
    row = await outlines.write(draft(here, valid_until=today() - timedelta(days=1)), by=chief)
    for on in (today(), today() + timedelta(days=1)):
        with pytest.raises(ValidationFailed):
            await outlines.publish(row.id, expected_version=1, on=on, by=chief)
    with pytest.raises(ValidationFailed):
        await outlines.edit(row.id, draft(here, code="DC-KHAC"), expected_version=1, by=chief)
    assert (await told("outline"))[0] == ["outlines.write"]


async def test_outline_draft_is_for_its_area_and_published_one_for_all(
    staff_actor: MakeActor,
) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    other = await staff_actor(Role.COMMANDER, ELSEWHERE)
    areas = frozenset(await area_ids(HERE))
    partner = Actor(
        ActorKind.PARTNER, uuid4(), "Đối tác", scopes=frozenset({Scope.OUTLINES_READ}), areas=areas
    )
    row = await outlines.write(draft(here), by=chief)
    assert [await outlines.visible_to(who).count() for who in (chief, other, partner)] == [1, 0, 0]
    with pytest.raises(NotFound):
        await outlines.publish(row.id, expected_version=1, on=today(), by=other)
    await outlines.publish(row.id, expected_version=1, on=today(), by=chief)
    assert [await outlines.visible_to(who).count() for who in (chief, other, partner)] == [1, 1, 1]


async def test_next_edition_begins_with_published_text(staff_actor: MakeActor) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    row = await published(chief, here)
    draft_row = await outlines.revise(row.id, by=chief)
    assert (draft_row.edition, draft_row.status, draft_row.body) == (2, OutlineStatus.DRAFT, row.body)
    with pytest.raises(Conflict):
        await outlines.revise(row.id, by=chief)


async def test_outline_is_revised_by_its_area_when_latest_edition(staff_actor: MakeActor) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    other, there = await staff_actor(Role.COMMANDER, ELSEWHERE), await office(ELSEWHERE)
    row = await published(chief, here)
    assert outlines.can_revise(chief, await outlines.find(row.id, by=chief))
    assert not outlines.can_revise(other, await outlines.find(row.id, by=other))
    with pytest.raises(ValidationFailed):
        await outlines.write(draft(there), by=other)
    await outlines.revise(row.id, by=chief)
    assert not outlines.can_revise(chief, await outlines.find(row.id, by=chief))
    assert [one.edition for one in await outlines.editions(row, by=chief)] == [2, 1]
    assert [one.edition for one in await outlines.editions(row, by=other)] == [1]


async def test_removed_draft_frees_its_edition_and_is_restored(staff_actor: MakeActor) -> None:
    chief, here = await staff_actor(Role.COMMANDER, HERE), await office()
    row = await outlines.write(draft(here), by=chief)
    await outlines.remove(row.id, expected_version=1, reason="Nhập nhầm", by=chief)
    assert await outlines.visible_to(chief).count() == 0
    assert await outlines.visible_to(chief, removed=True).count() == 1
    again = await outlines.write(draft(here), by=chief)
    assert again.edition == 1
    with pytest.raises(Conflict):
        await outlines.restore(row.id, expected_version=2, by=chief)
    await outlines.remove(again.id, expected_version=1, reason="Nhập nhầm", by=chief)
    restored = await outlines.restore(row.id, expected_version=2, by=chief)
    assert restored.deleted_at is None
    published_row = await outlines.publish(row.id, expected_version=3, on=today(), by=chief)
    with pytest.raises(Conflict):
        await outlines.remove(published_row.id, expected_version=4, reason="Mẫu", by=chief)
