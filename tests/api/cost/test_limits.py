"""Limits: they leave room for what tools and people need, and each document is looked at once."""

import httpx
import pytest
from graphql import get_introspection_query
from strawberry.extensions.parser_cache import _get_parse_cache

from api.cost import limits
from api.cost.limits import ALIASES, DEPTH, DIRECTIVES, FIELDS, REPEATS, SCHEMAS, TOKENS, VALUES
from api.schema.assembly import schema
from tests.api.support import error_code, post


def wrong(text: str) -> list[str]:
    """What is wrong with a document."""
    return [error.message for error in limits.find_errors(schema._schema, limits.parse_document(text))]


def repeated(field: str, times: int) -> str:
    return f" {field}" * times


@pytest.mark.parametrize("levels", [DEPTH, DEPTH + 1])
def test_query_is_refused_when_too_deep(levels: int) -> None:
    text = '{ area(code: "82") {' + " parent {" * (levels - 2) + " name" + " }" * (levels - 2) + " } }"
    assert bool(wrong(text)) == (levels > DEPTH)


@pytest.mark.parametrize("fields", [FIELDS, FIELDS + 1])
def test_query_is_refused_when_it_has_too_many_fields(fields: int) -> None:
    # Of different names, so that none is repeated.
    names = ["code", "name", "kind", "status", "version", "households", "updatedAt", "id"]
    lists = [f"a{number}: groups {{ nodes {{ {' '.join(names)} }} }}" for number in range(ALIASES)]
    spread = "".join(f" ... {{ {one} }}" for one in lists)
    written = ALIASES * (2 + len(names))
    fragment = "fragment F on Group { " + " ".join(names) + " }"
    rest = fields - written
    whole, left = divmod(rest - 2, len(names))
    parts = " ".join(["...F"] * whole) + repeated("__typename", left)
    text = f"{{ {spread} groups {{ nodes {{ {parts} }} }} }} {fragment}"
    assert bool(wrong(text)) == (fields > FIELDS), wrong(text)


@pytest.mark.parametrize("aliases", [ALIASES, ALIASES + 1])
def test_query_is_refused_when_it_has_too_many_aliases(aliases: int) -> None:
    text = "{" + " ".join(f"a{number}: indicators {{ code }}" for number in range(aliases)) + "}"
    assert bool(wrong(text)) == (aliases > ALIASES)


@pytest.mark.parametrize("directives", [DIRECTIVES, DIRECTIVES + 1])
def test_query_is_refused_when_it_has_too_many_directives(directives: int) -> None:
    text = "{" + repeated("__typename @include(if: true)", directives) + "}"
    assert bool(wrong(text)) == (directives > DIRECTIVES)


@pytest.mark.parametrize("schemas", [SCHEMAS, SCHEMAS + 1])
def test_query_is_refused_when_it_reads_schema_too_often(schemas: int) -> None:
    text = "{" + " ".join(f'a{n}: __type(name: "Tip") {{ name }}' for n in range(schemas)) + "}"
    assert bool(wrong(text)) == (schemas > SCHEMAS)


def test_field_is_refused_when_repeated_too_often() -> None:
    most = next(n for n in range(FIELDS) if n * (n - 1) // 2 > REPEATS) - 1
    assert most == 63
    assert wrong("{ groups { nodes {" + repeated("code", most) + "} } }") == []
    assert len(wrong("{ groups { nodes {" + repeated("code", most + 1) + "} } }")) == 1
    # A fragment that is spread again is no repeat: it is the same fields.
    again = "{ groups { nodes { " + "...F " * 90 + "} } } fragment F on Group { code name }"
    assert wrong(again) == []


def test_refusal_names_excess_when_query_is_too_large() -> None:
    (told,) = wrong("{ groups { nodes {" + repeated("code", FIELDS) + "} } }")
    assert told == f"The query requests too many fields: {FIELDS + 2}, at most {FIELDS}."


def test_limits_leave_room_for_introspection() -> None:
    assert wrong(get_introspection_query(input_value_deprecation=True, specified_by_url=True)) == []


@pytest.mark.parametrize("values", [VALUES, VALUES + 1])
async def test_variables_are_refused_when_they_hold_too_many_values(
    api: httpx.AsyncClient, values: int
) -> None:
    query = "query($codes: [String!]) { groups(filter: {code: $codes}) { totalCount } }"
    answer = await post(api, {"query": query, "variables": {"codes": ["a"] * (values - 1)}})
    expected = "QUERY_TOO_LARGE" if values > VALUES else "UNAUTHENTICATED"
    assert error_code(answer) == expected


async def test_tokens_are_counted_before_parsing(api: httpx.AsyncClient) -> None:
    # Braces count, and so does the end.
    fits = await post(api, {"query": "{" + " __typename" * (FIELDS - 450) + "}"})
    assert fits.status_code == 200
    answer = await post(api, {"query": "{" + " __typename" * TOKENS + "}"})
    assert error_code(answer) == "QUERY_TOO_LARGE"


async def test_document_is_neither_parsed_nor_validated_when_repeated(api: httpx.AsyncClient) -> None:
    parsing, validating = _get_parse_cache(limits._CACHED_DOCUMENTS), limits.cached_errors
    text = "query Again($n: Int) { groups(first: $n) { nodes { code } } }"
    await post(api, {"query": text, "variables": {"n": 1}})
    before = parsing.cache_info(), validating.cache_info()  # type: ignore[attr-defined] # an lru_cache
    for number in range(5):
        await post(api, {"query": text, "variables": {"n": number}})
    after = parsing.cache_info(), validating.cache_info()  # type: ignore[attr-defined] # an lru_cache
    assert [one.misses for one in after] == [one.misses for one in before]
    assert [one.hits for one in after] == [one.hits + 5 for one in before]
