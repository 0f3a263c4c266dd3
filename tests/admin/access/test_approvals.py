"""What takes a second person, at the staff door: asked in a form, decided on a page, done once."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import httpx
import pytest
from starlette.applications import Starlette

from records.access import partners, staff
from records.core.actor import Role, Scope, system_actor
from records.core.dates import now
from records.core.language import Language
from records.tables import Approval, Factor, Partner, PartnerKey, Session, Staff
from tests.admin.forms import hidden, send
from tests.conftest import area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
Fields = dict[str, str | list[str]]
LIST = "/admin/approvals"
WHY: Fields = {"motive": "Theo đề nghị của đơn vị (minh họa)"}
PARTNER: Fields = {"name": "Đối tác mẫu", "areas": "29905", "scopes": ["groups:read", "tips:read"]}
OFFICER: Fields = {
    "username": "moi",
    "name": "Cán bộ mẫu",
    "role": "OFFICER",
    "areas": "29905",
    "language": "vi",
}


async def asked(client: httpx.AsyncClient, path: str, fields: Fields, *, at: str) -> str:
    """The page of the request that a form makes."""
    answer = await send(client, path, fields | WHY, at=at)
    assert answer.status_code == 303, answer.text
    return f"{LIST}/{(await Approval.all().order_by('-asked_at').first() or Approval()).id}"


async def decided(client: httpx.AsyncClient, page: str, decision: str = "approve") -> httpx.Response:
    refusal = "Không cần thiết" if decision == "refuse" else ""
    return await send(client, f"{page}/decision", {"decision": decision, "refusal": refusal})


async def test_partner_is_requested_and_approved(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    page = await asked(admin, "/admin/partners", PARTNER, at="/admin/partners/new")
    shown = unescape((await admin.get(page)).text)
    for text in ("Add a partner system", "Waiting for approval", "Commander", "read tips (tips:read)"):
        assert text in shown, text
    assert page in (await admin.get(LIST)).text
    # The commander finds it on the dashboard, and reads exactly what is asked for.
    assert 'href="/admin/approvals"><strong>1</strong>' in (await head.get("/admin")).text
    assert page in (await head.get(LIST)).text
    assert "Review and decide" in (await head.get(page)).text
    shown = unescape((await head.get(f"{page}/decision")).text)
    for text in ("Đối tác mẫu", "Phường Sa Đéc (29905)", "read tips (tips:read)", str(WHY["motive"])):
        assert text in shown, text
    assert (await decided(head, page)).headers["location"] == LIST
    assert (await Partner.get()).scopes == ["groups:read", "tips:read"]
    assert "Done" in (await admin.get(page)).text
    assert (await decided(head, page)).status_code == 404


async def test_reason_is_required_when_approval_is_needed(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    answer = await send(admin, "/admin/partners", PARTNER, at="/admin/partners/new")
    assert answer.status_code == 422
    assert 'href="#field-motive"' in answer.text
    label = answer.text.partition('<label for="field-motive">')[2].partition("</label>")[0]
    assert label.strip() == "Reason"
    assert 'value="tips:read" checked' in answer.text
    assert await Approval.all().count() == 0
    # Where nobody has to, none is wanted.
    free = PARTNER | {"scopes": ["groups:read"]}
    assert (await send(admin, "/admin/partners", free, at="/admin/partners/new")).status_code == 303
    assert await Partner.all().count() == 1


async def test_key_is_shown_once_to_requester(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    areas = await area_ids("29905")
    row = await partners.create(
        name="Đối tác mẫu", scopes={Scope.TIPS_READ}, areas=areas, by=system_actor("test")
    )
    home = f"/admin/partners/{row.id}"
    page = await asked(admin, f"{home}/keys", {"expires": "31/12/2099"}, at=home)
    shown = unescape((await admin.get(home)).text)
    assert page in shown
    assert "Who can approve: Commander" in shown
    assert "After your approval, the requester can do it once" in (await head.get(f"{page}/decision")).text
    reminder = "Approved requests that you can carry out"
    assert reminder not in (await admin.get("/admin")).text
    await decided(head, page)
    assert reminder in (await admin.get("/admin")).text
    assert reminder not in (await head.get("/admin")).text
    assert "ktn_" not in (await head.get(page)).text
    answer = await send(admin, f"{page}/completion", {}, at=page)
    assert reminder not in (await admin.get("/admin")).text
    found = re.search(r"<code>(ktn_[0-9a-f]{12}_[\w-]{43})</code>", answer.text)
    assert found
    assert await partners.authenticate_bearer(unescape(found[1])) is not None
    assert (await send(admin, f"{page}/completion", {}, at=LIST)).status_code == 409
    assert await PartnerKey.all().count() == 1


async def test_officer_is_added_when_commander_approves(app: Starlette, staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    page = await asked(admin, "/admin/staff", OFFICER, at="/admin/staff/new")
    await decided(head, page)
    answer = await send(admin, f"{page}/completion", {}, at=page)
    given = re.search(r"<code>([a-z2-9-]{23})</code>", answer.text)
    assert given
    assert (await Staff.get(username="moi")).role is Role.OFFICER
    for path in (page, LIST):
        assert given[1] not in (await admin.get(path)).text


async def test_password_waits_on_account_page(staff_client: SignIn) -> None:
    admin, auditor = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.AUDITOR)
    await staff_client(Role.CUSTODIAN)
    row = await Staff.get(role=Role.CUSTODIAN)
    home = f"/admin/staff/{row.id}"
    page = await asked(admin, f"{home}/password", {}, at=f"{home}/password")
    shown = unescape((await admin.get(home)).text)
    assert page in shown
    assert "Changes to this account need the approval of another person: Auditor / Custodian" in shown
    assert "Issue a new password" in shown
    await decided(auditor, page, "refuse")
    assert page not in (await admin.get(home)).text
    assert "Refused" in (await admin.get(page)).text


async def test_request_is_withdrawn_on_its_page(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    page = await asked(admin, "/admin/staff", OFFICER, at="/admin/staff/new")
    assert (await send(admin, f"{page}/withdrawal", {}, at=page)).headers["location"] == page
    assert "Withdrawn" in (await admin.get(page)).text
    assert (await head.get(f"{page}/decision")).status_code == 404


async def test_request_stays_open_when_approved_with_refusal(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    page = await asked(admin, "/admin/staff", OFFICER, at="/admin/staff/new")
    answer = await send(head, f"{page}/decision", {"decision": "approve", "refusal": "Chưa cần"})
    assert answer.status_code == 422
    assert "You wrote a reason for refusing." in answer.text
    assert "Chưa cần" in answer.text
    assert (await decided(head, page)).status_code == 303


async def test_decision_says_why_when_it_cannot_be_done(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    areas = await area_ids("29905")
    row = await partners.create(
        name="Đối tác mẫu", scopes={Scope.GROUPS_READ}, areas=areas, by=system_actor("test")
    )
    home = f"/admin/partners/{row.id}"
    page = await asked(admin, home, PARTNER, at=f"{home}/edit")
    await partners.deactivate(row.id, expected_version=1, by=system_actor("test"))
    answer = await decided(head, page)
    assert answer.status_code == 409
    assert "Someone else has changed this" in answer.text
    token = hidden((await head.get(f"{page}/decision")).text, "csrf")
    answer = await head.post(f"{page}/decision", data={"csrf": token})
    assert answer.status_code == 422
    assert (await decided(head, page, "refuse")).status_code == 303


async def test_decision_says_why_when_account_moved(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    await staff_client(Role.OFFICER)
    row = await Staff.get(role=Role.OFFICER)
    await Factor.create(staff_id=row.id, kind="PASSKEY", name="Khóa mẫu", credential_id=b"1", public_key=b"-")
    home = f"/admin/staff/{row.id}"
    page = await asked(admin, f"{home}/factor-removal", {}, at=f"{home}/factor-removal")
    await staff.edit(
        row.username,
        expected_version=row.version,
        name=row.name,
        email="",
        role=row.role,
        language=row.language,
        areas=await area_ids("29905"),
        by=system_actor("test"),
    )
    answer = await decided(head, page)
    assert answer.status_code == 409
    assert "The requested action no longer matches the current state." in answer.text
    assert "needs the approval" not in answer.text
    assert await Factor.all().count() == 1
    assert (await decided(head, page, "refuse")).status_code == 303


async def test_form_reports_problem_when_requested_already(staff_client: SignIn) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    await staff_client(Role.CUSTODIAN)
    home = f"/admin/staff/{(await Staff.get(role=Role.CUSTODIAN)).id}"
    await asked(admin, f"{home}/password", {}, at=f"{home}/password")
    answer = await send(admin, f"{home}/password", WHY)
    assert answer.status_code == 422
    assert "You have already requested this." in answer.text
    assert "Someone else" not in answer.text
    assert str(WHY["motive"]) in unescape(answer.text)
    assert await Approval.all().count() == 1


@pytest.mark.parametrize(
    ("path", "at", "fields"),
    [("/admin/partners", "/admin/partners/new", PARTNER), ("/admin/staff", "/admin/staff/new", OFFICER)],
)
async def test_new_record_form_stays_when_asked_for_already(
    staff_client: SignIn, path: str, at: str, fields: Fields
) -> None:
    admin = await staff_client(Role.ADMINISTRATOR)
    await asked(admin, path, fields, at=at)
    answer = await send(admin, path, fields | WHY, at=at)
    assert answer.status_code == 422
    assert "You have already requested this." in answer.text
    assert str(WHY["motive"]) in unescape(answer.text)
    assert await Approval.all().count() == 1


async def test_decision_tells_which_keys_reach_more(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    areas = await area_ids("29905")
    row = await partners.create(
        name="Đối tác mẫu", scopes={Scope.GROUPS_READ}, areas=areas, by=system_actor("test")
    )
    # Issued while that took nobody's approval: one lasts, one is over, one is revoked.
    for expires_at in (None, now() + timedelta(days=1), None):
        await partners.issue_key(row.id, by=system_actor("test"), expires_at=expires_at)
    await PartnerKey.filter(expires_at__isnull=False).update(expires_at=now())
    last = await PartnerKey.filter(expires_at__isnull=True).order_by("-created_at").first()
    assert last is not None
    await partners.revoke_key(last.prefix, by=system_actor("test"))
    home = f"/admin/partners/{row.id}"
    page = await asked(admin, home, PARTNER, at=f"{home}/edit")
    shown = unescape((await head.get(f"{page}/decision")).text)
    keys = shown.partition("Keys in use, which also get this access")[2].partition("</dd>")[0]
    assert re.findall(r"<p>(\d+)</p>", keys) == ["1"]


async def test_decision_needs_fresh_proof(staff_client: SignIn) -> None:
    admin, head = await staff_client(Role.ADMINISTRATOR), await staff_client(Role.COMMANDER)
    page = await asked(admin, "/admin/staff", OFFICER, at="/admin/staff/new")
    token = hidden((await head.get(LIST)).text, "csrf")
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    assert (await head.get(f"{page}/decision")).headers["location"].startswith("/admin/proof")
    answer = await head.post(f"{page}/decision", data={"csrf": token, "decision": "approve"})
    assert answer.headers["location"].startswith("/admin/proof")
    assert (await Approval.get()).decision is None


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.AUDITOR])
async def test_pages_are_in_vietnamese(staff_client: SignIn, role: Role) -> None:
    admin = await staff_client(Role.ADMINISTRATOR, language=Language.VI)
    reader = await staff_client(role, language=Language.VI)
    page = await asked(admin, "/admin/partners", PARTNER, at="/admin/partners/new")
    for client in (admin, reader):
        for path in (LIST, page):
            shown = unescape((await client.get(path)).text)
            assert "Chờ phê duyệt" in shown
            assert "Thêm hệ thống đối tác" in shown
            assert "Approv" not in shown
