"""Both programmes at their size, with a year of their records.

Sa Đéc has 37 Zalo groups with 666 members, and Châu Thành 200 groups in its three communes. They are written
by COPY, as the generator does: through the verbs they would take a minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise.connection import get_connection

from records.core.dates import midnight, today
from records.core.identifiers.ids import area_id
from records.core.text import normalize_for_search, person_key
from records.demo import generator
from records.demo.article import SELF_GOVERNING, ZALO
from records.demo.generator.groups import BASE_COLUMNS, GeneratedGroup
from records.demo.generator.places import Commune, communes
from records.demo.generator.plan import Plan
from records.demo.generator.randomness import RandomSource
from records.demo.hamlets import HAMLETS, SINCE
from records.tables import Group, Member, Programme
from records.tables.groups import GroupKind, MemberRole


@dataclass(frozen=True)
class _CommuneSize:
    """The numbers of the groups that a commune has beside those of the demonstration's stories."""

    code: str
    short: str
    numbers: range
    zalo_numbers: range
    in_programme: bool


_COMMUNES: Final = (
    _CommuneSize("29905", "SD", range(11, 65), range(4, 38), in_programme=False),
    _CommuneSize("30244", "PH", range(4, 68), range(0), in_programme=True),
    _CommuneSize("30253", "TN", range(4, 68), range(0), in_programme=True),
    _CommuneSize("30259", "TP", range(5, 67), range(0), in_programme=True),
)
COUNT: Final = sum(len(commune.numbers) + len(commune.zalo_numbers) for commune in _COMMUNES)
_ZALO_MEMBERS: Final = 666
TIPS: Final = 240
# Self-governing groups that each Zalo group is linked with.
_LINKS: Final = 2
_Term = tuple[UUID, date, MemberRole]
_MEMBER_COLUMNS: Final = (
    *BASE_COLUMNS,
    *("group_id", "name", "name_key", "folded", "role", "joined_on", "birth_year"),
)


async def load_programme_groups(
    existing: dict[str, Group], programmes: dict[str, Programme]
) -> list[GeneratedGroup]:
    """What both programmes have beside the `existing` groups: the further self-governing groups.

    With them come Zalo groups, links, members, and a year of meetings and tips.
    """
    plan = Plan(groups=0, tips=TIPS, years=1, until=today(), seed=2)
    chance = RandomSource(plan.seed, "programmes")
    hamlets = await _hamlets()
    made = [group for commune in _COMMUNES for group in _groups(chance, commune, hamlets, programmes)]
    zalo = [group for group in existing.values() if group.kind is GroupKind.ZALO]
    left = _ZALO_MEMBERS - sum(group.stated_members or 0 for group in zalo)
    _share_members([group for group in made if group.kind is GroupKind.ZALO], left)
    numbers = await generator.numbers_given()
    await generator.write(plan, [*hamlets.values()], made, numbers)
    await generator.store_numbers(numbers)
    terms = [term for group in made for term in _terms(group.id, group.founded_on, _roles(group))]
    for group in zalo:
        missing = (group.stated_members or 0) - await Member.filter(group_id=group.id).count()
        terms += _terms(group.id, SINCE, [MemberRole.MEMBER] * missing)
    first = await Member.all().count() + 1
    await generator.copy("members", _MEMBER_COLUMNS, _member_rows(chance, terms, first))
    return [group for group in made if group.kind is GroupKind.SELF_GOVERNING]


async def _hamlets() -> dict[str, Commune]:
    """The hamlets by code, as the places where tips and activities lie."""
    parents = {commune.id: commune for commune in await communes(get_connection("default"))}
    return {
        code: replace(
            parents[area_id(commune, SINCE)],
            id=area_id(code, SINCE),
            name=name,
            folded=normalize_for_search(name),
            since=SINCE,
            before=(),
        )
        for code, name, commune in HAMLETS
    }


def _groups(
    chance: RandomSource, commune: _CommuneSize, hamlets: dict[str, Commune], programmes: dict[str, Programme]
) -> list[GeneratedGroup]:
    """The further groups of a commune; each Zalo group linked with groups of its hamlet."""
    places = [hamlets[code] for code, _name, parent in HAMLETS if parent == commune.code]
    self_governing = [
        _group(
            chance,
            places[number % len(places)],
            code=f"MAU-{commune.short}-{number:02d}",
            name=f"Tổ nhân dân tự quản số {number} (mẫu)",
            kind=GroupKind.SELF_GOVERNING,
            programme_id=programmes[SELF_GOVERNING].id if commune.in_programme else None,
        )
        for number in commune.numbers
    ]
    zalo = [
        _group(
            chance,
            places[number % len(places)],
            code=f"MAU-{commune.short}-Z{number}",
            name=f"Nhóm Zalo Cảnh sát khu vực {number} (mẫu)",
            kind=GroupKind.ZALO,
            programme_id=programmes[ZALO].id,
        )
        for number in commune.zalo_numbers
    ]
    for online in zalo:
        near = [group for group in self_governing if group.commune.id == online.commune.id]
        online.links = chance.shuffled(near)[:_LINKS]
    return self_governing + zalo


def _group(
    chance: RandomSource,
    place: Commune,
    *,
    code: str,
    name: str,
    kind: GroupKind,
    programme_id: UUID | None,
) -> GeneratedGroup:
    founded_on = date(2018, 9, 1) + timedelta(days=chance.integer_between(220, 1_200))
    households = chance.integer_between(18, 70)
    return GeneratedGroup(
        id=chance.id_at(midnight(founded_on).timestamp()),
        code=code,
        name=f"{name}, {place.name}",
        commune=place,
        before=place.id,
        kind=kind,
        households=households,
        stated_members=int(households * 3.4),
        founded_on=founded_on,
        created_at=midnight(founded_on),
        programme_id=programme_id,
    )


def _share_members(groups: list[GeneratedGroup], members: int) -> None:
    """Shares `members` out unevenly: the last of `groups` has those that are left."""
    average = members // len(groups)
    for position, group in enumerate(groups[:-1]):
        group.stated_members = average - 4 + position % 5 * 2
    groups[-1].stated_members = members - sum(group.stated_members for group in groups[:-1])


def _roles(group: GeneratedGroup) -> Sequence[MemberRole]:
    """The roles of the members: all of a Zalo group, those in charge of a self-governing one."""
    if group.kind is GroupKind.ZALO:
        return [MemberRole.OFFICER, *[MemberRole.MEMBER] * (group.stated_members - 1)]
    return (MemberRole.HEAD, MemberRole.DEPUTY, MemberRole.SECRETARY)


def _terms(group_id: UUID, joined_on: date, roles: Sequence[MemberRole]) -> list[_Term]:
    return [(group_id, joined_on, role) for role in roles]


def _member_rows(chance: RandomSource, terms: list[_Term], first: int) -> Iterator[tuple[Any, ...]]:
    """The members as rows to copy, under names that nobody bears, numbered from `first`."""
    for number, (group_id, joined_on, role) in enumerate(terms, start=first):
        name, at = f"Người mẫu {number:02d}", midnight(joined_on)
        yield (
            *(chance.id_at(at.timestamp()), 1, at, at, group_id, name, person_key(name)),
            *(normalize_for_search(name), role, joined_on, 1950 + number * 7 % 50),
        )
