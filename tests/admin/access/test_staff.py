"""Staff at the admin's door: an administrator, those in their areas, and nobody beyond."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import httpx
import pytest
from starlette.applications import Starlette

from records.core.actor import Role
from records.core.dates import now
from records.core.language import Language
from records.tables import AuditEntry, Session, Staff, StaffArea
from tests.admin.forms import hidden, send
from tests.approving import approve_the_last
from tests.conftest import PASSWORD, area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
NEW: dict[str, str | list[str]] = {
    "username": "mau-moi",
    "name": "Cán bộ mẫu Đặng Ân",
    "email": "",
    "role": "FRONT",
    "areas": "29905",
    "language": "en",
}
OWN = "một câu chỉ mình tôi biết"
WHY = {"motive": "Theo yêu cầu (minh họa)"}


def visitor(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


async def sign_in(app: Starlette, username: str, password: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    client = visitor(app)
    return client, await client.post("/admin/sign-in", data={"username": username, "password": password})


def shown(page: str) -> str:
    """The password that a page shows once."""
    found = re.search(r"<code>([a-z2-9-]{23})</code>", page)
    assert found, page
    return found[1]


def open_sessions(page: str) -> str:
    """What the page of an account says of its sessions."""
    return page.partition("Open sessions</dt>")[2].partition("<dd>")[2].partition("</dd>")[0].strip()


async def the(role: Role) -> Staff:
    return await Staff.get(role=role)


async def invited(client: httpx.AsyncClient, **changed: str) -> tuple[Staff, str]:
    answer = await send(client, "/admin/staff", NEW | changed, at="/admin/staff/new")
    assert answer.status_code == 200, answer.text
    return await Staff.get(username=NEW["username"]), shown(answer.text)


async def chosen(app: Starlette, username: str, given: str) -> httpx.AsyncClient:
    """Signs in with the password that was handed over, and chooses another."""
    client, _ = await sign_in(app, username, given)
    sent = {"current": given, "password": OWN}
    assert (await send(client, "/admin/account/password", sent)).headers["location"] == "/admin"
    return client


async def test_first_password_is_shown_once_and_must_be_changed(app: Starlette, staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row, given = await invited(admin)
    assert (row.role, row.language, row.renew_password) == (Role.FRONT, Language.EN, True)
    assert given not in (await admin.get(f"/admin/staff/{row.id}")).text
    client, answer = await sign_in(app, "mau-moi", given)
    assert answer.headers["location"] == "/admin"
    for path in ("/admin", "/admin/groups", "/admin/account", "/admin/nothing"):
        assert (await client.get(path)).headers["location"] == "/admin/account/password", path
    csrf = hidden((await client.get("/admin/account/password")).text, "csrf")
    kept = await client.post("/admin/groups", data={"csrf": csrf})
    assert kept.headers["location"] == "/admin/account/password"
    again = {"current": given, "password": given}
    same = await send(client, "/admin/account/password", again)
    assert same.status_code == 422
    assert "a password different from the current one" in same.text
    assert (await (await chosen(app, "mau-moi", given)).get("/admin/groups")).status_code == 200
    assert (await sign_in(app, "mau-moi", given))[1].status_code == 422
    assert (await sign_in(app, "mau-moi", OWN))[1].status_code == 303


async def test_first_password_ends_after_three_days(app: Starlette, staff_client: SignIn) -> None:
    _, given = await invited(await staff_client(Role.ADMINISTRATOR))
    row = await Staff.get(username="mau-moi")
    assert row.password_expires_at is not None
    assert abs(row.password_expires_at - now() - timedelta(days=3)) < timedelta(minutes=5)
    await Staff.filter(id=row.id).update(password_expires_at=now() - timedelta(seconds=1))
    client, answer = await sign_in(app, "mau-moi", given)
    assert answer.status_code == 403
    assert not client.cookies.get("ketnoi_session")
    assert await Session.filter(staff_id=row.id).count() == 0


async def test_common_password_must_be_changed(
    app: Starlette, staff_client: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await staff_client(Role.FRONT)
    row = await the(Role.FRONT)
    monkeypatch.setattr(
        "records.access.staff.validation.is_common", lambda password, _about: password == PASSWORD
    )
    client, answer = await sign_in(app, row.username, PASSWORD)
    assert answer.status_code == 303
    assert (await client.get("/admin/groups")).headers["location"] == "/admin/account/password"
    sent = {"current": PASSWORD, "password": OWN}
    assert (await send(client, "/admin/account/password", sent)).status_code == 303
    assert (await client.get("/admin/groups")).status_code == 200


async def test_staff_form_reports_all_problems_and_keeps_input(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR, "29905")
    row = await the(Role.ADMINISTRATOR)
    for fields, problem in (
        ({"username": row.username}, "already taken"),
        ({"name": ""}, "Enter a value"),
        ({"role": "KING"}, "Choose one"),
        ({"areas": []}, "at least one area"),
        ({"areas": "khong-co"}, "There is no area khong-co"),
        ({"areas": ["29905", "30244"]}, "within your own"),
    ):
        wrong = await send(admin, "/admin/staff", NEW | fields, at="/admin/staff/new")
        assert wrong.status_code == 422, fields
        assert problem in wrong.text, fields
        assert str(NEW["name"]) in wrong.text or fields == {"name": ""}
    assert await Staff.all().count() == 1


async def test_role_change_needs_new_sign_in(app: Starlette, staff_client: SignIn) -> None:
    admin, person = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    row = await the(Role.COMMANDER)
    assert (await person.get("/admin/tips")).status_code == 200
    path, at = f"/admin/staff/{row.id}", f"/admin/staff/{row.id}/edit"
    fields = {"name": row.name, "email": "", "role": "FRONT", "areas": "82", "language": "en"}
    assert (await send(admin, path, fields | WHY, at=at)).headers["location"] == path
    assert (await person.get("/admin/tips")).status_code == 200
    await approve_the_last(Role.CUSTODIAN)
    assert (await person.get("/admin/tips")).headers["location"].startswith("/admin/sign-in")
    client, _ = await sign_in(app, row.username, PASSWORD)
    assert (await client.get("/admin/tips")).status_code == 403
    assert (await send(admin, path, fields | {"areas": "29905"}, at=at)).status_code == 303
    assert (await client.get("/admin/groups")).headers["location"].startswith("/admin/sign-in")
    # Another name alone ends nothing.
    client, _ = await sign_in(app, row.username, PASSWORD)
    renamed = fields | {"areas": "29905", "name": "Tên khác"}
    assert (await send(admin, path, renamed, at=at)).status_code == 303
    assert (await client.get("/admin/groups")).status_code == 200
    page = unescape((await admin.get(path)).text)
    for text in ("Commander", "Fatherland Front", "Phường Sa Đéc", "Tên khác"):
        assert text in page, text


async def test_staff_edit_conflicts_when_changed_before(staff_client: SignIn) -> None:
    one, other = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.ADMINISTRATOR)
    await staff_client(Role.FRONT)
    row = await the(Role.FRONT)
    path, at = f"/admin/staff/{row.id}", f"/admin/staff/{row.id}/edit"
    fields = {"name": row.name, "email": "", "role": "ADMINISTRATOR", "areas": "82", "language": "en"}
    forms = [hidden((await client.get(at)).text, "csrf") for client in (one, other)]
    sent = [fields | {"csrf": csrf, "expected_version": "1"} for csrf in forms]
    assert (await one.post(path, data=sent[0])).status_code == 303
    late = await other.post(path, data=sent[1] | {"role": "COMMANDER"})
    assert late.status_code == 409
    assert "Two people changed this" in late.text
    assert (await Staff.get(id=row.id)).role is Role.ADMINISTRATOR
    # Areas alone are a change too.
    assert (await send(one, path, fields | {"areas": "29905"}, at=at)).status_code == 303
    assert (
        await other.post(path, data=sent[1] | {"expected_version": "2", "areas": "30244"})
    ).status_code == 409
    assert [given.area_id async for given in StaffArea.filter(staff_id=row.id)] == await area_ids("29905")


async def test_account_is_hidden_when_it_works_beyond_areas(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR, "29905")
    there = await staff_client(Role.OFFICER, "29905", "30244")
    row = await the(Role.OFFICER)
    assert str(row.id) not in (await admin.get("/admin/staff")).text
    assert str(row.id) not in (await admin.get(f"/admin/staff?q={row.username}")).text
    token = hidden((await admin.get("/admin")).text, "csrf")
    sent = {
        "csrf": token,
        "expected_version": "1",
        "role": "OFFICER",
        "language": "vi",
        "name": "x",
        "areas": "29905",
    }
    for path in ("", "/password", "/session-ending", "/factor-removal", "/deactivation", "/activation"):
        assert (await admin.get(f"/admin/staff/{row.id}{path}")).status_code == 404, path
        assert (await admin.post(f"/admin/staff/{row.id}{path}", data=sent | WHY)).status_code == 404, path
    await send(admin, "/admin/staff/sessions", WHY)
    assert (await there.get("/admin")).status_code == 200
    assert (await Staff.get(id=row.id)).version == 1


async def test_administrator_cannot_raise_or_close_own_account(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row = await the(Role.ADMINISTRATOR)
    page = (await admin.get(f"/admin/staff/{row.id}")).text
    assert "This is your own account" in page
    token = hidden(page, "csrf")
    sent = {
        "csrf": token,
        "expected_version": "1",
        "role": "COMMANDER",
        "language": "vi",
        "name": "x",
        "areas": "82",
    }
    assert (await admin.get(f"/admin/staff/{row.id}/edit")).status_code == 403
    assert (await admin.post(f"/admin/staff/{row.id}", data=sent)).status_code == 403
    for noun in ("password", "session-ending", "factor-removal", "deactivation", "activation"):
        answer = await admin.post(f"/admin/staff/{row.id}/{noun}", data=sent | WHY)
        assert answer.status_code == 409, noun
    kept = await Staff.get(id=row.id)
    assert (kept.role, kept.version, kept.active) == (Role.ADMINISTRATOR, 1, True)


async def test_lost_password_is_replaced_by_temporary_one(app: Starlette, staff_client: SignIn) -> None:
    admin, person = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.FRONT)
    row = await the(Role.FRONT)
    path = f"/admin/staff/{row.id}/password"
    assert (await send(admin, path, {"motive": " "})).status_code == 422
    assert (await person.get("/admin")).status_code == 200
    given = shown((await send(admin, path, WHY)).text)
    assert (await person.get("/admin")).status_code == 303
    assert (await sign_in(app, row.username, PASSWORD))[1].status_code == 422
    assert (await (await chosen(app, row.username, given)).get("/admin")).status_code == 200
    page = unescape((await admin.get(f"/admin/staff/{row.id}")).text)
    assert WHY["motive"] in page
    assert "Must change the password" in page
    told = str(await AuditEntry.all().values())
    assert given not in told


async def test_account_is_deactivated_at_once_and_activated_again(
    app: Starlette, staff_client: SignIn
) -> None:
    admin, person = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.FRONT)
    row = await the(Role.FRONT)
    path = f"/admin/staff/{row.id}"
    assert (await send(admin, f"{path}/deactivation", WHY)).headers["location"] == path
    assert (await person.get("/admin")).status_code == 303
    assert (await sign_in(app, row.username, PASSWORD))[1].status_code == 422
    assert row.username in (await admin.get("/admin/staff?closed=1")).text
    assert (await admin.get(f"{path}/deactivation")).status_code == 409
    assert (await send(admin, f"{path}/activation", WHY)).status_code == 303
    assert row.username not in (await admin.get("/admin/staff?closed=1")).text
    assert (await sign_in(app, row.username, PASSWORD))[1].status_code == 303


async def test_sessions_of_one_person_are_ended(staff_client: SignIn) -> None:
    admin, person = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.OFFICER)
    other = await staff_client(Role.FRONT)
    path = f"/admin/staff/{(await the(Role.OFFICER)).id}"
    assert open_sessions((await admin.get(path)).text) == "1"
    assert (await send(admin, f"{path}/session-ending", WHY)).headers["location"] == path
    assert (await person.get("/admin")).status_code == 303
    assert (await other.get("/admin")).status_code == 200
    page = (await admin.get(path)).text
    assert open_sessions(page) == "0"
    assert "Sessions ended" in page


async def test_sessions_of_all_others_are_ended_with_reason(app: Starlette, staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    elsewhere, _ = await sign_in(app, (await the(Role.ADMINISTRATOR)).username, PASSWORD)
    people = [await staff_client(Role.OFFICER), await staff_client(Role.CUSTODIAN), elsewhere]
    assert (await send(admin, "/admin/staff/sessions", {"motive": ""})).status_code == 422
    assert [(await person.get("/admin")).status_code for person in people] == [200, 200, 200]
    assert (await send(admin, "/admin/staff/sessions", WHY)).headers["location"] == "/admin/staff"
    assert [(await person.get("/admin")).status_code for person in people] == [303, 303, 303]
    assert (await admin.get("/admin")).status_code == 200
    assert await AuditEntry.filter(noun="staff", motive=WHY["motive"]).count() == 3
    # A second time there is nobody left, and nothing to tell.
    assert (await send(admin, "/admin/staff/sessions", WHY)).status_code == 303
    assert await AuditEntry.filter(noun="staff", motive=WHY["motive"]).count() == 3


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_accounts_are_changed_by_administrators_only(staff_client: SignIn, role: Role) -> None:
    client = await staff_client(role)
    await staff_client(Role.ADMINISTRATOR)
    other = await the(Role.ADMINISTRATOR)
    token = hidden((await client.get("/admin")).text, "csrf")
    sent = NEW | {"csrf": token, "expected_version": "1"} | WHY
    for path in ("", "/sessions", *(f"/{other.id}/{noun}" for noun in ("password", "deactivation"))):
        assert (await client.post(f"/admin/staff{path}", data=sent)).status_code == 403, path
    assert (await client.post(f"/admin/staff/{other.id}", data=sent)).status_code == 403
    read = 200 if role is Role.AUDITOR else 403
    for path in ("", f"/{other.id}"):
        assert (await client.get(f"/admin/staff{path}")).status_code == read, path
    assert (await Staff.get(id=other.id)).version == 1


async def test_account_history_is_read_by_auditors_of_its_areas(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    row, _ = await invited(admin)
    await send(admin, f"/admin/staff/{row.id}/deactivation", WHY)
    page = (await (await staff_client(Role.AUDITOR, "29905")).get(f"/admin/staff/{row.id}")).text
    assert WHY["motive"] in page
    assert "Close the account" not in page
    far = await staff_client(Role.AUDITOR, "30244")
    assert (await far.get(f"/admin/staff/{row.id}")).status_code == 404


async def test_account_access_needs_fresh_proof_and_ending_does_not(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    await staff_client(Role.OFFICER)
    row = await the(Role.OFFICER)
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    token = hidden((await admin.get("/admin/staff")).text, "csrf")
    sent = NEW | {"csrf": token, "expected_version": "1"} | WHY
    for path in ("", f"/{row.id}", f"/{row.id}/password", f"/{row.id}/factor-removal", "/sessions"):
        answer = await admin.post(f"/admin/staff{path}", data=sent)
        assert answer.headers["location"].startswith("/admin/proof"), path
    assert (await Staff.get(id=row.id)).version == 1
    assert (await send(admin, f"/admin/staff/{row.id}/deactivation", WHY)).status_code == 303


async def test_staff_list_is_searched_filtered_and_sorted(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    await invited(admin)
    for query, found in (
        ("q=dang+an", True),
        ("q=MAU-MOI", True),
        ("q=khac", False),
        ("role=FRONT", True),
        ("role=OFFICER", False),
        ("area=29905", True),
        ("area=30244", False),
        ("closed=1", False),
        ("sort=newest", True),
    ):
        page = (await admin.get(f"/admin/staff?{query}")).text
        assert ("mau-moi" in page.partition('id="results"')[2]) is found, query
    assert (await admin.get("/admin/staff?role=KING")).status_code == 422
