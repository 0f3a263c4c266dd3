"""Every field of the schema, for each scope alone and for all but it, in one's area and elsewhere.

What each needs follows from the tables of test_access.py, in which every field of the schema stands. That
lists and counts hold nothing from elsewhere is for test_elsewhere.py.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final, NamedTuple

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
AT_ONCE: Final = 10
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


class Asked(NamedTuple):
    """What is asked, the rights that it takes, of which record it is a part, and whether areas decide."""

    kind: str
    text: str
    rights: set[Right]
    of: str
    scoped: bool


def queries(ids: dict[str, str]) -> Iterator[Asked]:
    """What asks for every field."""
    for name in [*RECORDS, *PATHS]:
        path, rights, of = PATHS.get(name) or (f"... on {name} {{ %s }}", {RECORDS[name][0]}, name)
        kind = "mutation" if path.partition("(")[0] in ROOTS["Mutation"] else "query"
        whole = f"node(id: {ids[of]}) {{ {path} }}" if of else path
        for selected, more in together(name):
            yield Asked(kind, whole % selected, rights | more, of, bool(of) and RECORDS[of][1])


def test_schema_types_are_all_queried() -> None:
    assert set(PATHS) == set(VALUES)
    assert set(RECORDS) | set(PATHS) | set(ROOTS) == {
        name
        for name, type_ in schema._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


async def told(ask: Ask, key: str, asked: list[Asked]) -> list[tuple[list[str], bool]]:
    """The codes of the errors of each, and whether there is an answer; all are asked at once."""
    answer = await ask(
        f"{asked[0].kind} {{ {' '.join(f'it{number}: {one.text}' for number, one in enumerate(asked))} }}",
        key=key,
    )
    codes: dict[str, list[str]] = {}
    for error in answer.get("errors", []):
        codes.setdefault(error["path"][0], []).append(error["extensions"]["code"])
    data = answer["data"] or {}
    return [(codes.get(f"it{number}", []), bool(data.get(f"it{number}"))) for number in range(len(asked))]


def batches(asked: Iterable[Asked], held: frozenset[Right]) -> Iterator[list[Asked]]:
    """What can be asked at once: without its right, a root field takes the answers of all others with it."""
    together: list[Asked] = []
    for one in asked:
        if one.kind == "query" and (one.of or one.rights <= held):
            together.append(one)
        else:
            yield [one]
    yield from (together[start : start + AT_ONCE] for start in range(0, len(together), AT_ONCE))


@pytest.mark.parametrize("which", KEYS)
async def test_fields_are_shown_by_scope_and_area(
    ask: Ask, database: str, partner_key: Making, which: str
) -> None:
    ids = await one_of_each(database)
    for scopes in KEYS[which]:
        held = frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in scopes))
        here, there = [await partner_key(scopes=scopes, areas=(area,)) for area in (PHU_HUU, BA_DINH)]
        for batch in batches(queries(ids), held):
            for one, answer in zip(batch, await told(ask, here, batch), strict=True):
                expected = ([], True) if one.rights <= held else (["FORBIDDEN"], False)
                assert answer == expected, (scopes, one)
            if scoped := [one for one in batch if one.scoped and one.rights <= held]:
                assert await told(ask, there, scoped) == [([], False)] * len(scoped), (scopes, scoped)
