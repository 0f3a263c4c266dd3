"""An administrator's pages for the documents of a partner, and for holding it to them."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from records.access import partners
from records.core.actor import Role, system_actor
from records.core.dates import now
from records.tables import AuditEntry, Partner, PartnerDocument, Session
from tests.admin.forms import hidden, send
from tests.admin.places import ELSEWHERE, HERE, partner

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TASK = system_actor("test")
GROUPS = "query Groups {\n  groups {\n    totalCount\n  }\n}"
AREAS = "query Areas { areas { totalCount } }"


async def typed(client: httpx.AsyncClient, row: Partner, content: str) -> httpx.Response:
    return await send(client, f"/admin/partners/{row.id}/documents", {"documents": content})


async def uploaded(client: httpx.AsyncClient, row: Partner, content: bytes) -> httpx.Response:
    path = f"/admin/partners/{row.id}/documents"
    token = hidden((await client.get(path)).text, "csrf")
    files = {"file": ("documents.json", content, "application/json")}
    return await client.post(path, data={"csrf": token}, files=files)


async def held() -> dict[str, str]:
    return {row.identifier: row.text for row in await PartnerDocument.all()}


async def test_document_is_registered_and_found_by_client_hash(
    staff_client: SignIn,
) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    page = f"/admin/partners/{row.id}/documents"
    # A browser sends CR LF for every end of a line.
    answer = await typed(client, row, GROUPS.replace("\n", "\r\n"))
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert await held() == {f"sha256:{partners.digest(GROUPS)}": GROUPS}
    shown = (await client.get(page)).text
    assert "Groups</a>" in shown
    assert partners.digest(GROUPS) in shown
    assert "Registered: 1" in (await client.get(f"/admin/partners/{row.id}")).text


@pytest.mark.parametrize(
    "manifest",
    [
        {"one": GROUPS, "x-app:2": AREAS},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "one", "body": GROUPS}, {"id": "x-app:2", "body": AREAS}],
        },
    ],
    ids=["relay", "apollo"],
)
async def test_manifest_upload_changes_nothing_when_repeated(
    staff_client: SignIn, manifest: dict[str, object]
) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    content = b"\xef\xbb\xbf" + json.dumps(manifest).encode()
    for _ in range(2):
        assert (await uploaded(client, row, content)).status_code == 303
        assert await held() == {"one": GROUPS, "x-app:2": AREAS}
    told = await AuditEntry.filter(row_id=row.id).order_by("-seq").first()
    assert told is not None
    assert told.after == {"documents_added": ["one", "x-app:2"]}
    assert await AuditEntry.filter(row_id=row.id).count() == 3


async def test_manifest_hash_is_checked(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    assert (await typed(client, row, json.dumps({partners.digest(GROUPS): GROUPS}))).status_code == 303
    assert await held() == {f"sha256:{partners.digest(GROUPS)}": GROUPS}
    for claimed in (partners.digest(AREAS), f"sha256:{partners.digest(AREAS)}"):
        wrong = await typed(client, row, json.dumps({claimed: GROUPS}))
        assert wrong.status_code == 422
        assert "does not match that hash" in wrong.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Enter a value."),
        ("{ nothing }", "cannot run: Cannot query field"),
        ("{ groups {", "cannot run: Syntax Error"),
        ("fragment F on Group { id }", "cannot run"),
        ("query A { areas { totalCount } } " * 400, "cannot run"),
        (json.dumps({"one": AREAS, "two": "{ nothing }"}), "The document two cannot run"),
        (json.dumps({"a b": AREAS}), "at most 128 letters"),
        (json.dumps({"md5:a": AREAS}), "at most 128 letters"),
        (json.dumps({"x" * 129: AREAS}), "at most 128 letters"),
        (json.dumps({"one": 7}), "Send a manifest"),
        (json.dumps([AREAS]), "Send a manifest"),
        (json.dumps({"operations": [{"id": "one"}, 7]}), "Send a manifest"),
        (json.dumps({}), "Send 1 to 500"),
        (json.dumps({f"n{i}": AREAS for i in range(501)}), "Send 1 to 500"),
        (json.dumps({"one": f"{AREAS} # {'x' * 60_000}"}), "is too long"),
        (json.dumps({"one": f"{AREAS} # \x00"}), "cannot run"),
    ],
    ids=[
        *(
            "empty",
            "unknown",
            "unfinished",
            "fragment",
            "large",
            "one-wrong",
            "blank",
            "reserved",
            "long-name",
        ),
        *("number", "list", "operations", "none", "many", "long", "nul"),
    ],
)
async def test_document_is_refused_and_not_stored_when_invalid(
    staff_client: SignIn, content: str, said: str
) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    answer = await typed(client, row, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'href="#field-documents"' in answer.text
    if content:
        sent = await uploaded(client, row, content.encode())
        assert sent.status_code == 422
        assert said in sent.text
        assert 'href="#field-file"' in sent.text
    assert await held() == {}


async def test_document_file_is_refused_when_not_text(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    for content in (b"", b"\xff\xfe{\0"):
        assert (await uploaded(client, row, content)).status_code == 422
    assert await held() == {}


async def test_document_identifier_keeps_its_document(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    assert (await typed(client, row, json.dumps({"one": GROUPS}))).status_code == 303
    answer = await typed(client, row, json.dumps({"one": AREAS}))
    assert answer.status_code == 422
    assert "Another document has the identifier one." in answer.text
    # Another partner has identifiers of its own.
    assert (await typed(client, await partner(HERE), json.dumps({"one": AREAS}))).status_code == 303


async def test_document_is_shown_and_removed(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    literal = 'query Found { groups(filter: {search: "<b>"}) { totalCount } }'
    await typed(client, row, literal)
    path = f"/admin/partner-documents/{(await PartnerDocument.get()).id}/removal"
    assert "&lt;b&gt;" in (await client.get(path)).text
    answer = await send(client, path, {})
    assert answer.headers["location"] == f"/admin/partners/{row.id}/documents"
    assert await held() == {}
    assert (await client.get(path)).status_code == 404
    told = await AuditEntry.filter(row_id=row.id).order_by("-seq").first()
    assert told is not None
    assert told.after == {"documents_removed": [f"sha256:{partners.digest(literal)}"]}
    history = (await client.get(f"/admin/partners/{row.id}")).text.partition('id="history-heading"')[2]
    assert "Documents added" in history
    assert partners.digest(literal) in history


async def test_partner_is_restricted_to_documents_and_released(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    key = await partners.issue_key(row.id, by=TASK)
    path = f"/admin/partners/{row.id}"
    for step, only, said in (
        ("restriction", True, "Runs registered documents only"),
        ("release", False, "Runs every document"),
    ):
        assert (await send(client, f"{path}/{step}", {})).status_code == 303
        assert (await client.get(f"{path}/{step}")).status_code == 409
        actor = await partners.authenticate_bearer(key)
        assert actor is not None
        assert actor.documents_only is only
        assert said in (await client.get(path)).text
    told = await AuditEntry.filter(row_id=row.id).order_by("-seq").limit(2)
    assert [entry.after for entry in told] == [{"documents_only": False}, {"documents_only": True}]
    history = (await client.get(path)).text.partition('id="history-heading"')[2]
    assert "Registered documents only" in history


async def test_documents_and_release_need_fresh_proof(
    staff_client: SignIn,
) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    await typed(client, row, AREAS)
    kept = await PartnerDocument.get()
    await Session.all().update(proved_at=now() - timedelta(hours=1))
    path = f"/admin/partners/{row.id}"
    answers = [
        await typed(client, row, GROUPS),
        await uploaded(client, row, GROUPS.encode()),
        *[await client.get(f"{path}/{step}") for step in ("restriction", "release")],
        *[
            await send(client, f"{path}/{step}", {"expected_version": "1"}, at=f"{path}/documents")
            for step in ("restriction", "release")
        ],
    ]
    for answer in answers:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/admin/proof?")
    assert await held() == {kept.identifier: AREAS}
    assert not (await Partner.get(id=row.id)).documents_only
    # To take something away can wait for nothing.
    assert (await send(client, f"/admin/partner-documents/{kept.id}/removal", {})).status_code == 303
    assert await held() == {}


async def test_restriction_conflicts_when_partner_was_changed(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    path = f"/admin/partners/{row.id}"
    form = await client.get(f"{path}/restriction")
    await partners.deactivate(row.id, expected_version=row.version, by=TASK)
    answer = await client.post(
        f"{path}/restriction", data={name: hidden(form.text, name) for name in ("csrf", "expected_version")}
    )
    assert answer.status_code == 409
    assert not (await Partner.get(id=row.id)).documents_only


async def test_document_list_has_pages(staff_client: SignIn) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR), await partner(HERE)
    drafts = [partners.DocumentDraft(f"query Q{index:02d} {{ __typename }}") for index in range(30)]
    assert (
        await partners.register_documents(row.id, drafts, names=lambda text: text.split()[1], by=TASK) == 30
    )
    page = (await client.get(f"/admin/partners/{row.id}/documents")).text
    assert ("Q24</a>" in page, "Q25</a>" in page, "30 found" in page) == (True, False, True)


async def test_documents_are_hidden_when_partner_sees_more_than_staff(
    staff_client: SignIn,
) -> None:
    client, row = await staff_client(Role.ADMINISTRATOR, HERE), await partner(ELSEWHERE)
    await partners.register_documents(row.id, [partners.DocumentDraft(AREAS)], names=str, by=TASK)
    kept = await PartnerDocument.get()
    for path in (
        f"/admin/partners/{row.id}/documents",
        f"/admin/partners/{row.id}/restriction",
        f"/admin/partner-documents/{kept.id}/removal",
    ):
        assert (await client.get(path)).status_code == 404, path
