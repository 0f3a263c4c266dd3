"""Linking who one is at a provider, and taking the link away."""

import json
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from records.access.staff import identities
from records.access.staff.oidc.provider import Provider
from records.core.actor import system_actor
from records.core.dates import now
from records.tables import AuditEntry, Identity, Session, Staff
from tests.admin.conftest import (
    COOKIE,
    LINK,
    STATE,
    STRANGE,
    SignIn,
    signed_in,
    visitor,
    way,
)
from tests.admin.forms import hidden, send
from tests.conftest import PASSWORD
from tests.node.provider import SUBJECT, Trial

CONFIRM = f"{LINK}/confirmation"


async def test_identity_link_is_made_by_person_and_in_history(
    app: Starlette, trial: Trial, used: Provider, staff_client: SignIn
) -> None:
    client = await staff_client()
    page = (await client.get("/admin/account")).text
    assert f'href="{LINK}"' in page
    back = await client.get(await trial.visit(await way(client, LINK)))
    assert (back.status_code, back.headers["location"]) == (303, CONFIRM)
    asked = await client.get(CONFIRM)
    assert f"<strong>{SUBJECT}-mau</strong>" in asked.text
    # Coming back is not yet a yes.
    assert await Identity.all().count() == 0
    done = await send(client, CONFIRM, {})
    assert (done.status_code, done.headers["location"]) == (303, "/admin/account")
    row, who = await Identity.all().get(), await Staff.all().get()
    assert (row.staff_id, row.issuer, row.subject) == (who.id, trial.issuer, SUBJECT)
    assert (await signed_in(visitor(app), trial)).status_code == 303

    page = (await client.get("/admin/account")).text
    assert '<th scope="row">Cổng mẫu</th>' in page
    assert f'href="{LINK}"' not in page
    gone = await send(client, f"/admin/account/identities/{row.id}/removal", {}, at="/admin/account")
    assert gone.status_code == 303
    assert STRANGE in (await signed_in(visitor(app), trial)).text
    told = await AuditEntry.filter(action="staff.identities").order_by("seq")
    issuer = {"identity": trial.issuer}
    assert [(entry.before, entry.after) for entry in told] == [(None, issuer), (issuer, None)]
    assert {entry.actor_id for entry in told} == {who.id}
    assert SUBJECT not in json.dumps([[entry.before, entry.after] for entry in told])


@pytest.mark.parametrize("name", ["quan\u202eim-nac", "a\nb", "", None, ["x"]])
async def test_provider_name_is_hidden_when_it_could_mislead(
    trial: Trial, used: Provider, staff_client: SignIn, name: object
) -> None:
    client = await staff_client()
    await client.get(await trial.visit(await way(client, LINK), token={"preferred_username": name}))
    page = (await client.get(CONFIRM)).text
    shown = page.partition("<main")[2].partition("<strong>")[2].partition("</strong>")[0]
    assert shown == SUBJECT


async def test_identity_link_is_completed_only_in_its_own_session(
    app: Starlette, trial: Trial, used: Provider, staff_client: SignIn
) -> None:
    one, other = await staff_client(), await staff_client()
    back = await trial.visit(await way(one, LINK))
    # Somebody who has another's way back and even the cookie that belongs to it.
    other.cookies.set(STATE, one.cookies[STATE])
    assert (await other.get(back)).status_code == 422
    assert (await visitor(app).get(back)).status_code == 422

    await one.get(await trial.visit(await way(one, LINK)))
    other.cookies.set(STATE, one.cookies[STATE])
    assert (await other.get(CONFIRM)).status_code == 422
    csrf = hidden((await other.get("/admin")).text, "csrf")
    assert (await other.post(CONFIRM, data={"csrf": csrf})).status_code == 422
    assert (await one.post(CONFIRM, data={})).status_code == 403
    assert await Identity.all().count() == 0
    assert (await send(one, CONFIRM, {})).status_code == 303


async def test_identity_link_return_does_not_sign_in(app: Starlette, trial: Trial, linked: Staff) -> None:
    client = visitor(app)
    await client.post("/admin/sign-in", data={"username": linked.username, "password": PASSWORD})
    await identities.unlink_for(linked.username, by=system_actor("test"))
    await client.post("/admin/sign-in", data={"username": linked.username, "password": PASSWORD})
    back = await trial.visit(await way(client, LINK))
    await send(client, "/admin/sign-out", {}, at="/admin")
    assert (await client.get(back)).status_code == 403
    assert COOKIE not in client.cookies


async def test_provider_account_belongs_to_one_person(
    app: Starlette, trial: Trial, linked: Staff, staff_client: SignIn
) -> None:
    other = await staff_client()
    await other.get(await trial.visit(await way(other, LINK)))
    answer = await send(other, CONFIRM, {})
    assert answer.status_code == 422
    assert "already linked to someone" in answer.text
    assert (await Identity.all().get()).staff_id == linked.id
    theirs = await Identity.all().get()
    path = f"/admin/account/identities/{theirs.id}/removal"
    assert (await send(other, path, {}, at="/admin/account")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", LINK), ("GET", CONFIRM), ("POST", CONFIRM)),
        ("POST", "/admin/account/identities/01890000-0000-7000-8000-000000000000/removal"),
    ],
)
async def test_identity_link_needs_fresh_proof(
    trial: Trial, used: Provider, staff_client: SignIn, method: str, path: str
) -> None:
    client = await staff_client()
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    csrf = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.request(method, path, data={"csrf": csrf} if method == "POST" else None)
    assert answer.headers["location"].startswith("/admin/proof")
