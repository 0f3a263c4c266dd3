"""GraphQL over HTTP: status codes, media types, keys, limits, languages; and nothing inside shows outside."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.transport.http import GRAPHQL_JSON, JSON
from records.access.partners import revoke_key
from records.core.actor import Scope, system_actor
from records.core.rights import SCOPE_RIGHTS
from records.tables import PartnerKey
from tests.api.support import Ask, error, error_code, post
from tests.api.support import PartnerKey as MakeKey

ROOT = {
    "viewer": ("viewer { name }", None),
    "export": ('export(id: "x") { state }', Scope.EXPORTS_RUN),
    "exports": ("exports { state }", Scope.EXPORTS_RUN),
    "node": ('node(id: "x") { id }', None),
    "nodes": ('nodes(ids: ["x"]) { id }', None),
    "_entities": ("_entities(representations: []) { __typename }", None),
    "_service": ("_service { sdl }", None),
    "area": ('area(code: "82") { name }', Scope.AREAS_READ),
    "areas": ("areas { totalCount }", Scope.AREAS_READ),
    "areaSuccessions": ("areaSuccessions { totalCount }", Scope.AREAS_READ),
    "programme": ('programme(code: "x") { code }', Scope.PROGRAMMES_READ),
    "group": ('group(code: "x") { code }', Scope.GROUPS_READ),
    "tip": ('tip(code: "x") { code }', Scope.TIPS_READ),
    "tipCategory": ('tipCategory(code: "x") { code }', Scope.AREAS_READ),
    "indicator": ('indicator(code: "x") { code }', Scope.METRICS_READ),
    "programmes": ("programmes { totalCount }", Scope.PROGRAMMES_READ),
    "groups": ("groups { totalCount }", Scope.GROUPS_READ),
    "tips": ("tips { totalCount }", Scope.TIPS_READ),
    "tipCategories": ("tipCategories { code }", Scope.AREAS_READ),
    "indicators": ("indicators { code }", Scope.METRICS_READ),
    "figures": ("figures { totalCount }", Scope.METRICS_READ),
    "openEnquiries": ("openEnquiries { totalCount }", Scope.ENQUIRIES_WRITE),
    "changes": ("changes(types: []) { cursor }", Scope.CHANGES_READ),
    "organisations": ("organisations { totalCount }", Scope.AREAS_READ),
    "memberCounts": ('memberCounts(area: "82") { groups }', Scope.GROUPS_READ),
    "faq": ("faq { totalCount }", Scope.ENQUIRIES_READ),
    "enquiryCounts": ("enquiryCounts { count }", Scope.ENQUIRIES_READ),
    "outlines": ("outlines { totalCount }", Scope.OUTLINES_READ),
    "handDowns": ("handDowns { totalCount }", Scope.OUTLINES_READ),
    "activities": ("activities { totalCount }", Scope.ACTIVITIES_READ),
    "reviews": ("reviews { totalCount }", Scope.REVIEWS_READ),
    "scorecards": ("scorecards { name }", Scope.REVIEWS_READ),
    "metrics": (
        'metrics(indicators: "tips.received", area: "82", from: "2025-01", to: "2025-01") { area { code } }',
        Scope.METRICS_READ,
    ),
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { groups(first: $n) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ groups(filter: {updatedAt: {gte: "yesterday"}}) { totalCount } }', "GRAPHQL_VALIDATION_FAILED"),
        ('{ groups(filter: {updatedAt: {gte: "2024-02-30"}}) { totalCount } }', "GRAPHQL_VALIDATION_FAILED"),
        (
            '{ metrics(indicators: [], area: "82", from: "2024-13", to: "2024-01") { area { code } } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ groups(orderBy: nothing) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_answer_has_no_data_when_request_cannot_run(
    api: httpx.AsyncClient, query: str, expected: str
) -> None:
    answer = await post(api, {"query": query})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert "data" not in answer.json()
    assert error_code(answer) == expected
    old = await post(api, {"query": query}, Accept=JSON)
    assert old.status_code == 200
    assert old.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert "data" not in old.json()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"query": "\\ud800"}', 400),
        (b"[]", 400),
        (b'[{"query": "{ __typename }"}]', 400),
        (b'"x"', 400),
        (b"null", 400),
        ({}, 400),
        ({"query": ""}, 400),
        ({"query": 1}, 400),
        ({"query": "{ __typename }", "variables": []}, 400),
        ({"query": "{ __typename }", "variables": "x"}, 400),
        ({"query": "{ __typename }", "operationName": 1}, 400),
        ({"query": "{ __typename }", "extensions": 0}, 400),
        ({"query": "{ __typename }", "operationName": "No"}, 400),
        ({"query": "query A { __typename } query B { __typename }"}, 400),
        ({"query": "query A { __typename } query B { __typename }", "operationName": "B"}, 200),
        ({"query": "{ __typename }", "variables": None, "operationName": None, "extensions": None}, 200),
        ({"query": "{ __typename }", "variables": {}, "extensions": {}, "more": 1}, 200),
    ],
)
async def test_body_is_refused_when_not_one_json_object_with_query(
    api: httpx.AsyncClient, body: Any, status: int
) -> None:
    answer = await post(api, body)
    assert answer.status_code == status
    assert ("data" in answer.json()) == (status == 200)
    assert status == 200 or answer.json()["errors"][0]["message"]


async def test_media_types_follow_specification(api: httpx.AsyncClient) -> None:
    ask = {"query": "{ __typename }"}
    for accept, expected in {
        "*/*": JSON,
        "application/json": JSON,
        GRAPHQL_JSON: GRAPHQL_JSON,
        f"{GRAPHQL_JSON}; charset=utf-8, application/json; q=0.9": GRAPHQL_JSON,
        f"application/json, {GRAPHQL_JSON}": JSON,
        "text/plain": JSON,
    }.items():
        assert (await post(api, ask, Accept=accept)).headers["content-type"] == f"{expected}; charset=utf-8"
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ):
        assert (await post(api, ask, Content_Type=content_type)).status_code == 415
    assert (await post(api, ask, Content_Type="application/json; charset=UTF-8")).status_code == 200


async def test_get_is_refused_when_operation_is_no_query(api: httpx.AsyncClient) -> None:
    read = await api.get(
        "/graphql",
        params={
            "query": "query Q($a: Boolean = true) { __typename @include(if: $a) }",
            "variables": '{"a": true}',
            "operationName": "Q",
        },
    )
    assert read.json() == {"data": {"__typename": "Query"}}
    write = await api.get("/graphql", params={"query": "mutation { submitTip(input: {}) { code } }"})
    assert (write.status_code, write.headers["allow"]) == (405, "POST")
    assert (await api.get("/graphql")).status_code == 400
    assert (
        await api.get("/graphql", params={"query": "{ __typename }", "variables": "{"})
    ).status_code == 400
    assert (await api.put("/graphql", json={"query": "{ __typename }"})).status_code == 405


async def test_schema_is_all_that_can_be_read_when_key_is_missing(api: httpx.AsyncClient) -> None:
    assert (await post(api, {"query": "{ __typename __schema { queryType { name } } }"})).status_code == 200
    # The same, as composers of subgraphs read it.
    assert "data" in (await post(api, {"query": "{ _service { sdl } }"})).json()
    for query in [query for name, (query, _) in ROOT.items() if name != "_service"]:
        answer = await post(api, {"query": f"{{ {query} }}"})
        assert (answer.status_code, error_code(answer)) == (200, "UNAUTHENTICATED")
    mutation = 'mutation { submitTip(input: {title: "x", category: "x", area: "82"}) { code } }'
    assert error_code(await post(api, {"query": mutation})) == "UNAUTHENTICATED"


async def test_root_fields_need_their_scope(ask: Ask, partner_key: MakeKey) -> None:
    schema = await ask("{ __schema { queryType { fields { name } } } }")
    assert {field["name"] for field in schema["data"]["__schema"]["queryType"]["fields"]} == set(ROOT)
    for query, scope in ROOT.values():
        if scope is None:
            continue
        # Not those that give the same and more.
        others = {other for other in Scope if not SCOPE_RIGHTS[scope] <= SCOPE_RIGHTS[other]}
        refused = error(await ask(f"{{ {query} }}", key=await partner_key(scopes=others)))
        assert refused["extensions"]["code"] == "FORBIDDEN"
        assert scope.value in refused["extensions"]["scopes"]
        assert "errors" not in await ask(f"{{ {query} }}", key=await partner_key(scopes={scope}))


async def test_key_is_refused_when_wrong(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    right = await partner_key()
    expired, revoked = await partner_key(), await partner_key()
    await PartnerKey.filter(prefix=expired.split("_")[1]).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    await revoke_key(revoked.split("_")[1], by=system_actor("test"))
    ask = {"query": "{ __typename }"}
    assert (await post(api, ask, Authorization=f"bearer {right}")).status_code == 200
    for given in (
        f"Bearer {right}x",
        f"Bearer {expired}",
        f"Bearer {revoked}",
        f"Basic {right}",
        right,
        "Bearer",
        "Bearer x",
        "",
    ):
        answer = await post(api, ask, Authorization=given)
        assert (answer.status_code, error_code(answer)) == (401, "UNAUTHENTICATED"), given
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert right not in answer.text
    assert (
        await api.post(
            "/graphql",
            json={"query": "{ groups { totalCount } }"},
            headers={"Cookie": f"key={right}; session={right}"},
        )
    ).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_answers_are_not_stored_and_name_their_request(api: httpx.AsyncClient) -> None:
    answer = await post(api, {"query": "{ __typename }"}, X_Request_Id="from-the-caller-1")
    assert answer.headers["cache-control"] == "no-store"
    # A name that a caller chose could be anything, and would stand in the log and the audit.
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB, vi;q=0.5", "en"),
        ("vi, en", "vi"),
        ("fr, en;q=0.2", "en"),
        ("en;q=0", "vi"),
        ("fr", "vi"),
        ("*", "vi"),
        (";;,=", "vi"),
    ],
)
async def test_answer_is_in_language_of_caller(
    api: httpx.AsyncClient, partner_key: MakeKey, accepted: str, language: str
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}", "Accept-Language": accepted}
    answer = await post(
        api,
        {"query": "{ tipCategories { code name vi: name(language: VI) en: name(language: EN) } }"},
        **headers,
    )
    assert answer.headers["content-language"] == language
    theft = next(one for one in answer.json()["data"]["tipCategories"] if one["code"] == "THEFT")
    assert theft == {
        "code": "THEFT",
        "name": {"vi": "Trộm cắp", "en": "Theft"}[language],
        "vi": "Trộm cắp",
        "en": "Theft",
    }


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (f"application/json;q=0.1, {GRAPHQL_JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.1, application/json", JSON),
        ("application/json;q=0, */*;q=0.1", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, application/*", JSON),
        ("*/*, application/json;q=0", GRAPHQL_JSON),
        (f"*/*;q=0.1, {GRAPHQL_JSON};q=0.2", GRAPHQL_JSON),
        (f"text/event-stream;q=0.1, {JSON}", JSON),
        ("application/json;q=0", JSON),
        ("application/json;q=nonsense, */*", JSON),
        (f"APPLICATION/GraphQL-Response+JSON ; Q=1, {JSON};q=0.5", GRAPHQL_JSON),
    ],
)
async def test_media_type_has_highest_quality(api: httpx.AsyncClient, accept: str, expected: str) -> None:
    answer = await post(api, {"query": "{ __typename }"}, Accept=accept)
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("application/json;q=0.5, text/html", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0, */*", False),
        ("*/*", False),
        ("application/json, text/html", False),
    ],
)
async def test_page_is_shown_when_html_is_preferred(
    api: httpx.AsyncClient, accept: str, *, page: bool
) -> None:
    answer = await api.get("/graphql", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html") is page
