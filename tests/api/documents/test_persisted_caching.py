"""Entity tags and caching of persisted documents."""

import httpx

from api.transport.http import GRAPHQL_JSON, JSON
from records.access import partners
from records.tables import Group
from tests.api.documents.support import CATEGORIES, QUERY, bearer, get, hashed, register, restrict
from tests.api.support import PartnerKey as MakeKey
from tests.api.support import add_group, post


async def test_answer_is_not_sent_again_when_unchanged(api: httpx.AsyncClient, partner_key: MakeKey) -> None:
    key = await partner_key()
    await register(key, QUERY)
    await add_group("Tổ mẫu", code="TỔ-1")
    body = {"documentId": partners.digest(QUERY)}
    first = await get(api, key, body)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert first.headers["cache-control"] == "private, no-cache"
    assert {"authorization", "accept-language", "accept"} <= {
        name.strip().lower() for name in first.headers["vary"].split(",")
    }
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        same = await get(api, key, body, If_None_Match=given)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag), given
        assert same.headers["cache-control"] == "private, no-cache"
        assert same.headers["vary"] == first.headers["vary"]
    for given in ('"x"', tag.strip('"'), ""):
        assert (await get(api, key, body, If_None_Match=given)).content == first.content
    head = await api.head("/graphql", params=body, headers=bearer(key, Accept=GRAPHQL_JSON))
    assert (head.headers["etag"], head.content) == (tag, b"")
    await Group.all().update(code="TỔ-2")
    changed = await get(api, key, body, If_None_Match=tag)
    assert (changed.status_code, changed.json()["data"]["groups"]["nodes"]) == (200, [{"code": "TỔ-2"}])
    assert changed.headers["etag"] != tag


async def test_entity_tag_differs_by_language_media_type_and_view(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    here, elsewhere = await partner_key(areas=("82",)), await partner_key(areas=("01",))
    await add_group("Tổ mẫu")
    tags = {}
    for key in (here, elsewhere):
        await register(key, CATEGORIES, QUERY)
    for name, (key, text, headers) in {
        "en": (here, CATEGORIES, {"Accept_Language": "en"}),
        "vi": (here, CATEGORIES, {"Accept_Language": "vi"}),
        "json": (here, CATEGORIES, {"Accept_Language": "en", "Accept": JSON}),
        "here": (here, QUERY, {}),
        "elsewhere": (elsewhere, QUERY, {}),
    }.items():
        tags[name] = (await get(api, key, hashed(text), **headers)).headers["etag"]
    assert len(set(tags.values())) == len(tags)
    answer = await get(api, elsewhere, hashed(QUERY), If_None_Match=tags["here"])
    assert (answer.status_code, answer.json()["data"]["groups"]["totalCount"]) == (200, 0)
    answer = await get(api, here, hashed(CATEGORIES), Accept_Language="vi", If_None_Match=tags["en"])
    assert answer.status_code == 200
    assert "Trộm cắp" in answer.text


async def test_answer_is_not_stored_when_request_is_not_cacheable(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    failing = 'query Bad { groups(after: "x") { totalCount } }'
    await register(key, QUERY, CATEGORIES, mine=QUERY, failing=failing)
    answers = [
        await post(api, {"documentId": "mine"}, **bearer(key)),
        await post(api, hashed(QUERY), **bearer(key, If_None_Match="*")),
        await get(api, key, {"query": QUERY}, If_None_Match="*"),
        await get(api, key, hashed(QUERY, query=True), If_None_Match="*"),
        await get(api, key, {"documentId": "failing"}, If_None_Match="*"),
        await get(api, key, {"documentId": "none"}, If_None_Match="*"),
        await get(api, key, hashed("{ __typename }"), If_None_Match="*"),
        await get(api, f"{key}x", {"documentId": "mine"}, If_None_Match="*"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert "etag" not in answer.headers
        assert answer.status_code != 304
    await restrict(key)
    refused = await get(api, key, {"query": "{ __typename }"}, If_None_Match="*")
    assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store")


async def test_browser_gets_answer_when_it_names_document(
    api: httpx.AsyncClient, partner_key: MakeKey
) -> None:
    key = await partner_key()
    await register(key, mine=CATEGORIES)
    for body in ({"documentId": "mine"}, hashed(CATEGORIES)):
        assert "tipCategories" in (await get(api, key, body, Accept="text/html")).json()["data"]
