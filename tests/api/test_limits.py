"""Limits: what is too large is refused before it runs, and what tools need is not."""

import httpx
import pytest
from graphql import get_introspection_query

from api.limits import ALIASES, BODY_BYTES, DEPTH, FIELDS, TOKENS
from tests.api.support import error_code, post

LARGE = {
    "tokens": "{" + " __typename" * TOKENS + "}",
    "depth": '{ area(code: "82") {' + "parent {" * DEPTH + "name" + "}" * DEPTH + "} }",
    "aliases": "{" + " ".join(f"a{number}: indicators {{ code }}" for number in range(ALIASES + 1)) + "}",
    "fields": "{ groups { nodes {" + " code" * FIELDS + "} } }",
    "fragments": "{ ...F0 }"
    + "".join(f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    + " fragment F60 on Query { indicators { code } }",
    "nesting": "{" + "area(code: 1) {" * 300 + "}" * 300 + "}",
}


@pytest.mark.parametrize("query", LARGE.values(), ids=LARGE)
async def test_a_query_that_is_too_large_is_refused_before_it_runs(
    api: httpx.AsyncClient, query: str
) -> None:
    answer = await post(api, {"query": query})
    assert answer.status_code == 400
    assert error_code(answer) == "QUERY_TOO_LARGE"


async def test_a_circle_of_fragments_is_refused(api: httpx.AsyncClient) -> None:
    answer = await post(api, {"query": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"})
    assert (answer.status_code, error_code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


async def test_a_body_that_is_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await post(api, {"query": "{ __typename }", "variables": {"x": "x" * BODY_BYTES}})
    assert (answer.status_code, error_code(answer)) == (413, "QUERY_TOO_LARGE")


async def test_the_limits_leave_room_for_introspection(api: httpx.AsyncClient) -> None:
    answer = await post(
        api, {"query": get_introspection_query(input_value_deprecation=True, specified_by_url=True)}
    )
    assert answer.status_code == 200
    assert "errors" not in answer.json()
