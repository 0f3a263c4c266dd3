"""Links between groups in the tables of the tests."""

from datetime import date
from typing import Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.dates import today
from records.core.rights import Right
from records.nouns.assignments import group_links
from records.nouns.groups import GroupDraft
from records.nouns.groups import create as create_group
from records.tables import Group
from records.tables.groups import GroupKind
from tests.conftest import area_ids
from tests.nouns import Tables
from tests.nouns.activities import group

NO_ONE, DAY = uuid4(), date(2025, 1, 1)
KEEPERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT}


async def online_group(area: str = "29905") -> Group:
    """A Zalo group in an area."""
    (area_id,) = await area_ids(area)
    draft = GroupDraft(f"MAU-{uuid4().hex[:8]}".upper(), "Nhóm Zalo mẫu", GroupKind.ZALO, area_id)
    return await create_group(draft, by=system_actor("test"))


async def make(area: str) -> UUID:
    """The id of a link between two groups in an area."""
    pair = [await group(area), await online_group(area)]
    row = await group_links.link(pair[0].id, group=pair[1].id, on=today(), by=system_actor("test"))
    return row.id


TABLES: Final = Tables(
    name="group link",
    make=make,
    pages={
        "GET POST /admin/groups/{id:uuid}/link": (KEEPERS, "group"),
        "GET POST /admin/group-links/{id:uuid}/end": (KEEPERS, "group link"),
    },
    verbs=[
        (Right.GROUPS_READ, "see", lambda by: group_links.visible_to(by).count()),
        (Right.GROUPS_READ, "of_group", lambda by: group_links.of_group(NO_ONE, by=by)),
        (
            Right.GROUPS_EDIT,
            "link",
            lambda by: group_links.link(NO_ONE, group=NO_ONE, on=DAY, by=by),
        ),
        (
            Right.GROUPS_EDIT,
            "unlink",
            lambda by: group_links.unlink(NO_ONE, expected_version=1, on=DAY, by=by),
        ),
    ],
)
