"""Deprecated parts of the schema: told, counted and hidden, on a small schema behind the same endpoint."""

import re
from collections.abc import AsyncIterator
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
import strawberry
from graphql import build_schema, parse, validate_schema
from starlette.applications import Starlette
from strawberry.schema.config import StrawberryConfig

from api.contract.coordinates import schema_elements, used_coordinates
from api.contract.deprecation import Deprecation, deprecated, deprecations
from api.contract.served import Contract, core_schema
from api.cost import limits
from api.enums import expose
from api.schema.assembly import CONTRACT
from records.access import partners
from records.core.actor import system_actor
from records.core.labels import Described
from records.tables import Partner
from tests.api.support import PartnerKey
from tests.replaced import replaced_services

SINCE, UNTIL = date(2026, 12, 1), date(2027, 12, 31)


@expose
class Colour(Described):
    """A colour."""

    RED = "RED", "Red."
    CRIMSON = "CRIMSON", "Another red."


for value in Colour.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry puts it there
    if value.name == "CRIMSON":
        deprecated(value, replacement="Colour.RED", deprecated_on=SINCE, last_day=UNTIL)


@strawberry.type(description="What only a deprecated field leads to.")
class Frame:
    width: int = strawberry.field(description="In millimetres.")


@strawberry.type(description="A picture.")
class Picture:
    title: str = strawberry.field(description="Its title.")
    colour: Colour = strawberry.field(description="Its colour.")
    name: str = deprecated(
        strawberry.field(description="Its title."),
        replacement="Picture.title",
        deprecated_on=SINCE,
        last_day=date(2028, 1, 31),
    )
    frame: Frame | None = deprecated(
        strawberry.field(description="Its frame."),
        replacement="Picture.title",
        deprecated_on=SINCE,
        last_day=UNTIL,
    )


@strawberry.input(description="Which pictures.")
class PictureFilter:
    colour: Colour | None = strawberry.field(default=None, description="Of this colour.")
    shade: Colour | None = deprecated(
        strawberry.field(default=None, description="Of this colour."),
        replacement="PictureFilter.colour",
        deprecated_on=date(2027, 1, 1),
        last_day=UNTIL,
    )


LIMIT = deprecated(
    strawberry.argument(description="How many at most."),
    replacement="Query.pictures(first:)",
    deprecated_on=SINCE,
    last_day=UNTIL,
)


@strawberry.type(description="What can be read.")
class Query:
    @strawberry.field(description="Pictures.")  # type: ignore[untyped-decorator]  # Any to mypy
    def pictures(
        self,
        filter: Annotated[PictureFilter | None, strawberry.argument(description="Which.")] = None,  # noqa: A002 - as ours
        first: Annotated[int | None, strawberry.argument(description="How many.")] = None,
        limit: Annotated[int | None, LIMIT] = None,
    ) -> list[Picture]:
        return [Picture(title="Một", name="Một", colour=Colour.CRIMSON, frame=None)]


def _build() -> strawberry.Schema:
    return strawberry.Schema(query=Query, extensions=limits.extensions(), config=StrawberryConfig())


TRIAL = Contract(_build)
ALL = {
    *("Colour.CRIMSON", "Picture.frame", "Picture.name", "PictureFilter.shade", "Query.pictures(limit:)"),
}


@pytest.fixture
async def trial(app: Starlette, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, which serves the small schema."""
    with replaced_services(app, contract=TRIAL):
        yield api


def test_deprecation_names_replacement_start_and_end() -> None:
    reason = "Use `Picture.title`. Since 2026-12-01, gone after 2028-01-31."
    told = Deprecation("Picture.title", SINCE, date(2028, 1, 31))
    assert deprecations(core_schema(TRIAL.whole.schema))["Picture.name"] == told
    assert f'name: String! @deprecated(reason: "{reason}")' in TRIAL.whole.text
    assert set(deprecations(core_schema(TRIAL.whole.schema))) == ALL
    for lacking in ("No longer supported", reason.replace("Since 2026-12-01, g", "G"), reason[:-12]):
        with pytest.raises(ValueError, match="a deprecation says"):
            Deprecation.parse(lacking)


@pytest.mark.parametrize(
    ("query", "variables", "found"),
    [
        ("{ pictures { title colour } }", {}, set()),
        ("{ pictures { x: name } }", {}, {"Picture.name"}),
        (
            "{ pictures { ...A } } fragment A on Picture { ...B } fragment B on Picture { name }",
            {},
            {"Picture.name"},
        ),
        ("{ pictures { ... on Picture { frame { width } } } }", {}, {"Picture.frame"}),
        ("{ pictures(limit: 1) { title } }", {}, {"Query.pictures(limit:)"}),
        ("query($n: Int) { pictures(limit: $n) { title } }", {}, {"Query.pictures(limit:)"}),
        ("{ pictures(filter: {shade: RED}) { title } }", {}, {"PictureFilter.shade"}),
        ("{ pictures(filter: {colour: CRIMSON}) { title } }", {}, {"Colour.CRIMSON"}),
        (
            "query($f: PictureFilter) { pictures(filter: $f) { title } }",
            {"f": {"shade": "CRIMSON"}},
            {"PictureFilter.shade", "Colour.CRIMSON"},
        ),
        ("query($f: PictureFilter) { pictures(filter: $f) { title } }", {"f": {"colour": "RED"}}, set()),
        ("query($c: Colour = CRIMSON) { pictures(filter: {colour: $c}) { title } }", {}, {"Colour.CRIMSON"}),
    ],
)
def test_deprecated_parts_are_found_when_used_at_any_place(
    query: str, variables: dict[str, Any], found: set[str]
) -> None:
    assert used_coordinates(core_schema(TRIAL.whole.schema), parse(query), None, variables) & ALL == found


@pytest.mark.parametrize(
    ("operation", "found"), [("A", {"Picture.name"}), ("B", set()), ("C", {"Picture.name"})]
)
def test_deprecations_are_those_of_operation_that_runs(operation: str, found: set[str]) -> None:
    document = parse("""
        query A { pictures { name } } query B { pictures { title } } query C { pictures { ...N } }
        fragment N on Picture { name }
    """)
    assert used_coordinates(core_schema(TRIAL.whole.schema), document, operation, {}) & ALL == found


async def test_deprecations_appear_in_answers_and_on_partner_page(
    trial: httpx.AsyncClient, partner_key: PartnerKey
) -> None:
    headers = {"Authorization": f"Bearer {await partner_key()}"}
    query = {"query": "{ pictures(filter: {shade: RED}) { name } }"}
    answer = await trial.post("/graphql", json=query, headers=headers)
    assert answer.json() == {
        "data": {"pictures": [{"name": "Một"}]},
        "extensions": {
            "deprecations": [
                {
                    "coordinate": "Picture.name",
                    "instead": "Picture.title",
                    "since": "2026-12-01",
                    "until": "2028-01-31",
                },
                {
                    "coordinate": "PictureFilter.shade",
                    "instead": "PictureFilter.colour",
                    "since": "2027-01-01",
                    "until": "2027-12-31",
                },
            ]
        },
    }
    # Midnight in Viet Nam: as 2026-12-01 begins, and as 2027-12-31 ends.
    assert answer.headers["deprecation"] == "@1796058000"
    assert answer.headers["sunset"] == "Fri, 31 Dec 2027 17:00:00 GMT"
    assert parsedate_to_datetime(answer.headers["sunset"]).timestamp() == 1830272400
    assert answer.headers["link"] == '</docs#deprecations>; rel="deprecation"; type="text/html"'

    plain = await trial.post("/graphql", json={"query": "{ pictures { title } }"}, headers=headers)
    assert "extensions" not in plain.json()
    assert not {"deprecation", "sunset", "link"} & set(plain.headers)

    await partners.store_requests()
    partner: UUID = (await Partner.get()).id
    uses = await partners.deprecated_uses(system_actor("test"), partner)
    assert [(use.coordinate, use.requests) for use in uses] == [
        ("Picture.name", 1),
        ("PictureFilter.shade", 1),
    ]


async def test_schema_hides_and_refuses_deprecated_parts_when_asked(
    trial: httpx.AsyncClient,
) -> None:
    listing = "__schema { types { name fields(includeDeprecated: true) { name } } }"
    names = f'{{ {listing} __type(name: "Frame") {{ name }} }}'
    for address, frame, fields in (
        ("/graphql", {"name": "Frame"}, ["title", "colour", "name", "frame"]),
        ("/graphql?deprecated=hide", None, ["title", "colour"]),
    ):
        shown = (await trial.post(address, json={"query": names})).json()["data"]
        types = {type_["name"]: type_["fields"] for type_ in shown["__schema"]["types"]}
        assert shown["__type"] == frame
        assert [field["name"] for field in types["Picture"]] == fields
    # What is hidden cannot be asked for there, but what comes back is told as before.
    hidden = "/graphql?deprecated=hide"
    refused = (await trial.post(hidden, json={"query": "{ pictures { name } }"})).json()
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    answer = (await trial.post(hidden, json={"query": "{ pictures { title colour } }"})).json()
    assert answer == {"data": {"pictures": [{"title": "Một", "colour": "CRIMSON"}]}}


async def test_schema_text_omits_deprecated_parts_when_asked(
    trial: httpx.AsyncClient,
) -> None:
    whole, hidden = [await trial.get(f"/schema.graphql{query}") for query in ("", "?deprecated=hide")]
    assert set(dict(schema_elements(build_schema(whole.text)))) - set(
        dict(schema_elements(build_schema(hidden.text)))
    ) == ALL | {
        "Frame",
        "Frame.width",
    }
    assert not re.search("@deprecated|CRIMSON", hidden.text)
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.headers["cache-control"] == "private, no-cache"
    # Compressed, the same schema has a weak tag (RFC 9110, section 8.8.1).
    plain, weak = [
        (await trial.get("/schema.graphql", headers={"Accept-Encoding": encoding})).headers["etag"]
        for encoding in ("identity", "gzip")
    ]
    assert re.fullmatch(r'"[^"]+"', plain)
    assert (weak, whole.headers["etag"]) == (f"W/{plain}", f"W/{plain}")
    assert hidden.headers["etag"] != whole.headers["etag"]
    for tag in (plain, weak):
        again = await trial.get("/schema.graphql", headers={"If-None-Match": tag})
        assert (again.status_code, again.text, again.headers["etag"]) == (304, "", plain)


async def test_schema_is_served_as_committed_and_valid(api: httpx.AsyncClient) -> None:
    assert (await api.get("/schema.graphql")).text == CONTRACT.whole.text
    assert validate_schema(core_schema(CONTRACT.current.schema)) == []
    assert validate_schema(core_schema(TRIAL.current.schema)) == []
