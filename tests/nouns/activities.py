"""Activities in the tables of the tests."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.rights import Right
from records.nouns import activities
from records.nouns.activities import ActivityDraft
from records.nouns.groups import GroupDraft
from records.nouns.groups import create as create_group
from records.nouns.hand_downs import meetings
from records.tables import Group
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE, DAY = uuid4(), date(2025, 1, 1)
EMPTY: Final = ActivityDraft(ActivityKind.PATROL, DAY, -1, NO_ONE)
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT}


async def group(area: str = "29905", **given: Any) -> Group:
    """A self-governing group in an area."""
    (area_id,) = await area_ids(area)
    values = {"code": f"MAU-{uuid4().hex[:8]}".upper(), "name": "Tổ mẫu"} | given
    draft = GroupDraft(kind=GroupKind.SELF_GOVERNING, area_id=area_id, **values)
    return await create_group(draft, by=system_actor("test"))


async def make(area: str) -> UUID:
    """The id of a meeting of a group in an area."""
    row = await group(area)
    draft = ActivityDraft(ActivityKind.QUARTERLY_MEETING, DAY, 30, row.area_id, group_id=row.id)
    return (await activities.record(draft, by=system_actor("test"))).id


async def _make_removed(area: str) -> UUID:
    row_id = await make(area)
    await activities.remove(row_id, expected_version=1, reason="Nhập nhầm", by=system_actor("test"))
    return row_id


def _missing(by: Actor) -> Awaitable[object]:
    """Besides, this takes the right to see groups, which the scope activities:write does not give."""
    if by.kind is ActorKind.PARTNER:
        by = replace(by, scopes=by.scopes | {Scope.GROUPS_READ})
    return activities.missing(by, DAY).count()


TABLES: Final = Tables(
    name="activity",
    make=make,
    make_removed=_make_removed,
    pages={
        "GET /admin/activities": (READERS, None),
        "POST /admin/activities": (KEEPERS, None),
        "GET /admin/activities/new": (KEEPERS, None),
        "GET /admin/activities/missing": (READERS, None),
        "GET /admin/activities/{id:uuid}": (READERS, "activity"),
        "POST /admin/activities/{id:uuid}": (KEEPERS, "activity"),
        "GET /admin/activities/{id:uuid}/edit": (KEEPERS, "activity"),
        "GET POST /admin/activities/{id:uuid}/reversal": (KEEPERS - {Role.FRONT}, "activity"),
        "GET POST /admin/activities/{id:uuid}/removal": (KEEPERS, "activity"),
        "POST /admin/activities/{id:uuid}/restoration": (KEEPERS, "activity removed"),
        "GET POST /admin/groups/{id:uuid}/meeting": (KEEPERS, "group"),
    },
    verbs=[
        (Right.ACTIVITIES_READ, "see", lambda by: activities.visible_to(by).count()),
        (Right.ACTIVITIES_READ, "missing", _missing),
        (
            Right.ACTIVITIES_READ,
            "has_not_met",
            lambda by: Group.filter(activities.has_not_met(by, DAY)).count(),
        ),
        (
            Right.ACTIVITIES_READ,
            "quarters_of",
            lambda by: activities.quarters_of(Group(id=NO_ONE), DAY.year, by=by),
        ),
        (
            Right.ACTIVITIES_READ,
            "met_by_quarter",
            lambda by: activities.met_by_quarter(Group.all(), DAY.year, by=by),
        ),
        (Right.ACTIVITIES_READ, "other_meetings", lambda by: activities.other_meetings(EMPTY, by=by)),
        (Right.ACTIVITIES_RECORD, "record", lambda by: activities.record(EMPTY, by=by)),
        (Right.ACTIVITIES_RECORD, "record", lambda by: meetings.record(EMPTY, by=by)),
        (
            Right.ACTIVITIES_RECORD,
            "edit",
            lambda by: activities.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (Right.ACTIVITIES_RECORD, "edit", lambda by: meetings.edit(NO_ONE, EMPTY, expected_version=1, by=by)),
        (
            Right.ACTIVITIES_RECORD,
            "remove",
            lambda by: meetings.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (Right.ACTIVITIES_RECORD, "restore", lambda by: meetings.restore(NO_ONE, expected_version=1, by=by)),
        (
            Right.ACTIVITIES_RECORD,
            "remove",
            lambda by: activities.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (
            Right.ACTIVITIES_RECORD,
            "restore",
            lambda by: activities.restore(NO_ONE, expected_version=1, by=by),
        ),
    ],
)
