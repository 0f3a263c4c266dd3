"""A form changes what it asks for: a field that is added to it is not there."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role, Scope
from records.tables import Group, Partner, Staff, Tip
from tests.admin.forms import send, some_tip
from tests.conftest import area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeKey = Callable[..., Awaitable[str]]
# What nobody sets by hand, for any noun.
ADDED = {
    "id": "00000000-0000-7000-8000-000000000001",
    "version": "99",
    "deleted_at": "2020-01-01",
    "created_at": "2000-01-01",
    "status": "CLOSED",
    "assignee_id": "x",
    "due_at": "2099-01-01",
    "partner_id": "x",
    "role": "ADMINISTRATOR",
    "active": "false",
    "password_hash": "x",
    "is_admin": "1",
    "closed_at": "2020-01-01",
    "merged_into_id": "x",
    "extended": "true",
    "anonymous": "false",
}


async def test_tip_starts_as_usual_when_form_adds_fields(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER, "29905")
    like = await some_tip()
    typed: dict[str, str | list[str]] = {
        **ADDED,
        "title": "Tin mới (minh họa)",
        "category": str(like.category_id),
        "channel": "PHONE",
        "legal_kind": "SOURCE",
        "priority": "NORMAL",
        "area": "29905",
        "code": "TB-2000-000001",
    }
    answer = await send(client, "/admin/tips", typed, at="/admin/tips/new")
    assert answer.status_code == 303, answer.text
    tip = await Tip.get(title="Tin mới (minh họa)")
    for name in (
        "status",
        "version",
        "deleted_at",
        "closed_at",
        "due_at",
        "partner_id",
        "anonymous",
        "extended",
    ):
        assert getattr(tip, name) == getattr(like, name), name
    assert str(tip.id) != ADDED["id"]
    assert tip.code.startswith(f"TB-{tip.received_at.year}-")
    assert tip.assignee_id is None


async def test_edit_keeps_status_when_form_adds_fields(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.COMMANDER), await some_tip()
    sent = {**ADDED, "title": "Tiêu đề khác (minh họa)", "category": str(tip.category_id), "channel": "ZALO"}
    sent |= {"legal_kind": "SOURCE", "priority": "NORMAL", "area": "29905"}
    await send(client, f"/admin/tips/{tip.id}", dict(sent), at=f"/admin/tips/{tip.id}/edit")
    after = await Tip.get(id=tip.id)
    assert (after.title, after.version) == ("Tiêu đề khác (minh họa)", tip.version + 1)
    assert (after.status, after.closed_at, after.deleted_at) == (tip.status, None, None)
    group = {**ADDED, "code": "M1", "name": "Tổ mẫu", "kind": "SELF_GOVERNING", "area": "29905"}
    await send(client, "/admin/groups", dict(group), at="/admin/groups/new")
    row = await Group.get(code="M1")
    assert (row.status.value, row.version, row.deleted_at) == ("ACTIVE", 1, None)


async def test_role_stays_when_form_adds_fields(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    before = await Staff.get().values()
    await send(client, "/admin/language", {**ADDED, "language": "en", "next": "/admin"}, at="/admin")
    await send(
        client, "/admin/account/password", {**ADDED, "current": "x", "password": "y"}, at="/admin/account"
    )
    after = await Staff.get().values()
    kept = set(before) - {"language", "updated_at"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


async def test_partner_has_chosen_rights_only_when_form_adds_fields(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    typed: dict[str, str | list[str]] = {
        **ADDED,
        "name": "Đối tác mẫu",
        "areas": "29905",
        "scopes": ["groups:read"],
        "jwks": "{}",
    }
    answer = await send(client, "/admin/partners", typed, at="/admin/partners/new")
    assert answer.status_code == 303, answer.text
    row = await Partner.get()
    assert (row.scopes, row.jwks, row.version, row.deleted_at) == ([Scope.GROUPS_READ.value], None, 1, None)


@pytest.mark.parametrize("name", ["id", "status", "version", "assignee", "partnerId", "anonymous", "dueAt"])
async def test_graphql_refuses_fields_outside_schema(
    api: httpx.AsyncClient, partner_key: MakeKey, name: str
) -> None:
    given = {"title": "Tin mới (minh họa)", "category": "THEFT", "area": "29905", name: "x"}
    answer = await api.post(
        "/graphql",
        json={
            "query": "mutation($i: SubmitTipInput!) { submitTip(input: $i) { code } }",
            "variables": {"i": given},
        },
        headers={"Authorization": f"Bearer {await partner_key()}"},
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert await Tip.all().count() == 0
    assert len(await area_ids("29905")) == 1
