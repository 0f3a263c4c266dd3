"""Requests that are meant to wear the service out, and what each costs: `make hostile`.

Nobody needs a key to send them, and none needs the database: here there is none. Each has to be refused
within a tenth of a second of the processor's time.
"""

import asyncio
import gc
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import httpx
import orjson

from api.cost.limits import ALIASES, BODY_BYTES, CHARACTERS, DIRECTIVES, FIELDS, TOKENS, VALUES
from api.transport.http import GRAPHQL_JSON, JSON
from records.core.settings import Settings
from server import build_services, create_app

MOST_SECONDS: Final = 0.1
TIMES: Final = 3


@dataclass(frozen=True)
class Hostile:
    """A request, and how it has to be refused."""

    body: bytes
    status: int = 400
    code: str = "QUERY_TOO_LARGE"
    headers: dict[str, str] = field(default_factory=dict)


def _query(text: str, code: str = "QUERY_TOO_LARGE", **variables: Any) -> Hostile:
    return Hostile(orjson.dumps({"query": text, "variables": variables}), code=code)


def _typed(content_type: str, body: bytes) -> Hostile:
    return Hostile(body, 415, "BAD_REQUEST", {"Content-Type": content_type})


def _chain(length: int, text: str, last: str) -> str:
    """Fragments of which each spreads the next; `text` holds its name as {0} and the next as {1}."""
    links = (text.format(f"F{number}", f"F{number + 1}") for number in range(length))
    return f"{{ ...F0 }} {' '.join(links)} fragment F{length} on {last}"


def _each_spreads_all(number: int) -> str:
    names = [f"F{one}" for one in range(number)]
    spreads = " ".join(f"...{name}" for name in names)
    return f"{{ {spreads} }} " + " ".join(
        f'fragment {name} on Query {{ area(code: "82") {{ code }} {spreads} }}' for name in names
    )


_INVALID: Final = "GRAPHQL_VALIDATION_FAILED"
_SYNTAX: Final = "GRAPHQL_PARSE_FAILED"
_PAIRS: Final = FIELDS - 20
_DEEP_TYPES: Final = "{ __schema { types { " + "fields { type { " * 6 + "name" + " } }" * 6 + " } } }"

HOSTILE: Final[dict[str, Hostile]] = {
    "200,000 tokens": _query("{ x(a: [" + "[]" * 100_000 + "]) }"),
    "200,000 tokens with spaces": Hostile(
        orjson.dumps({"query": "{" + " a" * 200_000 + "}"}), 413, "QUERY_TOO_LARGE"
    ),
    "58,000 tokens in the longest text": _query("{ x(a: [" + "[]" * (CHARACTERS // 2 - 10) + "]) }"),
    "a token too many": _query("{" + " __typename" * TOKENS + "}"),
    "braces without an end": _query("{a" * 29_000),
    "brackets in a type": _query("query($a: " + "[" * 50_000),
    "100,000 comments": Hostile(orjson.dumps({"query": "#\n" * 100_000 + "{ a }"}), 413),
    "29,000 comments": _query("#\n" * 29_000 + "{ a }"),
    "a name of 50,000 letters": _query("{ " + "a" * 50_000 + " }", _INVALID),
    "a text of 50,000 escapes": _query('{ area(code: "' + "\\u0041" * 9_000 + '") { nothing } }', _INVALID),
    "a number of 50,000 digits": _query("{ groups(first: " + "9" * 50_000 + ") { nothing } }", _INVALID),
    "1,000 aliases": _query("{" + " ".join(f"a{one}: __typename" for one in range(1_000)) + "}"),
    "an alias too many": _query(
        "{" + " ".join(f"a{one}: indicators {{ code }}" for one in range(ALIASES + 1)) + "}"
    ),
    "500 repeats in 16 KB": _query("{ groups { nodes {" + " code                           " * 500 + "} } }"),
    "as many repeats as there may be fields": _query("{ groups { nodes {" + " code" * _PAIRS + "} } }"),
    "repeats of lists": _query("{ groups {" + " nodes { code }" * 240 + "} }"),
    "repeats below repeats": _query("{" + " groups { nodes { code name } }" * 115 + "}"),
    "repeats in fragments": _query(
        "{ groups { nodes {"
        + " ".join(f"...F{one}" for one in range(24))
        + "} } } "
        + " ".join(f"fragment F{one} on Group {{ {' code' * 19} }}" for one in range(24))
    ),
    "repeats in a fragment that nothing spreads": _query(
        "{ __typename } fragment F on Group {" + " code" * _PAIRS + "}"
    ),
    "repeats in the schema": _query("{ __schema { types {" + " name" * _PAIRS + "} } }"),
    "repeats in inline fragments": _query("{ groups { nodes {" + " ... { code }" * 240 + "} } }"),
    "deep selections": _query('{ area(code: "82") {' + " parent {" * 300 + " code" + " }" * 300 + "} }"),
    "deep fragments": _query(
        _chain(100, "fragment {0} on Area {{ parent {{ ...{1} }} }}", "Area { code }").replace(
            "{ ...F0 }", '{ area(code: "82") { ...F0 } }'
        )
    ),
    "fragments that double": _query(
        _chain(60, "fragment {0} on Query {{ ...{1} ...{1} }}", "Query { indicators { code } }")
    ),
    "circular fragments": _query(
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", _INVALID
    ),
    "a circle of 150 fragments": _query(
        _chain(150, "fragment {0} on Query {{ ...{1} }}", "Query { ...F0 }"), _INVALID
    ),
    "each fragment spreads all": _query(_each_spreads_all(18), _INVALID),
    "a circle around 500 repeats": _query(
        "{ ...A } fragment A on Query { groups { nodes {" + " code" * 500 + "} } ...A }", _INVALID
    ),
    "500 names that there are not": _query(
        "{ groups { nodes {" + " ".join(f"memberCounts{one}" for one in range(FIELDS - 20)) + "} } }",
        _INVALID,
    ),
    "400 arguments that there are not": _query(
        "{ groups(" + " ".join(f"filters{one}: 1" for one in range(400)) + ") { totalCount } }", _INVALID
    ),
    "1,000 values that there are not": _query(
        "{ tips(filter: {status: [" + " RECEIVE" * 1_000 + "]}) { totalCount } }", _INVALID
    ),
    "250 variables": _query(
        "query(" + " ".join(f"$a{one}: Int" for one in range(250)) + ") { __typename }", _INVALID
    ),
    "a directive too many": _query("{ __typename" + " @include(if: true)" * (DIRECTIVES + 1) + " }"),
    "fields deep in types": _query(_DEEP_TYPES, _INVALID),
    "types of types": _query("{ __schema { types {" + " ofType {" * 100 + " name" + " }" * 100 + "} } }"),
    "the schema 30 times": _query(
        "{" + " ".join(f"a{one}: __schema {{ types {{ name }} }}" for one in range(30)) + "}"
    ),
    "the types 30 times in a fragment": _query(
        "{ __schema { ...F } } fragment F on __Schema {"
        + " ".join(f"a{one}: types {{ fields {{ name }} }}" for one in range(30))
        + "}"
    ),
    "the types 30 times": _query(
        "{ __schema {" + " ".join(f"a{one}: types {{ fields {{ name }} }}" for one in range(30)) + "} }"
    ),
    "60,000 ids": _query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 60_000),
    "an id too many": _query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * VALUES),
    "60,000 codes": _query(
        "query($f: GroupFilter) { groups(filter: $f) { totalCount } }", f={"code": ["a"] * 60_000}
    ),
    "ids in the text": _query("{ nodes(ids: [" + '"a" ' * 10_000 + "]) { id } }"),
    "deep variables": Hostile(
        b'{"query": "{ a }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        code="BAD_REQUEST",
    ),
    "100 operations": _query(
        " ".join(f"query Q{one} {{ __typename }}" for one in range(100)), "BAD_USER_INPUT"
    ),
    "a batch": Hostile(orjson.dumps([{"query": "{ __typename }"}] * 1_000), code="BAD_REQUEST"),
    "a body that is too long": Hostile(b'"' + b"x" * BODY_BYTES + b'"', 413),
    "a body that is packed": Hostile(
        b"\x1f\x8b" * 1_000, code="BAD_REQUEST", headers={"Content-Encoding": "gzip"}
    ),
    "text/plain": _typed("text/plain", b'{"query": "{ __typename }"}'),
    "a form": _typed("application/x-www-form-urlencoded", b"query=%7B__typename%7D"),
    "a form in parts": _typed("multipart/form-data; boundary=x", b"--x--"),
    "no type": _typed("", b'{"query": "{ __typename }"}'),
}


async def send(client: httpx.AsyncClient, hostile: Hostile) -> httpx.Response:
    """The answer to a hostile request without a key."""
    headers = {"Accept": GRAPHQL_JSON, "Content-Type": JSON, "Accept-Language": "en", **hostile.headers}
    return await client.post("/graphql", content=hostile.body, headers=headers)


async def _measured() -> int:
    """Prints what each costs; gives how many were not refused as they should, or not in time."""
    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url(
        "postgresql://nobody@127.0.0.1:1/nothing"
    )
    no_reader: Any = None
    app = create_app(settings)
    app.state.services = build_services(settings, no_reader)
    failed = 0
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000"
    ) as client:
        await send(client, HOSTILE["circular fragments"])
        # As the service does when it starts.
        gc.collect()
        gc.freeze()
        for name, hostile in HOSTILE.items():
            spent, seen = 0.0, set()
            for _ in range(TIMES):
                begun = time.process_time()
                answer = await send(client, hostile)
                spent = max(spent, time.process_time() - begun)
                seen.add((answer.status_code, answer.json()["errors"][0]["extensions"]["code"]))
            right = seen == {(hostile.status, hostile.code)} and spent < MOST_SECONDS
            failed += not right
            click.echo(f"{spent * 1000:7.1f} ms  {'' if right else f'NO, {seen}: '}{name}")
    return failed


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(_measured()) else 0)
