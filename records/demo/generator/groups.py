"""Made-up groups: unevenly over the communes, of 7 to 127 households, some online, a few that have ended."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from records.core.dates import midnight
from records.core.text import normalize_for_search, sort_key
from records.demo.generator.phrases import HAMLET_NAMES
from records.demo.generator.places import Commune
from records.demo.generator.plan import Plan
from records.demo.generator.randomness import RandomSource, Weighted
from records.tables.groups import GroupKind, GroupStatus

# A column that is left out is null.
BASE_COLUMNS: Final = ("id", "version", "created_at", "updated_at")
COLUMNS: Final = (
    *BASE_COLUMNS,
    *("code", "name", "name_key", "folded", "kind", "area_id", "founded_on", "status", "inactive_on"),
    *("ended_on", "merged_into_id", "households", "stated_members", "stated_on", "external_id"),
    *("external_url", "programme_id"),
)
LINK_COLUMNS: Final = (*BASE_COLUMNS, "online_id", "group_id", "linked_on", "ended_on")

_KINDS: Final = Weighted({GroupKind.SELF_GOVERNING: 96.0, GroupKind.ZALO: 3.2, GroupKind.FACEBOOK: 0.8})
_STATUSES: Final = Weighted(
    {GroupStatus.ACTIVE: 96.0, GroupStatus.PAUSED: 1.8, GroupStatus.DISSOLVED: 1.2, GroupStatus.MERGED: 1.0}
)
_ONLINE: Final = {GroupKind.ZALO: "Nhóm Zalo", GroupKind.FACEBOOK: "Nhóm Facebook"}
_LINKS_EACH: Final = 12
_GROUPS_PER_HAMLET: Final = 15


@dataclass(slots=True)
class GeneratedGroup:
    """A group that was made up, as far as its tips and activities need to know it."""

    id: UUID
    code: str
    name: str
    commune: Commune
    before: UUID
    kind: GroupKind
    households: int
    stated_members: int
    founded_on: date
    created_at: datetime
    programme_id: UUID | None = None
    status: GroupStatus = GroupStatus.ACTIVE
    inactive_on: date | None = None
    merged_into: UUID | None = None
    links: list["GeneratedGroup"] = field(default_factory=list)


def groups(plan: Plan, communes: list[Commune], *, first: int) -> list[GeneratedGroup]:
    """The groups of the plan, in the order in which they were entered; their codes count on from `first`."""
    chance = RandomSource(plan.seed, "groups")
    # The biggest communes have some six times as many groups as the smallest (Zipf's law, softened).
    ranked = chance.shuffled(communes)
    weights = Weighted({rank: (rank + 6) ** -0.7 for rank in range(len(ranked))})
    rows: list[GeneratedGroup] = []
    so_far: Counter[UUID] = Counter()
    for number in range(1, plan.groups + 1):
        commune = ranked[weights.pick(chance.roll())]
        so_far[commune.id] += 1
        rows.append(_group(plan, chance, first + number - 1, so_far[commune.id], commune))
    _end_some(plan, chance, rows)
    _link(chance, rows)
    return rows


def _group(
    plan: Plan, chance: RandomSource, number: int, place_number: int, commune: Commune
) -> GeneratedGroup:
    # Most are older than the years asked for; the others were founded during those.
    last = plan.until - timedelta(days=60)
    founded_on = last - timedelta(days=int(chance.roll() ** 0.6 * 365 * (plan.years + 4)))
    created_at = midnight(max(founded_on, plan.start)) + timedelta(
        hours=8, seconds=chance.integer_between(0, 30_000)
    )
    id_ = chance.id_at(created_at.timestamp())
    before = chance.choice(commune.before) if commune.before else commune.id
    kind = _KINDS.pick(chance.roll())
    households = 7 + int(121 * chance.roll() * chance.roll() ** 0.5)
    return GeneratedGroup(
        id=id_,
        code=f"MAU-{number:06d}",
        name=_name(kind, number if kind in _ONLINE else place_number, commune),
        commune=commune,
        before=before,
        kind=kind,
        households=households,
        stated_members=households // 2 if kind in _ONLINE else int(households * 3.4),
        founded_on=founded_on,
        created_at=created_at,
    )


def _end_some(plan: Plan, chance: RandomSource, groups: list[GeneratedGroup]) -> None:
    """Pauses, dissolves or merges a few; a group only merges into one of its commune that goes on."""
    statuses = [_STATUSES.pick(chance.roll()) for _ in groups]
    homes: dict[UUID, GeneratedGroup] = {}
    for group, status in zip(groups, statuses, strict=True):
        if status is GroupStatus.ACTIVE and group.kind is GroupKind.SELF_GOVERNING:
            homes.setdefault(group.commune.id, group)
    for group, status in zip(groups, statuses, strict=True):
        home = homes.get(group.commune.id)
        if status is GroupStatus.ACTIVE:
            continue
        if status is GroupStatus.MERGED and (home is None or group.kind is not GroupKind.SELF_GOVERNING):
            status = GroupStatus.DISSOLVED  # noqa: PLW2901 - there is nothing to merge into
        lived = (plan.until - group.founded_on).days
        group.status = status
        group.inactive_on = group.founded_on + timedelta(days=chance.integer_between(lived // 2, lived - 1))
        group.merged_into = home.id if status is GroupStatus.MERGED and home else None


def _link(chance: RandomSource, groups: list[GeneratedGroup]) -> None:
    """Links each online group with a few self-governing groups of its commune."""
    near: defaultdict[UUID, list[GeneratedGroup]] = defaultdict(list)
    for group in groups:
        if group.kind is GroupKind.SELF_GOVERNING and group.status is GroupStatus.ACTIVE:
            near[group.commune.id].append(group)
    for group in groups:
        if group.kind is not GroupKind.SELF_GOVERNING:
            group.links = chance.shuffled(near[group.commune.id])[:_LINKS_EACH]


def rows(plan: Plan, groups: list[GeneratedGroup]) -> Iterator[tuple[Any, ...]]:
    """The groups as rows to copy."""
    for group in groups:
        online = group.kind is not GroupKind.SELF_GOVERNING
        ended = group.inactive_on
        updated_at = group.created_at if ended is None else max(group.created_at, midnight(ended))
        yield (
            group.id,
            1 if ended is None else 2,
            group.created_at,
            updated_at,
            group.code,
            group.name,
            sort_key(group.name),
            normalize_for_search(f"{group.code} {group.name}"),
            group.kind,
            group.commune.id,
            group.founded_on,
            group.status,
            ended,
            None if group.status in {GroupStatus.ACTIVE, GroupStatus.PAUSED} else ended,
            group.merged_into,
            None if online else group.households,
            group.stated_members,
            max(plan.start, group.founded_on),
            f"mau-{group.code}" if online else None,
            "",
            group.programme_id,
        )


def link_rows(groups: list[GeneratedGroup], chance: RandomSource) -> Iterator[tuple[Any, ...]]:
    """The links of the online groups as rows to copy."""
    for online in groups:
        for group in online.links:
            linked_on = max(online.founded_on, group.founded_on)
            if online.inactive_on is not None and online.inactive_on < linked_on:
                continue
            at = max(online.created_at, group.created_at)
            id_ = chance.id_at(at.timestamp())
            yield id_, 1, at, at, online.id, group.id, linked_on, online.inactive_on


def _name(kind: GroupKind, number: int, commune: Commune) -> str:
    """A name that says at once that the group is made up."""
    if kind in _ONLINE:
        return f"{_ONLINE[kind]} Cảnh sát khu vực {number} (mẫu), {commune.name}"
    hamlet = HAMLET_NAMES[number // _GROUPS_PER_HAMLET % len(HAMLET_NAMES)]
    return (
        f"Tổ nhân dân tự quản số {number} {'khóm' if commune.town else 'ấp'} {hamlet} (mẫu), {commune.name}"
    )
