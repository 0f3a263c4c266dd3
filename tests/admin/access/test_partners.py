import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest

from records.access import partners
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.dates import now
from records.tables import AuditEntry, Partner, PartnerArea, PartnerKey, Session
from tests.admin.forms import send
from tests.conftest import area_ids

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TASK = system_actor("test")
Given = dict[str, str | list[str]]
GIVEN: Given = {
    "name": "Đối tác mẫu",
    "contact": "Phòng mẫu",
    "areas": ["29905", "30244"],
    "scopes": ["groups:read", "activities:read"],
}


async def somebody(*areas: str) -> Partner:
    return await partners.create(
        name=f"Đối tác mẫu {uuid4().hex[:8]}",
        scopes={Scope.GROUPS_READ},
        areas=await area_ids(*(areas or ("29905",))),
        by=TASK,
    )


def key_on(page: str) -> str:
    found = re.search(r"<code>(ktn_[0-9a-f]{12}_[\w-]{43})</code>", page)
    assert found, "no key on the page"
    return unescape(found[1])


async def test_partner_is_added_and_its_key_shown_once(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    assert "/admin/partners" in (await client.get("/admin")).text
    added = await send(client, "/admin/partners", GIVEN, at="/admin/partners/new")
    assert added.status_code == 303
    where = added.headers["location"]
    page = await client.get(where)
    assert "This partner has no key." in page.text
    assert "29905" in page.text
    issued = await send(client, f"{where}/keys", {"expires": "31/12/2099"}, at=where)
    assert issued.status_code == 200
    assert issued.headers["cache-control"] == "no-store"
    key = key_on(issued.text)
    actor = await partners.authenticate_bearer(key)
    assert actor is not None
    assert actor.scopes == {Scope.GROUPS_READ, Scope.ACTIVITIES_READ}
    after = await client.get(where)
    _mark, prefix, secret = key.split("_", 2)
    assert f"ktn_{prefix}" in after.text
    assert secret not in after.text
    assert "31/12/2099" in after.text or "01/01/2100" in after.text
    assert (await client.get("/admin/partners")).text.count("Đối tác mẫu") == 1


async def test_partner_form_reports_all_problems_and_keeps_input(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    answer = await send(
        client, "/admin/partners", {"name": "", "contact": "Còn đây"}, at="/admin/partners/new"
    )
    assert answer.status_code == 422
    for name in ("name", "areas", "scopes"):
        assert f'href="#field-{name}"' in answer.text
    assert "Còn đây" in answer.text
    unknown = await send(
        client, "/admin/partners", {**GIVEN, "areas": ["29905", "khong-co"]}, at="/admin/partners/new"
    )
    assert unknown.status_code == 422
    assert 'value="groups:read" checked' in unknown.text
    many = await send(client, "/admin/partners", {**GIVEN, "areas": ["82"] * 201}, at="/admin/partners/new")
    assert many.status_code == 422
    beyond = await send(client, "/admin/partners", {**GIVEN, "areas": "01"}, at="/admin/partners/new")
    assert "areas within your own" in beyond.text
    assert await Partner.all().count() == 0


async def test_partner_scopes_and_areas_are_changed_and_in_history(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    path = f"/admin/partners/{row.id}"
    form = await client.get(f"{path}/edit")
    assert 'value="groups:read" checked' in form.text
    assert 'value="tips:read" checked' not in form.text
    given: Given = {"name": row.name, "areas": "30244", "scopes": ["activities:read"]}
    assert (await send(client, path, given, at=f"{path}/edit")).status_code == 303
    assert (await Partner.get(id=row.id)).scopes == ["activities:read"]
    assert [kept.area_id for kept in await PartnerArea.filter(partner_id=row.id)] == await area_ids("30244")
    told = await AuditEntry.filter(row_id=row.id).exclude(actor_id=None)
    assert {name for entry in told for name in entry.after or {}} == {"scopes", "areas"}


async def test_partner_edit_conflicts_when_changed_before(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    path = f"/admin/partners/{row.id}"
    given: Given = {
        "name": row.name,
        "areas": "30244",
        "scopes": ["activities:read"],
        "expected_version": "1",
    }
    assert (
        await send(client, path, {**given, "areas": ["29905", "30244"]}, at=f"{path}/edit")
    ).status_code == 303
    answer = await send(client, path, given, at=f"{path}/edit")
    assert answer.status_code == 409
    assert await PartnerArea.filter(partner_id=row.id).count() == 2


async def test_partner_is_deactivated_and_activated(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    path = f"/admin/partners/{row.id}"
    assert (await send(client, f"{path}/deactivation", {})).status_code == 303
    assert await partners.authenticate_bearer(key) is None
    assert (await client.get(f"{path}/deactivation")).status_code == 409
    assert (await send(client, f"{path}/activation", {})).status_code == 303
    assert await partners.authenticate_bearer(key) is not None


async def test_signing_keys_are_checked_and_stored(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    path = f"/admin/partners/{(await somebody()).id}"
    wrong = await send(client, f"{path}/signing-keys", {"jwks": '{"keys": [{"kty": "oct", "k": "eA"}]}'})
    assert wrong.status_code == 422
    assert "JWK Set" in wrong.text


async def test_budget_is_set_shown_and_audited(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    path = f"/admin/partners/{(await somebody()).id}"
    assert "50,000 at most, refill 500 per second" in (await client.get(path)).text
    for limit, restore in (("", ""), ("999", "1"), ("nhiều", "1"), ("1000", "0")):
        wrong = await send(client, f"{path}/budget", {"limit": limit, "restore": restore})
        assert wrong.status_code == 422
        assert 'href="#field-' in wrong.text
    assert (await Partner.get()).budget_limit == 50_000
    given = {"limit": "20.000", "restore": "50"}
    assert (await send(client, f"{path}/budget", given)).headers["location"] == path
    page = (await client.get(path)).text
    assert "20,000 at most, refill 50 per second" in page
    assert "Query budget: maximum" in page.partition('id="history-heading"')[2]


async def test_key_is_rotated_with_overlap(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    old = await partners.issue_key(row.id, by=TASK)
    kept = await PartnerKey.get()
    path = f"/admin/partner-keys/{kept.id}/rotation"
    for wrong in ("", "91", "mai"):
        assert (await send(client, path, {"overlap_days": wrong})).status_code == 422
    answer = await send(client, path, {"overlap_days": "7"})
    assert answer.status_code == 200
    assert await partners.authenticate_bearer(key_on(answer.text)) is not None
    assert await partners.authenticate_bearer(old) is not None
    assert (await PartnerKey.get(id=kept.id)).expires_at is not None


async def test_revoked_key_is_over_and_cannot_be_rotated(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    kept = await PartnerKey.get()
    answer = await send(client, f"/admin/partner-keys/{kept.id}/revocation", {})
    assert answer.status_code == 303
    assert await partners.authenticate_bearer(key) is None
    for step in ("rotation", "revocation"):
        assert (await client.get(f"/admin/partner-keys/{kept.id}/{step}")).status_code == 409
    assert "Revoked" in (await client.get(f"/admin/partners/{row.id}")).text


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
async def test_partner_pages_are_for_administrators_only(staff_client: SignIn, role: Role) -> None:
    client = await staff_client(role)
    row = await somebody()
    await partners.issue_key(row.id, by=TASK)
    kept = await PartnerKey.get()
    for path in (
        "/admin/partners",
        "/admin/partners/new",
        f"/admin/partners/{row.id}",
        f"/admin/partners/{row.id}/edit",
        f"/admin/partner-keys/{kept.id}/rotation",
    ):
        answer = await client.get(path)
        assert answer.status_code == 403, path
        assert row.name not in answer.text


async def test_partner_is_hidden_when_it_sees_more_than_staff(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR, "82")
    row = await somebody("29905", "01")
    await partners.issue_key(row.id, by=TASK)
    kept = await PartnerKey.get()
    assert row.name not in (await client.get("/admin/partners")).text
    for path in (
        f"/admin/partners/{row.id}",
        f"/admin/partners/{row.id}/edit",
        f"/admin/partners/{row.id}/deactivation",
        f"/admin/partner-keys/{kept.id}/revocation",
        f"/admin/partner-keys/{uuid4()}/rotation",
    ):
        assert (await client.get(path)).status_code == 404, path


async def test_partner_access_needs_fresh_proof_and_ending_does_not(
    staff_client: SignIn,
) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    row = await somebody()
    await partners.issue_key(row.id, by=TASK)
    kept = await PartnerKey.get()
    await Session.all().update(proved_at=now() - timedelta(hours=1))
    path, keys = f"/admin/partners/{row.id}", f"/admin/partner-keys/{kept.id}"
    asked = [
        await send(client, f"{path}/keys", {}, at=path),
        await send(client, path, GIVEN, at=path),
        await send(client, "/admin/partners", GIVEN, at=path),
        await send(client, f"{path}/signing-keys", {"jwks": "", "expected_version": "1"}, at=path),
        await send(
            client, f"{path}/budget", {"limit": "1000", "restore": "1", "expected_version": "1"}, at=path
        ),
        await send(client, f"{keys}/rotation", {"overlap_days": "1"}, at=path),
        *[await client.get(page) for page in ("/admin/partners/new", f"{path}/edit", f"{keys}/rotation")],
    ]
    for answer in asked:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/admin/proof?")
    assert (await Partner.all().count(), await PartnerKey.all().count()) == (1, 1)
    assert (await send(client, f"{keys}/revocation", {})).headers["location"] == path
    assert (await send(client, f"{path}/deactivation", {})).headers["location"] == path
    assert not (await Partner.get()).active


async def test_partner_page_shows_its_history(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    created = await send(client, "/admin/partners", GIVEN, at="/admin/partners/new")
    path = created.headers["location"]
    given = {**GIVEN, "name": "Tên khác mẫu", "areas": "30244", "scopes": ["groups:read", "activities:read"]}
    assert (await send(client, path, given, at=f"{path}/edit")).status_code == 303
    await send(client, f"{path}/keys", {}, at=path)
    kept = await PartnerKey.get()
    await send(client, f"{path}/deactivation", {})
    history = (await client.get(path)).text.partition('id="history-heading"')[2]
    for told in (
        *("Tên khác mẫu", "30244@2025-07-01", "activities:read, groups:read"),
        *("Key issued", kept.prefix, "Active"),
    ):
        assert told in history, told
    assert kept.secret_hash.hex() not in history


async def test_list_says_so_when_no_partner_fits(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    assert "No partner systems yet." in (await client.get("/admin/partners")).text
    await somebody()
    for needs in ("webhook", "key"):
        page = (await client.get(f"/admin/partners?needs={needs}")).text
        assert "Nothing fits these filters." in page
        assert "No partner systems yet." not in page


async def test_partner_page_shows_its_requests(staff_client: SignIn, api: httpx.AsyncClient) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await somebody()
    key = await partners.issue_key(row.id, by=TASK)
    path = f"/admin/partners/{row.id}"
    for bearer in (key, key, key.replace("ktn_", "ktn_0"), key):
        await api.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"Authorization": f"Bearer {bearer}"}
        )
    await partners.store_requests()
    usage = (await client.get(path)).text.partition('id="usage-heading"')[2].partition("</section>")[0]
    assert "Requests in the last 30 days" in usage
    assert re.findall(r"<strong>(.*?)</strong>", usage) == ["3"]
    assert re.findall(r'data-name="Requests">(.*?)<', usage) == ["3"]


async def test_partner_page_shows_deprecated_parts_it_uses(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await somebody()
    path = f"/admin/partners/{row.id}"
    assert "deprecated-heading" not in (await client.get(path)).text
    by = Actor(ActorKind.PARTNER, row.id, row.name)
    partners.count_deprecated(by, ["Tip.text", "Query.tips(limit:)"])
    partners.count_deprecated(by, ["Tip.text"])
    await partners.store_requests()
    shown = (await client.get(path)).text.partition('id="deprecated-heading"')[2].partition("</section>")[0]
    assert re.findall(r'class="code">(.*?)<', shown) == ["Query.tips(limit:)", "Tip.text"]
    assert re.findall(r'data-name="Requests">(.*?)<', shown) == ["1", "2"]


async def test_cursor_is_refused_when_longer_than_names(staff_client: SignIn) -> None:
    client = await staff_client(Role.ADMINISTRATOR)
    answer = await client.get("/admin/partners", params={"after": f"{uuid4()}:{'x' * 3_000}"})
    assert answer.status_code == 422
