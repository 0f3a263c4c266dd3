from datetime import date
from uuid import UUID

import pytest
from tortoise.connection import get_connection

from records.areas import areas
from records.areas.scope import SCOPE_SQL, actor_can_reach, within
from records.core.actor import Actor, ActorKind, Role, system_actor
from records.core.identifiers.ids import area_id
from records.tables import Group
from records.tables.groups import GroupKind
from tests.conftest import area_ids


def actor(*ids: UUID) -> Actor:
    return Actor(ActorKind.STAFF, None, "Người mẫu", role=Role.OFFICER, areas=frozenset(ids))


async def ids_of(*references: str) -> list[UUID]:
    return [(await areas.resolve_reference(reference)).id for reference in references]


async def group_in(number: int, area: UUID) -> Group:
    name = f"Tổ mẫu {number}"
    return await Group.create(
        code=f"M-{number}", name=name, name_key=name, folded=name, kind=GroupKind.SELF_GOVERNING, area_id=area
    )


@pytest.mark.parametrize(
    ("given", "asked", "there"),
    [
        ("82", "29905", True),
        ("82", "82@2024-12-31", True),
        ("82", "87@2024-12-31", True),
        ("82", "867@2024-12-31", True),
        ("29905", "29902@2024-12-31", True),
        ("29905", "29905@2024-12-31", True),
        ("877", "30244", True),
        ("877", "30253", True),
        ("29905", "82", False),
        ("29905", "30244", False),
        # Xã Tân Phú Đông of old Sa Đéc went to Xã Tân Dương.
        ("29905", "29923@2024-12-31", False),
        ("30214", "29923@2024-12-31", True),
        # Old Phường 1 is only a part of what Phường Sa Đéc is.
        ("29905@2024-12-31", "29905", False),
        # A commune that was divided lies in neither of its heirs.
        ("30025", "30079@2024-12-31", False),
        ("82@2024-12-31", "82", False),
    ],
)
async def test_scope_reaches_areas_inside_and_former_parts(
    database: str, given: str, asked: str, there: bool
) -> None:
    scope, wanted = await ids_of(given, asked)
    assert await actor_can_reach(actor(scope), wanted) is there


async def test_scope_reaches_no_unknown_area_and_nothing_when_empty(database: str) -> None:
    (province,) = await area_ids("82")
    assert not await actor_can_reach(actor(province), area_id("MAU", date(2025, 7, 1)))
    assert not await actor_can_reach(actor(), province)
    assert await actor_can_reach(system_actor("test"), province)


async def test_scope_filters_queries_and_sql_alike(database: str) -> None:
    places = await ids_of("29905", "29902@2024-12-31", "30244", "30079@2024-12-31")
    rows = [await group_in(number, area) for number, area in enumerate(places)]
    ward, province = await area_ids("29905", "82")
    for who, seen in (
        (actor(ward), rows[:2]),
        (actor(province), rows),
        (actor(ward, places[2]), rows[:3]),
        (actor(), []),
        (system_actor("test"), rows),
    ):
        found = await Group.filter(within(who)).order_by("code")
        assert [row.id for row in found] == [row.id for row in seen]
        if who.areas is not None:
            sql = f"SELECT id FROM groups g WHERE {SCOPE_SQL.format(alias='g', param='$1')} ORDER BY code"
            fetched = await get_connection("default").execute_query_dict(sql, [list(who.areas)])
            assert [row["id"] for row in fetched] == [row.id for row in seen]
