"""Whoever tries what is not theirs leaves a line in the log: who, where, and nothing of what was sent."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from records.core.actor import Role, Scope
from records.tables import Partner, Staff
from tests.admin.forms import hidden, some_tip

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeKey = Callable[..., Awaitable[str]]
SENT = "chữ mà không nhật ký nào được giữ 0912345678"


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The lines of an event. None of them holds what was sent."""
    lines = [getattr(record, "told", {}) for record in caplog.records]
    assert SENT not in str(lines)
    assert "0912345678" not in str(lines)
    return [line for line in lines if line.get("event") == event]


async def test_page_refusal_is_logged(staff_client: SignIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="ketnoi")
    elsewhere = await some_tip(area="28249")
    client = await staff_client(Role.FRONT, "29905")
    row = await Staff.get()
    token = hidden((await client.get("/admin")).text, "csrf")
    await client.get("/admin/tips", params={"q": SENT})
    await client.post("/admin/partners", data={"csrf": token, "name": SENT})
    refused = told(caplog, "access.denied")
    assert [UUID(line["actor"]) for line in refused] == [row.id] * 2
    assert [(line["method"], line["route"]) for line in refused] == [
        ("GET", "/admin/tips"),
        ("POST", "/admin/partners"),
    ]
    officer = await staff_client(Role.OFFICER, "29905")
    await officer.get(f"/admin/tips/{elsewhere.id}")
    [missed] = told(caplog, "access.missed")
    assert missed["route"] == "/admin/tips/{id:uuid}"
    assert str(elsewhere.id) not in str(missed)


async def test_form_refusal_is_logged_when_token_or_site_is_wrong(
    staff_client: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ketnoi")
    client = await staff_client(Role.OFFICER)
    token = hidden((await client.get("/admin")).text, "csrf")
    await client.post("/admin/tips", data={"csrf": "0" * 64, "title": SENT})
    site = {"Sec-Fetch-Site": "cross-site"}
    await client.post("/admin/tips", data={"csrf": token, "title": SENT}, headers=site)
    assert [line["reason"] for line in told(caplog, "form.refused")] == ["token", "site"]


async def test_partner_refusal_is_logged(
    api: httpx.AsyncClient, partner_key: MakeKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ketnoi")
    key = await partner_key(scopes={Scope.GROUPS_READ})
    query = {"query": f'{{ tips(filter: {{search: "{SENT}"}}) {{ totalCount }} }}'}
    await api.post("/graphql", json=query, headers={"Authorization": f"Bearer {key}"})
    await api.post("/graphql", json=query, headers={"Authorization": "Bearer ktn_0912345678_x"})
    form = {"grant_type": "client_credentials", "client_id": "0912345678", "client_secret": "0912345678"}
    await api.post("/oauth/token", data=form)
    [denied] = told(caplog, "partner.scope-denied")
    assert UUID(denied["actor"]) == (await Partner.get()).id
    assert [line["by"] for line in told(caplog, "partner.refused")] == ["key", "secret"]
    assert key not in caplog.text
    assert key.rpartition("_")[2] not in caplog.text


async def test_sign_in_failure_and_throttling_are_logged(
    staff_client: SignIn, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ketnoi")
    await staff_client(Role.OFFICER)
    row = await Staff.get()
    for username in (row.username, SENT):
        await api.post("/admin/sign-in", data={"username": username, "password": SENT})
    failed = told(caplog, "sign-in.failed")
    assert [line.get("actor") for line in failed] == [str(row.id), None]
    assert {line["step"] for line in failed} == {"password"}
    for _ in range(6):
        await api.post("/admin/sign-in", data={"username": row.username, "password": SENT})
    assert told(caplog, "sign-in.throttled")
    assert told(caplog, "sign-in.succeeded")
    assert row.username not in caplog.text
