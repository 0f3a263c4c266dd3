"""Groups: founding, editing, pausing, ending, and taking one out again."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.change import Cell, Noun, change, update
from records.changes.change import create as create_row
from records.core.actor import Actor
from records.core.days import local_day, month_of, now, today
from records.core.errors import Conflict, Invalid, Message, NotFound, ProblemCode
from records.core.identifiers.codes import normalized
from records.core.rights import Right, check_may, may
from records.core.text import fold, sort_key
from records.core.validation import Check
from records.metrics.catalogue import indicator_id
from records.tables import Area, Group, Programme
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind, GroupStatus

LIMITS: Final = {"code": 32, "name": 200, "external_id": 120, "external_url": 500, "reason": 2000}

# Where a group may go from each status.
NEXT: Final[dict[GroupStatus, frozenset[GroupStatus]]] = {
    GroupStatus.ACTIVE: frozenset({GroupStatus.PAUSED, GroupStatus.DISSOLVED, GroupStatus.MERGED}),
    GroupStatus.PAUSED: frozenset({GroupStatus.ACTIVE, GroupStatus.DISSOLVED, GroupStatus.MERGED}),
    GroupStatus.DISSOLVED: frozenset(),
    GroupStatus.MERGED: frozenset(),
}


@dataclass(frozen=True)
class GroupDraft:
    """What people enter for a group. A stated member count comes with the day it was stated for."""

    code: str
    name: str
    kind: GroupKind
    area_id: UUID
    programme_id: UUID | None = None
    founded_on: date | None = None
    households: int | None = None
    stated_members: int | None = None
    stated_on: date | None = None
    external_id: str | None = None
    external_url: str = ""


def counts(group: Group) -> Counter[Cell]:
    """A group is active from the month of its founding until the month in which it stopped."""
    cells: Counter[Cell] = Counter()
    if group.deleted_at is None:
        indicator = indicator_id("groups.active")
        began = group.founded_on or local_day(group.created_at)
        cells[indicator, group.area_id, month_of(began)] += 1
        if group.inactive_on is not None:
            cells[indicator, group.area_id, month_of(max(began, group.inactive_on))] -= 1
    return cells


NOUN: Final = Noun(
    name="group",
    audited=(
        *(
            "code",
            "name",
            "kind",
            "area_id",
            "programme_id",
            "founded_on",
            "status",
            "inactive_on",
            "ended_on",
        ),
        *("merged_into_id", "households", "stated_members", "stated_on", "external_id", "external_url"),
        "deleted_at",
    ),
    counts=counts,
)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Group]:
    """The groups that `actor` may see; those taken out only when asked for. Raises `Denied`."""
    check_may(actor, Right.GROUPS_READ)
    return Group.filter(within(actor), deleted_at__isnull=not removed)


async def create(draft: GroupDraft, *, by: Actor) -> Group:
    """A new group. Raises `Denied` or `Invalid`."""
    check_may(by, Right.GROUPS_CREATE)
    values = await _checked(draft, by)
    async with change():
        row = Group(**values, created_at=now())
        return await create_row(NOUN, row, by=by, action=Right.GROUPS_CREATE)


async def edit(group_id: UUID, draft: GroupDraft, *, seen: int, motive: str = "", by: Actor) -> Group:
    """The group, changed. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    check_may(by, Right.GROUPS_EDIT)
    async with change():
        row = await _load(group_id, by)
        values = await _checked(draft, by)
        return await update(NOUN, row, seen=seen, by=by, action=Right.GROUPS_EDIT, motive=motive, **values)


async def pause(group_id: UUID, *, seen: int, on: date, reason: str, by: Actor) -> Group:
    """The group, at rest since `on`."""
    return await _move(group_id, GroupStatus.PAUSED, seen=seen, on=on, reason=reason, by=by)


async def resume(group_id: UUID, *, seen: int, by: Actor) -> Group:
    """The group, active again."""
    return await _move(group_id, GroupStatus.ACTIVE, seen=seen, on=None, reason="", by=by)


async def dissolve(group_id: UUID, *, seen: int, on: date, reason: str, by: Actor) -> Group:
    """The group, ended on `on`; it takes no new members or activities after that."""
    return await _move(group_id, GroupStatus.DISSOLVED, seen=seen, on=on, reason=reason, by=by)


async def merge(group_id: UUID, *, seen: int, into: UUID, on: date, reason: str, by: Actor) -> Group:
    """The group, gone into the group `into`, which must be active, of the same kind, and within reach."""
    check_may(by, Right.GROUPS_DISSOLVE)
    async with change():
        # Both locked, always in the same order: two groups that merge into each other at once do not both.
        pair = visible_to(by).filter(id__in=[group_id, into]).order_by("id").select_for_update()
        target = next((row for row in await pair if row.id == into), None)
        if target is None or target.id == group_id or target.status is not GroupStatus.ACTIVE:
            raise Invalid({"into": Message("Please choose an active group.")})
        return await _move(group_id, GroupStatus.MERGED, seen=seen, on=on, reason=reason, by=by, into=target)


async def remove(group_id: UUID, *, seen: int, reason: str, by: Actor) -> Group:
    """Takes out a group that was entered by mistake; `restore` brings it back."""
    check_may(by, Right.GROUPS_REMOVE)
    motive = _reason(reason)
    async with change():
        row = await _load(group_id, by)
        return await update(
            NOUN, row, seen=seen, by=by, action=Right.GROUPS_REMOVE, motive=motive, deleted_at=now()
        )


async def restore(group_id: UUID, *, seen: int, by: Actor) -> Group:
    """Brings back a group that was taken out."""
    check_may(by, Right.GROUPS_REMOVE)
    async with change():
        row = await visible_to(by, removed=True).select_for_update().get_or_none(id=group_id)
        if row is None:
            raise NotFound("There is no such group.")
        return await update(NOUN, row, seen=seen, by=by, action=Right.GROUPS_REMOVE, deleted_at=None)


def can_move(actor: Actor, group: Group, to: GroupStatus) -> bool:
    """Whether `actor` may move `group` to the status `to` now."""
    return may(actor, Right.GROUPS_DISSOLVE) and to in NEXT[group.status]


async def check_open(group_id: UUID, by: Actor) -> Group:
    """The group, locked, when it may take new members or activities. Raises `NotFound` or `Conflict`."""
    row = await _load(group_id, by)
    if row.status in {GroupStatus.DISSOLVED, GroupStatus.MERGED}:
        raise Conflict("This group has ended; it takes nothing new.")
    return row


async def _load(group_id: UUID, by: Actor) -> Group:
    row = await visible_to(by).select_for_update().get_or_none(id=group_id)
    if row is None:
        raise NotFound("There is no such group.")
    return row


async def _move(
    group_id: UUID,
    to: GroupStatus,
    *,
    seen: int,
    on: date | None,
    reason: str,
    by: Actor,
    into: Group | None = None,
) -> Group:
    check_may(by, Right.GROUPS_DISSOLVE)
    motive = _reason(reason) if to is not GroupStatus.ACTIVE else ""
    async with change():
        row = await _load(group_id, by)
        if row.version == seen and to not in NEXT[row.status]:
            raise Conflict("The group cannot go there from its present status.")
        if on is not None and not (row.founded_on or date(1900, 1, 1)) <= on <= today():
            raise Invalid({"on": Message("Please enter a day between the founding of the group and today.")})
        if into is not None and into.kind is not row.kind:
            raise Invalid({"into": Message("Please choose a group of the same kind.")})
        # A paused group that ends has not been active since its pause.
        inactive_on = row.inactive_on or on if on else None
        if on and inactive_on and on < inactive_on:
            raise Invalid({"on": Message("Please enter a day that is not before the pause.")})
        return await update(
            NOUN,
            row,
            seen=seen,
            by=by,
            action=Right.GROUPS_DISSOLVE,
            motive=motive,
            status=to,
            inactive_on=inactive_on,
            ended_on=None if NEXT[to] else on,
            merged_into_id=into.id if into else None,
        )


def _reason(text: str) -> str:
    check = Check()
    kept = check.text("reason", text, most=LIMITS["reason"], needed=True)
    check.done()
    return kept


async def _checked(draft: GroupDraft, by: Actor) -> dict[str, Any]:
    """The draft as column values. Raises `Invalid` with every problem there is."""
    check = Check()
    code = check.text("code", normalized(draft.code), most=LIMITS["code"], needed=True)
    name = check.text("name", draft.name, most=LIMITS["name"], needed=True)
    external_id = check.text("external_id", draft.external_id or "", most=LIMITS["external_id"])
    external_url = check.text("external_url", draft.external_url, most=LIMITS["external_url"])
    if external_url and not _is_web_address(external_url):
        check.add("external_url", "Please enter an address that starts with https://.")
    founded_on = check.past_day("founded_on", draft.founded_on)
    households = check.number("households", draft.households, least=0, most=100_000)
    members = check.number("stated_members", draft.stated_members, least=0, most=1_000_000)
    stated_on = check.past_day("stated_on", draft.stated_on)
    if members is None and stated_on is not None:
        check.add("stated_members", "Please enter how many members there were on that day.")
    await check_area(check, by, draft.area_id)
    if not await Area.filter(id=draft.area_id, kind__in=[AreaKind.COMMUNE, AreaKind.HAMLET]).exists():
        check.add("area", "Please choose a commune or a hamlet.")
    if draft.programme_id is not None and not await Programme.filter(id=draft.programme_id).exists():
        check.add("programme", "Please choose a programme from the list.", ProblemCode.NOT_FOUND)
    check.done()
    return {
        "code": code,
        "name": name,
        "name_key": sort_key(name),
        "folded": fold(f"{code} {name}"),
        "kind": draft.kind,
        "area_id": draft.area_id,
        "programme_id": draft.programme_id,
        "founded_on": founded_on,
        "households": households,
        "stated_members": members,
        "stated_on": stated_on if members is None else stated_on or today(),
        "external_id": external_id or None,
        "external_url": external_url,
    }


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
