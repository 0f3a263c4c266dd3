"""The pages on which a custodian places and releases legal holds."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from records.core.actor import Role
from records.nouns import legal_holds
from records.tables import AuditEntry, LegalHold
from tests.admin.forms import send, some_tip
from tests.admin.places import TASK
from tests.admin.privacy.test_reveals import asked, told

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
LIST, PATH = "/admin/retention", "/admin/legal-holds"
WHY = "Tòa án mẫu yêu cầu"


@pytest.fixture
async def client(staff_client: SignIn) -> httpx.AsyncClient:
    return await staff_client(Role.CUSTODIAN, "29905")


async def test_hold_is_placed_on_tip_by_its_code(client: httpx.AsyncClient) -> None:
    tip = await some_tip()
    assert f'href="{PATH}/new"' in (await client.get(LIST)).text
    typed = {"noun": "tip", "code": tip.code.lower(), "reason": WHY}
    answer = await send(client, PATH, typed, at=f"{PATH}/new")
    assert (answer.status_code, answer.headers["location"]) == (303, LIST)
    assert await legal_holds.is_held("tip", tip.id)
    page = (await client.get(LIST)).text
    assert tip.code in page
    assert WHY in page


async def test_path_of_holds_leads_to_their_list(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}#holds")
    assert 'id="holds"' in (await client.get(LIST)).text


async def test_hold_is_placed_on_record_that_the_address_names(client: httpx.AsyncClient) -> None:
    tip = await some_tip()
    at = f"{PATH}/new?noun=tip&record={tip.id}"
    assert 'name="code"' not in (await client.get(at)).text
    named = {"noun": "tip", "record": str(tip.id), "reason": WHY}
    assert (await send(client, PATH, named, at=at)).status_code == 303
    assert await legal_holds.is_held("tip", tip.id)
    assert (await send(client, PATH, named, at=at)).status_code == 409


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"noun": "tip", "code": "TB-1999-000001", "reason": WHY}, "code"),
        ({"noun": "tip", "code": "", "reason": WHY}, "code"),
        ({"noun": "session", "code": "TB-1999-000001", "reason": WHY}, "noun"),
        ({"noun": "tip", "code": "TB-1999-000001", "reason": " "}, "reason"),
        ({"noun": "tip", "record": "x", "reason": WHY}, "record"),
    ],
)
async def test_hold_is_refused_when_its_record_is_unknown(
    client: httpx.AsyncClient, typed: dict[str, str], field: str
) -> None:
    answer = await send(client, PATH, typed, at=f"{PATH}/new")
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert not await LegalHold.exists()


async def test_hold_on_record_elsewhere_is_refused_like_a_missing_one(client: httpx.AsyncClient) -> None:
    tip = await some_tip(area="30244")
    for record in (tip.id, uuid4()):
        named = {"noun": "tip", "record": str(record), "reason": WHY}
        assert (await send(client, PATH, named, at=f"{PATH}/new")).status_code == 404
    by_code = {"noun": "tip", "code": tip.code, "reason": WHY}
    assert (await send(client, PATH, by_code, at=f"{PATH}/new")).status_code == 422


async def test_hold_is_released_with_a_reason(client: httpx.AsyncClient) -> None:
    tip = await some_tip()
    hold = await legal_holds.place("tip", tip.id, reason=WHY, by=TASK)
    path = f"{PATH}/{hold.id}/release"
    assert f'href="{path}"' in (await client.get(LIST)).text
    assert tip.code in (await client.get(path)).text
    assert (await send(client, path, {"reason": ""})).status_code == 422
    assert (await send(client, path, {"reason": "Vụ án mẫu đã xong"})).status_code == 303
    assert not await legal_holds.is_held("tip", tip.id)
    assert await AuditEntry.filter(row_id=hold.id, motive="Vụ án mẫu đã xong").exists()
    assert (await client.get(path)).status_code == 404


async def test_decision_on_reveal_leads_to_a_hold(client: httpx.AsyncClient, staff_client: SignIn) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    tip = await told(officer)
    reveal = await asked(officer, tip)
    page = (await client.get(f"/admin/reveals/{reveal.id}/decision")).text
    assert f'href="{PATH}/new?noun=tip&amp;record={tip.id}"' in page
