"""What an administrator or a custodian must not be able to do alone, tried as the person who means harm."""

from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from records.access import partners
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.rights import ApprovalKind
from records.database.connect import DatabaseRole
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.privacy import reporters, reveals
from records.privacy.reporters import ReporterDraft
from records.tables import Approval, DataRequest, Partner, PartnerKey, Staff, Tip
from records.tables.tips import Channel
from tests.admin.forms import filled, send
from tests.conftest import PASSWORD, area_ids
from tests.records.security.sealed_rows import as_role

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
StaffActor = Callable[..., Awaitable[Actor]]
TASK = system_actor("test")
PHONE = "0912 345 678"
WHY = {"motive": "Theo đề nghị của đơn vị (minh họa)"}


async def a_tip() -> Tip:
    draft = TipDraft("Tin mẫu", category_id("THEFT"), Channel.BOX, (await area_ids("29905"))[0])
    return await reporters.submit(draft, ReporterDraft(name="Người mẫu", phone=PHONE), by=TASK)


async def signs_in(app: Starlette, username: str) -> bool:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.post("/admin/sign-in", data={"username": username, "password": PASSWORD})
        return answer.status_code == 303


async def a_partner(*scopes: Scope) -> Partner:
    areas = await area_ids("29905")
    return await partners.create(name="Đối tác mẫu", scopes=scopes, areas=areas, by=TASK)


@pytest.mark.parametrize(
    "scope", ["tips:read", "tips:work", "enquiries:read", "enquiries:write", "metrics:read"]
)
async def test_partner_is_not_added_when_administrator_acts_alone(staff_client: SignIn, scope: str) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    given: dict[str, str | list[str]] = {"name": "Của tôi", "areas": "29905", "scopes": [scope, "areas:read"]}
    await send(admin, "/admin/partners", given | WHY, at="/admin/partners/new")
    assert await Partner.all().count() == 0


async def test_partner_gains_no_scope_when_administrator_acts_alone(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row = await a_partner(Scope.GROUPS_READ)
    path = f"/admin/partners/{row.id}"
    given: dict[str, str | list[str]] = {"name": row.name, "areas": "29905", "scopes": ["tips:read"]}
    await send(admin, path, given | WHY, at=f"{path}/edit")
    assert (await Partner.get()).scopes == ["groups:read"]


async def test_partner_gains_no_area_when_administrator_acts_alone(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row = await a_partner(Scope.TIPS_READ)
    path = f"/admin/partners/{row.id}"
    given: dict[str, str | list[str]] = {"name": row.name, "areas": "82", "scopes": ["tips:read"]}
    await send(admin, path, given | WHY, at=f"{path}/edit")
    assert [area.code for area in await partners.areas_of(row.id)] == ["29905"]


async def test_key_is_not_issued_when_administrator_acts_alone(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row = await a_partner(Scope.TIPS_READ)
    path = f"/admin/partners/{row.id}"
    answer = await send(admin, f"{path}/keys", WHY, at=path)
    assert "ktn_" not in answer.text
    assert await PartnerKey.all().count() == 0


async def test_key_is_not_rotated_when_administrator_acts_alone(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row = await a_partner(Scope.TIPS_READ)
    await partners.issue_key(row.id, by=TASK)
    key = await PartnerKey.get()
    path = f"/admin/partner-keys/{key.id}/rotation"
    await send(admin, path, {"overlap_days": "7"} | WHY)
    assert await PartnerKey.all().count() == 1


@pytest.mark.parametrize("role", ["OFFICER", "ANALYST", "COMMANDER", "CUSTODIAN", "AUDITOR"])
async def test_account_is_not_added_when_administrator_acts_alone(staff_client: SignIn, role: str) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    given = {"username": "toi", "name": "Tôi", "role": role, "areas": "29905", "language": "vi"} | WHY
    await send(admin, "/admin/staff", given, at="/admin/staff/new")
    assert await Staff.filter(username="toi").count() == 0


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMANDER, Role.CUSTODIAN, Role.AUDITOR])
async def test_password_stays_when_administrator_acts_alone(
    app: Starlette, staff_client: SignIn, role: Role
) -> None:
    admin, _victim = await staff_client(Role.ADMINISTRATOR), await staff_client(role)
    row = await Staff.get(role=role)
    await send(admin, f"/admin/staff/{row.id}/password", WHY)
    assert await signs_in(app, row.username)


async def test_role_stays_when_administrator_acts_alone(staff_client: SignIn) -> None:
    admin, _other = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.FRONT)
    row = await Staff.get(role=Role.FRONT)
    path = f"/admin/staff/{row.id}"
    given = {"name": row.name, "role": "CUSTODIAN", "areas": "82", "language": "vi"} | WHY
    await send(admin, path, given, at=f"{path}/edit")
    assert (await Staff.get(id=row.id)).role is Role.FRONT


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.CUSTODIAN, Role.AUDITOR])
@pytest.mark.parametrize("given", [{"name": "Người khác"}, {"email": "khac@mau.vn"}])
async def test_decider_keeps_name_when_administrator_acts_alone(
    staff_client: SignIn, role: Role, given: dict[str, str]
) -> None:
    admin, _victim = await staff_client(Role.ADMINISTRATOR), await staff_client(role)
    row = await Staff.get(role=role)
    path = f"/admin/staff/{row.id}"
    form = filled((await admin.get(f"{path}/edit")).text)
    answer = await send(admin, path, form | given | WHY, at=f"{path}/edit")
    assert answer.status_code == 303
    kept = await Staff.get(id=row.id)
    assert (kept.name, kept.email, kept.version) == (row.name, row.email, row.version)
    # The form did nothing else wrong: it waits for a second person.
    assert (await Approval.get()).kind is ApprovalKind.DECIDER_ACCOUNT


async def test_phone_finds_nothing_when_custodian_acts_alone(staff_client: SignIn) -> None:
    custodian = await staff_client(Role.CUSTODIAN, "29905")
    tip = await a_tip()
    asked = {"phone": PHONE, "identified": "Gọi lại đúng số"}
    answer = await send(custodian, "/admin/data-requests", asked)
    page = (await custodian.get(answer.headers["location"])).text
    assert tip.code not in page
    assert str(tip.id) not in page
    assert 'name="record"' not in page
    assert await DataRequest.all().count() == 1


async def test_database_refuses_reveal_decided_by_administrator(
    database: str, staff_actor: StaffActor
) -> None:
    officer, admin = await staff_actor(Role.OFFICER), await staff_actor(Role.ADMINISTRATOR)
    reveal = await reveals.request_reveal("tip_reporters", (await a_tip()).id, "Cần hỏi lại", by=officer)
    connection = await as_role(database, DatabaseRole.APP)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "UPDATE reveals SET decided_by_id = $2, decided_at = now(), approved = TRUE,"
            " until = now() + interval '1 hour' WHERE id = $1",
            reveal.id,
            admin.id,
        )
    await connection.close()
    assert await tips.visible_to(TASK).count() == 1
