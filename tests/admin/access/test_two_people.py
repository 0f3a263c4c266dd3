"""Two people, two tabs, a stolen cookie, a form sent again: what happens at the door, over HTTP.

What else stands elsewhere:

two people       test_tips, test_groups, test_partners, test_staff, test_reversals: both sides of a conflict
two tabs         test_account: one signs out, one proves who it is; test_kept: one signs in again
stolen cookie    test_account: ended by its owner, by a second sign-in; test_session: after signing out
a form again     test_account: of a session that is over; test_kept: what was typed is not lost
expired approval test_reveals
revoked key      below, and tests/api/transport/test_oauth.py for the tokens that were got with it
changed role     test_staff, test_account
another site     test_guard, test_kept
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from records.core.actor import Role
from records.core.dates import now
from records.tables import Group, Member, PartnerKey, Reveal, Session, Staff, Tip, TipEvent, TipOutcome
from records.tables.tips import TipEventKind, TipStatus
from tests.admin.forms import hidden, send, some_tip
from tests.admin.privacy.test_reveals import asked, told, typed
from tests.conftest import PASSWORD

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
COOKIE = "ketnoi_session"


def visitor(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


def thief_of(app: Starlette, owner: httpx.AsyncClient) -> httpx.AsyncClient:
    """Another browser that holds the session cookie of `owner`, and nothing else."""
    thief = visitor(app)
    thief.cookies.set(COOKIE, owner.cookies[COOKIE])
    return thief


async def filled(client: httpx.AsyncClient, at: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on the page `at` that is sent to `action`."""
    page = (await client.get(at)).text
    form = next(form for form in page.split("<form")[1:] if f'action="{action}"' in form)
    return {
        name: hidden(form, name)
        for name in ("csrf", "idempotency_key", "expected_version")
        if f'name="{name}"' in form
    }


# Two people


async def test_tip_action_is_done_once_when_many_act_at_once(
    staff_client: SignIn,
) -> None:
    tip = await some_tip()
    path = f"/admin/tips/{tip.id}"
    people = [await staff_client(Role.OFFICER) for _ in range(4)]
    forms = [await filled(person, path, f"{path}/verification") for person in people]
    answers = await asyncio.gather(
        *(person.post(f"{path}/verification", data=form) for person, form in zip(people, forms, strict=True))
    )
    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 3}
    assert (await Tip.get(id=tip.id)).version == 2
    assert await TipEvent.filter(tip_id=tip.id, kind=TipEventKind.VERIFYING).count() == 1


async def test_reveal_is_decided_once_when_two_custodians_decide(staff_client: SignIn) -> None:
    officer = await staff_client(Role.OFFICER, "29905")
    custodians = [await staff_client(Role.CUSTODIAN) for _ in range(2)]
    reveal = await asked(officer, await told(officer))
    path = f"/admin/reveals/{reveal.id}/decision"
    tokens = [hidden((await custodian.get(path)).text, "csrf") for custodian in custodians]
    answers = await asyncio.gather(
        custodians[0].post(path, data={"csrf": tokens[0], "decision": "approve", "minutes": "5"}),
        custodians[1].post(path, data={"csrf": tokens[1], "decision": "refuse", "refusal": "x"}),
    )
    first, second = sorted(answer.status_code for answer in answers)
    assert first == 303
    assert second in {404, 409}
    approved = (await Reveal.get(id=reveal.id)).approved
    assert approved is (answers[0].status_code == 303)


# Two tabs


async def test_tab_changes_nothing_when_stale(staff_client: SignIn) -> None:
    client, tip = await staff_client(Role.COMMANDER), await some_tip()
    path = f"/admin/tips/{tip.id}"
    one, other = [await filled(client, f"{path}/rejection", f"{path}/rejection") for _ in range(2)]
    assert (await client.post(f"{path}/rejection", data=one | {"reason": "Không đúng"})).status_code == 303
    late = await client.post(f"{path}/rejection", data=other | {"reason": "Vẫn không đúng"})
    assert late.status_code == 409
    assert await TipEvent.filter(tip_id=tip.id, kind=TipEventKind.REJECTED).count() == 1


async def test_tabs_record_their_own_tips(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    tabs = [await filled(client, "/admin/tips/new", "/admin/tips") for _ in range(2)]
    for number, tab in enumerate(tabs):
        sent = await typed(title=f"Tin {number}") | tab
        assert (await client.post("/admin/tips", data=sent)).status_code == 303
    assert {tip.title for tip in await Tip.all()} == {"Tin 0", "Tin 1"}


# A stolen cookie


@pytest.mark.parametrize("way", ["signed out", "proved again", "by an administrator", "everybody", "closed"])
async def test_stolen_cookie_ends_when_owner_or_administrator_acts(
    app: Starlette, staff_client: SignIn, way: str
) -> None:
    owner, admin = await staff_client(Role.OFFICER), await staff_client(Role.ADMINISTRATOR)
    row, thief = await Staff.get(role=Role.OFFICER), thief_of(app, owner)
    assert (await thief.get("/admin/tips")).status_code == 200
    stolen = hidden((await thief.get("/admin")).text, "csrf")
    path, why = f"/admin/staff/{row.id}", {"motive": "Cookie bị lấy (minh họa)"}
    by, action, fields, at = {
        "signed out": (owner, "/admin/sign-out", {}, "/admin"),
        "proved again": (owner, "/admin/proof", {"password": PASSWORD}, None),
        "by an administrator": (admin, f"{path}/session-ending", why, None),
        "everybody": (admin, "/admin/staff/sessions", why, None),
        "closed": (admin, f"{path}/deactivation", why, None),
    }[way]
    assert (await send(by, action, fields, at=at)).status_code == 303
    for answer in (
        await thief.get("/admin/tips"),
        await thief.post("/admin/tips", data=await typed() | {"csrf": stolen}),
    ):
        assert answer.headers["location"].startswith("/admin/sign-in"), way
    assert await Tip.all().count() == 0
    # Only the proof keeps the owner in: with a new cookie.
    assert ((await owner.get("/admin")).status_code == 200) is (way == "proved again")


async def test_foreign_session_is_seen_by_both_and_ended(app: Starlette, staff_client: SignIn) -> None:
    owner = await staff_client(Role.OFFICER)
    row, other = await Staff.all().get(), visitor(app)
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}
    entered = {"username": row.username, "password": PASSWORD}
    assert (await other.post("/admin/sign-in", data=entered, headers=agent)).status_code == 303
    for client in (owner, other):
        page = (await client.get("/admin/account")).text
        assert "Firefox, Windows" in page
        assert "Unknown device" in page
        assert page.count("This session") == 1
    found = re.search(
        r"/admin/account/sessions/[0-9a-f-]{36}/ending", (await owner.get("/admin/account")).text
    )
    assert found
    assert (await send(owner, found[0], {}, at="/admin/account")).status_code == 303
    assert (await other.get("/admin")).headers["location"].startswith("/admin/sign-in")
    assert "Firefox, Windows" not in (await owner.get("/admin/account")).text


async def test_stolen_cookie_opens_nothing_that_needs_proof(app: Starlette, staff_client: SignIn) -> None:
    owner = await staff_client(Role.ADMINISTRATOR)
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    thief = thief_of(app, owner)
    for path in ("/admin/account/app", "/admin/account/passkey", "/admin/staff/new", "/admin/staff/sessions"):
        assert (await thief.get(path)).headers["location"].startswith("/admin/proof"), path


# A form that is sent again


async def test_form_is_carried_out_once_when_sent_again(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    tip, group = await some_tip(), "/admin/groups"
    path = f"/admin/tips/{tip.id}"
    assert (await send(client, f"{path}/verification", {}, at=path)).status_code == 303
    assert (await send(client, f"{path}/action", {"note": ""})).status_code == 303
    new_group = {"code": "MAU-01", "name": "Tổ mẫu", "kind": "ZALO", "area": "29905"}
    assert (await send(client, group, new_group, at=f"{group}/new")).status_code == 303
    members = f"{group}/{(await Group.all().get()).id}/members"
    joins = {"name": "Thành viên mẫu", "role": "MEMBER", "joined_on": "05/03/2026"}
    outcome = {"kind": "WARNING", "count-WARNING": "1", "on_day": "", "note": ""}
    for at, action, fields in (
        ("/admin/tips/new", "/admin/tips", await typed(title="Gửi hai lần")),
        (f"{path}/note", f"{path}/note", {"note": "Ghi hai lần"}),
        (members, members, joins),
        (f"{path}/closure", f"{path}/closure", outcome),
    ):
        sent = await filled(client, at, action) | fields
        assert (await client.post(action, data=sent)).status_code == 303, action
        again = await client.post(action, data=sent)
        assert again.status_code == 409, action
        assert "already sent" in again.text or "View the current state" in again.text, action
    assert await Tip.filter(title="Gửi hai lần").count() == 1
    assert await TipEvent.filter(note="Ghi hai lần").count() == 1
    assert await Member.all().count() == 1
    assert await TipOutcome.all().count() == 1
    assert (await Tip.get(id=tip.id)).status is TipStatus.CLOSED


async def test_form_is_carried_out_once_when_sent_many_times_at_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    sent = await typed() | await filled(client, "/admin/tips/new", "/admin/tips")
    answers = await asyncio.gather(*(client.post("/admin/tips", data=sent) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 9}
    assert await Tip.all().count() == 1


async def test_refused_form_may_be_sent_again(staff_client: SignIn) -> None:
    client = await staff_client(Role.OFFICER)
    form = await filled(client, "/admin/tips/new", "/admin/tips")
    assert (await client.post("/admin/tips", data=await typed(title="") | form)).status_code == 422
    assert (await client.post("/admin/tips", data=await typed() | form)).status_code == 303


async def test_form_mark_counts_for_one_person_only(staff_client: SignIn) -> None:
    one, other = await staff_client(Role.OFFICER), await staff_client(Role.OFFICER)
    once = {"idempotency_key": "abc"}
    for client in (one, other):
        form = await filled(client, "/admin/tips/new", "/admin/tips") | once
        assert (await client.post("/admin/tips", data=await typed() | form)).status_code == 303
    assert await Tip.all().count() == 2


# A revoked key


async def test_revoked_key_is_refused_at_next_request(
    api: httpx.AsyncClient, staff_client: SignIn, partner_key: Callable[..., Awaitable[str]]
) -> None:
    admin, key = await staff_client(Role.ADMINISTRATOR), await partner_key()
    query = {"query": "{ groups(first: 1) { nodes { id } } }"}
    headers = {"Authorization": f"Bearer {key}"}
    assert "data" in (await api.post("/graphql", json=query, headers=headers)).json()
    row = await PartnerKey.all().get()
    path = f"/admin/partner-keys/{row.id}/revocation"
    assert (await send(admin, path, {})).status_code == 303
    assert (await api.post("/graphql", json=query, headers=headers)).status_code == 401
