"""Every field of the schema, for each scope alone and for all but it, in one's area and elsewhere.

What each needs follows from the tables of test_access.py, in which every field of the schema stands. That
lists and counts hold nothing from elsewhere is for test_elsewhere.py.
"""

from collections.abc import Awaitable, Callable, Iterator

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from api.schema.assembly import schema
from records.core.actor import Scope
from records.core.rights import SCOPE_RIGHTS, Right
from tests.api.support import BA_DINH, PHU_HUU, Ask
from tests.api.test_access import LINKS, RECORDS, ROOTS, VALUES
from tests.api.test_roles import one_of_each

_METRICS = """metrics(indicators: ["tips.received"], area: "30244", from: "2025-01", to: "2025-01",
                      period: MONTH)"""
_SUBMIT = 'submitTip(input: {title: "", category: "THEFT", area: "30244"})'
# Values, which have no id: what is asked, the rights that it takes, and of which record they are a part.
PATHS: dict[str, tuple[str, set[Right], str]] = {
    "TipCount": ("... on Group { tipCounts { %s } }", {Right.GROUPS_READ, Right.TIPS_READ}, "Group"),
    "TipOutcome": ("... on Tip { outcomes { %s } }", {Right.TIPS_READ}, "Tip"),
    "MetricSeries": (f"{_METRICS} {{ %s }}", {Right.METRICS_READ}, ""),
    "MetricPoint": (f"{_METRICS} {{ points {{ %s }} }}", {Right.METRICS_READ}, ""),
    "InputProblem": (f"{_SUBMIT} {{ problems {{ %s }} }}", {Right.TIPS_SUBMIT}, ""),
    "Export": ('startExport(input: {query: ""}) { export { %s } }', {Right.EXPORTS_RUN}, ""),
    "Viewer": ("viewer { %s }", set(), ""),
    "Credential": ("viewer { credential { %s } }", set(), ""),
    "Budget": ("viewer { budget { %s } }", set(), ""),
    "Count": ("groups { count { %s } }", {Right.GROUPS_READ}, ""),
    "MemberCount": ("... on Group { memberCounts { %s } }", {Right.GROUPS_READ}, "Group"),
    "MemberTotals": ('memberCounts(area: "30244") { %s }', {Right.GROUPS_READ}, ""),
    "EnquiryCount": ("enquiryCounts { %s }", {Right.FAQ_READ}, ""),
    "HandDownCount": ("... on Outline { handDownCounts { %s } }", {Right.OUTLINES_READ}, "Outline"),
    "Criterion": ("... on Scorecard { criteria { %s } }", {Right.REVIEWS_READ}, "Scorecard"),
    "ReviewPoint": ("... on Review { points { %s } }", {Right.REVIEWS_READ}, "Review"),
    "_Service": ("_service { %s }", set(), ""),
    "Change": ("changes(types: []) { changes { %s } }", {Right.CHANGES_READ}, ""),
    "ChangeFeed": ("changes(types: []) { %s }", {Right.CHANGES_READ}, ""),
    "PageInfo": ("groups { pageInfo { %s } }", {Right.GROUPS_READ}, ""),
}
for _root, _field in schema._schema.type_map["Query"].fields.items():  # type: ignore[attr-defined]
    _name, _connection, _ = get_named_type(_field.type).name.partition("Connection")
    if _connection:
        PATHS[f"{_name}Connection"] = (f"{_root}(first: 1) {{ %s }}", {RECORDS[_name][0]}, "")
        PATHS[f"{_name}Edge"] = (f"{_root}(first: 1) {{ edges {{ %s }} }}", {RECORDS[_name][0]}, "")
for _root, (_right, _query) in ROOTS["Mutation"].items():
    assert _right is not None
    _path = _query.removeprefix("mutation { ").rpartition("{")[0]
    PATHS[f"{_root[0].upper()}{_root[1:]}Payload"] = (f"{_path}{{ %s }}", {_right}, "")
KEYS = {
    "each alone": [{scope} for scope in Scope],
    "all but one": [set(Scope) - {scope} for scope in Scope],
}
Making = Callable[..., Awaitable[str]]


def together(name: str) -> Iterator[tuple[str, set[Right]]]:
    """The fields of a type, as they are selected: those that take no right of their own, then each other."""
    type_ = schema._schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    parts = {
        field: field if is_leaf_type(get_named_type(shown.type)) else f"{field} {{ __typename }}"
        for field, shown in type_.fields.items()
    }
    own = {field: LINKS[f"{name}.{field}"][0] for field in parts if f"{name}.{field}" in LINKS}
    yield " ".join(part for field, part in parts.items() if field not in own), set()
    yield from ((parts[field], {right}) for field, right in own.items())


def queries(ids: dict[str, str]) -> Iterator[tuple[str, set[Right], bool]]:
    """Queries for every field, the rights that each takes, and whether areas decide who sees what it asks."""
    for name in [*RECORDS, *PATHS]:
        path, rights, of = PATHS.get(name) or (f"... on {name} {{ %s }}", {RECORDS[name][0]}, name)
        kind = "mutation" if path.partition("(")[0] in ROOTS["Mutation"] else "query"
        whole = f"node(id: {ids[of]}) {{ {path} }}" if of else path
        for selected, more in together(name):
            yield f"{kind} {{ it: {whole % selected} }}", rights | more, bool(of) and RECORDS[of][1]


def test_schema_types_are_all_queried() -> None:
    assert set(PATHS) == set(VALUES)
    assert set(RECORDS) | set(PATHS) | set(ROOTS) == {
        name
        for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


@pytest.mark.parametrize("which", KEYS)
async def test_fields_are_shown_by_scope_and_area(
    ask: Ask, database: str, partner_key: Making, which: str
) -> None:
    ids = await one_of_each(database)
    for scopes in KEYS[which]:
        held = frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in scopes))
        here, there = [await partner_key(scopes=scopes, areas=(area,)) for area in (PHU_HUU, BA_DINH)]
        for query, rights, scoped in queries(ids):
            answer = await ask(query, key=here)
            codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
            assert codes == ([] if rights <= held else ["FORBIDDEN"]), (scopes, query)
            assert bool((answer["data"] or {}).get("it")) is (rights <= held), (scopes, query)
            if scoped and rights <= held:
                assert (await ask(query, key=there))["data"] == {"it": None}, (scopes, query)
