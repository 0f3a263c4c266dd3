"""Asks the service who may see what, in random worlds, and compares every answer with the oracle.

python -m tests.scope.proofs --checks 100000 --seed 1

One check is one answer to one actor: a list, a count, a search, a page, a record by its id, a series. It ends
with 1 at the first answer that differs from what the oracle says.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from secrets import randbelow
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
from tortoise.connection import get_connection

from api.node import global_id
from records import (
    activities,
    areas,
    cells,
    enquiries,
    figures,
    groups,
    history,
    metrics,
    partners,
    staff,
    tips,
)
from records.catalogue import category_id, indicator_id
from records.core import sealing
from records.core.actor import Actor, ActorKind, Role, Scope, system
from records.core.change import tell
from records.core.days import LOCAL
from records.core.errors import Denied, NotFound
from records.core.periods import Period
from records.core.rights import Right
from records.core.scope import reaches
from records.core.search import matching
from records.core.text import fold, sort_key
from records.database import embedded
from records.database.connect import DatabaseRole, connected, credentials, reader_pool
from records.database.migrate import migrate
from records.database.settings import Settings
from records.tables import (
    Activity,
    Area,
    AreaSuccession,
    Enquiry,
    Figure,
    Group,
    Organisation,
    Partner,
    PartnerArea,
    StaffArea,
    Tip,
)
from records.tables.activities import ActivityKind
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from records.tables.staff import Language
from records.tables.tips import Channel, TipStatus
from tests.scope.world import WORDS, Row, World, make_world, may_read, new_id

PASSWORD: Final = "chỉ dùng trong thử nghiệm"
VERBS: Final[dict[str, Callable[..., Any]]] = {
    "groups": groups.visible_to,
    "tips": tips.visible_to,
    "activities": activities.visible_to,
    "enquiries": enquiries.visible_to,
    "figures": figures.visible_to,
}
# What a world is made of; the rest of the database stays as it is.
_OF_A_WORLD: Final = (
    *("area_at", "area_reach", "area_successions", "staff_areas", "partner_areas", "tip_outcomes"),
    *("tip_events", "tips", "activities", "enquiries", "members", "figures", "organisations", "groups"),
    *("metric_cells", "metric_deltas", "areas"),
)
_STAFF_ROLES: Final = (Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST)
_GRAPHQL: Final = {
    "groups": (
        """query($code: [String!], $area: String, $search: String, $first: Int, $ids: [ID!]!) {
          all: groups(first: 1000, orderBy: CODE) { totalCount nodes { id tipCounts { count } } }
          back: groups(last: 1000, orderBy: NAME_DESC) { nodes { id } }
          page: groups(first: $first, orderBy: UPDATED_AT) { nodes { id } pageInfo { hasNextPage } }
          coded: groups(filter: {code: $code}) { totalCount nodes { id } }
          placed: groups(first: 1000, filter: {area: $area}) { totalCount nodes { id } }
          found: groups(first: 1000, filter: {search: $search}) { totalCount nodes { id } }
          nodes(ids: $ids) { id } }"""
    ),
    "tips": (
        """query($code: [String!], $area: String, $search: String, $first: Int, $ids: [ID!]!, $group: [ID!]) {
          all: tips(first: 1000, orderBy: CODE) {
            totalCount nodes { id group { id tipCounts { count } } duplicateOf { id } } }
          back: tips(last: 1000, orderBy: UPDATED_AT_DESC) { nodes { id } }
          page: tips(first: $first, orderBy: RECEIVED_AT) { nodes { id } pageInfo { hasNextPage } }
          coded: tips(filter: {code: $code}) { totalCount nodes { id } }
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
}
_TYPE: Final = {"groups": "Group", "tips": "Tip", "figures": "Figure"}


class Wrong(AssertionError):
    """The service said something else than the oracle."""


@dataclass
class Proof:
    """The checks that were made so far."""

    most: int
    random: Random
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> bool:
        """Whether there were enough."""
        return self.kinds.total() >= self.most

    def same(self, kind: str, found: object, expected: object, *about: object) -> None:
        """One check."""
        self.kinds[kind] += 1
        if found != expected:
            raise Wrong(f"{kind} {about}: found {found!r}, expected {expected!r}")


async def prove(url: str, proof: Proof) -> None:
    """Makes worlds in the database `url` and asks about them until there were enough checks."""
    async with _service(url) as (client, owner):
        people = await _people(client)
        keys = await _keys()
        while not proof.done:
            world = make_world(proof.random)
            await _load(world, owner, people, keys, proof.random)
            for kind in (ActorKind.STAFF, ActorKind.PARTNER):
                for _ in range(6):
                    await _ask_records(world, _anyone(world, kind, proof.random), proof)
            for key, partner_id in keys:
                await _ask_api(world, client, key, await _partner(partner_id, world, proof.random), proof)
            for cookie, role, staff_id in people:
                who = await _employ(staff_id, role, world, proof.random)
                await _ask_admin(world, client, cookie, who, proof)


@asynccontextmanager
async def _service(url: str) -> "AsyncIterator[tuple[httpx.AsyncClient, asyncpg.Connection[Any]]]":
    from server import create_app

    async with AsyncExitStack() as stack:
        key_file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "keys.json"
        sealing.ensure_keyring(key_file)
        sealing.use(key_file)
        await stack.enter_async_context(connected(url))
        app = create_app(Settings(Path("var"), "127.0.0.1", 8000).at(url))
        app.state.reader = await stack.enter_async_context(await reader_pool(url))
        transport = httpx.ASGITransport(app)
        base = "http://127.0.0.1:8000"
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=base))
        given = credentials(url, DatabaseRole.OWNER)
        for name in ("minsize", "maxsize", "server_settings"):
            del given[name]
        owner = await asyncpg.connect(**given)
        stack.push_async_callback(owner.close)
        yield client, owner


async def _people(client: httpx.AsyncClient) -> list[tuple[str, Role, UUID]]:
    """One staff member of each role that may read anything, signed in: the cookie, the role, the id."""
    area = await Area.all().order_by("id").first()
    assert area is not None
    found = []
    for role in _STAFF_ROLES:
        row = await staff.create(
            username=f"mau-{role.value.lower()}",
            name="Cán bộ mẫu",
            password=PASSWORD,
            role=role,
            areas=[area.id],
            language=Language.EN,
            by=system("proofs"),
        )
        answer = await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        client.cookies.clear()
        found.append((cookie, role, row.id))
    return found


async def _keys() -> list[tuple[str, UUID]]:
    area = await Area.all().order_by("id").first()
    assert area is not None
    found = []
    for number in range(6):
        row = await partners.create(
            name=f"Đối tác mẫu {number}", scopes=set(Scope), areas=[area.id], by=system("proofs")
        )
        found.append((await partners.issue_key(row.id, by=system("proofs")), row.id))
    return found


async def _load(
    world: World,
    owner: "asyncpg.Connection[Any]",
    people: Sequence[tuple[str, Role, UUID]],
    keys: Sequence[tuple[str, UUID]],
    random: Random,
) -> None:
    """The world, in the place of the one before it."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        for table in _OF_A_WORLD:
            await owner.execute(f"DELETE FROM {table}")
    # A parent comes before what lies in it.
    await areas.add(
        [
            Area(
                id=land.id,
                code=land.code,
                valid_from=land.since,
                valid_to=land.until,
                name=f"{land.kind.title()} {land.code}",
                name_key=sort_key(land.code),
                folded=fold(land.code),
                kind=AreaKind(land.kind),
                parent_id=land.parent,
            )
            for land in world.lands.values()
        ],
        [
            AreaSuccession(old_id=link.old, new_id=link.new, whole=link.whole, effective_on=link.on)
            for link in world.links
        ],
    )
    place = next(iter(world.lands))
    office = await Organisation.create(
        name="Đơn vị mẫu", folded="don vi mau", kind=OrganisationKind.POLICE, area_id=place
    )
    await Group.bulk_create([_group(row) for row in world.rows["groups"]])
    for twins in (False, True):
        await Tip.bulk_create([_tip(row) for row in world.rows["tips"] if (row.twin is not None) is twins])
    await Activity.bulk_create([_activity(row) for row in world.rows["activities"]])
    await Enquiry.bulk_create([_enquiry(row) for row in world.rows["enquiries"]])
    for twins in (False, True):
        rows = [row for row in world.rows["figures"] if (row.twin is not None) is twins]
        await Figure.bulk_create([_figure(row, office.id) for row in rows])
    for noun, row in [("group", row) for row in world.rows["groups"][:6]] + [
        ("tip", row) for row in world.rows["tips"][:6]
    ]:
        kept = await (Group if noun == "group" else Tip).get(id=row.id)
        about = groups.NOUN if noun == "group" else tips.NOUN
        told: dict[str, Any] = {"code": row.code}
        await tell(about, kept, by=system("proofs"), action=Right.GROUPS_EDIT, before=None, after=told)
    await cells.rebuild()
    for _cookie, role, staff_id in people:
        await _employ(staff_id, role, world, random)


def _kept(row: Row) -> dict[str, Any]:
    gone = datetime(2025, 1, 1, tzinfo=UTC) if row.removed else None
    return {"id": row.id, "area_id": row.area, "deleted_at": gone}


def _group(row: Row) -> Group:
    name = f"Tổ {row.word} {row.code}"
    return Group(
        **_kept(row),
        code=row.code,
        name=name,
        name_key=sort_key(name),
        folded=fold(name),
        kind=GroupKind.SELF_GOVERNING,
        founded_on=date(2010, 1, 1),
    )


def _tip(row: Row) -> Tip:
    return Tip(
        **_kept(row),
        code=row.code,
        title=f"Tin {row.word} {row.code}",
        folded=fold(f"Tin {row.word} {row.code}"),
        category_id=category_id("THEFT"),
        channel=Channel.ZALO,
        group_id=row.group,
        received_at=row.moment,
        status=TipStatus.DUPLICATE if row.twin else TipStatus.RECEIVED,
        closed_at=row.moment if row.twin else None,
        duplicate_of_id=row.twin,
    )


def _activity(row: Row) -> Activity:
    return Activity(
        **_kept(row),
        kind=ActivityKind.QUARTERLY_MEETING,
        group_id=row.group,
        held_on=row.moment.date(),
        attendance=10,
    )


def _enquiry(row: Row) -> Enquiry:
    return Enquiry(
        **_kept(row),
        channel=Channel.ZALO,
        topic="Thủ tục",
        question=row.word,
        folded=fold(row.word),
        asked_at=row.moment,
    )


def _figure(row: Row, office: UUID) -> Figure:
    return Figure(
        **_kept(row),
        indicator_id=indicator_id("reported.tips"),
        organisation_id=office,
        period_text=row.code,
        value=Decimal(7),
        qualifier=Qualifier.EXACT,
        source_text=row.code,
        source_name="Nguồn mẫu",
        supersedes_id=row.twin,
    )


def _some_areas(world: World, random: Random) -> frozenset[UUID]:
    # Mostly small areas: whoever sees all proves little.
    weights = [
        {"PROVINCE": 1, "DISTRICT": 4, "COMMUNE": 4, "HAMLET": 1}[a.kind] for a in world.lands.values()
    ]
    return frozenset(random.choices(list(world.lands), weights, k=random.choice([1, 1, 2, 3])))


def _anyone(world: World, kind: ActorKind, random: Random) -> Actor:
    role = random.choice(list(Role)) if kind is ActorKind.STAFF else None
    scopes = (
        frozenset(scope for scope in Scope if random.random() < 0.6) if role is None else frozenset[Scope]()
    )
    where = _some_areas(world, random) if random.random() < 0.95 else frozenset[UUID]()
    return Actor(kind, new_id(random), "Người mẫu", role=role, scopes=scopes, areas=where)


async def _employ(staff_id: UUID, role: Role, world: World, random: Random) -> Actor:
    where = _some_areas(world, random)
    await StaffArea.filter(staff_id=staff_id).delete()
    await StaffArea.bulk_create([StaffArea(staff_id=staff_id, area_id=area) for area in where])
    return Actor(ActorKind.STAFF, staff_id, "Cán bộ mẫu", role=role, areas=where)


async def _partner(partner_id: UUID, world: World, random: Random) -> Actor:
    where = _some_areas(world, random)
    scopes = frozenset(scope for scope in Scope if random.random() < 0.75)
    await PartnerArea.filter(partner_id=partner_id).delete()
    await PartnerArea.bulk_create([PartnerArea(partner_id=partner_id, area_id=area) for area in where])
    await Partner.filter(id=partner_id).update(scopes=sorted(scope.value for scope in scopes))
    return Actor(ActorKind.PARTNER, partner_id, "Đối tác mẫu", scopes=scopes, areas=where)


async def _ask_records(world: World, who: Actor, proof: Proof) -> None:
    """What the rules let `who` find."""
    reached = world.reached(who)
    for area in world.lands:
        proof.same("reaches", await reaches(who, area), area in reached, area)
    for noun, visible in VERBS.items():
        if not may_read(who, noun):
            proof.same("denied", await _is_denied(visible, who), True, noun, who.role, who.scopes)
            continue
        expected = {row.id for row in world.seen(who, noun)}
        rows = await visible(who)
        proof.same(f"{noun}.visible_to", {row.id for row in rows}, expected, who.areas)
        proof.same(f"{noun}.count", await visible(who).count(), len(expected))
        for row in proof.random.sample(world.rows[noun], 8):
            found = await visible(who).get_or_none(id=row.id)
            proof.same(f"{noun}.by id", found is not None, row.id in expected, row)
    if may_read(who, "groups"):
        gone = {row.id for row in world.seen(who, "groups", removed=True)}
        rows = await groups.visible_to(who, removed=True)
        proof.same("groups removed", {row.id for row in rows}, gone)
    for noun in ("groups", "tips"):
        if may_read(who, noun):
            word = proof.random.choice(WORDS)
            rows = await matching(VERBS[noun](who), word)
            expected = {row.id for row in world.seen(who, noun) if row.word == word}
            proof.same(f"{noun}.search", {row.id for row in rows}, expected)
    if may_read(who, "tips"):
        for row in proof.random.sample(world.rows["tips"], 4):
            there = row in world.seen(who, "tips")
            proof.same("tips.events", await _is_there(tips.events(who, row.id)), there)
            proof.same("tips.outcomes", await _is_there(tips.outcomes(who, row.id)), there)
    if who.role in {Role.COMMANDER, Role.OFFICER, Role.AUDITOR}:
        for row in proof.random.sample(world.rows["tips"][:6] + world.rows["groups"][:6], 4):
            told = await history.of_row(who, row.id)
            proof.same("history", bool(told), row.area in reached, row)
    await _ask_metrics(world, who, proof)


async def _ask_metrics(world: World, who: Actor, proof: Proof) -> None:
    may_ask = Scope.METRICS_READ in who.scopes or who.role in {
        *(Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST),
    }
    reached = world.reached(who)
    if not may_ask or not reached:
        return
    for place in proof.random.sample(sorted(reached), min(3, len(reached))):
        question = metrics.Question(
            indicators=["tips.received"],
            area=await Area.get(id=place),
            start=date(2023, 1, 1),
            end=date(2024, 12, 1),
            period=Period.YEAR,
        )
        (found,) = await metrics.series(who, question, _fetch)
        expected = Counter(
            (row.moment.astimezone(LOCAL)).year
            for row in world.rows["tips"]
            if row.area in reached & world.reach[place] and not row.removed and row.twin is None
        )
        sums = {point.start.year: int(point.value or 0) for point in found.points if point.start}
        proof.same("metrics", sums, {2023: expected[2023], 2024: expected[2024]}, place)


async def _ask_api(world: World, client: httpx.AsyncClient, key: str, who: Actor, proof: Proof) -> None:
    """What a partner's key finds over HTTP."""
    for noun, query in _GRAPHQL.items():
        type_ = _TYPE[noun]
        id_of = global_id(type_)
        sample = proof.random.sample(world.rows[noun], 12)
        land = proof.random.choice(list(world.lands.values()))
        group = proof.random.choice(world.rows["groups"])
        word, first = proof.random.choice(WORDS), proof.random.randint(1, 10)
        given = {
            "code": [row.code for row in sample],
            "area": land.reference,
            "search": word,
            "first": first,
            "ids": [id_of(row.id) for row in sample],
            "group": [global_id("Group")(group.id)],
        }
        body = {"query": query, "variables": {k: v for k, v in given.items() if f"${k}:" in query}}
        answer = await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"})
        # These queries follow links from groups to tips and back.
        needed = {Scope.METRICS_READ} if noun == "figures" else {Scope.GROUPS_READ, Scope.TIPS_READ}
        if not needed <= who.scopes:
            codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
            proof.same("api refused", (codes, answer.json().get("data")), ({"FORBIDDEN"}, None), noun)
            continue
        said = answer.json()
        if "errors" in said:
            raise Wrong(f"{noun}: {said['errors']}")
        data, rows = said["data"], world.seen(who, noun)
        ids = {id_of(row.id) for row in rows}
        below, reached = world.reach[land.id], world.reached(who)
        expected = {
            "all": ids,
            "back": ids,
            "coded": {id_of(row.id) for row in rows if row in sample},
            "placed": {id_of(row.id) for row in rows if row.area in below},
            "found": {id_of(row.id) for row in rows if row.word == word},
            "grouped": {
                id_of(row.id) for row in rows if row.group == group.id and group in world.seen(who, "groups")
            },
        }
        for name, wanted in expected.items():
            if name in data:
                found = {node["id"] for node in data[name]["nodes"]}
                proof.same(f"api {noun} {name}", found, wanted, who.areas, given)
                if "totalCount" in data[name]:
                    proof.same(f"api {noun} {name} count", data[name]["totalCount"], len(wanted))
        page = data["page"]
        proof.same(
            f"api {noun} page",
            (
                len(page["nodes"]),
                {node["id"] for node in page["nodes"]} <= ids,
                page["pageInfo"]["hasNextPage"],
            ),
            (min(first, len(ids)), True, len(ids) > first),
        )
        for row, found in zip(sample, data["nodes"], strict=True):
            # A figure that was corrected is in no list, and still found by its id.
            there = row in rows or (row.superseded and row.area in reached and not row.removed)
            proof.same(f"api {noun} node", found is not None, there, row)
        if noun in {"groups", "tips"}:
            _check_links(world, who, noun, data["all"]["nodes"], proof)


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


async def _ask_admin(world: World, client: httpx.AsyncClient, cookie: str, who: Actor, proof: Proof) -> None:
    """What the pages show a staff member."""
    headers = {"Cookie": cookie}

    async def get(path: str, **query: str) -> httpx.Response:
        return await client.get(path, params=query or None, headers=headers)

    for noun in ("groups", "tips"):
        rows = world.seen(who, noun)
        if not may_read(who, noun):
            proof.same("admin refused", (await get(f"/admin/{noun}")).status_code, 403, noun, who.role)
            continue
        word, land = proof.random.choice(WORDS), proof.random.choice(list(world.lands.values()))
        for kind, query, wanted in (
            ("list", {}, rows),
            ("search", {"q": word}, [row for row in rows if row.word == word]),
            ("area", {"area": land.reference}, [row for row in rows if row.area in world.reach[land.id]]),
            ("code", {"q": rows[0].code if rows else "none"}, rows[:1]),
        ):
            found: set[str] = set()
            path: str | None = f"/admin/{noun}?{httpx.QueryParams(query)}"
            while path:
                text = (await get(path)).text
                found |= set(re.findall(rf'href="/admin/{noun}/([0-9a-f-]{{36}})"', text))
                after = re.search(r'href="([^"]*[?&;]after=[^"]*)"', text)
                path = after[1].replace("&amp;", "&") if after else None
            proof.same(f"admin {noun} {kind}", found, {str(row.id) for row in wanted}, who.areas, query)
        others = {row.code for other in ("groups", "tips") for row in world.rows[other]}
        mine = {row.code for other in ("groups", "tips") for row in world.seen(who, other)}
        for row in proof.random.sample(world.rows[noun], 6):
            answer = await get(f"/admin/{noun}/{row.id}")
            here = row in rows
            if row.removed and noun == "groups" and who.role in {Role.ADMINISTRATOR, Role.COMMANDER}:
                here = row in world.seen(who, noun, removed=True)
            proof.same(f"admin {noun} page", answer.status_code, 200 if here else 404, row, who)
            named = {code for code in others - mine - {row.code} if code in answer.text}
            proof.same(f"admin {noun} page names", named, set(), row, who)
            form = await get(f"/admin/{noun}/{row.id}/edit")
            named = {code for code in others - mine - {row.code} if code in form.text}
            proof.same(f"admin {noun} form names", named, set(), row, who)
    if may_read(who, "groups"):
        word = proof.random.choice(WORDS)
        text = (await get("/admin/groups/choices", field="group", group=word)).text
        foreign = {row.code for row in world.rows["groups"]} - {row.code for row in world.seen(who, "groups")}
        proof.same("admin choices", {code for code in foreign if code in text}, set())


async def _is_denied(visible: Callable[..., Any], who: Actor) -> bool:
    try:
        visible(who)
    except Denied:
        return True
    return False


async def _is_there(asked: Awaitable[object]) -> bool:
    try:
        await asked
    except NotFound:
        return False
    return True


async def _fetch(sql: str, values: Sequence[Any]) -> Any:
    return await get_connection("default").execute_query_dict(sql, list(values))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--url", default=os.environ.get("PROOFS_DATABASE_URL"))
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else randbelow(10**9)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    proof = Proof(given.checks, Random(seed))  # noqa: S311 - a seed gives the same worlds again
    try:
        if given.url:
            asyncio.run(prove(given.url, proof))
        else:
            with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), fast=True) as url:
                asyncio.run(_migrated(url, proof))
    except Wrong as wrong:
        sys.exit(f"after {proof.kinds.total()} checks: {wrong}")
    for kind, count in sorted(proof.kinds.items()):
        sys.stdout.write(f"{count:8d}  {kind}\n")
    sys.stdout.write(f"{proof.kinds.total():8d}  checks, no difference\n")


async def _migrated(url: str, proof: Proof) -> None:
    await migrate(url)
    await prove(url, proof)


if __name__ == "__main__":
    main()
