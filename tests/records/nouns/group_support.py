"""What the tests of groups share."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from records.core.actor import Actor
from records.nouns import groups
from records.nouns.groups import GroupDraft
from records.tables import AuditEntry, Group, MetricDelta, OutboxEvent
from records.tables.groups import GroupKind, GroupStatus
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


DAY = date(2025, 9, 1)


WHY = "Sắp xếp lại địa bàn"


async def draft(code: str = "MAU-01", **given: Any) -> GroupDraft:
    (area,) = await area_ids(given.pop("area", "29905"))
    values: dict[str, Any] = {
        "code": code,
        "name": "Tổ mẫu số 1",
        "kind": GroupKind.SELF_GOVERNING,
        "area_id": area,
        "founded_on": date(2025, 8, 1),
    }
    return GroupDraft(**(values | given))


async def found(by: Actor, code: str = "MAU-01", **given: Any) -> Group:
    return await groups.create(await draft(code, **given), by=by)


async def untouched() -> tuple[int, ...]:
    rows = (Group, AuditEntry, OutboxEvent, MetricDelta)
    versions = sum(row.version for row in await Group.all())
    return (versions, *[await model.all().count() for model in rows])


async def in_status(status: GroupStatus, by: Actor, code: str) -> Group:
    row = await found(by, code)
    if status is GroupStatus.PAUSED:
        return await groups.pause(row.id, expected_version=1, on=DAY, reason=WHY, by=by)
    if status is GroupStatus.DISSOLVED:
        return await groups.dissolve(row.id, expected_version=1, on=DAY, reason=WHY, by=by)
    if status is GroupStatus.MERGED:
        into = await found(by, f"{code}-ĐÍCH")
        return await groups.merge(row.id, expected_version=1, into=into.id, on=DAY, reason=WHY, by=by)
    return row
