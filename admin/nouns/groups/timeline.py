"""The timeline of a group: its statuses, meetings, people, links, outlines and reviews in one order."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from tortoise.expressions import Q

from admin.kit.request import PageRequest
from records.core.dates import to_local_date
from records.core.language import label
from records.core.rights import Right, has_right
from records.nouns import activities, assignments, hand_downs, members, reviews
from records.nouns.assignments import group_links
from records.registry import history
from records.tables import Group
from records.tables.groups import GroupStatus, MemberRole

_MAX_ENTRIES: Final = 40


@dataclass(frozen=True)
class TimelineEntry:
    """What happened to a group on a day: in a few words, with a remark, and the page of the record."""

    on: date
    text: str
    remark: str = ""
    href: str = ""


async def timeline(request: PageRequest, group: Group) -> list[TimelineEntry]:
    """What happened to a group, as far as this person may see it, the latest first."""
    readers = [read for read, right in _READERS if has_right(request.actor, right)]
    found = [one for read in readers async for one in read(request, group)]
    return sorted(found, key=lambda one: one.on, reverse=True)[:_MAX_ENTRIES]


async def _life(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    if group.founded_on:
        yield TimelineEntry(group.founded_on, request._("Group founded"))
    if has_right(request.actor, Right.HISTORY_READ):
        for entry in await history.entries_of(request.actor, group.id):
            after = entry.after or {}
            if entry.trusted and entry.before and after.get("status") in set(GroupStatus):
                day = after.get("ended_on") or after.get("inactive_on")
                on = date.fromisoformat(day) if day else to_local_date(entry.at)
                yield TimelineEntry(on, label(request.language, GroupStatus(after["status"])), entry.motive)
    elif since := group.ended_on or group.inactive_on:
        yield TimelineEntry(since, label(request.language, group.status))


async def _meetings(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    rows = activities.visible_to(request.actor).filter(group_id=group.id)
    for row in await rows.order_by("-held_on", "-id").limit(_MAX_ENTRIES):
        remark = request._("Attendance: {count}", count=row.attendance)
        yield TimelineEntry(
            row.held_on, label(request.language, row.kind), remark, f"/admin/activities/{row.id}"
        )


async def _terms(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    """Those who lead: ordinary members are many."""
    rows = await members.of_group(request.actor, group.id)
    for row in await rows.exclude(role=MemberRole.MEMBER):
        role = label(request.language, row.role)
        yield TimelineEntry(row.joined_on, request._("{role}: term begins", role=role), row.name)
        if row.left_on:
            yield TimelineEntry(row.left_on, request._("{role}: term ends", role=role), row.name)


async def _assignments(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    rows = assignments.visible_to(request.actor).filter(Q(group_id=group.id) | Q(area_id=group.area_id))
    for row in await rows.prefetch_related("staff"):
        capacity, href = label(request.language, row.kind), f"/admin/assignments/{row.id}"
        text = request._("{role}: assignment begins", role=capacity)
        yield TimelineEntry(row.starts_on, text, row.holder, href)
        if row.ends_on:
            text = request._("{role}: assignment ends", role=capacity)
            yield TimelineEntry(row.ends_on, text, row.holder, href)


async def _links(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    for row in await group_links.of_group(group.id, by=request.actor):
        other = row.group if row.online_id == group.id else row.online
        href = f"/admin/groups/{other.id}"
        yield TimelineEntry(row.linked_on, request._("Groups linked"), other.name, href)
        if row.ended_on:
            yield TimelineEntry(row.ended_on, request._("Link ended"), other.name, href)


async def _outlines(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    rows = hand_downs.visible_to(request.actor).filter(group_id=group.id).order_by("-sent_at")
    for row in await rows.limit(_MAX_ENTRIES).prefetch_related("outline"):
        yield TimelineEntry(to_local_date(row.sent_at), request._("Outline handed down"), row.outline.title)
        if row.received_at:
            yield TimelineEntry(
                to_local_date(row.received_at), request._("Outline received"), row.outline.title
            )


async def _reviews(request: PageRequest, group: Group) -> AsyncIterator[TimelineEntry]:
    rows = reviews.visible_to(request.actor).filter(group_id=group.id, signed_on__isnull=False)
    for row in await rows:
        text = request._("Review of {year}", year=str(row.year))
        remark = label(request.language, row.review_class) if row.review_class else ""
        yield TimelineEntry(row.signed_on or date.min, text, remark, f"/admin/reviews/{row.id}")


_Read = Callable[[PageRequest, Group], AsyncIterator[TimelineEntry]]
_READERS: Final[tuple[tuple[_Read, Right], ...]] = (
    (_life, Right.GROUPS_READ),
    (_meetings, Right.ACTIVITIES_READ),
    (_terms, Right.MEMBERS_READ),
    (_assignments, Right.ASSIGNMENTS_READ),
    (_links, Right.GROUPS_READ),
    (_outlines, Right.OUTLINES_READ),
    (_reviews, Right.REVIEWS_READ),
)
