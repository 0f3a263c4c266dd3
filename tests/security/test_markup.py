"""Text of people is text, wherever it is shown: in pages, attributes, addresses, JSON and headers."""

import io
from collections.abc import Awaitable, Callable
from html import unescape
from urllib.parse import unquote_plus

import httpx
import pytest
from PIL import Image

from records.access import partners, staff
from records.core.actor import Role, Scope, system_actor
from records.core.dates import today
from records.nouns import groups, members, tips
from records.privacy import attachments
from records.tables import AuditEntry, OutboxEvent, Tip
from records.tables.groups import GroupKind, MemberRole
from records.tables.tips import Channel
from tests.admin.forms import hidden, send
from tests.conftest import area_ids
from tests.security.crawl import Page, pages, read

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TASK = system_actor("test")
# Closes what may be open (an attribute, an element, a script, a comment), then opens one of its own.
HOSTILE = """"'></textarea></title></script>--><x-hostile onclick=1>{{7*7}}${7*7}<!--"""
ELEMENTS = {"x-hostile", "iframe", "object", "embed", "base", "style"}


@pytest.fixture
async def records(database: str) -> Tip:
    """A tip, a group, a member, a partner and a colleague who are all called by a piece of markup."""
    [area] = await area_ids("29905")
    group = await groups.create(
        groups.GroupDraft(code="X<b>1", name=HOSTILE, kind=GroupKind.SELF_GOVERNING, area_id=area), by=TASK
    )
    await members.join(group.id, members.MemberDraft(HOSTILE, MemberRole.HEAD, today()), by=TASK)
    key = await partners.create(
        name=HOSTILE, contact=HOSTILE, scopes={Scope.TIPS_READ}, areas=[area], by=TASK
    )
    await partners.issue_key(key.id, by=TASK)
    await staff.create(
        username="mau-<i>", name=HOSTILE, password="chỉ dùng trong thử nghiệm", role=Role.OFFICER,
        areas=[area], email=HOSTILE, by=TASK,
    )  # fmt: skip
    draft = tips.TipDraft(
        title=HOSTILE,
        body=HOSTILE,
        place=HOSTILE,
        category_id=(await tips.categories())[0].id,
        channel=Channel.ZALO,
        area_id=area,
        group_id=group.id,
    )
    tip = await tips.submit(draft, by=TASK)
    await tips.add_note(tip.id, HOSTILE, by=TASK)
    return tip


def check(page: Page) -> None:
    where = (page.path, page.answer.status_code)
    assert not page.seen.tags & ELEMENTS, where
    assert not any(name.startswith("on") for name in page.seen.attributes), where
    assert page.seen.bare_scripts == page.seen.comments == 0, where
    assert "<x-hostile" not in page.answer.text, where
    # Nor is it a template.
    said = unquote_plus(unescape(page.answer.text))
    assert said.count("x-hostile") == said.count("{{7*7}}${7*7}"), where


@pytest.mark.parametrize("role", Role)
async def test_markup_in_records_is_shown_as_text_to_all_roles(
    staff_client: SignIn, records: Tip, role: Role
) -> None:
    client = await staff_client(role)
    shown = opened = 0
    async for page in pages(client):
        assert page.answer.status_code < 500, page.path
        check(page)
        opened += 1
        shown += "x-hostile" in page.answer.text
    assert opened >= 3
    assert shown or role in {Role.CUSTODIAN, Role.AUDITOR}


async def test_markup_in_addresses_and_forms_is_shown_as_text(staff_client: SignIn, records: Tip) -> None:
    sent = 0
    for role in (Role.COMMANDER, Role.ADMINISTRATOR):
        client = await staff_client(role)
        found = [page async for page in pages(client)]
        for page in found:
            for action, names in page.seen.searched.items():
                path = action or page.path.partition("?")[0]
                answer = await client.get(path, params=dict.fromkeys(names, HOSTILE))
                assert answer.status_code in {200, 422}, path
                check(read(path, answer))
                sent += 1
    commander = await staff_client(Role.COMMANDER)
    fields = dict.fromkeys(("title", "body", "place", "area", "group", "lat", "occurred_at"), HOSTILE)
    answer = await send(commander, "/admin/tips", fields, at="/admin/tips/new")
    assert answer.status_code == 422
    assert "x-hostile" in answer.text
    check(read("/admin/tips", answer))
    assert sent > 3


async def test_markup_in_sign_in_is_shown_as_text(api: httpx.AsyncClient) -> None:
    wrong = await api.post("/admin/sign-in", data={"username": HOSTILE, "password": HOSTILE, "next": HOSTILE})
    asked = await api.get("/admin/sign-in", params={"next": HOSTILE})
    for answer in (wrong, asked):
        check(read("/admin/sign-in", answer))
        assert "x-hostile" in answer.text


async def test_pages_change_nothing_when_read(staff_client: SignIn, records: Tip) -> None:
    clients = [await staff_client(role) for role in Role]
    before = [await AuditEntry.all().count(), await OutboxEvent.all().count(), (await Tip.get()).version]
    for client in clients:
        async for page in pages(client):
            assert page.answer.status_code < 500
    after = [await AuditEntry.all().count(), await OutboxEvent.all().count(), (await Tip.get()).version]
    assert after == before


async def test_json_keeps_its_shape_when_texts_hold_markup(
    api: httpx.AsyncClient, partner_key: Callable[..., Awaitable[str]], records: Tip
) -> None:
    answer = await api.post(
        "/graphql",
        json={"query": "{ tips { nodes { title body place group { name } } } }"},
        headers={"Authorization": f"Bearer {await partner_key()}"},
    )
    assert answer.json()["data"] == {
        "tips": {
            "nodes": [
                {"title": HOSTILE, "body": HOSTILE, "place": HOSTILE, "group": {"name": HOSTILE}},
            ]
        }
    }


async def test_input_adds_no_header_and_no_foreign_redirect(
    staff_client: SignIn, records: Tip, api: httpx.AsyncClient
) -> None:
    split = "a\r\nSet-Cookie: hostile=1"
    traced = await api.get("/graphql?query={__typename}", headers={"X-Request-Id": split})
    assert "hostile" not in str(traced.headers)
    client = await staff_client(Role.OFFICER)
    token = hidden((await client.get("/admin")).text, "csrf")
    for where in (f"/admin{split}", "https://elsewhere.example/admin", "//elsewhere.example", "/\\x"):
        answer = await client.post("/admin/language", data={"csrf": token, "language": "en", "next": where})
        assert answer.headers["location"] == "/admin"
        assert "hostile" not in str(answer.headers)
    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "PNG")
    for name in (f'"{split}".png', "../../etc/passwd.png", "x\u2028\u202e.png"):
        await client.post(
            f"/admin/tips/{records.id}/attachments",
            data={"csrf": token},
            files={"file": (name, out.getvalue(), "image/png")},
        )
    rows = await attachments.of_record(attachments.TIPS, TASK, records.id)
    assert rows
    for row in rows:
        saved = await client.get(f"/admin/attachments/{row.id}")
        kind, _semicolon, name = saved.headers["content-disposition"].partition("; filename*=UTF-8''")
        assert (kind, saved.headers.get("set-cookie", "")) == ("attachment", "")
        assert name.isascii()
        assert not set(name) & set('/\\";\r\n ')
