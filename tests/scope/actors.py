"""Somebody of any kind, with any role or scopes, in any areas of a world."""

from random import Random
from typing import Final
from uuid import UUID

import httpx

from records.access import partners, staff
from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.language import Language
from records.tables import Area, Partner, PartnerArea, StaffArea
from tests.conftest import PASSWORD
from tests.scope.world import World, new_id

_STAFF_ROLES: Final = (Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST)


async def signed_in(client: httpx.AsyncClient) -> list[tuple[str, Role, UUID]]:
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
            by=system_actor("proofs"),
        )
        answer = await client.post("/admin/sign-in", data={"username": row.username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        client.cookies.clear()
        found.append((cookie, role, row.id))
    return found


async def keyed() -> list[tuple[str, UUID]]:
    """Six partners: the key and the id of each."""
    area = await Area.all().order_by("id").first()
    assert area is not None
    found = []
    for number in range(6):
        row = await partners.create(
            name=f"Đối tác mẫu {number}", scopes=set(Scope), areas=[area.id], by=system_actor("proofs")
        )
        found.append((await partners.issue_key(row.id, by=system_actor("proofs")), row.id))
    return found


def _some_areas(world: World, random: Random) -> frozenset[UUID]:
    # Mostly small areas: whoever sees all proves little.
    weights = [
        {"PROVINCE": 1, "DISTRICT": 4, "COMMUNE": 4, "HAMLET": 1}[a.kind] for a in world.lands.values()
    ]
    return frozenset(random.choices(list(world.lands), weights, k=random.choice([1, 1, 2, 3])))


def anyone(world: World, kind: ActorKind, random: Random) -> Actor:
    role = random.choice(list(Role)) if kind is ActorKind.STAFF else None
    scopes = (
        frozenset(scope for scope in Scope if random.random() < 0.6) if role is None else frozenset[Scope]()
    )
    where = _some_areas(world, random) if random.random() < 0.95 else frozenset[UUID]()
    return Actor(kind, new_id(random), "Người mẫu", role=role, scopes=scopes, areas=where)


async def employ(staff_id: UUID, role: Role, world: World, random: Random) -> Actor:
    """The staff member, who works in other areas from now on."""
    where = _some_areas(world, random)
    await StaffArea.filter(staff_id=staff_id).delete()
    await StaffArea.bulk_create([StaffArea(staff_id=staff_id, area_id=area) for area in where])
    return Actor(ActorKind.STAFF, staff_id, "Cán bộ mẫu", role=role, areas=where)


async def rescope(partner_id: UUID, world: World, random: Random) -> Actor:
    """The partner, with other scopes and areas from now on."""
    where = _some_areas(world, random)
    scopes = frozenset(scope for scope in Scope if random.random() < 0.75)
    await PartnerArea.filter(partner_id=partner_id).delete()
    await PartnerArea.bulk_create([PartnerArea(partner_id=partner_id, area_id=area) for area in where])
    await Partner.filter(id=partner_id).update(scopes=sorted(scope.value for scope in scopes))
    return Actor(ActorKind.PARTNER, partner_id, "Đối tác mẫu", scopes=scopes, areas=where)
