"""Random lands with a history, random records in them, and who may see what: told in plain Python.

Nothing here asks the service: what reach means is written anew, from docs/explanation/areas.md
and from the land itself.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from records.core.actor import Actor, ActorKind, Role, Scope

FIRST, SECOND, THIRD = date(2004, 7, 8), date(2015, 1, 1), date(2025, 7, 1)
WORDS: Final = ("Bưởi", "Sen", "Đước", "Tràm", "Ổi")
_KINDS: Final = ("PROVINCE", "DISTRICT", "COMMUNE", "HAMLET")

# Who may read a noun: written out once more, so that a change of the rule is noticed here.
STAFF_READ: Final[dict[str, frozenset[Role]]] = {
    "members": frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT}),
    "requests": frozenset({Role.CUSTODIAN, Role.AUDITOR}),
    "groups": frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}),
    "tips": frozenset({Role.COMMANDER, Role.OFFICER, Role.ANALYST}),
    "activities": frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}),
    "enquiries": frozenset({Role.COMMANDER, Role.OFFICER, Role.ANALYST}),
    "figures": frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}),
    "reviews": frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}),
}
PARTNER_READ: Final[dict[str, frozenset[Scope]]] = {
    "members": frozenset(),
    "requests": frozenset(),
    "groups": frozenset({Scope.GROUPS_READ}),
    "tips": frozenset({Scope.TIPS_READ, Scope.TIPS_WORK}),
    "activities": frozenset({Scope.ACTIVITIES_READ, Scope.ACTIVITIES_WRITE}),
    "enquiries": frozenset({Scope.ENQUIRIES_WRITE}),
    "figures": frozenset({Scope.METRICS_READ}),
    "reviews": frozenset({Scope.REVIEWS_READ}),
}


@dataclass
class Land:
    """An area version; `atoms` are the pieces of ground that it covers."""

    id: UUID
    code: str
    kind: str
    since: date
    parent: UUID | None
    atoms: frozenset[int]
    until: date | None = None

    @property
    def reference(self) -> str:
        """How a request names exactly this area."""
        return f"{self.code}@{self.since}"


@dataclass
class Link:
    """`new` took over all (`whole`) or a part of `old`."""

    old: UUID
    new: UUID
    whole: bool
    on: date


@dataclass
class Row:
    """A record, as far as it matters who sees it."""

    id: UUID
    noun: str
    area: UUID
    code: str = ""
    word: str = ""
    removed: bool = False
    group: UUID | None = None
    twin: UUID | None = None
    moment: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    superseded: bool = False
    # Somebody gave it who is named: it is kept for a while only.
    named: bool = False
    # Partners see what is signed.
    signed: bool = True


@dataclass
class World:
    """Areas with their history, the records in them, and who reaches what."""

    lands: dict[UUID, Land]
    links: list[Link]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    reach: dict[UUID, frozenset[UUID]] = field(default_factory=dict)

    def reached(self, actor: Actor) -> frozenset[UUID]:
        """Every area in which `actor` may see something."""
        if actor.areas is None:
            return frozenset(self.lands)
        return frozenset().union(*(self.reach[area] for area in actor.areas))

    def seen(self, actor: Actor, noun: str, *, removed: bool = False) -> list[Row]:
        """The rows of a noun that `actor` must find, and no others."""
        if not may_read(actor, noun):
            return []
        reached, staff = self.reached(actor), actor.kind is ActorKind.STAFF
        return [
            row
            for row in self.rows[noun]
            if row.area in reached and row.removed is removed and not row.superseded and (row.signed or staff)
        ]


def may_read(actor: Actor, noun: str) -> bool:
    """Whether `actor` may read the noun anywhere."""
    if actor.kind is ActorKind.STAFF:
        return actor.role in STAFF_READ[noun]
    return bool(actor.scopes & PARTNER_READ[noun])


def new_id(random: Random) -> UUID:
    """An id that the seed gives."""
    return UUID(int=random.getrandbits(128), version=4)


def make_world(random: Random) -> World:
    """A land that was reorganised twice, with records in areas of every age."""
    world = World({}, [])
    _found(world, random)
    _reorganise_some(world, random)
    _reorganise_all(world, random)
    world.reach = {id_: _reach(world, id_) for id_ in world.lands}
    _check_against_the_ground(world)
    _record(world, random)
    return world


def _add(world: World, land: Land) -> Land:
    world.lands[land.id] = land
    return land


def _found(world: World, random: Random) -> None:
    ground = iter(range(10_000))
    number = iter(range(10_000, 99_999))
    for province_code in ("91", "92"):
        plan = [[random.randint(2, 4) for _ in range(random.randint(2, 3))] for _ in range(2)]
        atoms = [[frozenset(next(ground) for _ in range(size)) for size in sizes] for sizes in plan]
        whole = frozenset[int]().union(*(commune for district in atoms for commune in district))
        province = _add(world, Land(new_id(random), province_code, "PROVINCE", FIRST, None, whole))
        for communes in atoms:
            ground_of_all = frozenset[int]().union(*communes)
            district = _add(
                world,
                Land(new_id(random), str(next(number)), "DISTRICT", FIRST, province.id, ground_of_all),
            )
            for commune in communes:
                here = _add(
                    world, Land(new_id(random), str(next(number)), "COMMUNE", FIRST, district.id, commune)
                )
                if random.random() < 0.4:
                    pieces = sorted(commune)
                    for piece in (pieces[:1], pieces[1:]):
                        code = str(next(number))
                        _add(world, Land(new_id(random), code, "HAMLET", FIRST, here.id, frozenset(piece)))


def _alive(world: World, kind: str) -> list[Land]:
    return [land for land in world.lands.values() if land.kind == kind and land.until is None]


def _reorganise(world: World, random: Random, olds: list[Land], parent: Land, day: date) -> None:
    """The communes `olds` end; their ground goes to new ones below `parent`, wholly or in two parts."""
    targets = max(1, len(olds) - random.randint(0, 2))
    shares: list[dict[UUID, frozenset[int]]] = [{} for _ in range(targets)]
    for index, old in enumerate(olds):
        pieces = sorted(old.atoms)
        into = [index] if index < targets else [random.randrange(targets)]
        if targets > 1 and len(pieces) > 1 and random.random() < 0.35:
            into.append((into[0] + 1) % targets)
            cut = random.randint(1, len(pieces) - 1)
            shares[into[0]][old.id] = frozenset(pieces[:cut])
            shares[into[1]][old.id] = frozenset(pieces[cut:])
        else:
            shares[into[0]][old.id] = old.atoms
    for old in olds:
        old.until = day
        for hamlet in world.lands.values():
            if hamlet.parent == old.id and hamlet.until is None:
                hamlet.until = day
    taken: set[str] = set()
    for share in shares:
        # Codes are used again, so that only the day tells which area is meant.
        codes = [code for old in share if (code := world.lands[old].code) not in taken]
        code = random.choice(codes) if codes and random.random() < 0.7 else str(10**6 + len(world.lands))
        taken.add(code)
        atoms = frozenset[int]().union(*share.values())
        new = _add(world, Land(new_id(random), code, "COMMUNE", day, parent.id, atoms))
        for id_, part in share.items():
            whole = part == world.lands[id_].atoms
            world.links.append(Link(id_, new.id, whole, day))
            if whole:
                _keep_hamlets(world, random, id_, new, day)


def _keep_hamlets(world: World, random: Random, old: UUID, new: Land, day: date) -> None:
    """Some hamlets get a successor in the new commune; what became of the others nobody wrote down."""
    for hamlet in [land for land in world.lands.values() if land.parent == old and land.until == day]:
        if random.random() < 0.5:
            code = str(2 * 10**6 + len(world.lands))
            heir = _add(world, Land(new_id(random), code, "HAMLET", day, new.id, hamlet.atoms))
            world.links.append(Link(hamlet.id, heir.id, True, day))


def _reorganise_some(world: World, random: Random) -> None:
    for district in _alive(world, "DISTRICT"):
        communes = [land for land in _alive(world, "COMMUNE") if land.parent == district.id]
        if random.random() < 0.6:
            chosen = random.sample(communes, 2)
            _reorganise(world, random, chosen, district, SECOND)


def _reorganise_all(world: World, random: Random) -> None:
    """The districts end without successor; sometimes the provinces become one."""
    olds = _alive(world, "COMMUNE")
    provinces = _alive(world, "PROVINCE")
    districts = {district.id: district for district in _alive(world, "DISTRICT")}
    home = {old.id: districts[old.parent].parent for old in olds if old.parent}
    for district in districts.values():
        district.until = THIRD
    if random.random() < 0.5:
        ground = provinces[0].atoms | provinces[1].atoms
        one = _add(world, Land(new_id(random), "92", "PROVINCE", THIRD, None, ground))
        for province in provinces:
            province.until = THIRD
            world.links.append(Link(province.id, one.id, True, THIRD))
        random.shuffle(olds)
        for start in range(0, len(olds), 4):
            _reorganise(world, random, olds[start : start + 4], one, THIRD)
    else:
        for province in provinces:
            _reorganise(world, random, [old for old in olds if home[old.id] == province.id], province, THIRD)


def _reach(world: World, start: UUID) -> frozenset[UUID]:
    """The smallest set of docs/explanation/areas.md, by going over everything until nothing more joins."""
    members: set[UUID] = {start}
    while True:
        more = set()
        for land in world.lands.values():
            after = {link.new for link in world.links if link.old == land.id}
            before = {link.old for link in world.links if link.new == land.id}
            if (
                land.parent in members or (after and after <= members) or (before and before <= members)
            ) and land.id not in members:
                more.add(land.id)
        if not more:
            return frozenset(members)
        members |= more


def _check_against_the_ground(world: World) -> None:
    """Nobody reaches ground that is not theirs: the rule on names must agree with the ground itself."""
    for id_, reached in world.reach.items():
        for area in reached:
            assert world.lands[area].atoms <= world.lands[id_].atoms, "the oracle contradicts the ground"


def _record(world: World, random: Random) -> None:
    places = [land.id for land in world.lands.values() if land.kind in {"COMMUNE", "HAMLET"}]
    mark = f"{random.getrandbits(32):08x}"

    def rows(noun: str, count: int, prefix: str) -> list[Row]:
        return [
            Row(
                new_id(random),
                noun,
                random.choice(places),
                code=f"{prefix}-{mark}-{number:03d}"[-20:].upper(),
                word=random.choice(WORDS),
                removed=random.random() < 0.15,
                moment=datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=random.randrange(24 * 700)),
            )
            for number in range(count)
        ]

    groups = rows("groups", 24, "G")
    tips = rows("tips", 48, "T")
    for tip in tips:
        tip.named = random.random() < 0.5
        tip.group = random.choice([None, *[group.id for group in groups]])
    for tip in tips[36:]:
        tip.twin = random.choice(tips[:36]).id
    members = rows("members", 24, "M")
    for member in members:
        home = random.choice(groups)
        member.group, member.area = home.id, home.area
    requests = rows("requests", 16, "R")
    for request in requests:
        about = random.choice(tips)
        request.twin, request.area, request.removed = about.id, about.area, False
    activities = rows("activities", 16, "A")
    for activity in activities:
        activity.group = random.choice(groups).id
    reviews = rows("reviews", 16, "V")
    for review in reviews:
        review.group, review.signed = random.choice(groups).id, random.random() < 0.5
    figures = rows("figures", 16, "F")
    for old, new in zip(figures[:4], figures[4:8], strict=True):
        old.superseded, new.twin = True, old.id
    world.rows = {
        "groups": groups,
        "members": members,
        "tips": tips,
        "requests": requests,
        "activities": activities,
        "enquiries": rows("enquiries", 16, "E"),
        "figures": figures,
        "reviews": reviews,
    }
