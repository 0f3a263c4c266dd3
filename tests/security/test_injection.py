"""What is sent is a value and never a piece of SQL: at each argument of GraphQL, each search of the admin."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)

from api.schema.assembly import schema
from records.core.actor import Role
from records.core.errors import ProblemCode
from records.core.text import normalize_for_search
from records.tables import Tip
from tests.admin.forms import some_tip
from tests.api import mutation_inputs
from tests.security.crawl import pages

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PAYLOADS = (
    "' OR '1'='1",
    "x'; DELETE FROM tips; --",
    "1) OR (1=1",
    "%' OR true --",
    "'||(SELECT password_hash FROM staff LIMIT 1)||'",
    "'; SELECT pg_sleep(9); --",
    "\\'; --",
    "{0} $1 %s ? :name",
    'qqx":*|!&<->(qqy',
)
# What a root needs beside the argument under test.
NEEDED = {"metrics": {"indicators": ["tips.received"], "area": "82", "from": "2025-01", "to": "2025-01"}}
QUERY = schema._schema.query_type
assert QUERY is not None


def values(type_: Any, payload: str) -> Iterator[Any]:
    """`payload` in each place where a value of `type_` has room for a text."""
    if isinstance(type_, GraphQLNonNull):
        yield from values(type_.of_type, payload)
    elif isinstance(type_, GraphQLList):
        yield from ([value] for value in values(type_.of_type, payload))
    elif isinstance(type_, GraphQLInputObjectType):
        for name, field in type_.fields.items():
            yield from ({name: value} for value in values(field.type, payload))
    elif type_.name in {"String", "ID"}:
        yield payload


def places() -> Iterator[tuple[str, str, GraphQLArgument]]:
    for root, field in QUERY.fields.items():  # type: ignore[union-attr]
        for name, argument in field.args.items():
            if any(values(argument.type, "x")):
                yield root, name, argument


def document(root: str, argument: str) -> str:
    """An operation that reads rows of `root`, with each argument that it needs as a variable."""
    field = QUERY.fields[root]  # type: ignore[union-attr]
    used = {argument, *NEEDED.get(root, {})}
    declared = ", ".join(f"${name}: {field.args[name].type}" for name in used)
    passed = ", ".join(f"{name}: ${name}" for name in used)
    return f"query({declared}) {{ {root}({passed}) {{ {selection(field.type)} }} }}"


def selection(type_: Any) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLObjectType) and "totalCount" in named.fields:
        return "totalCount nodes { id }"
    return "points { value }" if named.name == "MetricSeries" else "__typename id"


@pytest.mark.parametrize(
    ("root", "name", "argument"), list(places()), ids=[f"{root}.{name}" for root, name, _ in places()]
)
async def test_graphql_arguments_are_not_read_as_sql(
    api: httpx.AsyncClient,
    partner_key: Callable[..., Awaitable[str]],
    root: str,
    name: str,
    argument: GraphQLArgument,
) -> None:
    await some_tip("Tin thứ nhất (minh họa)")
    key = await partner_key()
    everything = await Tip.all().count()
    for payload in PAYLOADS:
        for value in values(argument.type, payload):
            answer = await api.post(
                "/graphql",
                json={
                    "query": document(root, name),
                    "variables": NEEDED.get(root, {}) | {name: value},
                },
                headers={"Authorization": f"Bearer {key}"},
            )
            told = answer.json()
            codes = {error["extensions"]["code"] for error in told.get("errors", [])}
            assert codes <= {*ProblemCode, "GRAPHQL_VALIDATION_FAILED"}, (value, told)
            found = (told.get("data") or {}).get(root)
            if isinstance(found, dict) and "totalCount" in found and normalize_for_search(payload).strip():
                assert found["totalCount"] == 0, value
    assert await Tip.all().count() == everything


def test_graphql_texts_are_all_tested() -> None:
    tried = {(root, name) for root, name, _ in places()}
    assert len(tried) > 15
    assert {("tips", "filter"), ("groups", "filter"), ("node", "id"), ("tips", "after")} <= tried
    # What is not tried has no room for a text: numbers and enums are checked before anything runs.
    for root, field in QUERY.fields.items():  # type: ignore[union-attr]
        for name, argument in field.args.items():
            if (root, name) not in tried:
                named = get_named_type(argument.type)
                assert isinstance(named, GraphQLEnumType) or named.name in {
                    "Int", "Boolean", "Date", "DateTime", "Month", "_Any",
                }, (root, name)  # fmt: skip


@pytest.mark.parametrize("mutation", mutation_inputs.ASKED)
async def test_mutation_texts_are_not_read_as_sql(
    api: httpx.AsyncClient, partner_key: Callable[..., Awaitable[str]], mutation: str
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}"}
    type_ = schema._schema.type_map[f"{mutation[0].upper()}{mutation[1:]}Input"]
    assert isinstance(type_, GraphQLInputObjectType)
    tried = set()
    for name, field in type_.fields.items():
        for value in (
            value for payload in (*PAYLOADS, "x" * 21_000) for value in values(field.type, payload)
        ):
            given = await mutation_inputs.right_input(mutation) | {name: value}
            sent = {"query": mutation_inputs.document(mutation, "recordId"), "variables": {"input": given}}
            told = (await api.post("/graphql", json=sent, headers=headers)).json()
            assert "errors" not in told, (name, told)
            paid = told["data"][mutation]
            assert paid["recordId"] or [problem["field"] for problem in paid["problems"]] == [name], value
            tried.add(name)
    assert {mutation_inputs.TEXT[mutation], "idempotencyKey"} <= tried
    titles = await Tip.filter(partner_id__isnull=False).values_list("title", flat=True)
    assert {*titles} <= {*PAYLOADS, "Người lạ mặt ở đầu khóm"}


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.ADMINISTRATOR, Role.CUSTODIAN])
async def test_admin_searches_are_not_read_as_sql(staff_client: SignIn, role: Role) -> None:
    await some_tip("Tin thứ nhất (minh họa)")
    client = await staff_client(role)
    tried: set[tuple[str, str]] = set()
    for page in [page async for page in pages(client)]:
        for action, names in page.seen.searched.items():
            path = action or page.path.partition("?")[0]
            for name in names - {found for where, found in tried if where == path}:
                tried.add((path, name))
                for payload in PAYLOADS:
                    answer = await client.get(path, params={name: payload})
                    assert answer.status_code in {200, 422}, (path, name, payload)
                    if name == "q" and normalize_for_search(payload).strip():
                        assert "Tin thứ nhất" not in answer.text
    for path in ("/admin/areas/choices", "/admin/groups/choices"):
        for payload in PAYLOADS:
            for name in ("q", "area", "group"):
                assert (await client.get(path, params={name: payload})).status_code < 500
    assert await Tip.all().count() == 1
    if role is Role.COMMANDER:
        assert {("/admin/tips", "q"), ("/admin/groups", "q")} <= tried


@pytest.mark.parametrize("payload", [*PAYLOADS, "x" * 100_000, "\0"])
async def test_credentials_are_not_read_as_sql(
    api: httpx.AsyncClient, payload: str, partner_key: Callable[..., Awaitable[str]]
) -> None:
    await partner_key()
    signed = await api.post("/admin/sign-in", data={"username": payload, "password": payload})
    assert signed.status_code == 422
    by_cookie = await api.get("/admin", headers={"Cookie": f"ketnoi_session={quote(payload[:99])}"})
    assert by_cookie.status_code == 303
    client = {"client_id": payload, "client_secret": payload, "grant_type": "client_credentials"}
    assert (await api.post("/oauth/token", data=client)).status_code in {400, 401, 413}
    if payload.isprintable():
        by_key = await api.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"Authorization": f"Bearer ktn_{payload}"}
        )
        assert by_key.status_code == 401
