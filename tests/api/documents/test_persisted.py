"""Persisted documents over HTTP: found by hash or identifier, by the partner alone that they belong to."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.documents import automatic as automatic_of
from api.documents.automatic import AutomaticDocuments
from api.transport.http import GRAPHQL_JSON, JSON
from records.access import partners
from records.core.identifiers.references import parse_reference
from records.tables import Partner, PartnerDocument
from tests.api.documents.support import (
    CATEGORIES,
    QUERY,
    TASK,
    bearer,
    get,
    hashed,
    partner_of,
    register,
    restrict,
)
from tests.api.support import PartnerKey as MakeKey
from tests.api.support import add_group, error_code, post

MUTATION = "mutation M($i: SubmitTipInput!) { submitTip(input: $i) { code } }"


Registered = Callable[..., Awaitable[None]]


async def test_client_sends_only_hash_when_text_is_stored(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    await add_group("Tổ mẫu", code="TỔ-1")
    for accept in (GRAPHQL_JSON, JSON):
        missed = await post(api, hashed(QUERY), **bearer(key, Accept=accept))
        # The very words and the status that Apollo's clients look for.
        assert missed.status_code == 200
        assert missed.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        assert error_code(missed) == "PERSISTED_QUERY_NOT_FOUND"
    sent = await post(api, hashed(QUERY, query=True), **bearer(key))
    assert sent.json()["data"]["groups"]["totalCount"] == 1
    for hit in (await post(api, hashed(QUERY), **bearer(key)), await get(api, key, hashed(QUERY))):
        assert hit.json()["data"] == sent.json()["data"]
    with_variables = await post(api, hashed(QUERY) | {"variables": {"first": 0}}, **bearer(key))
    assert with_variables.json()["data"]["groups"]["nodes"] == []


async def test_hash_is_refused_and_not_stored_when_text_differs(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    wrong = await post(api, hashed(QUERY) | {"query": CATEGORIES}, **bearer(key))
    assert (wrong.status_code, error_code(wrong)) == (400, "PERSISTED_QUERY_MISMATCH")
    for text in (QUERY, CATEGORIES):
        missed = await post(api, hashed(text), **bearer(key))
        assert error_code(missed) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "given",
    [
        {"version": 2, "sha256Hash": "0" * 64},
        {"sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": "0" * 63},
        {"version": 1, "sha256Hash": "A" * 64},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": "\x00" * 64},
        "x",
        [],
    ],
)
async def test_hash_is_refused_when_malformed(
    api: httpx.AsyncClient, partner_key: MakeKey, given: Any
) -> None:
    body = {"query": CATEGORIES, "extensions": {"persistedQuery": given}}
    answer = await post(api, body, **bearer(await partner_key()))
    assert (answer.status_code, error_code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ tipCategories { code ", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "__typename " * 2000 + "}", "QUERY_TOO_LARGE"),
    ],
    ids=["unfinished", "unknown", "large"],
)
async def test_document_is_stored_only_when_it_can_run(
    api: httpx.AsyncClient, partner_key: MakeKey, text: str, code: str
) -> None:
    key = await partner_key()
    assert error_code(await post(api, hashed(text, query=True), **bearer(key))) == code
    assert error_code(await post(api, hashed(text), **bearer(key))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_documents_stay_apart_between_partners(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    one, other = await partner_key(), await partner_key()
    await post(api, hashed(CATEGORIES, query=True), **bearer(one))
    await register(one, QUERY, mine=QUERY)
    for body, code in (
        (hashed(CATEGORIES), "PERSISTED_QUERY_NOT_FOUND"),
        (hashed(QUERY), "PERSISTED_QUERY_NOT_FOUND"),
        ({"documentId": f"sha256:{partners.digest(QUERY)}"}, "DOCUMENT_NOT_FOUND"),
        ({"documentId": "mine"}, "DOCUMENT_NOT_FOUND"),
    ):
        assert "data" in (await post(api, body, **bearer(one))).json()
        assert error_code(await post(api, body, **bearer(other))) == code
        assert error_code(await get(api, other, body)) == code


async def test_documents_are_not_stored_when_key_is_missing(api: httpx.AsyncClient) -> None:
    text = "{ __typename }"
    assert (await post(api, hashed(text, query=True))).json() == {"data": {"__typename": "Query"}}
    answer = await post(api, hashed(text))
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert error_code(answer) == "PERSISTED_QUERY_NOT_SUPPORTED"
    named = await post(api, {"documentId": "x"})
    assert (named.status_code, error_code(named)) == (401, "UNAUTHENTICATED")
    assert named.headers["www-authenticate"].startswith("Bearer ")


async def test_document_is_found_by_each_of_its_identifiers(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key, hash_ = await partner_key(), partners.digest(QUERY)
    await register(key, QUERY, **{"d41d8cd98f00b204": QUERY, "x-app:7": QUERY})
    bodies: list[dict[str, Any]] = [
        *({"documentId": identifier} for identifier in (f"sha256:{hash_}", hash_)),
        *({"documentId": identifier} for identifier in ("d41d8cd98f00b204", "x-app:7")),
        hashed(QUERY),
    ]
    for body in bodies:
        asked = body | {"variables": {"first": 1}, "operationName": "Groups"}
        for answer in (await post(api, asked, **bearer(key)), await get(api, key, asked)):
            assert answer.json()["data"] == {"groups": {"totalCount": 0, "nodes": []}}, body


async def test_document_is_not_found_when_unregistered(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    for identifier in (
        "none",
        f"sha256:{'0' * 64}",
        "sha256:x",
        "md5:x",
        "\x00",
        "a b",
        "x" * 10_000,
        ":",
        "%",
    ):
        answer = await post(api, {"documentId": identifier}, **bearer(key))
        assert (answer.status_code, error_code(answer)) == (400, "DOCUMENT_NOT_FOUND"), identifier
        assert len(answer.json()["errors"]) == 1
        assert identifier == ":" or identifier not in answer.text
    # What a partner's own requests left is none that an operator registered.
    await post(api, hashed(CATEGORIES, query=True), **bearer(key))
    left = await post(api, {"documentId": f"sha256:{partners.digest(CATEGORIES)}"}, **bearer(key))
    assert error_code(left) == "DOCUMENT_NOT_FOUND"


async def test_request_is_refused_when_it_names_two_documents(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    await register(key, mine=QUERY)
    for body in ({"query": QUERY}, hashed(QUERY), hashed(QUERY, query=True)):
        answer = await post(api, body | {"documentId": "mine"}, **bearer(key))
        assert (answer.status_code, error_code(answer)) == (400, "BAD_REQUEST")
    wrong: Any
    for wrong in (7, ["mine"], {}, True):
        answer = await post(api, {"documentId": wrong}, **bearer(key))
        assert (answer.status_code, error_code(answer)) == (400, "BAD_REQUEST")


async def test_mutation_is_refused_when_sent_by_get(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    await register(key, change=MUTATION)
    asked = {"variables": {"i": {"title": "Tin mẫu", "category": "THEFT", "area": "29905"}}}
    for body in ({"documentId": "change"}, hashed(MUTATION), hashed(MUTATION, query=True)):
        answer = await get(api, key, body | asked)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    done = await post(api, {"documentId": "change"} | asked, **bearer(key))
    code = done.json()["data"]["submitTip"]["code"]
    assert parse_reference(code) == code != ""


async def test_restricted_partner_runs_registered_documents_only(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    await register(key, CATEGORIES, mine=QUERY)
    await post(api, hashed("{ __typename }", query=True), **bearer(key))
    await restrict(key)
    for body in (
        {"query": "{ __typename }"},
        # Not even what cannot be parsed is looked at.
        {"query": "{"},
        {"query": f"{CATEGORIES} "},
        hashed("{ __typename }"),
        hashed("{ areas { totalCount } }", query=True),
        {"documentId": "none"},
        {"documentId": f"sha256:{'0' * 64}"},
    ):
        for answer in (await post(api, body, **bearer(key)), await get(api, key, body)):
            assert (answer.status_code, error_code(answer)) == (403, "DOCUMENT_NOT_ALLOWED"), body
            assert "data" not in answer.json()
    for body in (
        {"documentId": "mine"},
        {"documentId": partners.digest(CATEGORIES)},
        {"query": CATEGORIES},
        hashed(CATEGORIES),
        hashed(CATEGORIES, query=True),
    ):
        assert "errors" not in (await post(api, body, **bearer(key))).json(), body
    assert (await post(api, {}, **bearer(key))).status_code == 400
    await restrict(key, only=False)
    assert (await post(api, {"query": "{ __typename }"}, **bearer(key))).json()["data"]


async def test_restriction_holds_when_partner_uses_token(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    _mark, prefix, secret = key.split("_", 2)
    asked = await api.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=httpx.BasicAuth(prefix, secret)
    )
    await restrict(key)
    token = asked.json()["access_token"]
    answer = await post(api, {"query": CATEGORIES}, **bearer(token))
    assert (answer.status_code, error_code(answer)) == (403, "DOCUMENT_NOT_ALLOWED")
    assert "data" in (await post(api, {"query": CATEGORIES}, **bearer(await partner_key()))).json()


async def test_refusal_is_in_language_of_caller(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    await restrict(key)
    told = {
        language: (await post(api, {"query": QUERY}, **bearer(key, Accept_Language=language))).json()
        for language in ("vi", "en")
    }
    assert "registered documents only" in told["en"]["errors"][0]["message"]
    assert "đã đăng ký" in told["vi"]["errors"][0]["message"]


async def test_document_is_refused_when_removed(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    await register(key, mine=QUERY)
    await restrict(key)
    assert "data" in (await post(api, {"documentId": "mine"}, **bearer(key))).json()
    await partners.remove_document((await PartnerDocument.get()).id, by=TASK)
    gone = await post(api, {"documentId": "mine"}, **bearer(key))
    assert (gone.status_code, error_code(gone)) == (403, "DOCUMENT_NOT_ALLOWED")


async def test_persisted_document_needs_scopes_and_limits(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    row = await partner_of(key)
    await register(key, mine=QUERY)
    await Partner.filter(id=row.id).update(scopes=["areas:read"])
    answer = await post(api, {"documentId": "mine"}, **bearer(key))
    assert error_code(answer) == "FORBIDDEN"


def test_stored_documents_are_bounded_per_partner() -> None:
    kept, one, other = AutomaticDocuments(), uuid4(), uuid4()
    kept.store(other, "theirs", "{ __typename }")
    for index in range(automatic_of._DOCUMENTS + 1):
        kept.store(one, str(index), "{ __typename }")
        # Used all the time, it stays.
        assert kept.get(one, "0") is not None or index == 0
    assert kept.get(one, "1") is None
    assert kept.get(one, "2") is not None
    assert kept.get(other, "theirs") is not None


def test_stored_documents_are_bounded_in_bytes_and_partners() -> None:
    kept, one = AutomaticDocuments(), uuid4()
    large = "ậ" * (automatic_of._BYTES // 6)
    for name in ("first", "second", "third"):
        kept.store(one, name, large)
    assert [kept.get(one, name) is not None for name in ("first", "second", "third")] == [False, True, True]
    kept.store(one, "larger than all", large * 3)
    assert kept.get(one, "larger than all") is None
    assert kept.get(one, "third") == large
    for _ in range(automatic_of._PARTNERS):
        kept.store(uuid4(), "x", "{ __typename }")
    assert kept.get(one, "third") is None


def test_stored_document_is_dropped_when_unused() -> None:
    moment = 0.0
    kept, one = AutomaticDocuments(clock=lambda: moment), uuid4()
    kept.store(one, "used", "{ __typename }")
    kept.store(one, "unused", "{ __typename }")
    moment += automatic_of._UNUSED_SECONDS
    assert kept.get(one, "used") is not None
    moment += 1
    assert kept.get(one, "unused") is None
    assert kept.get(one, "used") is not None


async def test_stored_document_leaves_no_text_in_database(
    api: httpx.AsyncClient, partner_key: MakeKey, caplog: pytest.LogCaptureFixture
) -> None:
    from tortoise.connection import get_connection

    key = await partner_key()
    text = '{ groups(filter: {search: "Zuyềnđâu"}) { totalCount } }'
    await post(api, hashed(text, query=True), **bearer(key))
    assert "data" in (await post(api, hashed(text), **bearer(key))).json()
    database = get_connection("default")
    assert await PartnerDocument.all().count() == 0
    for table in ("audit_entries", "outbox_events", "partner_usage", "partners"):
        rows = await database.execute_query_dict(f"SELECT * FROM {table}")
        assert "Zuyềnđâu" not in str(rows), table
    assert "Zuyềnđâu" not in caplog.text
