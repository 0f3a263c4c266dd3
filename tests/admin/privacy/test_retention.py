from collections.abc import Awaitable, Callable

import httpx

from records.core.actor import Role, system_actor
from records.nouns import legal_holds
from tests.admin.forms import some_tip

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
