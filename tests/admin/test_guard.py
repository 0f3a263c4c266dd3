import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

import admin
from records.core.actor import Role
from tests.admin.forms import HTMX, hidden, send

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
OPEN = {
    *("/admin/sign-in", "/admin/sign-in/factor", "/admin/sign-in/passkey", "/admin/language"),
    *("/admin/sign-in/provider", "/admin/sign-in/provider/return"),
}
ROUTES = [
    (method, route.path)
    for route in admin.routes()
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
GUARDED = [(method, path) for method, path in ROUTES if path not in OPEN]


def address(path: str) -> str:
    return path.replace("{id:uuid}", str(uuid4())).replace("{rest:path}", "nothing/here")


@pytest.fixture
async def visitor(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


async def test_without_a_sign_in_every_page_leads_to_the_sign_in(visitor: httpx.AsyncClient) -> None:
    assert len(GUARDED) > 40
    for method, path in GUARDED:
        answer = await visitor.request(method, address(path))
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/admin/sign-in?next=%2Fadmin"), (method, path)


def test_only_the_sign_in_the_language_and_static_files_are_open() -> None:
    mounted = [route.path for route in admin.routes() if isinstance(route, Mount)]
    assert mounted == ["/admin/static"]
    assert {path for _, path in ROUTES} - {path for _, path in GUARDED} == OPEN


def test_every_id_in_an_address_is_typed() -> None:
    named = [part for _, path in ROUTES for part in re.findall(r"{([^}]*)}", path)]
    assert set(named) == {"id:uuid", "rest:path"}


async def test_a_form_without_its_token_is_refused(staff_client: SignIn) -> None:
    client = await staff_client(Role.COMMANDER)
    for path in [path for method, path in GUARDED if method == "POST"]:
        answer = await client.post(address(path), data={"csrf": "0" * 64})
        assert answer.status_code == 403, path
        assert "no longer valid" in answer.text, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_is_refused_even_with_the_token(
    staff_client: SignIn, headers: dict[str, str]
) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.post("/admin/sign-out", data={"csrf": token}, headers=headers)
    assert answer.status_code == 403
    assert (await client.get("/admin")).status_code == 200


async def test_another_site_cannot_sign_a_browser_in(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        "/admin/sign-in", data={"username": "a", "password": "b"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_every_answer_carries_the_headers_that_keep_it_safe(
    staff_client: SignIn, visitor: httpx.AsyncClient
) -> None:
    client = await staff_client()
    for answer in (
        await client.get("/admin"),
        await client.get("/admin/nothing"),
        await visitor.get("/admin"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert {"HX-Request", "HX-Request-Type"} <= set(answer.headers["vary"].split(", "))


async def test_a_browser_is_told_to_stay_with_tls_only_where_tls_is_on(app: Starlette) -> None:
    for scheme, told in (("https", True), ("http", False)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1:8000")
        headers = (await client.get("/admin/sign-in")).headers
        assert ("strict-transport-security" in headers) is told
        assert "camera=()" in headers["permissions-policy"]
        assert "publickey-credentials-get=(self)" in headers["permissions-policy"]


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Starlette, staff_client: SignIn
) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/sign-out", {}, at="/admin")
    assert answer.status_code == 303
    assert "ketnoi_session" not in client.cookies


@pytest.mark.parametrize(
    "where",
    ["https://elsewhere.example/", "//elsewhere.example/admin", "/graphql", "/admin\\@x", "javascript:1"],
)
async def test_after_signing_in_nobody_is_led_elsewhere(staff_client: SignIn, where: str) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.post("/admin/language", data={"csrf": token, "language": "vi", "next": where})
    assert answer.headers["location"] == "/admin"


async def test_htmx_without_a_session_gets_a_message_and_the_page_stays(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/admin/tips", headers=HTMX)
    assert answer.status_code == 401
    assert 'hx-swap-oob="innerHTML"' in answer.text
    assert "<html" not in answer.text


async def test_a_form_that_is_too_large_is_refused(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/tips", {"body": "a" * 600_000}, at="/admin/tips/new")
    assert answer.status_code == 422
    assert "more text than one form can take" in answer.text


async def test_what_is_not_a_form_is_refused(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await client.post("/admin/tips", json={"title": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/admin/tips/abc", "/admin/tips/0", "/admin/groups/1/edit", "/admin/", "/admin/x"]
)
async def test_an_address_that_no_page_has_is_not_found(staff_client: SignIn, path: str) -> None:
    answer = await (await staff_client()).get(path)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.FRONT, "/admin/tips", 403),
        (Role.FRONT, "/admin/groups", 200),
        (Role.ADMINISTRATOR, "/admin/tips", 403),
        (Role.ANALYST, "/admin/tips", 200),
        (Role.ANALYST, "/admin/tips/new", 403),
        (Role.ANALYST, "/admin/groups/new", 403),
        (Role.AUDITOR, "/admin/tips", 403),
        (Role.AUDITOR, "/admin/groups", 403),
        (Role.CUSTODIAN, "/admin", 200),
        (Role.OFFICER, "/admin/tips/new", 200),
    ],
)
async def test_a_role_opens_what_its_rights_say(
    staff_client: SignIn, role: Role, path: str, status: int
) -> None:
    client = await staff_client(role)
    assert (await client.get(path)).status_code == status
    shown = f'href="{path}"' in (await client.get("/admin")).text
    if path in {"/admin/tips", "/admin/groups"}:
        assert shown == (status == 200)
