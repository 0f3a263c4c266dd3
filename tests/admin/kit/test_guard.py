import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
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
    "/admin/appearance",
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


async def test_pages_lead_to_sign_in_without_session(visitor: httpx.AsyncClient) -> None:
    assert len(GUARDED) > 40
    for method, path in GUARDED:
        answer = await visitor.request(method, address(path))
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/admin/sign-in?next=%2Fadmin"), (method, path)


def test_open_routes_are_sign_in_language_and_static_files() -> None:
    # Files are served beside the pages, by server.py.
    assert not [route for route in admin.routes() if isinstance(route, Mount)]
    assert {path for _, path in ROUTES} - {path for _, path in GUARDED} == OPEN


def test_ids_in_addresses_are_typed() -> None:
    named = [part for _, path in ROUTES for part in re.findall(r"{([^}]*)}", path)]
    assert set(named) == {"id:uuid", "rest:path"}


async def test_form_is_refused_without_its_token(staff_client: SignIn) -> None:
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
        {"Origin": "http://["},
    ],
)
async def test_form_of_another_site_is_refused_even_with_token(
    staff_client: SignIn, headers: dict[str, str]
) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.post("/admin/sign-out", data={"csrf": token}, headers=headers)
    assert answer.status_code == 403
    assert (await client.get("/admin")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        # What a browser says of the site counts for more than an origin that a policy has hidden.
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
)
async def test_form_of_this_site_is_accepted_from_all_browsers(
    staff_client: SignIn, headers: dict[str, str]
) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.post("/admin/sign-out", data={"csrf": token}, headers=headers)
    assert answer.status_code == 303


async def test_sign_in_is_refused_when_from_another_site(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        "/admin/sign-in", data={"username": "a", "password": "b"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_answers_carry_security_headers(staff_client: SignIn, visitor: httpx.AsyncClient) -> None:
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
        assert {"HX-Request", "HX-Request-Type", "HX-Current-URL"} <= set(answer.headers["vary"].split(", "))


async def test_answer_headers_are_exact(app: Starlette) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://127.0.0.1:8000")
    given = (await client.get("/admin/sign-in")).headers
    wanted = {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self' data:; form-action 'self'; object-src 'none'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": (
            "publickey-credentials-get=(self), publickey-credentials-create=(self), "
            "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()"
        ),
        "cache-control": "no-store",
        "vary": "Cookie, HX-Request, HX-Request-Type, HX-Current-URL, Accept-Encoding",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
    }
    assert {name: given.get(name) for name in wanted} == wanted


async def test_transport_security_is_announced_only_over_tls(app: Starlette) -> None:
    for scheme, told in (("https", True), ("http", False)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://127.0.0.1:8000")
        headers = (await client.get("/admin/sign-in")).headers
        assert ("strict-transport-security" in headers) is told
        assert "camera=()" in headers["permissions-policy"]
        assert "publickey-credentials-get=(self)" in headers["permissions-policy"]


async def test_sign_out_removes_session_cookie(app: Starlette, staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/sign-out", {}, at="/admin")
    assert answer.status_code == 303
    assert "ketnoi_session" not in client.cookies


@pytest.mark.parametrize(
    "where",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/admin",
        "//[",
        "/graphql",
        "/admin\\@x",
        "javascript:1",
    ],
)
async def test_language_form_never_leads_to_another_site(staff_client: SignIn, where: str) -> None:
    client = await staff_client()
    token = hidden((await client.get("/admin")).text, "csrf")
    answer = await client.post("/admin/language", data={"csrf": token, "language": "vi", "next": where})
    assert answer.headers["location"] == "/admin"


@pytest.mark.parametrize(
    ("method", "path", "next_"),
    [
        ("GET", "/admin", "%2Fadmin"),
        ("GET", "/admin/tips?q=x&page=2", "%2Fadmin%2Ftips%3Fq%3Dx%26page%3D2"),
        ("POST", "/admin/tips?q=x", "%2Fadmin"),
    ],
)
async def test_sign_in_knows_wanted_page(
    visitor: httpx.AsyncClient, method: str, path: str, next_: str
) -> None:
    answer = await visitor.request(method, path)
    assert answer.headers["location"] == f"/admin/sign-in?next={next_}"


async def test_flash_message_is_shown_once(staff_client: SignIn) -> None:
    client = await staff_client()
    client.cookies.set("ketnoi_flash", "saved")
    for path, gone in (("/admin", True), ("/admin/sign-in?next=/admin", False)):
        cookie = (await client.get(path)).headers.get("set-cookie", "")
        assert cookie.startswith('ketnoi_flash="";') is gone
        assert not gone or {"HttpOnly", "Max-Age=0", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("Tip%20closed.", "Tip closed."),
        ("Tip%20closed.|Category", "their version was kept: Category."),
        ("Call%20this%20number", ""),
        ("Tip%20closed.|Call%20this%20number", ""),
        (f"Noted%20as%20received%3A%20%7Bname%7D.:Call%20this%20number:{64 * '0'}", ""),
        ("Noted%20as%20received%3A%20%7Bname%7D.:Call%20this%20number", ""),
        ("Noted%20as%20received%3A%20%7Bname%7D.:Call%20this%20number:", ""),
        ("", ""),
    ],
)
async def test_flash_message_is_text_of_catalogue(staff_client: SignIn, cookie: str, shown: str) -> None:
    client = await staff_client()
    client.cookies.set("ketnoi_flash", cookie)
    toasts = (await client.get("/admin")).text.partition('id="toasts"')[2].partition("</div>")[0]
    assert shown in toasts
    assert ("toast good" in toasts) is bool(shown)


@pytest.mark.parametrize(("chosen", "words"), [("en", "Sign in"), ("vi", "Đăng nhập"), ("fr", "Đăng nhập")])
async def test_language_of_browser_applies_without_session(
    visitor: httpx.AsyncClient, chosen: str, words: str
) -> None:
    visitor.cookies.set("ketnoi_language", chosen)
    assert words in (await visitor.get("/admin/sign-in")).text


async def test_htmx_gets_message_without_session(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/admin/tips", headers=HTMX)
    assert answer.status_code == 401
    assert 'hx-swap-oob="innerHTML"' in answer.text
    assert "<html" not in answer.text


async def test_form_is_refused_when_too_large(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await send(client, "/admin/tips", {"body": "a" * 8_400_000}, at="/admin/tips/new")
    assert answer.status_code == 413
    assert 'href="/admin/tips"' in answer.text
    assert "too long for one form" in answer.text


@pytest.mark.parametrize(("size", "status"), [(8 * 1024 * 1024, 303), (8 * 1024 * 1024 + 1, 413)])
async def test_form_accepts_eight_mebibytes(staff_client: SignIn, size: int, status: int) -> None:
    client = await staff_client()
    assert (await posted(client, size=size)).status_code == status


@pytest.mark.parametrize(("fields", "status"), [(400, 303), (401, 422)])
async def test_form_accepts_four_hundred_fields(staff_client: SignIn, fields: int, status: int) -> None:
    client = await staff_client()
    assert (await posted(client, rest=b"&x=" * (fields - 2))).status_code == status


@pytest.mark.parametrize("rest", [b"&x=%ff", b"&x=\xff"])
async def test_form_is_refused_when_not_text(staff_client: SignIn, rest: bytes) -> None:
    answer = await posted(await staff_client(), rest=rest)
    assert answer.status_code == 422
    assert "Send this as a form." in answer.text


@pytest.mark.parametrize(
    "kind",
    [None, "application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLencoded ; a=b"],
)
async def test_form_kind_is_read_however_written(staff_client: SignIn, kind: str | None) -> None:
    assert (await posted(await staff_client(), kind=kind)).status_code == 303


async def posted(
    client: httpx.AsyncClient,
    *,
    size: int = 0,
    rest: bytes = b"",
    kind: str | None = "application/x-www-form-urlencoded",
) -> httpx.Response:
    """What is answered to a form of so many bytes, or with something at its end."""
    token = hidden((await client.get("/admin")).text, "csrf")
    body = f"csrf={token}&language=en".encode() + rest
    body += b"&x=" + b"a" * (size - len(body) - 3) if size else b""
    headers = {"Content-Type": kind} if kind else {}
    return await client.post("/admin/language", content=body, headers=headers)


async def upload(
    client: httpx.AsyncClient, *, size: int, fields: int = 0, longest: int = 1
) -> httpx.Response:
    """What is answered to a file, in a form of so many bytes, for a tip that there is not."""
    token = hidden((await client.get("/admin")).text, "csrf")
    parts = [("csrf", token.encode()), *((f"x{number}", b"a" * longest) for number in range(fields))]
    start = b"".join(
        b'--limit\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)
        for name, value in parts
    )
    start += b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    end = b"\r\n--limit--\r\n"
    return await client.post(
        f"/admin/tips/{uuid4()}/attachments",
        content=start + b"a" * max(0, size - len(start) - len(end)) + end,
        headers={"Content-Type": "multipart/form-data; boundary=limit"},
    )


@pytest.mark.parametrize(
    ("fields", "longest", "status"), [(4, 1, 404), (5, 1, 422), (1, 4096, 404), (1, 4097, 422)]
)
async def test_file_form_accepts_little_beside_file(
    staff_client: SignIn, fields: int, longest: int, status: int
) -> None:
    answer = await upload(await staff_client(), size=0, fields=fields, longest=longest)
    assert answer.status_code == status


@pytest.mark.parametrize("mebibytes", [9, 30])
async def test_uploaded_file_is_not_written_to_disk(
    staff_client: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mebibytes: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is no such folder"))
    answer = await upload(await staff_client(), size=mebibytes * 1024 * 1024)
    assert answer.status_code == 404


async def test_upload_is_refused_without_content_type(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await client.post(f"/admin/tips/{uuid4()}/attachments", content=b"x")
    assert answer.status_code == 403


async def test_request_is_refused_when_not_form(staff_client: SignIn) -> None:
    client = await staff_client()
    answer = await client.post("/admin/tips", json={"title": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/admin/tips/abc", "/admin/tips/0", "/admin/groups/1/edit", "/admin/", "/admin/x"]
)
async def test_page_is_not_found_when_address_is_unknown(staff_client: SignIn, path: str) -> None:
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
async def test_role_opens_pages_of_its_rights(
    staff_client: SignIn, role: Role, path: str, status: int
) -> None:
    client = await staff_client(role)
    assert (await client.get(path)).status_code == status
    shown = f'href="{path}"' in (await client.get("/admin")).text
    if path in {"/admin/tips", "/admin/groups"}:
        assert shown == (status == 200)
