"""Who may read what over GraphQL: every field of the schema stands here, with the right that it needs.

A new type or field without an entry fails: nothing becomes public by accident.
"""

from collections.abc import Awaitable, Callable

import pytest
from graphql import GraphQLObjectType, get_named_type

from api.reads.declared import NOUNS
from api.schema import schema
from records.core.actor import Scope
from records.core.rights import GIVES, Right
from tests.api.support import Ask, error

# Records: the right to read them, whether they are seen only in the caller's areas, and what they show.
RECORDS = {
    "Area": (
        Right.AREAS_READ,
        False,
        "id code name kind validFrom validTo lat lon areaKm2 parent predecessors successors",
    ),
    "Organisation": (Right.AREAS_READ, False, "id name kind activeFrom activeTo area parent"),
    "Programme": (
        Right.PROGRAMMES_READ,
        False,
        "id code name host partner area startedOn startedPrecision endedOn channel summary version",
    ),
    "Group": (
        Right.GROUPS_READ,
        True,
        """id code name kind status area programme foundedOn inactiveOn households memberCount statedOn
        tipCounts updatedAt version""",
    ),
    "TipCategory": (Right.AREAS_READ, False, "id code name active"),
    "Tip": (
        Right.TIPS_READ,
        True,
        """id code legalKind category title body channel priority status area group place lat lon occurredAt
        receivedAt firstResponseAt dueAt extended closedAt duplicateOf outcomes anonymous updatedAt
        version""",
    ),
    "Indicator": (Right.METRICS_READ, False, "id code name unit kind source sensitive higherIsBetter"),
    "Figure": (
        Right.FIGURES_READ,
        True,
        """id indicator area organisation programme value qualifier period periodFrom periodTo suppressed
        sourceName sourceOn sourceText version""",
    ),
}
# Values: seen only as a part of what has a right.
VALUES = {
    "TipCount": "status count",
    "TipOutcome": "kind count onDay",
    "MetricSeries": "indicator area points",
    "MetricPoint": "period start end value qualifier precision suppressed",
    "InputProblem": "field code message",
    "SubmitTipPayload": "id code tip problems",
    "Change": "type id action at deleted record",
    "ChangeFeed": "changes cursor hasMore",
    "_Service": "sdl",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
} | {
    f"{name}{part}": fields
    for name in ("Area", "Programme", "Group", "Tip", "Figure")
    for part, fields in (("Connection", "edges nodes pageInfo totalCount"), ("Edge", "cursor node"))
}
_SUBMIT = 'submitTip(input: {title: "Mẫu", category: "THEFT", area: "29905"}) { code }'
# The roots: the right that each needs, and the shortest way to use it.
ROOTS: dict[str, dict[str, tuple[Right | None, str]]] = {
    "Query": {
        "area": (Right.AREAS_READ, '{ area(code: "82") { code } }'),
        "areas": (Right.AREAS_READ, "{ areas(first: 1) { nodes { code } } }"),
        "programmes": (Right.PROGRAMMES_READ, "{ programmes { nodes { code } } }"),
        "groups": (Right.GROUPS_READ, "{ groups { nodes { code } } }"),
        "tipCategories": (Right.AREAS_READ, "{ tipCategories { code } }"),
        "tips": (Right.TIPS_READ, "{ tips { nodes { code } } }"),
        "indicators": (Right.METRICS_READ, "{ indicators { code } }"),
        "metrics": (
            Right.METRICS_READ,
            """{ metrics(indicators: ["tips.received"], area: "82", from: "2025-01", to: "2025-01",
                         period: MONTH) { points { value } } }""",
        ),
        "figures": (Right.FIGURES_READ, "{ figures { nodes { value } } }"),
        # Of the records, those whose scope the key has: see test_changes.py.
        "changes": (Right.CHANGES_READ, "{ changes(types: []) { cursor } }"),
        # These two have the right of whatever the id names: see test_node.py.
        "node": (None, '{ node(id: "x") { id } }'),
        "nodes": (None, '{ nodes(ids: ["x"]) { id } }'),
        "_entities": (None, "{ _entities(representations: []) { __typename } }"),
        # The schema, which is no secret.
        "_service": (None, "{ _service { sdl } }"),
    },
    "Mutation": {"submitTip": (Right.TIPS_SUBMIT, f"mutation {{ {_SUBMIT} }}")},
}
# Links and filters that need more than the record that they belong to: the right, and the shortest way.
LINKS: dict[str, tuple[Right, str]] = {
    "Programme.host": (Right.AREAS_READ, "{ programmes { nodes { host { id } } } }"),
    "Programme.partner": (Right.AREAS_READ, "{ programmes { nodes { partner { id } } } }"),
    "Programme.area": (Right.AREAS_READ, "{ programmes { nodes { area { id } } } }"),
    "Group.programme": (Right.PROGRAMMES_READ, "{ groups { nodes { programme { id } } } }"),
    "Group.tipCounts": (Right.TIPS_READ, "{ groups { nodes { tipCounts { count } } } }"),
    "Tip.group": (Right.GROUPS_READ, "{ tips { nodes { group { id } } } }"),
    "TipFilter.groupId": (Right.GROUPS_READ, '{ tips(filter: {groupId: ["x"]}) { totalCount } }'),
    "Figure.programme": (Right.PROGRAMMES_READ, "{ figures { nodes { programme { id } } } }"),
    "SubmitTipPayload.tip": (
        Right.TIPS_READ,
        'mutation { submitTip(input: {title: "", category: "THEFT", area: "29905"}) { tip { id } } }',
    ),
}
# Links to values, which nobody sees but through the record: no right of their own.
PARTS = {"Tip.outcomes", "MetricSeries.points", "SubmitTipPayload.problems"}
USES = [(right, query) for roots in ROOTS.values() for right, query in roots.values()]
Reading = Callable[..., Awaitable[str]]


def test_every_type_and_field_of_the_schema_stands_in_the_matrix_and_nothing_else() -> None:
    listed = {name: set(fields.split()) for name, (_, _, fields) in RECORDS.items()}
    listed |= {name: set(fields.split()) for name, fields in VALUES.items()}
    listed |= {name: set(roots) for name, roots in ROOTS.items()}
    there = {
        name: set(type_.fields)
        for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }
    assert there == listed


def test_each_record_declares_the_right_and_the_bounds_of_the_matrix() -> None:
    declared = {name: (noun.right, noun.scoped) for name, noun in NOUNS.items()}
    assert declared == {name: (right, scoped) for name, (right, scoped, _) in RECORDS.items()}


@pytest.mark.parametrize(("right", "query"), USES)
async def test_a_field_is_refused_without_its_scope_and_given_with_it(
    ask: Ask, partner_key: Reading, right: Right | None, query: str
) -> None:
    giving = {scope for scope in Scope if right in GIVES[scope]}
    others = set(Scope) - giving
    if right is not None:
        assert giving
        if others:
            refused = await ask(query, key=await partner_key(scopes=others))
            assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    for scope in giving or others:
        given = await ask(query, key=await partner_key(scopes={scope}))
        assert "errors" not in given, given


def test_every_link_that_needs_more_than_its_record_stands_in_the_table() -> None:
    """Where each scope that shows a record shows what it links to as well, there is nothing to ask for."""
    found = set()
    for name, type_ in schema._schema.type_map.items():
        if name not in RECORDS and name not in {"MetricSeries", "SubmitTipPayload"}:
            continue
        assert isinstance(type_, GraphQLObjectType)
        for field, shown in type_.fields.items():
            below = get_named_type(shown.type)
            if isinstance(below, GraphQLObjectType) and not _comes_along(name, below.name):
                found.add(f"{name}.{field}")
    assert found == set(LINKS) - {"TipFilter.groupId"} | PARTS


def _comes_along(name: str, below: str) -> bool:
    owner = {"MetricSeries": Right.METRICS_READ, "SubmitTipPayload": Right.TIPS_SUBMIT}.get(name)
    right = owner or RECORDS[name][0]
    return below in RECORDS and all(RECORDS[below][0] in given for given in GIVES.values() if right in given)


@pytest.mark.parametrize("link", LINKS)
async def test_a_link_is_refused_without_the_scope_of_what_it_leads_to(
    ask: Ask, partner_key: Reading, link: str
) -> None:
    right, query = LINKS[link]
    giving = {scope for scope in Scope if right in GIVES[scope]}
    # The scopes of records give the areas with them: only a key for programmes alone lacks areas.
    lacking = {Scope.PROGRAMMES_READ} if right is Right.AREAS_READ else set(Scope) - giving
    refused = error(await ask(query, key=await partner_key(scopes=lacking)))
    assert refused["extensions"]["code"] == "FORBIDDEN"
    assert refused["extensions"]["field"] == link
    assert set(refused["extensions"]["scopes"]) == {scope.value for scope in giving}
    assert all(part in refused["message"] for part in (link, *giving))
    given = await ask(query, key=await partner_key(scopes=lacking | giving))
    assert "errors" not in given, given


@pytest.mark.parametrize(("right", "query"), USES)
async def test_nothing_is_given_to_a_caller_without_a_key(ask: Ask, right: Right | None, query: str) -> None:
    refused = await ask(query, key="")
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"UNAUTHENTICATED"}
    assert not any((refused.get("data") or {}).values())
