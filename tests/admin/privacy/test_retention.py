from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import httpx

from records.core.actor import Role, system_actor
from records.nouns import activities, legal_holds
from records.nouns.activities import ActivityDraft
from records.tables.activities import ActivityKind
from tests.admin.forms import some_tip
from tests.nouns.activities import group as some_group

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_retention_shows_holds_of_own_areas_in_force(staff_client: SignIn) -> None:
    task = system_actor("test")
    for area, reason in (("29905", "Vụ mẫu ở đây"), ("30244", "Vụ mẫu nơi khác")):
        tip = await some_tip("Tin mẫu", area=area)
        await legal_holds.place("tip", tip.id, reason=reason, by=task)
    over = await some_tip("Tin mẫu")
    await legal_holds.place("tip", over.id, reason="Vụ mẫu đã xong", by=task)
    await legal_holds.lift("tip", over.id, reason="Xong", by=task)
    client = await staff_client(Role.CUSTODIAN, "29905")
    page = (await client.get("/admin/retention")).text
    assert "Vụ mẫu ở đây" in page
    assert "Vụ mẫu nơi khác" not in page
    assert "Vụ mẫu đã xong" not in page
    assert "Erase the person" in page
    assert "Erase its pictures" in page


async def test_retention_tells_holds_on_activities_apart(staff_client: SignIn) -> None:
    here = await some_group(code="MAU-7")
    patrol = ActivityDraft(ActivityKind.PATROL, date(2025, 3, 5), 4, here.area_id, group_id=here.id)
    task = system_actor("test")
    rows = [
        await activities.record(draft, by=task)
        for draft in (patrol, replace(patrol, held_on=date(2025, 4, 6)))
    ]
    _first, hold = [await legal_holds.place("activity", row.id, reason="Vụ mẫu", by=task) for row in rows]
    client = await staff_client(Role.CUSTODIAN, "29905")
    page = (await client.get("/admin/retention")).text
    assert "05/03/2025 MAU-7" in page
    assert "06/04/2025 MAU-7" in page
    assert "06/04/2025 MAU-7" in (await client.get(f"/admin/legal-holds/{hold.id}/release")).text
