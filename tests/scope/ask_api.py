"""What a key finds over GraphQL."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx

from api.reads.node import global_id
from records.core.actor import Actor, Scope
from tests.scope.ask_metrics import figures_of, received, received_by_commune
from tests.scope.loading import change
from tests.scope.proof import Proof, Wrong
from tests.scope.world import WORDS, World, may_read

_GRAPHQL: Final = {
    "groups": (
        """query($code: [String!], $one: String!, $area: String, $search: String, $first: Int, $ids: [ID!]!) {
          all: groups(first: 1000, orderBy: CODE) { totalCount nodes { id tipCounts { count } } }
          back: groups(last: 1000, orderBy: NAME_DESC) { nodes { id } }
          page: groups(first: $first, orderBy: UPDATED_AT) { nodes { id } pageInfo { hasNextPage } }
          coded: groups(filter: {code: $code}) { totalCount nodes { id } }
          one: group(code: $one) { id }
          few: groups { count(upTo: 5) { value qualifier } }
          picked: groups(filter: {id: $ids}) { totalCount nodes { id } }
          placed: groups(first: 1000, filter: {area: $area}) { totalCount nodes { id } }
          found: groups(first: 1000, filter: {search: $search}) { totalCount nodes { id } }
          nodes(ids: $ids) { id } }"""
    ),
    "tips": (
        """query($code: [String!], $one: String!, $area: String, $search: String, $first: Int, $ids: [ID!]!,
                $group: [ID!], $groupCode: [String!]) {
          all: tips(first: 1000, orderBy: CODE) {
            totalCount nodes { id group { id tipCounts { count } } duplicateOf { id } } }
          back: tips(last: 1000, orderBy: UPDATED_AT_DESC) { nodes { id } }
          page: tips(first: $first, orderBy: RECEIVED_AT) { nodes { id } pageInfo { hasNextPage } }
          coded: tips(filter: {code: $code}) { totalCount nodes { id } }
          one: tip(code: $one) { id }
          few: tips { count(upTo: 5) { value qualifier } }
          picked: tips(filter: {id: $ids}) { totalCount nodes { id } }
          coming: tips(first: 1000, filter: {group: $groupCode}) { totalCount nodes { id } }
          placed: tips(first: 1000, filter: {area: $area}) { totalCount nodes { id } }
          found: tips(first: 1000, filter: {search: $search}) { totalCount nodes { id } }
          grouped: tips(first: 1000, filter: {groupId: $group}) { totalCount nodes { id } }
          nodes(ids: $ids) { id } }"""
    ),
    "figures": (
        """query($area: String, $first: Int, $ids: [ID!]!) {
          all: figures(first: 1000) { totalCount nodes { id } }
          page: figures(first: $first, orderBy: UPDATED_AT) { nodes { id } pageInfo { hasNextPage } }
          placed: figures(first: 1000, filter: {area: $area}) { totalCount nodes { id } }
          nodes(ids: $ids) { id } }"""
    ),
    "activities": (
        """query($area: String, $first: Int, $ids: [ID!]!) {
          all: activities(first: 1000) { totalCount nodes { id } }
          back: activities(last: 1000, orderBy: HELD_ON) { nodes { id } }
          page: activities(first: $first, orderBy: UPDATED_AT) { nodes { id } pageInfo { hasNextPage } }
          picked: activities(filter: {id: $ids}) { totalCount nodes { id } }
          placed: activities(first: 1000, filter: {area: $area}) { totalCount nodes { id } }
          nodes(ids: $ids) { id } }"""
    ),
}


Post = Callable[..., Awaitable[Any]]

_TIPS_OF_GROUPS: Final = "tipCounts { count }"
_METRICS: Final = """query($area: String!) {
  metrics(indicators: ["tips.received", "reported.tips"], area: $area, from: "2023-01", to: "2024-12",
          period: YEAR) { points { period value } } }"""
# A query that follows links from groups to tips and back needs both rights.
_NEEDED: Final = {
    "groups": {"groups", "tips"},
    "tips": {"groups", "tips"},
    "figures": {"figures"},
    "activities": {"activities"},
}
_BY_COMMUNE: Final = """query($area: String!) {
  metrics(indicators: ["tips.received"], area: $area, from: "2023-01", to: "2024-12", period: YEAR,
          by: COMMUNE) {
    area { code } points { period value } } }"""
_CHANGES: Final = """query($after: String) {
  changes(after: $after, types: [GROUP, TIP], first: 1000) { cursor changes { recordId deleted } } }"""
_FOLLOWED: Final = ("groups", "tips")
_TYPE: Final = {"groups": "Group", "tips": "Tip", "figures": "Figure", "activities": "Activity"}


async def ask(world: World, client: httpx.AsyncClient, key: str, who: Actor, proof: Proof) -> None:
    """What a partner's key finds over HTTP."""

    async def post(query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        return (await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"})).json()

    for noun, query in _GRAPHQL.items():
        given = _given(world, noun, proof)
        asked, links = query, noun in {"groups", "tips"}
        if not all(may_read(who, needed) for needed in _NEEDED[noun]):
            said = await post(query, **given)
            codes = {error["extensions"]["code"] for error in said.get("errors", ())}
            proof.same("api refused", (codes, said.get("data")), ({"FORBIDDEN"}, None), noun)
            if noun != "groups" or not may_read(who, "groups"):
                continue
            # Without the tips behind them the groups are told.
            asked, links = query.replace(_TIPS_OF_GROUPS, ""), False
        said = await post(asked, **given)
        if "errors" in said:
            raise Wrong(f"{noun}: {said['errors']}")
        _check_lists(world, who, noun, proof, given=given, data=said["data"])
        if links:
            _check_links(world, who, noun, said["data"]["all"]["nodes"], proof)
    await _ask_metrics(world, who, proof, post)
    await _ask_changes(world, who, proof, post)


async def _ask_metrics(world: World, who: Actor, proof: Proof, post: Post) -> None:
    if Scope.METRICS_READ in who.scopes:
        for land in proof.random.sample(list(world.lands.values()), 3):
            said = await post(_BY_COMMUNE, area=land.reference)
            found = {series["area"]["code"]: _sums(series) for series in said["data"]["metrics"]}
            wanted = await received_by_commune(world, who, land)
            codes = {world.lands[id_].code: sums for id_, sums in wanted.items()}
            proof.same("api metrics of communes", found, codes, land)
            said = await post(_METRICS, area=land.reference)
            if land.id not in world.reached(who):
                refused = {error["extensions"]["code"] for error in said.get("errors", ())}
                proof.same("api metrics elsewhere", (refused, said["data"]), ({"OUTSIDE_AREAS"}, None), land)
                continue
            counted, reported = said["data"]["metrics"]
            proof.same("api metrics", _sums(counted), received(world, who, land.id), land)
            told = sorted(point["period"] for point in reported["points"])
            proof.rows("api metrics of figures", told, figures_of(world, who, land.id), land)


def _sums(series: dict[str, Any]) -> dict[int, int]:
    return {int(point["period"]): int(point["value"] or 0) for point in series["points"]}


async def _ask_changes(world: World, who: Actor, proof: Proof, post: Post) -> None:
    """How things stand, and what is told of changes here and elsewhere that follow."""
    followed = all(may_read(who, noun) for noun in _FOLLOWED)
    if Scope.CHANGES_READ not in who.scopes or not followed:
        return
    here = {global_id(_TYPE[noun])(row.id): row for noun in _FOLLOWED for row in world.seen(who, noun)}
    said = await post(_CHANGES, after=None)
    standing = [entry["recordId"] for entry in said["data"]["changes"]["changes"] if not entry["deleted"]]
    proof.rows("api changes as things stand", standing, here, who.areas)
    after = said["data"]["changes"]["cursor"]
    changed = proof.random.sample([row for noun in _FOLLOWED for row in world.rows[noun]], 6)
    await change(changed)
    by_id = {global_id(_TYPE[noun])(row.id): row for noun in _FOLLOWED for row in world.rows[noun]}
    reachable = {id_ for id_, row in by_id.items() if row.area in world.reached(who)}
    # Of what was taken out before, that it is gone is told again.
    wanted = {global_id(_TYPE[row.noun])(row.id) for row in changed} & reachable
    told: set[str] = set()
    for _ in range(100):
        feed = (await post(_CHANGES, after=after))["data"]["changes"]
        told |= {entry["recordId"] for entry in feed["changes"]}
        after = feed["cursor"]
        if wanted <= told:
            break
        # A change is told when no older writer is at work, in whatever database of the server: where there
        # is one, what somebody before us changed is told here too.
        await asyncio.sleep(0.1)
    proof.rows("api changes elsewhere", told - reachable, [], who.areas)
    proof.rows("api changes here", wanted & told, wanted, who.areas)


def _given(world: World, noun: str, proof: Proof) -> dict[str, Any]:
    """Requested action: records at random, of which some lie elsewhere."""
    sample, group = proof.random.sample(world.rows[noun], 12), proof.random.choice(world.rows["groups"])
    given: dict[str, Any] = {
        "code": [row.code for row in sample],
        "area": proof.random.choice(list(world.lands.values())).reference,
        "search": proof.random.choice(WORDS),
        "first": proof.random.randint(1, 10),
        "ids": [global_id(_TYPE[noun])(row.id) for row in sample],
        "one": proof.random.choice(world.rows[noun]).code,
        "group": [global_id("Group")(group.id)],
        "groupCode": [group.code],
    }
    return {name: value for name, value in given.items() if f"${name}:" in _GRAPHQL[noun]}


def _check_lists(
    world: World, who: Actor, noun: str, proof: Proof, *, given: dict[str, Any], data: dict[str, Any]
) -> None:
    """Every list, its count, a page of it, and the records by id."""
    id_of, of_group = global_id(_TYPE[noun]), global_id("Group")
    rows, reached = world.seen(who, noun), world.reached(who)
    ids = {id_of(row.id) for row in rows}
    (below,) = [world.reach[land.id] for land in world.lands.values() if land.reference == given["area"]]
    groups = {of_group(group.id) for group in world.seen(who, "groups")} & set(given.get("group", ()))
    expected = {
        "all": ids,
        "back": ids,
        "coded": {id_of(row.id) for row in rows if row.code in given.get("code", ())},
        "placed": {id_of(row.id) for row in rows if row.area in below},
        "found": {id_of(row.id) for row in rows if row.word == given.get("search")},
        "grouped": {id_of(row.id) for row in rows if row.group and of_group(row.group) in groups},
        "picked": ids & set(given["ids"]),
    }
    expected["coming"] = expected["grouped"]
    for name, wanted in expected.items():
        if name in data:
            found = [node["id"] for node in data[name]["nodes"]]
            proof.rows(f"api {noun} {name}", found, wanted, who.areas, given)
            if "totalCount" in data[name]:
                proof.same(f"api {noun} {name} count", data[name]["totalCount"], len(wanted))
    if "one" in given:
        one = data["one"] and data["one"]["id"]
        by_code = {row.code: id_of(row.id) for row in rows}
        proof.same(f"api {noun} by code", one, by_code.get(given["one"]), given)
        few = {"value": min(5, len(ids)), "qualifier": "OVER" if len(ids) > 5 else "EXACT"}
        proof.same(f"api {noun} few", data["few"]["count"], few)
    page, first = [node["id"] for node in data["page"]["nodes"]], given["first"]
    proof.rows(f"api {noun} page", set(page) - ids, [], given)
    more = data["page"]["pageInfo"]["hasNextPage"]
    proof.same(f"api {noun} page's size", (len(page), more), (min(first, len(ids)), len(ids) > first))
    by_id = {id_of(row.id): row for row in world.rows[noun]}
    for id_, found in zip(given["ids"], data["nodes"], strict=True):
        row = by_id[id_]
        # A figure that was corrected is in no list, and still found by its id.
        there = row in rows or (row.superseded and row.area in reached and not row.removed)
        proof.same(f"api {noun} node", found is not None, there, row)


def _check_links(world: World, who: Actor, noun: str, nodes: list[dict[str, Any]], proof: Proof) -> None:
    """What stands behind the links of the records that were found."""
    group_ids = {row.id for row in world.seen(who, "groups")}
    seen = world.seen(who, "tips")
    by_id = {global_id("Tip")(row.id): row for row in seen}
    of_group = Counter(global_id("Group")(row.group) for row in seen if row.group)
    for node in nodes:
        if noun == "groups":
            counted = sum(part["count"] for part in node["tipCounts"])
            proof.same("api group tipCounts", counted, of_group[node["id"]])
            continue
        row = by_id[node["id"]]
        group = global_id("Group")(row.group) if row.group in group_ids else None
        proof.same("api tip group", node["group"] and node["group"]["id"], group)
        if node["group"]:
            counted = sum(part["count"] for part in node["group"]["tipCounts"])
            proof.same("api tip group tipCounts", counted, of_group[node["group"]["id"]])
        twin = next((other for other in seen if other.id == row.twin), None)
        proof.same(
            "api tip duplicateOf",
            node["duplicateOf"] and node["duplicateOf"]["id"],
            twin and global_id("Tip")(twin.id),
        )
