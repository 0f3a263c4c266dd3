"""Exports: whole lists as files, equal to a walk through their pages, for those alone who may see them."""

import asyncio
import gzip
from base64 import b64encode
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
from tortoise.expressions import F

from api.exports import writing
from api.exports.paging import EXAMPLE
from records.access import partners
from records.changes.jobs import Lease
from records.core.actor import Scope, system_actor
from records.core.dates import now
from records.delivery import exports
from records.tables import Export, Group, Job, Partner, PartnerArea
from tests.api.exports.support import GROUPS, SHOWN, START, Reading, fetched, kinds, started, written
from tests.api.support import BA_DINH, PHU_HUU, TAN_NHUAN_DONG, Ask, add_group, add_tip, but_budget
from tests.background import run_due
from tests.conftest import area_ids

WALK = """query($area: String, $after: String) { groups(filter: {area: $area}, first: 7, after: $after) {
  nodes { code name area { code } } pageInfo { hasNextPage endCursor } } }"""


def lines(content: bytes) -> list[Any]:
    """The records in a file."""
    return [orjson.loads(line) for line in gzip.decompress(content).splitlines()]


async def walked(ask: Ask, **variables: Any) -> list[Any]:
    """The records of a walk through the pages of the same list."""
    records: list[Any] = []
    after = None
    while True:
        fetch_page = (await ask(WALK, after=after, **variables))["data"]["groups"]
        records += fetch_page["nodes"]
        after = fetch_page["pageInfo"]["endCursor"]
        if not fetch_page["pageInfo"]["hasNextPage"]:
            return records


async def test_export_file_equals_walk_through_pages(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 10)
    for number in range(33):
        await add_group(f"Tổ mẫu {number}", area=PHU_HUU if number % 3 else TAN_NHUAN_DONG)
    await add_group("Tổ mẫu nơi khác", area=BA_DINH)
    key = await reading()

    shown = await written(ask, pool, variables={"area": "877"}, key=key)

    assert (shown["state"], shown["root"], shown["rows"], shown["error"]) == ("DONE", "groups", 33, None)
    answer = await fetched(api, shown["path"], key)
    assert answer.status_code == 200
    assert lines(answer.content) == await walked(ask, area="877", key=key)
    assert shown["digest"] == sha256(answer.content).hexdigest()
    told = b64encode(sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{told}:"
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="groups-')
    assert answer.headers["cache-control"] == "no-store"


async def test_export_file_is_one_snapshot_when_others_write(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAGE", 5)
    for number in range(20):
        await add_group(f"Tổ mẫu {number:02}")
    key = await reading()
    before = await walked(ask, key=key)
    report = Lease.report

    async def meddling(lease: Lease, rows: int) -> None:
        await report(lease, rows)
        await add_group(f"Tổ mẫu {rows:02} mới")
        await Group.filter(name__endswith="19").update(name="Tổ mẫu đổi tên", version=F("version") + 1)
        await Group.filter(name="Tổ mẫu 18").update(deleted_at=now())

    monkeypatch.setattr(Lease, "report", meddling)

    shown = await written(ask, pool, key=key)

    assert lines((await fetched(api, shown["path"], key)).content) == before
    assert await walked(ask, key=key) != before


async def test_download_resumes_when_interrupted(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    for number in range(50):
        await add_group(f"Tổ mẫu {number}")
    key = await reading()
    shown = await written(ask, pool, key=key)
    whole = await fetched(api, shown["path"], key)

    first = await fetched(api, shown["path"], key, Range="bytes=0-99")
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-99/{len(whole.content)}")
    tag = first.headers["etag"]
    rest = await fetched(api, shown["path"], key, Range="bytes=100-", If_Range=tag)
    assert rest.status_code == 206
    assert first.content + rest.content == whole.content

    another = await fetched(api, shown["path"], key, Range="bytes=100-", If_Range='"another file"')
    assert (another.status_code, another.content) == (200, whole.content)
    beyond = await fetched(api, shown["path"], key, Range=f"bytes={len(whole.content)}-")
    assert beyond.status_code == 416


async def test_export_file_is_empty_when_list_is_empty(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    key = await reading()
    shown = await written(ask, pool, key=key)
    assert (shown["state"], shown["rows"]) == ("DONE", 0)
    assert gzip.decompress((await fetched(api, shown["path"], key)).content) == b""


async def test_export_accepts_fragments_aliases_and_enums(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    await add_tip("TB-2026-000001")
    key = await reading()
    query = """query Tips($status: [TipStatus!]) { all: tips(filter: {status: $status}, orderBy: CODE) {
      nodes { ...Mine } } } fragment Mine on Tip { number: code status area { ...Place } }
      fragment Place on Area { code }"""
    shown = await written(ask, pool, query, variables={"status": ["RECEIVED"]}, key=key)
    assert lines((await fetched(api, shown["path"], key)).content) == [
        {"number": "TB-2026-000001", "status": "RECEIVED", "area": {"code": PHU_HUU}}
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{",
        "{ groups { totalCount } }",
        "{ groups { nodes { code } totalCount } }",
        "{ groups { edges { node { code } } } }",
        "{ groups(first: 5) { nodes { code } } }",
        '{ groups(after: "x") { nodes { code } } }',
        "{ groups { records: nodes { code } } }",
        "{ groups @include(if: true) { nodes { code } } }",
        "{ groups { nodes { code } } tips { nodes { code } } }",
        '{ area(code: "82") { code } }',
        "{ tipCategories { code } }",
        "query A { groups { nodes { code } } } query B { groups { nodes { code } } }",
        'mutation { startExport(input: {query: "x"}) { recordId } }',
        "{ __schema { types { name } } }",
        "query { ...R } fragment R on Query { groups { nodes { code } } }",
        pytest.param("{" * 2000, id="deep"),
    ],
)
async def test_export_is_refused_when_query_is_not_one_whole_list(ask: Ask, query: str) -> None:
    refused = await started(ask, query)
    assert refused["export"] is None
    assert [(one["field"], one["code"]) for one in refused["problems"]] == [("query", "MALFORMED")]
    assert EXAMPLE in refused["problems"][0]["message"]
    assert not await Export.exists()


@pytest.mark.parametrize(
    ("query", "variables", "told"),
    [
        ("{ groups { nodes { nothing } } }", None, "Cannot query field 'nothing' on type 'Group'."),
        ("query($a: String!) { groups(filter: {area: $a}) { nodes { code } } }", {}, "does not fit String!"),
        ('{ groups(filter: {area: "nowhere"}) { nodes { code } } }', None, "There is no area nowhere."),
        ("{ groups { nodes { code } } }", ["a list"], "JSON object"),
    ],
)
async def test_export_is_refused_when_query_is_invalid(
    ask: Ask, query: str, variables: Any, told: str
) -> None:
    refused = await started(ask, query, variables=variables)
    assert told in refused["problems"][0]["message"]
    assert not await Export.exists()


async def test_export_needs_its_scope_and_those_of_its_records(ask: Ask, reading: Reading) -> None:
    answer = await ask(START, list=GROUPS, key=await reading(but=[Scope.EXPORTS_RUN]))
    assert answer["errors"][0]["extensions"]["scopes"] == ["exports:run"]
    refused = await started(ask, GROUPS, key=await reading(but=[Scope.GROUPS_READ]))
    assert "groups:read" in refused["problems"][0]["message"]
    assert not await Export.exists()


async def test_restricted_partner_exports_registered_documents_only(
    ask: Ask, reading: Reading, database: str
) -> None:
    key = await reading()
    partner = await Partner.get()
    await partners.register_documents(
        partner.id, [partners.DocumentDraft(GROUPS)], names=lambda _: "Groups", by=system_actor("test")
    )
    actor = await partners.authenticate_bearer(key)
    assert actor is not None
    await partners.register_documents(
        partner.id,
        [partners.DocumentDraft(START), partners.DocumentDraft(SHOWN)],
        names=lambda _: "",
        by=system_actor("test"),
    )
    await partners.restrict(partner.id, expected_version=partner.version, by=system_actor("test"))
    refused = await started(ask, "{ groups { nodes { code } } }", key=key)
    assert "registered documents" in refused["problems"][0]["message"]
    assert (await started(ask, GROUPS, key=key))["problems"] == []


async def test_exports_are_limited_in_parallel_and_per_day(ask: Ask, pool: Any) -> None:
    await written(ask, pool)
    assert (await started(ask))["problems"] == []
    again = await started(ask)
    assert [(one["field"], one["code"]) for one in again["problems"]] == [("input", "CONFLICT")]

    await run_due(kinds(pool))
    partner = await Partner.get()
    job = await Job.first()
    assert job is not None
    for _ in range(exports.MOST_A_DAY - 2):
        await Export.create(partner_id=partner.id, job_id=job.id, root="groups", language="vi")
    full = await started(ask)
    assert "24 exports within 24 hours" in full["problems"][0]["message"]


async def test_retries_start_one_export_when_sent_together(ask: Ask) -> None:
    asked = """mutation($list: String!) {
      startExport(input: {query: $list, idempotencyKey: "night"}) { recordId problems { code } } }"""
    # The key is made once, before they come together.
    await ask("{ __typename }")
    answers = [
        but_budget(one) for one in await asyncio.gather(*(ask(asked, list=GROUPS) for _ in range(100)))
    ]
    assert answers[0]["data"]["startExport"]["problems"] == []
    assert [answer for answer in answers if answer != answers[0]] == []
    assert await Export.all().count() == 1
    other = (await ask(asked, list="{ tips { nodes { code } } }"))["data"]["startExport"]
    assert other["problems"] == [{"code": "IDEMPOTENCY_KEY_REUSED"}]


async def test_export_is_hidden_from_other_partners(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    key, other = await reading(), await reading()
    await add_group("Tổ mẫu")
    begun = await started(ask, key=key)
    await run_due(kinds(pool))
    path = (await ask(SHOWN, id=begun["recordId"], key=key))["data"]["export"]["path"]

    assert (await ask(SHOWN, id=begun["recordId"], key=other))["data"]["export"] is None
    assert (await ask("{ exports { id } }", key=other))["data"]["exports"] == []
    assert (await fetched(api, path, other)).status_code == 404
    assert (await fetched(api, path, "ktn_wrong")).status_code == 401
    assert (await api.get(path)).status_code == 401
    node = await ask("query($id: ID!) { node(id: $id) { id } }", id=begun["recordId"], key=key)
    assert node["data"]["node"] is None


async def test_export_file_is_refused_when_partner_loses_rights(
    ask: Ask, api: httpx.AsyncClient, reading: Reading, pool: Any
) -> None:
    key = await reading("82", "01")
    shown = await written(ask, pool, key=key)
    assert (await fetched(api, shown["path"], key)).status_code == 200
    hanoi = (await area_ids("01"))[0]
    partner = await Partner.get()

    await PartnerArea.filter(area_id=hanoi).delete()
    assert (await fetched(api, shown["path"], key)).status_code == 404
    await PartnerArea.create(partner_id=partner.id, area_id=hanoi)
    assert (await fetched(api, shown["path"], key)).status_code == 200

    await Partner.filter(id=partner.id).update(scopes=["exports:run", "areas:read"])
    assert (await fetched(api, shown["path"], key)).status_code == 404
    await Partner.filter(id=partner.id).update(scopes=[], active=False)
    assert (await fetched(api, shown["path"], key)).status_code == 401
