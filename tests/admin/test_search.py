"""The search shows places by role, and records that the person may see."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from tests.admin.forms import HTMX, some_tip
from tests.admin.places import ELSEWHERE, HERE, group, tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def _found(client: httpx.AsyncClient, text: str) -> str:
    answer = await client.get("/admin/search", params={"q": text}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return answer.text


@pytest.mark.parametrize(
    ("role", "there", "missing"),
    [
        (Role.OFFICER, "/admin/tips/new", "/admin/staff"),
        (Role.FRONT, "/admin/groups/new", "/admin/tips"),
        (Role.ANALYST, "/admin/tips", "/admin/tips/new"),
        (Role.ADMINISTRATOR, "/admin/partners", "/admin/tips"),
        (Role.AUDITOR, "/admin/audit", "/admin/groups"),
    ],
)
async def test_places_are_those_of_role(staff_client: SignIn, role: Role, there: str, missing: str) -> None:
    page = await _found(await staff_client(role), "")
    assert f'href="{there}"' in page
    assert f'href="{missing}"' not in page


async def test_place_is_found_without_accents(staff_client: SignIn) -> None:
    page = await _found(await staff_client(Role.OFFICER), "tip add")
    assert "/admin/tips/new" in page
    assert "/admin/groups" not in page


async def test_records_are_found_by_word_and_by_code(staff_client: SignIn) -> None:
    client, found = await staff_client(Role.OFFICER), await some_tip("Người lạ quanh chợ (mẫu)")
    for text in ("quanh cho", found.code, found.code.lower()):
        assert f"/admin/tips/{found.id}" in await _found(client, text)
    # One letter would fit nearly everything.
    assert f"/admin/tips/{found.id}" not in await _found(client, "q")


async def test_records_elsewhere_are_not_found(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, HERE)
    for make, path in ((tip, "tips"), (group, "groups")):
        here, elsewhere = await make(HERE), await make(ELSEWHERE)
        for row in (here, elsewhere):
            page = await _found(client, row.code)
            assert (f"/admin/{path}/{row.id}" in page) is (row is here)


async def test_records_of_noun_are_not_found_without_right(staff_client: SignIn) -> None:
    found = await some_tip("Người lạ quanh chợ (mẫu)")
    for role in (Role.FRONT, Role.ADMINISTRATOR, Role.CUSTODIAN):
        assert str(found.id) not in await _found(await staff_client(role), "quanh cho")


async def test_exact_accents_come_first(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    exact = await some_tip("Đặng (mẫu)")
    for _number in range(6):
        await some_tip("Dang (mẫu)")
    page = await _found(client, "Đặng")
    assert page.count("/admin/tips/0") == 5
    assert str(exact.id) in page
    assert page.index("Đặng (mẫu)") < page.index("Dang (mẫu)")
