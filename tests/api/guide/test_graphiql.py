"""GraphiQL: our own files under a strict policy, with examples that run."""

import re
from pathlib import Path

import httpx
from graphql import parse, validate

from api.schema.assembly import schema
from tests.api.support import Ask

STATIC = Path(__file__).parents[3] / "api" / "static"


async def test_graphiql_page_has_strict_policy(api: httpx.AsyncClient) -> None:
    page = await api.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in page.headers


async def test_graphiql_page_loads_own_files_only(api: httpx.AsyncClient) -> None:
    page = (await api.get("/graphql", headers={"Accept": "text/html"})).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 8
    others = {one for one in addresses if not one.startswith(("/static/vendor/", "/static/api/", "data:"))}
    assert others == {"/docs", "/schema.graphql"}
    assert not re.search(r"<script>|<style|\son\w+=|style=", page)
    for address in addresses:
        if address.startswith("/static/api/"):
            assert (await api.get(address)).status_code == 200
    for file in STATIC.iterdir():
        assert "http://" not in file.read_text(encoding="utf-8")
        assert "https://" not in file.read_text(encoding="utf-8")


async def test_program_gets_json_instead_of_graphiql(api: httpx.AsyncClient) -> None:
    assert (
        (await api.get("/graphql", headers={"Accept": "application/json"}))
        .headers["content-type"]
        .startswith("application/json")
    )
    asked = await api.get("/graphql", params={"query": "{ __typename }"}, headers={"Accept": "text/html"})
    assert asked.json() == {"data": {"__typename": "Query"}}


async def test_graphiql_examples_are_valid_and_run(ask: Ask) -> None:
    script = (STATIC / "graphiql.js").read_text(encoding="utf-8")
    examples = re.findall(r"^  `(.*?)`,$", script, re.DOTALL | re.MULTILINE)
    assert len(examples) == 10
    assert [example for example in examples if validate(schema._schema, parse(example))] == []
    # Subscriptions need a stream: tests/browser/test_graphiql.py follows one.
    for example in (one for one in examples if "\nsubscription " not in one):
        answer = await ask(example, id="", tip="")
        assert "errors" not in answer, answer
