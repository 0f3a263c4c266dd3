from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from records.core.dates import midnight, today
from records.core.errors import Conflict
from records.metrics.catalogue import category_id
from records.nouns import legal_holds, tips
from records.nouns.activities import ActivityDraft
from records.nouns.tips import TipDraft
from records.privacy import activity_pictures, attachments, retention
from records.tables import (
    Attachment,
    AuditEntry,
    Tip,
)
from records.tables.activities import ActivityKind
from records.tables.tips import Channel, TipStatus
from tests.admin.forms import a_picture
from tests.conftest import area_ids
from tests.nouns.activities import group as meeting_group
from tests.records.privacy.due_records import DUE, ENDED, TASK, a_tip, counted


async def a_meeting(held_on: date = ENDED) -> UUID:
    """The id of a meeting with a picture."""
    row = await meeting_group()
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, held_on, 30, row.area_id, group_id=row.id)
    picture = await attachments.encode(a_picture())
    return (await activity_pictures.record(draft, picture, by=TASK)).id


async def a_picture_of(tip_id: UUID, folder: Path) -> Path:
    row = await attachments.add(attachments.TIPS, tip_id, a_picture(), by=TASK)
    return folder / row.sha256[:2] / row.sha256


async def test_tip_pictures_are_erased_with_or_without_reporter(database: str, data_dir: Path) -> None:
    (area,) = await area_ids("29905")
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, area)
    anonymous, open_ = [(await tips.submit(draft, by=TASK)).id for _ in range(2)]
    await Tip.filter(id=anonymous).update(status=TipStatus.REJECTED, closed_at=midnight(ENDED))
    named = await a_tip()
    paths = [await a_picture_of(tip_id, data_dir / "attachments") for tip_id in (anonymous, named, open_)]
    assert await counted(await retention.due(by=TASK, on=DUE["tip"])) == {"tip": (2, 0)}
    assert await counted(await retention.due(by=TASK, on=DUE["tip"], most=1)) == {"tip": (1, 0)}
    assert all(path.exists() for path in paths)
    assert await counted(await retention.apply(by=TASK, on=DUE["tip"])) == {"tip": (2, 0)}
    assert [path.exists() for path in paths] == [False, False, True]
    assert await Attachment.filter(data_key__isnull=False).values_list("tip_id", flat=True) == [open_]
    assert await counted(await retention.apply(by=TASK, on=DUE["tip"])) == {}
    told = await AuditEntry.filter(row_id=anonymous).order_by("-seq").first()
    assert told is not None
    assert (told.action, told.after) == ("retention.manage", {"pictures": 0})


async def test_tip_pictures_are_kept_by_hold_and_erased_with_person(database: str, data_dir: Path) -> None:
    row_id = await a_tip()
    path = await a_picture_of(row_id, data_dir / "attachments")
    await legal_holds.place("tip", row_id, reason="Theo yêu cầu của toà", by=TASK)
    await retention.apply(by=TASK, on=DUE["tip"])
    with pytest.raises(Conflict):
        await retention.erase_person("tip", row_id, motive="Theo yêu cầu", by=TASK)
    assert path.exists()
    await legal_holds.lift("tip", row_id, reason="Xong", by=TASK)
    await retention.erase_person("tip", row_id, motive="Theo yêu cầu", by=TASK)
    assert not path.exists()
    assert await Attachment.filter(data_key__isnull=False).count() == 0


async def test_meeting_pictures_are_erased_on_due_day_and_not_before(database: str, data_dir: Path) -> None:
    row_id = await a_meeting()
    await a_meeting(today())
    due, folder = DUE["tip"], data_dir / "attachments"
    assert await counted(await retention.apply(by=TASK, on=due - timedelta(days=1))) == {}
    assert await counted(await retention.due(by=TASK, on=due)) == {"activity": (1, 0)}
    assert await counted(await retention.apply(by=TASK, on=due)) == {"activity": (1, 0)}
    assert await counted(await retention.apply(by=TASK, on=due)) == {}
    row = await Attachment.get(activity_id=row_id)
    assert (row.data_key, row.name) == (None, "")
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
    told = await AuditEntry.filter(row_id=row_id).order_by("-seq").first()
    assert told is not None
    assert (told.action, told.after) == ("retention.manage", {"pictures": 0})


async def test_meeting_pictures_are_kept_by_hold(database: str) -> None:
    row_id = await a_meeting()
    await legal_holds.place("activity", row_id, reason="Theo yêu cầu của toà", by=TASK)
    assert await counted(await retention.apply(by=TASK, on=DUE["tip"])) == {"activity": (0, 1)}
    assert [hold.row_id for hold in await legal_holds.in_force(TASK)] == [row_id]
    [row] = await attachments.of_record(attachments.ACTIVITIES, TASK, row_id)
    with pytest.raises(Conflict):
        await attachments.erase(attachments.ACTIVITIES, row.id, reason="Gửi nhầm", by=TASK)
